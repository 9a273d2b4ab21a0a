import { MlError, show } from '../../../error.ts';
import { BLOCK_ROWS, type ColumnSpec, type PartitionHandle, type Region } from '../../../kernels/contract.ts';
import { columnView, sparseView } from '../../../kernels/partition-view.ts';
import { MemoryLedger } from './ledger.ts';
import { type ColumnData, Partition, rowBytes, type SparseData } from './partition.ts';
import { SpillFile, type SpillHandle } from './spill.ts';
import { SpilledPartitions } from './spilled-partitions.ts';

export { MemoryLedger } from './ledger.ts';
export type { ColumnData, SparseData } from './partition.ts';

interface ColumnStoreOptions {
  /** Counts the bytes; default: a ledger without limit. */
  ledger?: MemoryLedger;
  /** Rows at which a partition is cut, a multiple of {@link BLOCK_ROWS}; default: {@link rowsPerPartition} of the columns. */
  rowsPerPartition?: number;
  /** Who speaks in errors. */
  owner?: string;
  /** The folder in which rows beyond the ledger's limit go into a file; without it they are an error. */
  spillTo?: () => string;
}

/**
 * A training set in shared memories: typed columns, cut into partitions after a fixed number of rows that follows from the columns alone.
 *
 *     const store = new ColumnStore([{ name: 'x', type: 'f64' }, { name: 'y', type: 'u8' }], { ledger });
 *     for await (const { x, y } of batches) store.append([x, y]);      // any slice length; the data is copied
 *     store.seal();
 *     … runFit(pool, { store, … }) …
 *     store.release();
 *
 * A set that does not fit into the ledger's limit is kept in a file as a whole: fits read it block by block. The file goes with the set.
 */
export class ColumnStore {
  readonly columns: readonly ColumnSpec[];
  readonly rowsPerPartition: number;
  readonly #ledger: MemoryLedger;
  readonly #owner: string;
  readonly #parts: Partition[] = [];
  readonly #rowBytes: number;
  #reserved = 0;
  #reservedRows = 0;
  #count = 0;
  #tainted = false;
  #state: 'open' | 'sealed' | 'released' = 'open';
  readonly #spillTo: (() => string) | undefined;
  #spill: SpillFile | null = null;
  #spilledSet: SpillHandle | null = null;
  #spilledView: SpilledPartitions | null = null;

  constructor(columns: readonly ColumnSpec[], options: ColumnStoreOptions = {}) {
    this.columns = columns;
    this.#owner = options.owner ?? 'ColumnStore';
    this.#ledger = options.ledger ?? new MemoryLedger();
    this.#spillTo = options.spillTo;
    this.#rowBytes = columns.reduce((sum, spec) => sum + rowBytes(spec), 0);
    this.rowsPerPartition = options.rowsPerPartition ?? rowsPerPartition(columns);
    if (!Number.isInteger(this.rowsPerPartition) || this.rowsPerPartition < 1 || this.rowsPerPartition % BLOCK_ROWS !== 0) {
      throw new MlError('VALUE_INVALID', `${this.#owner}: rowsPerPartition must be a multiple of ${BLOCK_ROWS}, got ${show(this.rowsPerPartition)}`);
    }
  }

