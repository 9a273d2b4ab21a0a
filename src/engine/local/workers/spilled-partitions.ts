import { BLOCK_ROWS, type PartitionHandle } from '../../../kernels/contract.ts';
import { Partition, rowBytes } from './partition.ts';
import { type SpillHandle, SpillReader } from './spill.ts';

/** Bytes that the host reads of a spilled set at a time, but one block at least. */
const WINDOW_BYTES = 16 * 1048576;

/** A spilled set as the host's thread sees it: stretches of rows that share one memory, which holds the one that was asked for last. */
export class SpilledPartitions {
  readonly handles: PartitionHandle[];
  readonly #window: Partition;
  readonly #reader: SpillReader;
  readonly #rowBytes: number;
  #loaded = -1;

  constructor(set: SpillHandle, owner: string) {
    this.#rowBytes = set.columns.reduce((sum, spec) => sum + rowBytes(spec), 0);
    const entries = set.entries.reduce((sum, most) => sum + most, 0);
    const blocks = Math.max(1, Math.floor(WINDOW_BYTES / (BLOCK_ROWS * this.#rowBytes + 12 * entries)));
    const length = blocks * BLOCK_ROWS;
    this.#window = new Partition(0, 0, length, set.columns);
    this.#window.open(set.entries.map((most) => most * blocks));
    this.#reader = new SpillReader(set, owner);
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
    this.#reader.close();
    this.#window.release(this.#rowBytes);
  }

  #load(index: number, firstRow: number, rows: number): void {
    if (this.#loaded === index) return;
    this.#loaded = -1;
    this.#reader.load(this.#window.handle, firstRow, rows);
    this.#loaded = index;
  }
}
