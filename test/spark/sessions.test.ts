import { existsSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { DecisionTreeClassifier, LogisticRegression } from '#dist/classification/index.js';
import { Session } from '#dist/engine/session.js';
import type { SparkEngine } from '#dist/engine/spark/engine.js';
import { BinaryClassificationEvaluator } from '#dist/evaluation/index.js';
import { StringIndexer, StringIndexerModel, VectorAssembler } from '#dist/feature/index.js';
import { col } from '#dist/frame/column.js';
import type { Frame } from '#dist/frame/frame.js';
import { Pipeline, PipelineModel } from '#dist/pipeline/index.js';
import { CrossValidator, ParamGridBuilder } from '#dist/tuning/index.js';
import { failure, folder, refuses, SILENT } from '../engine/harness.ts';
import { FaultProxy } from './proxy.ts';
import { soon } from './soon.ts';

const path = folder();
const CLOSED = { code: 'SESSION_CLOSED' };
const assembler = new VectorAssembler({ inputCols: ['a', 'b'], outputCol: 'features' });
const tree = new DecisionTreeClassifier({ maxDepth: 1 });
const lr = new LogisticRegression({ maxIter: 2 });
const search = new CrossValidator({
  estimator: new Pipeline({ stages: [assembler, lr] }),
  estimatorParamMaps: new ParamGridBuilder().addGrid(lr, 'regParam', [0.1, 1]).build(),
  evaluator: new BinaryClassificationEvaluator(),
  numFolds: 2,
  parallelism: 2,
});

function learned(session: Session): Frame {
  const by = (n: number, name: string) => col('id').mod(n).cast('double').alias(name);
  return session.range(200).select('id', by(7, 'a'), by(11, 'b'), by(2, 'label'));
}

describe('a session on a cluster', { timeout: 240_000 }, () => {
  let proxy: FaultProxy;
  let watcher: Session;
  const told: string[] = [];
  const logger = { ...SILENT, warn: (text: string) => void told.push(text), error: (text: string) => void told.push(text) };
  beforeAll(async () => {
    proxy = await FaultProxy.start(Number(inject('sparkAddress').split(':').at(-1)));
    watcher = await Session.connect(inject('sparkAddress'));
  });
  afterAll(async () => {
    await watcher?.close();
    await proxy?.close();
  });
  const connect = (options = {}) => Session.connect(proxy.address, { logger, ...options });

  /** What the server keeps beyond sessions: tables of ours, and cached rows. */
  const left = () =>
    soon<unknown[]>([[], false], async () => [
      await watcher.sql("SHOW TABLES LIKE 'millstream_*'").collect(),
      (await learned(watcher).select('a').explain()).includes('InMemoryTableScan'),
    ]);

  it('that is closed ends what runs in it, at once and in one sentence', async () => {
    let began = () => {};
    const begun = new Promise<void>((resolve) => {
      began = resolve;
    });
    const session = await connect({ onProgress: () => began() });
    const endless = session.range(1e15).select(col('id').mod(1000).cast('string').alias('s'));
    // More than what a reader who is slow has been sent.
    const rows = session.range(3_000_000)[Symbol.asyncIterator]();
    await rows.next();
    const works = [
      failure(() => endless.distinct().count()),
      failure(() => new StringIndexer({ inputCol: 's', outputCol: 'ix' }).fit(endless)),
      failure(() => endless.write.parquet(`file:${path('endless')}`)),
    ];
    await begun;
    const slow = failure(async () => {
      for (;;) await rows.next();
    });
    await session.close();
    for (const end of await Promise.all([...works, slow])) expect(end).toMatchObject(CLOSED);
    expect(existsSync(path('endless', '_SUCCESS'))).toBe(false);
    expect(told).toEqual([]);
  });

  it.each([
    ['a fit of a tree', new Pipeline({ stages: [assembler, tree] }), [3, 5]],
    ['a search', search, [6]],
  ] as const)('that is closed within %s leaves nothing on the server', async (_, estimator, runs) => {
    for (const run of runs) {
      const session = await connect();
      let [seen, closed]: [number, Promise<void> | null] = [0, null];
      proxy.onCall = (name) => {
        if (name === 'ExecutePlan' && ++seen === run) closed = session.close();
      };
      const frame = learned(session).cache();
      const end = await estimator.fit(frame).then(
        () => null,
        (error: unknown) => error,
      );
      proxy.onCall = () => {};
      expect(closed, `run ${run}`).not.toBeNull();
      await closed;
      expect(end, `run ${run}`).toMatchObject(CLOSED);
      expect(await left(), `run ${run}`).toEqual([[], false]);
      expect(told, `run ${run}`).toEqual([]);
    }
  });

  it('that is closed within a save leaves nothing of it, then or later', async () => {
    const model = new PipelineModel({}, { stages: [StringIndexerModel.fromLabels(['a'], { inputCol: 's' })] as never });
    const ends: [run: string, whole: boolean][] = [];
    // Before a write has begun, and while the server writes; the last may be done by then.
    for (const run of [2, 3, 4]) {
      for (const wait of [0, 40, 80]) {
        // The latest session takes the path.
        const session = await connect();
        let seen = 0;
        const closed = new Promise<void>((resolve, reject) => {
          proxy.onCall = (name) => {
            if (name === 'ExecutePlan' && ++seen === run) setTimeout(() => session.close().then(resolve, reject), wait);
          };
        });
        const at = `cut-${run}-${wait}`;
        const end = await model.save(`file:${path(at)}`).then(
          () => null,
          (error: unknown) => error,
        );
        await closed;
        proxy.onCall = () => {};
        if (end) expect(end, at).toMatchObject(CLOSED);
        ends.push([at, end === null]);
        expect(existsSync(path(at)), at).toBe(end === null);
      }
    }
    expect(ends.filter(([, whole]) => !whole).length).toBeGreaterThan(0);
    await new Promise((resolve) => setTimeout(resolve, 500));
    for (const [at, whole] of ends) expect(existsSync(path(at)), at).toBe(whole);
    expect(told).toEqual([]);
  });

  it('that is closed does not wait for a server that is gone', async () => {
    const session = await connect();
    // Rows that no other test looks for: the server keeps them.
    const frame = session.range(201).cache();
    await frame.count();
    const tries = new Promise<void>((resolve) => {
      proxy.onCall = () => proxy.calls('ReattachExecute') === 3 && resolve();
    });
    proxy.breakNext({ calls: ['ExecutePlan', 'ReattachExecute', 'AnalyzePlan', 'ReleaseSession'], after: 0, how: 'connection', times: 1000 });
    const work = failure(() => frame.count());
    await tries;
    await session.close();
    expect(await work).toMatchObject(CLOSED);
    proxy.breakNext(null);
    proxy.onCall = () => {};
  });

  it('and another on the same server do not mix: what one had is gone with it, the other goes on', async () => {
    const [one, two] = [await connect(), await connect()];
    const [first, second] = [one, two].map(learned);
    const pipeline = new Pipeline({ stages: [assembler, lr] });
    const [a, b] = await Promise.all([pipeline.fit(first), pipeline.fit(second)]);
    const kept = (frame: Frame) => (frame.executor as SparkEngine).stages.kept();
    expect([(await kept(first)).length, (await kept(second)).length]).toEqual([1, 1]);
    const scores = (model: PipelineModel, frame: Frame) => model.transform(frame).select('prediction').collect();
    const wanted = await scores(a, first);
    // A model of one session is sent to the other.
    expect(await scores(a, second)).toEqual(wanted);
    expect((await kept(second)).length).toBe(2);
    await refuses(() => first.union(second).count(), 'VALUE_INVALID', {}, 'session');
    await one.close();
    expect(await scores(a, second)).toEqual(wanted);
    expect(await scores(b, second)).toEqual(wanted);
    await a.close();
    await b.close();
    expect(await kept(second)).toEqual([]);
    await Promise.all([two.close(), two.close()]);
    await two.close();
  });

  it('that is closed says so whatever is asked, and its models score here', async () => {
    const session = await connect();
    const frame = learned(session);
    const model = await new Pipeline({ stages: [assembler, lr] }).fit(frame);
    await session.close();
    const actions: (() => unknown)[] = [
      () => frame.collect(),
      () => frame.toArrow(),
      () => frame.schema(),
      () => frame.explain(),
      () => frame.cache().count(),
      () => frame.approxQuantile('a', [0.5]),
      () => frame.write.parquet(`file:${path('closed')}`),
      () => frame[Symbol.asyncIterator]().next(),
      () => model.transform(frame).count(),
      () => lr.fit(assembler.transform(frame)),
      () => search.fit(frame),
      () => new BinaryClassificationEvaluator().evaluate(model.transform(frame)),
      () => (model.stages[1] as { summary?: { fetch(): Promise<unknown> } }).summary?.fetch(),
      () => session.read.parquet('file:/x'),
      () => session.sql('SELECT 1'),
      () => session.createFrame([{ a: 1 }]),
    ];
    for (const action of actions) await refuses(action, 'SESSION_CLOSED');
    await model.close();
    expect(model.rowScorer()({ a: 1, b: 2 })?.prediction).toBeTypeOf('number');
    expect(existsSync(path('closed'))).toBe(false);
    expect(told).toEqual([]);
  });
});
