import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { FitOptions, FitProgress, FitSpec } from '#dist/engine/local/workers/contract.js';
import { runFit } from '#dist/engine/local/workers/crew.js';
import { WorkerPool } from '#dist/engine/local/workers/pool.js';
import { ColumnStore, MemoryLedger } from '#dist/engine/local/workers/store.js';
import { BLOCK_ROWS, type LinearArgs } from '#dist/kernels/contract.js';
import { linearAggregator } from '#dist/kernels/linear.js';
import { momentsAggregator } from '#dist/kernels/moments.js';
import { Random } from '#dist/random.js';
import { failure } from '../harness.ts';

const module = new URL('./tasks.mjs', import.meta.url).href;
const ROWS = 13 * BLOCK_ROWS + 321;
const D = 5;
const ledger = new MemoryLedger();
const columns = [
  ...Array.from({ length: 3 }, () => ({ type: 'f64' as const })),
  { type: 'u8' as const },
  { type: 'u8' as const },
  { type: 'u8' as const },
];
const args: LinearArgs = {
  parts: [
    { kind: 'dense', columns: [0, 1, 2], offset: 0 },
    { kind: 'codes', column: 3, offset: 3, size: 1 },
    { kind: 'codes', column: 4, offset: 4, size: 1 },
  ],
  numFeatures: D,
  label: 5,
};
const aggregators = { loss: linearAggregator('binaryLogistic', args) };

let store: ColumnStore;
let pool: WorkerPool;

interface Descent {
  w: Float64Array;
  loss: number;
  rows: number;
}

function fill(rows: number, rowsPerPartition: number): ColumnStore {
  const random = new Random(7);
  const made = new ColumnStore(columns, { ledger, rowsPerPartition });
  made.append([
    ...[0, 1, 2].map((shift) => Float64Array.from({ length: rows }, () => shift + random.nextGaussian())),
    ...[0, 1, 2].map(() => Uint8Array.from({ length: rows }, () => random.nextInt(2))),
  ]);
  made.seal();
  return made;
}

function descent(more: Partial<FitSpec> = {}): FitSpec {
  return { module, name: 'descend', args: { steps: 8, d: D }, store, aggregators, ...more };
}

function broken(how: string, at: number, once?: Int32Array): FitSpec {
  return descent({ aggregators: { loss: { module, name: 'faulty', args: { d: D, at, how, once } } }, owner: 'Broken' });
}

async function works(): Promise<void> {
  expect((await runFit<Descent>(pool, descent())).rows).toBe(ROWS);
}

beforeAll(() => {
  store = fill(ROWS, 4 * BLOCK_ROWS);
  pool = new WorkerPool({ workers: 4 });
});

afterAll(async () => {
  await pool.close();
  store.release();
  expect(ledger.used).toBe(0);
});

describe('a fit', () => {
  it('gives the same bits on 1, 2, 3 and 4 threads', async () => {
    const one = await runFit<Descent>(pool, descent(), { workers: 1 });
    expect(one.loss).toBeLessThan(Math.LN2);
    for (const workers of [2, 3, 4]) {
      for (let turn = 0; turn < 3; turn++) expect(await runFit<Descent>(pool, descent(), { workers })).toEqual(one);
    }
  });

  it('gives the same bits in the calling thread where threads cannot be had', async () => {
    const { descend } = (await import(module)) as { descend: NonNullable<FitSpec['local']> };
    const none = new WorkerPool({ workers: 4 });
    Object.defineProperty(none, 'start', { value: async () => undefined });
    const events: FitProgress[] = [];
    const here = await runFit<Descent>(none, descent({ local: descend }), { onProgress: (event) => events.push(event) });
    expect(here).toEqual(await runFit<Descent>(pool, descent()));
    expect(events).toHaveLength(8);
    expect((await failure(() => runFit(none, broken('throw', 0)))).code).toBe('TASK_FAILED');
    await none.close();
  });

  it('gives the same bits however the rows are cut into partitions', async () => {
    const one = await runFit<Descent>(pool, descent());
    for (const blocks of [1, 64]) {
      const other = fill(ROWS, blocks * BLOCK_ROWS);
      expect(await runFit<Descent>(pool, descent({ store: other }))).toEqual(one);
      other.release();
    }
  });

  it('merges in the order of the blocks', async () => {
    const spec = descent({ name: 'throughMoments', aggregators: { moments: momentsAggregator(args) } });
    const one = await runFit<Float64Array>(pool, spec, { workers: 1 });
    expect(one[0]).toBe(ROWS);
    for (const workers of [2, 4]) expect(await runFit<Float64Array>(pool, spec, { workers })).toEqual(one);
  });

  it('reports its progress in order', async () => {
    const events: FitProgress[] = [];
    const { loss } = await runFit<Descent>(pool, descent(), { onProgress: (event) => events.push(event) });
    expect(events.map(({ iteration }) => iteration)).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
    expect(events.at(-1)?.objective).toBe(loss);
  });

  it('ends with what onProgress throws', async () => {
    const error = new Error('enough');
    const options: FitOptions = {
      onProgress: () => {
        throw error;
      },
    };
    await expect(runFit(pool, descent({ args: { steps: 200, d: D } }), options)).rejects.toBe(error);
    await works();
  });

  it('may run beside others on the same rows', async () => {
    const one = await runFit<Descent>(pool, descent());
    for (const other of await Promise.all([1, 2, 3, 4, 5].map(() => runFit<Descent>(pool, descent())))) expect(other).toEqual(one);
  });

  it('of few rows may run two hundred times over', async () => {
    const small = fill(50, BLOCK_ROWS);
    const first = await runFit<Descent>(pool, descent({ store: small }));
    for (let turn = 0; turn < 200; turn++) expect(await runFit<Descent>(pool, descent({ store: small }))).toEqual(first);
    small.release();
  });

  it('borrows memory for its time only', async () => {
    const before = ledger.used;
    await runFit(pool, descent());
    await failure(() => runFit(pool, broken('throw', 0)));
    expect(ledger.used).toBe(before);
  });
});

