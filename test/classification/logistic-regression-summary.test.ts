import { describe, expect, it } from 'vitest';
import { LogisticRegressionSummary, LogisticRegressionTrainingSummary } from '#dist/classification/index.js';
import { MulticlassMetrics } from '#dist/stat/multiclass-metrics.js';

const columns = { featuresCol: 'features', labelCol: 'label', predictionCol: 'prediction', probabilityCol: 'probability', weightCol: undefined };
const of = (...values: number[]) => Float64Array.from(values);
const scored = { predictions: of(1, 0, 1, 0), labels: of(1, 0, 0, 1), scores: of(0.9, 0.2, 0.6, 0.4) };

describe('a summary', () => {
  it('counts rows, or their weights', () => {
    expect(new LogisticRegressionSummary(columns, scored).accuracy).toBe(0.5);
    expect(new LogisticRegressionSummary(columns, { ...scored, weights: of(3, 1, 0, 0) }).accuracy).toBe(1);
  });

  it('has metrics by label in the order of its labels', () => {
    const summary = new LogisticRegressionSummary(columns, { predictions: of(7, 7, 2), labels: of(7, 2, 2), scores: null });
    expect([summary.labels, summary.recallByLabel, summary.precisionByLabel]).toEqual([
      [2, 7],
      [0.5, 1],
      [1, 0.5],
    ]);
  });

  it('thins its curves to about a thousand points', () => {
    const n = 20_000;
    const scores = Float64Array.from({ length: n }, (_, i) => i / n);
    const labels = scores.map((s) => Number(s > 0.5));
    expect(new LogisticRegressionSummary(columns, { predictions: labels, labels, scores }).roc).toHaveLength(1000 + 2);
  });

  it('is a binary one of at most two classes only', () => {
    const binary = new LogisticRegressionSummary(columns, scored);
    expect([binary.asBinary, binary.scoreCol]).toEqual([binary, 'probability']);
    const summary = new LogisticRegressionSummary(columns, { ...scored, scores: null });
    expect(() => summary.asBinary).toThrow(expect.objectContaining({ code: 'NOT_SUPPORTED', message: expect.stringContaining('two classes') }));
  });

  it('without scored rows names fetch, which asks for its metrics once', async () => {
    let asked = 0;
    const known = new LogisticRegressionSummary(columns, scored);
    const source = async () => {
      asked++;
      return { classes: new MulticlassMetrics(scored.predictions, scored.labels), curves: null };
    };
    const summary = new LogisticRegressionSummary(columns, source);
    expect(() => summary.accuracy).toThrow(expect.objectContaining({ code: 'NOT_SUPPORTED', message: expect.stringContaining('fetch()') }));
    expect(() => summary.predictions).toThrow(expect.objectContaining({ code: 'NOT_SUPPORTED' }));
    expect([(await summary.fetch()).accuracy, summary.accuracy, (await known.fetch()).accuracy]).toEqual([0.5, 0.5, 0.5]);
    await summary.fetch();
    expect(asked).toBe(1);
    expect(() => summary.areaUnderROC).toThrow(expect.objectContaining({ code: 'NOT_SUPPORTED', message: expect.stringContaining('two classes') }));
  });

  it('of training counts iterations and cannot be changed from outside', () => {
    const objectiveHistory = [3, 2, 1];
    const summary = new LogisticRegressionTrainingSummary(columns, scored, { objectiveHistory, converged: true, reason: 'value' });
    objectiveHistory.push(0);
    expect([summary.totalIterations, summary.objectiveHistory]).toEqual([2, [3, 2, 1]]);
    expect(Object.isFrozen(summary.objectiveHistory)).toBe(true);
  });
});
