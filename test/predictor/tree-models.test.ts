import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import {
  DecisionTreeClassificationModel,
  DecisionTreeClassifier,
  GBTClassificationModel,
  GBTClassifier,
  RandomForestClassificationModel,
  RandomForestClassifier,
} from '#dist/classification/index.js';
import { type Frame, MlError, Vectors } from '#dist/index.js';
import { loadScorer } from '#dist/load-scorer.js';
import { DecisionTreeRegressionModel, DecisionTreeRegressor, GBTRegressor, RandomForestRegressor } from '#dist/regression/index.js';
import { refuses, session } from '../engine/harness.ts';

const open = session();
const root = mkdtempSync(join(tmpdir(), 'millstream-trees-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));

const names = {
  attrs: { numeric: [{ idx: 0, name: 'age' }], nominal: [{ idx: 1, name: 'plan', vals: ['a', 'b', 'c', '__proto__'] }] },
  num_attrs: 2,
};
const schema = { features: { type: 'vector', attributes: names }, label: 'double', weight: 'double', held: 'boolean', text: 'string' };
const rowsOf = (n: number, label = (i: number): number => (i % 4 === 1 || i % 7 > 4 ? 1 : 0)) =>
  Array.from({ length: n }, (_, i) => ({
    features: Vectors.dense([i % 7, i % 4]),
    label: label(i),
    weight: 1 + (i % 2),
    held: i % 3 === 0,
    text: `t${i}`,
  }));
const frame = (label?: (i: number) => number, n = 60): Frame => open().createFrame(rowsOf(n, label), schema);

const CLASSIFIERS = [DecisionTreeClassifier, RandomForestClassifier, GBTClassifier] as const;
const REGRESSORS = [DecisionTreeRegressor, RandomForestRegressor, GBTRegressor] as const;
const ALL = [...CLASSIFIERS, ...REGRESSORS] as const;
/** Every estimator takes these. */
const make = (Class: (typeof ALL)[number], params: Record<string, unknown> = {}) =>
  new (Class as new (params: object) => RandomForestRegressor)(params);

describe.each(ALL.map((Class) => [Class.name, Class] as const))('%s', (_, Class) => {
  it('names the feature whose categories do not fit into maxBins, and how many it has', async () => {
    const fit = () => make(Class, { maxBins: 3 }).fit(frame());
    await refuses(fit, 'PARAM_INVALID', { param: 'maxBins' }, /feature "plan" .* has 4; set maxBins to 4 or more/);
    await refuses(() => make(Class).fit(frame(undefined, 3)), 'PARAM_INVALID', {}, /as many rows \(3\).*"plan" .* has 4/);
  });

  it('refuses a category beyond those that the feature declares', async () => {
    const rows = rowsOf(20);
    rows[7].features = Vectors.dense([1, 4]);
    await refuses(() => make(Class).fit(open().createFrame(rows, schema)), 'VALUE_INVALID', { row: 7 }, /plan|features/);
  });

  it('fits constant features and a single row to one leaf', async () => {
    const constant = rowsOf(30).map((row) => ({ ...row, features: Vectors.dense([2, 1]) }));
    const plain = {
      ...schema,
      features: {
        type: 'vector',
        attributes: {
          attrs: {
            numeric: [
              { idx: 0, name: 'age' },
              { idx: 1, name: 'plan' },
            ],
          },
          num_attrs: 2,
        },
      },
    };
    for (const rows of [constant, constant.slice(0, 1)]) {
      const model = await make(Class).fit(open().createFrame(rows, plain));
      expect(model.featureImportances.toArray()).toEqual(Float64Array.of(0, 0));
      expect(model.namedFeatureImportances).toEqual([
        { name: 'age', value: 0 },
        { name: 'plan', value: 0 },
      ]);
    }
  });

  it('knows its features by name, wherever it splits', async () => {
    const model = await make(Class).fit(frame());
    expect(model.featureNames).toEqual(['age', 'plan']);
    expect(model.namedFeatureImportances.reduce((sum, { value }) => sum + value, 0)).toBeCloseTo(1, 12);
    expect(model.withFeatureNames(['x', 'y']).namedFeatureImportances.map(({ name }) => name)).toEqual(['x', 'y']);
  });

  it('refuses columns of other types before it reads data', async () => {
    await refuses(() => make(Class, { labelCol: 'text' }).fit(frame()), 'COLUMN_TYPE', { column: 'text' });
    await refuses(() => make(Class, { featuresCol: 'label' }).fit(frame()), 'COLUMN_TYPE', { column: 'label' });
    await refuses(() => make(Class, { weightCol: 'text' }).fit(frame()), 'COLUMN_TYPE', { column: 'text' });
    await refuses(() => make(Class, { leafCol: 'label' }).fit(frame()), 'COLUMN_EXISTS', { column: 'label' });
  });

  it('scores by an empty list of columns nothing, and single vectors of the right size only', async () => {
    const model = await make(Class).fit(frame());
    expect(() => model.predict(Vectors.dense([1, 2, 3]))).toThrow(/must have the 2 features of the fit/);
    expect(() => model.predict([1, 2] as never)).toThrow(/must be a vector/);
    const empty = { predictionCol: '', ...('probabilityCol' in model.params && { probabilityCol: '', rawPredictionCol: '' }) };
    expect(
      (
        await model
          .copy(empty as never)
          .transform(frame())
          .schema()
      ).names,
    ).toEqual(Object.keys(schema));
  });

  it('scores a row after save and load as a batch before', async () => {
    const fitted = await make(Class, { seed: 3 }).fit(frame());
    const path = join(root, Class.name);
    await fitted.save(path);
    const score = await loadScorer(path);
    const rows = await fitted.transform(frame()).collect();
    for (const row of rows.slice(0, 9)) expect(score({ features: row.features }).prediction).toBe(row.prediction);
  });

  it('sends a value that is no known category where Spark does, and NaN to the right', async () => {
    const model = await make(Class).fit(frame());
    for (const x of [Vectors.dense([1, 17]), Vectors.dense([1, -1]), Vectors.dense([1, 0.5]), Vectors.dense([Number.NaN, Number.NaN])]) {
      expect(Number.isFinite(model.predict(x))).toBe(true);
    }
  });
});

describe.each(CLASSIFIERS.map((Class) => [Class.name, Class] as const))('labels of %s', (_, Class) => {
  it.each([
    ['negative', () => -1],
    ['fractional', (i: number) => i / 2],
    ['NaN', () => Number.NaN],
  ])('must be class numbers: %s', async (_name, label) => {
    await refuses(() => make(Class).fit(frame(label)), 'VALUE_INVALID', { column: 'label' }, /label/);
  });

  it('may all be the same', async () => {
    const model = await make(Class, { maxDepth: 2 }).fit(frame(() => 0));
    expect(model.predict(Vectors.dense([1, 1]))).toBe(0);
  });

  it('need thresholds of their number, told before a tree grows', async () => {
    const fit = async () => make(Class, { thresholds: [0.2, 0.3, 0.5] }).fit(frame());
    await refuses(fit, 'PARAM_INVALID', { param: 'thresholds' }, /one entry a class, that is 2/);
  });
});

describe('GBTClassifier', () => {
  it('says which classes it met where they are more than two, and who takes them', async () => {
    const fit = () => new GBTClassifier().fit(frame((i) => i % 3));
    await refuses(fit, 'VALUE_INVALID', { column: 'label' }, /holds 0, 1, 2; for more classes use HistGradientBoostingClassifier/);
    const declared = { ...schema, label: { type: 'double', attributes: { type: 'nominal', num_vals: 3 } } };
    const table = open().createFrame(rowsOf(30), declared);
    await refuses(() => new GBTClassifier().fit(table), 'VALUE_INVALID', { column: 'label' }, /HistGradientBoostingClassifier/);
  });

  it.each([GBTClassifier, GBTRegressor])('needs an iteration, and a boolean column that tells the rows held out: %o', async (Class) => {
    await refuses(() => make(Class, { maxIter: 0 }).fit(frame()), 'PARAM_INVALID', { param: 'maxIter' });
    await refuses(() => make(Class, { validationIndicatorCol: 'weight' }).fit(frame()), 'COLUMN_TYPE', { column: 'weight' });
    const all = open().createFrame(
      rowsOf(30).map((row) => ({ ...row, held: true })),
      schema,
    );
    await refuses(() => make(Class, { validationIndicatorCol: 'held' }).fit(all), 'VALUE_INVALID', { column: 'held' });
  });

  it('refuses a loss that its regressor does not have', async () => {
    const model = await new GBTRegressor({ maxIter: 2 }).fit(frame());
    await refuses(() => model.evaluateEachIteration(frame(), 'logistic'), 'PARAM_INVALID', {}, /squared or absolute/);
    expect(await model.evaluateEachIteration(frame(), 'ABSOLUTE')).toHaveLength(2);
    await refuses(() => model.evaluateEachIteration(frame().limit(0)), 'EMPTY_DATASET');
  });
});

describe('labels without declared classes', () => {
  it('may go up to 99, as in Spark; more must be declared', async () => {
    const model = await new DecisionTreeClassifier().fit(frame((i) => (i === 5 ? 99 : 0)));
    expect(model.numClasses).toBe(100);
    await refuses(() => new DecisionTreeClassifier().fit(frame((i) => (i === 5 ? 100 : 0))), 'VALUE_INVALID', { row: 5 }, /StringIndexer/);
    const declared = { ...schema, label: { type: 'double', attributes: { type: 'nominal', num_vals: 150 } } };
    const table = open().createFrame(
      rowsOf(30).map((row, i) => ({ ...row, label: i === 5 ? 149 : 0 })),
      declared,
    );
    expect((await new DecisionTreeClassifier().fit(table)).numClasses).toBe(150);
  });
});

describe('the trees of an ensemble', () => {
  it('are models of their own, with the params that they share with it', async () => {
    const forest = await new RandomForestClassifier({ numTrees: 3, maxDepth: 3, seed: 2, impurity: 'entropy' }).fit(frame());
    expect(forest.trees).toHaveLength(3);
    expect(forest.trees[0]).toBeInstanceOf(DecisionTreeClassificationModel);
    expect([forest.trees[1].params.maxDepth, forest.trees[1].params.impurity]).toEqual([3, 'entropy']);
    expect(forest.trees.reduce((sum, { numNodes }) => sum + numNodes, 0)).toBe(forest.totalNumNodes);
    const x = Vectors.dense([3, 1]);
    const votes = forest.trees.map((tree) => [...tree.predictProbability(x).toArray()]);
    expect([...forest.predictRaw(x).toArray()]).toEqual([0, 1].map((c) => votes.reduce((sum, vote) => sum + vote[c], 0)));
    expect([...forest.predictLeaf(x).toArray()]).toEqual(forest.trees.map((tree) => tree.predictLeaf(x)));

    const boosted = await new GBTClassifier({ maxIter: 3, maxDepth: 2, stepSize: 0.5 }).fit(frame());
    expect(boosted).toBeInstanceOf(GBTClassificationModel);
    expect(boosted.trees[0]).toBeInstanceOf(DecisionTreeRegressionModel);
    expect(boosted.treeWeights).toEqual([1, 0.5, 0.5]);
    const margin = boosted.trees.reduce((sum, tree, t) => sum + boosted.treeWeights[t] * tree.predict(x), 0);
    expect(boosted.predictRaw(x).toArray()[1]).toBeCloseTo(margin, 14);
    expect(boosted.predictProbability(x).toArray()[1]).toBeCloseTo(1 / (1 + Math.exp(-2 * margin)), 14);
  });

  it('have uids that follow from the ensemble’s', async () => {
    const uids = async () => (await new GBTRegressor({ maxIter: 3 }, 'gbt').fit(frame())).trees.map(({ uid }) => uid);
    expect(await uids()).toEqual(await uids());
    expect(new Set(await uids()).size).toBe(3);
  });
});

describe('RandomForestClassificationModel', () => {
  it('has a training summary after fit, and none after load', async () => {
    const model = await new RandomForestClassifier({ numTrees: 3 }).fit(frame());
    expect([model.hasSummary, model.summary.totalIterations, model.summary.objectiveHistory]).toEqual([true, 0, [0]]);
    expect(model.binarySummary).toBe(model.summary);
    expect(await model.summary.predictions.count()).toBe(60);
    const path = join(root, 'forest');
    await model.save(path);
    const loaded = await RandomForestClassificationModel.load(path);
    expect(loaded.hasSummary).toBe(false);
    expect(() => loaded.summary).toThrow(MlError);
    expect((await loaded.evaluate(frame())).areaUnderROC).toBe(model.summary.areaUnderROC);
  });

  it('has a training summary that says what evaluate says, of merged leaves, weights, thresholds, and one, two and three classes', async () => {
    const labels = [() => 0, (i: number) => (i % 4 === 1 || i % 7 > 4 ? 1 : 0), (i: number) => (i * i) % 3];
    for (const [k, label] of labels.entries()) {
      for (const params of [{}, { weightCol: 'weight', maxDepth: 9 }, { pruneTree: false, bootstrap: false, subsamplingRate: 0.5 }]) {
        const thresholds = k === 1 ? [0.7, 0.3] : undefined;
        const model = await new RandomForestClassifier({ numTrees: 11, seed: 5, thresholds, ...params }).fit(frame(label, 200));
        const [own, other] = [model.summary, await model.evaluate(frame(label, 200))];
        expect([own.accuracy, own.weightedPrecision, own.labels]).toEqual([other.accuracy, other.weightedPrecision, other.labels]);
        if (k < 2) expect([own.roc, own.areaUnderROC, own.pr]).toEqual([other.roc, other.areaUnderROC, other.pr]);
      }
    }
  });
});