describe('a fit that fails', () => {
  it('keeps the code, details and cause of an MlError', async () => {
    for (const spec of [descent({ name: 'throwFrom', args: { how: 'ml' } }), broken('ml', 5 * BLOCK_ROWS)]) {
      const error = await failure(() => runFit(pool, spec));
      expect(error.code).toBe('COLUMN_NOT_FOUND');
      expect(error.details).toHaveProperty('column');
      expect(error.cause).toMatchObject({ message: 'the cause' });
    }
    await works();
  });

  it('is TASK_FAILED for other errors, the error its cause', async () => {
    for (const [spec, message] of [
      [descent({ name: 'throwFrom', args: {}, owner: 'Broken' }), 'a broken fit'],
      [broken('throw', 13 * BLOCK_ROWS), 'a broken block'],
      [descent({ aggregators: {}, owner: 'Broken' }), 'no aggregator'],
      [descent({ args: { steps: 1, d: D + 1 }, owner: 'Broken' }), 'takes 6 numbers, got 7'],
    ] as const) {
      const error = await failure(() => runFit(pool, spec));
      expect(error.code).toBe('TASK_FAILED');
      expect(error.message).toMatch(/^Broken: /);
      expect((error.cause as Error).message).toContain(message);
    }
    await works();
  });

  it('starts again once when a thread dies', async () => {
    for (const at of [0, 6 * BLOCK_ROWS]) {
      const once = new Int32Array(new SharedArrayBuffer(4));
      const spec = descent({ aggregators: { loss: { module, name: 'faulty', args: { d: D, at, how: 'exit', once } } } });
      expect((await runFit<Descent>(pool, spec)).rows).toBe(ROWS);
      expect(once[0]).toBe(1);
    }
  });

  it('does not start again where rounds change the rows', async () => {
    const once = new Int32Array(new SharedArrayBuffer(4));
    const aggregators = { loss: { module, name: 'faulty', args: { d: D, at: 0, how: 'exit', once } } };
    const rounds = { module, name: 'counting', args: {}, changesRows: true };
    expect((await failure(() => runFit(pool, descent({ aggregators, rounds })))).code).toBe('WORKER_LOST');
    await works();
  });

  it('is WORKER_LOST when a thread dies again', async () => {
    expect((await failure(() => runFit(pool, broken('exit', 3 * BLOCK_ROWS)))).code).toBe('WORKER_LOST');
    await works();
  });
});

describe('an abort', () => {
  const started = () => new Int32Array(new SharedArrayBuffer(4));

  async function abortedOnceStarted(name: string, over: ColumnStore) {
    const abort = new AbortController();
    const flag = started();
    const fit = failure(() => runFit(pool, descent({ name, args: { started: flag, d: D }, store: over }), { signal: abort.signal }));
    while (flag[0] === 0) await sleep(1);
    abort.abort(new Error('stop it'));
    return fit;
  }

  it('ends a fit that sums', async () => {
    const error = await abortedOnceStarted('sumForever', store);
    expect(error.code).toBe('ABORTED');
    expect(error.cause).toMatchObject({ message: 'stop it' });
    await works();
  });

  it('ends a fit of rounds', async () => {
    const abort = new AbortController();
    const flag = started();
    const rounds = { module, name: 'counting', args: {} };
    const fit = failure(() =>
      runFit(pool, descent({ name: 'roundForever', args: { started: flag }, aggregators: {}, rounds }), { signal: abort.signal }),
    );
    while (flag[0] === 0) await sleep(1);
    abort.abort();
    expect((await fit).code).toBe('ABORTED');
    await works();
  });

  it('ends a fit that does not look, by ending its threads', async () => {
    const own = fill(100, BLOCK_ROWS);
    expect((await abortedOnceStarted('ignoreAborts', own)).code).toBe('ABORTED');
    own.release();
    await works();
  });

  it('that came before refuses the fit', async () => {
    expect((await failure(() => runFit(pool, descent(), { signal: AbortSignal.abort() }))).code).toBe('ABORTED');
  });
});
