import { describe, expect, it } from 'vitest';
import { HistGradientBoostingClassifier } from '#dist/classification/index.js';
import { MulticlassClassificationEvaluator, RegressionEvaluator } from '#dist/evaluation/index.js';
import { HistGradientBoostingRegressor, type HistGradientBoostingRegressorParams } from '#dist/regression/index.js';
import { refuses, session } from '../../engine/harness.ts';
import { examples, frameOf } from './synthetic.ts';

const open = session(2);
const small = { minSamplesLeaf: 2, learningRate: 0.3 };
/** Noise is half of it: long fits get worse. */
const noisy = examples(400, 3, 1, ([a], noise) => 3 * a + noise).map((row, i) => ({ ...row, held: i % 4 === 0 }));
const more = { held: 'boolean' };
const fitted = (params: HistGradientBoostingRegressorParams, rows = noisy) =>
  new HistGradientBoostingRegressor({ ...small, ...params }).fit(frameOf(open(), rows, { more }));
const best = (history: readonly number[]) => history.indexOf(Math.min(...history));

describe('early stopping', () => {
  it('keeps the best iteration on the rows held out', async () => {
    const all = await fitted({ validationIndicatorCol: 'held', maxIter: 60 });
    expect(all.numIterations).toBe(60);
    const history = all.state.validationHistory;
    expect(history.length).toBe(60);
    expect(best(history)).toBeLessThan(40);
    const stopped = await fitted({ validationIndicatorCol: 'held', maxIter: 60, patience: 15 });
    expect(stopped.numIterations).toBe(best(stopped.state.validationHistory) + 1);
    expect(stopped.state.trees.value).toEqual(all.state.trees.value.subarray(0, stopped.totalNumNodes));
  });

  it('tells what the rows held out are worth as it goes on', async () => {
    const seen: (number | undefined)[] = [];
    const stage = new HistGradientBoostingRegressor({ ...small, validationIndicatorCol: 'held', metric: 'rmse', maxIter: 60, patience: 5 });
    const model = await stage.fit(frameOf(open(), noisy, { more }), { onProgress: ({ validation }) => seen.push(validation) });
    expect(seen).toEqual(model.state.validationHistory);
  });

  it('judges by the loss of the rows held out, or as the evaluator of that name', async () => {
    const held = frameOf(
      open(),
      noisy.filter((row) => row.held),
      { more },
    );
    for (const metric of ['loss', 'rmse', 'mse', 'mae', 'r2', 'var'] as const) {
      const model = await fitted({ validationIndicatorCol: 'held', maxIter: 5, metric });
      const evaluator = new RegressionEvaluator({ metricName: metric === 'loss' ? 'mse' : metric });
      const expected = (await evaluator.evaluate(model.transform(held))) / (metric === 'loss' ? 2 : 1);
      expect(model.state.validationHistory.at(-1), metric).toBeCloseTo(expected, 9);
    }
    const classes = noisy.map((row) => ({ ...row, label: Math.max(0, Math.min(Math.floor(row.label), 2)) }));
    const heldClasses = frameOf(
      open(),
      classes.filter((row) => row.held),
      { more },
    );
    const all = ['loss', 'logLoss', 'f1', 'accuracy', 'weightedPrecision', 'weightedFalsePositiveRate', 'weightedFMeasure', 'hammingLoss'] as const;
    const byLabel = ['truePositiveRateByLabel', 'falsePositiveRateByLabel', 'precisionByLabel', 'recallByLabel', 'fMeasureByLabel'] as const;
    for (const metric of [...all, ...byLabel]) {
      const stage = new HistGradientBoostingClassifier({ ...small, validationIndicatorCol: 'held', maxIter: 5, metric, metricLabel: 2 });
      const model = await stage.fit(frameOf(open(), classes, { more }));
      const evaluator = new MulticlassClassificationEvaluator({ metricName: metric === 'loss' ? 'logLoss' : metric, metricLabel: 2 });
      expect(model.state.validationHistory.at(-1), metric).toBeCloseTo(await evaluator.evaluate(model.transform(heldClasses)), 9);
    }
  });

  it('wants metrics where more is better to rise', async () => {
    const rows = examples(400, 3, 2, ([a], noise) => (a + noise / 3 > 0.5 ? 1 : 0)).map((row, i) => ({ ...row, held: i % 4 === 0 }));
    for (const metric of ['areaUnderROC', 'areaUnderPR', 'accuracy', 'f1'] as const) {
      const stage = new HistGradientBoostingClassifier({ ...small, validationIndicatorCol: 'held', patience: 10, maxIter: 80, metric });
      const model = await stage.fit(frameOf(open(), rows, { more }));
      const history = model.state.validationHistory;
      expect(model.numIterations).toBe(history.indexOf(Math.max(...history)) + 1);
      expect(Math.max(...history)).toBeGreaterThan(0.6);
    }
  });

  it('does not count steps of at most tol as improvements', async () => {
    expect((await fitted({ validationIndicatorCol: 'held', patience: 3, tol: 1e9, maxIter: 60 })).numIterations).toBe(1);
  });

  it('holds a share of the rows out by the seed, or those of a column of 0 and 1', async () => {
    const params = { validationFraction: 0.25, patience: 5, maxIter: 60 };
    const [a, again, other] = [await fitted({ ...params, seed: 1 }), await fitted({ ...params, seed: 1 }), await fitted({ ...params, seed: 2 })];
    expect(again.state.trees).toEqual(a.state.trees);
    expect(other.state.validationHistory).not.toEqual(a.state.validationHistory);
    const rows = noisy.map((row) => ({ ...row, held: row.held ? 1 : 0 }));
    const stage = new HistGradientBoostingRegressor({ ...small, maxIter: 5, validationIndicatorCol: 'held' });
    const numbers = await stage.fit(frameOf(open(), rows, { more: { held: 'int' } }));
    expect(numbers.state.trees).toEqual((await fitted({ maxIter: 5, validationIndicatorCol: 'held' })).state.trees);
  });

  it('does not train on rows held out', async () => {
    const params = { validationIndicatorCol: 'held', maxIter: 5 };
    const wild = noisy.map((row) => (row.held ? { ...row, label: 1e6 * row.label } : row));
    expect((await fitted(params, wild)).state.trees).toEqual((await fitted(params)).state.trees);
  });

  it('is refused without rows to look at, or to train on', async () => {
    await refuses(() => new HistGradientBoostingRegressor({ patience: 5 }), 'PARAM_INVALID', { param: 'patience' }, 'set validationFraction');
    const both = { validationFraction: 0.1, validationIndicatorCol: 'held' };
    await refuses(() => new HistGradientBoostingRegressor(both), 'PARAM_INVALID', { param: 'validationFraction' }, 'must not both be set');
    for (const held of [true, false]) {
      const rows = noisy.map((row) => ({ ...row, held }));
      await refuses(() => fitted({ validationIndicatorCol: 'held' }, rows), 'VALUE_INVALID', { column: 'held' }, `${held} in all`);
    }
    for (const held of [true, false]) {
      const rows = noisy.map((row, i) => ({ ...row, held: i % 2 === 0, w: (i % 2 === 0) === held ? 1 : 0 }));
      const weighted = { validationIndicatorCol: 'held', weightCol: 'w', patience: 2 };
      const options = { more: { held: 'boolean', w: 'double' } };
      const fit = () => new HistGradientBoostingRegressor(weighted).fit(frameOf(open(), rows, options));
      await refuses(fit, 'VALUE_INVALID', { column: 'held' }, new RegExp(`of weight above 0.*${held} in all`));
    }
    const text = frameOf(open(), noisy.map((row) => ({ ...row, held: 'yes' })) as never, { more: { held: 'string' } });
    await refuses(() => new HistGradientBoostingRegressor({ validationIndicatorCol: 'held' }).fit(text), 'COLUMN_TYPE', { column: 'held' });
    await refuses(() => fitted({ validationIndicatorCol: 'nobody' }), 'COLUMN_NOT_FOUND', { column: 'nobody' });
    const few = noisy.slice(0, 3);
    await refuses(
      () => fitted({ validationFraction: 0.001, patience: 2, maxIter: 1e9 }, few),
      'VALUE_INVALID',
      { param: 'validationFraction' },
      'holds out none',
    );
    expect((await fitted({ validationFraction: 0.001, maxIter: 2 }, few)).validationHistory).toEqual([]);
    await refuses(() => fitted({ validationFraction: 0.999999 }, few), 'VALUE_INVALID', { param: 'validationFraction' }, 'leaves none');
  });
});
