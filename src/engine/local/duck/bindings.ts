import { MessageChannel, type MessagePort } from 'node:worker_threads';
import type { DuckDBConnection } from '@duckdb/node-api';
import low from '@duckdb/node-bindings';
import { isYearMonth } from '../../../frame/interval.ts';
import type { DataType } from '../../../frame/types.ts';

/** The raw bindings under `@duckdb/node-api`. What they give of a vector's memory is a copy: write with `copy_data_to_vector`. */
export { low };
export type RawVector = Parameters<typeof low.vector_get_data>[0];
export type RawChunk = Parameters<typeof low.data_chunk_get_size>[0];
export type LogicalType = ReturnType<typeof low.create_logical_type>;

type TypedArrayConstructor<T> = { new (buffer: ArrayBufferLike, byteOffset: number, length: number): T; readonly BYTES_PER_ELEMENT: number };

/** The ids of DuckDB's C header. */
const ID = {
  boolean: 1,
  byte: 2,
  short: 3,
  int: 4,
  long: 5,
  u8: 6,
  u16: 7,
  u32: 8,
  float: 10,
  double: 11,
  timestamp: 12,
  date: 13,
  string: 17,
  binary: 18,
  void: 4,
} as const;

export type RawKind = keyof typeof ID;

export function rawType(kind: RawKind): LogicalType {
  return low.create_logical_type(ID[kind]);
}

/** The DuckDB type of a column, as `duckType` names it. */
export function logicalType(type: DataType): LogicalType {
  switch (type.kind) {
    case 'decimal':
      return low.create_decimal_type(type.precision, type.scale);
    case 'array':
      return low.create_list_type(logicalType(type.element));
    case 'map':
      return low.create_map_type(logicalType(type.key), logicalType(type.value));
    case 'struct':
      return low.create_struct_type(
        type.fields.map((f) => logicalType(f.type)),
        type.fields.map((f) => f.name),
      );
    case 'vector':
      return low.create_struct_type(
        [rawType('byte'), rawType('int'), low.create_list_type(rawType('int')), low.create_list_type(rawType('double'))],
        ['type', 'size', 'indices', 'values'],
      );
    case 'matrix': {
      const ints = () => low.create_list_type(rawType('int'));
      return low.create_struct_type(
        [rawType('byte'), rawType('int'), rawType('int'), ints(), ints(), low.create_list_type(rawType('double')), rawType('boolean')],
        ['type', 'numRows', 'numCols', 'colPtrs', 'rowIndices', 'values', 'isTransposed'],
      );
    }
    case 'interval':
      return rawType(type.from === undefined ? 'string' : isYearMonth(type) ? 'int' : 'long');
    default:
      return rawType(type.kind);
  }
}

/** The connection beneath the API's. */
export function rawConnection(connection: DuckDBConnection): Parameters<typeof low.register_scalar_function>[0] {
  return (connection as unknown as { connection: Parameters<typeof low.register_scalar_function>[0] }).connection;
}

/** `length` elements of a vector: read only, and only while its chunk lives and {@link withViews}, if that is around it, lasts. */
export function view<T>(vector: RawVector, length: number, Type: TypedArrayConstructor<T>): T {
  const { buffer, byteOffset } = low.vector_get_data(vector, length * Type.BYTES_PER_ELEMENT);
  if (buffer.byteLength >= LARGE && buffer.byteLength === length * Type.BYTES_PER_ELEMENT) views?.push(buffer as ArrayBuffer);
  return new Type(buffer, byteOffset, length);
}

/** Bytes of a view from which on its memory is worth giving back. */
const LARGE = 1024;
/**
 * Once a block of this size has been freed, glibc keeps twice as much free memory for the copies to come. Before, it gives all beyond 128 KiB back to the
 * system, and each chunk's copies are of fresh pages: two fifths of the page faults of scoring.
 */
const KEPT = 2 ** 23;
let views: ArrayBuffer[] | null = null;
let nowhere: MessagePort | null = null;

/**
 * Frees all that `work` was lent by {@link view} when it is done. V8 would otherwise collect its whole heap again and again because of these copies,
 * each of fresh pages: a quarter of the time of scoring. A port that is closed drops what it is handed.
 */
export function withViews<T>(work: () => T): T {
  const outer = views;
  const lent: ArrayBuffer[] = [];
  views = lent;
  try {
    return work();
  } finally {
    views = outer;
    if (lent.length > 0) {
      if (!nowhere) {
        nowhere = new MessageChannel().port1;
        nowhere.close();
        nowhere.postMessage(null, [new ArrayBuffer(KEPT)]);
      }
      nowhere.postMessage(null, lent);
    }
  }
}

/** A byte a row, 0 for null; null when no row is null. */
export function validity(vector: RawVector, length: number): Uint8Array | null {
  const mask = low.vector_get_validity(vector, Math.ceil(length / 64) * 8);
  if (!mask || mask.length === 0 || allSet(mask, length)) return null;
  const valid = new Uint8Array(length);
  for (let i = 0; i < length; i++) valid[i] = (mask[i >> 3] >> (i & 7)) & 1;
  return valid;
}

function allSet(mask: Uint8Array, length: number): boolean {
  const full = length >> 3;
  for (let b = 0; b < full; b++) if (mask[b] !== 0xff) return false;
  for (let i = full << 3; i < length; i++) if (((mask[i >> 3] >> (i & 7)) & 1) === 0) return false;
  return true;
}

/** Copies the first `length` entries of `source` into the vector. */
export function copyInto(vector: RawVector, source: Exclude<ArrayBufferView, DataView> & { BYTES_PER_ELEMENT: number }, length: number): void {
  if (length > 0) low.copy_data_to_vector(vector, 0, source.buffer as ArrayBuffer, source.byteOffset, length * source.BYTES_PER_ELEMENT);
}

/** Marks the rows with `valid[i] = 0` as null. */
export function copyValidity(vector: RawVector, valid: Uint8Array, length: number): void {
  const bits = new Uint8Array(Math.ceil(length / 64) * 8);
  for (let i = 0; i < length; i++) if (valid[i]) bits[i >> 3] |= 1 << (i & 7);
  low.vector_ensure_validity_writable(vector);
  low.copy_data_to_vector_validity(vector, 0, bits.buffer, 0, bits.length);
}

/** Sets offsets and lengths, makes room for `size` items, and returns the child vector (valid until it grows again). */
export function listChild(vector: RawVector, entries: Uint32Array, rows: number, size: number): RawVector {
  low.list_vector_reserve(vector, size);
  low.list_vector_set_size(vector, size);
  copyInto(vector, entries, 4 * rows);
  return low.list_vector_get_child(vector);
}

/** Lists of a column of so many rows. */
export interface List {
  /** Offset and length of row i at `4 i` and `4 i + 2`: the low words of DuckDB's 64-bit pairs. */
  entries: Uint32Array;
  child: RawVector;
  size: number;
}

export function list(vector: RawVector, rows: number): List {
  return { entries: view(vector, 4 * rows, Uint32Array), child: low.list_vector_get_child(vector), size: low.list_vector_get_size(vector) };
}
