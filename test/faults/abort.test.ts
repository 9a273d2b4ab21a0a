import { existsSync, readdirSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { LogisticRegression } from '#dist/classification/index.js';
import { BinaryClassificationEvaluator } from '#dist/evaluation/index.js';
import { StringIndexer, VectorAssembler } from '#dist/feature/index.js';
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

/** Aborts `work` after `delay` ms: it must end within 250 ms, with the signal's reason; a machine that is busy with other things is given further tries. */
async function stops(delay: number, work: (signal: AbortSignal) => Promise<unknown>): Promise<void> {
  const times: number[] = [];
  while (times.length < 4 && !((times.at(-1) ?? 250) < 250)) times.push(await timeToStop(delay, work));
  expect(Math.min(...times)).toBeLessThan(250);
}

/** Milliseconds from the abort to the end; 0 for work that is over before, which tells nothing. */
async function timeToStop(delay: number, work: (signal: AbortSignal) => Promise<unknown>): Promise<number> {
  const stop = new AbortController();
  const reason = new Error('enough');
  let at = Infinity;
  const timer = setTimeout(() => {
    at = performance.now();
    stop.abort(reason);
  }, delay);
  try {
    await work(stop.signal);
    expect(at, 'ended as if nothing had been aborted').toBe(Infinity);
    return 0;
  } catch (error) {
    expect(error).toMatchObject({ code: 'ABORTED', name: 'AbortError', cause: reason });
    return performance.now() - at;
  } finally {
    clearTimeout(timer);
  }
}

describe('an abort ends within 250 ms', () => {
  it('a fit', async () => {
    const frame = rows(200_000);
    for (const delay of [0, 20, 150, 400]) await stops(delay, (signal) => learn.fit(frame, { signal }));
  });

  it('a fit of labels', async () => {
    const frame = s().range(3_000_000).selectExpr('CAST(id AS STRING) AS k');
    await stops(60, (signal) => new StringIndexer({ inputCol: 'k', outputCol: 'o' }).fit(frame, { signal }));
  });

  it('a search', async () => {
    const grid = new ParamGridBuilder().addGrid(learn, 'regParam', [1e-3, 1e-2, 1e-1]).build();
    const estimator = learn.copy({ maxIter: 100 });
    const search = new CrossValidator({ estimator, estimatorParamMaps: grid, evaluator: new BinaryClassificationEvaluator(), parallelism: 2 });
    const frame = rows(100_000);
    for (const delay of [0, 50, 400]) await stops(delay, (signal) => search.fit(frame, { signal }));
  });

  it('a read of CSV, in any phase', async () => {
    const csv = file('big.csv', `a,b\n${'1,hello\n'.repeat(1_000_000)}`);
    const options = { header: true, inferSchema: true };
    for (const delay of [50, 400, 900, 1300]) await stops(delay, (signal) => s().read.csv(csv, options).count({ signal }));
    for (const delay of [100, 1200]) await stops(delay, (signal) => s().read.csv(csv, options).collect({ signal }));
    await stops(100, (signal) =>
      s()
        .read.csv(csv, { header: true, schema: { a: 'int', b: 'string' } })
        .count({ signal }),
    );
  });

  it('a collect and an iteration', async () => {
    const frame = s().range(20_000_000).selectExpr('id', 'sin(id) AS a');
    await stops(100, (signal) => frame.collect({ signal }));
    await stops(100, (signal) => frame.toArrow({ signal }));
    await stops(100, (signal) => frame.orderBy('a').count({ signal }));
  });

  it('a write, which leaves the old data and nothing else', async () => {
    await s().range(5).write.parquet(path('out'));
    const frame = s().range(20_000_000).selectExpr('id', 'sin(id) AS a');
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
    const ends: unknown[] = [];
    for (const delay of [0, 5, 20, 40, 80]) {
      const frame = rows(200_000).cache();
      const stop = new AbortController();
      const over = () => (stop.signal.aborted ? 'not stopped' : 'over before');
      const first = few.fit(frame, { signal: stop.signal }).then(over, (error: unknown) => error);
      const second = few.fit(frame);
      const timer = setTimeout(() => stop.abort(), delay);
      expect((await second).coefficients.size).toBe(2);
      const end = await first;
      clearTimeout(timer);
      if (end !== 'over before') expect(end).toMatchObject({ code: 'ABORTED' });
      ends.push(end);
      await frame.unpersist();
    }
    expect(ends[0]).toMatchObject({ code: 'ABORTED' });
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
