import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { VectorAssembler } from '#dist/feature/index.js';
import type { Frame } from '#dist/frame/frame.js';
import { avg, col, count, lit, sum } from '#dist/frame/functions.js';
import { parseType, typeName } from '#dist/frame/types.js';
import { DenseMatrix } from '#dist/linalg/matrices.js';
import { DenseVector, Vectors } from '#dist/linalg/vectors.js';
import { ANOVATest, ChiSquareTest, Correlation, FValueTest, KolmogorovSmirnovTest, Summarizer } from '#dist/stat/index.js';
import { refuses, session } from '../engine/harness.ts';

interface Case {
  readonly table: string;
  readonly do: string;
  readonly weight?: boolean;
  readonly method?: 'pearson' | 'spearman';
  readonly flatten?: boolean;
  readonly params?: readonly number[];
  readonly output?: { readonly columns: readonly { readonly name: string; readonly type: string }[]; readonly rows: readonly (readonly unknown[])[] };
  readonly error?: string;
}
type VectorJson = { type: 'dense'; values: unknown[] } | { type: 'sparse'; size: number; indices: number[]; values: unknown[] };

/** Made by Spark 4.3.0, see `goldens/vector_stats.py`. */
const { tables, cases }: { tables: Record<string, [string | null, VectorJson, number, number][]>; cases: Case[] } = JSON.parse(
  readFileSync(new URL('../goldens/stat.json', import.meta.url), 'utf8'),
);

const open = session(2);
const METRICS = ['mean', 'sum', 'variance', 'std', 'count', 'numNonZeros', 'max', 'min', 'normL1', 'normL2'] as const;

function frameOf(table: string): Frame {
  if (table.startsWith('sin ')) {
    const n = Number(table.slice(4));
    return open().createFrame(Array.from({ length: n }, (_, i) => ({ x: Math.sin(i) * 1.3 + 0.1 })));
  }
  const vector = (v: VectorJson) =>
    v.type === 'dense' ? Vectors.dense(v.values.map(Number)) : Vectors.sparse(v.size, v.indices, v.values.map(Number));
  const rows = (tables[table] as (typeof tables)[string]).map(([k, v, label, w]) => ({ k, features: vector(v), label, w }));
  return open().createFrame(rows, { k: 'string', features: 'vector', label: 'double', w: 'double' });
}

async function answer(frame: Frame, { do: what, weight, method, flatten, params = [] }: Case): Promise<Frame> {
  const weights = weight ? ['w'] : [];
  const summary = Summarizer.metrics(...METRICS)
    .summary('features', ...weights)
    .as('s');
  switch (what) {
    case 'summary':
      return frame.select(summary, Summarizer.mean('features', ...weights), count('*'));
    case 'group':
      return frame.groupBy('k').agg(sum('label'), summary).orderBy('k');
    case 'corr':
      return Correlation.corr(frame, 'features', method);
    case 'KolmogorovSmirnovTest':
      return KolmogorovSmirnovTest.test(frame, 'x', 'norm', ...params);
    default:
      return { ChiSquareTest, ANOVATest, FValueTest }[what as 'ChiSquareTest'].test(frame, 'features', 'label', flatten);
  }
}

/** Values as the goldens have them: vectors and matrices as lists, structs as lists of their fields. */
function plain(value: unknown): unknown {
  if (typeof value === 'bigint') return Number(value);
  if (value instanceof DenseVector) return Array.from(value.values);
  if (value instanceof DenseMatrix)
    return Array.from({ length: value.numRows }, (_, i) => Array.from({ length: value.numCols }, (_, j) => value.at(i, j)));
  if (Array.isArray(value)) return value.map(plain);
  return typeof value === 'object' && value !== null ? Object.values(value).map(plain) : value;
}

function wanted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(wanted);
  if (typeof value === 'object' && value !== null) return wanted((value as VectorJson).values);
  return value === 'NaN' || value === 'Infinity' || value === '-Infinity' ? Number(value) : value;
}

/** Equal but for what another order of sums and another way to the same tail make. */
function near(found: unknown, want: unknown, relative = 1e-9): void {
  if (Array.isArray(want)) {
    expect(found).toHaveLength(want.length);
    for (const [i, w] of want.entries()) near((found as unknown[])[i], w, relative);
  } else if (typeof want === 'number' && Number.isFinite(want))
    expect(Math.abs((found as number) - want)).toBeLessThanOrEqual(1e-10 + relative * Math.abs(want));
  else expect(found).toEqual(want);
}

