import type { Aggregator, ColumnHandle, ColumnType, LinearArgs, PartitionHandle } from '#dist/kernels/contract.js';
import { Features, prepareBundles, preparedBytes, scratchBytes } from '#dist/kernels/features.js';
import { type SharedMemory, sharedMemory } from '#dist/kernels/memory.js';

export interface SparseRow {
  indices: number[];
  values: number[];
}
export type ColumnContent = { type: Exclude<ColumnType, 'csr'>; data: readonly number[] } | { type: 'csr'; data: readonly SparseRow[] };

interface Kind {
  readonly BYTES_PER_ELEMENT: number;
  new (buffer: ArrayBufferLike, at: number, length: number): { set(values: ArrayLike<number>): void };
}

const KINDS: Record<Exclude<ColumnType, 'csr'>, Kind> = { f64: Float64Array, u8: Uint8Array, u16: Uint16Array, u32: Uint32Array };

/** One partition that holds these columns, with room behind them. */
export class TestPartition {
  readonly handle: PartitionHandle;
  private readonly memory: SharedMemory = sharedMemory(32 * 1048576);
  private top = 64;

  constructor(rows: number, columns: readonly ColumnContent[]) {
    this.handle = { index: 0, firstRow: 0, rows, memory: this.memory, columns: columns.map((column) => this.write(column)) };
  }

  /** The aggregator bound to this partition. */
  bind<Args>(aggregator: Aggregator<Args>, args: Args) {
    const scratch = this.take(aggregator.scratchBytes(this.handle, args));
    const prepared = this.take(aggregator.preparedBytes?.(this.handle, args) ?? 0);
    aggregator.prepare?.(this.handle, prepared, args, 0, this.handle.rows);
    return aggregator.bind(this.handle, scratch, prepared, args);
  }

  /** What one pass over rows `[lo, hi)` gives. */
  sum<Args>(aggregator: Aggregator<Args>, args: Args, input = new Float64Array(0), lo = 0, hi = this.handle.rows): Float64Array {
    const bound = this.bind(aggregator, args);
    const output = new Float64Array(aggregator.outputLength(args));
    bound.load(input);
    bound.block(lo, hi, output);
    return output;
  }

  features(args: LinearArgs, classes: number): Features {
    const scratch = this.take(scratchBytes(this.handle, args, classes));
    const prepared = this.take(preparedBytes(this.handle, args));
    prepareBundles(this.handle, prepared, args, 0, this.handle.rows);
    return new Features(this.handle, scratch, prepared, args, classes);
  }

  doubles(at: number, length: number): Float64Array {
    return new Float64Array(this.memory.buffer, at, length);
  }

  private take(bytes: number) {
    const region = { ptr: this.top, bytes };
    this.top += Math.ceil(bytes / 64) * 64;
    return region;
  }

  private write(column: ColumnContent): ColumnHandle {
    if (column.type !== 'csr') {
      const Kind = KINDS[column.type];
      const { ptr } = this.take(column.data.length * Kind.BYTES_PER_ELEMENT);
      new Kind(this.memory.buffer, ptr, column.data.length).set(column.data);
      return { type: column.type, ptr, length: column.data.length };
    }
    const indices = column.data.flatMap((row) => row.indices);
    const values = column.data.flatMap((row) => row.values);
    const starts = this.take(4 * (column.data.length + 1)).ptr;
    let end = 0;
    new Uint32Array(this.memory.buffer, starts, column.data.length + 1).set([0, ...column.data.map((row) => (end += row.indices.length))]);
    const at = this.take(4 * indices.length).ptr;
    new Uint32Array(this.memory.buffer, at, indices.length).set(indices);
    const numbers = this.take(8 * values.length).ptr;
    new Float64Array(this.memory.buffer, numbers, values.length).set(values);
    return { type: 'csr', ptr: starts, length: indices.length, indices: at, values: numbers };
  }
}

/** Which value each feature has in each row: (rows, numFeatures), row-major, by the definition of the parts. */
export function denseRows(rows: number, columns: readonly ColumnContent[], { parts, numFeatures }: LinearArgs): Float64Array {
  const out = new Float64Array(rows * numFeatures);
  for (const part of parts) {
    if (part.kind === 'dense') {
      part.columns.forEach((column, j) => {
        for (let i = 0; i < rows; i++) out[i * numFeatures + part.offset + j] = columns[column].data[i] as number;
      });
    } else if (part.kind === 'codes') {
      for (let i = 0; i < rows; i++) {
        const code = columns[part.column].data[i] as number;
        if (code < part.size) out[i * numFeatures + part.offset + code] = part.values?.[code] ?? 1;
      }
    } else {
      for (let i = 0; i < rows; i++) {
        const { indices, values } = columns[part.column].data[i] as SparseRow;
        indices.forEach((index, k) => {
          out[i * numFeatures + part.offset + index] = values[k];
        });
      }
    }
  }
  return out;
}
