import { MlError } from '../../../error.ts';
import { columnView, sparseView } from '../../../kernels/partition-view.ts';
import { SpillFile } from '../workers/spill.ts';
import type { Coding } from './coding.ts';
import type { Loaded } from './load.ts';

/** Rows that have been read, until they are coded: in memory while they are few, else in a file; gone where that cannot be written. */
export class WaitingRows {
  rows = 0;
  readonly #owner: string;
  readonly #limit: number;
  readonly #folder: () => string;
  #kept: Loaded[] = [];
  #bytes = 0;
  #file: SpillFile | null = null;
  #layout: Omit<Loaded, 'store'> | null = null;
  #gone = false;

  /** `limit`: bytes in memory. */
  constructor(owner: string, limit: number, folder: () => string) {
    this.#owner = owner;
    this.#limit = limit;
    this.#folder = folder;
  }

  /** Takes the next rows, which are its own from now on. */
  add(loaded: Loaded): void {
    this.rows += loaded.store.rows;
    this.#bytes += loaded.store.bytes;
    this.#kept.push(loaded);
    if (this.#bytes <= this.#limit) return;
    try {
      for (const one of this.#kept) if (!this.#gone) this.#write(one);
    } catch (error) {
      if (!(error instanceof MlError && error.code === 'IO_FAILED')) throw error;
      this.#file?.remove();
      this.#gone = true;
    } finally {
      this.#releaseKept();
    }
  }

  /** Has all rows coded; false when they are gone. */
  async feed(coding: Coding): Promise<boolean> {
    if (this.#gone) return false;
    if (this.#file && this.#layout) await coding.addFile(this.#file.finish(), this.#layout.layout, this.#layout.numbers);
    for (let loaded = this.#kept.shift(); loaded; loaded = this.#kept.shift()) {
      const { store } = loaded;
      await coding.add(loaded, () => store.release());
    }
    return true;
  }

  drop(): void {
    this.#releaseKept();
    this.#file?.remove();
  }

  #write({ store, layout, numbers }: Loaded): void {
    this.#file ??= new SpillFile(this.#owner, this.#folder(), store.columns);
    this.#layout ??= { layout, numbers };
    for (const partition of store.partitions) {
      const data = store.columns.map(({ type }, j) => (type === 'csr' ? sparseView(partition, j) : columnView(partition, j)));
      this.#file.write(data, 0, partition.rows);
    }
  }

  #releaseKept(): void {
    for (const { store } of this.#kept) store.release();
    this.#kept = [];
  }
}
