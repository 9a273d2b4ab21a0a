import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { BinnedRequest, BinnedSet, Engine, SampleTask, TrainingContext } from '#dist/engine/engine.js';
import { Session } from '#dist/engine/session.js';
import { OneHotEncoder, VectorAssembler } from '#dist/feature/index.js';
import type { Frame } from '#dist/frame/frame.js';
import type { PartitionHandle } from '#dist/kernels/contract.js';
import { columnView } from '#dist/kernels/partition-view.js';
import { Vectors } from '#dist/linalg/vectors.js';
import { hash32 } from '#dist/random.js';
import { type FeatureBins, type FeatureSample, missingCode } from '#dist/tree/bins.js';
import { refuses, SILENT, session } from '../harness.ts';

const open = session(2);
const train = <T>(frame: Frame, use: (context: TrainingContext) => Promise<T>): Promise<T> =>
  (frame.executor as Engine).train(frame.plan, { owner: 'Fit', uid: 'fit' }, {}, use);

const numeric = (...edges: number[]): FeatureBins => ({ kind: 'numeric', edges: Float64Array.from(edges) });
const categories = (count: number): FeatureBins => ({ kind: 'categories', categories: count });

/** A column of all partitions, in row order. */
function columnOf(set: BinnedSet, column: number): number[] {
  return (set.partitions as readonly PartitionHandle[]).flatMap((partition) => [...columnView(partition, column)]);
}

function byRow(set: BinnedSet): number[][] {
  const { column, stride } = set.layout.rowMajor as { column: number; stride: number };
  const bytes = columnOf(set, column);
  return Array.from({ length: set.rows }, (_, i) => bytes.slice(i * stride, i * stride + set.numFeatures));
}

const base = { features: 'v', missing: 'keep', sample: { rows: 1000, seed: 1 } } as const;
const SCHEMA = { v: 'vector' };

/** Everything that the set of a frame holds. */
function contentOf(frame: Frame, request: Omit<BinnedRequest, 'features' | 'missing' | 'sample'> & Partial<BinnedRequest>) {
  return train(frame, async (context) => {
    const set = await context.binnedSet({ ...base, ...request });
    const { layout } = set;
    const content = {
      codes: layout.features.map((column) => columnOf(set, column)),
      types: layout.features.map((column) => (set.partitions[0] as PartitionHandle).columns[column].type),
      label: layout.label === undefined ? null : columnOf(set, layout.label),
      weight: layout.weight === undefined ? null : columnOf(set, layout.weight),
      numbers: layout.numbers.map((column) => columnOf(set, column)),
      rows: layout.rowMajor ? byRow(set) : null,
      scratch: layout.scratch.map((column) => (set.partitions[0] as PartitionHandle).columns[column].length),
    };
    set.release();
    set.release();
    return content;
  });
}

/** The plain definition of a code. */
function codeOf(bins: FeatureBins, x: number): number {
  if (Number.isNaN(x)) return missingCode(bins);
  if (bins.kind === 'numeric') return bins.edges.filter((edge) => edge < x).length;
  return Number.isInteger(x) && x >= 0 && x < bins.categories ? x + 0 : missingCode(bins);
}

const number = fc.oneof(fc.integer({ min: -3, max: 6 }), fc.double({ min: -4, max: 7 }), fc.constantFrom(Number.NaN, -0, 1 / 0, -1 / 0));
const edges = fc.uniqueArray(fc.double({ min: -4, max: 7, noNaN: true }), { maxLength: 9 }).map((list) => Float64Array.from(list).sort());
const someBins = fc.oneof(
  edges.map((list): FeatureBins => ({ kind: 'numeric', edges: list })),
  fc.integer({ min: 1, max: 300 }).map(categories),
);
const tables = fc.integer({ min: 1, max: 4 }).chain((d) =>
  fc.record({
    bins: fc.array(someBins, { minLength: d, maxLength: d }),
    rows: fc.array(fc.array(number, { minLength: d, maxLength: d }), { minLength: 1, maxLength: 40 }),
  }),
);

