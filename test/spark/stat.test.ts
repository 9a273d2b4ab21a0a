import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { Session } from '#dist/engine/session.js';
import { Vectors } from '#dist/linalg/index.js';
import { ANOVATest, ChiSquareTest, Correlation, FValueTest, KolmogorovSmirnovTest, Summarizer } from '#dist/stat/index.js';
import { refuses } from '../engine/harness.ts';
import { testVectorStats } from '../stat/vector-stats.ts';

let session: Session;
beforeAll(async () => {
  session = await Session.connect(inject('sparkAddress'));
});
afterAll(() => session?.close());
testVectorStats(() => session, { refusals: false });

describe('statistics on a cluster', () => {
  it('name the column that is missing or of another type, and the param that is wrong', async () => {
    const frame = session.createFrame([{ f: Vectors.dense([1, 2]), y: 0, s: 'a' }]);
    for (const test of [ChiSquareTest, ANOVATest, FValueTest]) {
      await refuses(() => test.test(frame, 's', 'y'), 'COLUMN_TYPE', { column: 's' });
      await refuses(() => test.test(frame, 'f', 'nope'), 'COLUMN_NOT_FOUND', { column: 'nope' });
    }
    await refuses(() => Correlation.corr(frame, 'y'), 'COLUMN_TYPE', { column: 'y' });
    await refuses(() => Correlation.corr(frame, 'f', 'kendall' as 'pearson'), 'PARAM_INVALID', { param: 'method' });
    await refuses(() => KolmogorovSmirnovTest.test(frame, 's'), 'COLUMN_TYPE', { column: 's' });
    await refuses(() => frame.select(Summarizer.mean('nope')).collect(), 'COLUMN_NOT_FOUND', { column: 'nope' });
  });

  it('a summary is a column as any other there', async () => {
    const frame = session.createFrame([1, 2, 6].map((a) => ({ v: Vectors.dense([a, -a]), w: a === 6 ? 0 : 1, k: a % 2 })));
    const [row] = await frame.select(Summarizer.mean('v', 'w'), Summarizer.metrics('count', 'max').summary('v').getField('max').as('x')).collect();
    expect(row).toEqual({ 'mean(v)': Vectors.dense([1.5, -1.5]), x: Vectors.dense([6, -1]) });
    expect(await frame.rollup('k').agg(Summarizer.count('v').as('n')).orderBy('k').collect()).toEqual([
      { k: null, n: 3n },
      { k: 0, n: 2n },
      { k: 1, n: 1n },
    ]);
  });
});
