import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { DecisionTreeClassifier, GBTClassifier, LogisticRegression, RandomForestClassifier } from '#dist/classification/index.js';
import { Session } from '#dist/engine/session.js';
import type { SparkEngine } from '#dist/engine/spark/engine.js';
import { BinaryClassificationEvaluator, MulticlassClassificationEvaluator, RegressionEvaluator } from '#dist/evaluation/index.js';
import {
  Binarizer,
  Bucketizer,
  Imputer,
  IndexToString,
  MinMaxScaler,
  OneHotEncoder,
  SQLTransformer,
  StandardScaler,
  StringIndexer,
  VectorAssembler,
} from '#dist/feature/index.js';
import type { Frame } from '#dist/frame/frame.js';
import { Matrices, Vectors } from '#dist/linalg/index.js';
import { isMatrix } from '#dist/linalg/matrices.js';
import { isVector } from '#dist/linalg/vectors.js';
import { Estimator, Pipeline, type PipelineModel, type Transformer } from '#dist/pipeline/index.js';
import { DecisionTreeRegressor, GBTRegressor, RandomForestRegressor } from '#dist/regression/index.js';
import { CrossValidator, ParamGridBuilder, TrainValidationSplit, type TrainValidationSplitModel } from '#dist/tuning/index.js';
import { type AnyStage, row, SCHEMA } from '../checks/registry.ts';
import { SILENT } from '../engine/harness.ts';

const ROWS = Array.from({ length: 160 }, (_, i) => ({
  ...row(i),
  gap: i % 7 === 0 ? null : i % 11 === 0 ? Number.NaN : i % 13,
  kind: (i + ((i * 7919) % 5 > 3 ? 1 : 0)) % 3,
  held: i % 4 === 0,
  fold: i % 2,
}));
const COLUMNS = { ...SCHEMA, gap: 'double', kind: 'double', held: 'boolean', fold: 'int' };

const converged = { maxIter: 500, tol: 1e-12 };
const lr = new LogisticRegression({ ...converged, regParam: 0.05 }, 'lr');
const indexers = () => [
  new StringIndexer({ inputCols: ['city', 'code'], outputCols: ['cityIx', 'codeIx'], handleInvalid: 'keep', stringOrderType: 'alphabetDesc' }),
  new OneHotEncoder({ inputCols: ['cityIx', 'codeIx'], outputCols: ['cityVec', 'codeVec'], dropLast: false, handleInvalid: 'keep' }),
];
const assembled = () => new VectorAssembler({ inputCols: ['x', 'cityVec', 'y', 'codeVec'], outputCol: 'all', handleInvalid: 'keep' });
const forest = { numTrees: 4, maxDepth: 4, maxBins: 16, minInstancesPerNode: 2, minInfoGain: 0.001, seed: 7 };

