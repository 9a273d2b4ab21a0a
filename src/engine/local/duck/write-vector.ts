import { MlError, show } from '../../../error.ts';
import { type DataType, typeName } from '../../../frame/types.ts';
import { isMatrix, SparseMatrix } from '../../../linalg/matrices.ts';
import { isVector, SparseVector } from '../../../linalg/vectors.ts';
import { isRecord } from '../../../param/record.ts';
import { copyInto, copyValidity, listChild, low, type RawVector } from './bindings.ts';
import { VectorForm } from './vector-form.ts';

const DAY_MS = 86_400_000;

/** Writes `values[from … from+rows)` as rows hold them into a vector of the DuckDB type of `type`; null and undefined become null. */
export function writeValues(vector: RawVector, type: DataType, values: ArrayLike<unknown>, rows: number, column: string, from = 0): void {
  writeAt(vector, type, values, rows, { column, from });
}

function writeAt(vector: RawVector, type: DataType, values: ArrayLike<unknown>, rows: number, where: Where): void {
  const from = where.from ?? 0;
  const valid = new Uint8Array(rows);
  let nulls = 0;
  for (let i = 0; i < rows; i++) {
    if (values[from + i] == null) nulls++;
    else valid[i] = 1;
  }
  if (nulls > 0) copyValidity(vector, valid, rows);
  writer(type)(vector, (i) => values[from + i], valid, rows, where);
}

/** For messages: the column, and the number of the chunk's first row; items of lists have none. */
interface Where {
  readonly column: string;
  readonly from: number | null;
}

type Writer = (vector: RawVector, value: (i: number) => unknown, valid: Uint8Array, rows: number, where: Where) => void;

function writer(type: DataType): Writer {
  switch (type.kind) {
    case 'boolean':
      return fixed(Uint8Array, (v) => (typeof v === 'boolean' ? Number(v) : refuse), 'true or false');
    case 'byte':
      return fixed(Int8Array, integer(-0x80, 0x7f), 'an integer in [-128, 127]');
    case 'short':
      return fixed(Int16Array, integer(-0x8000, 0x7fff), 'an integer in [-32768, 32767]');
    case 'int':
    case 'void':
      return fixed(Int32Array, integer(-0x80000000, 0x7fffffff), 'a 32-bit integer');
    case 'long':
      return fixed(BigInt64Array, toLong, 'a bigint of 64 bits or a safe integer');
    case 'float':
      return fixed(Float32Array, toNumber, 'a number');
    case 'double':
      return fixed(Float64Array, toNumber, 'a number');
    case 'date':
      return fixed(Int32Array, toDays, 'a date as text (YYYY-MM-DD) or a Date');
    case 'timestamp':
      return fixed(BigInt64Array, toMicros, 'a Date, or text such as 2024-01-31 12:00:00');
    case 'interval':
      return () => {
        throw new MlError(
          'SCHEMA_INVALID',
          'createFrame: a column cannot be an interval; give numbers and make it by makeDtInterval or makeYmInterval',
        );
      };
    case 'decimal':
      return decimal(type.precision, type.scale);
    case 'string':
      return (vector, value, valid, rows, where) => {
        for (let i = 0; i < rows; i++) {
          if (!valid[i]) continue;
          const v = value(i);
          if (typeof v !== 'string') throw refused(where, i, 'a string', v);
          low.vector_assign_string_element_len(vector, i, utf8(v, where, i));
        }
      };
    case 'binary':
      return (vector, value, valid, rows, where) => {
        for (let i = 0; i < rows; i++) {
          if (!valid[i]) continue;
          const v = value(i);
          if (!(v instanceof Uint8Array)) throw refused(where, i, 'a Uint8Array', v);
          low.vector_assign_string_element_len(vector, i, v);
        }
      };
    case 'array':
      return lists(
        (v) => (Array.isArray(v) || (ArrayBuffer.isView(v) && !(v instanceof DataView)) ? Array.from(v as ArrayLike<unknown>) : null),
        (child, items, where) => writeAt(child, type.element, items, items.length, where),
        `an array (${typeName(type)})`,
      );
    case 'map':
      return lists(
        mapEntries,
        (child, entries, where) => {
          const pairs = entries as [unknown, unknown][];
          for (const [k, part] of [type.key, type.value].entries()) {
            const items = pairs.map((pair) => pair[k]);
            writeAt(low.struct_vector_get_child(child, k), part, items, items.length, where);
          }
        },
        `a Map or an object (${typeName(type)})`,
      );
    case 'struct':
      return (vector, value, valid, rows, where) => {
        const objects = Array.from({ length: rows }, (_, i) => {
          if (!valid[i]) return null;
          const v = value(i);
          if (!isRecord(v)) throw refused(where, i, `an object (${typeName(type)})`, v);
          return v;
        });
        type.fields.forEach((field, k) => {
          const items = objects.map((o) => (o && Object.hasOwn(o, field.name) ? o[field.name] : null));
          writeAt(low.struct_vector_get_child(vector, k), field.type, items, rows, { column: `${where.column}.${field.name}`, from: null });
        });
      };
    case 'vector':
      return writeVectorObjects;
    case 'matrix':
      return writeMatrices;
  }
}

