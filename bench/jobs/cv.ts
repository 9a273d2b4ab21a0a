import { Session } from 'millstream';
import { telco } from '../churn.ts';
import { churnSearch } from '../churn-search.ts';
import { Peers, pairs, timed } from '../harness.ts';

const session = await Session.local();
const frame = telco(session);
const elastic = [0, 0.5];
const rows = await frame.count();
const search = churnSearch(elastic);
const peers = new Peers();
await pairs(
  'cv',
  rows,
  0.01,
  async () => {
    const { result: model, seconds } = await timed(() => search.fit(frame));
    return { seconds, score: [...model.avgMetrics] };
  },
  () => peers.run({ task: 'cv', elastic }),
  { count: Number(process.env.BENCH_PAIRS ?? 3), warmUps: 2 },
);
peers.close();
await session.close();