/** Relative tolerances: what only counts is equal, sums may differ in the last digits, and what is searched for as far as the search goes. */
const [EXACT, SUMS, SEARCHED] = [0, 1e-10, 1e-6];
const CASES: readonly [title: string, make: () => AnyStage, tolerance: number][] = [
  ['StringIndexer, by frequency, invalid kept', () => new StringIndexer({ inputCol: 'city', outputCol: 'out', handleInvalid: 'keep' }), EXACT],
  [
    'StringIndexer, several columns, by text',
    () => new StringIndexer({ inputCols: ['city', 'n'], outputCols: ['a', 'b'], stringOrderType: 'alphabetAsc' }),
    EXACT,
  ],
  ['IndexToString, labels', () => new IndexToString({ inputCol: 'code', outputCol: 'out', labels: ['__proto__', '', '😀'] }), EXACT],
  ['OneHotEncoder', () => new OneHotEncoder({ inputCols: ['code', 'n'], outputCols: ['a', 'b'], dropLast: false, handleInvalid: 'keep' }), EXACT],
  ['Imputer, mean', () => new Imputer({ inputCols: ['gap', 'n'], outputCols: ['a', 'b'], strategy: 'mean', missingValue: 3 }), SUMS],
  ['Imputer, median', () => new Imputer({ inputCol: 'gap', outputCol: 'a', strategy: 'median', relativeError: 0.0001 }), EXACT],
  ['Imputer, mode', () => new Imputer({ inputCol: 'gap', outputCol: 'a', strategy: 'mode' }), EXACT],
  ['StandardScaler, both', () => new StandardScaler({ inputCol: 'features', outputCol: 'out', withMean: true, withStd: true }), SUMS],
  ['StandardScaler, neither', () => new StandardScaler({ inputCol: 'features', outputCol: 'out', withMean: false, withStd: false }), SUMS],
  ['MinMaxScaler', () => new MinMaxScaler({ inputCol: 'features', outputCol: 'out', min: -2.5, max: 5 }), SUMS],
  ['Binarizer, several thresholds', () => new Binarizer({ inputCols: ['x', 'gap'], outputCols: ['a', 'b'], thresholds: [0, 4.5] }), EXACT],
  [
    'Bucketizer, several splits',
    () =>
      new Bucketizer({
        inputCols: ['x', 'gap'],
        outputCols: ['a', 'b'],
        splitsArray: [
          [Number.NEGATIVE_INFINITY, 0, Number.POSITIVE_INFINITY],
          [0, 1.5, 20],
        ],
        handleInvalid: 'keep',
      }),
    EXACT,
  ],
  ['Bucketizer, invalid skipped', () => new Bucketizer({ inputCol: 'gap', outputCol: 'a', splits: [0, 1.5, 20], handleInvalid: 'skip' }), EXACT],
  [
    'VectorAssembler, invalid kept',
    () => new VectorAssembler({ inputCols: ['gap', 'features', 'n'], outputCol: 'out', handleInvalid: 'keep' }),
    EXACT,
  ],
  ['VectorAssembler, invalid skipped', () => new VectorAssembler({ inputCols: ['gap', 'features'], outputCol: 'out', handleInvalid: 'skip' }), EXACT],
  [
    'SQLTransformer',
    () => new SQLTransformer({ statement: "SELECT *, x * y AS xy, upper(city) AS big FROM __THIS__ WHERE n > 2 AND city <> 'Oslo'" }),
    EXACT,
  ],
  [
    'LogisticRegression, weights, elastic net, threshold',
    () => new LogisticRegression({ ...converged, weightCol: 'weight', regParam: 0.03, elasticNetParam: 0.4, threshold: 0.3, fitIntercept: false }),
    SEARCHED,
  ],
  [
    'LogisticRegression, bounds',
    () =>
      new LogisticRegression({
        ...converged,
        regParam: 0.01,
        standardization: false,
        lowerBoundsOnCoefficients: Matrices.dense(1, 3, [0, Number.NEGATIVE_INFINITY, -0.5]),
        upperBoundsOnCoefficients: Matrices.sparse(1, 3, [0, 1, 2, 3], [0, 0, 0], [0.05, 0.1, 2]),
        lowerBoundsOnIntercepts: Vectors.dense([-1]),
        upperBoundsOnIntercepts: Vectors.sparse(1, [0], [0.5]),
        aggregationDepth: 3,
        maxBlockSizeInMB: 0.5,
      }),
    SEARCHED,
  ],
  [
    'LogisticRegression, several classes, thresholds',
    () =>
      new LogisticRegression({
        ...converged,
        labelCol: 'kind',
        family: 'multinomial',
        regParam: 0.1,
        thresholds: [0.5, 0.3, 0.2],
        predictionCol: 'guessed',
        probabilityCol: 'chances',
        rawPredictionCol: 'raw',
      }),
    SEARCHED,
  ],
  [
    'DecisionTreeClassifier',
    () =>
      new DecisionTreeClassifier({
        labelCol: 'kind',
        impurity: 'entropy',
        maxDepth: 5,
        weightCol: 'weight',
        minWeightFractionPerNode: 0.02,
        leafCol: 'leaf',
      }),
    SUMS,
  ],
  [
    'RandomForestClassifier',
    () =>
      new RandomForestClassifier({
        ...forest,
        labelCol: 'kind',
        bootstrap: false,
        featureSubsetStrategy: 'all',
        thresholds: [1, 2, 3],
        cacheNodeIds: true,
      }),
    SUMS,
  ],
  [
    'GBTClassifier',
    () => new GBTClassifier({ maxIter: 3, maxDepth: 3, stepSize: 0.3, seed: 3, validationIndicatorCol: 'held', validationTol: 0, leafCol: 'leaf' }),
    SUMS,
  ],
  ['DecisionTreeRegressor', () => new DecisionTreeRegressor({ labelCol: 'y', varianceCol: 'variance', maxDepth: 4, weightCol: 'weight' }), SUMS],
  ['RandomForestRegressor', () => new RandomForestRegressor({ ...forest, labelCol: 'y', bootstrap: false, featureSubsetStrategy: '1.0' }), SUMS],
  ['GBTRegressor', () => new GBTRegressor({ labelCol: 'y', lossType: 'absolute', maxIter: 3, maxDepth: 2, seed: 1, subsamplingRate: 1 }), SUMS],
  [
    'Pipeline in a pipeline',
    () =>
      new Pipeline({
        stages: [new Pipeline({ stages: indexers() }), assembled(), new LogisticRegression({ ...converged, featuresCol: 'all', regParam: 0.2 })],
      }),
    SEARCHED,
  ],
];

