import { randomUUID } from 'node:crypto';
import { closeSync, openSync, readSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { MlError } from '../../../error.ts';
import { BLOCK_ROWS, type ColumnSpec, type PartitionHandle } from '../../../kernels/contract.ts';
import { type ColumnData, rowBytes, type SparseData } from './partition.ts';

/**
 * A training set in a file: blocks of {@link BLOCK_ROWS} rows one after the other (the last may be shorter), in each the columns one after the other
 * as they lie in memory; sparse rows as their starts (from 0), indices and values. Plain data that crosses threads.
 */
export interface SpillHandle {
  readonly path: string;
  readonly columns: readonly ColumnSpec[];
  readonly rows: number;
  /** Where each block begins, and the end of the last. */
  readonly offsets: Float64Array;
  /** By column, the most entries of a block; 0 of columns that are not sparse. */
  readonly entries: readonly number[];
}

/** Writes a training set to a file of its own, row by row; removed when the set is released, at the latest with the session's folder. */
export class SpillFile {
  readonly #owner: string;
  readonly #path: string;
  readonly #columns: readonly ColumnSpec[];
  readonly #file: number;
  readonly #offsets: number[] = [0];
  readonly #entries: number[];
  /** Rows of the block that is being filled. */
  #pending: ColumnData[][] = [];
  #pendingRows = 0;
  #rows = 0;
  #open = true;

  constructor(owner: string, folder: string, columns: readonly ColumnSpec[]) {
    this.#owner = owner;
    this.#columns = columns;
    this.#entries = columns.map(() => 0);
    this.#path = join(folder, `training-${randomUUID()}.bin`);
    this.#file = this.#try(() => openSync(this.#path, 'wx', 0o600));
  }

  /** Takes rows `[from, to)`; the arrays may be written anew afterwards. */
  write(data: readonly ColumnData[], from: number, to: number): void {
    for (let at = from; at < to; ) {
      const n = Math.min(to - at, BLOCK_ROWS - this.#pendingRows);
      const whole = n === BLOCK_ROWS; // is written at once
      this.#pending.push(data.map((column, j) => cut(column, this.#columns[j], at, at + n, whole)));
      this.#pendingRows += n;
      at += n;
      if (this.#pendingRows === BLOCK_ROWS) this.#flush();
    }
  }

  /** No more rows come. */
  finish(): SpillHandle {
    this.#flush();
    this.#close();
    return { path: this.#path, columns: this.#columns, rows: this.#rows, offsets: Float64Array.from(this.#offsets), entries: this.#entries };
  }

  remove(): void {
    this.#close();
    rmSync(this.#path, { force: true });
  }

  #flush(): void {
    const rows = this.#pendingRows;
    if (rows === 0) return;
    const pieces = this.#columns.flatMap((spec, j) => {
      const parts = this.#pending.map((slice) => slice[j]);
      if (spec.type !== 'csr') return parts.map((part) => bytesOf(part as Uint8Array));
      const sparse = parts as SparseData[];
      const starts = new Uint32Array(rows + 1);
      let row = 0;
      let count = 0;
      for (const part of sparse) {
        for (let i = 1; i < part.starts.length; i++) starts[++row] = count + part.starts[i];
        count += part.indices.length;
      }
      this.#entries[j] = Math.max(this.#entries[j], count);
      return [starts, ...sparse.map((part) => part.indices as Uint32Array), ...sparse.map((part) => part.values as Float64Array)].map(bytesOf);
    });
    let at = this.#offsets.at(-1) as number;
    for (const piece of pieces) {
      for (let done = 0; done < piece.length; ) done += this.#try(() => writeSync(this.#file, piece, done, piece.length - done, at + done));
      at += piece.length;
    }
    this.#offsets.push(at);
    this.#rows += rows;
    this.#pending = [];
    this.#pendingRows = 0;
  }

  #close(): void {
    if (this.#open) closeSync(this.#file);
    this.#open = false;
  }

  #try<T>(work: () => T): T {
    try {
      return work();
    } catch (error) {
      throw failed(this.#owner, this.#path, 'written', error);
    }
  }
}

/** Reads blocks of a spilled set into the memory of a thread's window. */
export class SpillReader {
  readonly #handle: SpillHandle;
  readonly #owner: string;
  #file: number | null = null;

  constructor(handle: SpillHandle, owner: string) {
    this.#handle = handle;
    this.#owner = owner;
  }

  /** Puts rows `[first, first + n)` at the window's start; `first` is a multiple of {@link BLOCK_ROWS}. */
  load(window: PartitionHandle, first: number, n: number): void {
    const { columns, offsets, rows } = this.#handle;
    const counts = columns.map(() => 0);
    for (let row = first; row < first + n; row += BLOCK_ROWS) {
      this.#loadBlock(window, offsets[row / BLOCK_ROWS], row - first, Math.min(BLOCK_ROWS, rows - row), counts);
    }
  }

  close(): void {
    if (this.#file !== null) closeSync(this.#file);
    this.#file = null;
  }

  /** Puts the block of so many rows that begins at `from` into the window from row `at` on; `counts`: the entries there by column. */
  #loadBlock(window: PartitionHandle, from: number, at: number, rows: number, counts: number[]): void {
    const { buffer } = window.memory;
    const take = (ptr: number, bytes: number) => {
      this.#read(new Uint8Array(buffer, ptr, bytes), from);
      from += bytes;
    };
    this.#handle.columns.forEach((spec, j) => {
      const { ptr, indices = 0, values = 0 } = window.columns[j];
      const width = rowBytes(spec);
      if (spec.type !== 'csr') {
        take(ptr + width * at, width * rows);
        return;
      }
      const before = counts[j];
      const starts = new Uint32Array(buffer, ptr + 4 * at, rows + 1);
      take(ptr + 4 * at, 4 * (rows + 1));
      const count = starts[rows];
      if (before > 0) for (let i = 0; i <= rows; i++) starts[i] += before;
      take(indices + 4 * before, 4 * count);
      take(values + 8 * before, 8 * count);
      counts[j] = before + count;
    });
  }

  #read(bytes: Uint8Array, from: number): void {
    const { path } = this.#handle;
    try {
      this.#file ??= openSync(path, 'r');
      for (let done = 0; done < bytes.length; ) {
        const got = readSync(this.#file, bytes, done, bytes.length - done, from + done);
        if (got === 0) throw new Error('it ends too early');
        done += got;
      }
    } catch (error) {
      throw failed(this.#owner, path, 'read', error);
    }
  }
}

/** Rows of a column, copied unless `lent` will do. */
function cut(column: ColumnData, { type, width = 1 }: ColumnSpec, lo: number, hi: number, lent: boolean): ColumnData {
  if (type !== 'csr') {
    const Slots = { f64: Float64Array, u32: Uint32Array, u16: Uint16Array, u8: Uint8Array }[type];
    const values = column as ArrayLike<number>;
    if (values instanceof Slots) return lent ? values.subarray(lo * width, hi * width) : values.slice(lo * width, hi * width);
    return Slots.from(
      ArrayBuffer.isView(values)
        ? (values as Float64Array).subarray(lo * width, hi * width)
        : Array.prototype.slice.call(values, lo * width, hi * width),
    );
  }
  const { starts, indices, values } = column as SparseData;
  const [from, to] = [starts[lo], starts[hi]];
  return {
    starts: Uint32Array.from({ length: hi - lo + 1 }, (_, i) => starts[lo + i] - from),
    indices: Uint32Array.from({ length: to - from }, (_, k) => indices[from + k]),
    values: Float64Array.from({ length: to - from }, (_, k) => values[from + k]),
  };
}

function bytesOf({ buffer, byteOffset, byteLength }: Uint8Array | Uint16Array | Uint32Array | Float64Array): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength);
}

function failed(owner: string, path: string, what: 'written' | 'read', cause: unknown): MlError {
  const { code, message } = cause as NodeJS.ErrnoException;
  const full = code === 'ENOSPC' || code === 'EDQUOT';
  const remedy = full ? 'free space there, set tempDirectory to a larger disk, or raise memoryLimit' : 'set tempDirectory, or raise memoryLimit';
  return new MlError(
    'IO_FAILED',
    `${owner}: training data beyond memoryLimit must be ${what} in the temporary folder, ${full ? 'the disk is full' : message}; ${remedy}`,
    { path },
    { cause },
  );
}
