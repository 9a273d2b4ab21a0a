// Trains, cross-validates, compares, explains, saves, reloads and applies a churn model on the Telco customers: `npm run churn -- [table.csv]`.
// With SPARK_REMOTE=sc://host:15002 all of it runs on that cluster; the table is then sent there, or names a file of its own (hdfs://…). CHURN_OUT names a
// folder for scores, which must be one of the cluster's there.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { SingleBar } from 'cli-progress';
import { coalesce, col, concat, type Frame, floor, hashUnit, lit, Pipeline, PipelineModel, Session } from 'millstream';
import { GBTClassifier, HistGradientBoostingClassifier, LogisticRegression, type LogisticRegressionModel } from 'millstream/classification';
import { BinaryClassificationEvaluator, MulticlassClassificationEvaluator } from 'millstream/evaluation';
import { OneHotEncoder, StringIndexer, VectorAssembler } from 'millstream/feature';
import { CrossValidator, ParamGridBuilder } from 'millstream/tuning';

const CATEGORIES = [
  ...['gender', 'SeniorCitizen', 'Partner', 'Dependents', 'PhoneService', 'MultipleLines', 'InternetService', 'OnlineSecurity'],
  ...['OnlineBackup', 'DeviceProtection', 'TechSupport', 'StreamingTV', 'StreamingMovies', 'Contract', 'PaperlessBilling', 'PaymentMethod'],
];
const NUMBERS = ['tenure', 'MonthlyCharges', 'TotalCharges'];
const FOLDS = 3;
const SCORED_ROWS = Number(process.env.CHURN_ROWS ?? 1_000_000);

const work = mkdtempSync(join(tmpdir(), 'millstream-churn-'));
const remote = process.env.SPARK_REMOTE;
const session = remote ? await Session.connect(remote) : await Session.local();
const out = process.env.CHURN_OUT ?? (remote ? null : work);
try {
  await main(process.argv[2] ?? fileURLToPath(new URL('../examples/data/telco-churn.csv', import.meta.url)));
} finally {
  await session.close();
  rmSync(work, { recursive: true, force: true });
}

async function main(path: string): Promise<void> {
  const customers = readCustomers(path);
  const isTest = hashUnit('customerID', 42).lt(0.2);
  const [train, test] = [isTest.not(), isTest].map((belongs) => customers.filter(belongs).cache());
  console.log(`${await train.count()} customers to train on, ${await test.count()} to test on`);

  const model = await search(train);
  const scored = model.transform(test);
  await compare(model, train, test);
  explain(model.stages.at(-1) as LogisticRegressionModel);

  await model.save(join(work, 'model'));
  const again = await PipelineModel.load(join(work, 'model'));
  await checkSame(scored, again.transform(test));
  if (out) await scoreMany(again, customers, out);

  const score = again.rowScorer();
  const [customer] = await test.limit(1).collect();
  const probability = score(customer).probabilities?.get('Yes') ?? Number.NaN;
  console.log(`One customer, without a session: ${customer.customerID} churns with probability ${fixed(probability)}`);
}

/** The table as published: TotalCharges is blank for customers who have not been billed yet. */
function readCustomers(path: string): Frame {
  return session.read
    .csv(path, { header: true, inferSchema: true })
    .withColumn('TotalCharges', coalesce(col('TotalCharges').tryCast('double'), lit(0)))
    .withColumn('SeniorCitizen', col('SeniorCitizen').cast('string'))
    .withColumn('fold', floor(hashUnit('customerID', 7).times(FOLDS)).cast('int'))
    .cache();
}

/** The best of six regularizations by three-fold cross-validation, refitted to all of `train`. */
async function search(train: Frame): Promise<PipelineModel> {
  const indexed = CATEGORIES.map((c) => `${c}_index`);
  const encoded = CATEGORIES.map((c) => `${c}_onehot`);
  const lr = new LogisticRegression({ labelCol: 'churned', maxIter: 300 });
  const pipeline = new Pipeline({
    stages: [
      new StringIndexer({ inputCols: CATEGORIES, outputCols: indexed, handleInvalid: 'keep' }),
      new StringIndexer({ inputCol: 'Churn', outputCol: 'churned' }),
      new OneHotEncoder({ inputCols: indexed, outputCols: encoded }),
      new VectorAssembler({ inputCols: [...NUMBERS, ...encoded], outputCol: 'features' }),
      lr,
    ],
  });
  const grid = new ParamGridBuilder().addGrid(lr, 'regParam', [0.001, 0.01, 0.1]).addGrid(lr, 'elasticNetParam', [0, 0.5]).build();
  const cv = new CrossValidator({
    estimator: pipeline,
    estimatorParamMaps: grid,
    evaluator: new BinaryClassificationEvaluator({ labelCol: 'churned' }),
    numFolds: FOLDS,
    foldCol: 'fold',
    parallelism: 2,
  });

  const bar = new SingleBar({ format: 'Cross-validation {bar} {value}/{total} fits', barsize: 30, hideCursor: true, noTTYOutput: true });
  bar.start(FOLDS * grid.length + 1, 0);
  const start = performance.now();
  const model = await cv.fit(train, {
    onProgress: ({ stage, done }) => {
      if (stage === cv.uid && done !== undefined) bar.update(done);
    },
  });
  bar.stop();
  console.log(`${FOLDS} folds x ${grid.length} grid points and the refit took ${((performance.now() - start) / 1000).toFixed(2)} s\n`);

  const points = grid.map((map, i) => ({
    ...Object.fromEntries(map.entries.map((e) => [e.name, e.value])),
    'mean AUC': rounded(model.avgMetrics[i]),
    'std of AUC': rounded(model.stdMetrics[i]),
  }));
  console.table(points);
  console.log(`Best: ${JSON.stringify(points[model.bestIndex])}`);
  return model.bestModel as PipelineModel;
}

