import { describe, expect, it } from 'vitest';
import { LogisticRegression } from '#dist/classification/index.js';
import { BinaryClassificationEvaluator, MulticlassClassificationEvaluator, RegressionEvaluator } from '#dist/evaluation/index.js';
import {
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
import { col, Pipeline } from '#dist/index.js';
import { CrossValidator, ParamGridBuilder, TrainValidationSplit } from '#dist/tuning/index.js';
import { refuses, session } from '../engine/harness.ts';
import { frameOf } from './rows.ts';

const s = session();
const assembler = new VectorAssembler({ inputCols: ['a', 'b'], outputCol: 'features' });
const regression = new LogisticRegression({ maxIter: 3 });
const data = () => frameOf(s(), 50);
const vectors = () => assembler.transform(data());

type Stage = new (params: never) => { copy(changes: never): unknown };
const STAGES = [
  LogisticRegression,
  StringIndexer,
  OneHotEncoder,
  VectorAssembler,
  Imputer,
  StandardScaler,
  MinMaxScaler,
  Bucketizer,
  IndexToString,
  SQLTransformer,
  Pipeline,
  CrossValidator,
  TrainValidationSplit,
  BinaryClassificationEvaluator,
  MulticlassClassificationEvaluator,
  RegressionEvaluator,
] as unknown as Stage[];

describe('a param', () => {
  it('that a stage does not have is refused by name, however it is called', async () => {
    for (const Class of STAGES) {
      for (const params of [{ inptCol: 'a' }, { constructor: 1 }, { toString: 1 }, JSON.parse('{"__proto__": {"maxIter": 1}}')]) {
        await refuses(() => new Class(params as never), 'PARAM_UNKNOWN', { param: Object.getOwnPropertyNames(params)[0] });
      }
      for (const params of [null, [], 'x', 5]) await refuses(() => new Class(params as never), 'PARAM_INVALID');
    }
    await refuses(() => new LogisticRegression({ maxIters: 1 } as never), 'PARAM_UNKNOWN', { param: 'maxIters' }, 'did you mean maxIter?');
    await refuses(() => regression.copy({ maxIters: 1 } as never), 'PARAM_UNKNOWN', { param: 'maxIters' });
    for (const name of ['constructor', '__proto__', 'regParm']) {
      await refuses(() => regression.getParam(name as never), 'PARAM_UNKNOWN', { param: name });
      await refuses(() => new ParamGridBuilder().addGrid(regression, name as never, [1] as never), 'PARAM_UNKNOWN', { param: name });
    }
  });

  it('of the wrong type or out of range is refused with name and value', async () => {
    const wrong: readonly [Stage, Record<string, unknown>][] = [
      [LogisticRegression, { maxIter: '5' }],
      [LogisticRegression, { maxIter: 1.5 }],
      [LogisticRegression, { regParam: Number.NaN }],
      [LogisticRegression, { elasticNetParam: 2 }],
      [LogisticRegression, { family: 'x' }],
      [LogisticRegression, { thresholds: [0, 0] }],
      [LogisticRegression, { featuresCol: '' }],
      [LogisticRegression, { labelCol: null }],
      [StringIndexer, { inputCol: 1 }],
      [StringIndexer, { handleInvalid: 'x' }],
      [StringIndexer, { inputCols: 'abc' }],
      [OneHotEncoder, { dropLast: 'no' }],
      [VectorAssembler, { inputCols: [1] }],
      [Imputer, { strategy: 'avg' }],
      [StandardScaler, { withMean: 'yes' }],
      [MinMaxScaler, { min: Number.NaN }],
      [Bucketizer, { splits: [1, 1, 2] }],
      [Bucketizer, { splits: [1, Number.NaN, 3] }],
      [IndexToString, { labels: [1] }],
      [SQLTransformer, { statement: 1 }],
      [Pipeline, { stages: [null] }],
      [BinaryClassificationEvaluator, { metricName: 'auc' }],
      [MulticlassClassificationEvaluator, { beta: 0 }],
      [RegressionEvaluator, { throughOrigin: 0 }],
    ] as unknown as [Stage, Record<string, unknown>][];
    for (const [Class, params] of wrong) {
      const [[param, value]] = Object.entries(params) as [[string, unknown]];
      await refuses(() => new Class(params as never), 'PARAM_INVALID', { param, value }, param);
    }
    await refuses(() => new ParamGridBuilder().addGrid(regression, 'regParam', [-1]).build(), 'PARAM_INVALID', { param: 'regParam', value: -1 });
    await refuses(() => new StringIndexer({ inputCol: 'a', inputCols: ['a'] } as never), 'PARAM_INVALID', {}, 'inputCols');
    await refuses(() => new StringIndexer({ inputCols: ['a'], outputCols: ['b', 'c'] }), 'PARAM_INVALID', {}, '1 and 2');
  });
});

describe('a column', () => {
  it('that is missing is told by name, before any work', async () => {
    await refuses(() => regression.fit(data()), 'COLUMN_NOT_FOUND', { column: 'features' });
    await refuses(() => regression.copy({ labelCol: 'zz' }).fit(vectors()), 'COLUMN_NOT_FOUND', { column: 'zz' });
    await refuses(() => regression.copy({ weightCol: 'zz' }).fit(vectors()), 'COLUMN_NOT_FOUND', { column: 'zz' });
    await refuses(
      () =>
        assembler
          .copy({ inputCols: ['zz'] })
          .transform(data())
          .schema(),
      'COLUMN_NOT_FOUND',
      { column: 'zz' },
    );
    await refuses(() => new StringIndexer({ inputCol: 'zz', outputCol: 'o' }).fit(data()), 'COLUMN_NOT_FOUND', { column: 'zz' });
    await refuses(() => new Imputer({ inputCols: ['zz'], outputCols: ['o'] }).fit(data()), 'COLUMN_NOT_FOUND', { column: 'zz' });
    await refuses(() => new RegressionEvaluator({ predictionCol: 'zz' }).evaluate(data()), 'COLUMN_NOT_FOUND', { column: 'zz' });
  });

  it('of the wrong type is told by name', async () => {
    await refuses(() => regression.copy({ featuresCol: 'a' }).fit(data()), 'COLUMN_TYPE', { column: 'a' });
    await refuses(() => regression.copy({ labelCol: 'c' }).fit(vectors()), 'COLUMN_TYPE', { column: 'c' });
    await refuses(() => regression.copy({ weightCol: 'c' }).fit(vectors()), 'COLUMN_TYPE', { column: 'c' });
    await refuses(
      () =>
        assembler
          .copy({ inputCols: ['c'] })
          .transform(data())
          .collect(),
      'COLUMN_TYPE',
      { column: 'c' },
    );
    await refuses(() => new StringIndexer({ inputCol: 'features', outputCol: 'o' }).fit(vectors()), 'COLUMN_TYPE', { column: 'features' });
    await refuses(() => new OneHotEncoder({ inputCols: ['c'], outputCols: ['o'] }).fit(data()), 'COLUMN_TYPE', { column: 'c' });
    await refuses(() => new Imputer({ inputCols: ['c'], outputCols: ['o'] }).fit(data()), 'COLUMN_TYPE', { column: 'c' });
    await refuses(() => new StandardScaler({ inputCol: 'a', outputCol: 'o' }).fit(data()), 'COLUMN_TYPE', { column: 'a' });
    await refuses(() => new Bucketizer({ inputCol: 'c', outputCol: 'o', splits: [0, 1, 2] }).transform(data()).collect(), 'COLUMN_TYPE', {
      column: 'c',
    });
  });

  it('whose name is taken is not written over', async () => {
    await refuses(() => regression.copy({ predictionCol: 'a' }).fit(vectors()), 'COLUMN_EXISTS', { column: 'a' });
    await refuses(() => regression.copy({ predictionCol: 'x', probabilityCol: 'x' }).fit(vectors()), 'COLUMN_EXISTS', { column: 'x' });
    await refuses(() => regression.copy({ predictionCol: 'features' }).fit(vectors()), 'COLUMN_EXISTS', { column: 'features' });
    await refuses(() => assembler.copy({ outputCol: 'a' }).transform(data()).collect(), 'COLUMN_EXISTS', { column: 'a' });
    await refuses(() => new StringIndexer({ inputCol: 'c', outputCol: 'a' }).fit(data()), 'COLUMN_EXISTS', { column: 'a' });
  });

  it('that stands twice is told when it is used', async () => {
    await refuses(() => data().select('a', 'a').collect(), 'COLUMN_AMBIGUOUS', { column: 'a' });
    await refuses(() => regression.fit(vectors().select('features', 'label', 'label')), 'COLUMN_AMBIGUOUS', { column: 'label' });
    expect(
      (
        await assembler
          .copy({ inputCols: ['a', 'a'] })
          .transform(data())
          .first()
      )?.features,
    ).toHaveProperty('size', 2);
  });
});

describe('a frame to score whose schema differs from the one fitted', () => {
  const learn = () =>
    new Pipeline({
      stages: [
        new StringIndexer({ inputCol: 'c', outputCol: 'ci' }),
        new OneHotEncoder({ inputCols: ['ci'], outputCols: ['cv'] }),
        new VectorAssembler({ inputCols: ['a', 'b', 'cv'], outputCol: 'features' }),
        regression,
      ],
    }).fit(data());

  it('scores the same when only what it does not read differs', async () => {
    const model = await learn();
    const scores = (frame: ReturnType<typeof data>) => model.transform(frame).select('prediction', 'probability').collect();
    const expected = await scores(data());
    for (const frame of [
      data().drop('label'),
      data().select('c', 'w', 'b', 'a'),
      data().withColumn('zz', col('a')),
      data().withColumn('b', col('b').cast('int')),
    ]) {
      expect(await scores(frame)).toEqual(expected);
    }
  });

  it('is refused by the column that misses, or has another type or a taken name', async () => {
    const model = await learn();
    const score = (frame: ReturnType<typeof data>) => model.transform(frame).collect();
    await refuses(() => score(data().drop('a')), 'COLUMN_NOT_FOUND', { column: 'a' });
    // An indexer model passes over a column that is missing, as Spark's does; who misses the codes then is told of it.
    const [indexer] = model.stages;
    await refuses(
      () => score(data().drop('c')),
      'COLUMN_NOT_FOUND',
      { column: 'c', stage: indexer?.uid },
      'StringIndexerModel: column "c" does not exist',
    );
    await refuses(() => score(data().withColumnRenamed('a', 'A')), 'COLUMN_NOT_FOUND', { column: 'a' });
    await refuses(() => score(data().withColumn('a', col('a').cast('string'))), 'COLUMN_TYPE', { column: 'a' });
    await refuses(() => score(vectors().withColumn('c', col('features')).drop('features')), 'COLUMN_TYPE', { column: 'c' });
    for (const name of ['prediction', 'features', 'ci'])
      await refuses(() => score(data().withColumn(name, col('a'))), 'COLUMN_EXISTS', { column: name });
  });
});
