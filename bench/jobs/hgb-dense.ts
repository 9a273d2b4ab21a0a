import { Session } from 'millstream';
import { Peers, pairs, table } from '../harness.ts';
import { boost } from '../hgb.ts';
import { tabularFrames } from '../tabular.ts';

// Boosted trees on 800k rows of 28 columns from memory, against LightGBM as it is and with quantized gradients.
const rows = Number(process.env.BENCH_ROWS ?? 1_000_000);
const session = await Session.local();
const { train, test } = tabularFrames(session, table('tabular', rows));
const frame = train.cache();
await frame.count();
const peers = new Peers();
const options = { count: Number(process.env.BENCH_PAIRS ?? 3) };
await pairs(
  'hgb-dense',
  rows,
  0.6,
  () => boost(frame, test),
  () => peers.run({ task: 'hgb', rows, peer: 'lightgbm' }),
  options,
);
await pairs(
  'hgb-dense',
  rows,
  0.8,
  () => boost(frame, test),
  () => peers.run({ task: 'hgb', rows, peer: 'lightgbm-quantized' }),
  options,
);
peers.close();
await session.close();
