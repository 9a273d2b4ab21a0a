import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  DecisionTreeClassifier,
  type GBTClassificationModel,
  GBTClassifier,
  HistGradientBoostingClassifier,
  LogisticRegression,
  type LogisticRegressionModel,
  OneVsRest,
  OneVsRestModel,
  RandomForestClassifier,
} from '#dist/classification/index.js';
import { MulticlassClassificationEvaluator } from '#dist/evaluation/index.js';
import { StandardScaler, StringIndexer, VectorAssembler } from '#dist/feature/index.js';
import { col, type Frame, lit, load, Pipeline, type PipelineModel, Session, Vectors } from '#dist/index.js';
import { CrossValidator, ParamGridBuilder } from '#dist/tuning/index.js';
import { refuses } from '../engine/harness.ts';
import { saved, withFile } from '../persistence/files.ts';

const ROWS = Array.from({ length: 240 }, (_, i) => {
  const [x, y] = [Math.sin(i * 12.9898) * 3, ((i * 7919) % 101) / 10];
  const label = x + y + Math.cos(i) > 6 ? 2 : x > 0 ? 1 : 0;
  return { id: i, label, name: ['zero', 'one', 'two'][label], weight: i % 3, fold: i % 2, features: Vectors.dense([x, y]) };
});
const SCHEMA = { id: 'int', label: 'double', name: 'string', weight: 'double', fold: 'int', features: 'vector' };
const lr = new LogisticRegression({ regParam: 0.05 });

let session: Session;
let frame: Frame;
beforeAll(async () => {
  session = await Session.local({ workers: 2 });
  frame = session.createFrame(ROWS, SCHEMA);
});
afterAll(() => session?.close());

