import { LogisticRegression } from 'millstream/classification';
import { BinaryClassificationEvaluator } from 'millstream/evaluation';
import { churnPipeline, telco } from '../churn.ts';
import { onCluster, TELCO_THERE } from '../cluster.ts';
import { pairs, timed } from '../harness.ts';

// The same server fits for both sides; ours also fetches the models.
await onCluster(async ({ session, peers, address }) => {
  const frame = telco(session, TELCO_THERE);
  const rows = await frame.count();
  await pairs(
    'connect-fit',
    rows,
    1.1,
    async () => {
      const { result: model, seconds } = await timed(() => churnPipeline(new LogisticRegression({ regParam: 0.01 })).fit(frame));
      const score = await new BinaryClassificationEvaluator().evaluate(model.transform(frame));
      await model.close();
      return { seconds, score };
    },
    () => peers.run({ task: 'connect-fit', address }),
    { count: Number(process.env.BENCH_PAIRS ?? 9), warmUps: 5 },
  );
});