const refuse = Symbol('refuse');

function fixed<T extends { [i: number]: number | bigint; readonly BYTES_PER_ELEMENT: number } & ArrayBufferView>(
  Type: new (length: number) => T,
  convert: (value: unknown) => number | bigint | typeof refuse,
  rule: string,
): Writer {
  return (vector, value, valid, rows, where) => {
    const out = new Type(rows);
    for (let i = 0; i < rows; i++) {
      if (!valid[i]) continue;
      const x = convert(value(i));
      if (x === refuse) throw refused(where, i, rule, value(i));
      out[i] = x;
    }
    copyInto(vector, out, rows);
  };
}

function refused({ column, from }: Where, i: number, rule: string, value: unknown): MlError {
  const row = from === null ? undefined : from + i;
  const place = row === undefined ? '' : `row ${row} has `;
  return new MlError('VALUE_INVALID', `createFrame: column ${show(column)} must hold ${rule}, ${place || 'got '}${show(value)}`, {
    column,
    value,
    ...(row !== undefined && { row }),
  });
}

function integer(min: number, max: number) {
  return (value: unknown) => {
    const x = typeof value === 'bigint' ? Number(value) : value;
    return Number.isInteger(x) && (x as number) >= min && (x as number) <= max ? (x as number) : refuse;
  };
}

function toLong(value: unknown): bigint | typeof refuse {
  if (typeof value === 'bigint') return BigInt.asIntN(64, value) === value ? value : refuse;
  return Number.isSafeInteger(value) ? BigInt(value as number) : refuse;
}

function toNumber(value: unknown): number | typeof refuse {
  if (typeof value === 'number') return value;
  return typeof value === 'bigint' ? Number(value) : refuse;
}

const ISO = /^([+-]?\d{4,6})-(\d{2})-(\d{2})(?:[ T](\d{2}):(\d{2})(?::(\d{2})(?:\.(\d{1,6})\d*)?)?(?:Z|\+00:?00)?)?$/;

/** Microseconds since 1970 of a Date or of a text in ISO form, read as UTC. */
function toMicros(value: unknown): bigint | typeof refuse {
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? refuse : BigInt(value.getTime()) * 1000n;
  const match = typeof value === 'string' ? ISO.exec(value) : null;
  if (!match) return refuse;
  const [year, month, day, hour = 0, minute = 0, second = 0] = match.slice(1, 7).map((part) => (part === undefined ? 0 : Number(part)));
  const ms = Date.UTC(2000, month - 1, day, hour, minute, second);
  const date = new Date(ms);
  if (date.getUTCDate() !== day && !(month === 2 && day === 29)) return refuse;
  date.setUTCFullYear(year, month - 1, day);
  if (date.getUTCMonth() !== month - 1 || hour > 23 || minute > 59 || second > 59) return refuse;
  return BigInt(date.getTime()) * 1000n + BigInt((match[7] ?? '').padEnd(6, '0'));
}

function toDays(value: unknown): number | typeof refuse {
  if (typeof value === 'string' && value.includes(':')) return refuse;
  const micros = toMicros(value);
  return micros === refuse ? refuse : Math.floor(Number(micros) / (DAY_MS * 1000));
}

