import { Session } from 'millstream';
import { HistGradientBoostingClassifier } from 'millstream/classification';
import { BinaryClassificationEvaluator } from 'millstream/evaluation';
import { Peers, pairs, table, timed } from '../harness.ts';
import { tabularFrames } from '../tabular.ts';

// 200k rows of 28 columns from memory through 100 trees of 31 leaves, one number a row into memory, against XGBoost and LightGBM; the score is the area under the ROC.
const rows = Number(process.env.BENCH_ROWS ?? 1_000_000);
const session = await Session.local();
const { train, test } = tabularFrames(session, table('tabular', rows));
const model = await new HistGradientBoostingClassifier({ maxIter: 100, maxLeafNodes: 31 }).fit(train);
const frame = test.cache();
const score = await new BinaryClassificationEvaluator().evaluate(model.transform(frame));
const numbers = model.copy({ rawPredictionCol: '', probabilityCol: '' }).transform(frame).select('prediction');
const ours = async () => ({ seconds: (await timed(() => numbers.toArrow())).seconds, score });
const peers = new Peers();
await pairs('hgb-score', rows / 5, 1, ours, () => peers.run({ task: 'xgboost-score', rows }), { warmUps: 3 });
await pairs('hgb-score', rows / 5, 1, ours, () => peers.run({ task: 'lightgbm-score', rows }), { warmUps: 3 });
peers.close();
await session.close();
