import { Session } from 'millstream';
import { LogisticRegression } from 'millstream/classification';
import { churnPipeline, telco } from '../churn.ts';
import { Peers, rowCalls, table } from '../harness.ts';

// One row through the Telco pipeline.
const rows = Number(process.env.BENCH_ROWS ?? 1_000_000);
table('churn', rows);
const session = await Session.local();
const frame = telco(session);
const model = await churnPipeline(new LogisticRegression({ regParam: 0.01 })).fit(frame);
const sample = await frame.limit(2000).collect();
const peers = new Peers();
await rowCalls('row-score', model.rowScorer(), sample, () => peers.run({ task: 'row-score', rows }));
peers.close();
await session.close();
