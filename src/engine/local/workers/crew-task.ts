import type { MessagePort } from 'node:worker_threads';
import type { Aggregator, AggregatorSpec, BoundAggregator, PartitionHandle, Region } from '../../../kernels/contract.ts';
import { type Chunk, cutChunks } from './chunks.ts';
import type { FitContext, FitFunction, FitProgress, RoundHand, Rounds, RoundsSpec } from './contract.ts';
import * as control from './control.ts';
import { type Outcome, packError } from './errors.ts';
import { type SpillHandle, SpillReader } from './spill.ts';
import { findExport } from './task-runner.ts';

/** Everything one thread of a fit gets. Plain data and shared memory. */
export interface CrewMessage {
  /** The fit function, for the leader; the others get none. */
  fit?: { module: string; name: string; args: unknown; local?: FitFunction };
  thread: number;
  threads: number;
  /** All partitions; of a spilled set the thread's window alone. */
  partitions: PartitionHandle[];
  /** A set in a file: rows of its partitions, and the row at which a partition begins is its number times `rowsPerPartition`. */
  spill?: { handle: SpillHandle; rows: readonly number[]; rowsPerPartition: number };
  rounds?: { spec: RoundsSpec; regions: Region[] };
  aggregators: { name: string; spec: AggregatorSpec; scratch: Region[]; prepared: Region[] | undefined }[];
  control: Int32Array;
  input: Float64Array;
  partials: Float64Array;
  progress?: MessagePort;
}

/** What came of the leader's work; `stopped` when it gave up because the fit was aborted, lost a worker or failed elsewhere. */
export type CrewOutcome = Outcome<unknown> | { ok: false; stopped: true };

/** Thrown through the fit function when the fit must end; `lead` turns it into `stopped`. */
class FitStopped extends Error {}

/** The leader: runs the fit function, which calls the others in through `aggregate`. */
export async function lead(message: CrewMessage): Promise<CrewOutcome> {
  const words = message.control;
  let hand: Hand | undefined;
  try {
    const { module, name, args, local } = message.fit as NonNullable<CrewMessage['fit']>;
    const fit = local ?? (await findExport<FitFunction>(module, name));
    hand = await Hand.of(message);
    const value = await (fit as FitFunction<unknown>)(hand.context(), args);
    control.stop(words, control.DONE);
    return { ok: true, value };
  } catch (error) {
    control.stop(words, control.FAILED);
    return error instanceof FitStopped ? { ok: false, stopped: true } : { ok: false, error: packError(error) };
  } finally {
    hand?.close();
  }
}

/** The others: work on chunks until the leader is done. */
export async function follow(message: CrewMessage): Promise<CrewOutcome> {
  let hand: Hand | undefined;
  try {
    hand = await Hand.of(message);
    hand.followRounds();
    return { ok: true, value: undefined };
  } catch (error) {
    control.stop(message.control, control.FAILED);
    return { ok: false, error: packError(error) };
  } finally {
    hand?.close();
  }
}

interface Workshop {
  aggregator: Aggregator<unknown>;
  args: unknown;
  chunks: Chunk[];
  inputLength: number;
  outputLength: number;
  /** By partition; made when the first chunk of it is claimed. */
  bound: (BoundAggregator | undefined)[];
  /** By partition: the round whose input is loaded. */
  loaded: number[];
  prepared: boolean;
  /** Which content of the window has been prepared. */
  preparedFor: number;
}

/** One thread's side of a fit. */
class Hand {
  readonly #message: CrewMessage;
  readonly #words: Int32Array;
  readonly #workshops: Workshop[];
  readonly #roundHand: RoundHand | null;
  readonly #reader: SpillReader | null;
  /** The first row in the window and the number of rows, and how often it has been filled. */
  #windowRow = -1;
  #windowRows = 0;
  #windowFill = 0;

  static async of(message: CrewMessage): Promise<Hand> {
    const aggregators = await Promise.all(message.aggregators.map(({ spec }) => findAggregator(spec)));
    const rounds = message.rounds && (await findRounds(message.rounds.spec));
    return new Hand(message, aggregators, rounds);
  }

