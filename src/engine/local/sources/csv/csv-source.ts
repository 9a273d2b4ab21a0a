import { MlError, show, throwIfAborted } from '../../../../error.ts';
import { type Field, Schema } from '../../../../frame/schema.ts';
import { type DataType, STRING, typeName } from '../../../../frame/types.ts';
import { low, rawType } from '../../duck/bindings.ts';
import type { Database, QueryOptions } from '../../duck/database.ts';
import { readStrings } from '../../duck/read-vector.ts';
import { writeValues } from '../../duck/write-vector.ts';
import { identifier, text } from '../../sql/duck-type.ts';
import { failure } from '../../sql/typed.ts';
import type { SourceFile } from '../files.ts';
import { csvCast } from './cast.ts';
import { findLine, type Header, readHeader, readText } from './head.ts';
import { fieldSql, TypeInference } from './infer.ts';
import type { CsvFormat } from './options.ts';
import { QUOTED_EMPTY } from './record-cutter.ts';
import { type CsvRecord, CsvTokenizer } from './tokenizer.ts';

const OWNER = 'read.csv';
/** A separator that no text holds: `read_csv` is to give whole lines. */
const NOWHERE = '\u0001\u0002\u0003\u0004';

/** Rows of CSV files: a SELECT with one column a field, and the schema. */
interface CsvSource {
  readonly sql: string;
  readonly schema: Schema;
}

/**
 * CSV as Spark reads it. DuckDB only splits files into lines; fields are cut by `string_split`, and by {@link CsvTokenizer} where a line
 * holds a quote (DuckDB's own reader takes quotes, ragged rows and types otherwise). Measured as fast as DuckDB's reader.
 */
export class CsvReader {
  readonly #database: Database;
  readonly #functions = new Map<string, Promise<string>>();

  constructor(database: Database) {
    this.#database = database;
  }

  /** `given` and the schema that comes out do not hold the `partition` columns; the SELECT gives these as texts, called as their folders are. */
  async source(
    files: readonly SourceFile[],
    format: CsvFormat,
    given: Schema | null,
    partition: readonly string[],
    options: QueryOptions,
  ): Promise<CsvSource> {
    const tokenizer = new CsvTokenizer(format);
    const headers: (Header | null)[] = [];
    for (const file of files) {
      await new Promise((resolve) => setImmediate(resolve));
      throwIfAborted(options.signal, options.owner);
      headers.push(readHeader(file.path, format));
    }
    const first = headers.find((h) => h !== null);
    const cut = (line: string) => (format.whole ? (firstRecord(tokenizer, line)?.fields ?? []) : tokenizer.line(line));
    const tokens = first ? cut(format.whole ? readText(files[headers.indexOf(first)].path, format) : first.line) : [];
    if (format.header && given && !format.enforceSchema) {
      files.forEach((file, i) => {
        const header = headers[i];
        if (header) checkHeader(cut(format.whole ? readText(file.path, format) : header.line), given, file, format);
      });
    }
    if (!given && !first) return { sql: 'SELECT 1 AS none WHERE false', schema: new Schema([]) };
    const keepsTexts = format.mode === 'FAILFAST' || (given?.has(format.corruptColumn) ?? false);
    const records = await this.#records(files, headers, format, partition, keepsTexts, options);
    const schema = given ?? (await new TypeInference(this.#database, records, format, options).schema(columnNames(tokens, format)));
    const number = this.#database.number();
    if (format.mode === 'FAILFAST') {
      const paths = files.map((f) => f.path);
      this.#database.explainWith(number, (told) => malformedError(told, paths, format, schema));
    }
    return { sql: rowsSql(records, schema, format, partition, number), schema };
  }

  /** A SELECT of `line` (the record's text) and `l` (its fields as texts). */
  async #records(
    files: readonly SourceFile[],
    headers: readonly (Header | null)[],
    format: CsvFormat,
    partition: readonly string[],
    keepsTexts: boolean,
    options: QueryOptions,
  ): Promise<string> {
    if (format.whole) {
      const name = await this.#function(keepsTexts ? 'texts' : 'file', format, options);
      const list = files.map((f) => text(f.path)).join(', ');
      const header = format.header ? `l[2:]` : 'l';
      const lists = `SELECT unnest(r) AS l FROM (SELECT ${header} AS r FROM (SELECT ${name}(p) AS l FROM (SELECT unnest([${list}]) AS p)))`;
      return keepsTexts ? `SELECT l[1] AS line, l[2:] AS l FROM (${lists})` : `SELECT NULL::VARCHAR AS line, l FROM (${lists})`;
    }
    const groups: { skip: number; carriage: boolean; paths: string[] }[] = [];
    files.forEach((file, i) => {
      const skip = format.header ? (headers[i]?.skip ?? 0) : 0;
      const carriage = headers[i]?.carriage ?? false;
      const last = groups.at(-1);
      if (last?.skip === skip && last.carriage === carriage) last.paths.push(file.path);
      else groups.push({ skip, carriage, paths: [file.path] });
    });
    const lines = groups.map((group) => linesSql(group, format, partition)).join(' UNION ALL ');
    const filters = [
      `trim(line, ' ' || chr(9) || chr(13)) <> ''`,
      ...(format.comment === '' ? [] : [`NOT starts_with(line, ${text(format.comment)})`]),
    ];
    const plain = plainFields(format);
    const fields =
      plain === null
        ? `${await this.#function('line', format, options)}(line)`
        : format.quote === ''
          ? plain
          : `CASE WHEN contains(line, ${text(format.quote)}) THEN ${await this.#function('line', format, options)}(line) ELSE ${plain} END`;
    return `SELECT line, ${fields} AS l${partition.map((name) => `, ${identifier(name)}`).join('')} FROM (${lines}) WHERE ${filters.join(' AND ')}`;
  }

  /** The scalar function that cuts a line, or a whole file (`VARCHAR[][]`: each record's fields, behind its text for `texts`), by this format. */
  #function(what: 'line' | 'file' | 'texts', format: CsvFormat, options: QueryOptions): Promise<string> {
    const key = JSON.stringify([what, format]);
    let name = this.#functions.get(key);
    if (!name) {
      name = this.#define(what, format, options);
      this.#functions.set(key, name);
      name.catch(() => this.#functions.delete(key));
    }
    return name;
  }

  async #define(what: 'line' | 'file' | 'texts', format: CsvFormat, options: QueryOptions): Promise<string> {
    const name = `csv_${what}${this.#database.number()}`;
    const database = this.#database;
    const tokenizer = new CsvTokenizer(format);
    const fields: DataType = { kind: 'array', element: STRING };
    const result: DataType = what === 'line' ? fields : { kind: 'array', element: fields };
    const cut = (value: string) => {
      if (what === 'line') return tokenizer.line(value);
      const records = tokenizer.records(readText(value, format), what === 'texts');
      return Array.from(records, ({ text, fields }) => (what === 'texts' ? [text, ...fields] : fields));
    };
    await database.register(() => {
      const f = low.create_scalar_function();
      low.scalar_function_set_name(f, name);
      low.scalar_function_add_parameter(f, rawType('string'));
      const list = low.create_list_type(rawType('string'));
      low.scalar_function_set_return_type(f, what === 'line' ? list : low.create_list_type(list));
      low.scalar_function_set_function(f, (info, input, output) => {
        try {
          const rows = low.data_chunk_get_size(input);
          const values = readStrings(low.data_chunk_get_vector(input, 0), rows).map((value) => value && cut(value));
          writeValues(output, result, values, rows, OWNER);
        } catch (error) {
          low.scalar_function_set_error(info, database.keepError(error));
        }
      });
      return f;
    }, options);
    return name;
  }
}

