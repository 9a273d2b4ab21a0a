import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { LogisticRegression } from '#dist/classification/index.js';
import { BinaryClassificationEvaluator, RegressionEvaluator } from '#dist/evaluation/index.js';
import { Bucketizer, OneHotEncoder, StringIndexer, VectorAssembler } from '#dist/feature/index.js';
import { col, type Frame, load, Pipeline, Session, Vectors } from '#dist/index.js';
import { DecisionTreeRegressor } from '#dist/regression/index.js';
import { CrossValidator, type CrossValidatorModel, ParamGridBuilder, TrainValidationSplit } from '#dist/tuning/index.js';
import { saved } from '../persistence/files.ts';

const sessions: Session[] = [];
beforeAll(async () => {
  for (const workers of [1, 2]) sessions.push(await Session.local({ workers }));
});
afterAll(async () => {
  for (const session of sessions) await session.close();
});

const CITIES = ['Oslo', '__proto__', 'Rio', '😀'];
const rows = Array.from({ length: 400 }, (_, i) => ({
  city: CITIES[((i * i) % 11) % 4],
  age: (i * 37) % 100,
  tenure: i % 17 === 3 ? null : (i * 29) % 60,
  income: Math.sin(i) * 40,
  label: Number(Math.sin(i) + ((i * 13) % 7) / 7 > 0.6),
  fold: (i * 5) % 3,
}));
const types = { city: 'string', age: 'double', tenure: 'double', income: 'double', label: 'double', fold: 'int' };
const frameOn = (session: Session): Frame => session.createFrame(rows, types);

const indexer = new StringIndexer({ inputCol: 'city', outputCol: 'ci', handleInvalid: 'keep' });
const encoder = new OneHotEncoder({ inputCol: 'ci', outputCol: 'cv' });
const assembler = new VectorAssembler({ inputCols: ['age', 'income', 'cv'], outputCol: 'features' });
const lr = new LogisticRegression();
const evaluator = new BinaryClassificationEvaluator();
const bucketizer = new Bucketizer({ inputCol: 'tenure', outputCol: 'bucket', splits: [0, 30, 60], handleInvalid: 'skip' });

/** The head of each pipeline, as far as no point touches it, is fitted once a fold; the rest is what validation rows meet anew. */
const searches = [
  ['models of vectors', new Pipeline({ stages: [indexer, encoder, assembler, lr] }), new ParamGridBuilder().addGrid(lr, 'regParam', [0, 0.1]).build()],
  ['an encoder of text', new Pipeline({ stages: [indexer, encoder, assembler, lr] }), new ParamGridBuilder().addGrid(indexer, 'stringOrderType', ['frequencyDesc', 'alphabetAsc']).build()],
  ['a stage that drops rows', new Pipeline({ stages: [indexer, encoder, assembler, bucketizer, lr] }), new ParamGridBuilder().addGrid(bucketizer, 'splits', [[0, 30, 60], [0, 20, 60]]).build()],
] as const; // biome-ignore format: a row each

describe.each(searches)('a search over %s', (_, estimator, estimatorParamMaps) => {
  it('has the metrics of fitting and judging fold by fold', async () => {
    const frame = frameOn(sessions[0]);
    const model = await new CrossValidator({ estimator, estimatorParamMaps, evaluator, foldCol: 'fold' }).fit(frame);
    for (const [p, map] of estimatorParamMaps.entries()) {
      let sum = 0;
      for (const k of [0, 1, 2]) {
        const fitted = await estimator.copy(map).fit(frame.filter(col('fold').notEqual(k)));
        sum += await evaluator.evaluate(fitted.transform(frame.filter(col('fold').equalTo(k))));
      }
      expect(model.avgMetrics[p]).toBe(sum / 3);
    }
  });

  it('gives the same bits with any number of workers and fits at once', async () => {
    const found = [];
    for (const session of sessions) {
      for (const parallelism of [1, 3]) {
        const params = { estimator, estimatorParamMaps, evaluator, parallelism, seed: 11 };
        const folds = await new CrossValidator(params).fit(frameOn(session));
        const split = await new TrainValidationSplit(params).fit(frameOn(session));
        found.push([folds.avgMetrics, folds.stdMetrics, split.validationMetrics]);
      }
    }
    for (const other of found) expect(other).toEqual(found[0]);
  });
});

it('a search that is aborted amid its fits leaves the session fit for another', async () => {
  const frame = frameOn(sessions[1]);
  const search = new CrossValidator({ estimator: searches[0][1], estimatorParamMaps: searches[0][2], evaluator, parallelism: 2 });
  const stop = new AbortController();
  await expect(search.fit(frame, { signal: stop.signal, onProgress: () => stop.abort() })).rejects.toMatchObject({ code: 'ABORTED' });
  expect((await search.fit(frame)).avgMetrics).toHaveLength(2);
});

it('a search whose metrics are infinite is saved as Spark saves it, and loaded again', async () => {
  const rows = Array.from({ length: 12 }, (_, i) => ({ features: Vectors.dense(i), label: i % 2, fold: i % 2 }));
  const frame = sessions[1].createFrame(rows, { features: 'vector', label: 'double', fold: 'int' });
  const [estimator, judge] = [new DecisionTreeRegressor({ maxDepth: 1 }), new RegressionEvaluator({ metricName: 'r2' })];
  const search = { estimator, estimatorParamMaps: new ParamGridBuilder().build(), evaluator: judge, numFolds: 2, foldCol: 'fold' };
  const model = await new CrossValidator(search).fit(frame);
  expect([model.avgMetrics, model.stdMetrics]).toEqual([[Number.NEGATIVE_INFINITY], [Number.NaN]]);
  const files = saved(model);
  expect(new TextDecoder().decode(files.get('metadata/part-00000.txt'))).toContain('"avgMetrics":["-Infinity"]');
  const again = (await load(files)) as CrossValidatorModel;
  expect([again.avgMetrics, again.stdMetrics]).toEqual([model.avgMetrics, model.stdMetrics]);
});

it('says nothing on the terminal, however many fits are under way', async () => {
  const warnings: Error[] = [];
  const warned = (warning: Error) => warnings.push(warning);
  process.on('warning', warned);
  try {
    const estimatorParamMaps = new ParamGridBuilder().addGrid(lr, 'regParam', [0, 0.1, 0.2]).build();
    const assembled = assembler.copy({ inputCols: ['age', 'income'] }).transform(frameOn(sessions[1]));
    await new CrossValidator({ estimator: lr.copy({ maxIter: 5 }), estimatorParamMaps, evaluator, parallelism: 8, foldCol: 'fold' }).fit(assembled);
    await new Promise((resolve) => setImmediate(resolve)); // warnings are told a tick later
  } finally {
    process.off('warning', warned);
  }
  expect(warnings).toEqual([]);
});