describe('OneVsRest', () => {
  it('lets a classifier hold rows out by a column of its own', async () => {
    const classifier = new GBTClassifier({ maxIter: 3, maxDepth: 2, validationIndicatorCol: 'held', validationTol: 0 });
    const split = frame.withColumn('held', col('fold').equalTo(1));
    const [first] = (await new OneVsRest({ classifier }).fit(split)).models as GBTClassificationModel[];
    const alone = await classifier.fit(split.withColumn('label', col('label').equalTo(0).cast('double')));
    expect(first.toDebugString.split('\n').slice(1)).toEqual(alone.toDebugString.split('\n').slice(1));
    await refuses(() => new OneVsRest({ classifier }).fit(frame), 'COLUMN_NOT_FOUND', { column: 'held' });
  });

  it('fits each class against all others, as the classifier alone does, and predicts the class of the largest score', async () => {
    const model = await new OneVsRest({ classifier: lr, weightCol: 'weight' }).fit(frame);
    const scored = await model.transform(frame).collect();
    for (const [c, own] of (model.models as LogisticRegressionModel[]).entries()) {
      const alone = await lr.copy({ weightCol: 'weight' }).fit(frame.withColumn('label', col('label').equalTo(c).cast('double')));
      expect([own.coefficients, own.intercept]).toEqual([alone.coefficients, alone.intercept]);
      for (const [i, { features }] of ROWS.entries())
        expect((scored[i].rawPrediction as { values: number[] }).values[c]).toBe(alone.predictRaw(features).toArray()[1]);
    }
    for (const { rawPrediction, prediction } of scored) expect(prediction).toBe((rawPrediction as { argmax: number }).argmax);
    expect([model.numClasses, model.numFeatures, model.parent, String(model)]).toEqual([
      3,
      2,
      expect.any(OneVsRest),
      `OneVsRestModel: uid=${model.uid}, classifier=${lr.uid}, numClasses=3, numFeatures=2`,
    ]);
  });

  it.each([
    new DecisionTreeClassifier({ maxDepth: 3, leafCol: 'leaf' }),
    new RandomForestClassifier({ numTrees: 3, maxDepth: 3, seed: 1 }),
    new GBTClassifier({ maxIter: 3, maxDepth: 2 }),
    new HistGradientBoostingClassifier({ maxIter: 5, contributionsCol: 'shares' }),
  ])('works with %s and makes its own columns only', async (classifier) => {
    const model = await new OneVsRest({ classifier }).fit(frame);
    const scored = model.transform(frame.select('id', 'features', 'label'));
    expect(await scored.columns()).toEqual(['id', 'features', 'label', 'rawPrediction', 'prediction']);
    expect(await new MulticlassClassificationEvaluator({ metricName: 'accuracy' }).evaluate(scored)).toBeGreaterThan(0.8);
  });

  it('gives the same bits however many fits go on at once, and tells of each', async () => {
    const found = [];
    for (const parallelism of [1, 3]) {
      const ovr = new OneVsRest({ classifier: lr, parallelism }, 'ovr');
      const told: unknown[] = [];
      const model = await ovr.fit(frame, { onProgress: ({ stage, done, total }) => stage === ovr.uid && told.push([done, total]) });
      expect(told).toEqual([1, 2, 3].map((done) => [done, 3]));
      found.push(await model.transform(frame).collect());
    }
    expect(found[1]).toEqual(found[0]);
  });

  it('takes the number of classes and the prediction’s labels from the label column’s attribute where it has one', async () => {
    const indexer = new StringIndexer({ inputCol: 'name', outputCol: 'ix', stringOrderType: 'alphabetAsc' });
    const indexed = (await indexer.fit(frame)).transform(frame);
    const model = await new OneVsRest({ classifier: lr, labelCol: 'ix' }).fit(indexed.filter(col('ix').notEqual(2)));
    expect(model.numClasses).toBe(3);
    const metadata = { ml_attr: { type: 'nominal', name: 'ix', vals: ['one', 'two', 'zero'] } };
    const schema = await model.transform(frame).schema();
    expect(schema.find('prediction')?.metadata).toEqual(metadata);
    expect(schema.find('rawPrediction')?.metadata).toEqual({ ml_attr: { num_attrs: 3 } });
    const [{ rawPrediction, prediction }] = await model.transform(frame).collect();
    expect([(rawPrediction as { values: number[] }).values[2], prediction === 2]).toEqual([Number.NEGATIVE_INFINITY, false]);
  });

  it('names a class that no row has by a model that never chooses it', async () => {
    for (const classifier of [lr, new DecisionTreeClassifier({ maxDepth: 2 })]) {
      const model = await new OneVsRest({ classifier }).fit(frame.filter(col('label').notEqual(1)));
      const predictions = (await model.transform(frame).collect()).map((row) => row.prediction);
      expect([model.numClasses, new Set(predictions)]).toEqual([3, new Set([0, 2])]);
    }
  });

  it('reads and writes the columns that it names, whatever the classifier and the models name', async () => {
    const odd = frame.toDF('id', 'a.b', 'name', 'weight', 'fold', '__proto__');
    const classifier = lr.copy({ featuresCol: 'nope', labelCol: 'nope', predictionCol: 'label', rawPredictionCol: 'features', probabilityCol: 'id' });
    const ovr = new OneVsRest({ classifier, featuresCol: '__proto__', labelCol: 'a.b', predictionCol: 'p', rawPredictionCol: '' });
    const model = await ovr.fit(odd);
    expect((await model.transform(odd).columns()).slice(6)).toEqual(['p']);
    expect((await model.copy({ featuresCol: 'features', predictionCol: '', rawPredictionCol: 'r' }).transform(frame).columns()).slice(6)).toEqual([
      'r',
    ]);
    expect(await model.copy({ predictionCol: '' }).transform(odd).columns()).toEqual(await odd.columns());
    await refuses(() => model.copy({ predictionCol: 'id' }).transform(odd).schema(), 'COLUMN_EXISTS', { column: 'id' });
  });

  it('does not mind columns of names that its classifier or models would use, and knows its features’ names', async () => {
    const assembled = new VectorAssembler({ inputCols: ['id', 'fold'], outputCol: 'v' }).transform(frame);
    const scaled = (await new StandardScaler({ inputCol: 'v', outputCol: 's' }).fit(assembled)).transform(assembled);
    const taken = scaled.withColumn('probability', lit(0)).withColumn('mc2b$0', lit(1));
    const model = await new OneVsRest({ classifier: lr, featuresCol: 's' }).fit(taken);
    expect(await model.transform(taken).count()).toBe(ROWS.length);
    for (const { featureNames } of model.models as LogisticRegressionModel[]) expect(featureNames).toEqual(['id', 'fold']);
  });

  it('passes over weights, with a warning, where the classifier takes none', async () => {
    const warnings: string[] = [];
    const quiet = () => {};
    const told = await Session.local({ workers: 1, logger: { debug: quiet, info: quiet, error: quiet, warn: (text) => void warnings.push(text) } });
    try {
      class Unweighted extends LogisticRegression {
        static override readonly type = 'acme.Unweighted';
        static override readonly paramSchema = LogisticRegression.paramSchema.omit({ weightCol: true }) as never;
      }
      const here = told.createFrame(ROWS, SCHEMA);
      const model = await new OneVsRest({ classifier: new Unweighted(), weightCol: 'weight', rawPredictionCol: '' }).fit(here);
      const plain = await new OneVsRest({ classifier: new LogisticRegression(), rawPredictionCol: '' }).fit(here);
      expect(await model.transform(here).collect()).toEqual(await plain.transform(here).collect());
      expect(warnings.filter((text) => text.includes('weightCol'))).toHaveLength(1);
    } finally {
      await told.close();
    }
  });

  it('is searched by the params of its classifier, and fits in a pipeline', async () => {
    const ovr = new OneVsRest({ classifier: lr });
    const estimatorParamMaps = new ParamGridBuilder().addGrid(lr, 'regParam', [10, 0.01]).build();
    const evaluator = new MulticlassClassificationEvaluator();
    const estimator = new Pipeline({ stages: [ovr] });
    const found = await new CrossValidator({ estimator, estimatorParamMaps, evaluator, numFolds: 2, foldCol: 'fold' }).fit(frame);
    expect(found.bestIndex).toBe(1);
    const best = (found.bestModel as PipelineModel).stages[0] as OneVsRestModel;
    expect(best.models.map((model) => (model as LogisticRegressionModel).params.regParam)).toEqual([0.01, 0.01, 0.01]);
    expect(best.params.classifier?.params).toMatchObject({ regParam: 0.01 });
    const copied = best.copy(new ParamGridBuilder().baseOn(lr, 'probabilityCol', 'p').build()[0]);
    expect(copied.models.map((model) => (model as LogisticRegressionModel).params.probabilityCol)).toEqual(['p', 'p', 'p']);
  });

  it('is loaded with as many models as it says, all of them classifiers’', async () => {
    const model = await new OneVsRest({ classifier: lr }).fit(frame);
    const files = saved(model);
    const metadata = 'metadata/part-00000.txt';
    const text = new TextDecoder().decode(files.get(metadata));
    const loaded = (await load(files)) as unknown as OneVsRestModel;
    expect([String(loaded), await loaded.transform(frame).collect()]).toEqual([String(model), await model.transform(frame).collect()]);
    for (const [from, to] of [
      ['"numClasses":3', '"numClasses":4'],
      ['"numClasses":3', '"numClasses":1000000000'],
      ['"numClasses":3', '"numClasses":0'],
      ['"numClasses":3', '"numClasses":"3"'],
      [/"labelMetadata":"(\\.|[^"])*"/, '"labelMetadata":"[]"'],
    ] as const) {
      const changed = withFile(files, metadata, text.replace(from, to));
      await expect(load(changed), to).rejects.toMatchObject({ code: 'MODEL_FORMAT' });
    }
    for (const other of [lr, await new StringIndexer({ inputCol: 'name' }).fit(frame)]) {
      const kept = [...files].filter(([name]) => !name.startsWith('model_1/'));
      const swapped = [...saved(other)].map(([name, bytes]) => [`model_1/${name}`, bytes] as const);
      await expect(load(new Map([...kept, ...swapped]))).rejects.toMatchObject({ code: 'MODEL_FORMAT', message: expect.stringContaining('model_1') });
    }
  });

  it('stops when its signal is raised', async () => {
    const stop = new AbortController();
    const ovr = new OneVsRest({ classifier: lr });
    const fitting = ovr.fit(frame, { signal: stop.signal, onProgress: ({ stage }) => stage === ovr.uid && stop.abort() });
    await refuses(() => fitting, 'ABORTED');
  });

  it('must have a classifier, rows, and labels that are classes', async () => {
    expect(() => new OneVsRest({ classifier: new StringIndexer() as never })).toThrow(expect.objectContaining({ code: 'PARAM_INVALID' }));
    await refuses(() => new OneVsRest().fit(frame), 'PARAM_INVALID', { param: 'classifier' });
    const ovr = new OneVsRest({ classifier: lr });
    await refuses(() => ovr.fit(frame.limit(0)), 'EMPTY_DATASET');
    const withLabel = (label: number | null) => session.createFrame([...ROWS.slice(0, 4), { ...ROWS[0], label }] as never, SCHEMA);
    for (const label of [null, Number.NaN, -1, 0.5, 3e9]) {
      await refuses(() => ovr.fit(withLabel(label)), 'VALUE_INVALID', { column: 'label', row: 4, value: label }, 'class number');
    }
    await refuses(() => ovr.fit(withLabel(4711)), 'VALUE_INVALID', { row: 4, value: 4711 }, 'large gaps');
    expect(() => new OneVsRestModel({}, { models: [], labelMetadata: {} })).toThrow(/at least one class/);
  });
});
