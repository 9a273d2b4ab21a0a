import { BLOCK_ROWS, type PartitionHandle } from '../../../kernels/contract.ts';
import { Partition, rowBytes } from './partition.ts';
import { type SpillHandle, SpillReader } from './spill.ts';

/** Bytes of a spilled set that are read at a time, but one block at least. */
const WINDOW_BYTES = 16 * 1048576;

/** Rows of a spilled set that a window has room for. */
export function windowRows({ columns, entries }: SpillHandle): number {
  const block = BLOCK_ROWS * bytesOfRow(columns) + 12 * entries.reduce((sum, most) => sum + most, 0);
  return BLOCK_ROWS * Math.max(1, Math.floor(WINDOW_BYTES / block));
}

/** Memory of one thread for {@link windowRows} rows of a spilled set at a time. */
export class SpillWindow {
  readonly handle: PartitionHandle;
  readonly #partition: Partition;
  readonly #reader: SpillReader;
  readonly #rowBytes: number;

  constructor(set: SpillHandle, owner: string) {
    const rows = windowRows(set);
    this.#rowBytes = bytesOfRow(set.columns);
    this.#partition = new Partition(0, 0, rows, set.columns);
    this.#partition.open(set.entries.map((most) => (most * rows) / BLOCK_ROWS));
    this.handle = this.#partition.handle;
    this.#reader = new SpillReader(set, owner);
  }

  /** Puts rows `[first, first + n)` at the window's start; `first` is a multiple of {@link BLOCK_ROWS}. */
  load(first: number, n: number): void {
    this.#reader.load(this.handle, first, n);
  }

  close(): void {
    this.#reader.close();
    this.#partition.release(this.#rowBytes);
  }
}

/** A spilled set as the host's thread sees it: stretches of rows that share one memory, which holds the one that was asked for last. */
export class SpilledPartitions {
  readonly handles: PartitionHandle[];
  readonly #window: SpillWindow;
  #loaded = -1;

  constructor(set: SpillHandle, owner: string) {
    const length = windowRows(set);
    this.#window = new SpillWindow(set, owner);
    const { memory, columns } = this.#window.handle;
    this.handles = Array.from({ length: Math.ceil(set.rows / length) }, (_, index) => {
      const firstRow = index * length;
      const rows = Math.min(length, set.rows - firstRow);
      const own = columns.map((column) => (column.type === 'csr' ? column : { ...column, length: rows * (column.width ?? 1) }));
      const load = () => this.#load(index, firstRow, rows);
      return {
        index,
        firstRow,
        rows,
        columns: own,
        get memory() {
          load();
          return memory;
        },
      };
    });
  }

  close(): void {
    this.#window.close();
  }

  #load(index: number, firstRow: number, rows: number): void {
    if (this.#loaded === index) return;
    this.#loaded = -1;
    this.#window.load(firstRow, rows);
    this.#loaded = index;
  }
}

function bytesOfRow(columns: SpillHandle['columns']): number {
  return columns.reduce((sum, spec) => sum + rowBytes(spec), 0);
}
