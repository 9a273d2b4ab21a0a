/**
 * Fits on several threads: one leader runs the fit function from end to end, the others help it to sum over rows. See `contract.ts` for
 * how to write one, `control.ts` for how threads talk.
 *
 * What a caller can count on: the same bits for any number of threads; an abort ends the fit within 250 ms; an error of the fit function or of
 * an aggregator ends it and comes back as it was (MlError) or as the cause of TASK_FAILED; a thread that dies makes it start again
 * once, from its inputs (unless its rounds change these), then it fails with WORKER_LOST. When `runFit` answers, no thread works for this fit any
 * more.
 */
import { MessageChannel, receiveMessageOnPort } from 'node:worker_threads';
import { aborted, MlError, throwIfAborted } from '../../../error.ts';
import { type Aggregator, type AggregatorSpec, BLOCK_ROWS, type PartitionHandle, type Region } from '../../../kernels/contract.ts';
import { cutChunks } from './chunks.ts';
import type { FitOptions, FitProgress, FitSpec, Rounds } from './contract.ts';
import { ABORTED, CONTROL_WORDS, DONE, LOST, STATE, stop } from './control.ts';
import { type CrewMessage, type CrewOutcome, findAggregator, findRounds, follow, lead } from './crew-task.ts';
import { unpackError } from './errors.ts';
import type { Partition } from './partition.ts';
import type { WorkerPool } from './pool.ts';

/** A thread is worth waking for this many blocks. */
const BLOCKS_PER_THREAD = 3;
/** A fit that does not see its abort flag for so long (ms) loses its threads. */
const PATIENCE = 150;

/** Runs a fit function over a training set; see {@link FitSpec}. */
export async function runFit<Result>(pool: WorkerPool, spec: FitSpec, options: FitOptions = {}): Promise<Result> {
  const owner = spec.owner ?? spec.name;
  for (let attempt = 1; ; attempt++) {
    throwIfAborted(options.signal, owner);
    const crew = await Crew.of(pool, spec, options, owner);
    try {
      return (await crew.run()) as Result;
    } catch (error) {
      if (!(error instanceof MlError && error.code === 'WORKER_LOST') || attempt === 2 || spec.rounds?.changesRows) throw error;
    } finally {
      crew.dismiss();
    }
  }
}

type Crewed = CrewMessage['aggregators'][number];
/** An aggregator, and how threads find it. */
interface Loaded {
  readonly name: string;
  readonly spec: AggregatorSpec;
  readonly aggregator: Aggregator<unknown>;
}

/** One attempt at a fit: what it borrows, and its threads. */
class Crew {
  readonly #pool: WorkerPool;
  readonly #spec: FitSpec;
  readonly #options: FitOptions;
  readonly #owner: string;
  readonly #threaded: boolean;
  readonly #threads: number;
  readonly #partitions: PartitionHandle[];
  readonly #borrowed: { index: number; region: Region }[] = [];
  readonly #control = new Int32Array(new SharedArrayBuffer(4 * CONTROL_WORDS));
  readonly #input: Float64Array;
  readonly #partials: Float64Array;
  /** By thread. */
  readonly #aggregators: Crewed[][];
  readonly #rounds: CrewMessage['rounds'];
  readonly #spill: CrewMessage['spill'] | null;
  readonly #windows: Partition[] = [];
  #windowBytes = 0;
  #callbackError: unknown;

  static async of(pool: WorkerPool, spec: FitSpec, options: FitOptions, owner: string): Promise<Crew> {
    const threaded = await pool.threaded();
    const loaded = await Promise.all(
      Object.entries(spec.aggregators).map(async ([name, one]) => ({ name, spec: one, aggregator: await findAggregator(one) })),
    );
    const rounds = spec.rounds && (await findRounds(spec.rounds));
    return new Crew(pool, spec, options, owner, threaded, loaded, rounds);
  }

