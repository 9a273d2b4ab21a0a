import { Session } from 'millstream';
import { Peers, pairs, table } from '../harness.ts';
import { boost } from '../hgb.ts';
import { tabularFrames } from '../tabular.ts';

// Boosted trees on 80k rows of 28 columns from memory, against the fastest of the peers.
const rows = Number(process.env.BENCH_ROWS ?? 100_000);
const session = await Session.local();
const { train, test } = tabularFrames(session, table('tabular', rows));
const frame = train.cache();
await frame.count();
const peers = new Peers();
for (const peer of ['lightgbm', 'lightgbm-quantized', 'xgboost', 'sklearn']) {
  await pairs(
    'hgb-small',
    rows,
    0.7,
    () => boost(frame, test),
    () => peers.run({ task: 'hgb', rows, peer }),
    { warmUps: 3 },
  );
}
peers.close();
await session.close();
