import { readdirSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import {
  DecisionTreeClassifier,
  GBTClassifier,
  HistGradientBoostingClassifier,
  LogisticRegression,
  type LogisticRegressionModel,
  OneVsRest,
  OneVsRestModel,
  RandomForestClassifier,
} from '#dist/classification/index.js';
import { Session } from '#dist/engine/session.js';
import type { SparkEngine } from '#dist/engine/spark/engine.js';
import { BinaryClassificationEvaluator, MulticlassClassificationEvaluator } from '#dist/evaluation/index.js';
import { StringIndexer, VectorAssembler } from '#dist/feature/index.js';
import { col } from '#dist/frame/column.js';
import type { Frame } from '#dist/frame/frame.js';
import { STAY } from '#dist/pipeline/fitted-there.js';
import { Pipeline, type Transformer } from '#dist/pipeline/index.js';
import { CrossValidator, ParamGridBuilder, TrainValidationSplit } from '#dist/tuning/index.js';
import { folder, refuses, SILENT } from '../engine/harness.ts';

const path = folder();
const ROWS = Array.from({ length: 300 }, (_, i) => ({
  plan: ['basic', 'plus', 'gold'][(i * 7) % 3],
  use: ((i * 37) % 101) / 10,
  label: (i * 13) % 7 > 3 || (i * 7) % 3 === 2 ? 1 : 0,
}));
const SCHEMA = { plan: 'string', use: 'double', label: 'double' };
const indexer = new StringIndexer({ inputCol: 'plan', outputCol: 'planIx' });
const head = [indexer, new VectorAssembler({ inputCols: ['use', 'planIx'], outputCol: 'features' })];
const lr = new LogisticRegression({ maxIter: 5 });
const evaluator = new BinaryClassificationEvaluator();
const grid = new ParamGridBuilder().addGrid(lr, 'regParam', [0.001, 0.1]).build();

describe('models on a cluster', { timeout: 300_000 }, () => {
  let session: Session;
  let frame: Frame;
  const kept = async () => (await (frame.executor as SparkEngine).stages.kept()).length;

  beforeAll(async () => {
    session = await Session.connect(inject('sparkAddress'));
    frame = session.createFrame(ROWS, SCHEMA);
  });
  afterAll(() => session?.close());

  it('are given back by close, and sent anew when they are needed again', async () => {
    const model = await new Pipeline({ stages: [...head, lr] }).fit(frame);
    expect(await kept()).toBe(2);
    const scored = await model.transform(frame).select('prediction').collect();
    await model.close();
    expect(await kept()).toBe(0);
    expect(await model.transform(frame).select('prediction').collect()).toEqual(scored);
    const before = model.transform(frame).select('prediction');
    await before.count();
    await model.close();
    await model.close();
    expect(await kept()).toBe(0);
    expect(await before.collect()).toEqual(scored);
    await model.close();
    expect(await kept()).toBe(0);
    {
      await using model = await indexer.fit(frame);
      expect([model.uid, await kept()]).toEqual([indexer.uid, 1]);
    }
    expect(await kept()).toBe(0);
  });

  it('that the server has dropped are sent anew by every action, those that are there only are told', async () => {
    const engine = frame.executor as SparkEngine;
    const clean = { commandType: { case: 'mlCommand', value: { command: { case: 'cleanCache', value: {} } } } } as const;
    const drop = () => engine.command(clean, { owner: 'test' });
    const model = await new Pipeline({ stages: [...head, lr] }).fit(frame);
    const [fitted, scored] = [model.stages[0], model.transform(frame).select('prediction', 'probability', 'rawPrediction', 'label')];
    const wanted = await scored.collect();
    const actions: [string, () => Promise<unknown>, unknown][] = [
      ['collect', () => scored.collect(), wanted],
      ['count', () => scored.filter('prediction >= 0').count(), ROWS.length],
      ['schema', () => fitted.transform(frame).withColumn('planIx', col('planIx').plus(1)).columns(), [...Object.keys(SCHEMA), 'planIx']],
      ['approxQuantile', () => scored.approxQuantile('prediction', [1]), [1]],
      ['evaluate', () => evaluator.evaluate(scored), expect.closeTo(await evaluator.evaluate(scored), 10)],
      ['write', () => scored.select('label').write.parquet(`file:${path('scored')}`), undefined],
      ['fit', async () => (await new StringIndexer({ inputCol: 'planIx', outputCol: 'again' }).fit(fitted.transform(frame))).labels.length, 3],
    ];
    for (const [name, action, result] of actions) {
      await drop();
      expect(await action(), name).toEqual(result);
    }
    await drop();
    expect(await Promise.all([scored.count(), scored.limit(3).count(), fitted.transform(frame).distinct().count()])).toEqual([300, 3, 300]);
    const stays = await indexer.fit(frame, { [STAY]: true });
    await drop();
    await refuses(() => stays.transform(frame).collect(), 'NOT_FOUND', {}, 'no longer on the server');
    await drop();
    await model.close();
    expect(await kept()).toBe(0);
  });

  it('of a search that the server drops in the middle of it are fitted anew', async () => {
    const engine = frame.executor as SparkEngine;
    const clean = { commandType: { case: 'mlCommand', value: { command: { case: 'cleanCache', value: {} } } } } as const;
    let judged = 0;
    class Dropping extends BinaryClassificationEvaluator {
      override async evaluate(...[rows, options]: Parameters<BinaryClassificationEvaluator['evaluate']>): Promise<number> {
        if (++judged === 1) await engine.command(clean, { owner: 'test' });
        return super.evaluate(rows, options);
      }
    }
    const pipeline = new Pipeline({ stages: [...head, lr] });
    const params = { estimator: pipeline, estimatorParamMaps: grid, seed: 3, numFolds: 2 };
    const whole = await new CrossValidator({ ...params, evaluator }).fit(frame);
    for (const parallelism of [1, 2]) {
      judged = 0;
      const model = await new CrossValidator({ ...params, parallelism, evaluator: new Dropping() }).fit(frame);
      for (const [i, metric] of whole.avgMetrics.entries()) expect(model.avgMetrics[i]).toBeCloseTo(metric, 10);
      await model.close();
    }
    class Losing extends BinaryClassificationEvaluator {
      override async evaluate(...[rows, options]: Parameters<BinaryClassificationEvaluator['evaluate']>): Promise<number> {
        await engine.command(clean, { owner: 'test' });
        return super.evaluate(rows, options);
      }
    }
    await refuses(
      () => new CrossValidator({ ...params, evaluator: new Losing() }).fit(frame),
      'NOT_FOUND',
      { errorClass: 'CONNECT_ML.CACHE_INVALID' },
      'mlCache.memoryControl.offloadingTimeout',
    );
    await whole.close();
    expect(await kept()).toBe(0);
  });

  it('go and come without a table where a path is named for them; where tables are refused that is told', async () => {
    const other = await Session.connect(inject('sparkAddress'), { logger: SILENT });
    const tree = new DecisionTreeClassifier({ maxDepth: 1, featuresCol: 'planVec' });
    const assembler = new VectorAssembler({ inputCols: ['use'], outputCol: 'planVec' });
    await other.sql('CREATE SCHEMA gone').collect();
    await other.sql('USE gone').collect();
    await other.sql('DROP SCHEMA gone').collect();
    await refuses(() => tree.fit(assembler.transform(other.createFrame(ROWS, SCHEMA))), 'EXPRESSION_INVALID', {}, 'scratch');
    await other.close();
    const named = await Session.connect(inject('sparkAddress'), { scratch: `file:${path('scratch')}/`, logger: SILENT });
    await named.sql('CREATE SCHEMA gone').collect();
    await named.sql('USE gone').collect();
    await named.sql('DROP SCHEMA gone').collect();
    const rows = assembler.transform(named.createFrame(ROWS, SCHEMA));
    const model = await tree.fit(rows);
    await model.close();
    expect(await model.transform(rows).count()).toBe(ROWS.length);
    await model.close();
    expect(readdirSync(path('scratch')).filter((name) => !name.endsWith('.crc'))).toEqual([]);
    await named.close();
    await refuses(() => Session.connect(inject('sparkAddress'), { scratch: '/tmp' }), 'PARAM_INVALID', { param: 'scratch' });
  });

  it('refuse to write over a column that is there, as here', async () => {
    const rows = new VectorAssembler({ inputCols: ['use'], outputCol: 'features' }).transform(frame);
    const classifier = new LogisticRegression({ maxIter: 1, probabilityCol: '' });
    for (const estimator of [classifier, new OneVsRest({ classifier }), new StringIndexer({ inputCol: 'plan', outputCol: 'rawPrediction' })]) {
      const model = (await estimator.fit(rows)) as unknown as Transformer<never>;
      const twice = model.transform(model.transform(rows));
      for (const action of [() => twice.columns(), () => twice.collect()])
        await refuses(action, 'COLUMN_EXISTS', { column: 'rawPrediction', stage: model.owner }, 'already exists');
      await model.close();
    }
  });

  it('that the server moved to its disk score on, and leave it at the close; too large ones are told', async () => {
    const other = await Session.connect(inject('sparkAddress'));
    const rows = other.createFrame(ROWS, SCHEMA);
    const { client, stages } = rows.executor as SparkEngine;
    const control = 'spark.connect.session.connectML.mlCache.memoryControl';
    // Room in memory for one of these models, and on the disk for two.
    await client.configure({ [`${control}.maxInMemorySize`]: '4096', [`${control}.maxStorageSize`]: '9000' }, { owner: 'test' });
    const models = [await indexer.fit(rows), await indexer.fit(rows)];
    expect(await stages.kept()).toHaveLength(1);
    for (const model of models) expect(await model.transform(rows).select('planIx').distinct().count()).toBe(3);
    await refuses(() => indexer.fit(rows), 'MEMORY_LIMIT', { errorClass: 'CONNECT_ML.ML_CACHE_SIZE_OVERFLOW_EXCEPTION' }, 'maxStorageSize');
    for (const model of models) await model.close();
    for (let i = 0; i < 3; i++) await (await indexer.fit(rows)).close();
    await client.configure({ [`${control}.maxModelSize`]: '10' }, { owner: 'test' });
    await refuses(() => indexer.fit(rows), 'MEMORY_LIMIT', { errorClass: 'CONNECT_ML.MODEL_SIZE_OVERFLOW_EXCEPTION' }, 'maxModelSize');
    await other.close();
  });

  it('score by the params of the stage at hand, cleared ones too', async () => {
    const local = await Session.local({ workers: 1, logger: SILENT });
    const here = local.createFrame(ROWS, SCHEMA);
    const model = await new Pipeline({ stages: [...head, lr.copy({ threshold: 0.9 })] }).fit(frame);
    const [first, assembler, fitted] = model.stages as [Transformer<never>, Transformer<never>, LogisticRegressionModel];
    for (const changes of [
      {},
      { threshold: undefined },
      { threshold: undefined, thresholds: [0.1, 0.9] },
      { threshold: 0.2, predictionCol: 'guess' },
    ]) {
      const changed = fitted.copy(changes);
      const guesses = async (rows: Frame) => {
        const scored = changed.transform(assembler.transform(first.transform(rows)));
        return (await scored.select(changed.params.predictionCol).collect()).map((row) => row[changed.params.predictionCol]);
      };
      expect(await guesses(frame)).toEqual(await guesses(here));
    }
    await local.close();
    await model.close();
    expect(await kept()).toBe(0);
  });

  it.each([1, 3])('of searches are given back but for the best one, %i at once', async (parallelism) => {
    const pipeline = new Pipeline({ stages: [...head, lr] });
    const params = { estimator: pipeline, estimatorParamMaps: grid, evaluator, seed: 3, parallelism };
    for (const search of [new CrossValidator({ ...params, numFolds: 2 }), new TrainValidationSplit(params)]) {
      const model = await search.fit(frame);
      expect(await kept()).toBe(2);
      await model.close();
      expect(await kept()).toBe(0);
    }
  });

  it('of searches within searches are given back too, and collected ones by close', async () => {
    const inner = new TrainValidationSplit({ estimator: lr, estimatorParamMaps: grid, evaluator, seed: 1 });
    const pipeline = new Pipeline({ stages: [...head, inner] });
    const maps = new ParamGridBuilder().addGrid(inner, 'trainRatio', [0.5, 0.7]).build();
    const nested = new TrainValidationSplit({ estimator: pipeline, estimatorParamMaps: maps, evaluator, seed: 2, collectSubModels: true });
    const model = await nested.fit(frame);
    expect(await evaluator.evaluate(model.subModels[0].transform(frame))).toBeGreaterThan(0.5);
    await model.close();
    expect(await kept()).toBe(0);
    const quiet = await nested.copy({ collectSubModels: false }).fit(frame);
    expect(await kept()).toBe(2);
    await quiet.close();
    expect(await kept()).toBe(0);
  });

  it('of forests and boosted trees are found by a search', async () => {
    for (const tree of [new RandomForestClassifier({ numTrees: 3, maxDepth: 2, seed: 1 }), new GBTClassifier({ maxIter: 2, maxDepth: 2, seed: 1 })]) {
      const maps = new ParamGridBuilder().addGrid(tree as RandomForestClassifier, 'maxDepth', [1, 2]).build();
      const search = new TrainValidationSplit({ estimator: new Pipeline({ stages: [...head, tree] }), estimatorParamMaps: maps, evaluator, seed: 5 });
      const model = await search.fit(frame);
      expect(model.validationMetrics.every((auc) => auc > 0.5)).toBe(true);
      expect(await evaluator.evaluate(model.transform(frame))).toBeGreaterThan(0.5);
      await model.close();
    }
    expect(await kept()).toBe(0);
  });

  it('of many classes, one a class, are the same as here, score alike in both places, and are given back', async () => {
    const rows = ROWS.map((row, i) => ({ ...row, id: i, label: (row.use > 5 ? 1 : 0) + (row.plan === 'gold' ? 1 : 0) }));
    const local = await Session.local({ workers: 1 });
    try {
      const ovr = new OneVsRest({ classifier: lr.copy({ maxIter: 50, regParam: 0.01 }), parallelism: 2 });
      const pipeline = new Pipeline({ stages: [...head, ovr] });
      const schema = { ...SCHEMA, id: 'int' };
      const [there, here] = [session.createFrame(rows, schema), local.createFrame(rows, schema)];
      const [theirs, ours] = [await pipeline.fit(there), await pipeline.fit(here)];
      expect(theirs.stages.at(-1)).toBeInstanceOf(OneVsRestModel);
      const scores = async (model: typeof ours, on: Frame) => {
        const found = await model.transform(on).orderBy('id').select('rawPrediction', 'prediction').collect();
        return found.flatMap((row) => [...(row.rawPrediction as { toArray(): Float64Array }).toArray(), row.prediction as number]);
      };
      const wanted = await scores(ours, here);
      for (const [model, on] of [
        [theirs, there],
        [theirs, here],
        [ours, there],
      ] as const) {
        for (const [i, value] of (await scores(model, on)).entries()) expect(value).toBeCloseTo(wanted[i], 5);
      }
      const told = await theirs.transform(there).schema();
      expect(told.find('prediction')?.metadata).toEqual({ ml_attr: { type: 'nominal', name: 'label', num_vals: 3 } });
      await Promise.all([theirs.close(), ours.close()]);
      const maps = new ParamGridBuilder().addGrid(ovr.params.classifier as LogisticRegression, 'regParam', [0.01, 1]).build();
      const evaluator = new MulticlassClassificationEvaluator();
      const found = await new TrainValidationSplit({ estimator: pipeline, estimatorParamMaps: maps, evaluator, seed: 1 }).fit(there);
      expect(found.bestIndex).toBe(0);
      await found.close();
      expect(await kept()).toBe(0);
      const negative = there.withColumn('label', col('label').minus(1));
      await refuses(() => pipeline.fit(negative), 'VALUE_INVALID', { column: 'label', value: -1 });
      expect(await kept()).toBe(0);
    } finally {
      await local.close();
    }
  });

  it('of a fit or a search that fails or is stopped are given back', async () => {
    const negative = frame.withColumn('label', col('label').minus(5));
    const told: (number | undefined)[] = [];
    const pipeline = new Pipeline({ stages: [...head, lr] });
    const failed = pipeline.fit(negative, { onProgress: (e) => e.stage === pipeline.uid && told.push(e.done) });
    await expect(failed).rejects.toMatchObject({ name: 'MlError' });
    // The indexer was there already.
    expect(told).toEqual([1, 2]);
    expect(await kept()).toBe(0);
    const stop = new AbortController();
    const search = new CrossValidator({ estimator: new Pipeline({ stages: [...head, lr] }), estimatorParamMaps: grid, evaluator, numFolds: 2 });
    let done = 0;
    const fitting = search.fit(frame, { signal: stop.signal, onProgress: (e) => e.stage === search.uid && ++done === 2 && stop.abort() });
    await refuses(() => fitting, 'ABORTED');
    expect(await kept()).toBe(0);
  });

  it('that Spark lacks are refused before any work, and another one named', async () => {
    const boosted = new HistGradientBoostingClassifier({ maxIter: 2 });
    const pipeline = new Pipeline({ stages: [...head, boosted] });
    await refuses(() => pipeline.fit(frame), 'NOT_SUPPORTED', { stage: boosted.owner }, 'GBTClassifier');
    const maps = new ParamGridBuilder().addGrid(boosted, 'maxIter', [1, 2]).build();
    const search = new CrossValidator({ estimator: pipeline, estimatorParamMaps: maps, evaluator });
    await refuses(() => search.fit(frame), 'NOT_SUPPORTED', { stage: boosted.owner }, 'GBTClassifier');
    expect(await kept()).toBe(0);
  });
});
