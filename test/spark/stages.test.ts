import { existsSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { HistGradientBoostingClassifier, LogisticRegression, type LogisticRegressionModel } from '#dist/classification/index.js';
import { Session } from '#dist/engine/session.js';
import type { SparkEngine } from '#dist/engine/spark/engine.js';
import { BinaryClassificationEvaluator, MulticlassClassificationEvaluator } from '#dist/evaluation/index.js';
import { OneHotEncoder, StandardScaler, StringIndexer, type StringIndexerModel, VectorAssembler } from '#dist/feature/index.js';
import { col } from '#dist/frame/column.js';
import type { Frame } from '#dist/frame/frame.js';
import { Pipeline, PipelineModel } from '#dist/pipeline/index.js';
import { CrossValidator, ParamGridBuilder } from '#dist/tuning/index.js';
import { folder, refuses } from '../engine/harness.ts';

const path = folder();
const ROWS = Array.from({ length: 400 }, (_, i) => ({
  id: i,
  plan: ['basic', 'plus', 'gold'][(i * 7) % 3],
  use: ((i * 37) % 101) / 10,
  churn: (i * 13) % 7 > 3 || (i * 7) % 3 === 2 ? 'Yes' : 'No',
  fold: i % 3,
}));
const SCHEMA = { id: 'int', plan: 'string', use: 'double', churn: 'string', fold: 'int' };
const lr = new LogisticRegression({ maxIter: 40, regParam: 0.01 }, 'lr');
const pipeline = new Pipeline({
  stages: [
    new StringIndexer({ inputCol: 'plan', outputCol: 'planIx', handleInvalid: 'keep' }, 'plans'),
    new StringIndexer({ inputCol: 'churn', outputCol: 'label' }, 'labels'),
    new OneHotEncoder({ inputCols: ['planIx'], outputCols: ['planVec'] }, 'encoder'),
    new VectorAssembler({ inputCols: ['use', 'planVec'], outputCol: 'raw' }, 'assembler'),
    new StandardScaler({ inputCol: 'raw', outputCol: 'features', withMean: true }, 'scaler'),
    lr,
  ],
});

describe('stages on a cluster', { timeout: 300_000 }, () => {
  let cluster: Session;
  let local: Session;
  let there: Frame;
  let here: Frame;
  let model: PipelineModel;
  let ours: PipelineModel;
  const kept = () => (there.executor as SparkEngine).stages.kept();

  beforeAll(async () => {
    cluster = await Session.connect(inject('sparkAddress'));
    local = await Session.local({ workers: 1 });
    there = cluster.createFrame(ROWS, SCHEMA);
    here = local.createFrame(ROWS, SCHEMA);
    [model, ours] = [await pipeline.fit(there), await pipeline.fit(here)];
  }, 180_000);
  afterAll(async () => {
    await cluster?.close();
    await local?.close();
  });

  const scores = async (by: PipelineModel, frame: Frame) => {
    const rows = await by.transform(frame).orderBy('id').select('prediction', 'probability').collect();
    return rows.map((r) => [r.prediction, ...(r.probability as { toArray(): Float64Array }).toArray()]);
  };
  const close = (a: readonly (readonly number[])[], b: readonly (readonly number[])[]) => {
    expect(a).toHaveLength(b.length);
    for (const [i, row] of a.entries()) for (const [j, x] of row.entries()) expect(x).toBeCloseTo(b[i][j], 6);
  };

  it('a pipeline learns what it learns here, and its model is the same class', async () => {
    expect(model).toBeInstanceOf(PipelineModel);
    expect(model.stages.map((s) => [s.constructor.name, s.uid])).toEqual(ours.stages.map((s) => [s.constructor.name, s.uid]));
    expect((model.stages[0] as StringIndexerModel).labels).toEqual((ours.stages[0] as StringIndexerModel).labels);
    const [theirs, mine] = [model, ours].map((m) => m.stages.at(-1) as LogisticRegressionModel);
    close([[...theirs.coefficients.toArray(), theirs.intercept]], [[...mine.coefficients.toArray(), mine.intercept]]);
    expect(theirs.parent).toBe(lr);
  });

  it('it scores there, here and row by row alike', async () => {
    const wanted = (await scores(ours, here)) as number[][];
    close((await scores(model, there)) as number[][], wanted);
    close((await scores(model, here)) as number[][], wanted);
    const score = model.rowScorer();
    expect(ROWS.slice(0, 20).map((row) => score(row)?.prediction)).toEqual(wanted.slice(0, 20).map(([p]) => p));
  });

  it('a model from here scores there, sent once; so do its copies', async () => {
    const wanted = (await scores(ours, here)) as number[][];
    close((await scores(ours, there)) as number[][], wanted);
    const before = (await kept()).length;
    close((await scores(ours, there)) as number[][], wanted);
    expect((await kept()).length).toBe(before);
    const [indexer] = ours.stages;
    const renamed = (indexer as StringIndexerModel).copy({ outputCol: 'other' });
    expect((await renamed.transform(there).first())?.other).toBe((await renamed.transform(here).first())?.other);
    expect((await kept()).length).toBe(before);
  });

  it('saved from there it loads here', async () => {
    await model.save(path('model'));
    expect(existsSync(path('model', 'stages'))).toBe(true);
    close((await scores(await PipelineModel.load(path('model')), here)) as number[][], (await scores(ours, here)) as number[][]);
  });

  it('evaluators give what they give here', async () => {
    const [t, h] = [model.transform(there), ours.transform(here)];
    for (const evaluator of [
      new BinaryClassificationEvaluator(),
      new BinaryClassificationEvaluator({ metricName: 'areaUnderPR' }),
      new MulticlassClassificationEvaluator({ metricName: 'logLoss' }),
      new MulticlassClassificationEvaluator(),
    ]) {
      expect(await evaluator.evaluate(t)).toBeCloseTo(await evaluator.evaluate(h), 6);
    }
    const evaluator = new BinaryClassificationEvaluator();
    expect((await evaluator.getMetrics(t)).areaUnderROC).toBeCloseTo((await evaluator.getMetrics(h)).areaUnderROC, 6);
  });

  it('a search by folds finds the same best point, and leaves no model there', async () => {
    const grid = new ParamGridBuilder().addGrid(lr, 'regParam', [0.001, 0.5]).build();
    const evaluator = new BinaryClassificationEvaluator();
    const search = new CrossValidator({ estimator: pipeline, estimatorParamMaps: grid, evaluator, numFolds: 3, foldCol: 'fold', parallelism: 2 });
    const before = (await kept()).length;
    const [theirs, mine] = [await search.fit(there), await search.fit(here)];
    close([theirs.avgMetrics], [mine.avgMetrics]);
    expect((theirs.bestModel as PipelineModel).stages.at(-1)?.params).toMatchObject({
      regParam: ((mine.bestModel as PipelineModel).stages.at(-1) as LogisticRegressionModel).params.regParam,
    });
    // Those of the best model, and of what the folds share (four indexers, encoders and scalers each), which go when they are collected.
    expect((await kept()).length - before).toBeLessThanOrEqual(4 + 3 * 4);
  });

  it('progress is told by stage, and a raised signal ends a fit', async () => {
    const seen = new Set<string>();
    await new StringIndexer({ inputCol: 'plan', outputCol: 'ix' }, 'seen').fit(there.repartition(2), { onProgress: (e) => seen.add(e.stage) });
    expect([...seen].every((stage) => stage === 'seen')).toBe(true);
    // Hours of work, however fast the machine.
    const big = cluster.range(100_000_000_000).withColumn('plan', col('id').mod(1000).cast('string'));
    const error = await new StringIndexer({ inputCol: 'plan', outputCol: 'ix' })
      .fit(big, { signal: AbortSignal.timeout(400) })
      .catch((e: unknown) => e);
    expect(error).toMatchObject({ code: 'ABORTED' });
  });

  it('mistakes are told in a sentence', async () => {
    await refuses(() => new LogisticRegression({ featuresCol: 'nope' }).fit(there), 'COLUMN_NOT_FOUND', { column: 'nope' });
    const gradient = new HistGradientBoostingClassifier({ maxIter: 2 });
    await refuses(
      () => gradient.fit(model.transform(there).drop('prediction', 'probability', 'rawPrediction')),
      'NOT_SUPPORTED',
      {},
      'local session',
    );
    const unseen = cluster.createFrame([{ churn: 'Maybe' }]);
    await refuses(() => model.stages[1].transform(unseen).collect(), 'VALUE_INVALID', { column: 'churn', value: 'Maybe' });
  });
});
