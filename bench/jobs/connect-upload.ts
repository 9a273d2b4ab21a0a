import { type Table, tableFromArrays } from 'apache-arrow';
import { Session } from 'millstream';
import { onCluster } from '../cluster.ts';
import { pairs, timed } from '../harness.ts';

const rows = Number(process.env.BENCH_ROWS ?? 2_500_000);

// Each run has a session of its own with rows of its own: a server does not take twice what it has.
await onCluster(async ({ peers, address }) => {
  let run = 0;
  await pairs(
    'connect-upload',
    rows,
    2,
    async () => {
      const table = doubles(++run);
      const session = await Session.connect(address);
      const { result, seconds } = await timed(() => session.createFrame(table).count());
      await session.close();
      return { seconds, score: result };
    },
    () => peers.run({ task: 'connect-upload', rows, address, run }),
  );
});

/** Ten columns of doubles: 80 bytes a row. */
function doubles(run: number): Table {
  let state = run * 2654435761;
  const column = () =>
    Float64Array.from({ length: rows }, () => {
      state = (Math.imul(state, 1664525) + 1013904223) | 0;
      return state / 2 ** 31;
    });
  return tableFromArrays(Object.fromEntries(Array.from({ length: 10 }, (_, j) => [`x${j}`, column()])));
}
