import { MlError } from '../../../error.ts';
import type { ColumnHandle, ColumnSpec, ColumnType, PartitionHandle, Region } from '../../../kernels/contract.ts';
import { MAX_PAGES, PAGE, type SharedMemory } from '../../../kernels/memory.ts';
import { type ColumnView, viewOf } from '../../../kernels/partition-view.ts';
import { returnMemory, takeMemory } from './memories.ts';

/** Numbers or codes of some rows; sparse rows as row starts (relative, one more than rows), feature indices and values. */
export type ColumnData = ArrayLike<number> | SparseData;
export interface SparseData {
  starts: ArrayLike<number>;
  indices: ArrayLike<number>;
  values: ArrayLike<number>;
}

const BYTES: Record<ColumnType, number> = { f64: 8, u32: 4, csr: 4, u16: 2, u8: 1 };
/** Bytes that one row takes in a column; of sparse rows only their start, the values are counted as they come. */
export function rowBytes({ type, width = 1 }: ColumnSpec): number {
  return BYTES[type] * width;
}
const LINE = 64;
const MAX_BYTES = MAX_PAGES * PAGE;
/** The host's side of one partition: room for `capacity` rows, columns one after the other, then what is lent to fits. */
export class Partition {
  readonly index: number;
  readonly firstRow: number;
  readonly capacity: number;
  readonly memory: SharedMemory;
  rows = 0;
  readonly #specs: readonly ColumnSpec[];
  readonly #pointers: number[] = [];
  readonly #sparse = new Map<number, { indices: Uint32Array[]; values: Float64Array[]; count: number; ptr: number }>();
  readonly #free: Region[] = [];
  readonly #views: ColumnView[] = [];
  #top = LINE;
  #touched: number;

  constructor(index: number, firstRow: number, capacity: number, specs: readonly ColumnSpec[]) {
    this.index = index;
    this.firstRow = firstRow;
    this.capacity = capacity;
    this.#specs = specs;
    specs.forEach((spec, j) => {
      const { type } = spec;
      this.#pointers.push(this.#top);
      this.#top = align(this.#top + rowBytes(spec) * (type === 'csr' ? capacity + 1 : capacity));
      if (type === 'csr') this.#sparse.set(j, { indices: [], values: [], count: 0, ptr: 0 });
    });
    const { memory, touched } = takeMemory(this.#top);
    this.memory = memory;
    this.#touched = touched;
    specs.forEach(({ type, width = 1 }, j) => {
      const view = viewOf(memory, type, this.#pointers[j], type === 'csr' ? capacity + 1 : capacity * width);
      if (type === 'csr') view[0] = 0;
      this.#views.push(view);
    });
  }

  /** Plain data for workers. */
  get handle(): PartitionHandle {
    const { index, firstRow, rows, memory } = this;
    const columns = this.#specs.map((spec, j): ColumnHandle => {
      const entries = this.#sparse.get(j);
      const base = { ...spec, ptr: this.#pointers[j], length: entries ? entries.count : rows * (spec.width ?? 1) };
      return entries ? { ...base, indices: entries.ptr, values: align(entries.ptr + 4 * entries.count) } : base;
    });
    return { index, firstRow, rows, memory, columns };
  }

  /** Copies rows `[from, from + n)` of the data; the caller sees to it that they fit. */
  write(data: readonly ColumnData[], from: number, n: number): void {
    data.forEach((column, j) => {
      const entries = this.#sparse.get(j);
      const view = this.#views[j];
      if (!entries) {
        const width = this.#specs[j]?.width ?? 1;
        copy(view, this.rows * width, column as ArrayLike<number>, from * width, n * width);
        return;
      }
      const { starts, indices, values } = column as SparseData;
      const lo = starts[from];
      const hi = starts[from + n];
      for (let i = 1; i <= n; i++) view[this.rows + i] = entries.count + starts[from + i] - lo;
      entries.indices.push(Uint32Array.from(slice(indices, lo, hi)));
      entries.values.push(Float64Array.from(slice(values, lo, hi)));
      entries.count += hi - lo;
    });
    this.rows += n;
  }

  /** Moves sparse entries into the memory, where they stay. Called once, when no more rows come. */
  seal(): void {
    for (const entries of this.#sparse.values()) {
      const { ptr } = this.lend(align(4 * entries.count) + 8 * entries.count);
      entries.ptr = ptr;
      place(new Uint32Array(this.memory.buffer, ptr, entries.count), entries.indices);
      place(new Float64Array(this.memory.buffer, align(ptr + 4 * entries.count), entries.count), entries.values);
      entries.indices = [];
      entries.values = [];
    }
  }

  /** Makes all rows and room for so many sparse entries of each column the partition's own, to be written in place. */
  open(entries: readonly number[]): void {
    this.rows = this.capacity;
    for (const [j, sparse] of this.#sparse) {
      sparse.count = entries[j];
      sparse.ptr = this.lend(align(4 * sparse.count) + 8 * sparse.count).ptr;
    }
  }

  /** Bytes of the columns and of what is lent. */
  get bytes(): number {
    return this.#top;
  }

  /** A run of bytes beyond the columns, for one user until {@link takeBack}. Its content is arbitrary. */
  lend(bytes: number): Region {
    const size = align(Math.max(bytes, LINE));
    const fitting = this.#free.filter((region) => region.bytes >= size && region.bytes <= 4 * size + PAGE).sort((a, b) => a.bytes - b.bytes)[0];
    if (fitting) {
      this.#free.splice(this.#free.indexOf(fitting), 1);
      return fitting;
    }
    const region = { ptr: this.#top, bytes: size };
    if (this.#top + size > MAX_BYTES) {
      throw new MlError(
        'MEMORY_LIMIT',
        `partition ${this.index}: a partition must stay below ${MAX_BYTES} bytes with its scratch memory, needs ${this.#top + size}; use fewer rows a partition`,
        { needed: this.#top + size, limit: MAX_BYTES },
      );
    }
    const missing = Math.ceil((this.#top + size - this.memory.buffer.byteLength) / PAGE);
    if (missing > 0) this.memory.grow(missing);
    this.#top += size;
    return region;
  }

  takeBack(region: Region): void {
    this.#free.push(region);
  }

  /** Ends the partition's life. No thread may touch its memory afterwards. */
  release(bytesPerRow: number): void {
    const scratch = this.#top - align((this.#pointers.at(-1) ?? LINE) + rowBytes(this.#specs.at(-1) ?? { type: 'u8' }) * this.capacity);
    returnMemory(this.memory, Math.max(this.#touched, bytesPerRow * this.rows + scratch));
  }
}

/** The next address at which a cache line begins. */
function align(address: number): number {
  return Math.ceil(address / LINE) * LINE;
}

function slice(data: ArrayLike<number>, lo: number, hi: number): ArrayLike<number> {
  return ArrayBuffer.isView(data) ? (data as Float64Array).subarray(lo, hi) : Array.prototype.slice.call(data, lo, hi);
}

function copy(to: ColumnView, at: number, data: ArrayLike<number>, from: number, n: number): void {
  to.set(from === 0 && n === data.length ? data : slice(data, from, from + n), at);
}

function place(to: Float64Array | Uint32Array, parts: ArrayLike<number>[]): void {
  let at = 0;
  for (const part of parts) {
    to.set(part, at);
    at += part.length;
  }
}
