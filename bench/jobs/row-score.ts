import { Session } from 'millstream';
import { LogisticRegression } from 'millstream/classification';
import { churnPipeline, telco } from '../churn.ts';
import { Peers, print, table } from '../harness.ts';

// One row through the Telco pipeline: the median over single calls, each on another row.
const rows = Number(process.env.BENCH_ROWS ?? 1_000_000);
table('churn', rows);
const session = await Session.local();
const frame = telco(session);
const model = await churnPipeline(new LogisticRegression({ regParam: 0.01 })).fit(frame);
const sample = await frame.limit(2000).collect();
const score = model.rowScorer();
const peers = new Peers();
const medians: number[] = [];
for (let pair = 0; pair < Number(process.env.BENCH_PAIRS ?? 5); pair++) {
  const times: number[] = [];
  let positives = 0;
  for (let round = 0; round < 10; round++) {
    for (const row of sample) {
      const start = process.hrtime.bigint();
      positives += Number(score(row).prediction);
      times.push(Number(process.hrtime.bigint() - start));
    }
  }
  times.sort((a, b) => a - b);
  const seconds = times[times.length >> 1] / 1e9;
  medians.push(seconds);
  const peer = await peers.run({ task: 'row-score', rows });
  print('row-score', 1, { seconds, score: positives / (10 * sample.length) }, peer, seconds / peer.seconds);
}
medians.sort((a, b) => a - b);
const median = medians[medians.length >> 1] * 1e6;
console.error(`row-score: median ${median.toFixed(2)} µs a row, target ≤ 5 µs: ${median <= 5 ? 'met' : 'MISSED'}`);
peers.close();
await session.close();
