import type { ColumnType, PartitionHandle } from './contract.ts';
import type { SharedMemory } from './memory.ts';

export type ColumnView = Float64Array | Uint32Array | Uint16Array | Uint8Array;

/** Elements of `column` as a view of the partition's memory (of sparse rows: their starts). */
export function columnView(partition: PartitionHandle, column: number): ColumnView {
  const { type, ptr, length } = partition.columns[column];
  return viewOf(partition.memory, type, ptr, type === 'csr' ? partition.rows + 1 : length);
}

/** Sparse rows as views of the partition's memory. */
export function sparseView(partition: PartitionHandle, column: number): { starts: Uint32Array; indices: Uint32Array; values: Float64Array } {
  const { ptr, length, indices = 0, values = 0 } = partition.columns[column];
  const { buffer } = partition.memory;
  return {
    starts: new Uint32Array(buffer, ptr, partition.rows + 1),
    indices: new Uint32Array(buffer, indices, length),
    values: new Float64Array(buffer, values, length),
  };
}

/** `length` elements of a column of this type from address `ptr` on. */
export function viewOf({ buffer }: SharedMemory, type: ColumnType, ptr: number, length: number): ColumnView {
  if (type === 'f64') return new Float64Array(buffer, ptr, length);
  if (type === 'u8') return new Uint8Array(buffer, ptr, length);
  return type === 'u16' ? new Uint16Array(buffer, ptr, length) : new Uint32Array(buffer, ptr, length);
}
