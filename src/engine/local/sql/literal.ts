import { MlError, show } from '../../../error.ts';
import type { DataType } from '../../../frame/types.ts';
import { javaDouble } from '../../../linalg/format.ts';
import { isVector, SparseVector, type Vector } from '../../../linalg/vectors.ts';
import { duckType, identifier, text, VECTOR_TYPE } from './duck-type.ts';
import { arrayOf, BINARY, BOOLEAN, DOUBLE, INT, LONG, TEXT, TIMESTAMP, type Typed, VOID } from './typed.ts';

/** A constant: whole numbers are `int` (or `long` when large), as Spark's `lit` has it. */
export function literalSql(value: unknown, type?: DataType): Typed {
  const found = type ?? literalType(value);
  return {
    sql: valueSql(value, found),
    type: found,
    nullable: value === null || value === undefined,
    name: literalName(value, found),
    literal: value,
  };
}

export function literalType(value: unknown): DataType {
  if (value === null || value === undefined) return VOID;
  if (typeof value === 'boolean') return BOOLEAN;
  if (typeof value === 'string') return TEXT;
  if (typeof value === 'bigint') return LONG;
  if (typeof value === 'number') {
    if (!Number.isSafeInteger(value) || Object.is(value, -0)) return DOUBLE;
    return value >= -0x80000000 && value <= 0x7fffffff ? INT : LONG;
  }
  if (value instanceof Date) return TIMESTAMP;
  if (value instanceof Uint8Array) return BINARY;
  if (isVector(value)) return { kind: 'vector' };
  if (Array.isArray(value)) return arrayOf(value.map(literalType).reduce(wider, VOID));
  throw new MlError('EXPRESSION_INVALID', `lit: value must be a constant, got ${show(value)}`, { value });
}

function wider(a: DataType, b: DataType): DataType {
  const rank = (t: DataType) => ['void', 'int', 'long', 'double'].indexOf(t.kind);
  return rank(a) >= rank(b) && rank(b) >= 0 ? a : b;
}

/** `value` as SQL of exactly the type's DuckDB type. */
export function valueSql(value: unknown, type: DataType): string {
  if (value === null || value === undefined) return `CAST(NULL AS ${duckType(type)})`;
  switch (type.kind) {
    case 'boolean':
      return value ? 'TRUE' : 'FALSE';
    case 'int':
      // `-2147483648::INTEGER` would negate what is no int.
      return `(${value})::INTEGER`;
    case 'long':
      return BigInt(value as number) < -(2n ** 63n - 1n) ? '(-9223372036854775807 - 1)' : `${value}::BIGINT`;
    case 'double':
      return doubleSql(Number(value));
    case 'string':
      return text(String(value));
    case 'timestamp':
      return `make_timestamp(${value instanceof Date ? BigInt(value.getTime()) * 1000n : value}::BIGINT)`;
    case 'binary':
      return `from_hex('${Array.from(value as Uint8Array, (b) => b.toString(16).padStart(2, '0')).join('')}')`;
    case 'struct': {
      const fields = type.fields.map((f) => `${identifier(f.name)} := ${valueSql((value as Record<string, unknown>)[f.name], f.type)}`);
      return `struct_pack(${fields.join(', ')})`;
    }
    case 'vector':
      return vectorSql(value as Vector);
    case 'array':
      return `CAST([${Array.from(value as unknown[], (v) => valueSql(v, type.element)).join(', ')}] AS ${duckType(type)})`;
    default:
      return `CAST(${text(String(value))} AS ${duckType(type)})`;
  }
}

export function doubleSql(value: number): string {
  if (Number.isNaN(value)) return `CAST('NaN' AS DOUBLE)`;
  if (!Number.isFinite(value)) return `CAST('${value}' AS DOUBLE)`;
  if (Object.is(value, -0)) return `CAST('-0.0' AS DOUBLE)`;
  const digits = String(value);
  return digits.includes('e') ? `(${digits})` : `(${digits}e0)`;
}

function vectorSql(vector: Vector): string {
  const values = `[${Array.from(vector.values, doubleSql).join(', ')}]`;
  if (vector instanceof SparseVector) {
    return `CAST({'type': 0, 'size': ${vector.size}, 'indices': [${[...vector.indices].join(', ')}], 'values': ${values}} AS ${VECTOR_TYPE})`;
  }
  return `CAST({'type': 1, 'size': NULL, 'indices': NULL, 'values': ${values}} AS ${VECTOR_TYPE})`;
}

function literalName(value: unknown, type: DataType): string {
  if (value === null || value === undefined) return 'NULL';
  if (type.kind === 'double') return javaDouble(Number(value));
  if (Array.isArray(value)) return `array(${value.map((v) => literalName(v, type.kind === 'array' ? type.element : type)).join(', ')})`;
  return value instanceof Date ? value.toISOString() : String(value);
}
