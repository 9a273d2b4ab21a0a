import { MlError, show } from '../../../../error.ts';
import { type DataType, typeName } from '../../../../frame/types.ts';
import { castSql } from '../../sql/cast.ts';
import { DATE_LETTERS, readByPattern } from '../../sql/date-pattern.ts';
import { duckType, text } from '../../sql/duck-type.ts';
import type { CsvFormat } from './options.ts';

const INTEGER = '[+-]?[0-9]+';
const NUMBER = '[+-]?([0-9]+[.]?[0-9]*|[.][0-9]+)([eE][+-]?[0-9]+)?';
const DATE = '[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}';
const TIMESTAMP = `${DATE}([ T]([01]?[0-9]|2[0-3])(:[0-9]{1,2}(:[0-9]{1,2}([.][0-9]{1,9})?)?( ?(Z|UTC|[+-][0-9]{1,2}:?([0-9]{2})?))?)?)?`;

const matches = (x: string, pattern: string) => `regexp_full_match(${x}, ${text(pattern)})`;

/** What Spark falls back to where its form of dates and moments does not fit: the rules of its cast. */
const asCast = (x: string, type: DataType) => castSql({ sql: x, type: { kind: 'string' }, nullable: true, name: '' }, type, true).sql;

/** SQL that reads the text `x` as `type` by the rules of Spark's CSV reader; null where it cannot. */
export function csvCast(x: string, type: DataType, format: CsvFormat): string {
  switch (type.kind) {
    case 'string':
      return x;
    case 'boolean':
      return `CASE lower(${x}) WHEN 'true' THEN true WHEN 'false' THEN false END`;
    case 'byte':
    case 'short':
    case 'int':
    case 'long':
      return `CASE WHEN ${matches(x, INTEGER)} THEN TRY_CAST(${x} AS ${duckType(type)}) END`;
    case 'float':
    case 'double': {
      const named = [
        [format.nanValue, 'nan'],
        [format.positiveInf, 'inf'],
        [format.negativeInf, '-inf'],
        ['NaN', 'nan'],
        ['Infinity', 'inf'],
        ['+Infinity', 'inf'],
        ['-Infinity', '-inf'],
      ].map(([word, value]) => `WHEN ${x} = ${text(word)} THEN '${value}'::${duckType(type)}`);
      const number = `TRY_CAST(rtrim(trim(${x}, ' \t'), 'dDfF') AS ${duckType(type)})`;
      return `CASE WHEN ${matches(x, `[ \t]*${NUMBER}[dDfF]?[ \t]*`)} THEN ${number} ${named.join(' ')} END`;
    }
    case 'decimal':
      return decimalSql(x, type, format);
    case 'date':
      if (format.dateFormat !== null) return `CAST(${byPattern('read.csv', x, 'dateFormat', format.dateFormat)} AS DATE)`;
      return `CASE WHEN ${matches(x, `[ ]*${DATE}[ ]*`)} THEN TRY_CAST(trim(${x}) AS DATE) ELSE ${asCast(x, type)} END`;
    case 'timestamp':
      if (format.timestampFormat !== null) return byPattern('read.csv', x, 'timestampFormat', format.timestampFormat);
      return `coalesce(CASE WHEN ${matches(x, TIMESTAMP)} THEN CAST(TRY_CAST(${x} AS TIMESTAMPTZ) AS TIMESTAMP) END, ${asCast(x, type)})`;
    case 'binary':
      return `encode(${x})`;
    default:
      throw new MlError(
        'NOT_SUPPORTED',
        `read.csv: a CSV column must be a number, text, boolean, date or timestamp, the schema says ${typeName(type)}`,
        {
          value: typeName(type),
        },
      );
  }
}

/** A decimal, between whose digits the locale's separators may stand anywhere. */
function decimalSql(x: string, type: DataType, format: CsvFormat): string {
  const plain = digits(x, format);
  // Java's formats of other locales know only a capital E, without a plus.
  const number = isEnglish(format) ? NUMBER : '-?([0-9]+[.]?[0-9]*|[.][0-9]+)(E-?[0-9]+)?';
  return `CASE WHEN ${matches(plain, number)} THEN TRY_CAST(${plain} AS ${duckType(type)}) END`;
}

const isEnglish = ({ group, point }: CsvFormat) => group === ',' && point === '.';

function digits(x: string, { group, point }: CsvFormat): string {
  const ungrouped = `replace(${x}, ${text(group)}, '')`;
  return point === '.' ? ungrouped : `replace(${ungrouped}, ${text(point)}, '.')`;
}

/** The digits of a number that inference sees: groups of digits only where the locale is not the default. */
export function inferredDigits(x: string, format: CsvFormat): string {
  return isEnglish(format) ? x : digits(x, format);
}

/** Condition under which inference takes `x` (not null) for a moment. */
export function isMoment(x: string, format: CsvFormat): string {
  const form = format.timestampFormat === null ? `${matches(x, `[ ]*(${TIMESTAMP}|[0-9]{4}-[0-9]{1,2})[ ]*`)} AND ` : '';
  return `${form}${csvCast(x, { kind: 'timestamp' }, format)} IS NOT NULL`;
}

/** Condition under which `x` (not null) is a date in the strict form that inference takes for one. */
export function isDate(x: string, format: CsvFormat): string {
  if (format.dateFormat !== null) return `${csvCast(x, { kind: 'date' }, format)} IS NOT NULL`;
  return `(${matches(x, '[0-9]{4}-[0-9]{2}-[0-9]{2}')} AND TRY_CAST(${x} AS DATE) IS NOT NULL)`;
}

export function isWholeNumber(x: string, format: CsvFormat): string {
  return matches(inferredDigits(x, format), `${INTEGER}[.]?`);
}

/** As the options dateFormat and timestampFormat take them: with offsets from UTC. */
const LETTERS: ReadonlyMap<string, string> = new Map([...DATE_LETTERS, ...['X', 'XX', 'XXX', 'Z'].map((letters) => [letters, '%z'] as const)]);

/** A text read by a pattern of an option. */
export function byPattern(owner: string, x: string, param: 'dateFormat' | 'timestampFormat', pattern: string): string {
  const refuse = () =>
    new MlError('NOT_SUPPORTED', `${owner}: option ${param} must be made of ${[...LETTERS.keys()].join(' ')}, got ${show(pattern)}`, {
      param,
      value: pattern,
    });
  return readByPattern(x, pattern, LETTERS, refuse);
}
