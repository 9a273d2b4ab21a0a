// What every stage shows of itself, and what fitted ones show, as Spark users know it.
import assert from 'node:assert/strict';
import { Matrices, MlError, ParamMap, Pipeline, Schema, type SchemaLiteral, Session, Vectors } from 'millstream';
import { LogisticRegression, LogisticRegressionModel, LogisticRegressionTrainingSummary } from 'millstream/classification';
import { BinaryClassificationEvaluator, MulticlassClassificationEvaluator, RegressionEvaluator } from 'millstream/evaluation';
import {
  Imputer,
  IndexToString,
  MinMaxScaler,
  OneHotEncoder,
  StandardScaler,
  StringIndexer,
  StringIndexerModel,
  VectorAssembler,
} from 'millstream/feature';
import { ParamGridBuilder, TrainValidationSplit } from 'millstream/tuning';

const lr = new LogisticRegression({ regParam: 0.1, labelCol: 'y' });
assert.match(lr.uid, /^LogisticRegression_[0-9a-f]{12}$/);
assert.equal(String(lr), lr.uid);
const regParam: number = lr.params.regParam;
assert.equal(regParam, 0.1);
assert.equal(lr.params.maxIter, 100);
assert.equal(lr.getOrDefault('maxIter'), 100);
assert.ok(lr.isSet('regParam') && !lr.isSet('maxIter') && lr.hasDefault('maxIter') && lr.isDefined('maxIter'));
assert.ok(lr.hasParam('regParam') && !lr.hasParam('regparam') && !lr.hasParam('__proto__'));
assert.ok(!lr.isDefined('weightCol') && !lr.hasDefault('weightCol'));
assert.ok(Object.isFrozen(lr.params));
assert.equal(String(lr.getParam('maxIter')), `${lr.uid}__maxIter`);
assert.equal(lr.getParam('maxIter').parent, lr.uid);
const names = lr.paramDefinitions.map((d) => d.name);
assert.deepEqual(names, [...names].sort());
assert.ok(names.includes('lowerBoundsOnCoefficients') && names.includes('maxBlockSizeInMB'));
assert.match(lr.explainParam('regParam'), /^regParam: .+ \(default: 0\.0, current: 0\.1\)$/);
assert.equal(lr.explainParams().split('\n').length, names.length);
assert.match(lr.explainParam('weightCol'), /\(undefined\)$/);

const other = lr.copy({ maxIter: 5, regParam: undefined });
assert.ok(other instanceof LogisticRegression);
assert.equal(other.uid, lr.uid);
assert.deepEqual([other.params.maxIter, other.params.regParam, other.isSet('regParam'), lr.params.regParam], [5, 0, false, 0.1]);
const [point] = new ParamGridBuilder().addGrid(lr, 'regParam', [0.5]).baseOn(lr, 'maxIter', 7).build();
assert.ok(point instanceof ParamMap);
assert.deepEqual([lr.copy(point).params.regParam, lr.copy(point).params.maxIter], [0.5, 7]);
assert.throws(
  () => lr.getParam('regparam' as never),
  (e) => e instanceof MlError && e.code === 'PARAM_UNKNOWN' && e.details.param === 'regparam',
);
assert.throws(() => new LogisticRegression({ maxIter: -1 }), {
  name: 'MlError',
  code: 'PARAM_INVALID',
  message: 'LogisticRegression: maxIter must be an integer >= 0, got -1',
});

