import * as arrow from 'apache-arrow';
import { type Matrix, SparseMatrix } from '../linalg/matrices.ts';
import { SparseVector, type Vector } from '../linalg/vectors.ts';
import { arrowSchema, arrowType } from './arrow-schema.ts';
import { arrowSource } from './arrow-table.ts';
import type { LocalTable } from './plan.ts';
import type { DataType } from './types.ts';

/**
 * A batch of the first `rows` entries of columns whose values are as rows hold them. A `Float64Array` (doubles without null) is taken
 * as it is: nothing is copied, so its owner must not write it again.
 */
export function recordBatch(
  schema: arrow.Schema,
  types: readonly DataType[],
  columns: readonly ArrayLike<unknown>[],
  rows: number,
): arrow.RecordBatch {
  const children = types.map((type, j) => columnData(type, columns[j], rows));
  const data = arrow.makeData({ type: new arrow.Struct(schema.fields), length: rows, nullCount: 0, children });
  return new arrow.RecordBatch(schema, data);
}

/** A column as Arrow lays it out; which of the arrays there are depends on its type. */
export interface ColumnBuffers {
  readonly length: number;
  readonly nulls: number;
  /** A bit a value, the lowest first, 0 for null; null when no value is. */
  readonly validity: Uint8Array | null;
  /** Numbers as Arrow holds them, bits of booleans, bytes of texts. */
  readonly values?: ArrayBufferView;
  /** Where each text or list begins, and where the last one ends. */
  readonly offsets?: Int32Array;
  /** A struct's fields; a list's items. */
  readonly children?: readonly ColumnBuffers[];
}

/** A batch of columns that are Arrow's already: nothing is copied. */
export function batchOfBuffers(schema: arrow.Schema, columns: readonly ColumnBuffers[], rows: number): arrow.RecordBatch {
  const children = columns.map((column, j) => dataOf(schema.fields[j].type, column));
  return new arrow.RecordBatch(schema, arrow.makeData({ type: new arrow.Struct(schema.fields), length: rows, nullCount: 0, children }));
}

function dataOf(type: arrow.DataType, { length, nulls, validity, values, offsets, children = [] }: ColumnBuffers): arrow.Data {
  const made = children.map((child, k) => {
    const field: arrow.Field = type.children[k];
    // What lies below a null counts as null too, where a value must be.
    return dataOf(field.type, field.nullable ? child : { ...child, nulls: 0, validity: null });
  });
  return arrow.makeData({
    type,
    length,
    nullCount: nulls,
    nullBitmap: validity,
    ...(values && { data: values }),
    ...(offsets && { valueOffsets: offsets }),
    ...(offsets ? { child: made[0] } : { children: made }),
  } as never);
}

export function arrowTable(schema: arrow.Schema, batches: readonly arrow.RecordBatch[]): arrow.Table {
  return batches.length === 0 ? new arrow.Table(schema) : new arrow.Table(schema, [...batches]);
}

function columnData(type: DataType, values: ArrayLike<unknown>, rows: number): arrow.Data {
  if (type.kind === 'double' && values instanceof Float64Array) {
    return arrow.makeData({ type: new arrow.Float64(), length: rows, nullCount: 0, data: values.subarray(0, rows) });
  }
  const builder = arrow.makeBuilder({ type: arrowType(type), nullValues: [null, undefined] });
  for (let i = 0; i < rows; i++) builder.append(arrowValue(values[i], type));
  return builder.finish().flush();
}

/** The batch under another schema of the same types: its names and metadata. Nothing is copied. */
export function renamedBatch(schema: arrow.Schema, batch: arrow.RecordBatch): arrow.RecordBatch {
  const { children, length } = batch.data;
  return new arrow.RecordBatch(schema, arrow.makeData({ type: new arrow.Struct(schema.fields), length, nullCount: 0, children }));
}