/**
 * Lines of files. Where DuckDB takes CRLF for the line break, it loses the character after a lone CR: files with carriage returns are
 * read with each CR and each LF as a break, which leaves blank lines to be dropped.
 */
function linesSql(
  { paths, skip, carriage }: { paths: readonly string[]; skip: number; carriage: boolean },
  format: CsvFormat,
  partition: readonly string[],
): string {
  const options = [
    'auto_detect = false',
    'header = false',
    `delim = ${text(NOWHERE)}`,
    "quote = ''",
    "escape = ''",
    "comment = ''",
    'null_padding = true',
    'strict_mode = false',
    'max_line_size = 67108864',
    `skip = ${skip}`,
    ...(carriage ? ["new_line = '\\n'"] : []),
    `encoding = ${text(format.encoding)}`,
    "columns = {'line': 'VARCHAR'}",
    `hive_partitioning = ${partition.length > 0}`,
    'hive_types_autocast = false',
  ];
  return `SELECT line${partition.map((name) => `, ${identifier(name)}`).join('')} FROM read_csv([${paths.map(text).join(', ')}], ${options.join(', ')})`;
}

/** The fields of a line without quotes; null where SQL would cut it otherwise than Spark's reader. */
function plainFields({ sep, trimLeft, trimRight, nullValue, emptyValue }: CsvFormat): string | null {
  const isTrimmed = trimLeft || trimRight;
  // What is empty after trimming is null or empty by its place, and a long separator whose beginning stands in it again can be missed.
  if (isTrimmed && (sep.length > 1 || nullValue !== '' || emptyValue !== '')) return null;
  if (sep.indexOf(sep[0], 1) > 0 && sep.replaceAll(sep[0], '') !== '') return null;
  const fields = `string_split(line, ${text(sep)})`;
  if (!isTrimmed) return fields;
  const trim = trimLeft ? (trimRight ? 'trim' : 'ltrim') : 'rtrim';
  return `list_transform(${fields}, lambda x: ${trim}(x, chr(32) || chr(9)))`;
}

