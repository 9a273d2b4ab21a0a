import { describe, expect, it } from 'vitest';
import type { CodeColumn, NumberColumn, VectorColumn } from '#dist/block/column.js';
import type { AggregateRequest, Engine, TrainingContext } from '#dist/engine/engine.js';
import type { LocalEngine } from '#dist/engine/local/engine.js';
import { StringIndexerModel, VectorAssembler } from '#dist/feature/index.js';
import { col } from '#dist/frame/column.js';
import type { Frame } from '#dist/frame/frame.js';
import type { FitOptions } from '#dist/index.js';
import { Vectors } from '#dist/linalg/vectors.js';
import { refuses, session } from '../harness.ts';

const open = session(2);
const train = <T>(frame: Frame, use: (context: TrainingContext) => Promise<T>, options: FitOptions = {}): Promise<T> =>
  (frame.executor as Engine).train(frame.plan, { owner: 'Fit', uid: 'fit' }, options, use);

async function scanned(frame: Frame, name: string): Promise<number[]> {
  const found: number[] = [];
  await train(frame, (context) =>
    context.scan([name], ({ rows, firstRow, columns }) => {
      expect(firstRow).toBe(found.length);
      const [column] = columns as [NumberColumn | CodeColumn];
      const values = column.kind === 'codes' ? column.codes : column.values;
      for (let i = 0; i < rows; i++) found.push(values[i]);
    }),
  );
  return found;
}

const doubles = (n: number) => open().range(n).selectExpr('CAST(id AS DOUBLE) AS x', "CASE WHEN id % 3 = 0 THEN 'a' ELSE 'b' END AS s");
const indexer = (handleInvalid: 'skip' | 'error') =>
  new StringIndexerModel({ inputCol: 's', outputCol: 'ix', handleInvalid }, { labelsArray: [['b']] });

describe('a scan', () => {
  it('visits all rows in their order', async () => {
    expect(await scanned(doubles(10_000), 'x')).toEqual(Array.from({ length: 10_000 }, (_, i) => i));
    expect(await scanned(doubles(5000).orderBy(col('x').desc()), 'x')).toEqual(Array.from({ length: 5000 }, (_, i) => 4999 - i));
  });

  it('leaves out the rows that a transformer drops', async () => {
    const kept = Array.from({ length: 5000 }, (_, i) => i).filter((i) => i % 3 !== 0);
    expect(await scanned(indexer('skip').transform(doubles(5000)), 'x')).toEqual(kept);
  });

  it('marks nulls, and refuses columns that do not exist', async () => {
    const frame = open().createFrame([{ x: 1 }, { x: null }, { x: Number.NaN }]);
    await train(frame, (context) =>
      context.scan(['x'], ({ columns: [x] }) => {
        const { values, valid } = x as NumberColumn;
        expect([...(valid as Uint8Array).subarray(0, 3)]).toEqual([1, 0, 1]);
        expect([values[0], values[2]]).toEqual([1, Number.NaN]);
      }),
    );
    await refuses(() => scanned(frame, 'nope'), 'COLUMN_NOT_FOUND', { column: 'nope' });
  });

  it('tells the row of a value that a transformer refuses', () =>
    refuses(() => scanned(indexer('error').transform(doubles(5000).filter('x % 3 <> 0 OR x = 3000')), 'ix'), 'VALUE_INVALID', {
      row: 2000,
      column: 's',
      value: 'a',
    }));

  it('gives vectors in the parts that they were assembled of', async () => {
    const frame = new VectorAssembler({ inputCols: ['x', 'ix'], outputCol: 'v' }).transform(indexer('skip').transform(doubles(10)));
    await train(frame, (context) =>
      context.scan(['v'], ({ columns: [v] }) => {
        expect((v as VectorColumn).size).toBe(2);
        expect((v as VectorColumn).parts).toHaveLength(2);
      }),
    );
  });
});

it.each([
  ['string', ['b', 'a', null, 'b', ''], { a: 1, b: 2, '': 1 }],
  ['double', [1, 1.5, -0, 0, Number.NaN, null], { '1.0': 1, '1.5': 1, '-0.0': 1, '0.0': 1, NaN: 1 }],
  ['long', [1n, 9007199254740993n, 1n], { 1: 2, '9007199254740993': 1 }],
  ['boolean', [true, false, true], { true: 2, false: 1 }],
  ['date', ['2024-02-29', null], { '2024-02-29': 1 }],
])('levels of %s are the distinct values as Spark prints them, nulls left out', async (type, values, counts) => {
  const frame = open().createFrame(
    values.map((x) => [x]),
    { x: type },
  );
  for (const one of [frame, frame.select('x')]) {
    const [levels] = await train(one, (context) => context.levels(['x']));
    expect(Object.fromEntries(levels.map((l) => [l.text, l.count]))).toEqual(counts);
  }
});

