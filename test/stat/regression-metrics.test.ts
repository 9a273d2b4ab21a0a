import { describe, expect, it } from 'vitest';
import { regressionMetrics } from '#dist/stat/regression-metrics.js';

const of = (...values: number[]) => Float64Array.from(values);

describe('regressionMetrics', () => {
  const labels = of(1, 2, 3, 6);
  const predictions = of(1, 2, 4, 4);

  it('is what its formulas say', () => {
    const found = regressionMetrics(predictions, labels);
    expect(found.meanSquaredError).toBe(5 / 4);
    expect(found.rootMeanSquaredError).toBe(Math.sqrt(5 / 4));
    expect(found.meanAbsoluteError).toBe(3 / 4);
    expect(found.r2).toBeCloseTo(1 - 5 / 14, 14);
    expect(found.explainedVariance).toBe((4 + 1 + 1 + 1) / 4);
    expect(regressionMetrics(predictions, labels, undefined, { throughOrigin: true }).r2).toBeCloseTo(1 - 5 / 50, 14);
  });

  it('sees nothing of rows of weight 0', () => {
    const found = regressionMetrics(of(...predictions, Number.NaN), of(...labels, 1), of(1, 1, 1, 1, 0));
    expect(found).toEqual(regressionMetrics(predictions, labels));
  });

  it('refuses weights that are all 0, and lists of different lengths', () => {
    expect(() => regressionMetrics(predictions, labels, new Float64Array(4))).toThrow(expect.objectContaining({ code: 'EMPTY_DATASET' }));
    expect(() => regressionMetrics(predictions, of(1))).toThrow(expect.objectContaining({ code: 'VALUE_INVALID' }));
  });
});
