import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Session } from 'millstream';
import { Peers, pairs, table } from '../harness.ts';
import { boost } from '../hgb.ts';
import { tabularFrames } from '../tabular.ts';

// From a Parquet file to a saved model: 800k rows of 28 columns, against pyarrow and LightGBM.
const rows = Number(process.env.BENCH_ROWS ?? 1_000_000);
const session = await Session.local();
const { train, test } = tabularFrames(session, table('tabular', rows));
const folder = mkdtempSync(join(tmpdir(), 'millstream-bench-'));
const peers = new Peers();
let turn = 0;
await pairs(
  'hgb-parquet',
  rows,
  0.75,
  () => boost(train, test, join(folder, `model-${turn++}`)),
  () => peers.run({ task: 'hgb-parquet', rows, peer: 'lightgbm' }),
  { count: Number(process.env.BENCH_PAIRS ?? 3) },
);
peers.close();
await session.close();
rmSync(folder, { recursive: true });
