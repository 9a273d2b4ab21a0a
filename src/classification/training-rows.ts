import type { CodePart, NumberPart, SparsePart, VectorColumn, VectorPart } from '../block/column.ts';
import type { ColumnHandle, FeaturePart, PartitionHandle } from '../kernels/contract.ts';

/** Rows `[lo, hi)` of a training set's partition as a vector column: views of its memory, nothing is copied. `parts` as the set's layout has them. */
export function featuresOf(partition: PartitionHandle, parts: readonly FeaturePart[], numFeatures: number, lo: number, hi: number): VectorColumn {
  const slots = [...parts].sort((a, b) => a.offset - b.offset).flatMap((part) => vectorParts(partition, part, lo, hi));
  return { kind: 'vectors', size: numFeatures, parts: slots, valid: null };
}

/** Rows `[lo, hi)` of a column of numbers or codes: a view. */
export function slotsOf(partition: PartitionHandle, column: number, lo: number, hi: number): Float64Array | Uint8Array | Uint16Array | Uint32Array {
  const { type, ptr } = partition.columns[column];
  const { buffer } = partition.memory;
  const n = hi - lo;
  if (type === 'f64') return new Float64Array(buffer, ptr + 8 * lo, n);
  if (type === 'u8') return new Uint8Array(buffer, ptr + lo, n);
  return type === 'u16' ? new Uint16Array(buffer, ptr + 2 * lo, n) : new Uint32Array(buffer, ptr + 4 * lo, n);
}

function vectorParts(partition: PartitionHandle, part: FeaturePart, lo: number, hi: number): VectorPart[] {
  switch (part.kind) {
    case 'dense':
      return part.columns.map((column): NumberPart => ({ kind: 'numbers', size: 1, values: slotsOf(partition, column, lo, hi) as Float64Array }));
    case 'codes': {
      const codes = slotsOf(partition, part.column, lo, hi) as CodePart['codes'];
      return [{ kind: 'codes', size: part.size, codes, table: part.values ?? null }];
    }
    case 'csr':
      return [sparsePart(partition, partition.columns[part.column], part.size, lo, hi)];
  }
}

/** Rows `[lo, hi)` of sparse rows: views. */
export function sparsePart(
  { memory: { buffer } }: PartitionHandle,
  { ptr, length, indices = 0, values = 0 }: ColumnHandle,
  size: number,
  lo: number,
  hi: number,
): SparsePart {
  return {
    kind: 'sparse',
    size,
    starts: new Uint32Array(buffer, ptr + 4 * lo, hi - lo + 1),
    indices: new Uint32Array(buffer, indices, length),
    values: new Float64Array(buffer, values, length),
  };
}
