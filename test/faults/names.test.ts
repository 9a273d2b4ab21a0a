import { describe, expect, it } from 'vitest';
import { LogisticRegression } from '#dist/classification/index.js';
import { Bucketizer, Imputer, IndexToString, OneHotEncoder, StringIndexer, type StringIndexerModel, VectorAssembler } from '#dist/feature/index.js';
import { col, load, Pipeline, PipelineModel } from '#dist/index.js';
import type { Vector } from '#dist/linalg/vectors.js';
import { loadScorer } from '#dist/load-scorer.js';
import { folder, refuses, session, written } from '../engine/harness.ts';

const s = session();
const path = folder();
const file = (name: string, content: string | Uint8Array) => written(path(name), content);

const NAMES = [
  '__proto__',
  'constructor',
  'toString',
  'hasOwnProperty',
  'then',
  'length',
  'a.b',
  'a b',
  '`a`',
  '"q"',
  "it's",
  '😀',
  'Ａ',
  'é',
  'e\u0301',
  'x',
  'X',
  'null',
  'select',
  '*',
  'c0',
  '%s',
  '\\',
  'a\nb',
  'rowid',
  '$1',
  '{}',
  'features_x,y',
];

/** An object with these own properties, `__proto__` too. */
const own = (entries: readonly (readonly [string, unknown])[]) => {
  const row: Record<string, unknown> = {};
  for (const [name, value] of entries) Object.defineProperty(row, name, { value, enumerable: true, configurable: true, writable: true });
  return row;
};
const get = (row: object | null | undefined, name: string) => Object.getOwnPropertyDescriptor(row ?? {}, name)?.value as unknown;
const label = (i: number, j: number) => NAMES[(i + j * 7) % NAMES.length] as string;
const rows = Array.from({ length: 120 }, (_, i) =>
  own([...NAMES.map((name, j) => [name, label(i, j)] as const), ['num', Math.sin(i)], ['label', i % 2]]),
);
const frame = () => s().createFrame(rows);
const text = (value: unknown) => JSON.stringify(value);

describe('columns of strange names', () => {
  it('come out as they went in', async () => {
    expect(await frame().columns()).toEqual([...NAMES, 'num', 'label']);
    expect(text(await frame().collect())).toBe(text(rows));
    expect(
      text(
        await s()
          .createFrame(await frame().toArrow())
          .collect(),
      ),
    ).toBe(text(rows));
    const batches = frame().mapBatches(new URL('./functions/batches.mjs', import.meta.url), 'id', { schema: await frame().schema() });
    expect(text(await batches.collect())).toBe(text(rows));
  });

  it('are selected, filtered, grouped, renamed and dropped', async () => {
    for (const [j, name] of NAMES.entries()) {
      if (name !== '*')
        expect(Object.entries((await frame().select(frame().col(name)).limit(1).collect())[0] as object)).toEqual([[name, label(0, j)]]);
      const wanted = rows.filter((row) => get(row, name) === 'constructor').length;
      if (name !== '*') expect(await frame().filter(col(name).eq('constructor')).count()).toBe(wanted);
      expect(await frame().drop(name).columns()).not.toContain(name);
      expect(await frame().withColumnRenamed(name, 'zz').columns()).toContain('zz');
    }
  });

  it('go through Parquet, JSON and CSV', async () => {
    await frame().write.parquet(path('parquet'));
    const parquet = s().read.parquet(path('parquet'));
    expect([await parquet.columns(), text(await parquet.collect())]).toEqual([await frame().columns(), text(rows)]);
    await frame().write.json(path('json'));
    const json = s().read.json(path('json'), { schema: await frame().schema() });
    expect(text(await json.collect())).toBe(text(rows));
    expect([...(await s().read.json(path('json')).columns())].sort()).toEqual([...(await frame().columns())].sort());
    await frame().write.csv(path('csv'), { header: true });
    const csv = s().read.csv(path('csv'), { header: true, multiLine: true });
    expect(await csv.columns()).toEqual(await frame().columns());
    for (const [i, row] of (await csv.collect()).entries()) for (const [j, name] of NAMES.entries()) expect(get(row, name)).toBe(label(i, j));
  });

  it('go through a pipeline, its saved form and its scorers', async () => {
    const coded = NAMES.map((name) => `${name} code`);
    const hot = NAMES.map((name) => `${name} hot`);
    const model = await new Pipeline({
      stages: [
        new StringIndexer({ inputCols: NAMES, outputCols: coded }),
        new OneHotEncoder({ inputCols: coded, outputCols: hot }),
        new VectorAssembler({ inputCols: [...hot, 'num'], outputCol: '__proto__ v' }),
        new LogisticRegression({ featuresCol: '__proto__ v', regParam: 0.1, maxIter: 5, predictionCol: 'valueOf', probabilityCol: 'isPrototypeOf' }),
      ],
    }).fit(frame());
    await model.save(path('model'));
    const scored = await model.transform(frame()).collect();
    const loaded = await PipelineModel.load(path('model'));
    expect(text(await loaded.transform(frame()).collect())).toBe(text(scored));
    const wanted = scored.map((row) => [get(row, 'valueOf'), (get(row, 'isPrototypeOf') as Vector).toArray()]);
    for (const scorer of [model.rowScorer(), loaded.rowScorer(), await loadScorer(path('model'))]) {
      expect(rows.map((row) => scorer(row)).map((row) => [get(row, 'valueOf'), (get(row, 'isPrototypeOf') as Vector).toArray()])).toEqual(wanted);
    }
    const names = (model.stages.at(-1) as unknown as { namedCoefficients: { name: string }[] }).namedCoefficients.map((c) => c.name);
    expect(new Set(names).size).toBe(NAMES.length * (NAMES.length - 1) + 1);
  });

  it('may be outputs of each stage', async () => {
    const input = s().createFrame(Array.from({ length: 20 }, (_, i) => ({ q: ['u', 'v', 'w'][i % 3], num: i, target: i % 2 })));
    for (const name of NAMES) {
      const coded = (await new StringIndexer({ inputCol: 'q', outputCol: name }).fit(input)).transform(input);
      expect(get((await coded.limit(1).collect())[0], name)).toBe(0);
      expect((await new IndexToString({ inputCol: name, outputCol: 'back' }).transform(coded).limit(1).collect())[0]?.back).toBe('u');
      const imputed = (await new Imputer({ inputCols: ['num'], outputCols: [name] }).fit(input)).transform(input);
      expect(get((await imputed.limit(1).collect())[0], name)).toBe(0);
      const buckets = new Bucketizer({ inputCol: 'num', outputCol: name, splits: [-1, 5, 100] });
      expect(get((await buckets.transform(input).limit(1).collect())[0], name)).toBe(0);
      const vectors = new VectorAssembler({ inputCols: ['num'], outputCol: name }).transform(input);
      const model = await new LogisticRegression({ featuresCol: name, labelCol: 'target', maxIter: 2 }).fit(vectors);
      expect((await model.transform(vectors).limit(1).collect())[0]?.prediction).toBeTypeOf('number');
    }
    expect(Object.keys(Object.prototype)).toEqual([]);
  });
});