describe('a binned set', () => {
  it('holds the codes of dense and of sparse vectors alike, by feature and by row, from a plan and from a cached frame', () =>
    fc.assert(
      fc.asyncProperty(tables, async ({ bins, rows }) => {
        const codes = bins.map((one, j) => rows.map((row) => codeOf(one, row[j])));
        const request = { bins: () => bins, rowMajor: true };
        const dense = open().createFrame(
          rows.map((row) => ({ v: Vectors.dense(row) })),
          SCHEMA,
        );
        const sparse = open().createFrame(
          rows.map((row) => ({
            v: Vectors.sparse(
              row.length,
              [...row.keys()].filter((j) => row[j] !== 0),
              row.filter((x) => x !== 0),
            ),
          })),
          SCHEMA,
        );
        const narrow = bins.every((one) => missingCode(one) <= 255);
        for (const frame of [dense, sparse, dense.cache()]) {
          const content = await contentOf(frame, request);
          expect(content.codes).toEqual(codes);
          expect(content.types).toEqual(bins.map((one) => (missingCode(one) <= 255 ? 'u8' : 'u16')));
          expect(content.rows).toEqual(narrow ? rows.map((_, i) => codes.map((column) => column[i])) : null);
        }
        await dense.unpersist();
      }),
      { numRuns: 25 },
    ));

  it('codes one-hot slots as the vectors that they stand for', async () => {
    const frame = open().range(500).selectExpr('CAST(id % 4 AS DOUBLE) AS c', 'CAST(id AS DOUBLE) AS x');
    const encoder = new OneHotEncoder({ inputCols: ['c'], outputCols: ['o'], dropLast: false });
    const encoded = (await encoder.fit(frame)).transform(frame);
    const { codes } = await contentOf(new VectorAssembler({ inputCols: ['x', 'o'], outputCol: 'v' }).transform(encoded), {
      bins: () => [numeric(100, 200), numeric(0.5), numeric(0), categories(2), numeric(-1, 0, 1)],
    });
    const ids = Array.from({ length: 500 }, (_, i) => i);
    expect(codes).toEqual([
      ids.map((i) => (i <= 100 ? 0 : i <= 200 ? 1 : 2)),
      ...[0, 1, 2].map((slot) => ids.map((i) => (i % 4 === slot ? 1 : 0))),
      ids.map((i) => (i % 4 === 3 ? 2 : 1)),
    ]);
  });

  it('carries label, weight, further numbers and scratch columns', async () => {
    const rows = Array.from({ length: 50 }, (_, i) => ({ v: Vectors.dense([i]), y: i % 3, w: i / 2, b: i % 2 === 0, n: -i }));
    const frame = open().createFrame(rows, { v: 'vector', y: 'double', w: 'double', b: 'boolean', n: 'double' });
    const request = {
      label: 'y',
      weight: 'w',
      numbers: ['b', 'n'],
      scratch: [{ type: 'u32' }, { type: 'f64', width: 3 }],
      bins: () => [numeric(9)],
    } as const;
    for (const one of [frame, frame.cache()]) {
      const content = await contentOf(one, request);
      expect(content.label).toEqual(rows.map(({ y }) => y));
      expect(content.weight).toEqual(rows.map(({ w }) => w));
      expect(content.numbers).toEqual([rows.map(({ b }) => Number(b)), rows.map(({ n }) => n)]);
      expect(content.scratch).toEqual([50, 150]);
    }
  });

  it('is the same for any number of workers, and for frames whose rows wait in a file, or are read twice where none can be written', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'binned-sets-'));
    const contents = [];
    for (const [workers, memoryLimit, writable] of [
      [1, undefined, true],
      [2, undefined, true],
      [4, '24MB', true],
      [2, '24MB', false],
    ] as const) {
      const own = await Session.local({ workers, logger: SILENT, tempDirectory: folder, ...(memoryLimit && { memoryLimit }) });
      try {
        await own.range(1).count();
        if (!writable) rmSync(folder, { recursive: true });
        const frame = own
          .range(300_000)
          .selectExpr('CAST((id * 7919) % 1000 AS DOUBLE) AS a', 'CAST(id AS DOUBLE) AS b', 'CAST(id % 2 AS DOUBLE) AS y');
        const samples: number[][] = [];
        const content = await contentOf(new VectorAssembler({ inputCols: ['a', 'b'], outputCol: 'v' }).transform(frame), {
          label: 'y',
          rowMajor: true,
          sample: { rows: 1000, seed: 5 },
          bins(sample) {
            samples.push([...sample.column(0)], [...sample.column(1)]);
            return [
              numeric(
                ...[...sample.column(0)]
                  .sort((a, b) => a - b)
                  .slice(0, 50)
                  .filter((x, i, all) => i === 0 || x > all[i - 1]),
              ),
              numeric(1000),
            ];
          },
        });
        contents.push({ content, samples });
        if (writable) expect((readdirSync(folder, { recursive: true }) as string[]).filter((name) => name.includes('training-'))).toEqual([]);
      } finally {
        await own.close();
      }
    }
    for (const content of contents.slice(1)) expect(content).toEqual(contents[0]);
  }, 60_000);
});