const titled = cases.map((c) => [`${c.do} of ${c.table}, ${JSON.stringify(c.method ?? c.flatten ?? c.weight ?? c.params)}`, c] as const);

describe('as in Spark', () => {
  it.each(titled)('%s', async (_, one) => {
    const run = async () => {
      const made = await answer(frameOf(one.table), one);
      return { fields: (await made.schema()).fields, rows: await made.toDF(...(await made.columns()).map((_, j) => `c${j}`)).collect() };
    };
    // Of no rows Spark's statistic is the least double.
    if (one.error) return refuses(run, one.table === 'one label' ? 'VALUE_INVALID' : 'EMPTY_DATASET');
    const { fields, rows } = await run();
    const output = one.output as NonNullable<Case['output']>;
    expect(fields.map((f) => [f.name, typeName(f.type)])).toEqual(output.columns.map((c) => [c.name, typeName(parseType(c.type))]));
    // Spark's rows of features come in any order; its analysis of variance subtracts large sums.
    const want = one.flatten ? output.rows.toSorted(([a], [b]) => (a as number) - (b as number)) : output.rows;
    near(
      rows.map((row) => Object.values(row).map(plain)),
      want.map(wanted),
      one.do === 'ANOVATest' ? 1e-6 : 1e-9,
    );
  });
});

describe('Summarizer', () => {
  it('is bit-equal to Spark over one partition', async () => {
    const of = cases.find((c) => c.do === 'summary' && c.table === 'numbers' && c.weight) as Case;
    const [row] = await (await answer(frameOf('numbers'), of)).collect();
    expect(plain(row?.s)).toEqual(wanted(of.output?.rows[0]?.[0]));
  });

  it('reads vectors that a chain of stages makes, and stands beside other aggregates and constants, under names and in functions', async () => {
    const frame = open().createFrame([1, 2, 6].map((a) => ({ a, b: -a, w: a === 6 ? 0 : 1 })));
    const made = new VectorAssembler({ inputCols: ['a', 'b'], outputCol: 'v' }).transform(frame);
    const [row] = await made
      .select(
        Summarizer.mean(col('v'), col('w').times(2)).as('m'),
        avg('a').as('a'),
        lit(7).as('seven'),
        Summarizer.metrics('count', 'max').summary('v').getField('max').as('x'),
      )
      .collect();
    expect(row).toEqual({ m: Vectors.dense(1.5, -1.5), a: 3, seven: 7, x: Vectors.dense(6, -1) });
  });

  it('keeps groups apart whatever their keys are', async () => {
    const keys = [null, '', '__proto__', '4:a,b', 'a'];
    const frame = open().createFrame(
      keys.flatMap((k, i) => [i, i + 1].map((x) => ({ k, n: i % 2 ? 0 : -0, v: Vectors.dense(x) }))),
      { k: 'string', n: 'double', v: 'vector' },
    );
    const byText = await frame.groupBy('k').agg(Summarizer.sum('v').as('s'), count('*').as('n')).collect();
    expect(new Map(byText.map((r) => [r.k, (r.s as DenseVector).values[0]]))).toEqual(new Map(keys.map((k, i) => [k, 2 * i + 1])));
    expect(await frame.groupBy('n').agg(Summarizer.count('v').as('c')).collect()).toHaveLength(1);
  });

  it('gives the same for any number of workers and batches', async () => {
    const rows = Array.from({ length: 5000 }, (_, i) => ({ v: Vectors.dense(Math.sin(i), 1e8 + Math.cos(i)) }));
    const [a] = await open().createFrame(rows).select(Summarizer.variance('v').as('r')).collect();
    const [b] = await open().createFrame(rows).repartition(5).cache().select(Summarizer.variance('v').as('r')).collect();
    expect(a).toEqual(b);
  });

  it('counts no rows, where other metrics need one', async () => {
    const none = open().createFrame([], { v: 'vector', w: 'double' });
    expect(await none.select(Summarizer.count('v'), Summarizer.metrics('count').summary('v', 'w').as('s')).collect()).toEqual([
      { 'count(v)': 0n, s: { count: 0n } },
    ]);
  });

  it('refuses no metric, an unknown one, columns of other types, missing values and weights below 0', async () => {
    const frame = (rows: Record<string, unknown>[]) => open().createFrame(rows, { v: 'vector', w: 'double', k: 'int' });
    const good = { v: Vectors.dense(1), w: 1, k: 1 };
    await refuses(() => Summarizer.metrics(), 'PARAM_INVALID', { param: 'metrics' });
    await refuses(() => Summarizer.metrics('median' as 'mean'), 'PARAM_INVALID', { value: 'median' });
    await refuses(() => frame([good]).select(Summarizer.mean('w')).columns(), 'COLUMN_TYPE', { column: 'w' });
    await refuses(() => frame([good]).groupBy('k').agg(Summarizer.mean('w')).columns(), 'COLUMN_TYPE', { column: 'w' });
    await refuses(() => frame([good]).select(Summarizer.mean('nope')).columns(), 'COLUMN_NOT_FOUND', { column: 'nope' });
    const run = (rows: Record<string, unknown>[]) => () => frame(rows).select(Summarizer.mean('v', 'w')).collect();
    await refuses(run([good, { ...good, v: null }]), 'VALUE_INVALID', { column: 'v', row: 1 });
    await refuses(run([good, { ...good, v: Vectors.dense(1, 2) }]), 'VALUE_INVALID', { column: 'v' });
    for (const w of [-1, null, Number.NaN]) await refuses(run([good, { ...good, w }]), 'VALUE_INVALID', { column: 'w', row: 1 });
    await refuses(run([{ ...good, w: 0 }]), 'EMPTY_DATASET', { column: 'w' });
    await refuses(run([]), 'EMPTY_DATASET');
    await refuses(() => frame([good]).rollup('k').agg(Summarizer.mean('v')).columns(), 'NOT_SUPPORTED');
    await refuses(() => frame([good]).groupBy('k').pivot('k', [1]).agg(Summarizer.mean('v')).columns(), 'NOT_SUPPORTED');
    await refuses(() => frame([good]).filter(Summarizer.count('v').gt(1)).columns(), 'NOT_SUPPORTED');
  });
});

