import { existsSync, readdirSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { DecisionTreeClassifier, LogisticRegression } from '#dist/classification/index.js';
import { Session } from '#dist/engine/session.js';
import type { SparkEngine } from '#dist/engine/spark/engine.js';
import { MlError } from '#dist/error.js';
import { BinaryClassificationEvaluator } from '#dist/evaluation/index.js';
import { Binarizer, StringIndexer, VectorAssembler } from '#dist/feature/index.js';
import type { Frame } from '#dist/frame/frame.js';
import { Pipeline, PipelineModel, type Transformer } from '#dist/pipeline/index.js';
import { CrossValidator, ParamGridBuilder } from '#dist/tuning/index.js';
import { folder, refuses, SILENT } from '../engine/harness.ts';
import { type Cut, FaultProxy } from './proxy.ts';
import { soon } from './soon.ts';

const path = folder();
const ROWS = Array.from({ length: 60 }, (_, i) => ({
  plan: ['basic', 'plus', 'gold'][(i * 7) % 3],
  use: (i * 37) % 11,
  label: (i * 13) % 7 > 3 ? 1 : 0,
}));
const assembler = new VectorAssembler({ inputCols: ['use', 'planIx'], outputCol: 'features' });
const stages = [new StringIndexer({ inputCol: 'plan', outputCol: 'planIx' }), assembler];
// The indexer's state is asked of the server, the tree's goes through a table there.
const pipeline = new Pipeline({ stages: [...stages, new DecisionTreeClassifier({ maxDepth: 1 })] });
const lr = new LogisticRegression({ maxIter: 2 });
const search = new CrossValidator({
  estimator: new Pipeline({ stages: [...stages, lr] }),
  estimatorParamMaps: new ParamGridBuilder().addGrid(lr, 'regParam', [0.1, 1]).build(),
  evaluator: new BinaryClassificationEvaluator(),
  numFolds: 2,
  seed: 1,
  parallelism: 2,
});

const pipelineModel = () => new PipelineModel({}, { stages: [new Binarizer({ inputCol: 'use' }, 'b')] as never }, 'saved');

describe('on a server nothing is left', { timeout: 300_000 }, () => {
  let proxy: FaultProxy;
  let session: Session;
  let frame: Frame;
  beforeAll(async () => {
    proxy = await FaultProxy.start(Number(inject('sparkAddress').split(':').at(-1)));
    session = await Session.connect(proxy.address, { logger: SILENT });
    frame = session.createFrame(ROWS, { plan: 'string', use: 'double', label: 'double' });
    await (await pipeline.fit(frame)).close();
  });
  afterAll(async () => {
    proxy.onCall = () => {};
    proxy?.breakNext(null);
    await session?.close();
    await proxy?.close();
  });

  /** Models and tables there, once what goes on behind has had its time. */
  const left = async () => {
    proxy.onCall = () => {};
    proxy.breakNext(null);
    return soon<unknown[][]>([[], []], async () => [
      await (frame.executor as SparkEngine).stages.kept(),
      await session.sql("SHOW TABLES LIKE 'millstream_*'").collect(),
    ]);
  };
  const fitted = (estimator: typeof pipeline | typeof search, signal?: AbortSignal): Promise<Transformer<never> | MlError> =>
    estimator.fit(frame, { ...(signal && { signal }) }).catch((e: MlError) => e) as Promise<Transformer<never> | MlError>;

  /** Of each run of the small fit, and of some of the long one. */
  const FITS: readonly [name: string, estimator: typeof pipeline | typeof search, runs: readonly number[]][] = [
    ['a pipeline', pipeline, [1, 2, 3, 4, 5, 6, 7, 8]],
    ['a search', search, [2, 9]],
  ];

  it.each(FITS)('of %s of which a run is refused', async (_, estimator, runs) => {
    for (const run of runs) {
      proxy.breakNext({ calls: ['ExecutePlan'], after: 0, how: 'refuse', skip: run - 1 });
      const outcome = await fitted(estimator);
      const isRefused = outcome instanceof MlError;
      if (isRefused)
        expect(outcome).toMatchObject({ code: 'SPARK_FAILED', message: expect.stringMatching(/^\w+: (refused$|.*a table.*\(refused\); name)/) });
      else await outcome.close();
      const [models, tables] = await left();
      expect(models, `run ${run}`).toEqual([]);
      // What was refused may be the removal itself.
      if (isRefused) expect(tables, `run ${run}`).toEqual([]);
      for (const { tableName } of tables as { tableName: string }[]) await session.sql(`DROP TABLE ${tableName}`).collect();
    }
  });

  it.each(FITS)('of %s that is aborted', async (_, estimator, runs) => {
    for (const run of runs) {
      const stop = new AbortController();
      let seen = 0;
      proxy.onCall = (name) => void (name === 'ExecutePlan' && ++seen === run && stop.abort());
      const outcome = await fitted(estimator, stop.signal);
      if (outcome instanceof MlError) expect(outcome).toMatchObject({ code: 'ABORTED' });
      else await outcome.close();
      expect(await left(), `run ${run}`).toEqual([[], []]);
    }
  });

  it('or half of a saved stage: one that is replaced is there, old or new, whatever run is refused', async () => {
    const versions = [1, 2].map(
      (threshold) => new PipelineModel({}, { stages: [new Binarizer({ inputCol: 'use', threshold }, `b${threshold}`)] as never }, 'saved'),
    );
    const target = `file:${path('saved')}`;
    let fine = false;
    for (let skip = 0; !fine; skip++) {
      proxy.breakNext(null);
      await versions[0].save(target, { overwrite: true });
      proxy.breakNext({ calls: ['ExecutePlan'], after: 0, how: 'refuse', skip });
      const failed = await versions[1].save(target, { overwrite: true }).catch((e: unknown) => e);
      fine = proxy.calls('ExecutePlan') <= skip;
      proxy.breakNext(null);
      const [held] = (await PipelineModel.load(target)).stages;
      expect(['b1', 'b2']).toContain(held.uid);
      if (!failed) expect(held.uid).toBe('b2');
    }
    expect(readdirSync(path('saved'), { recursive: true }).filter((name) => String(name).endsWith('.txt'))).toHaveLength(2);
  });

  it('and nothing where a first save failed', async () => {
    proxy.breakNext({ calls: ['ExecutePlan'], after: 0, how: 'refuse', skip: 2 });
    await refuses(() => pipelineModel().save(`file:${path('first')}`), 'SPARK_FAILED', {}, 'refused');
    proxy.breakNext(null);
    expect(existsSync(path('first'))).toBe(false);
  });

  const cuts = [0, 1, 2, 3].map(
    (after): Cut => ({ calls: ['ExecutePlan'], after, how: after % 2 ? 'connection' : 'stream', times: after === 0 ? 3 : 1000 }),
  );
  it.each(cuts)('of a fit of which every run is cut after $after messages, and nothing is fitted twice: $how', async (cut) => {
    proxy.breakNext(cut);
    const model = await pipeline.fit(frame);
    const kept = await (frame.executor as SparkEngine).stages.kept();
    expect(kept).toHaveLength(2);
    proxy.breakNext(null);
    expect(await model.transform(frame).count()).toBe(ROWS.length);
    await model.close();
    expect(await left()).toEqual([[], []]);
  });
});
