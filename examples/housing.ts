// Chooses, explains, saves and reloads a regression of house prices with boosted trees: `npm run housing`.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { col, type Frame, Pipeline, PipelineModel, Session } from 'millstream';
import { RegressionEvaluator } from 'millstream/evaluation';
import { StringIndexer, VectorAssembler } from 'millstream/feature';
import { type HistGradientBoostingRegressionModel, HistGradientBoostingRegressor } from 'millstream/regression';
import { ParamGridBuilder, TrainValidationSplit } from 'millstream/tuning';

const NUMBERS = ['longitude', 'latitude', 'housing_median_age', 'total_rooms', 'total_bedrooms', 'population', 'households', 'median_income'];
const LABEL = 'median_house_value';

const work = mkdtempSync(join(tmpdir(), 'millstream-housing-'));
const session = await Session.local();
try {
  await main(fileURLToPath(new URL('../examples/data/california-housing.csv', import.meta.url)));
} finally {
  await session.close();
  rmSync(work, { recursive: true, force: true });
}

async function main(path: string): Promise<void> {
  const districts = session.read.csv(path, { header: true, inferSchema: true });
  const [train, test] = districts.randomSplit([0.8, 0.2], 42).map((part) => part.cache());
  const missing = await districts.filter(col('total_bedrooms').isNull()).count();
  console.log(`${await train.count()} districts to train on, ${await test.count()} to test on; total_bedrooms is missing in ${missing}`);

  const model = await search(train);
  const scored = model.transform(test);
  const evaluate = (metricName: 'rmse' | 'mae' | 'r2') => new RegressionEvaluator({ labelCol: LABEL, metricName }).evaluate(scored);
  console.log(
    `\nOn the test districts: RMSE ${Math.round(await evaluate('rmse'))} $, MAE ${Math.round(await evaluate('mae'))} $, R² ${(await evaluate('r2')).toFixed(4)}`,
  );

  const trees = model.stages.at(-1) as HistGradientBoostingRegressionModel;
  const strongest = [...trees.namedFeatureImportances].sort((a, b) => b.value - a.value).slice(0, 5);
  console.log(`\nShare of the gain of ${trees.numTrees} trees:`);
  for (const { name, value } of strongest) console.log(`  ${(100 * value).toFixed(1).padStart(5)} %  ${name}`);

  await model.save(join(work, 'model'));
  const score = (await PipelineModel.load(join(work, 'model'))).rowScorer();
  const [district] = await test.limit(1).collect();
  console.log(`\nOne district, without a session: ${Math.round(Number(score(district).prediction))} $, published ${district[LABEL]} $`);
  await priceRange(train, test);
}

/** The best of four kinds of trees on a fifth of the rows. Missing values and the one category need no care: trees take both as they are. */
async function search(train: Frame): Promise<PipelineModel> {
  const trees = new HistGradientBoostingRegressor({ labelCol: LABEL, maxIter: 300, validationFraction: 0.1, patience: 20 });
  const pipeline = new Pipeline({ stages: [...features(), trees] });
  const grid = new ParamGridBuilder().addGrid(trees, 'learningRate', [0.05, 0.1]).addGrid(trees, 'maxLeafNodes', [15, 63]).build();
  const split = new TrainValidationSplit({
    estimator: pipeline,
    estimatorParamMaps: grid,
    evaluator: new RegressionEvaluator({ labelCol: LABEL }),
    trainRatio: 0.8,
    seed: 7,
  });
  const start = performance.now();
  const model = await split.fit(train);
  console.log(`${grid.length} grid points and the refit took ${((performance.now() - start) / 1000).toFixed(2)} s\n`);
  console.table(
    grid.map((map, i) => ({ ...Object.fromEntries(map.entries.map((e) => [e.name, e.value])), RMSE: Math.round(model.validationMetrics[i]) })),
  );
  return model.bestModel as PipelineModel;
}

/** What a tenth of the districts of a kind cost at most, and a tenth at least: two quantile regressions. */
async function priceRange(train: Frame, test: Frame): Promise<void> {
  const bounds = [0.1, 0.9].map(
    (alpha) => new HistGradientBoostingRegressor({ labelCol: LABEL, loss: 'quantile', alpha, predictionCol: `q${10 * alpha}` }),
  );
  const model = await new Pipeline({ stages: [...features(), ...bounds] }).fit(train);
  const scored = model.transform(test);
  const inside = await scored.filter(col(LABEL).between(col('q1'), col('q9'))).count();
  console.log(`${((100 * inside) / (await test.count())).toFixed(1)} % of the test districts lie between the quantiles 0.1 and 0.9`);
}

function features() {
  return [
    new StringIndexer({ inputCol: 'ocean_proximity', outputCol: 'proximity', handleInvalid: 'keep' }),
    new VectorAssembler({ inputCols: [...NUMBERS, 'proximity'], outputCol: 'features', handleInvalid: 'keep' }),
  ];
}