const literal = {
  age: 'double',
  city: 'string',
  features: 'vector',
  tokens: 'array<string>',
  id: { type: 'long', nullable: false },
} satisfies SchemaLiteral;
const assembled = new VectorAssembler({ inputCols: ['age'], outputCol: 'v' }).transformSchema(literal);
assert.ok(assembled instanceof Schema);
assert.deepEqual(assembled.names, ['age', 'city', 'features', 'tokens', 'id', 'v']);
assert.throws(() => new VectorAssembler({ inputCols: ['ages'], outputCol: 'v' }).transformSchema(literal), { code: 'COLUMN_NOT_FOUND' });
assert.throws(() => new VectorAssembler({ inputCols: ['city'], outputCol: 'v' }).transformSchema(literal), { code: 'COLUMN_TYPE' });
assert.throws(() => new VectorAssembler({ inputCols: ['age'], outputCol: 'city' }).transformSchema(literal), { code: 'COLUMN_EXISTS' });
const slots = [
  { idx: 0, name: 'a' },
  { idx: 1, name: 'b' },
];
const attributes = { attrs: { numeric: slots }, num_attrs: 2 };
assert.deepEqual(Schema.from({ features: { type: 'vector', attributes } }).fields[0]?.metadata?.ml_attr, attributes);
const types = [
  ...['boolean', 'byte', 'short', 'int', 'long', 'float', 'double', 'decimal(10,2)', 'string', 'binary', 'date', 'timestamp'],
  ...['array<int>', 'struct<a:int,b:string>', 'map<string,int>', 'vector', 'matrix'],
];
for (const type of types) assert.ok(Schema.from({ x: type }).treeString().includes('x: '), type);

const indexed = StringIndexerModel.fromLabels(['a', 'b'], { inputCol: 'city', outputCol: 'city_ix' });
assert.deepEqual([indexed.labels, indexed.labelsArray], [['a', 'b'], [['a', 'b']]]);
assert.equal(indexed.rowScorer()({ city: 'b' }).city_ix, 1);
assert.equal(indexed.copy({ handleInvalid: 'skip' }).rowScorer()({ city: 'z' }), null);
assert.throws(() => indexed.rowScorer()({ city: 'z' }), { code: 'VALUE_INVALID' });

const dense = Vectors.dense(1, 0, 3);
const sparse = Vectors.sparse(3, [0, 2], [1, 3]);
assert.ok(dense.equals(sparse) && sparse.size === 3 && dense.numNonzeros === 2 && dense.argmax === 2);
assert.deepEqual(
  [[...sparse.indices], [...sparse.values], [...sparse.toArray()]],
  [
    [0, 2],
    [1, 3],
    [1, 0, 3],
  ],
);
assert.deepEqual([dense.norm(1), dense.dot(sparse), dense.squaredDistance(Vectors.zeros(3))], [4, 10, 10]);
assert.equal(String(dense.compressed), '[1.0,0.0,3.0]');
const matrix = Matrices.dense(2, 2, [1, 2, 3, 4]);
assert.deepEqual([matrix.numRows, matrix.numCols, matrix.at(0, 1), [...matrix.toArray()], matrix.isTransposed], [2, 2, 3, [1, 2, 3, 4], false]);
assert.equal(Matrices.sparse(2, 2, [0, 1, 2], [0, 1], [5, 6]).at(1, 1), 6);

const session = await Session.local({ workers: 2 });
const rows = Array.from({ length: 60 }, (_, i) => ({
  y: i % 3 === 0 ? 1 : 0,
  k: i % 4,
  a: i % 7,
  b: i % 5 === 0 ? null : (i * 13) % 11,
  c: 'xyz'[i % 3] ?? 'x',
}));
const frame = session.createFrame(rows, { y: 'double', k: 'double', a: 'double', b: 'double', c: 'string' });

const imputer = await new Imputer({ inputCols: ['b'], outputCols: ['b_full'], strategy: 'median' }).fit(frame);
assert.deepEqual(Object.keys((await imputer.surrogate.collect())[0] ?? {}), ['b']);
const ohe = await new OneHotEncoder({ inputCols: ['k'], outputCols: ['k_1h'], dropLast: false }).fit(frame);
assert.deepEqual(ohe.categorySizes, [4]);
const assembler = new VectorAssembler({ inputCols: ['a', 'k_1h'], outputCol: 'features' });
const features = assembler.transform(ohe.transform(imputer.transform(frame)));
const scaler = await new StandardScaler({ inputCol: 'features', outputCol: 'scaled', withMean: true }).fit(features);
assert.deepEqual([scaler.mean.size, scaler.std.size], [5, 5]);
const minMax = await new MinMaxScaler({ inputCol: 'features', outputCol: 'mm' }).fit(features);
assert.deepEqual([minMax.originalMin.at(0), minMax.originalMax.at(0)], [0, 6]);

