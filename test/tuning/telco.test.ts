import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { LogisticRegression, type LogisticRegressionModel, type LogisticRegressionParams } from '#dist/classification/index.js';
import { BinaryClassificationEvaluator, MulticlassClassificationEvaluator } from '#dist/evaluation/index.js';
import { OneHotEncoder, StringIndexer, type StringIndexerModel, VectorAssembler } from '#dist/feature/index.js';
import { coalesce, col, type Frame, lit, Pipeline, type PipelineModel, Session, type Vector } from '#dist/index.js';
import { crc32 } from '#dist/persistence/crc32.js';
import { CrossValidator, type CrossValidatorModel, ParamGridBuilder } from '#dist/tuning/index.js';
import { silent } from '../classification/goldens.ts';

interface Fit {
  readonly coefficients: [string, number][];
  readonly intercept: number;
  readonly totalIterations: number;
  readonly objectiveHistory: number[];
}
interface Training extends Fit {
  readonly params: LogisticRegressionParams;
  readonly labels: string[][];
  readonly areaUnderROC: number;
  readonly areaUnderPR: number;
  readonly accuracy: number;
  readonly f1: number;
  readonly trainAreaUnderROC: number;
  readonly firstRows: [string, number[], number[], number][];
}
interface Searched {
  readonly avgMetrics: number[];
  readonly stdMetrics: number[];
  readonly best: Record<string, number>;
  readonly refit: Fit;
  readonly refitAreaUnderROC: number;
}

/** Made by Spark 4.3.0, see `goldens/README.md`. */
const golden = JSON.parse(readFileSync(new URL('../goldens/telco.json', import.meta.url), 'utf8'));
const trainings = golden.cases.slice(0, 3) as Training[];
const searched = golden.cases[3] as Searched;

const CATEGORIES = [
  ...['gender', 'SeniorCitizen', 'Partner', 'Dependents', 'PhoneService', 'MultipleLines', 'InternetService', 'OnlineSecurity'],
  ...['OnlineBackup', 'DeviceProtection', 'TechSupport', 'StreamingTV', 'StreamingMovies', 'Contract', 'PaperlessBilling', 'PaymentMethod'],
];
const indexed = CATEGORIES.map((c) => `${c}_i`);
const vectors = CATEGORIES.map((c) => `${c}_v`);

function pipeline(lr: LogisticRegression): Pipeline {
  return new Pipeline({
    stages: [
      new StringIndexer({ inputCols: CATEGORIES, outputCols: indexed, handleInvalid: 'keep' }),
      new StringIndexer({ inputCol: 'Churn', outputCol: 'label', handleInvalid: 'skip' }),
      new OneHotEncoder({ inputCols: indexed, outputCols: vectors }),
      new VectorAssembler({ inputCols: ['tenure', 'MonthlyCharges', 'TotalCharges', ...vectors], outputCol: 'features' }),
      lr,
    ],
  });
}

function expectFit(model: LogisticRegressionModel, fit: Fit, within: number): void {
  expect(model.namedCoefficients.map(({ name }) => name)).toEqual(fit.coefficients.map(([name]) => name));
  model.namedCoefficients.forEach(({ name, value }, j) => void expectNear(value, fit.coefficients[j][1], within, name));
  expectNear(model.intercept, fit.intercept, within);
  expect(model.summary.totalIterations).toBe(fit.totalIterations);
  model.summary.objectiveHistory.forEach((value, i) => void expectNear(value, fit.objectiveHistory[i], 1e-9));
}

function expectNear(found: number, expected: number, within: number, what = ''): void {
  expect(Math.abs(found - expected), `${what}: ${found} and ${expected}`).toBeLessThanOrEqual(within);
}