/** What is nested in a value, with the way to each; training summaries and trees’ own uids are left out. */
function* numbersIn(value: unknown, at = ''): Generator<[string, unknown]> {
  if (isVector(value)) yield* numbersIn([...value.toArray()], at);
  else if (isMatrix(value)) yield* numbersIn({ rows: value.numRows, values: [...value.toArray()].flat() }, at);
  else if (typeof value === 'object' && value !== null && 'uid' in value) {
    const { owner, uid, state } = value as AnyStage & { state?: object };
    yield [`${at}.stage`, `${owner} ${uid}`];
    yield* numbersIn({ ...state, summary: null, treeUids: null }, at);
  } else if (value instanceof Map) for (const [key, inner] of value) yield* numbersIn(inner, `${at}.${key}`);
  else if (ArrayBuffer.isView(value) || Array.isArray(value)) {
    const list = [...(value as unknown as Iterable<unknown>)];
    yield [`${at}.length`, list.length];
    for (const [i, inner] of list.entries()) yield* numbersIn(inner, `${at}[${i}]`);
  } else if (typeof value === 'object' && value !== null) {
    for (const key of Object.keys(value).sort()) yield* numbersIn((value as Record<string, unknown>)[key], `${at}.${key}`);
  } else yield [at, value];
}

function expectNear(there: unknown, here: unknown, tolerance: number): void {
  const theirs = new Map(numbersIn(there));
  for (const [at, value] of numbersIn(here)) {
    const other = theirs.get(at);
    const near = typeof value === 'number' && typeof other === 'number' && Math.abs(value - other) <= tolerance * Math.max(1, Math.abs(value));
    if (!near) expect(other, at).toEqual(value);
  }
}

