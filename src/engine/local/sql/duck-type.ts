import { isYearMonth } from '../../../frame/interval.ts';
import type { DataType } from '../../../frame/types.ts';

/** A vector as Spark stores it: type 0 is sparse (size, indices, values), 1 dense (values only). */
export const VECTOR_TYPE = 'STRUCT("type" TINYINT, size INTEGER, indices INTEGER[], "values" DOUBLE[])';
/** Dense vectors of lists of numbers. */
export const denseVector = (values: string) =>
  `struct_pack("type" := 1::TINYINT, size := NULL::INTEGER, indices := NULL::INTEGER[], "values" := CAST(${values} AS DOUBLE[]))`;
const MATRIX_TYPE =
  'STRUCT("type" TINYINT, numRows INTEGER, numCols INTEGER, colPtrs INTEGER[], rowIndices INTEGER[], "values" DOUBLE[], isTransposed BOOLEAN)';

const SIMPLE = {
  boolean: 'BOOLEAN',
  byte: 'TINYINT',
  short: 'SMALLINT',
  int: 'INTEGER',
  long: 'BIGINT',
  float: 'FLOAT',
  double: 'DOUBLE',
  string: 'VARCHAR',
  binary: 'BLOB',
  date: 'DATE',
  timestamp: 'TIMESTAMP',
  vector: VECTOR_TYPE,
  matrix: MATRIX_TYPE,
  void: 'INTEGER',
} as const;

/** The DuckDB type that holds a column of `type`; a `void` column is an INTEGER column of nulls. */
export function duckType(type: DataType): string {
  switch (type.kind) {
    case 'decimal':
      return `DECIMAL(${type.precision},${type.scale})`;
    case 'interval':
      return type.from === undefined ? 'INTERVAL' : isYearMonth(type) ? 'INTEGER' : 'BIGINT';
    case 'array':
      return `${duckType(type.element)}[]`;
    case 'map':
      return `MAP(${duckType(type.key)}, ${duckType(type.value)})`;
    case 'struct':
      return `STRUCT(${type.fields.map((f) => `${identifier(f.name)} ${duckType(f.type)}`).join(', ')})`;
    default:
      return SIMPLE[type.kind];
  }
}

/** `name` as a quoted identifier. */
export function identifier(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

/** `value` as a text literal; chr(0) cannot stand in one, so it is spelt. */
export function text(value: string): string {
  if (!value.includes('\0')) return `'${value.replaceAll("'", "''")}'`;
  return `(${value
    .split('\0')
    .map((part) => `'${part.replaceAll("'", "''")}'`)
    .join(' || chr(0) || ')})`;
}