function decimal(precision: number, scale: number): Writer {
  const rule = `a decimal(${precision},${scale}) as text, number or bigint`;
  const toUnscaled = (value: unknown): bigint | typeof refuse => {
    const match = Array.isArray(value) ? null : /^([+-]?)(\d+)(?:\.(\d*))?$/.exec(String(value));
    if (!match || (match[3] ?? '').length > scale) return refuse;
    const digits = BigInt(match[2] + (match[3] ?? '').padEnd(scale, '0'));
    return String(digits).length > precision ? refuse : match[1] === '-' ? -digits : digits;
  };
  if (precision <= 9) {
    const small = (v: unknown) => {
      const x = toUnscaled(v);
      return x === refuse ? refuse : Number(x);
    };
    return precision <= 4 ? fixed(Int16Array, small, rule) : fixed(Int32Array, small, rule);
  }
  if (precision <= 18) return fixed(BigInt64Array, toUnscaled, rule);
  return (vector, value, valid, rows, where) => {
    const out = new BigInt64Array(2 * rows);
    for (let i = 0; i < rows; i++) {
      if (!valid[i]) continue;
      const x = toUnscaled(value(i));
      if (typeof x === 'symbol') throw refused(where, i, rule, value(i));
      out[2 * i] = BigInt.asIntN(64, x);
      out[2 * i + 1] = x >> 64n;
    }
    copyInto(vector, out, 2 * rows);
  };
}

const encoder = new TextEncoder();

function utf8(text: string, where: Where, i: number): Uint8Array {
  if (/\p{Surrogate}/u.test(text)) throw refused(where, i, 'well-formed Unicode', text);
  return encoder.encode(text);
}

function mapEntries(value: unknown): unknown[] | null {
  if (value instanceof Map) return [...value];
  return isRecord(value) ? Object.entries(value) : null;
}

/** Lists of what `items` finds in a value; `write` puts all items into the child vector. */
function lists(items: (value: unknown) => unknown[] | null, write: (child: RawVector, items: unknown[], where: Where) => void, rule: string): Writer {
  return (vector, value, valid, rows, where) => {
    const entries = new Uint32Array(4 * rows);
    const all: unknown[] = [];
    for (let i = 0; i < rows; i++) {
      entries[4 * i] = all.length;
      if (!valid[i]) continue;
      const found = items(value(i));
      if (!found) throw refused(where, i, rule, value(i));
      entries[4 * i + 2] = found.length;
      for (const item of found) all.push(item);
    }
    const child = listChild(vector, entries, rows, all.length);
    write(child, all, { column: where.column, from: null });
  };
}

const writeVectorObjects: Writer = (vector, value, valid, rows, where) => {
  const form = new VectorForm(rows);
  for (let i = 0; i < rows; i++) {
    if (!valid[i]) {
      form.none(i);
      continue;
    }
    const v = value(i);
    if (!isVector(v)) throw refused(where, i, 'vectors (Vectors.dense, Vectors.sparse)', v);
    if (v instanceof SparseVector) form.sparse(i, v.size, v.indices, v.values);
    else form.dense(i, v.values, 0, v.size);
  }
  form.copyTo(vector, rows);
};

const writeMatrices: Writer = (vector, value, valid, rows, where) => {
  const fields: DataType[] = [{ kind: 'byte' }, { kind: 'int' }, { kind: 'int' }, ints, ints, doubles, { kind: 'boolean' }];
  const cells: unknown[][] = fields.map(() => new Array(rows).fill(null));
  for (let i = 0; i < rows; i++) {
    if (!valid[i]) continue;
    const m = value(i);
    if (!isMatrix(m)) throw refused(where, i, 'matrices (Matrices.dense, Matrices.sparse)', m);
    const sparse = m instanceof SparseMatrix ? m : null;
    const row = [sparse ? 0 : 1, m.numRows, m.numCols, sparse?.colPtrs, sparse?.rowIndices, m.values, m.isTransposed];
    row.forEach((cell, k) => {
      cells[k][i] = cell;
    });
  }
  fields.forEach((field, k) => {
    writeAt(low.struct_vector_get_child(vector, k), field, cells[k], rows, { column: where.column, from: null });
  });
};

const ints: DataType = { kind: 'array', element: { kind: 'int' } };
const doubles: DataType = { kind: 'array', element: { kind: 'double' } };
