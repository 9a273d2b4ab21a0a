import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Session } from 'millstream';
import { LogisticRegression } from 'millstream/classification';
import { churnPipeline } from '../churn.ts';
import { Peers, pairs, table, timed } from '../harness.ts';

// Score Parquet to Parquet (id, probability, prediction), against Spark, and against DuckDB alone rewriting those three columns.
const rows = Number(process.env.BENCH_ROWS ?? 1_000_000);
const session = await Session.local();
const source = session.read.parquet(table('churn', rows));
const model = await churnPipeline(new LogisticRegression({ regParam: 0.01 })).fit(source.limit(100_000));
const work = mkdtempSync(join(tmpdir(), 'millstream-bench-'));
const out = join(work, 'scores');
const score = async (from = source) => {
  rmSync(out, { recursive: true, force: true }); // as the peers, who write to a new folder each time
  const scores = model.transform(from).select('customerID', 'probability', 'prediction');
  const { seconds } = await timed(() => scores.write.parquet(out));
  return { seconds, score: null };
};
const ours = () => score();
const peers = new Peers();
await pairs('batch-score', rows, 0.07, ours, () => peers.run({ task: 'batch-score', rows }));
await pairs('batch-score', rows, 3, ours, () => peers.run({ task: 'duckdb-rewrite', rows, path: `${out}/*.parquet` }));
if (process.env.BENCH_LARGE !== '0' && rows === 1_000_000) {
  const before = Math.round(process.resourceUsage().maxRSS / 1024);
  const { seconds } = await score(session.read.parquet(table('churn', 10 * rows)));
  const after = Math.round(process.resourceUsage().maxRSS / 1024);
  console.error(
    `batch-score: 10x the rows in ${seconds.toFixed(2)} s; peak memory ${before} MiB after ${rows} rows, ${after} MiB after ${10 * rows}`,
  );
}
peers.close();
await session.close();
rmSync(work, { recursive: true, force: true });
