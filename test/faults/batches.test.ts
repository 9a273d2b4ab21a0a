import { once } from 'node:events';
import { describe, expect, it } from 'vitest';
import { LogisticRegression } from '#dist/classification/index.js';
import { VectorAssembler } from '#dist/feature/index.js';
import { failure, refuses, session } from '../engine/harness.ts';

const s = session();
const MODULE = new URL('./functions/batches.mjs', import.meta.url);
const frame = (rows = 100) => s().createFrame(Array.from({ length: rows }, (_, i) => ({ a: i })));
const run = (name: string, signal?: AbortSignal) =>
  frame()
    .mapBatches(MODULE, name, { schema: { a: 'double' } })
    .collect({ signal });
const healthy = async () => expect((await run('id')).length).toBe(100);

describe('a batch function', () => {
  it('may give fewer rows when it says so', async () => {
    expect((await run('half')).length).toBe(50);
  });

  it('that gives other numbers of rows than it says is refused by name, column and numbers', async () => {
    await refuses(
      () => run('tooFew'),
      'VALUE_INVALID',
      { function: 'tooFew', column: 'a', expected: 100, value: 1 },
      'tooFew',
      '"a"',
      '100 rows',
      'got 1',
    );
    await refuses(() => run('tooMany'), 'VALUE_INVALID', { function: 'tooMany', column: 'a', expected: 3, value: 100 });
    const added = frame().withBatchColumn('b', 'double', MODULE, 'oneValue');
    await refuses(() => added.collect(), 'VALUE_INVALID', { function: 'oneValue', column: 'b', expected: 100, value: 1 });
    expect((await frame().withBatchColumn('b', 'double', MODULE, 'sum').collect())[3]).toEqual({ a: 3, b: 4 });
  });

  it('that gives values of another type is refused by its own name', async () => {
    await refuses(() => run('texts'), 'VALUE_INVALID', { column: 'a', value: 'x' }, /^mapBatches: texts: column "a"/);
    await refuses(() => run('nothing'), 'VALUE_INVALID', { column: 'a' }, /^mapBatches: nothing/);
    await refuses(() => run('functions'), 'TASK_FAILED', {}, /^mapBatches: /);
    await healthy();
  });

  it('that throws fails with its error as the cause', async () => {
    const error = await failure(() => run('boom'));
    expect([error.code, (error.cause as Error).message]).toEqual(['TASK_FAILED', 'user bug']);
    for (const [name, text] of [
      ['boomText', 'just text'],
      ['boomNull', 'null'],
      ['stack', 'call stack'],
    ] as const)
      await refuses(() => run(name), 'TASK_FAILED', {}, text);
    await healthy();
  });

  it('that is none is refused', async () => {
    for (const name of ['missing', 'five', 'toString', '__proto__']) await refuses(() => run(name), 'PARAM_INVALID', { param: 'name' }, name);
    const lost = frame().mapBatches(new URL('./functions/none.mjs', import.meta.url), 'id', { schema: { a: 'double' } });
    await refuses(() => lost.collect(), 'TASK_FAILED', {}, 'none.mjs');
  });

  it('that ends its thread fails with WORKER_LOST, and the next one runs', async () => {
    for (let i = 0; i < 3; i++) {
      await refuses(() => run('die'), 'WORKER_LOST', {}, /^mapBatches: /);
      await healthy();
    }
  });

  it('that ends a thread in the middle of a fit makes that fit fail or go on, and never hang', async () => {
    const input = s().range(100_000).selectExpr('sin(id) AS a', 'cos(id) AS b', 'CAST(sin(id * 7) > 0 AS DOUBLE) AS label');
    const vectors = new VectorAssembler({ inputCols: ['a', 'b'], outputCol: 'features' }).transform(input);
    for (const delay of [0, 60, 200]) {
      const stop = new AbortController();
      const fit = new LogisticRegression({ maxIter: 100000, tol: 0, elasticNetParam: 0.5, regParam: 1e-9 })
        .fit(vectors, { signal: stop.signal })
        .catch((error: unknown) => error);
      await new Promise((resolve) => setTimeout(resolve, delay));
      await refuses(() => run('die'), 'WORKER_LOST');
      const timer = setTimeout(() => stop.abort(), 500);
      const ended = await fit;
      clearTimeout(timer);
      if (ended instanceof Error) expect(ended).toMatchObject({ code: expect.stringMatching(/^(WORKER_LOST|ABORTED)$/) });
      await healthy();
    }
  });

  it('that never ends is stopped by the signal, and holds no thread', async () => {
    for (const name of ['never', 'spin']) {
      const stop = new AbortController();
      const begun = new BroadcastChannel('begun');
      const begins = once(begun as never, 'message');
      const all = Promise.allSettled([run(name, stop.signal), run(name, stop.signal), run(name, stop.signal)]);
      await begins;
      begun.close();
      const reason = new Error('enough');
      stop.abort(reason);
      for (const result of await all)
        expect(result).toMatchObject({ status: 'rejected', reason: { code: 'ABORTED', name: 'AbortError', cause: reason } });
      await healthy();
    }
  });

  it('that one caller gives up on still serves the others', async () => {
    const mapped = frame().mapBatches(MODULE, 'id', { schema: { a: 'double' } });
    const stop = new AbortController();
    const first = mapped.collect({ signal: stop.signal });
    const second = mapped.collect();
    stop.abort();
    await refuses(() => first, 'ABORTED');
    expect((await second).length).toBe(100);
  });
});
