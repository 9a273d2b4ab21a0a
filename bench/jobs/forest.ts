import { Session } from 'millstream';
import { RandomForestClassifier } from 'millstream/classification';
import { BinaryClassificationEvaluator } from 'millstream/evaluation';
import { Peers, pairs, table, timed } from '../harness.ts';
import { tabularFrames } from '../tabular.ts';

// A random forest of 20 trees of depth 10 on 28 columns from memory, against scikit-learn; the score is the area under the ROC of the rows held out.
const rows = Number(process.env.BENCH_ROWS ?? 80_000);
const session = await Session.local();
const { train, test } = tabularFrames(session, table('tabular', rows));
const frame = train.cache();
await frame.count();
const estimator = new RandomForestClassifier({ numTrees: 20, maxDepth: 10, seed: 1 });
const peers = new Peers();
await pairs(
  'forest',
  rows,
  0.5,
  async () => {
    const { result: model, seconds } = await timed(() => estimator.fit(frame));
    return { seconds, score: await new BinaryClassificationEvaluator().evaluate(model.transform(test)) };
  },
  () => peers.run({ task: 'forest', rows }),
);
peers.close();
await session.close();
