import { col, Session } from 'millstream';
import { LogisticRegression } from 'millstream/classification';
import { BinaryClassificationEvaluator } from 'millstream/evaluation';
import { churnPipeline, telco } from '../churn.ts';
import { Peers, pairs, timed } from '../harness.ts';

const session = await Session.local();
const frame = telco(session);
const train = frame.filter(col('fold').neq(0)).cache();
const test = frame.filter(col('fold').eq(0)).cache();
const rows = (await train.count()) + (await test.count());
const peers = new Peers();
await pairs(
  'churn-fit',
  rows,
  0.02,
  async () => {
    const { result: model, seconds } = await timed(() => churnPipeline(new LogisticRegression({ regParam: 0.01 })).fit(train));
    return { seconds, score: await new BinaryClassificationEvaluator().evaluate(model.transform(test)) };
  },
  () => peers.run({ task: 'churn-fit' }),
  { warmUps: 5 },
);
peers.close();
await session.close();
