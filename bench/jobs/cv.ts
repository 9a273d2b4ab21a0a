import { Session } from 'millstream';
import { LogisticRegression } from 'millstream/classification';
import { BinaryClassificationEvaluator } from 'millstream/evaluation';
import { CrossValidator, ParamGridBuilder } from 'millstream/tuning';
import { churnPipeline, telco } from '../churn.ts';
import { Peers, pairs, timed } from '../harness.ts';

const session = await Session.local();
const frame = telco(session);
const rows = await frame.count();
const lr = new LogisticRegression();
const grid = new ParamGridBuilder().addGrid(lr, 'regParam', [0.001, 0.01, 0.1]).addGrid(lr, 'elasticNetParam', [0, 0.5]).build();
const search = new CrossValidator({
  estimator: churnPipeline(lr),
  estimatorParamMaps: grid,
  evaluator: new BinaryClassificationEvaluator(),
  numFolds: 3,
  foldCol: 'fold',
  parallelism: 2,
});
const peers = new Peers();
await pairs(
  'cv',
  rows,
  0.01,
  async () => {
    const { result: model, seconds } = await timed(() => search.fit(frame));
    return { seconds, score: [...model.avgMetrics] };
  },
  () => peers.run({ task: 'cv' }),
  { count: Number(process.env.BENCH_PAIRS ?? 3), warmUps: 2 },
);
peers.close();
await session.close();
