import { Worker } from 'node:worker_threads';
import { Session } from 'millstream';
import { denseFrame, ridge } from '../dense.ts';
import { median, print, table, timed } from '../harness.ts';

// One worker against two on `lr-dense`, in turn; and the share of the memory's read speed that the fit reaches.
const rows = Number(process.env.BENCH_ROWS ?? 1_000_000);
const path = table('dense', rows);
const sides = await Promise.all(
  [1, 2].map(async (workers) => {
    const session = await Session.local({ workers });
    const frame = denseFrame(session, path).cache();
    await frame.count();
    await ridge.fit(frame);
    return { session, frame };
  }),
);
const speedups: number[] = [];
for (let i = 0; i < Number(process.env.BENCH_PAIRS ?? 5); i++) {
  const [one, two] = [await timed(() => ridge.fit(sides[0].frame)), await timed(() => ridge.fit(sides[1].frame))];
  const score = (run: typeof one) => run.result.summary.objectiveHistory.at(-1) ?? null;
  const peer = { name: 'one worker', seconds: one.seconds, score: score(one), peakMiB: 0 };
  speedups.push(one.seconds / two.seconds);
  print('workers', rows, { seconds: two.seconds, score: score(two) }, peer, two.seconds / one.seconds);
}
const last = await timed(() => ridge.fit(sides[1].frame));
const evaluations = last.result.summary.totalIterations + 1;
const bandwidth = await readBandwidth(2);
const reached = (evaluations * rows * 51 * 8) / last.seconds;
console.error(
  `workers: two are ${median(speedups).toFixed(2)}x as fast as one (target ≥ 1.4), and read ${(reached / 1e9).toFixed(1)} GB/s, ` +
    `${((100 * reached) / bandwidth).toFixed(0)} % of the ${(bandwidth / 1e9).toFixed(1)} GB/s that two threads comparing memory reach (target ≥ 60 %)`,
);
for (const { session } of sides) await session.close();

/** Bytes a second that threads read together when each compares two equal buffers larger than the caches. */
async function readBandwidth(threads: number): Promise<number> {
  const bytes = 1 << 27;
  const script = `
    const { parentPort } = require('node:worker_threads');
    const [a, b] = [Buffer.alloc(${bytes}, 1), Buffer.alloc(${bytes}, 1)];
    parentPort.on('message', () => { for (let i = 0; i < 8; i++) Buffer.compare(a, b); parentPort.postMessage('done'); });`;
  const workers = Array.from({ length: threads }, () => new Worker(script, { eval: true }));
  const once = () =>
    Promise.all(
      workers.map((worker) => {
        worker.postMessage('go');
        return new Promise((resolve) => worker.once('message', resolve));
      }),
    );
  await once();
  let best = 0;
  for (let run = 0; run < 3; run++) best = Math.max(best, (threads * 8 * 2 * bytes) / (await timed(once)).seconds);
  await Promise.all(workers.map((worker) => worker.terminate()));
  return best;
}
