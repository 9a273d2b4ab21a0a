import { col, lit, Pipeline, Session, when } from 'millstream';
import { StringIndexer, VectorAssembler } from 'millstream/feature';
import { CATEGORIES, NUMBERS, Peers, pairs, table } from '../harness.ts';
import { boost } from '../hgb.ts';

// Boosted trees on 800k rows of 16 categorical and 3 numeric columns from memory, against LightGBM told which columns are categorical.
const rows = Number(process.env.BENCH_ROWS ?? 1_000_000);
const session = await Session.local();
const source = session.read
  .parquet(table('churn', rows))
  .withColumn('label', when(col('Churn').eq('Yes'), lit(1)).otherwise(lit(0)).cast('double'))
  .withColumn('fold', col('customerID').cast('int').mod(lit(5)));
const indexed = CATEGORIES.map((c) => `${c}_ix`);
const pipeline = new Pipeline({
  stages: [
    new StringIndexer({ inputCols: CATEGORIES, outputCols: indexed }),
    new VectorAssembler({ inputCols: [...NUMBERS, ...indexed], outputCol: 'features' }),
  ],
});
const assembled = await pipeline.fit(source);
const part = (isHeld: boolean) => {
  const isPart = isHeld ? col('fold').eq(lit(0)) : col('fold').neq(lit(0));
  return assembled.transform(source.filter(isPart)).select('features', 'label').cache();
};
const train = part(false);
const test = part(true);
await train.count();
await test.count();
const peers = new Peers();
await pairs(
  'hgb-churn',
  rows,
  0.5,
  () => boost(train, test),
  () => peers.run({ task: 'hgb-churn', rows }),
  {
    count: Number(process.env.BENCH_PAIRS ?? 3),
  },
);
peers.close();
await session.close();
