import { createHash } from 'node:crypto';
import { type CodeColumn, type Column, codesFor, nullCode, unseenCode } from '../../../block/column.ts';
import { groupOf } from '../../../frame/attributes.ts';
import type { Field } from '../../../frame/schema.ts';
import { type DataType, isNumeric, STRING } from '../../../frame/types.ts';
import { javaDouble } from '../../../linalg/format.ts';
import type { ProgramInput } from '../../../scoring/program.ts';
import { type LogicalType, logicalType, type RawVector, rawType, validity, view } from '../duck/bindings.ts';
import type { Database, QueryOptions } from '../duck/database.ts';
import { readNumbers, readStrings, readValues } from '../duck/read-vector.ts';
import { readVectors } from '../duck/read-vectors.ts';
import { textSql } from '../sql/cast.ts';
import { denseVector, duckType, text, VECTOR_TYPE } from '../sql/duck-type.ts';

/** How one input of a program leaves the query, and how a block's column is made of it. */
export interface InputReader {
  /** SQL over the internal column. */
  readonly sql: string;
  /** Type of `sql`, as a key and as DuckDB's object. */
  readonly typeKey: string;
  readonly logical: () => LogicalType;
  /** Views of DuckDB's memory where they will do: good while the chunk lives. */
  read(vector: RawVector, rows: number, firstRow: number): Column;
}

/**
 * Up to so many labels (fewer than half of what a byte holds) are looked up by `list_position`, which is linear in them; more by the hash table of an
 * ENUM type.
 */
const LIST_LIMIT = 100;

/** Looks after the ENUM types that stand for long lists of labels. */
export class LabelTypes {
  readonly #database: Database;
  readonly #types = new Map<string, Promise<string>>();

  constructor(database: Database) {
    this.#database = database;
  }

