import type { Sink } from '../../../frame/executor.ts';
import type { Field } from '../../../frame/schema.ts';
import { delimiterOf } from '../sources/csv/options.ts';
import { textSql } from '../sql/cast.ts';
import { identifier, text } from '../sql/duck-type.ts';
import { printed } from '../sql/functions/time.ts';
import { momentSql } from '../sql/to-json.ts';
import { type Format, isGzip, isPlain, LINES, typeError } from './format.ts';

/** How fields are told apart and null from the empty text. */
interface Marks {
  readonly sep: string;
  readonly quote: string;
  readonly escape: string;
  readonly quoteAll: boolean;
}

/** Blanks at the ends of a text, as Java trims them. */
const BLANKS = Array.from({ length: 32 }, (_, i) => `chr(${i + 1})`).join(' || ');

/** CSV as Spark writes it, but for blanks at the ends of texts, which stay unless they are to be ignored. */
export function csv(data: readonly Field[], column: (field: Field) => string, sink: Sink, owner: string): Format {
  const { options } = sink;
  const value = (name: string, fallback: string) => (options[name] as string | undefined) ?? fallback;
  const gzip = isGzip(owner, options);
  const marks: Marks = {
    sep: delimiterOf(owner, value('sep', ',')),
    quote: value('quote', '"'),
    escape: value('escape', '\\'),
    quoteAll: options.quoteAll === true,
  };
  const texts = data.map((field) => {
    if (!isPlain(field.type)) throw typeError(owner, field, 'a number, text, boolean, date or timestamp to be written as CSV');
    return fieldSql(`t.${column(field)}`, field, options, owner);
  });
  const names = data.map((f) => f.name);
  const header = options.header === true;
  const extension = gzip ? 'csv.gz' : 'csv';
  const compression = gzip ? ['COMPRESSION gzip'] : [];
  if (marks.sep.length > 1) {
    const line = (fields: readonly string[]) => `${fields.map((field) => quotedSql(field, marks)).join(` || ${text(marks.sep)} || `)} AS line`;
    return {
      sql: { columns: [line(texts)], ...(header && { header: `SELECT ${line(names.map(text))}` }) },
      options: [...LINES, ...compression],
      extension,
    };
  }
  const clash = new Set(names.map((n) => n.toLowerCase())).size < names.length;
  const aliases = clash ? data.map((_, j) => `h${j}`) : names.map(identifier);
  return {
    // DuckDB renames columns that differ only in case, so that such a header is written as a row.
    sql: {
      columns: texts.map((sql, j) => `${sql} AS ${aliases[j]}`),
      ...(clash && header && { header: `SELECT ${names.map((n, j) => `${text(n)} AS ${aliases[j]}`).join(', ')}` }),
    },
    options: [
      'FORMAT csv',
      `HEADER ${header && !clash}`,
      `DELIMITER ${text(marks.sep)}`,
      `QUOTE ${text(marks.quote)}`,
      `ESCAPE ${text(marks.escape)}`,
      "NULLSTR ''",
      ...(marks.quoteAll ? ['FORCE_QUOTE *'] : []),
      ...compression,
    ],
    extension,
  };
}

/** A field's text; null where nothing is to stand between its separators. */
function fieldSql(value: string, { type }: Field, options: Sink['options'], owner: string): string {
  const given = (name: string) => options[name] as string | undefined;
  const pattern = type.kind === 'date' ? given('dateFormat') : type.kind === 'timestamp' ? given('timestampFormat') : undefined;
  let sql = type.kind === 'timestamp' ? momentSql(value) : textSql(value, type);
  if (pattern !== undefined) sql = printed(owner, `CAST(${value} AS TIMESTAMP)`, pattern);
  if (type.kind === 'string') {
    if (options.ignoreLeadingWhiteSpace === true) sql = `ltrim(${sql}, ${BLANKS})`;
    if (options.ignoreTrailingWhiteSpace === true) sql = `rtrim(${sql}, ${BLANKS})`;
  }
  const empty = given('emptyValue');
  if (empty !== undefined && type.kind === 'string') sql = `CASE WHEN ${sql} = '' THEN ${empty === '' ? 'NULL' : text(empty)} ELSE ${sql} END`;
  const none = given('nullValue') ?? '';
  if (none === '' && options.quoteAll !== true) return sql;
  // A value, not DuckDB's own word for null: by that it would write empty texts as nothing, and quote texts that are the word.
  return `CASE WHEN ${value} IS NULL THEN ${text(none)} ELSE ${sql} END`;
}

/** A field as it stands between separators that DuckDB does not write. */
function quotedSql(sql: string, { sep, quote, escape: mark, quoteAll }: Marks): string {
  if (quote === '') return `coalesce(${sql}, '')`;
  const escaped = mark === quote || mark === '' ? sql : `replace(${sql}, ${text(mark)}, ${text(mark + mark)})`;
  const quoted = `${text(quote)} || replace(${escaped}, ${text(quote)}, ${text(mark + quote)}) || ${text(quote)}`;
  const special = [text(sep), text(quote), 'chr(10)', 'chr(13)'].map((odd) => `contains(${sql}, ${odd})`);
  return `CASE WHEN ${sql} IS NULL THEN '' WHEN ${quoteAll ? 'TRUE' : [`${sql} = ''`, ...special].join(' OR ')} THEN ${quoted} ELSE ${sql} END`;
}