function firstRecord(tokenizer: CsvTokenizer, text: string): CsvRecord | null {
  for (const record of tokenizer.records(text)) return record;
  return null;
}

/** Names of the columns: the header's, `_c<i>` where it has none; names that stand twice get their position. */
function columnNames(tokens: readonly string[], { header, nullValue }: CsvFormat): string[] {
  if (!header) return tokens.map((_, j) => `_c${j}`);
  return tokens.map((name, j) => {
    if (name === '' || name === nullValue || name === QUOTED_EMPTY) return `_c${j}`;
    return tokens.indexOf(name) !== tokens.lastIndexOf(name) ? `${name}${j}` : name;
  });
}

function checkHeader(tokens: readonly string[], schema: Schema, file: SourceFile, { corruptColumn }: CsvFormat): void {
  const names = schema.names.filter((name) => name !== corruptColumn);
  const odd = names.findIndex((name, j) => tokens[j] !== name);
  if (odd === -1 && tokens.length === names.length) return;
  const at = odd === -1 ? names.length : odd;
  throw new MlError(
    'SCHEMA_INVALID',
    `${OWNER}: column ${at + 1} of ${show(file.path)} must be called ${show(names[at])} as in the schema, is ${show(tokens[at])}`,
    { path: file.path, column: names[at] },
  );
}

function rowsSql(records: string, schema: Schema, format: CsvFormat, partition: readonly string[], number: number): string {
  const isCorrupt = (field: Field) => field.name === format.corruptColumn && field.type.kind === 'string';
  const data = schema.fields.filter((field) => !isCorrupt(field));
  const texts = data.map((_, j) => `${fieldSql(j, format)} AS t${j}`);
  const casts = data.map((field, j) => csvCast(`t${j}`, field.type, format));
  const misfits = casts.flatMap((cast, j) => (cast === `t${j}` ? [] : [{ j, test: `(t${j} IS NOT NULL AND (${cast}) IS NULL)` }]));
  const isMalformed = `(${[`n <> ${data.length}`, ...misfits.map(({ test }) => test)].join(' OR ')})`;
  const place = `CASE ${misfits.map(({ j, test }) => `WHEN ${test} THEN '${j}'`).join(' ')} WHEN TRUE THEN '' END`;
  let at = 0;
  const columns = schema.fields.map((field, j) => {
    if (isCorrupt(field)) return `CASE WHEN ${isMalformed} THEN line END AS c${j}`;
    return `${casts[at++]} AS c${j}`;
  });
  const where = {
    PERMISSIVE: '',
    DROPMALFORMED: ` WHERE NOT ${isMalformed}`,
    FAILFAST: ` WHERE CASE WHEN ${isMalformed} THEN error('millstream#${number}#' || ${place} || '#' || line) ELSE true END`,
  }[format.mode];
  const folders = partition.map((name) => `, ${identifier(name)}`).join('');
  const most = format.maxColumns;
  const tooWide = failure(`${OWNER}: a record must have at most ${most} fields, as option maxColumns says, has `, 'n');
  const width = most === null ? '' : `${where === '' ? ' WHERE' : ' AND'} CASE WHEN n > ${most} THEN ${tooWide} ELSE true END`;
  const fields = `SELECT line, len(l) AS n${texts.map((t) => `, ${t}`).join('')}${folders} FROM (${records})`;
  return `SELECT ${columns.join(', ') || 'NULL AS none'}${folders} FROM (${fields})${where}${width}`;
}

/** What is wrong with the record that a `FAILFAST` read met, as `<place of the first column that cannot be read>#<record>`: file, line, column and value. */
function malformedError(told: string, files: readonly string[], format: CsvFormat, schema: Schema): MlError {
  const at = told.indexOf('#');
  const record = told.slice(at + 1);
  const found = format.whole ? null : findLine(files, record, format);
  const tokenizer = new CsvTokenizer(format);
  const fields = format.whole ? (firstRecord(tokenizer, record)?.fields ?? []) : tokenizer.line(record);
  const data = schema.fields.filter(({ name }) => name !== format.corruptColumn);
  const odd = at > 0 && fields.length === data.length ? data[Number(told.slice(0, at))] : undefined;
  const value = odd ? fields[data.indexOf(odd)] : record;
  const place = found ? ` (${found.path}, line ${found.line})` : '';
  const rule = odd ? `column ${show(odd.name)} must be ${typeName(odd.type)}` : `a record must have ${data.length} fields, has ${fields.length}`;
  const message = `${OWNER}: ${rule}, got ${show(value)}${place}; mode PERMISSIVE reads what cannot be read as null`;
  return new MlError('VALUE_INVALID', message, { value, ...(odd && { column: odd.name }), ...(found && { path: found.path, line: found.line }) });
}