describe('labels of strange names', () => {
  it('go through an indexer, its saved form and back', async () => {
    const labels = [...NAMES, '', ' ', '10', '9'];
    const input = s().createFrame(labels.flatMap((c, i) => Array.from({ length: labels.length - i }, () => ({ c }))));
    const model = await new StringIndexer({ inputCol: 'c', outputCol: 'i' }).fit(input);
    await model.save(path('indexer'));
    const loaded = (await load(path('indexer'))) as StringIndexerModel;
    for (const one of [model, loaded]) {
      expect(one.labels).toEqual(labels);
      expect(labels.map((c) => one.rowScorer()({ c })?.i)).toEqual([...labels.keys()]);
      const back = await new IndexToString({ inputCol: 'i', outputCol: 'b' }).transform(one.transform(input)).collect();
      expect(back.every((row) => row.b === row.c)).toBe(true);
    }
  });

  it('name the probabilities of a row scorer', async () => {
    const input = s().createFrame(NAMES.flatMap((c, i) => Array.from({ length: 40 - i }, (_, k) => ({ c, x: i * 10 + k }))));
    const stages = [
      new StringIndexer({ inputCol: 'c', outputCol: 'label' }),
      new VectorAssembler({ inputCols: ['x'], outputCol: 'features' }),
      new LogisticRegression({ maxIter: 3 }),
    ];
    const model = await new Pipeline({ stages }).fit(input);
    const scored = model.rowScorer()({ x: 1 }) as unknown as { probabilities: Map<string, number> };
    expect([...scored.probabilities.keys()]).toEqual(NAMES);
  });
});

describe('names in files', () => {
  it('may be strange as partition folders', async () => {
    for (const name of NAMES.filter((n) => n !== '*')) {
      const target = path('folders');
      const input = s().createFrame([
        own([
          [name, 'v/1'],
          ['z', 1],
        ]),
        own([
          [name, null],
          ['z', 2],
        ]),
        own([
          [name, '__proto__'],
          ['z', 3],
        ]),
      ]);
      await input.write.parquet(target, { mode: 'overwrite', partitionBy: name });
      const back = await s().read.parquet(target).orderBy('z').collect();
      expect(
        back.map((row) => get(row, name)),
        name,
      ).toEqual(['v/1', null, '__proto__']);
    }
  });

  it('must not be empty, nor * for partitions', async () => {
    const nameless = s().createFrame([{ '': 'x', label: 0 }]);
    expect(await nameless.select('').collect()).toEqual([{ '': 'x' }]);
    for (const format of ['parquet', 'json', 'csv'] as const)
      await refuses(() => nameless.write[format](path('nameless')), 'SCHEMA_INVALID', { column: '' });
    const star = s().createFrame([{ '*': 'x', label: 0 }]);
    await refuses(() => star.write.parquet(path('star'), { partitionBy: '*' }), 'NOT_SUPPORTED', { column: '*' });
  });

  it('may be empty in a CSV header', async () => {
    expect(await s().read.csv(file('h.csv', 'a,a,A,\n1,2,3,4\n'), { header: true }).columns()).toEqual(['a0', 'a1', 'A', '_c3']);
  });
});
