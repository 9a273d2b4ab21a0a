import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { DecisionTreeClassifier, GBTClassifier, LogisticRegression, OneVsRest } from '#dist/classification/index.js';
import { Session } from '#dist/engine/session.js';
import { BinaryClassificationEvaluator } from '#dist/evaluation/index.js';
import { Binarizer, Bucketizer, Imputer, IndexToString, OneHotEncoder, StandardScaler, StringIndexer, VectorAssembler } from '#dist/feature/index.js';
import type { Frame } from '#dist/frame/frame.js';
import { Vectors } from '#dist/linalg/index.js';
import { isVector } from '#dist/linalg/vectors.js';
import { Pipeline } from '#dist/pipeline/index.js';
import { DecisionTreeRegressor } from '#dist/regression/index.js';
import { ChiSquareTest, Correlation, KolmogorovSmirnovTest } from '#dist/stat/index.js';
import { CrossValidator, ParamGridBuilder } from '#dist/tuning/index.js';
import { SILENT } from '../engine/harness.ts';

let here: Session;
let there: Session;
beforeAll(async () => {
  here = await Session.local({ workers: 1, logger: SILENT });
  there = await Session.connect(inject('sparkAddress'), { logger: SILENT });
});
afterAll(async () => {
  await here?.close();
  await there?.close();
});

/** Values without the order of an object's keys, vectors as numbers, to nine digits. */
function plain(value: unknown): unknown {
  if (isVector(value)) return plain([...value.toArray()]);
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value === 'number') return Number(value.toPrecision(9));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .sort()
      .map(([key, inner]) => [key, plain(inner)]),
  );
}

const STYLES: readonly (readonly [string, (name: string) => string])[] = [
  ['dots', (name) => `a.${name}.b`],
  ['backticks around', (name) => `\`${name}\``],
  ['a backtick and a dot within', (name) => `x\`${name}.y`],
  ['blanks and signs', (name) => ` ${name} 😀"é'`],
];

describe.each(STYLES)('names of columns with %s', (_, q) => {
  const rows = Array.from({ length: 40 }, (_, i) => ({
    [q('id')]: i,
    [q('s')]: ['x', 'y', 'z'][(i * 7) % 3],
    [q('n')]: i % 5 === 0 ? null : (i * 37) % 11,
    [q('m')]: (i * 13) % 7,
    [q('v')]: Vectors.dense([(i * 37) % 11, (i * 5) % 3]),
    [q('l')]: (i * 13) % 7 > 3 ? 1 : 0,
    [q('l3')]: i % 3,
    [q('w')]: 1 + (i % 2),
    [q('held')]: i % 4 === 0,
  }));
  const types = { id: 'int', s: 'string', n: 'double', m: 'double', v: { type: 'vector', attributes: { num_attrs: 2 } }, l: 'double', l3: 'double' };
  const schema = Object.fromEntries(Object.entries({ ...types, w: 'double', held: 'boolean' }).map(([name, type]) => [q(name), type]));
  const frameOf = (session: Session): Frame => session.createFrame(rows, schema as never);
  const same = async (of: (frame: Frame) => Promise<unknown>) => expect(plain(await of(frameOf(there)))).toEqual(plain(await of(frameOf(here))));

  const labelled = { featuresCol: q('v'), labelCol: q('l'), weightCol: q('w'), predictionCol: q('p') };
  const classified = { ...labelled, rawPredictionCol: q('raw'), probabilityCol: q('prob') };
  const lr = new LogisticRegression({ ...classified, maxIter: 3 }, 'lr');
  const stages = [
    new Pipeline({
      stages: [
        new StringIndexer({ inputCol: q('s'), outputCol: q('six') }, 'si'),
        new OneHotEncoder({ inputCol: q('six'), outputCol: q('oh') }, 'ohe'),
        new VectorAssembler({ inputCols: [q('m'), q('oh'), q('v')], outputCol: q('f') }, 'va'),
        new StandardScaler({ inputCol: q('f'), outputCol: q('ss') }, 'ss'),
      ],
    }),
    new Imputer({ inputCols: [q('n'), q('m')], outputCols: [q('ni'), q('mi')] }, 'imp'),
    new Bucketizer({ inputCol: q('m'), outputCol: q('bk'), splits: [-1, 2, 10] }, 'bk'),
    new Binarizer({ inputCols: [q('m'), q('l3')], outputCols: [q('b'), q('b3')], thresholds: [2, 1] }, 'bin'),
    new IndexToString({ inputCol: q('l3'), outputCol: q('its'), labels: ['A', 'B', 'C'] }, 'its'),
    lr,
    new DecisionTreeClassifier({ ...classified, maxDepth: 2, leafCol: q('leaf') }, 'dtc'),
    new DecisionTreeRegressor({ ...labelled, maxDepth: 2, varianceCol: q('var') }, 'dtr'),
    new GBTClassifier({ ...classified, maxDepth: 1, maxIter: 2, validationIndicatorCol: q('held') }, 'gbt'),
    new OneVsRest({ ...labelled, labelCol: q('l3'), rawPredictionCol: q('raw'), classifier: new LogisticRegression({ maxIter: 2 }) }, 'ovr'),
    new CrossValidator(
      {
        estimator: lr,
        estimatorParamMaps: new ParamGridBuilder().addGrid(lr, 'regParam', [0.1, 1]).build(),
        evaluator: new BinaryClassificationEvaluator({ labelCol: q('l'), rawPredictionCol: q('raw'), weightCol: q('w') }),
        foldCol: q('l3'),
      },
      'cv',
    ),
  ];

  it.each(stages.map((stage) => [stage.owner, stage] as const))('mean the same to a stage here and there: %s', async (_, stage) => {
    await same(async (frame) => {
      const whole = frame.withColumn(q('l3'), frame.col(q('l3')).cast(stage.owner === 'CrossValidator' ? 'int' : 'double'));
      const model = 'fit' in stage ? await stage.fit(whole) : stage;
      const scored = model.transform(whole);
      const { fields } = await scored.schema();
      const { featureNames } = model as { featureNames?: readonly string[] };
      return [fields.map(({ name, metadata }) => [name, metadata]), await scored.orderBy(q('id')).collect(), featureNames, String(model)];
    });
  });

  it('mean the same to a model from here that goes there', async () => {
    const imputer = await new Imputer({ inputCol: q('n'), outputCol: q('ni') }, 'imp').fit(frameOf(here));
    const scored = (await lr.fit(frameOf(here))) as { transform(frame: Frame): Frame };
    await same((frame) => scored.transform(imputer.transform(frame)).orderBy(q('id')).collect());
  });

  it('mean the same to statistics and summaries', () =>
    same(async (frame) => [
      await (await Correlation.corr(frame, q('v'))).collect(),
      (await (await ChiSquareTest.test(frame, q('v'), q('l3'))).collect())[0].statistics,
      (await (await KolmogorovSmirnovTest.test(frame, q('m'), 'norm', 0, 1)).collect())[0].statistic,
      await frame.describe(q('m'), q('s')).collect(),
      await frame.drop(q('v')).summary('count', 'min').collect(),
    ]));
});