const fitted = await lr.copy({ regParam: 0.01 }).fit(features);
assert.ok(fitted instanceof LogisticRegressionModel);
assert.equal(fitted.uid, lr.uid);
assert.equal(fitted.coefficients.size, 5);
assert.ok(Number.isFinite(fitted.intercept));
assert.deepEqual([fitted.numFeatures, fitted.numClasses, fitted.coefficientMatrix.numRows, fitted.interceptVector.size], [5, 2, 1, 1]);
assert.deepEqual(fitted.featureNames, ['a', 'k_1h_0', 'k_1h_1', 'k_1h_2', 'k_1h_3']);
assert.deepEqual(
  fitted.namedCoefficients.map((n) => n.name),
  fitted.featureNames,
);
assert.equal(String(fitted), `LogisticRegressionModel: uid=${lr.uid}, numClasses=2, numFeatures=5`);
const v = Vectors.dense(1, 1, 0, 0, 0);
assert.deepEqual([fitted.predictRaw(v).size, fitted.predictProbability(v).size], [2, 2]);
assert.ok([0, 1].includes(fitted.predict(v)));
assert.ok(fitted.hasSummary && fitted.summary instanceof LogisticRegressionTrainingSummary);
assert.equal(fitted.summary.objectiveHistory.length, fitted.summary.totalIterations + 1);
const onTest = await fitted.evaluate(features);
assert.equal(onTest.accuracy, fitted.summary.accuracy);
assert.equal(onTest.areaUnderROC, fitted.summary.areaUnderROC);
assert.equal(await new BinaryClassificationEvaluator({ labelCol: 'y' }).evaluate(fitted.transform(features)), onTest.areaUnderROC);

const many = await new LogisticRegression({ labelCol: 'k', family: 'multinomial', maxIter: 20, regParam: 0.1 }).fit(features);
assert.throws(() => many.coefficients, { code: 'NOT_SUPPORTED', message: /coefficientMatrix/ });
assert.throws(() => many.intercept, { code: 'NOT_SUPPORTED', message: /interceptVector/ });
assert.deepEqual([many.coefficientMatrix.numRows, many.coefficientMatrix.numCols], [4, 5]);
const metrics = await new MulticlassClassificationEvaluator({ labelCol: 'k' }).getMetrics(many.transform(features));
assert.equal(metrics.confusionMatrix.numRows, 4);
assert.deepEqual([...metrics.labels], [0, 1, 2, 3]);
const binary = await new BinaryClassificationEvaluator({ labelCol: 'y' }).getMetrics(fitted.transform(features));
assert.ok(binary.roc.length > 0 && binary.pr.length > 0 && binary.thresholds.length > 0);
assert.ok(binary.precisionByThreshold.length > 0 && binary.recallByThreshold.length > 0 && binary.fMeasureByThreshold(2).length > 0);
assert.equal(new RegressionEvaluator().isLargerBetter, false);
assert.equal(new RegressionEvaluator({ metricName: 'r2' }).isLargerBetter, true);

const indexer = await new StringIndexer({ inputCol: 'c', outputCol: 'c_ix' }).fit(frame);
assert.equal(indexer.params.inputCol, 'c');
const back = new IndexToString({ inputCol: 'c_ix', outputCol: 'c_again' }).transform(indexer.transform(frame));
assert.deepEqual(
  (await back.select('c_again').collect()).map((r) => r.c_again),
  rows.map((r) => r.c),
);

const tvs = new TrainValidationSplit({
  estimator: new Pipeline({ stages: [lr] }),
  estimatorParamMaps: new ParamGridBuilder().addGrid(lr, 'regParam', [0.01, 1]).build(),
  evaluator: new BinaryClassificationEvaluator({ labelCol: 'y' }),
  trainRatio: 0.75,
  seed: 3,
  collectSubModels: true,
});
const best = await tvs.fit(features);
assert.deepEqual([best.validationMetrics.length, best.subModels.length, best.hasSubModels], [2, 2, true]);
await best.save('tvs', { persistSubModels: true });
await assert.rejects(best.save('tvs'), { code: 'ALREADY_EXISTS' });
await session.close();
console.log('ok');
