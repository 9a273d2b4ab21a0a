import { MlError, show } from '../../../error.ts';
import { BLOCK_ROWS, type ColumnSpec, type PartitionHandle, type Region } from '../../../kernels/contract.ts';
import { MemoryLedger } from './ledger.ts';
import { type ColumnData, Partition, rowBytes, type SparseData } from './partition.ts';

export { MemoryLedger } from './ledger.ts';
export { type ColumnData, columnView, type SparseData, sparseView } from './partition.ts';

export interface ColumnStoreOptions {
  /** Counts the bytes; default: a ledger without limit. */
  ledger?: MemoryLedger;
  /** Rows at which a partition is cut, a multiple of {@link BLOCK_ROWS}; default: {@link rowsPerPartition} of the columns. */
  rowsPerPartition?: number;
  /** Who speaks in errors. */
  owner?: string;
}

/**
 * A training set in shared memories: typed columns, cut into partitions after a fixed number of rows that follows from the columns alone.
 *
 *     const store = new ColumnStore([{ name: 'x', type: 'f64' }, { name: 'y', type: 'u8' }], { ledger });
 *     for await (const { x, y } of batches) store.append([x, y]);      // any slice length; the data is copied
 *     store.seal();
 *     … runFit(pool, { store, … }) …
 *     store.release();
 */
export class ColumnStore {
  readonly columns: readonly ColumnSpec[];
  readonly rowsPerPartition: number;
  private readonly ledger: MemoryLedger;
  private readonly owner: string;
  private readonly parts: Partition[] = [];
  private readonly rowBytes: number;
  private reserved = 0;
  private reservedRows = 0;
  private count = 0;
  private tainted = false;
  private state: 'open' | 'sealed' | 'released' = 'open';

  constructor(columns: readonly ColumnSpec[], options: ColumnStoreOptions = {}) {
    this.columns = columns;
    this.owner = options.owner ?? 'ColumnStore';
    this.ledger = options.ledger ?? new MemoryLedger();
    this.rowBytes = columns.reduce((sum, spec) => sum + rowBytes(spec), 0);
    this.rowsPerPartition = options.rowsPerPartition ?? rowsPerPartition(columns);
    if (!Number.isInteger(this.rowsPerPartition) || this.rowsPerPartition < 1 || this.rowsPerPartition % BLOCK_ROWS !== 0) {
      throw new MlError('VALUE_INVALID', `${this.owner}: rowsPerPartition must be a multiple of ${BLOCK_ROWS}, got ${show(this.rowsPerPartition)}`);
    }
  }

  /**
   * A sealed store of `rows` rows whose content is arbitrary, to be written in place, from several threads if need be, through
   * {@link columnView} of its partitions. No sparse columns: their size would have to be known.
   */
  static allocate(columns: readonly ColumnSpec[], rows: number, options: ColumnStoreOptions = {}): ColumnStore {
    const store = new ColumnStore(columns, options);
    if (columns.some(({ type }) => type === 'csr')) throw new MlError('VALUE_INVALID', `${store.owner}: sparse columns must be appended`);
    store.reserveRows(rows);
    for (; store.count < rows; store.count += (store.parts.at(-1) as Partition).rows) {
      const part = new Partition(store.parts.length, store.count, store.rowsPerPartition, columns);
      part.rows = Math.min(part.capacity, rows - store.count);
      store.parts.push(part);
    }
    store.state = 'sealed';
    return store;
  }

  /** Rows appended so far. */
  get rows(): number {
    return this.count;
  }

  /** What workers get; only of a sealed store. */
  get partitions(): PartitionHandle[] {
    if (this.state !== 'sealed') throw new MlError('VALUE_INVALID', `${this.owner}: the column store must be sealed before use, is ${this.state}`);
    return this.parts.map((part) => part.handle);
  }

  /** Adds rows: one array a column (sparse rows: {@link SparseData}), all of the same number of rows. The data is copied. */
  append(data: readonly ColumnData[]): void {
    if (this.state !== 'open') throw new MlError('VALUE_INVALID', `${this.owner}: rows must be appended before the column store is ${this.state}`);
    const rows = this.checkedRows(data);
    for (let from = 0; from < rows; ) {
      let part = this.parts.at(-1);
      if (!part || part.rows === part.capacity) {
        part?.seal();
        part = new Partition(this.parts.length, this.count, this.rowsPerPartition, this.columns);
        this.parts.push(part);
      }
      const n = Math.min(rows - from, part.capacity - part.rows);
      this.reserveRows(this.count + n);
      this.reserveEntries(data, from, n);
      part.write(data, from, n);
      this.count += n;
      from += n;
    }
  }

  /** No more rows come. */
  seal(): void {
    if (this.state !== 'open') return;
    this.parts.at(-1)?.seal();
    this.state = 'sealed';
  }

  /** Lends scratch memory in partition `index`, counted by the ledger. */
  lend(index: number, bytes: number): Region {
    const region = (this.parts[index] as Partition).lend(bytes);
    try {
      this.ledger.reserve(region.bytes, this.owner);
    } catch (error) {
      (this.parts[index] as Partition).takeBack(region);
      throw error;
    }
    return region;
  }

  takeBack(index: number, region: Region): void {
    this.ledger.release(region.bytes);
    if (!this.tainted) this.parts[index]?.takeBack(region);
  }

  /** Says that a thread was ended by force and may still be running for a moment: the memories are not used again. */
  taint(): void {
    this.tainted = true;
  }

  /** Frees the memories. No fit may be running on them. Safe to call twice. */
  release(): void {
    if (this.state === 'released') return;
    this.state = 'released';
    if (!this.tainted) for (const part of this.parts) part.release(this.rowBytes);
    this.parts.length = 0;
    this.ledger.release(this.reserved);
  }

  private checkedRows(data: readonly ColumnData[]): number {
    if (data.length !== this.columns.length) {
      throw new MlError('VALUE_INVALID', `${this.owner}: append takes ${this.columns.length} columns, got ${data.length}`);
    }
    const lengths = data.map((column, j) =>
      this.columns[j]?.type === 'csr'
        ? (column as SparseData).starts.length - 1
        : (column as ArrayLike<number>).length / (this.columns[j]?.width ?? 1),
    );
    const rows = lengths[0] ?? 0;
    const odd = lengths.findIndex((length) => length !== rows);
    if (odd !== -1) throw new MlError('VALUE_INVALID', `${this.owner}: columns must have equally many rows, got ${rows} and ${lengths[odd]}`);
    return rows;
  }

  /** Counts whole blocks of rows, as they are begun. */
  private reserveRows(rows: number): void {
    const needed = Math.ceil(rows / BLOCK_ROWS) * BLOCK_ROWS;
    if (needed <= this.reservedRows) return;
    this.reserve((needed - this.reservedRows) * this.rowBytes);
    this.reservedRows = needed;
  }

  private reserveEntries(data: readonly ColumnData[], from: number, n: number): void {
    this.columns.forEach(({ type }, j) => {
      if (type !== 'csr') return;
      const { starts } = data[j] as SparseData;
      this.reserve(12 * ((starts[from + n] as number) - (starts[from] as number)));
    });
  }

  private reserve(bytes: number): void {
    this.ledger.reserve(bytes, this.owner);
    this.reserved += bytes;
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
