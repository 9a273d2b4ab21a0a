import type { NumberColumn, VectorColumn, VectorPart } from '../../../block/column.ts';
import { MlError } from '../../../error.ts';
import type { DataType } from '../../../frame/types.ts';
import { DenseMatrix, SparseMatrix } from '../../../linalg/matrices.ts';
import { DenseVector, SparseVector } from '../../../linalg/vectors.ts';
import { low, type RawVector, validity, view, withViews } from './bindings.ts';

const DAY_MS = 86_400_000;

/** The values of a column as rows hold them (`docs/design.md`, values), nothing shared with DuckDB's memory. */
export function readValues(vector: RawVector, type: DataType, rows: number): unknown[] {
  return withViews(() => {
    const valid = validity(vector, rows);
    const read = reader(vector, type, rows);
    const values = new Array<unknown>(rows);
    for (let i = 0; i < rows; i++) values[i] = valid && valid[i] === 0 ? null : read(i);
    return values;
  });
}

/** Texts of a VARCHAR column. */
export function readStrings(vector: RawVector, rows: number): (string | null)[] {
  return readValues(vector, { kind: 'string' }, rows) as (string | null)[];
}

/** A DOUBLE column as it lies: a view, good while the chunk lives. */
export function readNumbers(vector: RawVector, rows: number): NumberColumn {
  return { kind: 'numbers', values: view(vector, rows, Float64Array), valid: validity(vector, rows) };
}

function reader(vector: RawVector, type: DataType, rows: number): (i: number) => unknown {
  switch (type.kind) {
    case 'boolean': {
      const data = view(vector, rows, Uint8Array);
      return (i) => data[i] !== 0;
    }
    case 'byte':
      return at(view(vector, rows, Int8Array));
    case 'short':
      return at(view(vector, rows, Int16Array));
    case 'int':
    case 'void':
      return at(view(vector, rows, Int32Array));
    case 'long':
      return at(view(vector, rows, BigInt64Array));
    case 'float':
      return at(view(vector, rows, Float32Array));
    case 'double':
      return at(view(vector, rows, Float64Array));
    case 'decimal': {
      const unscaled = decimals(vector, type.precision, rows);
      return (i) => decimalText(unscaled(i), type.scale);
    }
    case 'date': {
      const days = view(vector, rows, Int32Array);
      return (i) => dateText(days[i] as number);
    }
    case 'timestamp': {
      const micros = view(vector, rows, BigInt64Array);
      return (i) => new Date(Number((micros[i] as bigint) / 1000n));
    }
    case 'string': {
      const bytes = texts(vector, rows);
      return (i) => bytes(i).toString('utf8');
    }
    case 'binary': {
      const bytes = texts(vector, rows);
      return (i) => Uint8Array.from(bytes(i));
    }
    case 'array': {
      const { entries, child, size } = list(vector, rows);
      const items = readValues(child, type.element, size);
      return (i) => items.slice(entries[4 * i], (entries[4 * i] as number) + (entries[4 * i + 2] as number));
    }
    case 'map': {
      const { entries, child, size } = list(vector, rows);
      const keys = readValues(low.struct_vector_get_child(child, 0), type.key, size);
      const values = readValues(low.struct_vector_get_child(child, 1), type.value, size);
      return (i) => {
        const map = new Map<unknown, unknown>();
        const from = entries[4 * i] as number;
        for (let p = from; p < from + (entries[4 * i + 2] as number); p++) map.set(keys[p], values[p]);
        return map;
      };
    }
    case 'struct': {
      const columns = type.fields.map((field, k) => readValues(low.struct_vector_get_child(vector, k), field.type, rows));
      return (i) => {
        const object: Record<string, unknown> = {};
        for (let k = 0; k < columns.length; k++) setOwn(object, type.fields[k].name, columns[k][i]);
        return object;
      };
    }
    case 'vector':
      return vectorReader(vector, rows);
    case 'matrix':
      return matrixReader(vector, rows);
  }
}

/** Sets an own property, whatever its name. */
export function setOwn(object: Record<string, unknown>, name: string, value: unknown): void {
  if (name === '__proto__') Object.defineProperty(object, name, { value, writable: true, enumerable: true, configurable: true });
  else object[name] = value;
}

function at<T>(data: ArrayLike<T>): (i: number) => T {
  return (i) => data[i] as T;
}

/** Days since 1970-01-01 as Spark prints a date. */
export function dateText(days: number): string {
  const iso = new Date(days * DAY_MS).toISOString();
  return iso.slice(0, iso.indexOf('T'));
}

export function decimalText(unscaled: bigint, scale: number): string {
  if (scale === 0) return String(unscaled);
  const digits = (unscaled < 0n ? -unscaled : unscaled).toString().padStart(scale + 1, '0');
  return `${unscaled < 0n ? '-' : ''}${digits.slice(0, -scale)}.${digits.slice(-scale)}`;
}

