import { describe, expect, it } from 'vitest';
import { logLoss, MulticlassMetrics } from '#dist/stat/multiclass-metrics.js';

const of = (...values: number[]) => Float64Array.from(values);

describe('MulticlassMetrics', () => {
  const labels = of(0, 0, 0, 1, 1, 4);
  const predictions = of(0, 0, 1, 1, 4, 7);
  const metrics = new MulticlassMetrics(predictions, labels);

  it('counts labels against predictions', () => {
    expect(metrics.labels).toEqual([0, 1, 4]);
    const { confusionMatrix } = metrics;
    expect([0, 1, 2].map((i) => [...confusionMatrix.row(i).toArray()])).toEqual([
      [2, 1, 0],
      [0, 1, 1],
      [0, 0, 0],
    ]);
  });

  it.each([
    ['precision', [1, 1 / 2, 0]],
    ['recall', [2 / 3, 1 / 2, 0]],
    ['truePositiveRate', [2 / 3, 1 / 2, 0]],
    ['falsePositiveRate', [0, 1 / 4, 1 / 5]],
    ['fMeasure', [4 / 5, 1 / 2, 0]],
  ] as const)('%s by label', (name, expected) => {
    expect(metrics.labels.map((label) => metrics[name](label))).toEqual(expected);
  });

  it('weighs averages by labels', () => {
    expect(metrics.accuracy).toBe(3 / 6);
    expect(metrics.hammingLoss).toBe(3 / 6);
    expect(metrics.weightedRecall).toBeCloseTo(metrics.accuracy, 14);
    expect(metrics.weightedPrecision).toBeCloseTo((3 * 1 + 2 * 0.5) / 6, 14);
    expect(metrics.weightedFalsePositiveRate).toBeCloseTo((2 / 4 + 1 / 5) / 6, 14);
    expect(metrics.weightedFMeasure()).toBeCloseTo((3 * 0.8 + 2 * 0.5) / 6, 14);
  });

  it('refuses a label that does not occur, and lists of different lengths', () => {
    expect(() => metrics.precision(7)).toThrow(expect.objectContaining({ code: 'VALUE_INVALID', details: expect.objectContaining({ value: 7 }) }));
    expect(() => new MulticlassMetrics(of(1), labels)).toThrow(expect.objectContaining({ code: 'VALUE_INVALID' }));
  });
});

describe('logLoss', () => {
  it('is the mean of -log p of the label', () => {
    expect(logLoss(of(0, 1), of(0.25, 0.75, 0.5, 0.5), 2)).toBeCloseTo((Math.log(4) + Math.log(2)) / 2, 14);
    expect(logLoss(of(0, 1), of(0.25, 0.75, 0.5, 0.5), 2, of(3, 1))).toBeCloseTo((3 * Math.log(4) + Math.log(2)) / 4, 14);
  });

  it('cuts probabilities to [eps, 1 - eps]', () => {
    expect(logLoss(of(0), of(0, 1), 2)).toBeCloseTo(-Math.log(1e-15), 12);
    expect(logLoss(of(0), of(0, 1), 2, undefined, 0.1)).toBeCloseTo(-Math.log(0.1), 14);
    expect(logLoss(of(1), of(0, 1), 2, undefined, 0.1)).toBeCloseTo(-Math.log(0.9), 14);
  });

  it.each([
    ['eps of 0', () => logLoss(of(0), of(1, 0), 2, undefined, 0), 'PARAM_INVALID'],
    ['no rows', () => logLoss(of(), of(), 2), 'EMPTY_DATASET'],
    ['a label of no class', () => logLoss(of(2), of(1, 0), 2), 'VALUE_INVALID'],
    ['a label that is not whole', () => logLoss(of(0.5), of(1, 0), 2), 'VALUE_INVALID'],
  ])('refuses %s', (_, action, code) => {
    expect(action).toThrow(expect.objectContaining({ code }));
  });
});
