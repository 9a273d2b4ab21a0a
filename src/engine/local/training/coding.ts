import { MlError, throwIfAborted } from '../../../error.ts';
import type { LinearArgs, PartitionHandle } from '../../../kernels/contract.ts';
import type { BinnedLayout } from '../../engine.ts';
import type { QueryOptions } from '../duck/database.ts';
import type { EngineParts } from '../engine-parts.ts';
import type { SpillHandle } from '../workers/spill.ts';
import { windowRows } from '../workers/spilled-partitions.ts';
import { type CodeRowsArgs, codeRows, type RefusedCategory } from './code-rows.ts';
import type { Loaded } from './load.ts';

/** Rows of one task. */
const TASK_ROWS = 32768;

/** Rows on their way to their codes: tasks on the workers, a few at a time. */
export class Coding {
  rows = 0;
  refused: RefusedCategory | null = null;
  readonly #parts: EngineParts;
  readonly #targets: readonly PartitionHandle[];
  readonly #binned: BinnedLayout;
  readonly #missing: 'refuse' | 'keep';
  readonly #options: QueryOptions;
  readonly #running = new Set<Promise<void>>();
  #error: unknown;

  constructor(parts: EngineParts, targets: readonly PartitionHandle[], binned: BinnedLayout, missing: 'refuse' | 'keep', options: QueryOptions) {
    this.#parts = parts;
    this.#targets = targets;
    this.#binned = binned;
    this.#missing = missing;
    this.#options = options;
  }

  /** The next rows. Answers when more may come; `done` is called when these are coded, or will not be. */
  async add({ store, layout, numbers }: Loaded, done: () => void): Promise<void> {
    if (store.spilled) return this.addFile(store.spilled, layout, numbers).finally(done);
    const coded: Promise<void>[] = [];
    const first = this.rows;
    this.rows += store.rows;
    for (const source of store.partitions) {
      coded.push(...(await this.#cut({ source, firstRow: first + source.firstRow, layout, numbers }, source.rows, TASK_ROWS)));
    }
    void Promise.all(coded).then(done);
    this.#check();
  }

  /** The next rows, which a file holds; answers when they are coded. */
  async addFile(source: SpillHandle, layout: LinearArgs, numbers: readonly number[]): Promise<void> {
    const firstRow = this.rows;
    this.rows += source.rows;
    await Promise.all(await this.#cut({ source, firstRow, layout, numbers }, source.rows, windowRows(source)));
    this.#check();
  }

  /** Waits for what is under way. */
  async end(): Promise<void> {
    await Promise.all(this.#running);
    this.#check();
  }

  #check(): void {
    if (this.#error !== undefined) throw this.#error;
    throwIfAborted(this.#options.signal, this.#options.owner);
  }

  /** Starts tasks of `most` rows of the source each, as fast as the workers take them. */
  async #cut(of: Pick<CodeRowsArgs, 'source' | 'firstRow' | 'layout' | 'numbers'>, rows: number, most: number): Promise<Promise<void>[]> {
    const coded: Promise<void>[] = [];
    for (let lo = 0; lo < rows; lo += most) {
      while (this.#running.size >= 2 * this.#parts.workers) await Promise.race(this.#running);
      if (this.#error !== undefined || this.#options.signal?.aborted) break;
      const hi = Math.min(rows, lo + most);
      const targets = this.#targets.filter((t) => t.firstRow < of.firstRow + hi && t.firstRow + t.rows > of.firstRow + lo);
      coded.push(this.#start({ ...of, lo, hi, targets, binned: this.#binned, missing: this.#missing }));
    }
    return coded;
  }

  #start(args: CodeRowsArgs): Promise<void> {
    const work = this.#run(args)
      .then((refused) => {
        if (refused && (!this.refused || refused.row < this.refused.row)) this.refused = refused;
      })
      .catch((error) => {
        this.#error ??= error;
      })
      .finally(() => this.#running.delete(work));
    this.#running.add(work);
    return work;
  }

  /** Coding the same rows twice does no harm, so that a thread that dies costs nothing but time. */
  async #run(args: CodeRowsArgs): Promise<RefusedCategory | null> {
    const { owner } = this.#options;
    // Without threads `local` runs, and in a bundle there may be no URL to speak of.
    const module = (await this.#parts.pool.threaded()) ? new URL('./code-rows.js', import.meta.url).href : '';
    const task = { module, name: 'codeRows', args, local: codeRows as (args: unknown) => unknown, owner };
    try {
      return await this.#parts.pool.run<RefusedCategory | null>(task);
    } catch (error) {
      if (!(error instanceof MlError && error.code === 'WORKER_LOST')) throw error;
      return this.#parts.pool.run<RefusedCategory | null>(task);
    }
  }
}
