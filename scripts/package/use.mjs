// The main job in small, as an ES module: fit, save, load, score, write, search.
import { rmSync } from 'node:fs';
import { Pipeline, PipelineModel, Session } from 'millstream';
import { LogisticRegression } from 'millstream/classification';
import { BinaryClassificationEvaluator } from 'millstream/evaluation';
import { StringIndexer, VectorAssembler } from 'millstream/feature';
import { loadScorer } from 'millstream/scoring';
import { CrossValidator, ParamGridBuilder } from 'millstream/tuning';

const rows = Array.from({ length: 200 }, (_, i) => ({ plan: i % 3 ? 'basic' : 'plus', use: i % 7, churn: (i % 7) + (i % 3) > 4 ? 1 : 0 }));

async function main() {
  const session = await Session.local({ workers: 2 });
  const frame = session.createFrame(rows, { plan: 'string', use: 'double', churn: 'double' });
  const lr = new LogisticRegression({ labelCol: 'churn', regParam: 0.01 });
  const pipeline = new Pipeline({
    stages: [new StringIndexer({ inputCol: 'plan', outputCol: 'ix' }), new VectorAssembler({ inputCols: ['ix', 'use'], outputCol: 'features' }), lr],
  });
  const model = await pipeline.fit(frame);
  for (const folder of ['model', 'scores']) rmSync(folder, { recursive: true, force: true });
  await model.save('model');
  const again = await PipelineModel.load('model');
  const [first] = await again.transform(frame).select('prediction').limit(1).collect();
  const score = await loadScorer('model');
  if (score(rows[0]).prediction !== first.prediction) throw new Error('the scorer disagrees');
  await again.transform(frame).select('probability', 'prediction').write.parquet('scores');
  if ((await session.read.parquet('scores').count()) !== rows.length) throw new Error('scores are lost');
  const estimatorParamMaps = new ParamGridBuilder().addGrid(lr, 'regParam', [0.1, 1]).build();
  const evaluator = new BinaryClassificationEvaluator({ labelCol: 'churn' });
  const search = await new CrossValidator({ estimator: pipeline, estimatorParamMaps, evaluator }).fit(frame);
  if (!(search.avgMetrics[0] > 0.9)) throw new Error(`the search found ${search.avgMetrics}`);
  if (!lr.uid.startsWith('LogisticRegression_')) throw new Error(`uid is ${lr.uid}`);
  // Left open on purpose: a program that forgets to close ends all the same.
  if (process.argv[2] !== 'forget') await session.close();
  console.log('ok');
}

main().catch((error) => {
  console.error(error);
  process.exit(1);
});
