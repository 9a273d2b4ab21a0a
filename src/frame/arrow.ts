import * as arrow from 'apache-arrow';
import { MlError, show } from '../error.ts';
import { DenseMatrix, type Matrix, SparseMatrix } from '../linalg/matrices.ts';
import { DenseVector, SparseVector, type Vector } from '../linalg/vectors.ts';
import type { LocalTable } from './plan.ts';
import { type Field, type Metadata, Schema } from './schema.ts';
import type { DataType } from './types.ts';

const OWNER = 'createFrame';
/** Key of a field's metadata under which Arrow carries Spark's, as JSON. */
const SPARK_METADATA = 'spark_metadata';

export function isArrowTable(value: unknown): value is arrow.Table {
  return value instanceof arrow.Table || (typeof value === 'object' && value !== null && arrow.Table[Symbol.hasInstance](value));
}

// ---- out: columns of values to Arrow

/** The Arrow schema of a frame; vectors and matrices are Spark's structs, their metadata goes along. */
export function arrowSchema(schema: Schema): arrow.Schema {
  return new arrow.Schema(
    schema.fields.map((f) => {
      const metadata = new Map<string, string>();
      if (f.type.kind === 'vector' || f.type.kind === 'matrix') metadata.set('spark_type', f.type.kind);
      if (f.metadata) metadata.set(SPARK_METADATA, JSON.stringify(f.metadata));
      return new arrow.Field(f.name, arrowType(f.type), f.nullable, metadata);
    }),
  );
}

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

function arrowType(type: DataType): arrow.DataType {
  switch (type.kind) {
    case 'boolean':
      return new arrow.Bool();
    case 'byte':
      return new arrow.Int8();
    case 'short':
      return new arrow.Int16();
    case 'int':
    case 'void':
      return new arrow.Int32();
    case 'long':
      return new arrow.Int64();
    case 'float':
      return new arrow.Float32();
    case 'double':
      return new arrow.Float64();
    case 'decimal':
      return new arrow.Decimal(type.scale, type.precision, 128);
    case 'string':
      return new arrow.Utf8();
    case 'binary':
      return new arrow.Binary();
    case 'date':
      return new arrow.DateDay();
    case 'timestamp':
      return new arrow.TimestampMicrosecond('UTC');
    case 'array':
      return new arrow.List(new arrow.Field('element', arrowType(type.element), true));
    case 'map':
      return new arrow.Map_(
        new arrow.Field(
          'entries',
          new arrow.Struct([new arrow.Field('key', arrowType(type.key), false), new arrow.Field('value', arrowType(type.value), true)]),
          false,
        ) as never,
      );
    case 'struct':
      return new arrow.Struct(type.fields.map((f) => new arrow.Field(f.name, arrowType(f.type), true)));
    case 'vector':
      return new arrow.Struct(VECTOR_FIELDS);
    case 'matrix':
      return new arrow.Struct(MATRIX_FIELDS);
  }
}

const list = (type: arrow.DataType) => new arrow.List(new arrow.Field('element', type, false));
const VECTOR_FIELDS = [
  new arrow.Field('type', new arrow.Int8(), false),
  new arrow.Field('size', new arrow.Int32(), true),
  new arrow.Field('indices', list(new arrow.Int32()), true),
  new arrow.Field('values', list(new arrow.Float64()), true),
];
const MATRIX_FIELDS = [
  new arrow.Field('type', new arrow.Int8(), false),
  new arrow.Field('numRows', new arrow.Int32(), false),
  new arrow.Field('numCols', new arrow.Int32(), false),
  new arrow.Field('colPtrs', list(new arrow.Int32()), true),
  new arrow.Field('rowIndices', list(new arrow.Int32()), true),
  new arrow.Field('values', list(new arrow.Float64()), true),
  new arrow.Field('isTransposed', new arrow.Bool(), false),
];

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

// ---- in: Arrow columns to values

const sources = new WeakMap<LocalTable, arrow.Table>();

/**
 * An Arrow table as rows of this process. Dictionary-encoded, chunked and sliced columns read the same as plain ones. The values are read when they
 * are first asked for.
 */
export function tableFromArrow(table: arrow.Table, partitions: number | null = null): LocalTable {
  const fields = table.schema.fields.map(fieldFromArrow);
  let columns: readonly ArrayLike<unknown>[] | null = null;
  const made: LocalTable = {
    schema: new Schema(fields),
    rows: table.numRows,
    partitions,
    get columns() {
      columns ??= fields.map((field, j) => {
        const vector = table.getChildAt(j);
        const read = reader(field.type, table.schema.fields[j].type, field.name);
        return Array.from({ length: table.numRows }, (_, i) => {
          const value = vector?.get(i);
          return value === null || value === undefined ? null : read(value);
        });
      });
      return columns;
    },
  };
  sources.set(made, table);
  return made;
}