  private constructor(
    pool: WorkerPool,
    spec: FitSpec,
    options: FitOptions,
    owner: string,
    threaded: boolean,
    loaded: Loaded[],
    rounds: Rounds<unknown> | undefined,
  ) {
    this.#pool = pool;
    this.#spec = spec;
    this.#options = options;
    this.#owner = owner;
    this.#threaded = threaded;
    const { store } = spec;
    const { spilled } = store;
    if (spilled && rounds) {
      throw new MlError('MEMORY_LIMIT', `${owner}: this fit must have all rows in memory, they exceed memoryLimit; raise it or keep fewer columns`);
    }
    const rows = store.partitionRows;
    const blocks = cutChunks(rows, 1).length;
    const most = Math.min(options.workers ?? pool.workers, pool.workers);
    this.#threads = threaded ? Math.max(1, Math.min(most, Math.ceil(blocks / BLOCKS_PER_THREAD))) : 1;
    this.#partitions = spilled ? [] : store.partitions;

    let input = 0;
    let partials = 0;
    for (const { spec, aggregator } of loaded) {
      const outputLength = aggregator.outputLength(spec.args);
      input = Math.max(input, aggregator.inputLength(spec.args));
      partials = Math.max(partials, cutChunks(rows, outputLength).length * outputLength);
    }
    this.#input = new Float64Array(new SharedArrayBuffer(8 * input));
    this.#partials = new Float64Array(new SharedArrayBuffer(8 * partials));
    this.#spill = spilled && { handle: spilled, rows, rowsPerPartition: store.rowsPerPartition };
    try {
      if (spilled) {
        this.#aggregators = this.#openWindows(rows, loaded);
        return;
      }
      const of = spec.rounds;
      this.#rounds =
        rounds && of
          ? {
              spec: threaded ? { module: of.module, name: of.name, args: of.args } : of,
              regions: this.#partitions.map((partition) => this.#borrow(partition.index, rounds.bytes(partition, of.args, this.#threads))),
            }
          : undefined;
      const prepared = loaded.map(({ spec, aggregator }) => {
        const { preparedBytes } = aggregator;
        return preparedBytes && this.#partitions.map((partition) => this.#borrow(partition.index, preparedBytes(partition, spec.args)));
      });
      this.#aggregators = Array.from({ length: this.#threads }, () =>
        loaded.map(({ name, spec, aggregator }, a) => ({
          name,
          spec: threaded ? { module: spec.module, name: spec.name, args: spec.args } : spec,
          scratch: this.#partitions.map((partition) => this.#borrow(partition.index, aggregator.scratchBytes(partition, spec.args))),
          prepared: prepared[a],
        })),
      );
    } catch (error) {
      this.dismiss();
      throw error;
    }
  }

  /** A window for each thread, with the scratch memory of all aggregators; what they prepare is made in it again and again. */
  #openWindows(rows: readonly number[], loaded: readonly Loaded[]): Crewed[][] {
    const chunks = loaded.flatMap(({ spec, aggregator }) => cutChunks(rows, aggregator.outputLength(spec.args)));
    const most = chunks.reduce((longest, { lo, hi }) => Math.max(longest, hi - lo), 0);
    const capacity = Math.ceil(most / BLOCK_ROWS) * BLOCK_ROWS;
    return Array.from({ length: this.#threads }, () => {
      const window = this.#spec.store.openWindow(capacity);
      this.#windows.push(window);
      const { handle } = window;
      const crewed = loaded.map(({ name, spec, aggregator }) => ({
        name,
        spec: this.#threaded ? { module: spec.module, name: spec.name, args: spec.args } : spec,
        scratch: [window.lend(aggregator.scratchBytes(handle, spec.args))],
        prepared: aggregator.preparedBytes && [window.lend(aggregator.preparedBytes(handle, spec.args))],
      }));
      this.#spec.store.reserveWindows(window.bytes);
      this.#windowBytes += window.bytes;
      return crewed;
    });
  }

  /** Gives back what was borrowed. */
  dismiss(): void {
    for (const window of this.#windows.splice(0)) this.#spec.store.closeWindow(window);
    this.#spec.store.releaseWindows(this.#windowBytes);
    this.#windowBytes = 0;
    for (const { index, region } of this.#borrowed.splice(0)) this.#spec.store.takeBack(index, region);
  }

  #borrow(index: number, bytes: number): Region {
    const region = this.#spec.store.lend(index, bytes);
    this.#borrowed.push({ index, region });
    return region;
  }

  async run(): Promise<unknown> {
    const { signal } = this.#options;
    const channel = this.#options.onProgress ? new MessageChannel() : null;
    const ours = channel?.port1;
    const kill = new AbortController();
    const leaderDone = new AbortController();
    let patience: NodeJS.Timeout | undefined;
    const giveUp = () => {
      stop(this.#control, ABORTED);
      patience = setTimeout(() => kill.abort(), PATIENCE);
    };
    ours?.on('message', (event: FitProgress) => this.#tell(event));
    ours?.unref();
    signal?.addEventListener('abort', giveUp);
    if (signal?.aborted) giveUp();
    try {
      const leader = this.#start(lead, 0, channel?.port2, kill.signal).finally(() => leaderDone.abort());
      const others = this.#aggregators.slice(1).map((_, i) => this.#start(follow, i + 1, undefined, kill.signal, leaderDone.signal));
      const ends = await Promise.allSettled([leader, ...others]);
      for (let rest = ours && receiveMessageOnPort(ours); rest; rest = ours && receiveMessageOnPort(ours)) this.#tell(rest.message);
      return this.#conclude(ends);
    } finally {
      clearTimeout(patience);
      signal?.removeEventListener('abort', giveUp);
      ours?.close();
      if (kill.signal.aborted) this.#spec.store.taint();
    }
  }

  async #start(
    run: typeof lead,
    thread: number,
    progress: CrewMessage['progress'],
    kill: AbortSignal,
    unlessStarted?: AbortSignal,
  ): Promise<CrewOutcome> {
    const { name, args, local } = this.#spec;
    const fit = { module: this.#spec.module, name, args, ...(local && !this.#threaded ? { local } : {}) };
    const message: CrewMessage = {
      ...(thread === 0 ? { fit, progress } : {}),
      thread,
      threads: this.#threads,
      partitions: this.#windows[thread] ? [this.#windows[thread].handle] : this.#partitions,
      ...(this.#spill && { spill: this.#spill }),
      ...(this.#rounds && { rounds: this.#rounds }),
      aggregators: this.#aggregators[thread],
      control: this.#control,
      input: this.#input,
      partials: this.#partials,
    };
    // Without threads `local` runs, and in a bundle there may be no URL to speak of.
    const module = this.#threaded ? new URL('./crew-task.js', import.meta.url).href : '';
    const task = { module, name: run.name, args: message, local: run as (args: unknown) => unknown, owner: this.#owner };
    try {
      return await this.#pool.run<CrewOutcome>(task, { signal: kill, unlessStarted, transfer: progress ? [progress] : [] });
    } catch (error) {
      if (!(unlessStarted?.aborted && error instanceof MlError && error.code === 'ABORTED')) stop(this.#control, LOST);
      throw error;
    }
  }

  /** From what became of all threads, what becomes of the fit: a result, else the first error that says why. */
  #conclude([leader, ...others]: PromiseSettledResult<CrewOutcome>[]): unknown {
    const { signal } = this.#options;
    if (this.#callbackError !== undefined) throw this.#callbackError;
    if (leader?.status === 'fulfilled' && leader.value.ok && Atomics.load(this.#control, STATE) === DONE) return leader.value.value;
    for (const end of [leader, ...others]) {
      if (end?.status === 'fulfilled' && !end.value.ok && 'error' in end.value) throw unpackError(end.value.error, this.#owner);
    }
    if (signal?.aborted) throw aborted(signal, this.#owner);
    for (const end of [leader, ...others]) if (end?.status === 'rejected' && (end.reason as MlError).code !== 'ABORTED') throw end.reason;
    throw new MlError('TASK_FAILED', `${this.#owner}: the fit ended without a result`);
  }

  /** An error in the caller's `onProgress` ends the fit and is thrown to the caller. */
  #tell(event: FitProgress): void {
    if (this.#callbackError !== undefined) return;
    try {
      this.#options.onProgress?.(event);
    } catch (error) {
      this.#callbackError = error ?? new Error('onProgress threw nothing');
      stop(this.#control, ABORTED);
    }
  }
}
