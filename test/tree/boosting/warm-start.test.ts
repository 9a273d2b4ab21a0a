import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { HistGradientBoostingClassifier } from '#dist/classification/index.js';
import { load, Pipeline } from '#dist/index.js';
import { Vectors } from '#dist/linalg/vectors.js';
import { HistGradientBoostingRegressionModel, HistGradientBoostingRegressor } from '#dist/regression/index.js';
import { folder, refuses, session } from '../../engine/harness.ts';
import { examples, frameOf } from './synthetic.ts';

const open = session(2);
const path = folder();
const small = { minSamplesLeaf: 2 };
const rows = examples(400, 3, 1, ([a, b, c], noise) => 3 * a * b + c + noise / 10);
const holed = rows.map(({ x, label }, i) => ({ x: x.map((v, j) => ((i + j) % 9 === 0 ? Number.NaN : v)), label }));

describe('initialModel', () => {
  it('goes on as if the fit had never stopped: 50 and 50 iterations are 100', async () => {
    for (const loss of ['squared', 'absolute', 'poisson'] as const) {
      const positive = holed.map(({ x, label }) => ({ x, label: Math.abs(label) }));
      const fitted = (maxIter: number, initialModel?: HistGradientBoostingRegressionModel) =>
        new HistGradientBoostingRegressor({ ...small, loss, maxIter, initialModel }).fit(frameOf(open(), positive));
      const [half, whole] = [await fitted(50), await fitted(100)];
      const again = await fitted(50, half);
      expect(again.numIterations).toBe(100);
      expect(again.state.trees).toEqual(whole.state.trees);
      expect(again.state.start).toEqual(whole.state.start);
    }
  });

  it('goes on in all classes at once', async () => {
    const classes = holed.map(({ x, label }) => ({ x, label: Math.max(0, Math.min(Math.floor(label), 3)) }));
    const fitted = (maxIter: number, initialModel?: Awaited<ReturnType<HistGradientBoostingClassifier['fit']>>) =>
      new HistGradientBoostingClassifier({ ...small, maxIter, initialModel }).fit(frameOf(open(), classes));
    expect((await fitted(10, await fitted(10))).state.trees).toEqual((await fitted(20)).state.trees);
  });

  it('may have been fitted to other rows, and saved in between', async () => {
    const first = await new HistGradientBoostingRegressor({ ...small, maxIter: 20 }).fit(frameOf(open(), holed.slice(0, 150)));
    await first.save(path('first'));
    const loaded = await HistGradientBoostingRegressionModel.load(path('first'));
    const estimator = new HistGradientBoostingRegressor({ ...small, maxIter: 20, initialModel: loaded });
    await estimator.save(path('estimator'));
    const again = (await load(path('estimator'))) as HistGradientBoostingRegressor;
    const error = async (stage: HistGradientBoostingRegressor) => {
      const model = await stage.fit(frameOf(open(), holed));
      expect(model.numIterations).toBe(40);
      expect(model.trees.slice(0, 20).map((tree) => tree.toDebugString)).toEqual(first.trees.map((tree) => tree.toDebugString));
      return holed.reduce((sum, { x, label }) => sum + (label - model.predict(Vectors.dense([...x]))) ** 2, 0) / holed.length;
    };
    const before = holed.reduce((sum, { x, label }) => sum + (label - first.predict(Vectors.dense([...x]))) ** 2, 0) / holed.length;
    expect(await error(again)).toBeLessThan(before / 2);
    expect(await error(again)).toBe(await error(estimator));
  });

  it('may be the model of the estimator itself, within a pipeline too', async () => {
    const estimator = new HistGradientBoostingRegressor({ ...small, maxIter: 3 });
    const pipeline = new Pipeline({ stages: [estimator.copy({ initialModel: await estimator.fit(frameOf(open(), rows)) })] });
    await pipeline.save(path('pipeline'));
    const [model] = (await (await Pipeline.load(path('pipeline'))).fit(frameOf(open(), rows))).stages;
    expect((model as HistGradientBoostingRegressionModel).numIterations).toBe(6);
  });

  it('may be one of XGBoost’s that splits by category: what it does not know keeps its way, apart from what is missing', async () => {
    const json = readFileSync(new URL('../../goldens/boosting/xgboost-squared.json', import.meta.url), 'utf8');
    const initialModel = HistGradientBoostingRegressionModel.fromXGBoost(json);
    const cities = rows.map(({ x, label }, i) => ({ x: [50 * x[0], i % 7, 3 * x[1], 0, i % 5 === 0 ? Number.NaN : (i * 3) % 90], label: 2 * label }));
    const fitted = (categories: number[]) =>
      new HistGradientBoostingRegressor({ ...small, maxIter: 5, initialModel, categoricalFeatures: [1, 4] }).fit(
        frameOf(open(), cities, { categories }),
      );
    for (const categories of [[0, 7, 0, 0, 90], [0, 40, 0, 0, 100], []]) {
      const model = await fitted(categories);
      expect([model.numIterations, model.numTrees]).toEqual([initialModel.numIterations + 5, initialModel.numTrees + 5]);
      const before = model.firstIterations(initialModel.numIterations);
      for (const c of [0, 6, 31, 32, 68, 69, 70, 89, 95, 96, 127, 128, 300, -1, 4.5, Number.NaN]) {
        const v = Vectors.dense([40, c, 2, 0, c]);
        expect(before.predict(v), String(c)).toBe(initialModel.predict(v));
      }
      // The fit saw its rows as the model does.
      const losses = await model.evaluateEachIteration(frameOf(open(), cities));
      for (const [i, loss] of model.objectiveHistory.entries()) expect(loss).toBeCloseTo(losses[initialModel.numIterations + i], 9);
    }
  });

  it('may leave features unsplit whose kind it does not tell', async () => {
    const base = rows.map((row, i) => ({ ...row, x: [...row.x, i % 3] }));
    const model = await new HistGradientBoostingRegressor({ ...small, maxIter: 1, maxLeafNodes: 2 }).fit(frameOf(open(), base));
    expect(model.featureImportancesOf('split').values[3]).toBe(0);
    const longer = await new HistGradientBoostingRegressor({ ...small, maxIter: 1, initialModel: model, categoricalFeatures: [3] }).fit(
      frameOf(open(), base),
    );
    expect(longer.state.categorySizes).toEqual([0, 0, 0, 3]);
  });

  it('must have a loss that is trained here', async () => {
    const text = readFileSync(new URL('../../goldens/boosting/lightgbm-fair.txt', import.meta.url), 'utf8');
    const initialModel = HistGradientBoostingRegressionModel.fromLightGBM(text);
    const fit = () => new HistGradientBoostingRegressor({ initialModel }).fit(frameOf(open(), rows));
    await refuses(fit, 'PARAM_INVALID', { param: 'initialModel' }, 'it is one of "fair", which is not trained here');
  });

  it('must be of the same loss and features', async () => {
    const model = await new HistGradientBoostingRegressor({ ...small, maxIter: 2 }).fit(frameOf(open(), rows));
    const fitted = (params: object, options = {}, data = rows) =>
      new HistGradientBoostingRegressor({ ...small, initialModel: model, ...params }).fit(frameOf(open(), data, options));
    await refuses(() => fitted({ loss: 'absolute' }), 'PARAM_INVALID', { param: 'initialModel' }, '"name":"absolute"');
    await refuses(
      () =>
        fitted(
          {},
          {},
          rows.map((row) => ({ ...row, x: [1, 2] })),
        ),
      'PARAM_INVALID',
      { param: 'initialModel' },
      'the 2 features',
    );
    const coded = rows.map((row, i) => ({ ...row, x: [i % 3, ...row.x.slice(1)] }));
    await refuses(() => fitted({}, { categories: [3] }, coded), 'PARAM_INVALID', { param: 'initialModel' }, 'must split "f0" by category');
    await refuses(() => new HistGradientBoostingClassifier({ initialModel: model as never }), 'PARAM_INVALID', { param: 'initialModel' });
  });
});