describe('the churn pipeline, as Spark 4.3', () => {
  let session: Session;
  let customers: Frame;

  beforeAll(async () => {
    session = await Session.local({ workers: 2, logger: silent });
    const read = session.read
      .csv(fileURLToPath(new URL('../../examples/data/telco-churn.csv', import.meta.url)), { header: true, inferSchema: true })
      .withColumn('TotalCharges', coalesce(col('TotalCharges').tryCast('double'), lit(0)))
      .withColumn('SeniorCitizen', col('SeniorCitizen').cast('string'));
    const types = Object.fromEntries((await read.schema()).fields.map(({ name, type }) => [name, type.kind as string]));
    const fold = (id: string) => (crc32(new TextEncoder().encode(id)) >>> 0) % 3;
    const rows = (await read.collect()).map((row) => ({ ...row, foldCol: fold(row.customerID as string) }));
    customers = session.createFrame(rows, { ...types, foldCol: 'int' }).cache();
  });
  afterAll(() => session?.close());

  it('starts from the same table', async () => {
    const { schema, rows, foldSizes, firstFolds } = golden.frame;
    expect(`struct<${(await customers.schema()).fields.map(({ name, type }) => `${name}:${type.kind}`).join(',')}>`).toBe(schema);
    expect(await customers.count()).toBe(rows);
    for (const [k, size] of foldSizes.entries()) expect(await customers.filter(col('foldCol').equalTo(k)).count()).toBe(size);
    const first = await customers.limit(firstFolds.length).collect();
    expect(first.map(({ customerID, foldCol }) => [customerID, foldCol])).toEqual(firstFolds);
  });

  it.each(trainings.map((t) => [t.params, t] as const))('fits and scores with %o', async (params, expected) => {
    const [train, test] = [customers.filter('foldCol != 0'), customers.filter('foldCol = 0')];
    const model = await pipeline(new LogisticRegression(params)).fit(train);
    const lr = model.stages[4] as LogisticRegressionModel;
    expect((model.stages[0] as StringIndexerModel).labelsArray).toEqual(expected.labels);
    expectFit(lr, expected, 1e-7);
    expectNear(lr.summary.areaUnderROC, expected.trainAreaUnderROC, 1e-9);

    const scored = model.transform(test);
    expectNear(await new BinaryClassificationEvaluator().evaluate(scored), expected.areaUnderROC, 1e-9);
    expectNear(await new BinaryClassificationEvaluator({ metricName: 'areaUnderPR' }).evaluate(scored), expected.areaUnderPR, 1e-9);
    expectNear(await new MulticlassClassificationEvaluator({ metricName: 'accuracy' }).evaluate(scored), expected.accuracy, 1e-12);
    expectNear(await new MulticlassClassificationEvaluator().evaluate(scored), expected.f1, 1e-12);
    for (const [i, row] of (await scored.limit(expected.firstRows.length).collect()).entries()) {
      const [id, raw, probability, prediction] = expected.firstRows[i];
      expect([row.customerID, row.prediction]).toEqual([id, prediction]);
      (row.rawPrediction as Vector).toArray().forEach((v, c) => void expectNear(v, raw[c], 1e-7));
      (row.probability as Vector).toArray().forEach((v, c) => void expectNear(v, probability[c], 1e-7));
    }
  });

  describe('searched over foldCol', () => {
    const lr = new LogisticRegression();
    const grid = new ParamGridBuilder().addGrid(lr, 'regParam', [0.001, 0.01, 0.1]).addGrid(lr, 'elasticNetParam', [0, 0.5]).build();
    const search = (parallelism: number) =>
      new CrossValidator({
        estimator: pipeline(lr),
        estimatorParamMaps: grid,
        evaluator: new BinaryClassificationEvaluator(),
        foldCol: 'foldCol',
        parallelism,
      });
    let model: CrossValidatorModel;
    beforeAll(async () => {
      model = await search(1).fit(customers);
    });

    it('has the same metrics at every point, and the same best one', async () => {
      model.avgMetrics.forEach((value, p) => void expectNear(value, searched.avgMetrics[p], 1e-9));
      model.stdMetrics.forEach((value, p) => void expectNear(value, searched.stdMetrics[p], 1e-9));
      expect(Object.fromEntries(grid[model.bestIndex].entries.map(({ name, value }) => [name, value]))).toEqual(searched.best);
      const best = (model.bestModel as PipelineModel).stages[4] as LogisticRegressionModel;
      expectFit(best, searched.refit, 1e-7);
      expectNear(await new BinaryClassificationEvaluator().evaluate(model.transform(customers)), searched.refitAreaUnderROC, 1e-9);
    });

    it('gives the same bits with four fits at once', async () => {
      const other = await search(4).fit(customers);
      expect([other.avgMetrics, other.stdMetrics]).toEqual([model.avgMetrics, model.stdMetrics]);
      const [a, b] = [model, other].map((m) => (m.bestModel as PipelineModel).stages[4] as LogisticRegressionModel);
      expect([b.coefficients, b.intercept]).toEqual([a.coefficients, a.intercept]);
    });
  });
});
