import { MlError, show } from '../../../../error.ts';

/** How a CSV text is cut into fields and what they mean; Spark's names and defaults. */
export interface CsvFormat {
  readonly header: boolean;
  readonly inferSchema: boolean;
  readonly sep: string;
  readonly quote: string;
  readonly escape: string;
  /** What escapes the escape; null: the escape itself, where it is not the quote. */
  readonly escapeEscape: string | null;
  readonly comment: string;
  readonly nullValue: string;
  readonly emptyValue: string;
  readonly nanValue: string;
  readonly positiveInf: string;
  readonly negativeInf: string;
  /** The column of the schema, if it has it, that holds the texts of records which could not be read. */
  readonly corruptColumn: string;
  readonly mode: 'PERMISSIVE' | 'DROPMALFORMED' | 'FAILFAST';
  readonly multiLine: boolean;
  /** What ends a line; null: a line feed, a carriage return, or both (the first that stands in the file, where fields hold line breaks). */
  readonly lineSep: string | null;
  /** Whether DuckDB cannot find the lines, so that files are cut as wholes. */
  readonly whole: boolean;
  /** More fields in a record are an error. */
  readonly maxColumns: number | null;
  /** The name that DuckDB has for it, where it reads it (`utf-8`, `latin-1`), else that of `TextDecoder`. */
  readonly encoding: string;
  /** What stands between groups of digits of a decimal, and before its fraction. */
  readonly group: string;
  readonly point: string;
  /** Whether inference tries dates before moments. */
  readonly preferDate: boolean;
  readonly trimLeft: boolean;
  readonly trimRight: boolean;
  readonly enforceSchema: boolean;
  readonly dateFormat: string | null;
  readonly timestampFormat: string | null;
}

/** What Spark calls the column of records that could not be read. */
export const CORRUPT = '_corrupt_record';

const ENCODINGS: ReadonlyMap<string, string> = new Map([
  ['utf-8', 'utf-8'],
  ['utf8', 'utf-8'],
  ['us-ascii', 'utf-8'],
  ['iso-8859-1', 'latin-1'],
  ['latin1', 'latin-1'],
  ['latin-1', 'latin-1'],
]);

/** The format that checked reader options ask for. */
export function csvFormat(options: Readonly<Record<string, unknown>>): CsvFormat {
  const owner = 'read.csv';
  const text = (name: string, fallback: string) => (options[name] as string | undefined) ?? fallback;
  const flag = (name: string, fallback = false) => (options[name] as boolean | undefined) ?? fallback;
  const one = (name: string, fallback: string) => {
    const value = text(name, fallback);
    if ([...value].length > 1)
      throw new MlError('PARAM_INVALID', `${owner}: option ${name} must be one character, got ${show(value)}`, { param: name, value });
    return value === '\0' ? '' : value;
  };
  const mode = text('mode', 'PERMISSIVE').toUpperCase();
  if (mode !== 'PERMISSIVE' && mode !== 'DROPMALFORMED' && mode !== 'FAILFAST') {
    throw new MlError('PARAM_INVALID', `${owner}: option mode must be PERMISSIVE, DROPMALFORMED or FAILFAST, got ${show(mode)}`, {
      param: 'mode',
      value: mode,
    });
  }
  const sep = delimiterOf(owner, text('sep', ','));
  const encoding = encodingOf(text('encoding', 'utf-8'));
  const lineSep = options.lineSep === undefined ? null : text('lineSep', '');
  if (lineSep !== null && (lineSep.length < 1 || lineSep.length > 2)) {
    throw new MlError('PARAM_INVALID', `${owner}: option lineSep must be one or two characters, got ${show(lineSep)}`, { param: 'lineSep' });
  }
  refuseSampling(owner, options);
  const maxColumns = (options.maxColumns as number | undefined) ?? null;
  if (maxColumns !== null && !(Number.isInteger(maxColumns) && maxColumns > 0)) {
    throw new MlError('PARAM_INVALID', `${owner}: option maxColumns must be a whole number above 0, got ${maxColumns}`, { param: 'maxColumns' });
  }
  return {
    header: flag('header'),
    inferSchema: flag('inferSchema'),
    sep,
    quote: one('quote', '"'),
    escape: one('escape', '\\'),
    escapeEscape: options.charToEscapeQuoteEscaping === undefined ? null : one('charToEscapeQuoteEscaping', ''),
    comment: one('comment', ''),
    nullValue: text('nullValue', ''),
    emptyValue: text('emptyValue', ''),
    nanValue: text('nanValue', 'NaN'),
    positiveInf: text('positiveInf', 'Inf'),
    negativeInf: text('negativeInf', '-Inf'),
    corruptColumn: text('columnNameOfCorruptRecord', CORRUPT),
    mode,
    multiLine: flag('multiLine'),
    lineSep,
    whole: flag('multiLine') || lineSep !== null || ![...ENCODINGS.values()].includes(encoding),
    maxColumns,
    encoding,
    ...separators(text('locale', 'en-US')),
    preferDate: flag('preferDate', true),
    trimLeft: flag('ignoreLeadingWhiteSpace'),
    trimRight: flag('ignoreTrailingWhiteSpace'),
    enforceSchema: flag('enforceSchema', true),
    dateFormat: (options.dateFormat as string | undefined) ?? null,
    timestampFormat: (options.timestampFormat as string | undefined) ?? null,
  };
}

