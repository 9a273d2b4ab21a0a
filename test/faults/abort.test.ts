import { existsSync, readdirSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { LogisticRegression } from '#dist/classification/index.js';
import { BinaryClassificationEvaluator } from '#dist/evaluation/index.js';
import { StringIndexer, VectorAssembler } from '#dist/feature/index.js';
import type { FitOptions } from '#dist/frame/executor.js';
import type { Frame } from '#dist/frame/frame.js';
import { CrossValidator, ParamGridBuilder } from '#dist/tuning/index.js';
import { failure, folder, refuses, session, written } from '../engine/harness.ts';

const s = session();
const path = folder();
const file = (name: string, content: string | Uint8Array) => written(path(name), content);
const learn = new LogisticRegression({ maxIter: 100000, tol: 0, regParam: 1e-9, elasticNetParam: 0.5 });
const assembler = new VectorAssembler({ inputCols: ['a', 'b'], outputCol: 'features' });

function rows(n: number): Frame {
  const frame = s().range(n).selectExpr('id', 'sin(id) AS a', 'cos(id * 3) AS b', 'CAST(sin(id * 13) + sin(id) * 0.3 > 0 AS DOUBLE) AS label');
  return assembler.transform(frame);
}

/** More rows than any machine reads while a test lasts. */
const ENDLESS = 1e12;
const REASON = new Error('enough');
const STOPPED = { code: 'ABORTED', name: 'AbortError', cause: REASON };

/**
 * Aborts work that has no end: it must end, with the signal's reason; the delay only chooses what it is about then. Work that has an end, and gives `whole`, may
 * be over before.
 */
async function stops(delay: number, work: (signal: AbortSignal) => Promise<unknown>, whole?: number): Promise<void> {
  const stop = new AbortController();
  const timer = setTimeout(() => stop.abort(REASON), delay);
  const end = await work(stop.signal).catch((error: unknown) => error);
  clearTimeout(timer);
  if (end === undefined || end !== whole) expect(end).toMatchObject(STOPPED);
}

/** Aborts a fit at its so many-th event of progress. */
async function stopsAt(event: number, train: (options: FitOptions) => Promise<unknown>): Promise<void> {
  const stop = new AbortController();
  let seen = 0;
  const onProgress = () => void (++seen === event && stop.abort(REASON));
  expect(await failure(() => train({ signal: stop.signal, onProgress }))).toMatchObject(STOPPED);
}

describe('an abort ends', () => {
  it('a fit, while it reads and at any iteration', async () => {
    for (const delay of [0, 20, 150]) await stops(delay, (signal) => learn.fit(rows(ENDLESS), { signal }));
    const frame = rows(200_000);
    for (const event of [1, 2, 7]) await stopsAt(event, (options) => learn.fit(frame, options));
  });

  it('a fit of labels', async () => {
    const frame = s().range(ENDLESS).selectExpr('CAST(id AS STRING) AS k');
    await stops(60, (signal) => new StringIndexer({ inputCol: 'k', outputCol: 'o' }).fit(frame, { signal }));
  });

  it('a search', async () => {
    const grid = new ParamGridBuilder().addGrid(learn, 'regParam', [1e-3, 1e-2, 1e-1]).build();
    const search = new CrossValidator({
      estimator: learn.copy({ maxIter: 100 }),
      estimatorParamMaps: grid,
      evaluator: new BinaryClassificationEvaluator(),
      parallelism: 2,
    });
    const frame = rows(100_000);
    await stops(0, (signal) => search.fit(frame, { signal }));
    for (const event of [1, 2]) await stopsAt(event, (options) => search.fit(frame, options));
  });

  it('the filling of a cached frame, for which unpersist would wait', async () => {
    const frame = rows(ENDLESS).cache();
    const base = s().range(ENDLESS).selectExpr('sin(id) AS a', 'cos(id * 3) AS b', 'CAST(id % 2 AS DOUBLE) AS label').cache();
    for (const delay of [20, 100]) await stops(delay, (signal) => frame.count({ signal }));
    await stops(60, (signal) => learn.fit(assembler.transform(base), { signal }));
    await frame.unpersist();
    await base.unpersist();
  });

  it('a read of CSV, in any phase', async () => {
    const csv = file('big.csv', `a,b\n${'1,hello\n'.repeat(1_000_000)}`);
    const inferred = () => s().read.csv(csv, { header: true, inferSchema: true });
    const typed = s().read.csv(csv, { header: true, schema: { a: 'int', b: 'string' } });
    const whole = 1_000_000;
    for (const delay of [50, 400, 900, 1300]) await stops(delay, (signal) => inferred().count({ signal }), whole);
    for (const delay of [100, 1200]) await stops(delay, async (signal) => (await inferred().collect({ signal })).length, whole);
    await stops(100, (signal) => typed.count({ signal }), whole);
    const fit = (signal: AbortSignal) => new StringIndexer({ inputCol: 'b', outputCol: 'o' }).fit(inferred(), { signal }).then(() => whole);
    for (const delay of [20, 300]) await stops(delay, fit, whole);
  });

  it('a collect and an iteration', async () => {
    const frame = s().range(ENDLESS).selectExpr('id', 'sin(id) AS a');
    await stops(100, (signal) => frame.collect({ signal }));
    await stops(100, (signal) => frame.toArrow({ signal }));
    await stops(100, (signal) => frame.orderBy('a').count({ signal }));
  });

  it('a write, which leaves the old data and nothing else', async () => {
    await s().range(5).write.parquet(path('out'));
    const frame = s().range(ENDLESS).selectExpr('id', 'sin(id) AS a');
    for (const delay of [0, 20, 200]) {
      await stops(delay, (signal) => frame.write.parquet(path('out'), { mode: 'overwrite', signal }));
      expect(await s().read.parquet(path('out')).count()).toBe(5);
      expect(readdirSync(path('.')).filter((name) => name !== 'out' && name !== 'big.csv')).toEqual([]);
    }
    await stops(100, (signal) => frame.write.csv(path('fresh'), { signal }));
    await stops(100, (signal) =>
      assembler
        .copy({ inputCols: ['a'] })
        .transform(frame)
        .write.parquet(path('fresh'), { signal }),
    );
    expect(existsSync(path('fresh'))).toBe(false);
  });
});

describe('a signal', () => {
  it('that is aborted already stops everything before it starts', async () => {
    const reason = new Error('before');
    const signal = AbortSignal.abort(reason);
    const frame = rows(10);
    for (const work of [
      () => frame.count({ signal }),
      () => frame.collect({ signal }),
      () => frame.toArrow({ signal }),
      () => learn.fit(frame, { signal }),
    ]) {
      expect(await failure(work)).toMatchObject({ code: 'ABORTED', cause: reason });
    }
    await refuses(() => frame.write.parquet(path('never'), { signal }), 'ABORTED');
    expect(existsSync(path('never'))).toBe(false);
  });

  it('may be aborted by the progress it reports', async () => {
    const stop = new AbortController();
    const fit = learn.fit(rows(1000), { signal: stop.signal, onProgress: () => stop.abort('seen') });
    expect(await failure(() => fit)).toMatchObject({ code: 'ABORTED', cause: 'seen' });
  });

  it('of one fit leaves another one on the same cached frame unharmed', async () => {
    const few = learn.copy({ maxIter: 3 });
    for (const delay of [null, 0, 5, 20, 40, 80]) {
      const frame = rows(200_000).cache();
      const stop = new AbortController();
      const first = few.fit(frame, { signal: stop.signal }).catch((error: unknown) => error);
      const second = few.fit(frame);
      if (delay === null) stop.abort();
      else setTimeout(() => stop.abort(), delay);
      expect((await second).coefficients.size).toBe(2);
      const end = await first;
      // One that is over before it is stopped is whole.
      if (delay === null || end instanceof Error) expect(end).toMatchObject({ code: 'ABORTED' });
      else expect(end).toMatchObject({ numFeatures: 2 });
      await frame.unpersist();
    }
  });

  it('of one caller leaves others and the session unharmed', async () => {
    const frame = s().read.csv(file('shared.csv', `a\n${'1\n'.repeat(100_000)}`), { header: true, inferSchema: true });
    const stop = new AbortController();
    const [first, second] = [frame.count({ signal: stop.signal }), frame.count()];
    stop.abort();
    await refuses(() => first, 'ABORTED');
    expect(await second).toBe(100_000);
    expect(await frame.count()).toBe(100_000);
  });
});
