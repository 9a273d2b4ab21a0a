import type { VectorColumn, VectorPart } from '../../../block/column.ts';
import { MlError } from '../../../error.ts';
import { DenseVector, SparseVector } from '../../../linalg/vectors.ts';
import { type List, list, low, type RawVector, validity, view } from './bindings.ts';

/** Where sizes and indices are empty, all vectors are dense. */
interface RawVectors {
  types: Int8Array;
  sizes: Int32Array;
  indices: Pick<List, 'entries'>;
  values: List;
  index: Int32Array;
  value: Float64Array;
}

const NO_INTS = new Int32Array(0);
const NO_LISTS = { entries: new Uint32Array(0) };

function rawVectors(vector: RawVector, rows: number): RawVectors {
  const types = view(low.struct_vector_get_child(vector, 0), rows, Int8Array);
  const values = list(low.struct_vector_get_child(vector, 3), rows);
  const value = view(values.child, values.size, Float64Array);
  if (types.every((type) => type === 1)) return { types, values, value, sizes: NO_INTS, indices: NO_LISTS, index: NO_INTS };
  const sizes = view(low.struct_vector_get_child(vector, 1), rows, Int32Array);
  const indices = list(low.struct_vector_get_child(vector, 2), rows);
  return { types, values, value, sizes, indices, index: view(indices.child, indices.size, Int32Array) };
}

/** The vectors of a column, one by one. */
export function vectorReader(vector: RawVector, rows: number): (i: number) => DenseVector | SparseVector {
  const { types, sizes, indices, values, index, value } = rawVectors(vector, rows);
  return (i) => {
    const from = values.entries[4 * i];
    const numbers = value.slice(from, from + values.entries[4 * i + 2]);
    if (types[i] === 1) return new DenseVector(numbers);
    const start = indices.entries[4 * i];
    return new SparseVector(sizes[i], index.slice(start, start + indices.entries[4 * i + 2]), numbers);
  };
}

/** Above this width, rows of mixed forms become CSR and not dense when fewer than a quarter of the slots are filled. */
const DENSE_WIDTH = 256;

/**
 * A vector column of one block: one dense part, or CSR where rows are sparse. All rows must have one size; `size` is what the schema
 * says, which counts for blocks without a vector. `firstRow` is for messages.
 */
export function readVectors(vector: RawVector, rows: number, size: number | undefined, column: string, firstRow: number): VectorColumn {
  const raw = rawVectors(vector, rows);
  const valid = validity(vector, rows);
  const width = commonSize(raw, valid, rows, size, column, firstRow);
  const { types, values, value } = raw;
  let contiguous = valid === null;
  let dense = true;
  let stored = 0;
  for (let i = 0; i < rows; i++) {
    if (valid && valid[i] === 0) continue;
    stored += values.entries[4 * i + 2];
    if (types[i] !== 1) dense = false;
    if (types[i] !== 1 || values.entries[4 * i] !== values.entries[0] + i * width) contiguous = false;
  }
  let part: VectorPart;
  if (contiguous && rows > 0) {
    const from = values.entries[0];
    part = { kind: 'dense', size: width, values: value.subarray(from, from + rows * width) };
  } else if (dense || width <= DENSE_WIDTH || stored * 4 >= rows * width) {
    part = densePart(raw, valid, rows, width);
  } else {
    part = sparsePart(raw, valid, rows, width, stored);
  }
  // Rows that came sparse leave sparse, whatever they are held as.
  return {
    kind: 'vectors',
    size: width,
    parts: [part],
    valid,
    ...(!dense && { form: Uint8Array.from({ length: rows }, (_, i) => Number(types[i] !== 1)) }),
  };
}

function commonSize(raw: RawVectors, valid: Uint8Array | null, rows: number, declared: number | undefined, column: string, firstRow: number): number {
  let width = -1;
  for (let i = 0; i < rows; i++) {
    if (valid && valid[i] === 0) continue;
    const size = raw.types[i] === 1 ? raw.values.entries[4 * i + 2] : raw.sizes[i];
    if (width < 0) width = size;
    if (size !== width) {
      throw new MlError(
        'VALUE_INVALID',
        `column ${JSON.stringify(column)}: vectors must all have ${width} slots, row ${firstRow + i} has ${size}; filter such rows out`,
        {
          column,
          row: firstRow + i,
          value: size,
        },
      );
    }
  }
  return width < 0 ? (declared ?? 0) : width;
}

function densePart({ types, indices, values, index, value }: RawVectors, valid: Uint8Array | null, rows: number, width: number): VectorPart {
  const out = new Float64Array(rows * width);
  for (let i = 0; i < rows; i++) {
    if (valid && valid[i] === 0) continue;
    const from = values.entries[4 * i];
    const count = values.entries[4 * i + 2];
    if (types[i] === 1) out.set(value.subarray(from, from + count), i * width);
    else {
      const start = indices.entries[4 * i];
      for (let p = 0; p < count; p++) out[i * width + index[start + p]] = value[from + p];
    }
  }
  return { kind: 'dense', size: width, values: out };
}

function sparsePart(
  { types, indices, values, index, value }: RawVectors,
  valid: Uint8Array | null,
  rows: number,
  width: number,
  stored: number,
): VectorPart {
  const starts = new Uint32Array(rows + 1);
  const slots = new Uint32Array(stored);
  const numbers = new Float64Array(stored);
  let at = 0;
  for (let i = 0; i < rows; i++) {
    starts[i] = at;
    if (valid && valid[i] === 0) continue;
    const from = values.entries[4 * i];
    const count = values.entries[4 * i + 2];
    const start = indices.entries[4 * i];
    for (let p = 0; p < count; p++) {
      const x = value[from + p];
      if (types[i] === 1 && x === 0) continue;
      slots[at] = types[i] === 1 ? p : index[start + p];
      numbers[at++] = x;
    }
  }
  starts[rows] = at;
  return { kind: 'sparse', size: width, starts, indices: slots.subarray(0, at), values: numbers.subarray(0, at) };
}