  /** The name of a type whose values are `labels` in this order. */
  type(labels: readonly string[], options: QueryOptions): Promise<string> {
    const key = createHash('sha1').update(JSON.stringify(labels)).digest('hex');
    let name = this.#types.get(key);
    if (!name) {
      const fresh = `labels${this.#database.number()}`;
      name = this.#database.run(`CREATE TYPE ${fresh} AS ENUM (${labels.map(text).join(', ')})`, options).then(() => fresh);
      this.#types.set(key, name);
      name.catch(() => this.#types.delete(key));
    }
    return name;
  }
}

export async function inputReader(
  input: ProgramInput,
  field: Field,
  column: string,
  labelTypes: LabelTypes,
  options: QueryOptions,
): Promise<InputReader> {
  const { type } = field;
  switch (input.form) {
    case 'numbers':
      return { sql: `CAST(${column} AS DOUBLE)`, typeKey: 'DOUBLE', logical: () => rawType('double'), read: readNumbers };
    case 'codes':
      return codeReader(input.labels ?? [], type, column, labelTypes, options);
    case 'strings':
      return {
        sql: type.kind === 'string' ? column : textSql(column, type),
        typeKey: 'VARCHAR',
        logical: () => rawType('string'),
        read: (vector, rows) => ({ kind: 'strings', values: readStrings(vector, rows) }),
      };
    case 'vectors': {
      const size = groupOf(field).size ?? field.size;
      return {
        sql: vectorSql(column, type),
        typeKey: VECTOR_TYPE,
        logical: () => logicalType({ kind: 'vector' }),
        read: (vector, rows, firstRow) => readVectors(vector, rows, size, field.name, firstRow),
      };
    }
    case 'values':
      return valueReader(field, column);
  }
}

/** A column in the form that its type suggests: numbers, vectors, texts, or values as rows hold them. */
export function plainInput({ name, type }: Field): ProgramInput {
  const { kind } = type;
  const form = kind === 'vector' ? 'vectors' : kind === 'string' ? 'strings' : kind === 'boolean' || isNumeric(type) ? 'numbers' : 'values';
  return { column: name, form, labels: null, slot: 0 };
}

function valueReader(field: Field, column: string): InputReader {
  return {
    sql: column,
    typeKey: duckType(field.type),
    logical: () => logicalType(field.type),
    read: (vector, rows) => ({ kind: 'values', values: readValues(vector, field.type, rows) }),
  };
}

function vectorSql(column: string, type: DataType): string {
  if (type.kind !== 'array') return column;
  return `CASE WHEN ${column} IS NULL THEN NULL ELSE ${denseVector(column)} END`;
}

/**
 * Codes come as positions: 0 … m-1 in a list of those labels that the column's type can print at all, m for null, null for a text
 * without a label. Numbers are compared as numbers, which is what comparing their texts comes to.
 */
async function codeReader(
  labels: readonly string[],
  type: DataType,
  column: string,
  labelTypes: LabelTypes,
  options: QueryOptions,
): Promise<InputReader> {
  // As numbers -0.0 and 0.0 are one, as labels two.
  if ((type.kind === 'double' || type.kind === 'float') && labels.includes('-0.0')) {
    return codeReader(labels, STRING, `(${textSql(column, type)})`, labelTypes, options);
  }
  const typed = labels.map((label) => labelSql(label, type));
  const positions = typed.flatMap((sql, code) => (sql === null ? [] : [code]));
  const [width, kind] = codeWidth(positions.length + 1);
  let sql: string;
  if (positions.length <= LIST_LIMIT) {
    // Each label twice: the first of its positions, which begin with 1, is halved. A subtraction, checked for overflow, takes as long as the look-up.
    const list = `[${[...positions.flatMap((code) => [typed[code], typed[code]]), 'NULL'].join(', ')}]::${duckType(type)}[]`;
    sql = `CAST(list_position(${list}, ${column}) AS ${width}) >> 1`;
  } else {
    const name = await labelTypes.type(labels, options);
    const found = `enum_code(TRY_CAST(${type.kind === 'string' ? column : textSql(column, type)} AS ${name}))`;
    sql = `CAST(CASE WHEN ${column} IS NULL THEN ${labels.length} ELSE ${found} END AS ${width})`;
    positions.splice(0, positions.length, ...labels.keys());
  }
  const codeOf = codesFor(unseenCode(labels.length), positions.length + 1);
  codeOf.set(positions);
  codeOf[positions.length] = nullCode(labels.length);
  const identity = positions.length === labels.length && positions.every((code, p) => code === p);
  const Raw = kind === 'u8' ? Uint8Array : kind === 'u16' ? Uint16Array : Uint32Array;
  let codes = codesFor(unseenCode(labels.length), 2048);
  return {
    sql,
    typeKey: width,
    logical: () => rawType(kind),
    read: (vector, rows): CodeColumn => {
      if (codes.length < rows) codes = codesFor(unseenCode(labels.length), rows);
      const raw = view<Uint8Array | Uint16Array | Uint32Array>(vector, rows, Raw);
      const valid = validity(vector, rows);
      if (identity && !valid && raw.BYTES_PER_ELEMENT === codes.BYTES_PER_ELEMENT) {
        return { kind: 'codes', codes: raw, size: labels.length, labels, seen: true };
      }
      const unseen = unseenCode(labels.length);
      for (let i = 0; i < rows; i++) codes[i] = valid && valid[i] === 0 ? unseen : codeOf[raw[i]];
      return { kind: 'codes', codes, size: labels.length, labels };
    },
  };
}

function codeWidth(max: number): ['UTINYINT', 'u8'] | ['USMALLINT', 'u16'] | ['UINTEGER', 'u32'] {
  if (max <= 0xff) return ['UTINYINT', 'u8'];
  return max <= 0xffff ? ['USMALLINT', 'u16'] : ['UINTEGER', 'u32'];
}

/** SQL of the value that prints as `label`, or null when no value of the type does. */
function labelSql(label: string, type: DataType): string | null {
  switch (type.kind) {
    case 'string':
      return text(label);
    case 'boolean':
      return label === 'true' || label === 'false' ? label : null;
    case 'byte':
    case 'short':
    case 'int':
    case 'long': {
      if (!/^-?(0|[1-9]\d{0,18})$/.test(label) || label === '-0') return null;
      const limit = { byte: 0x7fn, short: 0x7fffn, int: 0x7fffffffn, long: 0x7fffffffffffffffn }[type.kind];
      const value = BigInt(label);
      return value <= limit && value >= -limit - 1n ? label : null;
    }
    case 'float':
    case 'double': {
      const value = label === 'NaN' ? Number.NaN : Number(label.replace(/^(-?)Infinity$/, '$1Infinity'));
      const printed = type.kind === 'double' ? javaDouble(value) : null;
      if (printed !== null ? printed !== label : !/^-?(\d+\.\d+(E-?\d+)?|Infinity)$|^NaN$/.test(label)) return null;
      return `'${Number.isNaN(value) ? 'nan' : value}'::${duckType(type)}`;
    }
    case 'decimal':
      return /^-?\d+(\.\d+)?$/.test(label) ? `TRY_CAST(${text(label)} AS ${duckType(type)})` : null;
    case 'date':
    case 'timestamp':
      return /^\d{4,}-\d\d-\d\d/.test(label) ? `CAST(${text(label)} AS ${duckType(type)})` : null;
    default:
      return null;
  }
}
