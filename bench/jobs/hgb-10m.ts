import { Session } from 'millstream';
import { Peers, pairs, table } from '../harness.ts';
import { boost } from '../hgb.ts';
import { tabularFrames } from '../tabular.ts';

// 8M rows of 28 columns from a Parquet file, once, against pyarrow and LightGBM with quantized gradients. Mind the peaks of memory.
const rows = Number(process.env.BENCH_ROWS ?? 10_000_000);
const session = await Session.local();
const { train, test } = tabularFrames(session, table('tabular', rows));
const peers = new Peers();
await pairs(
  'hgb-10m',
  rows,
  0.5,
  () => boost(train, test),
  () => peers.run({ task: 'hgb-parquet', rows, peer: 'lightgbm-quantized' }),
  {
    count: Number(process.env.BENCH_PAIRS ?? 1),
    warmUps: 0,
  },
);
peers.close();
await session.close();