it('errors begin with the class, and name the stage by its uid unless they are about another one', async () => {
  const frame = open().createFrame([{ x: 1, s: 'a' }]);
  await refuses(() => train(frame, (context) => context.levels(['nope'])), 'COLUMN_NOT_FOUND', { stage: 'fit', column: 'nope' }, /^Fit: /);
  const refusing = indexer('error');
  const inside = { stage: refusing.uid, column: 's', value: 'a' };
  await refuses(() => scanned(refusing.transform(frame), 'ix'), 'VALUE_INVALID', inside, /^StringIndexerModel: /);
});

it('finds the same levels and rows whether few are kept or not', async () => {
  const frame = open().range(5000).select(col('id').mod(7).alias('x'), col('id'));
  const kept = frame.cache();
  await kept.count();
  const read = (from: Frame) =>
    train(from, async (context) => {
      const ids: number[] = [];
      await context.scan(['id'], ({ rows, columns: [id] }) => ids.push(...(id as NumberColumn).values.subarray(0, rows)));
      const levels = (await context.levels(['x']))[0].map(({ text, count }) => `${text}: ${count}`);
      return { ids, levels: levels.sort() };
    });
  for (const part of [(from: Frame) => from, (from: Frame) => from.filter('x > 2'), (from: Frame) => from.filter('x > 2').cache()]) {
    expect(await read(part(kept))).toEqual(await read(part(frame)));
  }
});

describe('a cached frame of few rows', () => {
  const model = (handleInvalid: 'keep' | 'skip', input = 's') =>
    new StringIndexerModel({ inputCol: input, outputCol: 'ix', handleInvalid }, { labelsArray: [['v4', 'v1', 'v2', 'none such']] });
  const frame = () =>
    open()
      .range(5000)
      .selectExpr(
        "CASE WHEN id % 11 = 0 THEN NULL ELSE concat('v', id % 5) END AS s",
        'CASE WHEN id % 7 = 0 THEN NULL ELSE CAST(id AS DOUBLE) / 3 END AS x',
        'id % 2 = 0 AS b',
        "concat('w', id % 300) AS wide",
        'id',
      );
  const read = (from: Frame, names: readonly string[]) =>
    train(from, async (context) => {
      const found: unknown[] = [];
      await context.scan(names, ({ rows, firstRow, columns }) => {
        for (const column of columns as (NumberColumn | CodeColumn)[]) {
          const values = column.kind === 'codes' ? column.codes : column.values;
          for (let i = 0; i < rows; i++) found.push(column.kind === 'numbers' && column.valid?.[i] === 0 ? null : [firstRow + i, values[i]]);
        }
      });
      const levels = await context.levels(['s', 'id', 'wide', 's']);
      return { found, levels: levels.map((one) => one.map(({ text, count }) => `${text}: ${count}`).sort()) };
    });

  it.each([
    ['plain columns', (from: Frame) => from, ['x', 'b', 'id']],
    ['labels in another order, some unseen', (from: Frame) => model('keep').transform(from), ['ix', 'x']],
    ['rows that are dropped', (from: Frame) => model('skip').transform(from), ['ix', 'b', 'x']],
    ['more labels than a byte tells apart', (from: Frame) => model('keep', 'wide').transform(from), ['ix', 'id']],
  ])('is read once and gives what the frame itself gives: %s', async (_, over, names) => {
    const kept = frame().cache();
    const expected = await read(over(frame()), names);
    for (let turn = 0; turn < 3; turn++) expect(await read(over(kept), names)).toEqual(expected);
    await kept.unpersist();
    expect(await read(over(kept), names)).toEqual(expected);
  });

  it('is told from one of many rows', async () => {
    const { compiler } = open().range(1).executor as LocalEngine;
    for (const [rows, few] of [
      [100_000, true],
      [100_001, false],
    ] as const) {
      const kept = open().range(rows).cache();
      await kept.count();
      expect(await compiler.hasFewRows(kept.plan)).toBe(few);
      expect(await compiler.hasFewRows(kept.filter('id > 5').plan)).toBe(few);
    }
  });
});

