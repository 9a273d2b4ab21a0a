import { Session } from 'millstream';
import { HistGradientBoostingClassifier } from 'millstream/classification';
import { VectorAssembler } from 'millstream/feature';
import { Pipeline } from 'millstream/pipeline';
import { rowCalls, table } from '../harness.ts';
import { COLUMNS } from '../tabular.ts';

// One row of 28 columns through 100 trees of 31 leaves.
const rows = Number(process.env.BENCH_ROWS ?? 80_000);
const session = await Session.local();
const frame = session.read.parquet(table('tabular', rows));
const stages = [
  new VectorAssembler({ inputCols: COLUMNS, outputCol: 'features' }),
  new HistGradientBoostingClassifier({ maxIter: 100, maxLeafNodes: 31 }),
];
const model = await new Pipeline({ stages }).fit(frame);
const sample = await frame.limit(3000).collect();
await rowCalls('hgb-row', model.rowScorer(), sample);
await session.close();
