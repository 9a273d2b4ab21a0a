import type { Sink } from '../../../frame/executor.ts';
import type { Field } from '../../../frame/schema.ts';
import { textSql } from '../sql/cast.ts';
import { text } from '../sql/duck-type.ts';
import { type Format, isGzip, LINES, momentSql, typeError } from './format.ts';

/** One JSON object a line, as Spark writes it: fields that are null are left out unless `ignoreNullFields` is false. */
export function json(data: readonly Field[], column: (field: Field) => string, { options }: Sink, owner: string): Format {
  const gzip = isGzip(owner, options);
  const keepsNulls = options.ignoreNullFields === false;
  const fields = data.map((field) => {
    const value = jsonSql(`t.${column(field)}`, field, keepsNulls, owner);
    return `${text(`${JSON.stringify(field.name)}:`)} || ${keepsNulls ? `coalesce(${value}, 'null')` : value}`;
  });
  return {
    sql: { columns: [`'{' || concat_ws(',', ${fields.join(', ')}) || '}' AS line`] },
    options: [...LINES, ...(gzip ? ['COMPRESSION gzip'] : [])],
    extension: gzip ? 'json.gz' : 'json',
  };
}

/** A value as the text of a JSON value, null for null. */
function jsonSql(value: string, field: Field, keepsNulls: boolean, owner: string): string {
  const quoted = (sql: string) => `CAST(to_json(${sql}) AS VARCHAR)`;
  switch (field.type.kind) {
    case 'float':
    case 'double': {
      const number = textSql(value, field.type);
      return `CASE WHEN isfinite(${value}) THEN ${number} ELSE '"' || ${number} || '"' END`;
    }
    case 'decimal':
      return textSql(value, field.type);
    case 'timestamp':
      return quoted(momentSql(value));
    case 'date':
    case 'interval':
      return quoted(textSql(value, field.type));
    case 'binary':
      return quoted(`base64(${value})`);
    case 'array':
    case 'map':
    case 'struct':
      return `spark_to_json(${value}, ${keepsNulls})`;
    case 'vector':
      return `CAST(${keepsNulls ? `to_json(${value})` : `json_merge_patch('{}', to_json(${value}))`} AS VARCHAR)`;
    case 'matrix':
      throw typeError(owner, field, 'of a type that JSON has');
    default:
      return quoted(value);
  }
}
