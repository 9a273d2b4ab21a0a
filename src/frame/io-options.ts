import { MlError, show } from '../error.ts';

export interface CsvReadOptions {
  /** Whether the first line of each file holds the names; false by default, names are then `_c0`, `_c1` … */
  header?: boolean;
  /** Whether types are found by reading the data once; false by default: all columns are text. */
  inferSchema?: boolean;
  /** Separator, `,` by default; `delimiter` is the same. */
  sep?: string;
  delimiter?: string;
  /** Quote character, `"` by default. */
  quote?: string;
  /** Character that escapes a quote within quotes, `\` by default. */
  escape?: string;
  /** Character that escapes the escape before a quote; `escape` itself by default, none where that is the quote. */
  charToEscapeQuoteEscaping?: string;
  /** Lines that start with it are skipped; none by default. */
  comment?: string;
  /** Text that means null; the empty text by default. */
  nullValue?: string;
  nanValue?: string;
  positiveInf?: string;
  negativeInf?: string;
  emptyValue?: string;
  /** `PERMISSIVE` (default): what cannot be read is null; `DROPMALFORMED`: such rows go; `FAILFAST`: they are an error. */
  mode?: 'PERMISSIVE' | 'DROPMALFORMED' | 'FAILFAST';
  /** The column for the text of what could not be read, `_corrupt_record` by default. */
  columnNameOfCorruptRecord?: string;
  multiLine?: boolean;
  /** UTF-8 by default; any that `TextDecoder` knows, such as `windows-1252` or `UTF-16LE`. */
  encoding?: string;
  /** How decimals are written, `en-US` by default: with `de-DE`, `1.234,50` is a `decimal`. Doubles have a point in every locale, as in Spark. */
  locale?: string;
  /** Whether types are found to be dates before they are found to be timestamps; true by default. */
  preferDate?: boolean;
  dateFormat?: string;
  timestampFormat?: string;
  ignoreLeadingWhiteSpace?: boolean;
  ignoreTrailingWhiteSpace?: boolean;
  enforceSchema?: boolean;
  /** The share of rows that types are inferred from; the local engine reads all and takes 1 only. */
  samplingRatio?: number;
  /** What ends a line, one or two characters; by default `\n`, `\r` and `\r\n` do. */
  lineSep?: string;
  /** More fields in a record are an error; without it there may be any number. */
  maxColumns?: number;
  compression?: string;
  recursiveFileLookup?: boolean;
  pathGlobFilter?: string;
}

export interface ParquetReadOptions {
  mergeSchema?: boolean;
  recursiveFileLookup?: boolean;
  pathGlobFilter?: string;
}

export interface JsonReadOptions {
  /** Whether the file is one document (an array) instead of one object a line. */
  multiLine?: boolean;
  /**
   * `PERMISSIVE` (default): a line that is no object is a row of nulls, with its text in the column `_corrupt_record` where the schema has it or
   * is inferred; `DROPMALFORMED`: such lines go; `FAILFAST`: they are an error.
   */
  mode?: 'PERMISSIVE' | 'DROPMALFORMED' | 'FAILFAST';
  /** The column for the text of what could not be read, `_corrupt_record` by default. */
  columnNameOfCorruptRecord?: string;
  /** The share of rows that types are inferred from; the local engine reads all and takes 1 only. */
  samplingRatio?: number;
  primitivesAsString?: boolean;
  /** Texts and names may stand in single quotes; true by default. */
  allowSingleQuotes?: boolean;
  /** Numbers may begin with zeros, which mean nothing; false by default. */
  allowNumericLeadingZeros?: boolean;
  /** Names may stand without quotes; false by default. */
  allowUnquotedFieldNames?: boolean;
  dateFormat?: string;
  timestampFormat?: string;
  /** UTF-8 by default; the local engine takes nothing else. */
  encoding?: string;
  compression?: string;
  recursiveFileLookup?: boolean;
  pathGlobFilter?: string;
}

export interface ParquetWriteOptions {
  /** snappy (default), zstd, gzip, none. */
  compression?: string;
  rowGroupSize?: number;
}

export interface CsvWriteOptions {
  header?: boolean;
  sep?: string;
  delimiter?: string;
  quote?: string;
  escape?: string;
  quoteAll?: boolean;
  /** Text for null; nothing by default. */
  nullValue?: string;
  /** Text for the empty text; two quotes by default. */
  emptyValue?: string;
  /** Whether blanks in front of texts are left out; false by default, other than in Spark. */
  ignoreLeadingWhiteSpace?: boolean;
  /** Whether blanks behind texts are left out; false by default, other than in Spark. */
  ignoreTrailingWhiteSpace?: boolean;
  compression?: string;
  dateFormat?: string;
  timestampFormat?: string;
}

export interface JsonWriteOptions {
  compression?: string;
  ignoreNullFields?: boolean;
}

