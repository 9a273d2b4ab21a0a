// The job that the library is for, written as a user would: it must compile and run as it stands.
import assert from 'node:assert/strict';
import { col, load, Pipeline, PipelineModel, type ProgressEvent, Session } from 'millstream';
import { LogisticRegression } from 'millstream/classification';
import { BinaryClassificationEvaluator } from 'millstream/evaluation';
import { OneHotEncoder, StringIndexer, VectorAssembler } from 'millstream/feature';
import { loadScorer } from 'millstream/scoring';
import { CrossValidator, CrossValidatorModel, ParamGridBuilder } from 'millstream/tuning';

const { signal } = new AbortController();
const events: ProgressEvent[] = [];
const onProgress = (event: ProgressEvent) => events.push(event);

const session = await Session.local({ workers: 4 });
const customers = session.read.csv('telco-churn.csv', { header: true, inferSchema: true });
await customers.where(col('tenure').gt(0)).write.parquet('customers', { mode: 'overwrite' });
const [train, test] = customers.randomSplit([0.8, 0.2], 42);

const lr = new LogisticRegression({ labelCol: 'churn_ix', maxIter: 50 });
const pipeline = new Pipeline({
  stages: [
    new StringIndexer({ inputCols: ['Contract', 'PaymentMethod'], outputCols: ['contract_ix', 'payment_ix'], handleInvalid: 'keep' }),
    new StringIndexer({ inputCol: 'Churn', outputCol: 'churn_ix' }),
    new OneHotEncoder({ inputCols: ['contract_ix', 'payment_ix'], outputCols: ['contract', 'payment'] }),
    new VectorAssembler({ inputCols: ['tenure', 'MonthlyCharges', 'contract', 'payment'], outputCol: 'features' }),
    lr,
  ],
});
const grid = new ParamGridBuilder().addGrid(lr, 'regParam', [0.001, 0.01, 0.1]).addGrid(lr, 'elasticNetParam', [0, 0.5]).build();
const cv = new CrossValidator({
  estimator: pipeline,
  estimatorParamMaps: grid,
  numFolds: 3,
  seed: 7,
  parallelism: 2,
  evaluator: new BinaryClassificationEvaluator({ labelCol: 'churn_ix' }),
});
const model = await cv.fit(train, { signal, onProgress });
await model.bestModel.save('models/churn', { overwrite: true });

const again = await PipelineModel.load('models/churn');
await again
  .transform(session.read.parquet('customers/*.parquet'))
  .select('customerID', 'probability', 'prediction')
  .write.parquet('scores', { mode: 'overwrite' });
const score = again.rowScorer();
const row = { Contract: 'One year', PaymentMethod: 'Mailed check', tenure: 12, MonthlyCharges: 70.5 };
const prediction: number | undefined = score(row).prediction;
const probabilities: ReadonlyMap<string, number> | undefined = score(row).probabilities;

assert.ok(prediction === 0 || prediction === 1);
assert.deepEqual([...(probabilities ?? new Map()).keys()], ['No', 'Yes']);
const cold = await loadScorer('models/churn');
assert.equal(cold(row).probabilities?.get('Yes'), probabilities?.get('Yes'));
assert.ok(events.length > 0);
assert.equal(model.avgMetrics.length, 6);
assert.equal(model.stdMetrics.length, 6);
assert.equal(model.hasSubModels, false);
assert.equal(model.parent, cv);
assert.ok(Math.max(...model.avgMetrics) > 0.8);
const auc: number = await new BinaryClassificationEvaluator({ labelCol: 'churn_ix' }).evaluate(model.transform(test));
assert.ok(auc > 0.8 && auc < 0.9);
assert.equal(await session.read.parquet('scores').count(), 7032);

await model.save('models/search', { overwrite: true });
const search = await CrossValidatorModel.load('models/search');
assert.deepEqual(search.avgMetrics, model.avgMetrics);
assert.ok((await load('models/search')) instanceof CrossValidatorModel);
const fitted = (await load('models/churn')) as PipelineModel;
assert.equal(fitted.uid, pipeline.uid);
await session.close();
console.log('ok');