describe('the sample that bins are chosen from', () => {
  const sampleOf = async (frame: Frame, rows: number, seed = 3, request: Partial<BinnedRequest> = {}): Promise<FeatureSample> => {
    const seen: FeatureSample[] = [];
    await contentOf(frame, {
      ...request,
      sample: { rows, seed },
      bins(sample) {
        seen.push(sample);
        return Array.from({ length: sample.numFeatures }, () => numeric());
      },
    });
    return seen[0];
  };
  const numbers = (n: number) =>
    new VectorAssembler({ inputCols: ['x'], outputCol: 'v' }).transform(
      open().range(n).selectExpr('CAST(id AS DOUBLE) AS x', 'CAST(id AS DOUBLE) AS w'),
    );

  it('is all rows in their order when there are no more than asked for', async () => {
    const sample = await sampleOf(numbers(3000), 3000, 3, { weight: 'w' });
    const all = Array.from({ length: 3000 }, (_, i) => i);
    expect([sample.rows, sample.sampled, sample.numFeatures]).toEqual([3000, 3000, 1]);
    expect([...sample.column(0)]).toEqual(all);
    expect([...(sample.weights as Float64Array)]).toEqual(all);
  });

  it('is else the rows of the least hashes, in row order', async () => {
    const n = 20_000;
    const least = Array.from({ length: n }, (_, i) => i)
      .sort((a, b) => hash32(3, a) - hash32(3, b))
      .slice(0, 700)
      .sort((a, b) => a - b);
    const sample = await sampleOf(numbers(n), 700, 3, { weight: 'w' });
    expect([sample.rows, sample.sampled]).toEqual([n, 700]);
    expect([...sample.column(0)]).toEqual(least);
    expect([...(sample.weights as Float64Array)]).toEqual(least);
    expect([...(await sampleOf(numbers(n), 700, 4)).column(0)]).not.toEqual(least);
  });

  it('is summarized by feature on the workers, if that is asked for', async () => {
    const module = new URL('../workers/tasks.mjs', import.meta.url).href;
    const { spanOf } = (await import(module)) as { spanOf: SampleTask['local'] };
    for (const n of [100, 30_000]) {
      const frame = open().range(n).selectExpr('CAST(id AS DOUBLE) AS x', 'CAST(2 * id AS DOUBLE) AS y', 'CAST(1 AS DOUBLE) AS w');
      const vectors = new VectorAssembler({ inputCols: ['x', 'y'], outputCol: 'v' }).transform(frame);
      const summarize = { module, name: 'spanOf', args: 10, local: spanOf };
      const sample = await sampleOf(vectors, n, 3, { summarize, weight: 'w' });
      expect([sample.summary(0), sample.summary(1)]).toEqual([
        { least: 10, most: n + 9, weight: n },
        { least: 10, most: 2 * n + 8, weight: n },
      ]);
      await refuses(() => sampleOf(vectors, n, 3, { summarize: { ...summarize, args: -1 } }), 'VALUE_INVALID', {}, 'no span');
    }
    expect((await sampleOf(numbers(10), 10)).summary(0)).toBeUndefined();
  });

  it('shows sparse and one-hot slots with their zeros', async () => {
    const frame = open().range(200).selectExpr('CAST(id % 3 AS DOUBLE) AS c', 'CAST(id % 5 AS DOUBLE) AS x');
    const encoder = new OneHotEncoder({ inputCols: ['c'], outputCols: ['o'], dropLast: false });
    const encoded = (await encoder.fit(frame)).transform(frame);
    const sample = await sampleOf(new VectorAssembler({ inputCols: ['o', 'x'], outputCol: 'v' }).transform(encoded), 200);
    expect([...sample.column(1)]).toEqual(Array.from({ length: 200 }, (_, i) => (i % 3 === 1 ? 1 : 0)));
    const rows = Array.from({ length: 60 }, (_, i) => Vectors.sparse(3, i % 2 ? [0, 2] : [1], i % 2 ? [i, -i] : [7]));
    const sparse = await sampleOf(
      open().createFrame(
        rows.map((v) => ({ v })),
        SCHEMA,
      ),
      20,
    );
    for (const j of [0, 1, 2]) expect(sparse.column(j)).toHaveLength(20);
    expect(sparse.column(0).every((x, i) => sparse.column(2)[i] === -x && (x === 0) === (sparse.column(1)[i] === 7))).toBe(true);
  });
});

