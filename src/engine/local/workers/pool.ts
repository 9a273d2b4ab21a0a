import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { getHeapStatistics } from 'node:v8';
import type { Piscina } from 'piscina';
import { aborted, MlError, throwIfAborted } from '../../../error.ts';
import type { Logger } from '../../../frame/executor.ts';
import { type Outcome, packError, unpackError } from './errors.ts';
import { findExport, type RunnerMessage } from './task-runner.ts';

/** An export of a module, by URL and name, and plain data to call it with. `local`: the export itself, for the case without threads. */
export interface Task<Args = unknown> {
  module: string;
  name: string;
  args: Args;
  local?: (args: Args) => unknown;
  /** Who speaks in errors. */
  owner?: string;
}

interface RunOptions {
  /** Ends the task at once, by ending its thread. */
  signal?: AbortSignal;
  /** Drops the task while it waits for a thread; without effect once it runs. */
  unlessStarted?: AbortSignal;
  transfer?: readonly object[];
}

interface WorkerPoolOptions {
  workers: number;
  logger?: Pick<Logger, 'warn'>;
  /** Heap limit of a thread (typed arrays do not count there); {@link DEFAULT_HEAP_MIB}, or the process's own where that is less. */
  maxHeapMiB?: number;
}

/** With V8's own limit, 4 GiB, a thread that fills its heap collects garbage for minutes, and then ends the process instead of itself. */
const DEFAULT_HEAP_MIB = 2048;

/**
 * Worker threads, started by the first task, which do not keep the process alive while they are idle. Tasks start in order.
 *
 * A thread that dies takes its task with it (WORKER_LOST) and is replaced: the whole set of threads is exchanged, so that no task is ever
 * left waiting for a thread that cannot start. Where threads cannot be had, tasks run in this thread, after one warning.
 */
export class WorkerPool {
  readonly workers: number;
  readonly #logger: Pick<Logger, 'warn'> | undefined;
  readonly #maxHeapMiB: number;
  #threads: Promise<Threads | undefined> | undefined;
  #running = 0;
  readonly #waiting: (() => void)[] = [];
  #closed = false;

  constructor({ workers, logger, maxHeapMiB = Math.min(DEFAULT_HEAP_MIB, getHeapStatistics().heap_size_limit / 2 ** 20) }: WorkerPoolOptions) {
    if (!Number.isInteger(workers) || workers < 1) throw new MlError('PARAM_INVALID', `Session: workers must be an integer >= 1, got ${workers}`);
    this.workers = workers;
    this.#logger = logger;
    this.#maxHeapMiB = maxHeapMiB;
  }

  /** Runs a task and gives its result. Errors thrown by it: an MlError as itself, others as TASK_FAILED with the cause. */
  async run<R>(task: Task, options: RunOptions = {}): Promise<R> {
    const owner = task.owner ?? task.name;
    this.#checkOpen(owner);
    throwIfAborted(options.signal, owner);
    await this.#turn(owner, options);
    try {
      this.#checkOpen(owner);
      throwIfAborted(options.signal, owner);
      const threads = await (this.#threads ??= this.#start());
      const outcome = threads ? await this.#send(threads, task, options, owner) : await runHere(task);
      if (!outcome.ok) throw unpackError(outcome.error, owner);
      return outcome.value as R;
    } finally {
      this.#running--;
      this.#waiting.shift()?.();
    }
  }

  /** Whether tasks run on threads (starts them). */
  async threaded(): Promise<boolean> {
    this.#checkOpen('WorkerPool');
    return (await (this.#threads ??= this.#start())) !== undefined;
  }

  /** Ends all threads; tasks under way are lost. Safe to call twice. */
  async close(): Promise<void> {
    this.#closed = true;
    for (const wake of this.#waiting.splice(0)) wake();
    const threads = await this.#threads;
    await threads?.end();
  }

  #checkOpen(owner: string): void {
    if (this.#closed) throw new MlError('SESSION_CLOSED', `${owner}: the session must be open, is closed`);
  }

  /** Waits until fewer tasks than threads are running: none ever waits inside piscina, where only a living thread would wake it. */
  async #turn(owner: string, { signal, unlessStarted }: RunOptions): Promise<void> {
    const stops = [signal, unlessStarted].filter((stop) => stop !== undefined);
    while (this.#running >= this.workers && !this.#closed) {
      await new Promise<void>((resolve, reject) => {
        const entry = () => {
          for (const stop of stops) stop.removeEventListener('abort', drop);
          resolve();
        };
        const drop = () => {
          const at = this.#waiting.indexOf(entry);
          if (at !== -1) this.#waiting.splice(at, 1);
          for (const stop of stops) stop.removeEventListener('abort', drop);
          reject(aborted(signal?.aborted ? signal : (unlessStarted as AbortSignal), owner));
        };
        if (stops.some((stop) => stop.aborted)) drop();
        else {
          for (const stop of stops) stop.addEventListener('abort', drop);
          this.#waiting.push(entry);
        }
      });
    }
    this.#running++;
  }

  async #send(threads: Threads, task: Task, { signal, transfer }: RunOptions, owner: string): Promise<Outcome<unknown>> {
    const { module, name, args } = task;
    try {
      return await threads.run({ module, name, args }, signal, transfer);
    } catch (error) {
      if (signal?.aborted) {
        this.#retire(threads);
        throw aborted(signal, owner);
      }
      if (isCloneError(error)) {
        throw new MlError('TASK_FAILED', `${owner}: a task's arguments and its result must be plain data, no functions`, {}, { cause: error });
      }
      this.#checkOpen(owner);
      this.#retire(threads);
      throw new MlError('WORKER_LOST', `${owner}: a worker thread died: ${this.#causeOfDeath(error as NodeJS.ErrnoException)}`, {}, { cause: error });
    }
  }

  #causeOfDeath({ code, message }: NodeJS.ErrnoException): string {
    if (code !== 'ERR_WORKER_OUT_OF_MEMORY') return message;
    return `heap out of memory, which must hold in ${Math.round(this.#maxHeapMiB)} MiB; make less at a time, and typed arrays, which do not count, instead of objects`;
  }

  /** New tasks get new threads; the old ones end when their last task has. */
  #retire(threads: Threads): void {
    if (threads.retired) return;
    threads.retire();
    this.#threads = undefined;
  }