  /**
   * A sealed store of `rows` rows whose content is arbitrary, to be written in place, from several threads if need be, through
   * {@link columnView} of its partitions. No sparse columns: their size would have to be known.
   */
  static allocate(columns: readonly ColumnSpec[], rows: number, options: ColumnStoreOptions = {}): ColumnStore {
    const store = new ColumnStore(columns, options);
    if (columns.some(({ type }) => type === 'csr')) throw new MlError('VALUE_INVALID', `${store.#owner}: sparse columns must be appended`);
    store.#reserveRows(rows);
    for (; store.#count < rows; store.#count += (store.#parts.at(-1) as Partition).rows) {
      const part = new Partition(store.#parts.length, store.#count, store.rowsPerPartition, columns);
      part.rows = Math.min(part.capacity, rows - store.#count);
      store.#parts.push(part);
    }
    store.#state = 'sealed';
    return store;
  }

  /** Rows appended so far. */
  get rows(): number {
    return this.#count;
  }

  /** Bytes in memory, as the ledger counts them. */
  get bytes(): number {
    return this.#reserved;
  }

  /**
   * What workers get; only of a sealed store. Of a spilled one these are shorter stretches of rows for this thread alone, to be looked at one after
   * the other: `memory` of each puts it in the place of the one before.
   */
  get partitions(): PartitionHandle[] {
    this.#checkSealed();
    if (!this.#spilledSet) return this.#parts.map((part) => part.handle);
    this.#spilledView ??= new SpilledPartitions(this.#spilledSet, this.#owner);
    return this.#spilledView.handles;
  }

  /** The file that holds the rows; null where they are in memory. */
  get spilled(): SpillHandle | null {
    return this.#spilledSet;
  }

  /** Rows of each partition, spilled or not. */
  get partitionRows(): number[] {
    this.#checkSealed();
    const count = this.#count;
    const { rowsPerPartition: most } = this;
    return Array.from({ length: Math.ceil(count / most) }, (_, p) => Math.min(most, count - p * most));
  }

  /** Adds rows: one array a column (sparse rows: {@link SparseData}), all of the same number of rows. The data is copied. */
  append(data: readonly ColumnData[]): void {
    if (this.#state !== 'open') throw new MlError('VALUE_INVALID', `${this.#owner}: rows must be appended before the column store is ${this.#state}`);
    const rows = this.#checkedRows(data);
    for (let from = 0; from < rows; ) {
      if (this.#spill) {
        this.#spill.write(data, from, rows);
        this.#count += rows - from;
        return;
      }
      let part = this.#parts.at(-1);
      if (!part || part.rows === part.capacity) {
        part?.seal();
        part = new Partition(this.#parts.length, this.#count, this.rowsPerPartition, this.columns);
        this.#parts.push(part);
      }
      const n = Math.min(rows - from, part.capacity - part.rows);
      if (!this.#fits(data, from, n)) continue;
      part.write(data, from, n);
      this.#count += n;
      from += n;
    }
  }

  /** No more rows come. */
  seal(): void {
    if (this.#state !== 'open') return;
    if (this.#spill) this.#spilledSet = this.#spill.finish();
    else this.#parts.at(-1)?.seal();
    this.#state = 'sealed';
  }

  /**
   * A window on a spilled set for one thread, counted by the ledger until {@link closeWindow}: room for `rows` rows of it at a time, and for what is
   * lent.
   */
  openWindow(rows: number): Partition {
    const set = this.#spilledSet as SpillHandle;
    const window = new Partition(0, 0, rows, this.columns);
    window.open(set.entries.map((most) => most * Math.ceil(rows / BLOCK_ROWS)));
    return window;
  }

  closeWindow(window: Partition): void {
    if (!this.#tainted) window.release(this.#rowBytes);
  }

  /** Counts bytes of windows, once they are known. */
  reserveWindows(bytes: number): void {
    this.#ledger.reserve(bytes, this.#owner);
  }

  releaseWindows(bytes: number): void {
    this.#ledger.release(bytes);
  }

  /** Lends scratch memory in partition `index`, counted by the ledger. */
  lend(index: number, bytes: number): Region {
    const region = this.#parts[index].lend(bytes);
    try {
      this.#ledger.reserve(region.bytes, this.#owner);
    } catch (error) {
      this.#parts[index].takeBack(region);
      throw error;
    }
    return region;
  }

  takeBack(index: number, region: Region): void {
    this.#ledger.release(region.bytes);
    if (!this.#tainted) this.#parts[index]?.takeBack(region);
  }

  /** Says that a thread was ended by force and may still be running for a moment: the memories are not used again. */
  taint(): void {
    this.#tainted = true;
  }

  /** Frees the memories. No fit may be running on them. Safe to call twice. */
  release(): void {
    if (this.#state === 'released') return;
    this.#state = 'released';
    this.#releaseParts();
    this.#spilledView?.close();
    this.#spill?.remove();
  }

  #releaseParts(): void {
    if (!this.#tainted) for (const part of this.#parts) part.release(this.#rowBytes);
    this.#parts.length = 0;
    this.#ledger.release(this.#reserved);
    this.#reserved = 0;
  }

  /** Counts `n` more rows; false when they do not fit, and everything has been moved to a file. */
  #fits(data: readonly ColumnData[], from: number, n: number): boolean {
    try {
      this.#reserveRows(this.#count + n);
      this.#reserveEntries(data, from, n);
      return true;
    } catch (error) {
      if (!this.#spillTo) throw error;
      this.#spillAll(this.#spillTo());
      return false;
    }
  }

  #spillAll(folder: string): void {
    this.#spill = new SpillFile(this.#owner, folder, this.columns);
    this.#parts.at(-1)?.seal();
    for (const part of this.#parts) {
      const { handle } = part;
      const data = this.columns.map(({ type }, j) => (type === 'csr' ? sparseView(handle, j) : columnView(handle, j)));
      this.#spill.write(data, 0, part.rows);
    }
    this.#releaseParts();
  }

  #checkSealed(): void {
    if (this.#state !== 'sealed') throw new MlError('VALUE_INVALID', `${this.#owner}: the column store must be sealed before use, is ${this.#state}`);
  }

  #checkedRows(data: readonly ColumnData[]): number {
    if (data.length !== this.columns.length) {
      throw new MlError('VALUE_INVALID', `${this.#owner}: append takes ${this.columns.length} columns, got ${data.length}`);
    }
    const lengths = data.map((column, j) =>
      this.columns[j]?.type === 'csr'
        ? (column as SparseData).starts.length - 1
        : (column as ArrayLike<number>).length / (this.columns[j]?.width ?? 1),
    );
    const rows = lengths[0] ?? 0;
    const odd = lengths.findIndex((length) => length !== rows);
    if (odd !== -1) throw new MlError('VALUE_INVALID', `${this.#owner}: columns must have equally many rows, got ${rows} and ${lengths[odd]}`);
    return rows;
  }

  /** Counts whole blocks of rows, as they are begun. */
  #reserveRows(rows: number): void {
    const needed = Math.ceil(rows / BLOCK_ROWS) * BLOCK_ROWS;
    if (needed <= this.#reservedRows) return;
    this.#reserve((needed - this.#reservedRows) * this.#rowBytes);
    this.#reservedRows = needed;
  }

  #reserveEntries(data: readonly ColumnData[], from: number, n: number): void {
    this.columns.forEach(({ type }, j) => {
      if (type !== 'csr') return;
      const { starts } = data[j] as SparseData;
      this.#reserve(12 * (starts[from + n] - starts[from]));
    });
  }

  #reserve(bytes: number): void {
    this.#ledger.reserve(bytes, this.#owner);
    this.#reserved += bytes;
  }
}

/**
 * Rows of a partition: 131,072 · k, k in 1 … 8, so that a partition takes some 128 MiB; fewer where rows are so wide that 131,072 of them
 * would take more than 1 GiB. Depends on the columns only, so borders never depend on the data's source or the workers.
 */
export function rowsPerPartition(columns: readonly ColumnSpec[]): number {
  const bytes = Math.max(
    1,
    columns.reduce((sum, spec) => sum + rowBytes(spec), 0),
  );
  const unit = 131072;
  if (columns.some(({ type }) => type === 'csr')) return unit;
  if (bytes * unit <= 1073741824) return unit * Math.max(1, Math.min(8, Math.floor(134217728 / (bytes * unit))));
  let rows = unit;
  while (rows > BLOCK_ROWS && bytes * rows > 1073741824) rows /= 2;
  if (bytes * rows > 4026531840) {
    throw new MlError('MEMORY_LIMIT', `ColumnStore: a row must take less than 480 KiB, takes ${bytes} bytes; keep fewer columns`, {
      needed: bytes,
    });
  }
  return rows;
}
