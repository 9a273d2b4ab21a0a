import type * as arrow from 'apache-arrow';
import { DataType as ArrowType } from 'apache-arrow/type';
import { MlError, show } from '../error.ts';
import { DenseMatrix, type Matrix, SparseMatrix } from '../linalg/matrices.ts';
import { DenseVector, SparseVector, type Vector } from '../linalg/vectors.ts';
import { schemaFromArrow } from './arrow-schema.ts';
import { intervalText } from './interval.ts';
import type { LocalTable } from './plan.ts';
import type { Schema } from './schema.ts';
import type { DataType } from './types.ts';

/** What each copy of Arrow marks its tables by: to load all of Arrow, for asking its class, takes 0.1 s. */
const ARROW_TABLE = Symbol.for('apache-arrow/Table');

export function isArrowTable(value: unknown): value is arrow.Table {
  return typeof value === 'object' && value !== null && ARROW_TABLE in value;
}

const sources = new WeakMap<LocalTable, arrow.Table>();

/**
 * An Arrow table as rows of this process. Dictionary-encoded, chunked and sliced columns read the same as plain ones. The values are read when they
 * are first asked for.
 */
export function tableFromArrow(table: arrow.Table, partitions: number | null = null): LocalTable {
  const schema = schemaFromArrow(table.schema);
  let columns: readonly ArrayLike<unknown>[] | null = null;
  const made: LocalTable = {
    schema,
    rows: table.numRows,
    partitions,
    get columns() {
      columns ??= arrowColumns(schema, table);
      return columns;
    },
  };
  sources.set(made, table);
  return made;
}

/** The Arrow table that this one was made from. */
export function arrowSource(table: LocalTable): arrow.Table | undefined {
  return sources.get(table);
}

/** Columns of these types, as rows hold their values. */
export function arrowColumns(schema: Schema, rows: arrow.Table | arrow.RecordBatch): unknown[][] {
  return schema.fields.map((field, j) => {
    const vector = rows.getChildAt(j);
    if (vector && ArrowType.isTimestamp(vector.type) && vector.type.unit >= MICROSECONDS) return instants(vector as arrow.Vector<arrow.Timestamp>);
    const read = reader(field.type, rows.schema.fields[j].type, field.name);
    return Array.from({ length: rows.numRows }, (_, i) => {
      const value = vector?.get(i);
      return value === null || value === undefined ? null : read(value);
    });
  });
}

const MICROSECONDS = 2;

/** Timestamps to the millisecond: Arrow's own numbers round those that are far away up. */
function instants({ type, data }: arrow.Vector<arrow.Timestamp>): (Date | null)[] {
  const unit = type.unit === MICROSECONDS ? 1000n : 1_000_000n;
  return data.flatMap((chunk) =>
    Array.from({ length: chunk.length }, (_, i) => {
      if (!chunk.getValid(i)) return null;
      const ticks = (chunk.values as BigInt64Array)[i];
      return new Date(Number(ticks / unit) - Number(ticks % unit < 0n));
    }),
  );
}

/** The rows of a batch as `collect` gives them. */
export function* rowsOfBatch(batch: arrow.RecordBatch): Generator<Record<string, unknown>> {
  const schema = schemaFromArrow(batch.schema);
  const columns = arrowColumns(schema, batch);
  const { names } = schema;
  for (let i = 0; i < batch.numRows; i++) yield Object.fromEntries(names.map((name, j) => [name, columns[j][i]]));
}

/** How a value that is not null is read; dictionaries have already been looked up. */
function reader(type: DataType, from: arrow.DataType, column: string): (value: unknown) => unknown {
  const source = ArrowType.isDictionary(from) ? from.dictionary : from;
  const inner = (t: DataType, f: arrow.DataType) => {
    const read = reader(t, f, column);
    return (v: unknown) => (v === null || v === undefined ? null : read(v));
  };
  switch (type.kind) {
    case 'long':
      return (v) => BigInt(v as bigint);
    case 'date':
      return (v) => new Date(Number(v)).toISOString().slice(0, -'T00:00:00.000Z'.length);
    case 'timestamp':
      // Arrow gives milliseconds, whatever the unit it stores.
      return (v) => new Date(Math.floor(Number(v)));
    case 'decimal':
      return (v) => decimalText(v as Uint32Array, type.scale);
    case 'interval':
      // Arrow gives years and months by themselves.
      return (v) => intervalText(v instanceof Int32Array ? 12 * v[0] + v[1] : (v as bigint), type);
    case 'array': {
      const read = inner(type.element, (source as arrow.List).children[0].type);
      return (v) => Array.from(v as Iterable<unknown>, read);
    }
    case 'map': {
      const [key, value] = ((source as arrow.Map_).children[0].type as arrow.Struct).children;
      const [k, w] = [inner(type.key, key.type), inner(type.value, value.type)];
      return (v) => new Map([...(v as Iterable<[unknown, unknown]>)].map(([a, b]) => [k(a), w(b)]));
    }
    case 'struct': {
      const fields = (source as arrow.Struct).children;
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
  throw new MlError('VALUE_INVALID', `createFrame: column ${show(column)} must hold vectors of type 0 (sparse) or 1 (dense), got ${show(v.type)}`, {
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
