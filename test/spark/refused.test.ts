import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { DecisionTreeClassifier, LogisticRegression } from '#dist/classification/index.js';
import { Session } from '#dist/engine/session.js';
import type { MlErrorCode, MlErrorDetails } from '#dist/error.js';
import { BinaryClassificationEvaluator, MulticlassClassificationEvaluator, RegressionEvaluator } from '#dist/evaluation/index.js';
import {
  Bucketizer,
  Imputer,
  IndexToString,
  OneHotEncoder,
  StandardScaler,
  StringIndexer,
  StringIndexerModel,
  VectorAssembler,
} from '#dist/feature/index.js';
import { col, lit } from '#dist/frame/column.js';
import type { Frame } from '#dist/frame/frame.js';
import { arrayToVector, sequence } from '#dist/frame/functions.js';
import { Vectors } from '#dist/linalg/vectors.js';
import { Pipeline } from '#dist/pipeline/index.js';
import { GBTRegressor } from '#dist/regression/index.js';
import { failure, refuses } from '../engine/harness.ts';

const ROWS = [
  { id: 1, plan: 'gold', city: 'Rome', use: 1, age: 30, 'k.x': 'a' },
  { id: 2, plan: 'free. To handle', city: null, use: Number.NaN, age: 41, 'k.x': 'b' },
  { id: 3, plan: 'gold', city: 'Oslo', use: 9, age: null, 'k.x': 'c' },
];
const SCHEMA = { id: 'double', plan: 'string', city: 'string', use: 'double', age: 'int', 'k.x': 'string' };

/** Of what a transformer refuses, the same words as here. */
const SCORED: readonly [name: string, (frame: Frame) => Promise<unknown>][] = [
  ['an unseen label', (f) => StringIndexerModel.fromLabels(['gold'], { inputCol: 'plan', outputCol: 'o' }).transform(f).collect()],
  [
    'an unseen label of one of two columns',
    (f) =>
      StringIndexerModel.fromLabelsArray([['gold', 'free. To handle'], ['a']], { inputCols: ['plan', 'k.x'], outputCols: ['o', 'p'] })
        .transform(f.limit(2))
        .collect(),
  ],
  ['an unseen number', (f) => StringIndexerModel.fromLabels(['1.0', '2.0'], { inputCol: 'id', outputCol: 'o' }).transform(f).collect()],
  ['a null', (f) => StringIndexerModel.fromLabels(['Rome', 'Oslo'], { inputCol: 'city', outputCol: 'o' }).transform(f).collect()],
  [
    'a value that an earlier step made',
    (f) =>
      new OneHotEncoder({ inputCol: 'i', outputCol: 'o' })
        .fit(f.withColumn('i', lit(0)).withColumn('i', col('i').cast('double')))
        .then((model) => model.transform(f.withColumn('i', col('id').plus(1))).collect()),
  ],
  ['a hole', (f) => new VectorAssembler({ inputCols: ['id', 'age'], outputCol: 'o' }).transform(f).collect()],
  ['a number that is none', (f) => new VectorAssembler({ inputCols: ['id', 'use'], outputCol: 'o' }).transform(f).collect()],
  ['a number beyond the splits', (f) => new Bucketizer({ inputCol: 'id', outputCol: 'o', splits: [0, 1.5, 2.5] }).transform(f).collect()],
  ['an index without a label', (f) => new IndexToString({ inputCol: 'id', outputCol: 'o', labels: ['a', 'b'] }).transform(f).collect()],
  [
    'in the fit of a later stage',
    (f) => {
      const stages = [
        new StringIndexer({ inputCol: 'plan', outputCol: 'label' }),
        new VectorAssembler({ inputCols: ['id', 'age'], outputCol: 'features' }),
        new DecisionTreeClassifier({ maxDepth: 1 }),
      ];
      return new Pipeline({ stages }).fit(f);
    },
  ],
];

/** Of what a fit or a judgement refuses, the column. */
const TRAINED: readonly [name: string, (frame: Frame) => Promise<unknown>, column: string][] = [
  ['a label that is null', (f) => new LogisticRegression({ maxIter: 1, labelCol: 'age', featuresCol: 'v' }).fit(f), 'age'],
  ['a label below 0', (f) => new LogisticRegression({ maxIter: 1, featuresCol: 'v' }).fit(f.withColumn('label', col('id').minus(2))), 'label'],
  [
    'a label with a fraction',
    (f) => new DecisionTreeClassifier({ labelCol: 'h', featuresCol: 'v' }).fit(f.withColumn('h', col('id').divide(2))),
    'h',
  ],
  ['a weight below 0', (f) => new LogisticRegression({ labelCol: 'id', weightCol: 'w', featuresCol: 'v' }).fit(f.withColumn('w', lit(-1))), 'w'],
  ['a vector that is null', (f) => new LogisticRegression({ labelCol: 'id', featuresCol: 'n' }).fit(f), 'n'],
  ['a vector with a hole', (f) => new DecisionTreeClassifier({ labelCol: 'id', featuresCol: 'u' }).fit(f), 'u'],
];

