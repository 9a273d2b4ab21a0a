import { telco } from '../churn.ts';
import { churnSearch } from '../churn-search.ts';
import { onCluster, TELCO_THERE } from '../cluster.ts';
import { pairs, timed } from '../harness.ts';

await onCluster(async ({ session, peers, address }) => {
  const frame = telco(session, TELCO_THERE);
  const elastic = [0];
  const rows = await frame.count();
  const search = churnSearch(elastic);
  await pairs(
    'connect-cv',
    rows,
    1.1,
    async () => {
      const { result: model, seconds } = await timed(() => search.fit(frame));
      await model.close();
      return { seconds, score: [...model.avgMetrics] };
    },
    () => peers.run({ task: 'connect-cv', address, elastic }),
    { count: Number(process.env.BENCH_PAIRS ?? 3) },
  );
});
