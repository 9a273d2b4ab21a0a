import { describe, expect, it } from 'vitest';
import { VectorAssembler } from '#dist/feature/index.js';
import { avg, col, count, lit } from '#dist/frame/functions.js';
import type { DenseMatrix } from '#dist/linalg/matrices.js';
import { type DenseVector, Vectors } from '#dist/linalg/vectors.js';
import { ANOVATest, ChiSquareTest, Correlation, FValueTest, KolmogorovSmirnovTest, Summarizer } from '#dist/stat/index.js';
import { refuses, session } from '../engine/harness.ts';
import { answer, type Case, cases, frameOf, plain, testVectorStats, wanted } from './vector-stats.ts';

const open = session(2);
testVectorStats(open);

describe('Summarizer', () => {
  it('is bit-equal to Spark over one partition', async () => {
    const of = cases.find((c) => c.do === 'summary' && c.table === 'numbers' && c.weight) as Case;
    const [row] = await (await answer(frameOf(open(), 'numbers'), of)).collect();
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
    await refuses(() => Correlation.corr(frameOf(open(), 'numbers'), 'features', 'pearson', { signal: abort }), 'ABORTED');
  });
});