const NONE = lit(false);
/** Of rows or params that a fit or a judgement refuses: the code, and what the details hold. */
const REFUSED: readonly [name: string, (frame: Frame) => Promise<unknown>, code: MlErrorCode, details: MlErrorDetails][] = [
  ['no rows: regression', (f) => new LogisticRegression({ labelCol: 'id', featuresCol: 'v' }).fit(f.filter(NONE)), 'EMPTY_DATASET', {}],
  ['no rows: tree', (f) => new DecisionTreeClassifier({ labelCol: 'id', featuresCol: 'v' }).fit(f.filter(NONE)), 'EMPTY_DATASET', {}],
  ['no rows: boosted trees', (f) => new GBTRegressor({ labelCol: 'id', featuresCol: 'v', maxIter: 2 }).fit(f.filter(NONE)), 'EMPTY_DATASET', {}],
  ['no rows: scaler', (f) => new StandardScaler({ inputCol: 'v', outputCol: 'o' }).fit(f.filter(NONE)), 'EMPTY_DATASET', {}],
  ['no rows: judgement', (f) => new RegressionEvaluator({ labelCol: 'id', predictionCol: 'use' }).evaluate(f.filter(NONE)), 'EMPTY_DATASET', {}],
  ...(['areaUnderROC', 'areaUnderPR'] as const).map((metricName): (typeof REFUSED)[number] => [
    `no rows: ${metricName}`,
    (f) => new BinaryClassificationEvaluator({ metricName, labelCol: 'id', rawPredictionCol: 'use' }).evaluate(f.filter(NONE)),
    'EMPTY_DATASET',
    {},
  ]),
  ...(['f1', 'accuracy', 'truePositiveRateByLabel'] as const).map((metricName): (typeof REFUSED)[number] => [
    `no rows: ${metricName}`,
    (f) => new MulticlassClassificationEvaluator({ metricName, labelCol: 'id', predictionCol: 'use' }).evaluate(f.filter(NONE)),
    'EMPTY_DATASET',
    {},
  ]),
  ['no value', (f) => new Imputer({ inputCol: 'use', outputCol: 'o' }).fit(f.filter(NONE)), 'VALUE_INVALID', { column: 'use' }],
  [
    'a null among vectors of a regression',
    (f) => new LogisticRegression({ labelCol: 'id', featuresCol: 'n' }).fit(f.withColumn('id', col('id').minus(1))),
    'VALUE_INVALID',
    { column: 'n' },
  ],
  [
    'vectors of two sizes',
    (f) =>
      new StandardScaler({ inputCol: 's', outputCol: 'o' }).fit(
        f.coalesce(1).withColumn('s', arrayToVector(sequence(lit(1), col('id').cast('int')))),
      ),
    'VALUE_INVALID',
    { column: 's' },
  ],
  [
    'too few bins',
    (f) => {
      const stages = [
        new StringIndexer({ inputCol: 'k.x', outputCol: 'i' }),
        new VectorAssembler({ inputCols: ['i'], outputCol: 'features' }),
        new DecisionTreeClassifier({ maxBins: 2, labelCol: 'id' }),
      ];
      return new Pipeline({ stages }).fit(f);
    },
    'PARAM_INVALID',
    { param: 'maxBins', column: 'features', value: 3 },
  ],
];

describe('a value that Spark’s stage refuses', { timeout: 240_000 }, () => {
  let cluster: Session;
  let local: Session;
  beforeAll(async () => {
    cluster = await Session.connect(inject('sparkAddress'));
    local = await Session.local({ workers: 1 });
  });
  afterAll(async () => {
    await cluster?.close();
    await local?.close();
  });
  const frame = (session: Session) =>
    session.createFrame(
      ROWS.map((row) => ({ ...row, v: Vectors.dense(row.id), n: row.id === 2 ? null : Vectors.dense(row.id), u: Vectors.dense(row.use) })),
      { ...SCHEMA, v: 'vector', n: 'vector', u: 'vector' },
    );
  const plain = ({ code, message, details: { column, value } }: Awaited<ReturnType<typeof failure>>) => ({
    code,
    message: message.replace(/ at row \d+/, ''),
    column,
    value,
  });

  it.each(SCORED)('is told with its column, as here: %s', async (_, run) => {
    const [theirs, ours] = [await failure(() => run(frame(cluster))), await failure(() => run(frame(local)))];
    expect(plain(theirs)).toEqual(plain(ours));
    expect(theirs.code).toBe('VALUE_INVALID');
    expect(theirs.details.errorClass).toEqual(expect.any(String));
  });

  it.each(TRAINED)('is told with its column by a fit: %s', async (_, run, column) => {
    const [theirs, ours] = [await failure(() => run(frame(cluster))), await failure(() => run(frame(local)))];
    expect([theirs.code, theirs.details.column]).toEqual(['VALUE_INVALID', column]);
    expect([ours.code, ours.details.column]).toEqual(['VALUE_INVALID', column]);
  });

  it.each(REFUSED)('or rows and params that a fit refuses are told as here: %s', async (_, run, code, details) => {
    for (const session of [cluster, local])
      await refuses(() => run(frame(session)), code, details, /^((?!Exception|Job aborted|requirement failed).)*$/);
  });

  it('of a calculation is told in a sentence that knows the session’s settings', () =>
    refuses(
      () =>
        frame(cluster)
          .select(lit(1).divide(col('id').minus(1)))
          .collect(),
      'VALUE_INVALID',
      { errorClass: 'DIVIDE_BY_ZERO' },
      /^((?!ansi).)*$/,
    ));
});