  private constructor(message: CrewMessage, aggregators: Aggregator<unknown>[], rounds: Rounds<unknown> | undefined) {
    const { thread, threads, partitions } = message;
    this.#message = message;
    this.#roundHand =
      rounds && message.rounds ? rounds.bind({ thread, threads, partitions, regions: message.rounds.regions }, message.rounds.spec.args) : null;
    this.#words = message.control;
    const { spill } = message;
    this.#reader = spill ? new SpillReader(spill.handle, 'fit') : null;
    const rows = spill?.rows ?? message.partitions.map((partition) => partition.rows);
    this.#workshops = aggregators.map((aggregator, a) => {
      const { args } = message.aggregators[a].spec;
      const outputLength = aggregator.outputLength(args);
      return {
        aggregator,
        args,
        chunks: cutChunks(rows, outputLength),
        inputLength: aggregator.inputLength(args),
        outputLength,
        bound: rows.map(() => undefined),
        loaded: rows.map(() => -1),
        prepared: aggregator.prepare === undefined || spill !== undefined,
        preparedFor: 0,
      };
    });
  }

  context(): FitContext {
    const { threads: workers, partitions, progress, spill } = this.#message;
    return {
      workers,
      rows: spill?.handle.rows ?? partitions.reduce((sum, { rows }) => sum + rows, 0),
      hand: this.#roundHand,
      aggregate: (name, input) => this.#aggregate(name, input),
      round: (phase, pieces) => {
        this.#checkRunning();
        if (pieces === 1) this.#roundHand?.run(phase, 0);
        else if (pieces > 1) this.#round(phase, control.HANDS, pieces);
      },
      checkAborted: () => this.#checkRunning(),
      report: (event: FitProgress) => progress?.postMessage(event),
    };
  }

  followRounds(): void {
    while (control.running(this.#words)) {
      const call = Atomics.load(this.#words, control.CALL);
      this.#work();
      if (control.running(this.#words)) control.waitForChange(this.#words, control.CALL, call);
    }
  }

  #aggregate(name: string, input: Float64Array = new Float64Array(0)): Float64Array {
    this.#checkRunning();
    const a = this.#message.aggregators.findIndex((one) => one.name === name);
    const workshop = this.#workshops[a];
    if (!workshop) throw new Error(`aggregate: no aggregator is named ${name}`);
    if (input.length !== workshop.inputLength) throw new Error(`aggregate: ${name} takes ${workshop.inputLength} numbers, got ${input.length}`);
    if (!workshop.prepared) this.#round(a, control.PREPARE, workshop.chunks.length);
    workshop.prepared = true;
    this.#message.input.set(input);
    this.#round(a, control.SUM, workshop.chunks.length);
    return this.#merge(workshop);
  }

  #round(aggregator: number, phase: number, chunks: number): void {
    const words = this.#words;
    Atomics.store(words, control.AGGREGATOR, aggregator);
    Atomics.store(words, control.PHASE, phase);
    Atomics.store(words, control.CHUNKS, chunks);
    Atomics.store(words, control.FINISHED, 0);
    Atomics.add(words, control.ROUND, 1);
    Atomics.store(words, control.REMAINING, chunks);
    Atomics.add(words, control.CALL, 1);
    if (this.#message.threads > 1 && chunks > 1) Atomics.notify(words, control.CALL);
    this.#work();
    for (;;) {
      this.#checkRunning();
      const finished = Atomics.load(words, control.FINISHED);
      if (finished === chunks) return;
      control.waitForChange(words, control.FINISHED, finished);
    }
  }

  /** Claims chunks as long as there are any. */
  #work(): void {
    const words = this.#words;
    while (control.running(words)) {
      const remaining = Atomics.sub(words, control.REMAINING, 1);
      if (remaining <= 0) return;
      const chunks = Atomics.load(words, control.CHUNKS);
      this.#process(Atomics.load(words, control.AGGREGATOR), chunks - remaining);
      if (Atomics.add(words, control.FINISHED, 1) + 1 === chunks) Atomics.notify(words, control.FINISHED);
    }
  }

  #process(a: number, index: number): void {
    if (Atomics.load(this.#words, control.PHASE) === control.HANDS) {
      this.#roundHand?.run(a, index);
      return;
    }
    const workshop = this.#workshops[a];
    const { aggregator, args, outputLength } = workshop;
    const chunk = workshop.chunks[index];
    const { partition, lo, hi } = this.#reader ? this.#inWindow(this.#reader, chunk) : chunk;
    const handle = this.#message.partitions[partition];
    const { scratch, prepared } = this.#message.aggregators[a];
    if (Atomics.load(this.#words, control.PHASE) === control.PREPARE) {
      aggregator.prepare?.(handle, prepared?.[partition] as Region, args, lo, hi);
      return;
    }
    if (this.#reader && aggregator.prepare && workshop.preparedFor !== this.#windowFill) {
      aggregator.prepare(handle, prepared?.[partition] as Region, args, lo, hi);
      workshop.preparedFor = this.#windowFill;
    }
    const bound = (workshop.bound[partition] ??= aggregator.bind(handle, scratch[partition], prepared?.[partition], args));
    const round = Atomics.load(this.#words, control.ROUND);
    if (workshop.loaded[partition] !== round) {
      bound.load(this.#message.input.subarray(0, workshop.inputLength));
      workshop.loaded[partition] = round;
    }
    bound.block(lo, hi, this.#message.partials.subarray(index * outputLength, (index + 1) * outputLength).fill(0));
  }

  /** Reads a chunk of a spilled set into the window, if it is not there; where it lies then. */
  #inWindow(reader: SpillReader, { partition, lo, hi }: Chunk): Chunk {
    const row = partition * (this.#message.spill as NonNullable<CrewMessage['spill']>).rowsPerPartition + lo;
    if (row !== this.#windowRow || hi - lo !== this.#windowRows) {
      const window = this.#message.partitions[0];
      reader.load(window, row, hi - lo);
      window.firstRow = row;
      this.#windowRow = row;
      this.#windowRows = hi - lo;
      this.#windowFill++;
    }
    return { partition: 0, lo: 0, hi: hi - lo };
  }

  close(): void {
    this.#reader?.close();
  }

  /** Adds the partial sums in the order of their rows. */
  #merge({ aggregator, chunks, outputLength }: Workshop): Float64Array {
    const sums = new Float64Array(outputLength);
    const merge = aggregator.merge ?? add;
    for (let index = 0; index < chunks.length; index++)
      merge(sums, this.#message.partials.subarray(index * outputLength, (index + 1) * outputLength));
    return sums;
  }

  #checkRunning(): void {
    if (!control.running(this.#words)) throw new FitStopped('the fit is stopped');
  }
}

export async function findRounds({ module, name, local }: RoundsSpec): Promise<Rounds<unknown>> {
  return local ?? (await findExport<Rounds<unknown>>(module, name));
}

export async function findAggregator({ module, name, local }: AggregatorSpec): Promise<Aggregator<unknown>> {
  return local ?? (await findExport<Aggregator<unknown>>(module, name));
}

function add(into: Float64Array, part: Float64Array): void {
  for (let i = 0; i < into.length; i++) into[i] = into[i] + part[i];
}