describe('a binned set of large Parquet files', () => {
  const ROWS = 4_400_000;
  const inputCols = ['id', 'a', 'b', 'c', 'd', 'e', 'f', 'g'];
  const folder = mkdtempSync(join(tmpdir(), 'millstream-large-'));
  const path = join(folder, 'rows.parquet');
  beforeAll(async () => {
    const digits = inputCols.slice(1).map((name, k) => `CAST((id * ${k + 3}) % 100 AS DOUBLE) AS ${name}`);
    const rows = open()
      .range(ROWS)
      .selectExpr('CAST(id AS DOUBLE) AS id', ...digits, `CASE WHEN id % 1000 = 777 THEN NULL ELSE id % 2 END AS y`);
    await rows.repartition(2).write.parquet(path);
  }, 120_000);
  afterAll(() => rmSync(folder, { recursive: true }));
  const vectors = (own: Session) => new VectorAssembler({ inputCols, outputCol: 'v' }).transform(own.read.parquet(path).filter('id % 100 <> 3'));

  it('draws its sample before rows are read to stay, the same for any number of workers', async () => {
    const drawn: number[][] = [];
    for (const workers of [1, 3]) {
      const temporary = mkdtempSync(join(folder, 'temporary-'));
      const own = await Session.local({ workers, logger: SILENT, tempDirectory: temporary });
      try {
        await train(vectors(own), async (context) => {
          const set = await context.binnedSet({
            ...base,
            sample: { rows: 5000, seed: 7 },
            bins(sample) {
              expect([sample.rows, sample.sampled]).toEqual([0.99 * ROWS, 5000]);
              expect((readdirSync(temporary, { recursive: true }) as string[]).filter((name) => name.includes('training-'))).toEqual([]);
              drawn.push([...sample.column(0)]);
              return inputCols.map((_, j) => (j === 0 ? numeric(ROWS / 4, ROWS / 2) : numeric(49)));
            },
          });
          const counts = [0, 0, 0];
          for (const partition of set.partitions) for (const code of columnView(partition, set.layout.features[0])) counts[code]++;
          expect(counts).toEqual([(0.99 * ROWS) / 4 + 1, (0.99 * ROWS) / 4, (0.99 * ROWS) / 2 - 1]);
          set.release();
        });
      } finally {
        await own.close();
      }
    }
    const [ids, others] = drawn as [number[], number[]];
    expect(others).toEqual(ids);
    expect(ids.every((id, i) => id % 100 !== 3 && (i === 0 || id > ids[i - 1]))).toBe(true);
    const quarters = [0, 0, 0, 0];
    for (const id of ids) quarters[Math.floor((4 * id) / ROWS)]++;
    expect(quarters.every((count) => Math.abs(count - 1250) < 160)).toBe(true); // five standard deviations
  }, 60_000);

  it('draws a sample that is no small part of the rows as they are read, for it comes into memory as a whole', async () => {
    const temporary = mkdtempSync(join(folder, 'temporary-'));
    const own = await Session.local({ workers: 2, logger: SILENT, tempDirectory: temporary });
    try {
      await train(vectors(own), async (context) => {
        const set = await context.binnedSet({
          ...base,
          sample: { rows: 1_100_000, seed: 7 },
          bins(sample) {
            expect([sample.rows, sample.sampled]).toEqual([0.99 * ROWS, 1_100_000]);
            expect((readdirSync(temporary, { recursive: true }) as string[]).filter((name) => name.includes('training-'))).toHaveLength(1);
            return inputCols.map(() => numeric());
          },
        });
        set.release();
      });
    } finally {
      await own.close();
    }
  }, 60_000);

  it(
    'tells the number of the first row that it refuses, in the sample or not',
    () =>
      refuses(() => contentOf(vectors(open()), { label: 'y', bins: () => inputCols.map(() => numeric()) }), 'VALUE_INVALID', {
        column: 'y',
        row: 769,
      }),
    60_000,
  );
});

