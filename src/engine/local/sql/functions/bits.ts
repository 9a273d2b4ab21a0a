import { castSql } from '../cast.ts';
import { commonType } from '../coerce.ts';
import { duckType } from '../duck-type.ts';
import { BYTE, failure, INT, isInteger, LONG, TEXT, typeError } from '../typed.ts';
import { asInt, type Rules, rule } from './rule.ts';

const bits = (operator: string, build: (x: string, y: string) => string) =>
  rule(2, 2, ([x, y]) => {
    const type = commonType(x.type, y.type);
    if (!type || !isInteger(type)) throw typeError(operator, 'whole numbers', x.type, y.type);
    return { sql: build(castSql(x, type).sql, castSql(y, type).sql), type };
  });

/** The widths of types, where bits have places. */
const BITS: Readonly<Record<string, number>> = { byte: 8, short: 16, int: 32 };

/** `x << n` within the type's width. */
const shift = (left: boolean) =>
  rule(2, 2, ([x, n], { name }) => {
    const type = x.type.kind === 'long' ? LONG : INT;
    const width = type === LONG ? 64 : 32;
    const by = `(${asInt(name, n)} & ${width - 1})`;
    const v = castSql(x, type).sql;
    if (!left) return { sql: `(${v} >> ${by})`, type };
    const wide = `((${v}::HUGEINT * (1::HUGEINT << ${by})) & ${2n ** BigInt(width) - 1n}::HUGEINT)`;
    return {
      sql: `CAST(CASE WHEN ${wide} >= ${2n ** BigInt(width - 1)}::HUGEINT THEN ${wide} - ${2n ** BigInt(width)}::HUGEINT ELSE ${wide} END AS ${duckType(type)})`,
      type,
    };
  });

/** Functions of the bits of whole numbers. */
export const BIT_RULES: Rules = [
  ['&', bits('bitwiseAND', (x, y) => `(${x} & ${y})`)],
  ['|', bits('bitwiseOR', (x, y) => `(${x} | ${y})`)],
  ['^', bits('bitwiseXOR', (x, y) => `xor(${x}, ${y})`)],
  [
    'bitwise_not ~',
    rule(1, 1, ([x]) => {
      if (!isInteger(x.type)) throw typeError('bitwise_not', 'a whole number', x.type);
      return { sql: `(~${x.sql})`, type: x.type };
    }),
  ],
  ['shiftleft', shift(true)],
  ['shiftright', shift(false)],
  [
    'shiftrightunsigned',
    rule(2, 2, ([x, n], { name }) => {
      const type = x.type.kind === 'long' ? LONG : INT;
      const [width, v] = [type === LONG ? 64 : 32, castSql(x, type).sql];
      const by = `(${asInt(name, n)} & ${width - 1})`;
      const unsigned = `(CASE WHEN ${v} < 0 THEN ${v}::HUGEINT + ${2n ** BigInt(width)}::HUGEINT ELSE ${v}::HUGEINT END)`;
      return { sql: `CAST(CASE WHEN ${by} = 0 THEN ${v}::HUGEINT ELSE ${unsigned} // (1::HUGEINT << ${by}) END AS ${duckType(type)})`, type };
    }),
  ],
  ['bit_count', rule(1, 1, ([x]) => ({ sql: `CAST(bit_count(CAST(${x.sql} AS BIGINT)) AS INTEGER)`, type: INT }))],
  [
    'getbit bit_get',
    rule(2, 2, ([x, at], { name }) => {
      if (!isInteger(x.type) && x.type.kind !== 'void') throw typeError(name, 'a whole number', x.type);
      const [v, i] = [castSql(x, LONG).sql, asInt(name, at)];
      const width = BITS[x.type.kind] ?? 64;
      const outside = failure(`${name}: position must be 0 to ${width - 1}, got `, i);
      return { sql: `CASE WHEN ${i} < 0 OR ${i} >= ${width} THEN ${outside} ELSE CAST((${v} >> ${i}) & 1 AS TINYINT) END`, type: BYTE };
    }),
  ],
  ['bin', rule(1, 1, ([x]) => ({ sql: `bin(${castSql(x, LONG).sql})`, type: TEXT }))],
];
