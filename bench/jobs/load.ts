import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PipelineModel, Session } from 'millstream';
import { LogisticRegression } from 'millstream/classification';
import { churnPipeline, telco } from '../churn.ts';
import { median, Peers, print, ROOT, settle, table, timed } from '../harness.ts';

// Loading the saved pipeline in a warm process; and `loadScorer` with one row scored in a cold one, start to end.
const rows = Number(process.env.BENCH_ROWS ?? 1_000_000);
table('churn', rows);
const session = await Session.local();
const frame = telco(session);
const work = mkdtempSync(join(tmpdir(), 'millstream-bench-'));
const path = join(work, 'model');
await (await churnPipeline(new LogisticRegression({ regParam: 0.01 })).fit(frame)).save(path);
const [row] = await frame.limit(1).collect();
const peers = new Peers();
const warm: number[] = [];
const cold: number[] = [];
const script = `import { loadScorer } from 'millstream/scoring';
const score = await loadScorer(${JSON.stringify(path)});
if (score(${JSON.stringify(row)}).prediction === undefined) process.exit(1);`;
await PipelineModel.load(path);
// Node reads such certificates at its start, which takes some 40 ms of their own.
const env = { ...process.env, NODE_EXTRA_CA_CERTS: '' };
for (let pair = 0; pair < Number(process.env.BENCH_PAIRS ?? 5); pair++) {
  await settle();
  const { seconds } = await timed(() => PipelineModel.load(path));
  const start = await timed(async () => execFileSync(process.execPath, ['--input-type=module', '-e', script], { cwd: ROOT, env }));
  warm.push(seconds);
  cold.push(start.seconds);
  const peer = await peers.run({ task: 'load', rows });
  print('load', 1, { seconds, score: null }, peer, seconds / peer.seconds);
  print('load-cold', 1, { seconds: start.seconds, score: null }, null, null);
}
console.error(
  `load: warm median ${(median(warm) * 1e3).toFixed(1)} ms (target ≤ 20), cold loadScorer and one row ${(median(cold) * 1e3).toFixed(0)} ms (target ≤ 150)`,
);
peers.close();
await session.close();
rmSync(work, { recursive: true, force: true });
