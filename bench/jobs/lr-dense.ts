import { Session } from 'millstream';
import { denseFrame, ridge } from '../dense.ts';
import { Peers, pairs, table, timed } from '../harness.ts';

const rows = Number(process.env.BENCH_ROWS ?? 1_000_000);
const session = await Session.local();
const frame = denseFrame(session, table('dense', rows)).cache();
await frame.count();
const peers = new Peers();
await pairs(
  'lr-dense',
  rows,
  0.4,
  async () => {
    const { result: model, seconds } = await timed(() => ridge.fit(frame));
    return { seconds, score: model.summary.objectiveHistory.at(-1) ?? null };
  },
  () => peers.run({ task: 'lr-dense', rows }),
);
peers.close();
await session.close();
