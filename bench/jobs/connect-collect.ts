import type { Table } from 'apache-arrow';
import { onCluster } from '../cluster.ts';
import { pairs, timed } from '../harness.ts';

const rows = Number(process.env.BENCH_ROWS ?? 1_000_000);
const query = `SELECT id, CAST(id % 1000 AS INT) AS i, CONCAT('customer ', id % 5000) AS s, ${Array.from({ length: 7 }, (_, j) => `rand(${j}) AS x${j}`).join(', ')} FROM range(${rows})`;

// Both sides read what the server keeps computed, so that the way from there to Arrow in this process is what is measured.
await onCluster(async ({ session, peers, address }) => {
  const frame = session.sql(query).cache();
  await frame.count();
  const { result, peak } = await watched(() => frame.toArrow());
  const mib = (bytes: number) => Math.round(bytes / 2 ** 20);
  console.error(`connect-collect: ${mib(peak)} MiB more at the peak for ${mib(bytesOf(result))} MiB of Arrow (target ≤ 2 times)`);
  await pairs(
    'connect-collect',
    rows,
    1.5,
    async () => {
      const { result, seconds } = await timed(() => frame.toArrow());
      return { seconds, score: result.numRows };
    },
    () => peers.run({ task: 'connect-collect', address, query }),
  );
});

/** The job's result, and by how many bytes the process grew at most. */
async function watched<T>(job: () => Promise<T>): Promise<{ result: T; peak: number }> {
  const resident = () => process.memoryUsage.rss();
  const base = resident();
  let peak = base;
  const watch = setInterval(() => {
    peak = Math.max(peak, resident());
  }, 2);
  const result = await job();
  clearInterval(watch);
  return { result, peak: Math.max(peak, resident()) - base };
}

function bytesOf(table: Table): number {
  return table.batches.reduce((sum, batch) => sum + batch.data.byteLength, 0);
}
