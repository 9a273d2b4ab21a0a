/**
 * What trainers need of the workers: the context that a fit function receives, and how it is started.
 *
 *     // src/optim/fit-logistic.ts: runs in a worker, synchronously
 *     export function fitLogistic(ctx: FitContext, args: Args): Result {
 *       const objective = (w: Float64Array) => ctx.aggregate('loss', w);      // [lossSum, weightSum, gradient…]
 *       return minimize(objective, { onIteration: (iteration, objective) => ctx.report({ iteration, objective }) });
 *     }
 *
 *     // the caller
 *     const result = await runFit<Result>(pool, {
 *       module: import.meta.url, name: 'fitLogistic', local: fitLogistic, args, store,
 *       aggregators: { loss: linearAggregator('binaryLogistic', linearArgs) },
 *     }, { signal, onProgress });
 */
import type { AggregatorSpec, PartitionHandle, Region } from '../../../kernels/contract.ts';
import type { ColumnStore } from './store.ts';

/** Progress of a fit, as its function reports it. Plain data. */
export interface FitProgress {
  iteration: number;
  objective?: number;
  [key: string]: unknown;
}

/** What a fit function sees. It runs synchronously on one thread, the leader; the others help inside `aggregate`. */
export interface FitContext {
  /** Rows of the training set, all partitions. */
  readonly rows: number;
  /** Threads that may take part; never let a result depend on it. */
  readonly workers: number;
  /**
   * Sums the named aggregator (of the spec's `aggregators`) over all rows with this input, and returns a fresh array.
   * Same bits for any number of workers. Throws when the fit is aborted, a worker is lost or a block fails: let it pass.
   */
  aggregate(name: string, input?: Float64Array): Float64Array;
  /** The leader's own hand of the fit's {@link Rounds}; null where it has none. */
  readonly hand: RoundHand | null;
  /**
   * Has each piece `0 … pieces - 1` of the phase done once, by the hand of some thread, in any order; what the leader wrote before, all hands see,
   * and what they wrote, the leader sees. Costs about a microsecond; a single piece is done by the leader, at no cost. Throws like `aggregate`.
   */
  round(phase: number, pieces: number): void;
  /** Throws when the fit is aborted. `aggregate` calls it too; call it in long loops that do not aggregate. */
  checkAborted(): void;
  /** Sends progress to the caller's `onProgress`. Cheap; call it once an iteration. */
  report(progress: FitProgress): void;
}

/** What a hand works on: memory of the fit in every partition (its content is arbitrary at first), seen by all threads. */
export interface RoundSetting {
  readonly thread: number;
  readonly threads: number;
  readonly partitions: readonly PartitionHandle[];
  readonly regions: readonly Region[];
}

/** One thread's side of rounds. */
export interface RoundHand {
  /** Does one piece. Pieces of a round run at the same time: what one writes, the others must not read. */
  run(phase: number, piece: number): void;
}

/**
 * Work in rounds, for fits whose threads share memory instead of adding up sums: whose results do not depend on who does which piece (integer sums do
 * not). Exported from a module under a name.
 */
export interface Rounds<Args = never> {
  /** Bytes of memory for the fit in a partition. */
  bytes(partition: PartitionHandle, args: Args, threads: number): number;
  bind(setting: RoundSetting, args: Args): RoundHand;
}

/** Rounds by address: module URL and export name. `local` is the export itself, for the case without worker threads. */
export interface RoundsSpec<Args = unknown> {
  module: string;
  name: string;
  args: Args;
  local?: Rounds<Args>;
  /** Whether the rounds change the training set itself: a fit that loses a thread then cannot start again from it. */
  changesRows?: boolean;
}
/** A fit function: synchronous, exported by name, plain data in and out. */
export type FitFunction<Args = never, Result = unknown> = (ctx: FitContext, args: Args) => Result;
export interface FitSpec<Args = unknown, Result = unknown> {
  /** URL of the module (`import.meta.url`) and the export's name. */
  module: string;
  name: string;
  /** The export itself, for the case without worker threads (a bundled app). */
  local?: FitFunction<Args, Result>;
  /** Plain data. */
  args: Args;
  /** The training set; it stays the caller's, who releases it. */
  store: ColumnStore;
  aggregators: Record<string, AggregatorSpec>;
  rounds?: RoundsSpec;
  /** Who speaks in errors, such as `LogisticRegression`. */
  owner?: string;
}

export interface FitOptions {
  /** At most so many threads (default: all of the pool's). Small training sets use one anyway. */
  workers?: number;
  signal?: AbortSignal;
  onProgress?: (progress: FitProgress) => void;
}