const ESCAPED: ReadonlyMap<string, string> = new Map([
  ...['t\t', 'r\r', 'b\b', 'f\f'].map(([letter, char]) => [letter, char] as const),
  ...['"', "'", '\\'].map((char) => [char, char] as const),
]);

/** A separator, in which `\t` and the like stand for a character, and two backslashes for one. */
export function delimiterOf(owner: string, given: string): string {
  const sep = given.replace(/\\(.?)/gsu, (pair, letter: string) => {
    const char = ESCAPED.get(letter);
    if (char !== undefined) return char;
    const remedy = 'a backslash is written as two';
    throw new MlError('PARAM_INVALID', `${owner}: option sep must not hold ${show(pair)}, got ${show(given)}; ${remedy}`, {
      param: 'sep',
      value: given,
    });
  });
  if (sep === '') throw new MlError('PARAM_INVALID', `${owner}: option sep must not be empty`, { param: 'sep', value: sep });
  return sep;
}

function encodingOf(name: string): string {
  const known = ENCODINGS.get(name.toLowerCase());
  if (known) return known;
  try {
    return new TextDecoder(name).encoding;
  } catch {
    const must = 'be one that this machine knows, such as UTF-8, ISO-8859-1, windows-1252 or UTF-16LE';
    throw new MlError('NOT_SUPPORTED', `read.csv: option encoding must ${must}, got ${show(name)}`, { param: 'encoding', value: name });
  }
}

/** What a locale writes into decimals: Spark reads nothing else by it, but names of months and days. */
function separators(locale: string): { group: string; point: string } {
  try {
    const parts = new Intl.NumberFormat(locale, { useGrouping: true }).formatToParts(1234567.5);
    const sign = (type: string, fallback: string) => parts.find((part) => part.type === type)?.value ?? fallback;
    return { group: sign('group', ','), point: sign('decimal', '.') };
  } catch (cause) {
    const message = `read.csv: option locale must be a language tag such as en-US or de-DE, got ${show(locale)}`;
    throw new MlError('PARAM_INVALID', message, { param: 'locale', value: locale }, { cause });
  }
}

/** Types are inferred from all values: a share of them, drawn by chance, would say less. */
export function refuseSampling(owner: string, { samplingRatio }: Readonly<Record<string, unknown>>): void {
  if (samplingRatio === undefined || samplingRatio === 1) return;
  const remedy = 'types are inferred from all rows; leave it out, or give a schema';
  throw new MlError('NOT_SUPPORTED', `${owner}: option samplingRatio must be 1, got ${show(samplingRatio)}: ${remedy}`, { param: 'samplingRatio' });
}
