// Trains and scores in a process (or thread) of its own and prints what came out; `wait`: is then at work until it is killed; `write`: writes a folder until then.
import { isMainThread, parentPort } from 'node:worker_threads';
import { LogisticRegression } from '../../../dist/classification/index.js';
import { StringIndexer, VectorAssembler } from '../../../dist/feature/index.js';
import { Pipeline, Session } from '../../../dist/index.js';

const tempDirectory = process.env.FAULTS_TEMP;
const session = await Session.local({
  workers: 2,
  ...(tempDirectory && { tempDirectory }),
  logger: { debug() {}, info() {}, warn() {}, error() {} },
});
const time = new Date(Date.UTC(2024, 2, 31, 1, 30));
const rows = Array.from({ length: 300 }, (_, i) => ({ a: Math.sin(i), c: ['ä', 'z', 'I', 'i', 'ı'][i % 5], time, label: i % 2 }));
const frame = session
  .createFrame(rows)
  .selectExpr('a', 'c', 'label', 'time', 'hour(time) AS hour', 'upper(c) AS upper', 'CAST(time AS STRING) AS text');
if (process.argv[2] === 'wait') {
  const busy = session.range(1e15).selectExpr('sin(id) AS x').filter('x > 2').count();
  busy.catch(() => {});
  await frame.count();
  setTimeout(() => console.log('busy'), 300);
  await busy;
}
if (process.argv[2] === 'write') {
  const target = `${process.env.FAULTS_TARGET}/out`;
  const written = session.range(1e12).selectExpr('sin(id) AS x').write.parquet(target);
  written.catch(() => {});
  setTimeout(() => console.log('busy'), 1000);
  await written;
}
const model = await new Pipeline({
  stages: [
    new StringIndexer({ inputCol: 'c', outputCol: 'ci', stringOrderType: 'alphabetAsc' }),
    new VectorAssembler({ inputCols: ['a', 'ci', 'hour'], outputCol: 'features' }),
    new LogisticRegression({ maxIter: 5 }),
  ],
}).fit(frame);
const scored = await model.transform(frame).select('hour', 'upper', 'text', 'time', 'prediction', 'probability').collect();
await session.close();
const result = JSON.stringify([model.stages[0].labels, [...model.stages[2].coefficients.toArray()], scored.slice(0, 10)], (_, value) =>
  typeof value === 'bigint' ? `${value}n` : value,
);
if (isMainThread) console.log(result);
else parentPort.postMessage(result);