/** Each option's type by its name. */
type KindsOf<Options> = {
  readonly [K in keyof Options]-?: NonNullable<Options[K]> extends boolean ? 'boolean' : NonNullable<Options[K]> extends number ? 'number' : 'string';
};
type Kind = 'boolean' | 'string' | 'number';

const FILES = { recursiveFileLookup: 'boolean', pathGlobFilter: 'string' } as const;

const CSV_READ: KindsOf<CsvReadOptions> = {
  header: 'boolean',
  inferSchema: 'boolean',
  sep: 'string',
  delimiter: 'string',
  quote: 'string',
  escape: 'string',
  charToEscapeQuoteEscaping: 'string',
  comment: 'string',
  nullValue: 'string',
  nanValue: 'string',
  positiveInf: 'string',
  negativeInf: 'string',
  emptyValue: 'string',
  mode: 'string',
  columnNameOfCorruptRecord: 'string',
  multiLine: 'boolean',
  encoding: 'string',
  locale: 'string',
  preferDate: 'boolean',
  dateFormat: 'string',
  timestampFormat: 'string',
  ignoreLeadingWhiteSpace: 'boolean',
  ignoreTrailingWhiteSpace: 'boolean',
  enforceSchema: 'boolean',
  samplingRatio: 'number',
  lineSep: 'string',
  maxColumns: 'number',
  compression: 'string',
  ...FILES,
};

const PARQUET_READ: KindsOf<ParquetReadOptions> = { mergeSchema: 'boolean', ...FILES };

const JSON_READ: KindsOf<JsonReadOptions> = {
  multiLine: 'boolean',
  mode: 'string',
  columnNameOfCorruptRecord: 'string',
  samplingRatio: 'number',
  primitivesAsString: 'boolean',
  allowSingleQuotes: 'boolean',
  allowNumericLeadingZeros: 'boolean',
  allowUnquotedFieldNames: 'boolean',
  dateFormat: 'string',
  timestampFormat: 'string',
  encoding: 'string',
  compression: 'string',
  ...FILES,
};

const PARQUET_WRITE: KindsOf<ParquetWriteOptions> = { compression: 'string', rowGroupSize: 'number' };

const CSV_WRITE: KindsOf<CsvWriteOptions> = {
  header: 'boolean',
  sep: 'string',
  delimiter: 'string',
  quote: 'string',
  escape: 'string',
  quoteAll: 'boolean',
  nullValue: 'string',
  emptyValue: 'string',
  ignoreLeadingWhiteSpace: 'boolean',
  ignoreTrailingWhiteSpace: 'boolean',
  compression: 'string',
  dateFormat: 'string',
  timestampFormat: 'string',
};

const JSON_WRITE: KindsOf<JsonWriteOptions> = { compression: 'string', ignoreNullFields: 'boolean' };

const TABLES = {
  'csv-read': CSV_READ,
  'parquet-read': PARQUET_READ,
  'json-read': JSON_READ,
  'csv-write': CSV_WRITE,
  'parquet-write': PARQUET_WRITE,
  'json-write': JSON_WRITE,
};

/** What files are read and written as. */
export type Format = 'csv' | 'parquet' | 'json';

export function checkFormat(owner: string, format: Format): Format {
  if (['csv', 'parquet', 'json'].includes(format)) return format;
  throw new MlError('PARAM_INVALID', `${owner}: format must be csv, parquet or json, got ${show(format)}`, { param: 'format', value: format });
}

/** The options by their exact names, of the right types; `'true'`, `'false'` and digits are understood, unknown names are errors. */
export function checkOptions(owner: string, table: keyof typeof TABLES, options: ReadonlyMap<string, unknown>): Readonly<Record<string, unknown>> {
  const known = new Map<string, Kind>(Object.entries(TABLES[table]));
  const exact = new Map([...known.keys()].map((name) => [name.toLowerCase(), name]));
  const checked: Record<string, unknown> = Object.create(null);
  for (const [given, value] of options) {
    if (value === undefined || value === null) continue;
    const name = exact.get(given.toLowerCase());
    if (name === undefined) {
      throw new MlError('PARAM_UNKNOWN', `${owner}: unknown option ${show(given)}; there are ${[...known.keys()].join(', ')}`, { param: given });
    }
    const kind = known.get(name) as Kind;
    const typed = coerce(kind, value);
    if (typed === undefined) {
      throw new MlError('PARAM_INVALID', `${owner}: option ${name} must be a ${kind}, got ${show(value)}`, { param: name, value });
    }
    checked[name === 'delimiter' ? 'sep' : name] = typed;
  }
  return checked;
}

function coerce(kind: Kind, value: unknown): unknown {
  if (typeof value === kind) return value;
  if (kind === 'boolean' && typeof value === 'string' && /^(true|false)$/i.test(value)) return value.toLowerCase() === 'true';
  if (kind === 'number' && typeof value === 'string' && value.trim() !== '' && Number.isFinite(Number(value))) return Number(value);
  return undefined;
}
