import type { NumberColumn } from '../../../block/column.ts';
import { emptyRow } from '../../../frame/empty-row.ts';
import { calendarText, intervalText, isYearMonth } from '../../../frame/interval.ts';
import type { DataType } from '../../../frame/types.ts';
import { DenseMatrix, SparseMatrix } from '../../../linalg/matrices.ts';
import { list, low, type RawVector, validity, view, withViews } from './bindings.ts';
import { vectorReader } from './read-vectors.ts';

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

/** Intervals of months, days and microseconds, 16 bytes each. */
function calendar(vector: RawVector, rows: number): (i: number) => string {
  const [days, micros] = [view(vector, 4 * rows, Int32Array), view(vector, 2 * rows, BigInt64Array)];
  return (i) => calendarText(days[4 * i], days[4 * i + 1], micros[2 * i + 1]);
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
      return (i) => dateText(days[i]);
    }
    case 'timestamp': {
      const micros = view(vector, rows, BigInt64Array);
      return (i) => new Date(milliseconds(micros[i]));
    }
    case 'interval': {
      if (type.from === undefined) return calendar(vector, rows);
      const counts = isYearMonth(type) ? view(vector, rows, Int32Array) : view(vector, rows, BigInt64Array);
      return (i) => intervalText(counts[i], type);
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
      return (i) => items.slice(entries[4 * i], entries[4 * i] + entries[4 * i + 2]);
    }
    case 'map': {
      const { entries, child, size } = list(vector, rows);
      const keys = readValues(low.struct_vector_get_child(child, 0), type.key, size);
      const values = readValues(low.struct_vector_get_child(child, 1), type.value, size);
      return (i) => {
        const map = new Map<unknown, unknown>();
        const from = entries[4 * i];
        for (let p = from; p < from + entries[4 * i + 2]; p++) map.set(keys[p], values[p]);
        return map;
      };
    }
    case 'struct': {
      const columns = type.fields.map((field, k) => readValues(low.struct_vector_get_child(vector, k), field.type, rows));
      const empty = emptyRow(type.fields.map(({ name }) => name));
      return (i) => {
        const object = { ...empty };
        for (let k = 0; k < columns.length; k++) object[type.fields[k].name] = columns[k][i];
        return object;
      };
    }
    case 'vector':
      return vectorReader(vector, rows);
    case 'matrix':
      return matrixReader(vector, rows);
  }
}

function at<T>(data: ArrayLike<T>): (i: number) => T {
  return (i) => data[i];
}

/** Days since 1970-01-01 as Spark prints a date. */
function dateText(days: number): string {
  const iso = new Date(days * DAY_MS).toISOString();
  return iso.slice(0, iso.indexOf('T'));
}

function decimalText(unscaled: bigint, scale: number): string {
  if (scale === 0) return String(unscaled);
  const digits = (unscaled < 0n ? -unscaled : unscaled).toString().padStart(scale + 1, '0');
  return `${unscaled < 0n ? '-' : ''}${digits.slice(0, -scale)}.${digits.slice(-scale)}`;
}

function decimals(vector: RawVector, precision: number, rows: number): (i: number) => bigint {
  if (precision > 18) {
    const words = view(vector, 2 * rows, BigInt64Array);
    return (i) => (words[2 * i + 1] << 64n) + BigInt.asUintN(64, words[2 * i]);
  }
  if (precision > 9) return at(view(vector, rows, BigInt64Array));
  const data = precision > 4 ? view(vector, rows, Int32Array) : view(vector, rows, Int16Array);
  return (i) => BigInt(data[i]);
}

/** Reads DuckDB's `string_t`: 16 bytes, the length first; up to 12 bytes lie inside, longer ones behind a pointer at 8. */
export function texts(vector: RawVector, rows: number): (i: number) => Buffer {
  const bytes = view(vector, rows * 16, Uint8Array);
  const inline = Buffer.from(bytes.buffer, bytes.byteOffset, rows * 16);
  const lengths = new Uint32Array(bytes.buffer, bytes.byteOffset, rows * 4);
  return (i) => {
    const length = lengths[4 * i];
    if (length <= 12) return inline.subarray(16 * i + 4, 16 * i + 4 + length);
    const far = low.get_data_from_pointer(bytes.buffer, bytes.byteOffset + 16 * i + 8, length);
    return Buffer.from(far.buffer, far.byteOffset, length);
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
    const [r, c, flipped] = [numRows[i], numCols[i], transposed[i] !== 0];
    if (types[i] === 1) return new DenseMatrix(r, c, values[i] as number[], flipped);
    return new SparseMatrix(r, c, colPtrs[i] as number[], rowIndices[i] as number[], values[i] as number[], flipped);
  };
}

/** Whole milliseconds, down also before 1970. */
function milliseconds(micros: bigint): number {
  return Number(micros / 1000n) - Number(micros % 1000n < 0n);
}