describe('Correlation and the tests', () => {
  it('name the column and the row of what they cannot take', async () => {
    const frame = open().createFrame(
      [
        { f: Vectors.dense(1, 2), y: 0 },
        { f: Vectors.dense(1, Number.NaN), y: null },
      ],
      { f: 'vector', y: 'double' },
    );
    await refuses(() => Correlation.corr(frame, 'y'), 'COLUMN_TYPE', { column: 'y' });
    await refuses(() => Correlation.corr(frame, 'f', 'kendall' as 'pearson'), 'PARAM_INVALID', { param: 'method' });
    for (const test of [ChiSquareTest, ANOVATest, FValueTest]) {
      await refuses(() => test.test(frame, 'f', 'y'), 'VALUE_INVALID', { column: 'y', row: 1 });
      await refuses(() => test.test(frame, 'y', 'y'), 'COLUMN_TYPE', { column: 'y' });
    }
    await refuses(() => ChiSquareTest.test(frame.fillna(1, 'y'), 'f', 'y'), 'VALUE_INVALID', { column: 'f', row: 1 });
    const many = open().range(10_002).select(col('id').cast('double').as('y'));
    const vectors = new VectorAssembler({ inputCols: ['y'], outputCol: 'f' }).transform(many);
    await refuses(() => ChiSquareTest.test(vectors, 'f', 'y'), 'VALUE_INVALID', {}, '10000');
    await refuses(() => KolmogorovSmirnovTest.test(many, 'nope'), 'COLUMN_NOT_FOUND', { column: 'nope' });
    await refuses(() => KolmogorovSmirnovTest.test(many, 'y', 'exp' as 'norm'), 'PARAM_INVALID', { param: 'distName' });
    await refuses(() => KolmogorovSmirnovTest.test(many, 'y', 'norm', 0, 0), 'PARAM_INVALID', { param: 'std' });
  });

  it('correlations of blocks are those of all rows', async () => {
    const rows = Array.from({ length: 3000 }, (_, i) => ({ v: Vectors.dense(1e6 + Math.sin(i), Math.sin(i) * 3 - 1, Math.cos(7 * i)) }));
    const [row] = await (await Correlation.corr(open().createFrame(rows), 'v')).collect();
    const matrix = row?.['pearson(v)'] as DenseMatrix;
    expect(matrix.at(0, 1)).toBeCloseTo(1, 9);
    expect(Math.abs(matrix.at(0, 2))).toBeLessThan(0.05);
  });

  it('may be aborted', async () => {
    const abort = AbortSignal.abort();
    await refuses(() => Correlation.corr(frameOf('numbers'), 'features', 'pearson', { signal: abort }), 'ABORTED');
  });
});
