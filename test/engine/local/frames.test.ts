import { readFileSync, writeFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { Session } from '#dist/engine/session.js';
import { StringIndexer, VectorAssembler } from '#dist/feature/index.js';
import { col } from '#dist/frame/column.js';
import type { Frame } from '#dist/frame/frame.js';
import { Schema } from '#dist/frame/schema.js';
import { folder, refuses, session } from '../harness.ts';

const open = session(2);
const path = folder();
const ids = async (frame: Frame) => (await frame.select('id').collect()).map((r) => Number(r.id));

describe('cache', () => {
  it('keeps the rows as they were first computed, until unpersist', async () => {
    const file = path('cached.csv');
    writeFileSync(file, 'x\n1\n');
    const cached = open().read.csv(file, { header: true, schema: 'x int' }).cache();
    const read = async () => (await cached.collect()).map((r) => r.x);
    expect(await read()).toEqual([1]);
    writeFileSync(file, 'x\n2\n');
    expect(await read()).toEqual([1]);
    expect(await cached.filter('x = 2').count()).toBe(0);
    expect(await cached.unpersist()).toBe(cached);
    expect(await read()).toEqual([2]);
    expect(readFileSync(file, 'utf8')).toBe('x\n2\n');
  });

  it('of a cached frame is the frame itself, and unpersist of another changes nothing', async () => {
    const cached = open().range(3).cache();
    expect(cached.cache()).toBe(cached);
    expect(cached.persist()).toBe(cached);
    await open().range(3).unpersist();
    expect(await cached.unpersist().then((f) => f.count())).toBe(3);
  });

  it('keeps vectors and ML attributes', async () => {
    const frame = new VectorAssembler({ inputCols: ['x'], outputCol: 'v' }).transform(open().createFrame([{ x: 1 }, { x: 2 }]));
    const cached = frame.cache();
    expect(await cached.collect()).toEqual(await frame.collect());
    expect((await cached.schema()).toLiteral()).toEqual((await frame.schema()).toLiteral());
  });
});

describe('a name', () => {
  const NAMES = [
    '__proto__',
    'constructor',
    'toString',
    'a.b',
    'a`b',
    'a"b',
    "it's",
    '😀 é',
    ' ',
    'A',
    'a',
    'select',
    '$1',
    '{x}',
    'c0',
    'h_',
    'x;--',
    '\\',
    '%s',
    'line\nbreak',
  ];

  it.each(NAMES)('%j is a column’s as any other', async (name) => {
    const schema = new Schema([
      { name: 'id', type: { kind: 'int' }, nullable: true },
      { name, type: { kind: 'string' }, nullable: true },
    ]);
    const given = open().createFrame(
      [
        [1, 'k'],
        [2, 'l'],
        [3, 'k'],
      ],
      schema,
    );
    expect(await given.columns()).toEqual(['id', name]);
    expect((await given.collect()).map((r) => Object.getOwnPropertyDescriptor(r, name)?.value)).toEqual(['k', 'l', 'k']);
    expect(await ids(given.filter(col(name).eq('k')).orderBy(col(name), 'id'))).toEqual([1, 3]);
    expect(await given.groupBy(name).count().columns()).toEqual([name, 'count']);
    expect(await given.join(given.select(name).distinct(), name).count()).toBe(3);
    expect(await given.withColumnRenamed(name, 'plain').columns()).toEqual(['id', 'plain']);
    expect(await given.drop(name).columns()).toEqual(['id']);
    expect(await given.cache().filter(col(name).eq('l')).count()).toBe(1);
    const model = await new StringIndexer({ inputCol: name, outputCol: 'ix' }).fit(given);
    expect((await model.transform(given).orderBy('id').collect()).map((r) => r.ix)).toEqual([0, 1, 0]);
    const indexed = await new StringIndexer({ inputCol: name, outputCol: `${name}!` }).fit(given);
    expect((await indexed.transform(given).columns()).at(-1)).toBe(`${name}!`);
    const file = path(`names-${NAMES.indexOf(name)}`);
    await given.write.parquet(file);
    expect(await open().read.parquet(file).orderBy('id').columns()).toEqual(['id', name]);
    expect(await open().read.parquet(file).filter(col(name).eq('k')).count()).toBe(2);
  });

  it('that stands twice must not be asked for', async () => {
    const twice = open().range(2).select('id', 'id');
    expect(await twice.count()).toBe(2);
    await refuses(() => twice.select('id').collect(), 'COLUMN_AMBIGUOUS', { column: 'id' });
    await refuses(() => twice.write.parquet(path('twice')), 'COLUMN_AMBIGUOUS');
  });
});

describe('randomSplit', () => {
  const frame = () => open().range(10_000);

  it('gives disjoint parts that hold every row, of about the sizes asked for', async () => {
    const parts = await Promise.all(frame().randomSplit([6, 3, 1], 42).map(ids));
    expect(parts.flat().sort((a, b) => a - b)).toEqual(Array.from({ length: 10_000 }, (_, i) => i));
    [6000, 3000, 1000].forEach((n, k) => {
      expect(Math.abs(parts[k].length - n)).toBeLessThan(200);
    });
  });

  it('gives the same parts at every run, with any number of workers, and other parts with another seed', async () => {
    const other = await Session.local({ workers: 3 });
    const part = (from: Frame, seed: number) => ids(from.randomSplit([1, 1], seed)[0]);
    const first = await part(frame(), 7);
    expect(await part(frame(), 7)).toEqual(first);
    expect(await part(other.range(10_000), 7)).toEqual(first);
    expect(await part(frame().repartition(5), 7)).toEqual(first);
    expect(await part(frame(), 8)).not.toEqual(first);
    await other.close();
  });

  it('knows the same rows below a filter and a transform', async () => {
    const [part] = frame().randomSplit([0.5, 0.5], 1);
    const whole = new Set(await ids(part));
    expect(await ids(part.filter('id > 9900'))).toEqual([...whole].filter((id) => id > 9900));
  });

  it.each([[[]], [[0, 0]], [[1, -1]], [[Number.NaN, 1]]])('refuses weights %j', (weights) =>
    refuses(() => frame().randomSplit(weights), 'PARAM_INVALID'),
  );
});

describe('sample', () => {
  it.each([0, 0.1, 0.5, 1])('of %d keeps about that share, and none twice', async (ratio) => {
    const found = await ids(open().range(10_000).sample(ratio, 5));
    expect(Math.abs(found.length - ratio * 10_000)).toBeLessThan(ratio % 1 === 0 ? 1 : 200);
    expect(new Set(found).size).toBe(found.length);
    expect(await ids(open().range(10_000).sample(ratio, 5))).toEqual(found);
  });

  it('of less is a part of a sample of more with one seed', async () => {
    const more = new Set(await ids(open().range(1000).sample(0.5, 9)));
    expect((await ids(open().range(1000).sample(0.2, 9))).every((id) => more.has(id))).toBe(true);
  });

  it('by strata keeps the named values only', async () => {
    const frame = open().range(9000).withColumn('k', col('id').mod(3));
    const counts = await frame
      .sampleBy(
        'k',
        new Map([
          [0, 1],
          [1, 0.1],
        ]),
        3,
      )
      .groupBy('k')
      .count()
      .orderBy('k')
      .collect();
    expect(counts[0]).toEqual({ k: 0n, count: 3000n });
    expect(Math.abs(Number(counts[1].count) - 300)).toBeLessThan(90);
    expect(counts).toHaveLength(2);
  });

  it.each([-0.1, 1.1, Number.NaN])('refuses a share of %d', (ratio) => refuses(() => open().range(3).sample(ratio), 'PARAM_INVALID'));
});
