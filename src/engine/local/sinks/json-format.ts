import type { Sink } from '../../../frame/executor.ts';
import type { Field } from '../../../frame/schema.ts';
import { objectSql } from '../sql/to-json.ts';
import { type Format, isGzip, LINES, typeError } from './format.ts';

/** One JSON object a line, as Spark writes it: fields that are null are left out unless `ignoreNullFields` is false. */
export function json(data: readonly Field[], column: (field: Field) => string, { options }: Sink, owner: string): Format {
  const gzip = isGzip(owner, options);
  const matrix = data.find(({ type }) => type.kind === 'matrix');
  if (matrix) throw typeError(owner, matrix, 'of a type that JSON has');
  const line = objectSql(data, (field) => `t.${column(field as Field)}`, options.ignoreNullFields === false);
  return {
    sql: { columns: [`${line} AS line`] },
    options: [...LINES, ...(gzip ? ['COMPRESSION gzip'] : [])],
    extension: gzip ? 'json.gz' : 'json',
  };
}