/** The regression beside boosted trees, which take the indexed categories as they are, on the test customers. */
async function compare(regression: PipelineModel, train: Frame, test: Frame): Promise<void> {
  const indexed = CATEGORIES.map((c) => `${c}_index`);
  const stages = [
    new StringIndexer({ inputCols: CATEGORIES, outputCols: indexed, handleInvalid: 'keep' }),
    new StringIndexer({ inputCol: 'Churn', outputCol: 'churned' }),
    new VectorAssembler({ inputCols: [...NUMBERS, ...indexed], outputCol: 'features' }),
  ];
  const boosted = new HistGradientBoostingClassifier({
    labelCol: 'churned',
    maxLeafNodes: 8,
    learningRate: 0.05,
    validationFraction: 0.1,
    patience: 20,
  });
  // Spark has no histogram boosting.
  const trees = [new GBTClassifier({ labelCol: 'churned', maxDepth: 3, maxIter: 50 }), ...(remote ? [] : [boosted])];
  const rows: object[] = [{ model: 'LogisticRegression', ...(await judge(regression.transform(test))) }];
  for (const stage of trees) {
    const start = performance.now();
    const model = await new Pipeline({ stages: [...stages, stage] }).fit(train);
    const seconds = rounded((performance.now() - start) / 1000);
    rows.push({ model: stage.owner, ...(await judge(model.transform(test))), 'fit (s)': seconds });
  }
  console.log('\nOn the test customers:');
  console.table(rows);
}

async function judge(scored: Frame) {
  const binary = (metricName: 'areaUnderROC' | 'areaUnderPR') =>
    new BinaryClassificationEvaluator({ labelCol: 'churned', metricName }).evaluate(scored);
  const f1 = new MulticlassClassificationEvaluator({ labelCol: 'churned', metricName: 'fMeasureByLabel', metricLabel: 1 });
  return {
    AUC: rounded(await binary('areaUnderROC')),
    'area under PR': rounded(await binary('areaUnderPR')),
    F1: rounded(await f1.evaluate(scored)),
  };
}

/** The strongest coefficients by name. */
function explain(lr: LogisticRegressionModel): void {
  const strongest = [...lr.namedCoefficients].sort((a, b) => Math.abs(b.value) - Math.abs(a.value)).slice(0, 10);
  console.log('\nStrongest coefficients (log-odds of churn):');
  for (const { name, value } of strongest) console.log(`  ${value.toFixed(3).padStart(7)}  ${name}`);
}

async function checkSame(before: Frame, after: Frame): Promise<void> {
  const columns = ['customerID', 'probability', 'prediction'];
  const [a, b] = await Promise.all(
    [before, after].map((scored) =>
      scored
        .select(...columns)
        .orderBy('customerID')
        .collect(),
    ),
  );
  if (JSON.stringify(a) !== JSON.stringify(b)) throw new Error('the reloaded model scores differently');
  console.log(`\nSaved and reloaded: the same ${a.length} scores, bit for bit`);
}

/** Scores a million customers, made by repeating the table's rows under new ids, from Parquet to Parquet. */
async function scoreMany(model: PipelineModel, customers: Frame, folder: string): Promise<void> {
  const copies = Math.ceil(SCORED_ROWS / (await customers.count()));
  const many = customers.crossJoin(session.range(copies)).withColumn('customerID', concat(col('customerID'), lit('-'), col('id').cast('string')));
  await many.limit(SCORED_ROWS).write.parquet(`${folder}/customers`);

  const start = performance.now();
  await model
    .transform(session.read.parquet(`${folder}/customers`))
    .select('customerID', 'probability', 'prediction')
    .write.parquet(`${folder}/scores`);
  const seconds = (performance.now() - start) / 1000;
  const scores = session.read.parquet(`${folder}/scores`);
  const rows = await scores.count();
  const peak = Math.round(process.resourceUsage().maxRSS / 1024);
  console.log(
    `Scored ${rows} rows Parquet to Parquet in ${seconds.toFixed(2)} s: ${Math.round(rows / seconds)} rows a second, peak memory ${peak} MiB`,
  );
  await scores.show(3);
}

function rounded(x: number): number {
  return Number(x.toFixed(4));
}

function fixed(x: number): string {
  return x.toFixed(4);
}
