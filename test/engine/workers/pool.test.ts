import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import workerThreads, { type Worker } from 'node:worker_threads';
import { afterEach, describe, expect, it } from 'vitest';
import { WorkerPool } from '#dist/engine/local/workers/pool.js';
import { MlError } from '#dist/error.js';
import { failure } from '../harness.ts';

const here = dirname(fileURLToPath(import.meta.url));
const module = new URL('./tasks.mjs', import.meta.url).href;
const pools: WorkerPool[] = [];

function pool(workers: number): WorkerPool {
  const made = new WorkerPool({ workers });
  pools.push(made);
  return made;
}

afterEach(async () => {
  await Promise.all(pools.splice(0).map((one) => one.close()));
});

describe('a worker pool', () => {
  it('runs tasks on other threads, as many at a time as it has', async () => {
    const two = pool(2);
    expect(await two.run({ module, name: 'double', args: 21 })).toBe(42);
    expect(await two.run({ module, name: 'whichThread', args: null })).not.toBe(0);
    const counter = new Int32Array(new SharedArrayBuffer(4));
    const args = { counter, count: 2 };
    expect(await Promise.all([1, 2].map(() => two.run({ module, name: 'meet', args })))).toEqual([2, 2]);
  });

  it('runs more tasks than it has threads, each once', async () => {
    const three = pool(3);
    const results = await Promise.all(Array.from({ length: 40 }, (_, i) => three.run({ module, name: 'double', args: i })));
    expect(results).toEqual(Array.from({ length: 40 }, (_, i) => 2 * i));
  });

  it('passes an MlError on as it was', async () => {
    const error = await failure(() => pool(1).run({ module, name: 'throwMl', args: { column: 'age' } }));
    expect(error.code).toBe('COLUMN_NOT_FOUND');
    expect(error.message).toBe('Test: there is no column age');
    expect(error.details).toMatchObject({ column: 'age' });
    expect(error.cause).toMatchObject({ message: 'the cause' });
  });

  it('makes other errors TASK_FAILED of the owner, the error its cause', async () => {
    const error = await failure(() => pool(1).run({ module, name: 'throwPlain', args: 'oh', owner: 'Scaler' }));
    expect(error.code).toBe('TASK_FAILED');
    expect(error.message).toMatch(/^Scaler: .*oh/);
    expect(error.cause).toMatchObject({ name: 'TypeError', message: 'oh', cause: { message: 'the cause' } });
  });

  it('says so when there is no such export, or arguments or results are no data', async () => {
    const one = pool(1);
    expect((await failure(() => one.run({ module, name: '__proto__', args: 1 }))).code).toBe('TASK_FAILED');
    expect((await failure(() => one.run({ module, name: 'double', args: () => 1 }))).code).toBe('TASK_FAILED');
    expect((await failure(() => one.run({ module, name: 'giveFunction', args: 1 }))).code).toBe('TASK_FAILED');
    expect(await one.run({ module, name: 'double', args: 2 })).toBe(4);
  });

  it('loses the task of a thread that dies, and works on with new threads', async () => {
    const two = pool(2);
    const slow = two.run({ module, name: 'sleep', args: 300 });
    expect((await failure(() => two.run({ module, name: 'die', args: null }))).code).toBe('WORKER_LOST');
    expect(await Promise.all([1, 2, 3].map((args) => two.run({ module, name: 'double', args })))).toEqual([2, 4, 6]);
    expect(await slow).toBe(300);
  });

  it('waits for no thread that dies before it is ready, in place of one that died idle', async () => {
    const two = pool(2);
    const threads = new Set<Worker>();
    let dying = false;
    const { Worker: Thread } = workerThreads;
    workerThreads.Worker = class extends Thread {
      constructor(...args: ConstructorParameters<typeof Thread>) {
        super(...args);
        threads.add(this);
        if (dying) this.on('online', () => void this.terminate());
      }
    };
    try {
      expect(await two.run({ module, name: 'double', args: 21 })).toBe(42);
      const first = [...threads];
      expect(first).toHaveLength(2);
      dying = true;
      await Promise.all(first.map((thread) => thread.terminate()));
      await Promise.all([...threads].slice(2).map((thread) => once(thread, 'exit')));
      expect(await Promise.all([1, 2, 3].map((args) => two.run({ module, name: 'double', args })))).toEqual([2, 4, 6]);
    } finally {
      workerThreads.Worker = Thread;
    }
  });

  it('survives a thread whose heap is full', async () => {
    const one = new WorkerPool({ workers: 1, maxHeapMiB: 32 });
    pools.push(one);
    const error = await failure(() => one.run({ module, name: 'hoard', args: null, owner: 'Hoarder' }));
    expect(error.code).toBe('WORKER_LOST');
    expect(error.message).toMatch(/^Hoarder: .*heap out of memory, which must hold in 32 MiB; /);
    expect(await one.run({ module, name: 'double', args: 2 })).toBe(4);
  });

  it('survives many deaths', async () => {
    const two = pool(2);
    for (let turn = 0; turn < 5; turn++) {
      const ends = await Promise.allSettled([0, 1, 2, 3].map((i) => two.run({ module, name: i % 2 ? 'die' : 'double', args: i })));
      expect(ends.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled', 'rejected']);
    }
  });

  it('ends a task that is aborted, however deaf it is', async () => {
    const one = pool(1);
    const abort = new AbortController();
    await one.threaded();
    const endless = failure(() => one.run({ module, name: 'spin', args: null, owner: 'Endless' }, { signal: abort.signal }));
    setTimeout(() => abort.abort(), 20);
    expect((await endless).code).toBe('ABORTED');
    expect(await one.run({ module, name: 'double', args: 4 })).toBe(8);
  });

  it('drops a waiting task that is aborted, and keeps the others', async () => {
    const one = pool(1);
    const abort = new AbortController();
    const first = one.run({ module, name: 'sleep', args: 50 });
    const second = failure(() => one.run({ module, name: 'double', args: 1 }, { signal: abort.signal }));
    const third = one.run({ module, name: 'double', args: 5 });
    abort.abort();
    expect((await second).code).toBe('ABORTED');
    expect(await first).toBe(50);
    expect(await third).toBe(10);
  });

  it('refuses tasks once it is closed, and loses those under way', async () => {
    const one = pool(1);
    await one.threaded();
    const endless = failure(() => one.run({ module, name: 'spin', args: null }));
    const waiting = failure(() => one.run({ module, name: 'double', args: 1 }));
    await one.close();
    await one.close();
    expect((await endless).code).toBe('SESSION_CLOSED');
    expect((await waiting).code).toBe('SESSION_CLOSED');
    expect((await failure(() => one.run({ module, name: 'double', args: 1 }))).code).toBe('SESSION_CLOSED');
  });

  it('must have a whole number of workers', () => {
    expect(() => new WorkerPool({ workers: 0 })).toThrow(MlError);
    expect(() => new WorkerPool({ workers: 1.5 })).toThrow(MlError);
  });

  it('starts its threads whatever flags the process has', async () => {
    const code = `import(process.env.POOL).then(async ({ WorkerPool }) => {
      console.log((await new WorkerPool({ workers: 1 }).run({ module: process.env.TASKS, name: 'whichThread', args: null })) > 0);
    });`;
    const env = { ...process.env, POOL: new URL('../../../dist/engine/local/workers/pool.js', import.meta.url).href, TASKS: module };
    for (const flags of [['--max-old-space-size=200'], ['--expose-gc', '--input-type=module', '--conditions', 'other'], ['--report-on-fatalerror']]) {
      const { stdout } = await promisify(execFile)(process.execPath, [...flags, '-e', code], { env, timeout: 20_000 });
      expect(stdout, String(flags)).toBe('true\n');
    }
  });

  it('does not keep the process alive when nobody closes it', async () => {
    const { stdout } = await promisify(execFile)(process.execPath, [join(here, 'forgotten-close.mjs')], { timeout: 20_000 });
    expect(stdout).toBe('42\n');
  });
});
