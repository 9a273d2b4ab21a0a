import { col, lit, Pipeline, Session, stddevSamp, when } from 'millstream';
import { OneHotEncoder, StringIndexer, VectorAssembler } from 'millstream/feature';
import { ridge } from '../dense.ts';
import { CATEGORIES, NUMBERS, Peers, pairs, table, timed } from '../harness.ts';

const rows = Number(process.env.BENCH_ROWS ?? 1_000_000);
const session = await Session.local();
const source = session.read.parquet(table('churn', rows));
const [deviations] = await source.agg(...NUMBERS.map((c) => stddevSamp(c).as(c))).collect();
const scaled = source
  .withColumns(Object.fromEntries(NUMBERS.map((c) => [c, col(c).divide(lit(Number(deviations[c])))])))
  .withColumn('label', when(col('Churn').eq('Yes'), lit(1)).otherwise(lit(0)).cast('double'));
const indexed = CATEGORIES.map((c) => `${c}_ix`);
const encoded = CATEGORIES.map((c) => `${c}_vec`);
const pipeline = new Pipeline({
  stages: [
    new StringIndexer({ inputCols: CATEGORIES, outputCols: indexed }),
    new OneHotEncoder({ inputCols: indexed, outputCols: encoded, dropLast: false }),
    new VectorAssembler({ inputCols: [...NUMBERS, ...encoded], outputCol: 'features' }),
  ],
});
const frame = (await pipeline.fit(scaled)).transform(scaled).select('features', 'label').cache();
await frame.count();
const peers = new Peers();
await pairs(
  'lr-onehot',
  rows,
  0.3,
  async () => {
    const { result: model, seconds } = await timed(() => ridge.fit(frame));
    return { seconds, score: model.summary.objectiveHistory.at(-1) ?? null };
  },
  () => peers.run({ task: 'lr-onehot', rows }),
);
peers.close();
await session.close();
