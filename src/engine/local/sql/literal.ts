import { typeOfConstant } from '../../../frame/constant.ts';
import type { DataType } from '../../../frame/types.ts';
import { javaDouble } from '../../../linalg/format.ts';
import { SparseVector, type Vector } from '../../../linalg/vectors.ts';
import { duckType, identifier, text, VECTOR_TYPE } from './duck-type.ts';
import type { Typed } from './typed.ts';

/** A constant: whole numbers are `int` (or `long` when large), as Spark's `lit` has it. */
export function literalSql(value: unknown, type?: DataType): Typed {
  const found = type ?? typeOfConstant(value);
  return {
    sql: valueSql(value, found),
    type: found,
    nullable: value === null || value === undefined,
    name: literalName(value, found),
    literal: value,
  };
}

/** `value` as SQL of exactly the type's DuckDB type. */
function valueSql(value: unknown, type: DataType): string {
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
