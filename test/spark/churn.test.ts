import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { LogisticRegression, type LogisticRegressionModel } from '#dist/classification/index.js';
import { Session } from '#dist/engine/session.js';
import { BinaryClassificationEvaluator } from '#dist/evaluation/index.js';
import { OneHotEncoder, StringIndexer, type StringIndexerModel, VectorAssembler } from '#dist/feature/index.js';
import { col } from '#dist/frame/column.js';
import type { Frame } from '#dist/frame/frame.js';
import { coalesce, floor, hashUnit, lit } from '#dist/frame/functions.js';
import { Pipeline, type PipelineModel } from '#dist/pipeline/index.js';
import { CrossValidator, type CrossValidatorModel, ParamGridBuilder } from '#dist/tuning/index.js';

const TABLE = fileURLToPath(new URL('../../examples/data/telco-churn.csv', import.meta.url));
const CATEGORIES = ['gender', 'InternetService', 'Contract', 'PaymentMethod', 'SeniorCitizen'];
const indexed = CATEGORIES.map((c) => `${c}_index`);
const encoded = CATEGORIES.map((c) => `${c}_onehot`);
const labels = new StringIndexer({ inputCol: 'Churn', outputCol: 'churned' });
const categories = new StringIndexer({ inputCols: CATEGORIES, outputCols: indexed, handleInvalid: 'keep' });
const lr = new LogisticRegression({ labelCol: 'churned', maxIter: 300, tol: 1e-10 });
const pipeline = new Pipeline({
  stages: [
    categories,
    labels,
    new OneHotEncoder({ inputCols: indexed, outputCols: encoded }),
    new VectorAssembler({ inputCols: ['tenure', 'MonthlyCharges', 'TotalCharges', ...encoded], outputCol: 'features' }),
    lr,
  ],
});
// Spark thins the curve partition by partition, so that areas of thinned curves depend on how rows lie there.
const evaluator = new BinaryClassificationEvaluator({ labelCol: 'churned', numBins: 0 });
const grid = new ParamGridBuilder().addGrid(lr, 'regParam', [0.01, 0.3]).addGrid(lr, 'elasticNetParam', [0, 0.5]).build();
const search = new CrossValidator({ estimator: pipeline, estimatorParamMaps: grid, evaluator, numFolds: 2, foldCol: 'fold', parallelism: 2 });

interface Outcome {
  readonly model: CrossValidatorModel;
  readonly best: PipelineModel;
  readonly test: Frame;
  readonly auc: number;
  readonly rows: readonly [number, number];
}

/** What the churn example does, by the engine of the session. */
async function churn(session: Session): Promise<Outcome> {
  const customers = session.read
    .csv(TABLE, { header: true, inferSchema: true })
    .withColumn('TotalCharges', coalesce(col('TotalCharges').tryCast('double'), lit(0)))
    .withColumn('SeniorCitizen', col('SeniorCitizen').cast('string'))
    .withColumn('fold', floor(hashUnit('customerID', 7).times(2)).cast('int'));
  const isTest = hashUnit('customerID', 42).lt(0.2);
  const [train, test] = [isTest.not(), isTest].map((belongs) => customers.filter(belongs).cache()) as [Frame, Frame];
  const rows = [await train.count(), await test.count()] as const;
  const model = await search.fit(train);
  const best = model.bestModel as PipelineModel;
  return { model, best, test, rows, auc: await evaluator.evaluate(best.transform(test)) };
}

describe('the churn example, here and on a cluster', { timeout: 400_000 }, () => {
  let local: Session;
  let cluster: Session;
  let here: Outcome;
  let there: Outcome;

  beforeAll(async () => {
    local = await Session.local({ workers: 1 });
    cluster = await Session.connect(inject('sparkAddress'));
    [here, there] = [await churn(local), await churn(cluster)];
  }, 400_000);
  afterAll(async () => {
    await local?.close();
    await cluster?.close();
  });

  it('splits the same rows', () => expect(there.rows).toEqual(here.rows));

  it('finds the same labels in the same order, and the same slots', () => {
    for (const [i, stage] of here.best.stages.slice(0, 2).entries())
      expect((there.best.stages[i] as StringIndexerModel).labelsArray).toEqual((stage as StringIndexerModel).labelsArray);
    expect((there.best.stages[2] as unknown as { categorySizes: number[] }).categorySizes).toEqual(
      (here.best.stages[2] as unknown as { categorySizes: number[] }).categorySizes,
    );
    expect(regression(there).namedCoefficients.map(({ name }) => name)).toEqual(regression(here).namedCoefficients.map(({ name }) => name));
  });

  it('finds the same best point by metrics within 1e-6', () => {
    expect(there.model.bestIndex).toBe(here.model.bestIndex);
    for (const [i, metric] of here.model.avgMetrics.entries()) expect(Math.abs(there.model.avgMetrics[i] - metric)).toBeLessThan(1e-6);
    expect(Math.abs(there.auc - here.auc)).toBeLessThan(1e-6);
    expect(here.auc).toBeGreaterThan(0.8);
  });

  it('finds coefficients within 1e-6', () => {
    const [a, b] = [regression(here), regression(there)];
    for (const [i, { value }] of a.namedCoefficients.entries()) expect(Math.abs(b.namedCoefficients[i].value - value)).toBeLessThan(1e-6);
    expect(Math.abs(b.intercept - a.intercept)).toBeLessThan(1e-6);
  });

  it('scores alike wherever a model was fitted and wherever the rows are', async () => {
    const scores = async (model: PipelineModel, rows: Frame) => {
      const scored = await model.transform(rows).orderBy('customerID').select('probability', 'prediction').limit(200).collect();
      return scored.map((row) => (row.probability as { toArray(): Float64Array }).toArray()[1]);
    };
    const wanted = await scores(here.best, here.test);
    for (const [model, rows] of [
      [here.best, there.test],
      [there.best, here.test],
      [there.best, there.test],
    ] as const) {
      const got = await scores(model, rows);
      for (const [i, p] of wanted.entries()) expect(Math.abs(got[i] - p)).toBeLessThan(1e-6);
    }
  });
});

const regression = ({ best }: Outcome) => best.stages.at(-1) as LogisticRegressionModel;