describe('what is fitted on a cluster', { timeout: 240_000 }, () => {
  let cluster: Session;
  let local: Session;
  let there: Frame;
  let here: Frame;
  const kept = async () => (await (there.executor as SparkEngine).stages.kept()).length;

  beforeAll(async () => {
    cluster = await Session.connect(inject('sparkAddress'));
    local = await Session.local({ workers: 1, logger: SILENT });
    // Spark draws and sums by partition; here there is one.
    there = cluster.createFrame(ROWS, COLUMNS).coalesce(1).cache();
    here = local.createFrame(ROWS, COLUMNS, { partitions: 1 });
    await there.count();
  });
  afterAll(async () => {
    await cluster?.close();
    await local?.close();
  });

  const rows = async (by: Transformer<never>, frame: Frame) => {
    const scored = by.transform(frame);
    const added = (await scored.columns()).filter((name) => !(name in COLUMNS));
    return scored
      .orderBy('id')
      .select('id', ...added)
      .collect();
  };

  it.concurrent.each(CASES)('is what is fitted here, and scores alike on both: %s', async (title, make, tolerance) => {
    const stage = make();
    const fitted = async (frame: Frame) => (stage instanceof Estimator ? stage.fit(frame) : stage) as Promise<Transformer<never>>;
    const ours = await fitted(here);
    await using theirs = await fitted(there);
    const scores = await rows(ours, here);
    expectNear(await rows(theirs, there), scores, tolerance);
    if (stage instanceof Estimator) {
      expectNear(theirs, ours, tolerance);
      // A seed that nobody set is the estimator's by class: the model carries it from there.
      expectNear({ ...(theirs.params as object), seed: null }, { ...(ours.params as object), seed: null }, 0);
      expectNear(await rows(theirs, here), scores, tolerance);
      if (title.endsWith('bounds')) {
        await using sent = ours;
        expectNear(await rows(sent, there), scores, tolerance);
      }
    }
  });

  it('of forests that draw rows and features has what was set', async () => {
    const drawing = {
      ...forest,
      labelCol: 'kind',
      featureSubsetStrategy: 'onethird' as const,
      subsamplingRate: 0.6,
      thresholds: [1, 2, 3],
      cacheNodeIds: true,
    };
    await using model = await new RandomForestClassifier({ ...drawing, checkpointInterval: -1, impurity: 'entropy', leafCol: 'leaf' }).fit(there);
    expect(model.params).toMatchObject({ ...drawing, checkpointInterval: -1, impurity: 'entropy', leafCol: 'leaf' });
    expect([model.trees.length, model.numFeatures, model.numClasses]).toEqual([4, 3, 3]);
    expectNear(await rows(model as never, there), await rows(model as never, here), SUMS);
  });

  it('leaves nothing there once it is closed', async () => {
    expect(await kept()).toBe(0);
  });

  it.each([
    [
      'pipelines',
      new Pipeline({ stages: [...indexers(), assembled(), lr.copy({ featuresCol: 'all' })] }),
      new BinaryClassificationEvaluator({ numBins: 0 }),
    ],
    ['an estimator', lr, new MulticlassClassificationEvaluator({ metricName: 'logLoss' })],
  ] as const)('a search finds the same point by the same metrics, over %s', async (_, estimator, evaluator) => {
    const estimatorParamMaps = new ParamGridBuilder().addGrid(lr, 'regParam', [0.5, 0.02]).addGrid(lr, 'elasticNetParam', [0, 0.5]).build();
    const search = new CrossValidator({ estimator, estimatorParamMaps, evaluator, numFolds: 2, foldCol: 'fold', parallelism: 2 });
    const [theirs, ours] = [await search.fit(there), await search.fit(here)];
    expectNear(theirs.avgMetrics, ours.avgMetrics, SEARCHED);
    expectNear(theirs.stdMetrics, ours.stdMetrics, SEARCHED);
    expect(theirs.bestIndex).toBe(ours.bestIndex);
    expectNear(theirs.bestModel, ours.bestModel, SEARCHED);
    await theirs.close();
    expect(await kept()).toBe(0);
  });

  it('a split for validation is Spark’s own there, and its models and metrics come back', async () => {
    const tree = new RandomForestRegressor({ labelCol: 'y', numTrees: 2, maxDepth: 2, seed: 1 });
    const estimatorParamMaps = new ParamGridBuilder().addGrid(tree, 'maxDepth', [1, 3]).build();
    const evaluator = new RegressionEvaluator({ labelCol: 'y', metricName: 'mae' });
    const search = new TrainValidationSplit({ estimator: tree, estimatorParamMaps, evaluator, trainRatio: 0.7, seed: 9, collectSubModels: true });
    const model: TrainValidationSplitModel = await search.fit(there);
    expect(model.validationMetrics).toHaveLength(2);
    expect(model.validationMetrics[1]).toBeLessThan(model.validationMetrics[0]);
    expect(model.bestModel.params).toMatchObject({ maxDepth: 3 });
    expect(model.subModels.map((m) => (m as unknown as { params: object }).params)).toMatchObject([{ maxDepth: 1 }, { maxDepth: 3 }]);
    // The judged rows are some, and a model of the search can be judged on others.
    expect(await evaluator.evaluate(model.subModels[1].transform(here))).toBeGreaterThan(0);
    await model.close();
    expect(await kept()).toBe(0);
  });

  it('a pipeline’s columns may be wrong in any stage: nothing is fitted then', async () => {
    const wrong = new Pipeline({ stages: [...indexers(), new VectorAssembler({ inputCols: ['nope'], outputCol: 'all' }), lr] });
    const error = await (wrong.fit(there) as Promise<PipelineModel>).catch((e: unknown) => e);
    expect(error).toMatchObject({ code: 'COLUMN_NOT_FOUND', details: { column: 'nope' } });
    expect(await kept()).toBe(0);
  });
});