function decimals(vector: RawVector, precision: number, rows: number): (i: number) => bigint {
  if (precision > 18) {
    const words = view(vector, 2 * rows, BigInt64Array);
    return (i) => ((words[2 * i + 1] as bigint) << 64n) + BigInt.asUintN(64, words[2 * i] as bigint);
  }
  if (precision > 9) return at(view(vector, rows, BigInt64Array));
  const data = precision > 4 ? view(vector, rows, Int32Array) : view(vector, rows, Int16Array);
  return (i) => BigInt(data[i] as number);
}

/** Reads DuckDB's `string_t`: 16 bytes, the length first; up to 12 bytes lie inside, longer ones behind a pointer at 8. */
export function texts(vector: RawVector, rows: number): (i: number) => Buffer {
  const bytes = view(vector, rows * 16, Uint8Array);
  const inline = Buffer.from(bytes.buffer, bytes.byteOffset, rows * 16);
  const lengths = new Uint32Array(bytes.buffer, bytes.byteOffset, rows * 4);
  return (i) => {
    const length = lengths[4 * i] as number;
    if (length <= 12) return inline.subarray(16 * i + 4, 16 * i + 4 + length);
    const far = low.get_data_from_pointer(bytes.buffer as ArrayBuffer, bytes.byteOffset + 16 * i + 8, length);
    return Buffer.from(far.buffer, far.byteOffset, length);
  };
}

interface List {
  /** Offset and length of row i at `4 i` and `4 i + 2`: the low words of DuckDB's 64-bit pairs. */
  entries: Uint32Array;
  child: RawVector;
  size: number;
}

function list(vector: RawVector, rows: number): List {
  return { entries: view(vector, 4 * rows, Uint32Array), child: low.list_vector_get_child(vector), size: low.list_vector_get_size(vector) };
}

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

function vectorReader(vector: RawVector, rows: number): (i: number) => DenseVector | SparseVector {
  const { types, sizes, indices, values, index, value } = rawVectors(vector, rows);
  return (i) => {
    const from = values.entries[4 * i] as number;
    const numbers = value.slice(from, from + (values.entries[4 * i + 2] as number));
    if (types[i] === 1) return new DenseVector(numbers);
    const start = indices.entries[4 * i] as number;
    return new SparseVector(sizes[i] as number, index.slice(start, start + (indices.entries[4 * i + 2] as number)), numbers);
  };
}

function matrixReader(vector: RawVector, rows: number): (i: number) => unknown {
  const child = (k: number) => low.struct_vector_get_child(vector, k);
  const types = view(child(0), rows, Int8Array);
  const numRows = view(child(1), rows, Int32Array);
  const numCols = view(child(2), rows, Int32Array);
  const [colPtrs, rowIndices] = [3, 4].map((k) => readValues(child(k), { kind: 'array', element: { kind: 'int' } }, rows));
  const values = readValues(child(5), { kind: 'array', element: { kind: 'double' } }, rows);
  const transposed = view(child(6), rows, Uint8Array);
  return (i) => {
    const [r, c, flipped] = [numRows[i] as number, numCols[i] as number, transposed[i] !== 0];
    if (types[i] === 1) return new DenseMatrix(r, c, values[i] as number[], flipped);
    return new SparseMatrix(r, c, colPtrs[i] as number[], rowIndices[i] as number[], values[i] as number[], flipped);
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
    stored += values.entries[4 * i + 2] as number;
    if (types[i] !== 1) dense = false;
    if (types[i] !== 1 || values.entries[4 * i] !== (values.entries[0] as number) + i * width) contiguous = false;
  }
  let part: VectorPart;
  if (contiguous && rows > 0) {
    const from = values.entries[0] as number;
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
    const size = raw.types[i] === 1 ? (raw.values.entries[4 * i + 2] as number) : (raw.sizes[i] as number);
    if (width < 0) width = size;
    if (size !== width) {
      throw new MlError('VALUE_INVALID', `column ${JSON.stringify(column)}: vectors must all have ${width} slots, row ${firstRow + i} has ${size}`, {
        column,
        row: firstRow + i,
        value: size,
      });
    }
  }
  return width < 0 ? (declared ?? 0) : width;
}

function densePart({ types, indices, values, index, value }: RawVectors, valid: Uint8Array | null, rows: number, width: number): VectorPart {
  const out = new Float64Array(rows * width);
  for (let i = 0; i < rows; i++) {
    if (valid && valid[i] === 0) continue;
    const from = values.entries[4 * i] as number;
    const count = values.entries[4 * i + 2] as number;
    if (types[i] === 1) out.set(value.subarray(from, from + count), i * width);
    else {
      const start = indices.entries[4 * i] as number;
      for (let p = 0; p < count; p++) out[i * width + (index[start + p] as number)] = value[from + p] as number;
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
    const from = values.entries[4 * i] as number;
    const count = values.entries[4 * i + 2] as number;
    const start = indices.entries[4 * i] as number;
    for (let p = 0; p < count; p++) {
      const x = value[from + p] as number;
      if (types[i] === 1 && x === 0) continue;
      slots[at] = types[i] === 1 ? p : (index[start + p] as number);
      numbers[at++] = x;
    }
  }
  starts[rows] = at;
  return { kind: 'sparse', size: width, starts, indices: slots.subarray(0, at), values: numbers.subarray(0, at) };
}