it('finds the levels of many columns at once', async () => {
  const names = Array.from({ length: 65 }, (_, j) => `c${j}`);
  const frame = open()
    .range(100)
    .select(
      ...names.map((name, j) =>
        col('id')
          .mod(j + 1)
          .alias(name),
      ),
    );
  const levels = await train(frame, (context) => context.levels(names));
  expect(levels.map((l) => l.length)).toEqual(names.map((_, j) => j + 1));
  expect(levels.every((l) => l.reduce((n, { count }) => n + count, 0) === 100)).toBe(true);
});

it('aggregates without nulls and NaN, and without what is excepted', async () => {
  const frame = open().createFrame([1, 2, 2, 9, null, Number.NaN, -1].map((x) => ({ x })));
  const requests: AggregateRequest[] = [
    { column: 'x', of: 'min' },
    { column: 'x', of: 'max' },
    { column: 'x', of: 'count' },
    { column: 'x', of: 'mode' },
    { column: 'x', of: 'quantile', p: 0.5 },
    { column: 'x', of: 'min', except: -1 },
  ];
  expect(await train(frame, (context) => context.aggregate(requests))).toEqual([-1, 9, 5, 2, 2, 1]);
  expect(await train(frame.filter('x > 100'), (context) => context.aggregate(requests))).toEqual([null, null, 0, null, null, null]);
});

describe('a training set', () => {
  const good = { v: Vectors.dense([1, 2]), y: 1, w: 1 };
  const names = { features: 'v', label: 'y', weight: 'w' };
  const schema = { v: 'vector', y: 'double', w: 'double' };
  const rows = (bad: object, at = 3000) => Array.from({ length: 3500 }, (_, i) => (i === at ? { ...good, ...bad } : good));

  it('holds all rows, cut by the data alone', async () => {
    const shape = (workers: Frame) =>
      train(workers, async (context) => {
        const set = await context.trainingSet(names);
        set.release();
        set.release();
        return [set.rows, set.numFeatures, set.partitions.length];
      });
    expect(await shape(open().createFrame(rows({}), schema))).toEqual(await shape(open().createFrame(rows({}), schema).repartition(1)));
    expect((await shape(open().createFrame(rows({}), schema))).slice(0, 2)).toEqual([3500, 2]);
  });

  it.each<[string, object, object]>([
    ['a null vector', { v: null }, { column: 'v' }],
    ['NaN among features', { v: Vectors.dense([1, Number.NaN]) }, { column: 'v' }],
    ['an infinite feature', { v: Vectors.sparse(2, [0], [Number.POSITIVE_INFINITY]) }, { column: 'v' }],
    ['a null label', { y: null }, { column: 'y', value: null }],
    ['a label NaN', { y: Number.NaN }, { column: 'y' }],
    ['a null weight', { w: null }, { column: 'w', value: null }],
    ['a weight below 0', { w: -0.5 }, { column: 'w', value: -0.5 }],
    ['an infinite weight', { w: Number.POSITIVE_INFINITY }, { column: 'w' }],
  ])('refuses %s, with its row', (_, bad, details) =>
    refuses(() => train(open().createFrame(rows(bad), schema), (context) => context.trainingSet(names)), 'VALUE_INVALID', { ...details, row: 3000 }),
  );

  it('refuses vectors of different sizes, and a frame of no rows', async () => {
    const load = (frame: Frame) => train(frame, (context) => context.trainingSet(names));
    await refuses(() => load(open().createFrame(rows({ v: Vectors.dense([1]) }), schema)), 'VALUE_INVALID', { column: 'v' });
    await refuses(() => load(open().createFrame([], schema)), 'EMPTY_DATASET');
  });

  it('of a frame that is freed while it loads fails for those who wait, and nobody else', async () => {
    const unhandled: unknown[] = [];
    const listen = (reason: unknown) => unhandled.push(reason);
    process.on('unhandledRejection', listen);
    const frame = open()
      .createFrame(rows({ y: null }), schema)
      .cache();
    await frame.count();
    const loading = train(frame, async (context) => {
      const set = context.trainingSet(names);
      await frame.unpersist();
      return set;
    });
    await expect(loading).rejects.toThrow();
    await new Promise((resolve) => setTimeout(resolve, 20));
    process.off('unhandledRejection', listen);
    expect(unhandled).toEqual([]);
  });

  it('is aborted by the signal of the fit', () =>
    refuses(() => train(open().createFrame([good], schema), (context) => context.trainingSet(names), { signal: AbortSignal.abort() }), 'ABORTED'));
});