/** The batches of the Arrow table that this one was made from, if they are what {@link recordBatch} would make of its rows; else null. */
export function plainBatches(table: LocalTable): arrow.RecordBatch[] | null {
  const source = sources.get(table);
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

/** A batch's columns of these types, as rows hold their values. */
export function columnsOfBatch(schema: Schema, batch: arrow.RecordBatch): unknown[][] {
  return schema.fields.map((field, j) => {
    const vector = batch.getChildAt(j);
    const read = reader(field.type, batch.schema.fields[j].type, field.name);
    return Array.from({ length: batch.numRows }, (_, i) => {
      const value = vector?.get(i);
      return value === null || value === undefined ? null : read(value);
    });
  });
}

/** The batch under another schema of the same types: its names and metadata. Nothing is copied. */
export function renamedBatch(schema: arrow.Schema, batch: arrow.RecordBatch): arrow.RecordBatch {
  const { children, length } = batch.data;
  return new arrow.RecordBatch(schema, arrow.makeData({ type: new arrow.Struct(schema.fields), length, nullCount: 0, children }));
}

/** The batches of an IPC stream. */
export function batchesFromIpc(bytes: Uint8Array): arrow.RecordBatch[] {
  return [...arrow.RecordBatchReader.from(bytes)];
}

/** Batches of one schema as an IPC stream. */
export function ipcOfBatches(schema: arrow.Schema, batches: readonly arrow.RecordBatch[]): Uint8Array {
  return arrow.tableToIPC(arrowTable(schema, batches), 'stream');
}

/** The rows of a batch as `collect` gives them. */
export function* rowsOfBatch(batch: arrow.RecordBatch): Generator<Record<string, unknown>> {
  const { schema, rows, columns } = tableFromArrow(new arrow.Table(batch.schema, [batch]));
  const { names } = schema;
  for (let i = 0; i < rows; i++) yield Object.fromEntries(names.map((name, j) => [name, columns[j][i]]));
}

/** The schema of a frame made from an Arrow table of this schema. */
export function schemaFromArrow(schema: arrow.Schema): Schema {
  return new Schema(schema.fields.map(fieldFromArrow));
}

function fieldFromArrow(field: arrow.Field): Field {
  const metadata = sparkMetadata(field.metadata.get(SPARK_METADATA));
  const type = isMatrixStruct(field) ? ({ kind: 'matrix' } as const) : typeFromArrow(field.type, field.name);
  return { name: field.name, type, nullable: field.nullable, ...(metadata && { metadata }) };
}

function sparkMetadata(json: string | undefined): Metadata | undefined {
  if (json === undefined) return undefined;
  try {
    const found: unknown = JSON.parse(json);
    return typeof found === 'object' && found !== null ? (found as Metadata) : undefined;
  } catch {
    return undefined;
  }
}

function names(type: arrow.DataType): string {
  return arrow.DataType.isStruct(type) ? (type as arrow.Struct).children.map((f: arrow.Field) => f.name).join() : '';
}

const isVectorStruct = (type: arrow.DataType) => names(type) === 'type,size,indices,values';
const isMatrixStruct = (field: arrow.Field) => names(field.type) === 'type,numRows,numCols,colPtrs,rowIndices,values,isTransposed';

function typeFromArrow(type: arrow.DataType, column: string): DataType {
  const D = arrow.DataType;
  if (D.isDictionary(type)) return typeFromArrow(type.dictionary, column);
  if (D.isBool(type)) return { kind: 'boolean' };
  if (D.isInt(type)) return integer(type, column);
  if (D.isFloat(type)) return { kind: type.precision === arrow.Precision.DOUBLE ? 'double' : 'float' };
  if (D.isDecimal(type)) return { kind: 'decimal', precision: type.precision, scale: type.scale };
  if (D.isUtf8(type) || D.isLargeUtf8(type)) return { kind: 'string' };
  if (D.isBinary(type) || D.isLargeBinary(type) || D.isFixedSizeBinary(type)) return { kind: 'binary' };
  if (D.isDate(type)) return { kind: 'date' };
  if (D.isTimestamp(type)) return { kind: 'timestamp' };
  if (D.isList(type) || D.isFixedSizeList(type)) return { kind: 'array', element: typeFromArrow(type.children[0].type, column) };
  if (D.isMap(type)) {
    const [key, value] = (type.children[0].type as arrow.Struct).children as arrow.Field[];
    return { kind: 'map', key: typeFromArrow(key.type, column), value: typeFromArrow(value.type, column) };
  }
  if (isVectorStruct(type)) return { kind: 'vector' };
  if (D.isStruct(type)) {
    return {
      kind: 'struct',
      fields: (type as arrow.Struct).children.map((f: arrow.Field) => ({ name: f.name, type: typeFromArrow(f.type, column) })),
    };
  }
  throw new MlError(
    'SCHEMA_INVALID',
    `${OWNER}: column ${show(column)} must have a type that frames know, is Arrow's ${String(type)}; cast it first`,
    {
      column,
      value: String(type),
    },
  );
}

/** Unsigned integers take the next wider type. */
function integer(type: arrow.Int, column: string): DataType {
  const signed = { 8: 'byte', 16: 'short', 32: 'int', 64: 'long' } as const;
  const unsigned = { 8: 'short', 16: 'int', 32: 'long' } as const;
  const kind = type.isSigned ? signed[type.bitWidth as 8] : unsigned[type.bitWidth as 8];
  if (kind) return { kind };
  throw new MlError('SCHEMA_INVALID', `${OWNER}: column ${show(column)} must not be uint64, which no type here holds; cast it to int64`, { column });
}

/** How a value that is not null is read; dictionaries have already been looked up. */
function reader(type: DataType, from: arrow.DataType, column: string): (value: unknown) => unknown {
  const source = arrow.DataType.isDictionary(from) ? from.dictionary : from;
  const inner = (t: DataType, f: arrow.DataType) => {
    const read = reader(t, f, column);
    return (v: unknown) => (v === null || v === undefined ? null : read(v));
  };
  switch (type.kind) {
    case 'long':
      return (v) => BigInt(v as bigint);
    case 'date':
      return (v) => new Date(Number(v)).toISOString().slice(0, 10);
    case 'timestamp':
      // Arrow gives milliseconds, whatever the unit it stores.
      return (v) => new Date(Number(v));
    case 'decimal':
      return (v) => decimalText(v as Uint32Array, type.scale);
    case 'array': {
      const read = inner(type.element, (source as arrow.List).children[0].type);
      return (v) => Array.from(v as Iterable<unknown>, read);
    }
    case 'map': {
      const [key, value] = ((source as arrow.Map_).children[0].type as unknown as arrow.Struct).children as arrow.Field[];
      const [k, w] = [inner(type.key, key.type), inner(type.value, value.type)];
      return (v) => new Map([...(v as Iterable<[unknown, unknown]>)].map(([a, b]) => [k(a), w(b)]));
    }
    case 'struct': {
      const fields = (source as arrow.Struct).children as arrow.Field[];
      const reads = type.fields.map((f, i) => [f.name, inner(f.type, fields[i].type)] as const);
      return (v) => Object.fromEntries(reads.map(([name, read]) => [name, read((v as Record<string, unknown>)[name])]));
    }
    case 'vector':
      return (v) => vectorFrom(v as Record<string, unknown>, column);
    case 'matrix':
      return (v) => matrixFrom(v as Record<string, unknown>);
    default:
      return (v) => v;
  }
}

const ints = (v: unknown) => Int32Array.from(v as Iterable<number>);
const doubles = (v: unknown) => Float64Array.from(v as Iterable<number>);

function vectorFrom(v: Record<string, unknown>, column: string): Vector {
  if (v.type === 1) return new DenseVector(doubles(v.values));
  if (v.type === 0) return new SparseVector(Number(v.size), ints(v.indices), doubles(v.values));
  throw new MlError('VALUE_INVALID', `${OWNER}: column ${show(column)} must hold vectors of type 0 (sparse) or 1 (dense), got ${show(v.type)}`, {
    column,
  });
}

function matrixFrom(v: Record<string, unknown>): Matrix {
  const [rows, cols, transposed] = [Number(v.numRows), Number(v.numCols), Boolean(v.isTransposed)];
  if (v.type === 1) return new DenseMatrix(rows, cols, doubles(v.values), transposed);
  return new SparseMatrix(rows, cols, ints(v.colPtrs), ints(v.rowIndices), doubles(v.values), transposed);
}

function decimalText(words: Uint32Array, scale: number): string {
  const bits = words.reduceRight((sum, word) => (sum << 32n) | BigInt(word >>> 0), 0n);
  const value = BigInt.asIntN(32 * words.length, bits);
  const digits = String(value < 0n ? -value : value).padStart(scale + 1, '0');
  const text = scale > 0 ? `${digits.slice(0, -scale)}.${digits.slice(-scale)}` : digits;
  return value < 0n ? `-${text}` : text;
}
