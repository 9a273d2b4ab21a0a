// What must not compile, and what must have a useful type. Nothing here touches data.
import {
  avg,
  type Column,
  col,
  count,
  expr,
  type Frame,
  lit,
  type MlError,
  type MlErrorCode,
  Pipeline,
  type Row,
  Session,
  sum,
  when,
} from 'millstream';
import { LogisticRegression, type LogisticRegressionModel, RandomForestClassifier } from 'millstream/classification';
import { BinaryClassificationEvaluator } from 'millstream/evaluation';
import { Bucketizer, Imputer, StringIndexer, VectorAssembler } from 'millstream/feature';
import type { RowScorer } from 'millstream/scoring';
import { CrossValidator, ParamGridBuilder } from 'millstream/tuning';

type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
const same = <A, B>(_: Same<A, B>) => {};

const lr = new LogisticRegression({ regParam: 0.1, family: 'binomial' });
const indexer = new StringIndexer({ inputCol: 'a', outputCol: 'b' });

same<typeof lr.params.regParam, number>(true);
same<typeof lr.params.family, 'auto' | 'binomial' | 'multinomial'>(true);
same<typeof lr.params.weightCol, string | undefined>(true);
same<Awaited<ReturnType<typeof lr.fit>>, LogisticRegressionModel>(true);
same<MlError['code'], MlErrorCode>(true);

export function params(frame: Frame) {
  // @ts-expect-error a misspelt param
  new LogisticRegression({ regPram: 0.1 });
  // @ts-expect-error a value of the wrong type
  new LogisticRegression({ regParam: '0.1' });
  // @ts-expect-error not one of the values
  new LogisticRegression({ family: 'gaussian' });
  // @ts-expect-error not one of the values
  new StringIndexer({ inputCol: 'a', handleInvalid: 'ignore' });
  // @ts-expect-error not one of the metrics
  new BinaryClassificationEvaluator({ metricName: 'auc' });
  // @ts-expect-error a list where a name belongs
  new Bucketizer({ inputCol: ['a'], splits: [0, 1] });
  // @ts-expect-error a name where a list belongs
  new VectorAssembler({ inputCols: 'a' });
  // @ts-expect-error not one of the values
  new RandomForestClassifier({ impurity: 'variance' });
  // @ts-expect-error neither a strategy nor a number
  new RandomForestClassifier({ featureSubsetStrategy: 'half' });
  new RandomForestClassifier({ featureSubsetStrategy: '0.5' });
  // @ts-expect-error an evaluator is no stage
  new Pipeline({ stages: [new BinaryClassificationEvaluator()] });
  // @ts-expect-error params of another stage
  new Imputer({ regParam: 0.1 });
  // @ts-expect-error a search needs its evaluator
  new CrossValidator({ estimator: lr, estimatorParamMaps: [] });
  // @ts-expect-error params do not change
  lr.params.regParam = 2;
  // @ts-expect-error a misspelt param
  lr.copy({ maxIters: 3 });
  // @ts-expect-error a value of the wrong type
  lr.copy({ maxIter: '3' });
  lr.copy({ maxIter: undefined });
  // @ts-expect-error no such param
  lr.getOrDefault('maxIters');
  // @ts-expect-error no such param
  lr.isSet('maxIters');
  // @ts-expect-error a model is not there yet
  new LogisticRegression().fit(frame).transform(frame);
  // @ts-expect-error unknown option
  lr.fit(frame, { abortSignal: null });
}

export function grids() {
  const builder = new ParamGridBuilder();
  builder.addGrid(lr, 'regParam', [0.1, 1]).addGrid(lr, 'family', ['binomial']).addGrid(indexer, 'handleInvalid', ['keep', 'skip']);
  builder.baseOn(lr, 'fitIntercept', false);
  // @ts-expect-error a misspelt param
  builder.addGrid(lr, 'regPram', [0.1]);
  // @ts-expect-error a value of the wrong type
  builder.addGrid(lr, 'regParam', ['0.1']);
  // @ts-expect-error not one of the values
  builder.addGrid(lr, 'family', ['gaussian']);
  // @ts-expect-error not a list
  builder.addGrid(lr, 'regParam', 0.1);
  // @ts-expect-error a param of another stage
  builder.addGrid(indexer, 'regParam', [0.1]);
  // @ts-expect-error a value of the wrong type
  builder.baseOn(lr, 'fitIntercept', 'no');
}

export async function frames(session: Session) {
  const frame = session.read.csv('a.csv', { header: true, schema: { a: 'double', b: { type: 'string', nullable: false } } });
  // @ts-expect-error a misspelt option
  session.read.csv('a.csv', { headers: true });
  // @ts-expect-error a value of the wrong type
  session.read.csv('a.csv', { header: 'yes' });
  // @ts-expect-error no such join
  frame.join(frame, 'a', 'lefty');
  // @ts-expect-error unknown mode
  await frame.write.parquet('out', { mode: 'replace' });
  // @ts-expect-error unknown option
  await Session.local({ threads: 2 });
  session.createFrame([], { a: 'double', b: { type: 'array<string>', nullable: false }, c: 'decimal(10,2)', d: 'Integer', e: 'map<string,int>' });
  const later: string = 'double';
  session.createFrame([], { a: later });
  // @ts-expect-error a misspelt type
  session.createFrame([], { a: 'doubel' });
  // @ts-expect-error a misspelt type
  session.createFrame([], { a: { type: 'doubel' } });
  // @ts-expect-error a misspelt type of items
  session.read.schema({ a: 'array<doubel>' });
  // @ts-expect-error a misspelt type
  session.read.csv('a.csv', { schema: { a: 'doubel' } });
  // @ts-expect-error a misspelt type
  col('a').cast('doubel');
  // @ts-expect-error a value is no expression
  frame.withColumn('c', 1);
  // @ts-expect-error a truth value is no condition
  frame.filter(true);
  const parts = frame.randomSplit([0.8, 0.2]);
  same<typeof parts, [Frame, Frame]>(true);
  const lists: Frame[] = frame.randomSplit(Array.from({ length: 3 }, () => 1));
  const rows = await frame.collect();
  same<typeof rows, Row[]>(true);
  same<Awaited<ReturnType<typeof frame.first>>, Row | null>(true);
  same<Awaited<ReturnType<typeof frame.count>>, number>(true);
  const column: Column = when(col('a').gt(1).and(col('b').isNull()), lit('x')).otherwise(expr('upper(b)'));
  for await (const batch of frame) batch.numRows.toFixed();
  return [lists, frame.groupBy('b').agg(avg('a').as('m'), count('*').as('n'), sum(col('a')).alias('s')), column];
}

export function scores(score: RowScorer): [number | undefined, number | undefined, unknown] {
  const scored = score({ Contract: 'One year', tenure: 12, note: null });
  // A row that a stage skips gives null: comparing is allowed, and asked for only where a stage skips.
  if (scored === null) return [undefined, undefined, undefined];
  return [scored.prediction, scored.probabilities?.get('Yes'), scored.anything];
}

console.log('ok');