/** The batches of the Arrow table that this one was made from, if they are what {@link recordBatch} would make of its rows; else null. */
export function plainBatches(table: LocalTable): arrow.RecordBatch[] | null {
  const source = arrowSource(table);
  if (!source) return null;
  const wanted = arrowSchema(table.schema);
  if (source.schema.fields.some((field, j) => String(field.type) !== String(wanted.fields[j].type))) return null;
  return source.batches.some(sharesBuffers) ? null : source.batches.map((batch) => renamedBatch(wanted, batch));
}

/** Whether two columns have a buffer in common, which makes a broken IPC stream. */
function sharesBuffers(batch: arrow.RecordBatch): boolean {
  const seen = new Set<string>();
  const numbers = new Map<ArrayBufferLike, number>();
  const shared = (data: arrow.Data): boolean => {
    const own = [data.values, data.valueOffsets, data.nullBitmap].some((view) => {
      if (!view || view.byteLength === 0) return false;
      const number = numbers.get(view.buffer) ?? numbers.size;
      numbers.set(view.buffer, number);
      const key = `${number}:${view.byteOffset}`;
      if (seen.has(key)) return true;
      seen.add(key);
      return false;
    });
    return own || data.children.some(shared);
  };
  return shared(batch.data);
}

/** The batches of an IPC stream. */
export function batchesFromIpc(bytes: Uint8Array): arrow.RecordBatch[] {
  return [...arrow.RecordBatchReader.from(bytes)];
}

/** Batches of one schema as an IPC stream. */
export function ipcOfBatches(schema: arrow.Schema, batches: readonly arrow.RecordBatch[]): Uint8Array {
  return arrow.tableToIPC(arrowTable(schema, batches), 'stream');
}

/** A value as Arrow's builders take it. */
function arrowValue(value: unknown, type: DataType): unknown {
  if (value === null || value === undefined) return null;
  switch (type.kind) {
    case 'long':
      return BigInt(value as number | bigint);
    case 'date':
      return new Date(`${value as string}T00:00:00Z`);
    case 'decimal':
      return decimalWords(String(value), type.scale);
    case 'array':
      return Array.from(value as ArrayLike<unknown>, (v) => arrowValue(v, type.element));
    case 'map':
      return new Map([...(value as Map<unknown, unknown>)].map(([k, v]) => [arrowValue(k, type.key), arrowValue(v, type.value)]));
    case 'struct':
      return Object.fromEntries(type.fields.map((f) => [f.name, arrowValue((value as Record<string, unknown>)[f.name], f.type)]));
    case 'vector':
      return vectorStruct(value as Vector);
    case 'matrix':
      return matrixStruct(value as Matrix);
    default:
      return value;
  }
}

function vectorStruct(vector: Vector): Record<string, unknown> {
  if (vector instanceof SparseVector) return { type: 0, size: vector.size, indices: [...vector.indices], values: [...vector.values] };
  return { type: 1, size: null, indices: null, values: [...vector.values] };
}

function matrixStruct(matrix: Matrix): Record<string, unknown> {
  const { numRows, numCols, isTransposed } = matrix;
  const values = [...matrix.values];
  if (matrix instanceof SparseMatrix) {
    return { type: 0, numRows, numCols, colPtrs: [...matrix.colPtrs], rowIndices: [...matrix.rowIndices], values, isTransposed };
  }
  return { type: 1, numRows, numCols, colPtrs: null, rowIndices: null, values, isTransposed };
}

/** A decimal's digits as four 32-bit words, little end first. */
function decimalWords(text: string, scale: number): Uint32Array {
  const [whole, fraction = ''] = text.replace('-', '').split('.');
  const unscaled = BigInt(whole + fraction.padEnd(scale, '0').slice(0, scale));
  const bits = BigInt.asUintN(128, text.startsWith('-') ? -unscaled : unscaled);
  return Uint32Array.from([0n, 32n, 64n, 96n], (shift) => Number((bits >> shift) & 0xffffffffn));
}
