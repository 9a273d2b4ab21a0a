import { MlError, show } from '../../../../error.ts';
import { type DataType, isNumeric } from '../../../../frame/types.ts';
import { charsetNames } from '../../scripted/charsets.ts';
import { castSql } from '../cast.ts';
import { text } from '../duck-type.ts';
import { BINARY, failure, INT, isFraction, LONG, TEXT, type Typed, typeError } from '../typed.ts';
import { asText, bytes, constant, ofText, type Rules, rule } from './rule.ts';

/** Its length goes before each text, so that no two lists of values give one text. */
function keyText(x: Typed): string {
  if (['array', 'map', 'struct', 'vector', 'matrix'].includes(x.type.kind))
    throw typeError('groupBy', 'by plain values where a summary stands', x.type);
  const value = asText(isFraction(x.type) ? { ...x, sql: `(${x.sql} + 0)` } : x);
  return `coalesce(length(${value}) || ':' || ${value}, 'null,')`;
}

/** Arguments of a hash: times as the numbers that they are. */
function hashed(name: string, args: readonly Typed[]): string {
  return args.map((a) => hashable(name, a.sql, a.type)).join(', ');
}

function hashable(name: string, sql: string, type: DataType): string {
  if (type.kind === 'date') return `CAST(date_diff('day', DATE '1970-01-01', ${sql}) AS INTEGER)`;
  if (type.kind === 'timestamp') return `epoch_us(${sql})`;
  if (type.kind === 'array') {
    const item = hashable(name, 'h_', type.element);
    return item === 'h_' ? sql : `list_transform(${sql}, lambda h_: ${item})`;
  }
  const plain = type.kind !== 'struct' || type.fields.every((f) => hashable(name, 'h_', f.type) === 'h_');
  if (plain && !['map', 'vector', 'matrix'].includes(type.kind)) return sql;
  throw typeError(name, 'called with numbers, texts, booleans, times, binaries, and arrays and structs of them', type);
}

/** A call of `encode` or `decode`. */
function recoded(name: string, value: string, charset: Typed | undefined): string {
  const given = String(charset === undefined ? 'UTF-8' : constant(name, 'charset', charset));
  const known = given.toUpperCase();
  if (known === 'UTF-8') return `${name}(${value})`;
  if (charsetNames.includes(known)) return `spark_${name}(${value}, ${text(known)})`;
  throw new MlError('EXPRESSION_INVALID', `${name}: charset must be UTF-8, ${charsetNames.join(', ')}, got ${show(given)}`, { value: given });
}

function base(arg: Typed): number {
  const given = Number(constant('conv', 'base', arg));
  if (Number.isInteger(given) && Math.abs(given) >= 2 && Math.abs(given) <= 36) return given;
  throw new MlError('EXPRESSION_INVALID', `conv: a base must be 2 to 36, or -36 to -2 for signed numbers, got ${show(arg.literal)}`, {
    value: arg.literal,
  });
}

const DIGITS = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ';

/** A number of 64 bits from one base to another; digits count as far as they are some. To a negative base the number keeps its sign. */
function converted(x: string, from: number, to: number): string {
  const known = DIGITS.slice(0, Math.abs(from));
  const size = BigInt(Math.abs(to));
  const powers: bigint[] = [];
  for (let power = 1n; power < 2n ** 64n; power *= size) powers.unshift(power);
  const digits = `regexp_extract(upper(trim(${x})), '^-?([${known}]*)', 1)`;
  const summed = `list_reduce(list_prepend(0::HUGEINT, list_transform(string_split(${digits}, ''), lambda c_: CAST(instr('${DIGITS}', c_) - 1 AS HUGEINT))), lambda a_, c_: a_ * ${Math.abs(from)} + c_)`;
  const signed = `CASE WHEN starts_with(trim(${x}), '-') THEN -(${summed}) ELSE ${summed} END`;
  const limit = `${2n ** 64n}::HUGEINT`;
  const large = failure('conv: number must fit into 64 bits, got ', x);
  const unsigned = to > 0 ? `CASE WHEN v_ < 0 THEN v_ + ${limit} ELSE v_ END` : 'abs(v_)';
  const written = `ltrim(array_to_string(list_transform([${powers.map((p) => `${p}::HUGEINT`).join(', ')}], lambda p_: '${DIGITS}'[CAST((u_ // p_) % ${size} AS INTEGER) + 1]), ''), '0')`;
  const sign = to < 0 ? "CASE WHEN v_ < 0 THEN '-' ELSE '' END" : "''";
  const one = `list_transform([${unsigned}], lambda u_: CASE WHEN u_ = 0 THEN '0' ELSE ${sign} || ${written} END)[1]`;
  return `CASE WHEN ${x} IS NULL OR ${digits} = '' THEN CASE WHEN ${x} <> '' THEN '0' END WHEN length(ltrim(${digits}, '0')) > 64 THEN ${large} ELSE list_transform([${signed}], lambda v_: CASE WHEN abs(v_) >= ${limit} THEN ${large} ELSE ${one} END)[1] END`;
}

