import { Session } from 'millstream';
import { GBTClassifier } from 'millstream/classification';
import { BinaryClassificationEvaluator } from 'millstream/evaluation';
import { Peers, pairs, table, timed } from '../harness.ts';
import { tabularFrames } from '../tabular.ts';

// 20 boosted trees of depth 5 on 28 columns from memory, against Spark; the score is the area under the ROC of the rows held out.
const rows = Number(process.env.BENCH_ROWS ?? 1_000_000);
const session = await Session.local();
const { train, test } = tabularFrames(session, table('tabular', rows));
const frame = train.cache();
await frame.count();
const estimator = new GBTClassifier({ maxIter: 20, maxDepth: 5, seed: 1 });
const peers = new Peers();
await pairs(
  'gbt',
  rows,
  0.05,
  async () => {
    const { result: model, seconds } = await timed(() => estimator.fit(frame));
    return { seconds, score: await new BinaryClassificationEvaluator().evaluate(model.transform(test)) };
  },
  () => peers.run({ task: 'gbt', rows }),
  { count: Number(process.env.BENCH_PAIRS ?? 3) },
);
peers.close();
await session.close();
