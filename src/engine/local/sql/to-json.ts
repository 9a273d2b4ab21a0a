import type { DataType, StructField } from '../../../frame/types.ts';
import { textSql } from './cast.ts';
import { text } from './duck-type.ts';

/** A vector as the struct that Spark keeps it in. */
const VECTOR_FIELDS: readonly StructField[] = [
  { name: 'type', type: { kind: 'byte' } },
  { name: 'size', type: { kind: 'int' } },
  { name: 'indices', type: { kind: 'array', element: { kind: 'int' } } },
  { name: 'values', type: { kind: 'array', element: { kind: 'double' } } },
];

/** A moment as Spark writes it into texts. */
export function momentSql(value: string): string {
  return `strftime(${value}, '%Y-%m-%dT%H:%M:%S.%gZ')`;
}

/** A value as the text of a JSON value, as Spark writes it, null for null; fields of structs that are null are left out unless they are kept. */
export function jsonSql(value: string, type: DataType, keepsNulls: boolean, depth = 0): string {
  const item = `j${depth}_`;
  const present = (sql: string) => `CASE WHEN ${value} IS NOT NULL THEN ${sql} END`;
  switch (type.kind) {
    case 'float':
    case 'double': {
      const word = `CASE WHEN isnan(${value}) THEN '"NaN"' WHEN ${value} > 0 THEN '"Infinity"' ELSE '"-Infinity"' END`;
      return `CASE WHEN isfinite(${value}) THEN ${textSql(value, type)} WHEN ${value} IS NOT NULL THEN ${word} END`;
    }
    case 'timestamp':
      return quoted(momentSql(value));
    case 'string':
    case 'date':
    case 'interval':
      return quoted(textSql(value, type));
    case 'binary':
      return quoted(`base64(${value})`);
    case 'array':
      return present(`'[' || array_to_string(list_transform(${value}, lambda ${item}: ${orNull(item, type.element)}), ',') || ']'`);
    case 'map': {
      const entry = `${quoted(textSql(`${item}.key`, type.key))} || ':' || ${orNull(`${item}.value`, type.value)}`;
      return present(`'{' || array_to_string(list_transform(map_entries(${value}), lambda ${item}: ${entry}), ',') || '}'`);
    }
    case 'vector':
      return structSql(VECTOR_FIELDS);
    case 'struct':
      return structSql(type.fields);
    default:
      return textSql(value, type);
  }

  function structSql(fields: readonly StructField[]): string {
    return present(objectSql(fields, ({ name }) => `struct_extract(${value}, ${text(name)})`, keepsNulls, depth));
  }

  function orNull(sql: string, of: DataType): string {
    return `coalesce(${jsonSql(sql, of, keepsNulls, depth + 1)}, 'null')`;
  }
}

/** A JSON object of fields, whose values `value` gives. */
export function objectSql(fields: readonly StructField[], value: (field: StructField) => string, keepsNulls: boolean, depth = 0): string {
  const parts = fields.map((field) => {
    const json = jsonSql(value(field), field.type, keepsNulls, depth);
    return `${text(`${JSON.stringify(field.name)}:`)} || ${keepsNulls ? `coalesce(${json}, 'null')` : json}`;
  });
  return `'{' || concat_ws(',', ${parts.join(', ')}) || '}'`;
}

const quoted = (sql: string) => `CAST(to_json(${sql}) AS VARCHAR)`;