/** Functions of the bytes of a value: hashes, and texts that spell them. */
export const ENCODING_RULES: Rules = [
  ['md5', rule(1, 1, ([x]) => ({ sql: `md5(${bytes(x)})`, type: TEXT }))],
  ['sha sha1', rule(1, 1, ([x]) => ({ sql: `sha1(${bytes(x)})`, type: TEXT }))],
  [
    'sha2',
    rule(2, 2, ([x, bits]) => {
      const n = Number(constant('sha2', 'number of bits', bits));
      if (n === 256 || n === 0) return { sql: `sha256(${bytes(x)})`, type: TEXT };
      if (![224, 384, 512].includes(n)) {
        throw new MlError('EXPRESSION_INVALID', `sha2: number of bits must be 0, 224, 256, 384 or 512, got ${show(bits.literal)}`, {
          value: bits.literal,
        });
      }
      return { sql: `spark_sha2(${bytes(x)}, ${n})`, type: TEXT };
    }),
  ],
  [
    'crc32',
    rule(1, 1, ([x]) => {
      if (x.type.kind !== 'binary' && x.type.kind !== 'string' && x.type.kind !== 'void') throw typeError('crc32', 'a text or binary', x.type);
      return { sql: `spark_crc32(${bytes(x)})`, type: LONG };
    }),
  ],
  // The values of a group's keys as one text, by which groups are told apart; for the engine itself.
  ['group_text', rule(1, Number.POSITIVE_INFINITY, (args) => ({ sql: args.map(keyText).join(' || '), type: TEXT, nullable: false }))],
  ['hash', rule(1, Number.POSITIVE_INFINITY, (args, { name }) => ({ sql: `spark_hash(${hashed(name, args)})`, type: INT, nullable: false }))],
  [
    'xxhash64',
    rule(1, Number.POSITIVE_INFINITY, (args, { name }) => ({ sql: `spark_xxhash64(${hashed(name, args)})`, type: LONG, nullable: false })),
  ],
  ['base64', rule(1, 1, ([x]) => ({ sql: `base64(${bytes(x)})`, type: TEXT }))],
  ['unbase64', rule(1, 1, ([x]) => ({ sql: `from_base64(${asText(x)})`, type: BINARY }))],
  ['hex', rule(1, 1, ([x]) => ({ sql: `hex(${isNumeric(x.type) || x.type.kind === 'void' ? castSql(x, LONG).sql : bytes(x)})`, type: TEXT }))],
  ['unhex', ofText(1, BINARY, (x) => `CASE WHEN regexp_full_match(${x}, '[0-9a-fA-F]*') THEN unhex(${x}) END`)],
  ['encode', rule(1, 2, ([x, charset], { name }) => ({ sql: recoded(name, asText(x), charset), type: BINARY }))],
  ['decode', rule(1, 2, ([x, charset], { name }) => ({ sql: recoded(name, bytes(x), charset), type: TEXT }))],
  ['url_encode', ofText(1, TEXT, (x) => `replace(replace(replace(url_encode(${x}), '%20', '+'), '~', '%7E'), '%2A', '*')`)],
  ['conv', rule(3, 3, ([x, from, to]) => ({ sql: converted(asText(x), base(from), base(to)), type: TEXT, nullable: true }))],
];
