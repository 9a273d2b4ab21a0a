import { MlError, show } from '../../../../error.ts';
import { isNumeric } from '../../../../frame/types.ts';
import { digitsOf, numberFormat } from '../../scripted/number-format.ts';
import { castSql } from '../cast.ts';
import { decimalType } from '../coerce.ts';
import { duckType, text } from '../duck-type.ts';
import { BINARY, type Built, DOUBLE, failure, isFraction, TEXT, type Typed, typeError } from '../typed.ts';
import { asText, constant, type Rules, rule } from './rule.ts';
import { patternOf, printed } from './time.ts';

/** How bytes are spelt. */
const SPELLED: ReadonlyMap<string, (bytes: string) => string> = new Map([
  ['hex', (x: string) => `hex(${x})`],
  ['base64', (x: string) => `base64(${x})`],
  ['utf-8', (x: string) => `decode(${x})`],
]);

const READ: ReadonlyMap<string, (x: string) => string> = new Map([
  [
    'hex',
    (x: string) => `CASE WHEN regexp_full_match(${x}, '[0-9a-fA-F]*') THEN unhex(CASE WHEN length(${x}) % 2 = 1 THEN '0' ELSE '' END || ${x}) END`,
  ],
  [
    'base64',
    (x: string) => `CASE WHEN regexp_full_match(${x}, '([A-Za-z0-9+/]{4})*([A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?') THEN from_base64(${x}) END`,
  ],
  ['utf-8', (x: string) => `encode(${x})`],
]);

/** One of the ways to spell bytes. */
function spelling<T>(owner: string, format: Typed | undefined, known: ReadonlyMap<string, T>): T {
  const given = format ? String(constant(owner, 'format', format)) : 'hex';
  const found = known.get(given.toLowerCase().replace(/^utf8$/, 'utf-8'));
  if (found) return found;
  throw new MlError('EXPRESSION_INVALID', `${owner}: format must be hex, base64 or utf-8, got ${show(given)}`, { value: given });
}

function characters([x, format]: readonly Typed[]): Built {
  const given = String(constant('to_char', 'format', format));
  if (x.type.kind === 'binary') {
    const spelt = given.toLowerCase();
    const name = spelt === 'utf-8' ? `decode(${x.name}, ${given})` : `${spelt}(${x.name})`;
    return { sql: spelling('to_char', format, SPELLED)(x.sql), type: TEXT, name };
  }
  if (x.type.kind === 'date' || x.type.kind === 'timestamp')
    return {
      sql: printed('to_char', `CAST(${x.sql} AS TIMESTAMP)`, patternOf('to_char', format)),
      type: TEXT,
      name: `date_format(${x.name}, ${given})`,
    };
  if (!isNumeric(x.type) && x.type.kind !== 'string' && x.type.kind !== 'void') throw typeError('to_char', 'given a number, a time or bytes', x.type);
  numberFormat('to_char', given);
  const number = x.type.kind === 'string' ? castSql(x, DOUBLE) : x;
  const exact = isFraction(number.type) ? castSql(number, decimalType(30, 15)) : number;
  const name = `to_char(${x.name}, ${given})`;
  return { sql: `spark_to_char(CAST(${exact.sql} AS VARCHAR), ${text(given)})`, type: TEXT, name, nullable: true };
}

function number(owner: string, [x, format]: readonly Typed[]): Built {
  const given = String(constant(owner, 'format', format));
  const [whole, fraction] = digitsOf(numberFormat(owner, given));
  if (whole + fraction > 38)
    throw new MlError('EXPRESSION_INVALID', `${owner}: format must have at most 38 digits, got ${show(given)}`, { value: given });
  const type = decimalType(whole + fraction, fraction);
  const s = asText(x);
  const sql = `CAST(spark_to_number(${s}, ${text(given)}) AS ${duckType(type)})`;
  if (owner.startsWith('try_')) return { sql, type, nullable: true };
  const otherwise = failure(`${owner}: text must be a number by the format ${given}, got `, s, '; tryToNumber makes such values null');
  return { sql: `CASE WHEN ${s} IS NOT NULL THEN coalesce(${sql}, ${otherwise}) END`, type, nullable: true };
}

function binary(owner: string, [x, format]: readonly Typed[]): Built {
  const s = asText(x);
  const sql = spelling(owner, format, READ)(s);
  if (owner.startsWith('try_')) return { sql, type: BINARY, nullable: true };
  const otherwise = failure(`${owner}: text must spell bytes by its format, got `, s, '; tryToBinary makes such values null');
  return { sql: `CASE WHEN ${s} IS NOT NULL THEN coalesce(${sql}, ${otherwise}) END`, type: BINARY, nullable: true };
}

/** Numbers and bytes as texts by a format, and back. */
export const FORMAT_RULES: Rules = [
  ['to_char to_varchar', rule(2, 2, characters)],
  ['to_number try_to_number', rule(2, 2, (args, { name }) => number(name, args))],
  ['to_binary try_to_binary', rule(1, 2, (args, { name }) => binary(name, args))],
];
