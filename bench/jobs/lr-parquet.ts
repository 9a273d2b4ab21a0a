import { Session } from 'millstream';
import { denseFrame, ridge } from '../dense.ts';
import { Peers, pairs, table, timed } from '../harness.ts';

const rows = Number(process.env.BENCH_ROWS ?? 1_000_000);
const path = table('dense', rows);
const session = await Session.local();
const peers = new Peers();
await pairs(
  'lr-parquet',
  rows,
  0.8,
  async () => {
    const { result: model, seconds } = await timed(() => ridge.fit(denseFrame(session, path)));
    return { seconds, score: model.summary.objectiveHistory.at(-1) ?? null };
  },
  () => peers.run({ task: 'lr-parquet', rows }),
);
peers.close();
await session.close();
