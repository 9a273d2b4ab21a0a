import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { areaUnder, BinaryMetrics, fMeasure } from '#dist/stat/binary-metrics.js';

const of = (...values: number[]) => Float64Array.from(values);

/** Share of (positive, negative) pairs in the right order, ties counting half, by weight. */
function rankedRight(scores: readonly number[], labels: readonly number[], weights: readonly number[]): number {
  let right = 0;
  let pairs = 0;
  labels.forEach((a, i) => {
    labels.forEach((b, j) => {
      if (a <= 0.5 || b > 0.5) return;
      pairs += weights[i] * weights[j];
      right += weights[i] * weights[j] * (scores[i] > scores[j] ? 1 : scores[i] === scores[j] ? 0.5 : 0);
    });
  });
  return right / pairs;
}

describe('BinaryMetrics', () => {
  const metrics = new BinaryMetrics(of(0.9, 0.8, 0.8, 0.4), of(1, 0, 1, 0));

  it('has a point for each distinct score, highest first', () => {
    expect([...metrics.thresholds]).toEqual([0.9, 0.8, 0.4]);
    expect(metrics.precisionByThreshold).toEqual([
      [0.9, 1],
      [0.8, 2 / 3],
      [0.4, 0.5],
    ]);
    expect(metrics.recallByThreshold).toEqual([
      [0.9, 0.5],
      [0.8, 1],
      [0.4, 1],
    ]);
    expect(metrics.roc).toEqual([
      [0, 0],
      [0, 0.5],
      [0.5, 1],
      [1, 1],
      [1, 1],
    ]);
    expect(metrics.pr).toEqual([
      [0, 1],
      [0.5, 1],
      [1, 2 / 3],
      [1, 0.5],
    ]);
    expect(metrics.fMeasureByThreshold()[1]).toEqual([0.8, 0.8]);
  });

  it('has an area under ROC that is the share of pairs in the right order', () => {
    const row = fc.record({ score: fc.integer({ min: -5, max: 5 }), label: fc.integer({ min: 0, max: 1 }), weight: fc.integer({ min: 1, max: 4 }) });
    fc.assert(
      fc.property(fc.array(row, { minLength: 2, maxLength: 40 }), (rows) => {
        const [scores, labels, weights] = (['score', 'label', 'weight'] as const).map((key) => rows.map((r) => r[key]));
        fc.pre(new Set(labels).size === 2);
        const { areaUnderROC } = new BinaryMetrics(of(...scores), of(...labels), of(...weights));
        expect(areaUnderROC).toBeCloseTo(rankedRight(scores, labels, weights), 12);
      }),
    );
  });

  it('does not depend on the order of rows', () => {
    const rows = Array.from({ length: 5000 }, (_, i) => ({ s: ((i * 37) % 501) / 7, y: (i * i) % 3 === 1 ? 1 : 0 }));
    const made = (r: typeof rows) =>
      new BinaryMetrics(
        Float64Array.from(r, ({ s }) => s),
        Float64Array.from(r, ({ y }) => y),
      );
    expect(made(rows.toReversed()).roc).toEqual(made(rows).roc);
  });

  it('takes 0 and -0 for one score, and NaN for the highest', () => {
    expect([...new BinaryMetrics(of(0, -0, Number.NaN, Number.NaN, Infinity), of(1, 0, 1, 0, 1)).thresholds]).toEqual([Number.NaN, Infinity, 0]);
  });

  it('thins curves to neighbours of floor(distinct / numBins), at the least of their scores', () => {
    const scores = Float64Array.from({ length: 10 }, (_, i) => i);
    const labels = scores.map((s) => s % 2);
    const thresholds = (numBins: number) => [...new BinaryMetrics(scores, labels, undefined, numBins).thresholds];
    expect(thresholds(0)).toHaveLength(10);
    expect(thresholds(6)).toHaveLength(10);
    expect(thresholds(5)).toEqual([8, 6, 4, 2, 0]);
    expect(thresholds(3)).toEqual([7, 4, 1, 0]);
  });

  it('has recall 0 without positives and false positive rate 0 without negatives', () => {
    expect(new BinaryMetrics(of(1, 2), of(0, 0)).recallByThreshold.map(([, r]) => r)).toEqual([0, 0]);
    expect(new BinaryMetrics(of(1, 2), of(1, 1)).roc.map(([x]) => x)).toEqual([0, 0, 0, 1]);
  });

  it('refuses lists of different lengths, and a precision-recall curve of no rows', () => {
    expect(() => new BinaryMetrics(of(1), of(1, 0))).toThrow(expect.objectContaining({ code: 'VALUE_INVALID' }));
    expect(() => new BinaryMetrics(of(1), of(1), of())).toThrow(expect.objectContaining({ code: 'VALUE_INVALID' }));
    expect(() => new BinaryMetrics(of(), of()).pr).toThrow(expect.objectContaining({ code: 'EMPTY_DATASET' }));
  });
});

it('areaUnder is the trapezoidal rule', () => {
  expect(
    areaUnder([
      [0, 0],
      [0.5, 1],
      [1, 1],
    ]),
  ).toBe(0.75);
  expect(areaUnder([[0, 1]])).toBe(0);
});

it.each([
  [1, 1, 1, 1],
  [0, 0, 1, 0],
  [0.5, 1, 1, 2 / 3],
  [0.5, 1, 2, 2.5 / 3],
])('fMeasure of precision %d, recall %d, beta %d is %d', (precision, recall, beta, expected) => {
  expect(fMeasure(precision, recall, beta)).toBeCloseTo(expected, 14);
});