  async #start(): Promise<Threads | undefined> {
    try {
      const runner = fileURLToPath(new URL('./task-runner.js', import.meta.url));
      if (!existsSync(runner)) throw new Error(`${runner} is missing`);
      // Loaded here, where a bundle that could not take it in falls back to this thread.
      const { Piscina } = await import('piscina');
      const threads = new Threads(Piscina, runner, this.workers, this.#maxHeapMiB, () => this.#retire(threads));
      await threads.run({});
      if (threads.retired) throw new Error('one of them died while it started');
      return threads;
    } catch (error) {
      this.#logger?.warn(`worker threads cannot be started, work runs in the calling thread: ${(error as Error).message}`);
      return undefined;
    }
  }
}

/**
 * One piscina and the number of tasks in it; `died` is told when a thread of it is no more. Piscina does not start a thread anew that died before it
 * was ready: a task that waited for one would wait for ever.
 */
class Threads {
  retired = false;
  readonly #piscina: Piscina;
  #tasks = 0;
  #end: Promise<void> | undefined;

  constructor(Pool: typeof Piscina, filename: string, count: number, maxHeapMiB: number, died: () => void) {
    this.#piscina = new Pool({
      filename,
      minThreads: count,
      maxThreads: count,
      atomics: 'disabled',
      ...threadFlags(process.execArgv),
      resourceLimits: { maxOldGenerationSizeMb: maxHeapMiB },
    });
    // An idle thread that dies has no task to tell.
    this.#piscina.on('error', () => {});
    this.#piscina.on('workerDestroy', died);
  }

  async run(message: RunnerMessage, signal?: AbortSignal, transfer: readonly object[] = []): Promise<Outcome<unknown>> {
    this.#tasks++;
    try {
      return await this.#piscina.run(message, { signal: signal ?? null, transferList: transfer as never });
    } finally {
      this.#tasks--;
      this.#endIfIdle();
    }
  }

  /** It ends with its last task; not before piscina has heard out whoever called this. */
  retire(): void {
    this.retired = true;
    queueMicrotask(() => this.#endIfIdle());
  }

  #endIfIdle(): void {
    if (this.retired && this.#tasks === 0) void this.end();
  }

  /** Ends all threads; tasks in them, or waiting for one, are lost. */
  end(): Promise<void> {
    this.#end ??= this.#piscina.destroy().catch(() => {});
    return this.#end;
  }
}

/** Flags that say how modules are found, with their value or before it. */
const MODULE_FLAG = /^(--import|--require|-r|--loader|--experimental-loader|--conditions|-C)(=|$)/;

/**
 * Left out, a thread takes over the process's flags; named, it refuses those that are the process's alone (--max-old-space-size and the like).
 * They are named only where --input-type is among them, with which a thread refuses its file.
 */
function threadFlags(flags: readonly string[]): { execArgv?: string[] } {
  if (!flags.some((flag) => flag.startsWith('--input-type'))) return {};
  return { execArgv: flags.flatMap((flag, i) => (MODULE_FLAG.test(flag) ? flags.slice(i, i + (flag.includes('=') ? 1 : 2)) : [])) };
}

/** Arguments that cannot be cloned fail here as DataCloneError; of results, what arrives is that error's clone, an object without its class. */
/** Such an error comes out of a thread as an empty object (Node 20), or with nothing but its stack (22, 24). */
function isCloneError(error: unknown): boolean {
  if (!(error instanceof Error)) return typeof error === 'object';
  return error.name === 'DataCloneError' || error.stack?.startsWith('DataCloneError') === true;
}

async function runHere(task: Task): Promise<Outcome<unknown>> {
  try {
    const run = task.local ?? (await findExport<(args: unknown) => unknown>(task.module, task.name));
    return { ok: true, value: await run(task.args) };
  } catch (error) {
    return { ok: false, error: packError(error) };
  }
}