describe('a binned set refuses', () => {
  const good = { v: Vectors.dense([1, 2]), y: 1, w: 2, n: 0 };
  const schema = { v: 'vector', y: 'double', w: 'double', n: 'double' };
  const rows = (bad: object, at = 3000) => Array.from({ length: 3500 }, (_, i) => (i === at ? { ...good, ...bad } : good));
  const request = { label: 'y', weight: 'w', numbers: ['n'], bins: () => [numeric(1), categories(3)] };

  it.each<[string, object, object]>([
    ['a null vector', { v: null }, { column: 'v' }],
    ['NaN among features', { v: Vectors.dense([1, Number.NaN]) }, { column: 'v' }],
    ['an infinite feature', { v: Vectors.dense([Number.POSITIVE_INFINITY, 0]) }, { column: 'v' }],
    ['a null label', { y: null }, { column: 'y', value: null }],
    ['a weight below 0', { w: -0.5 }, { column: 'w', value: -0.5 }],
    ['a further number NaN', { n: Number.NaN }, { column: 'n' }],
    ['a category that is no whole number', { v: Vectors.dense([1, 0.5]) }, { column: 'v', feature: 'v_1', value: 0.5 }],
    ['a category beyond the last', { v: Vectors.dense([1, 3]) }, { column: 'v', feature: 'v_1', value: 3 }],
  ])('%s, with its row', (_, bad, details) =>
    refuses(() => contentOf(open().createFrame(rows(bad), schema), { ...request, missing: 'refuse' }), 'VALUE_INVALID', { ...details, row: 3000 }),
  );

  it('a frame of no rows, and more bins than two bytes can tell', async () => {
    await refuses(() => contentOf(open().createFrame([], schema), request), 'EMPTY_DATASET');
    await refuses(() => contentOf(open().createFrame(rows({}), schema), { bins: () => [numeric(1), categories(65536)] }), 'VALUE_INVALID', {
      feature: 'v_1',
    });
  });

  it('nothing that is kept as missing', async () => {
    const odd = rows({ v: Vectors.dense([Number.NaN, 9]) });
    const { codes } = await contentOf(open().createFrame(odd, schema), request);
    expect([codes[0][3000], codes[1][3000], codes[0][0], codes[1][0]]).toEqual([2, 3, 0, 2]);
  });
});
