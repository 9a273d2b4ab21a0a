import { MlError, show } from '../../../../error.ts';
import type { DataType } from '../../../../frame/types.ts';
import { castSql } from '../cast.ts';
import { unify } from '../coerce.ts';
import { text } from '../duck-type.ts';
import { like } from '../operators.ts';
import { arrayOf, BINARY, BOOLEAN, type Built, DOUBLE, failure, INT, isFraction, isInteger, LONG, TEXT, type Typed, typeError } from '../typed.ts';
import { halfEven, roundDouble } from './number.ts';
import { asInt, asText, bytes, constant, joined, notNegative, ofText, type Rules, rule } from './rule.ts';

/** Spark's substring: position 1 is the first, 0 means 1, negative ones count from the end. */
function substring(x: string, { kind }: DataType, position: string, length: string): string {
  const size = kind === 'binary' ? 'octet_length' : 'length';
  const start = `(CASE WHEN ${position} > 0 THEN ${position} - 1 WHEN ${position} < 0 THEN ${size}(${x}) + ${position} WHEN ${position} = 0 THEN 0 END)`;
  const end = `(${start} + CAST(${length} AS BIGINT))`;
  const from = `(${notNegative(start)})`;
  const count = `(${notNegative(`(${end} - ${from})`)})`;
  return kind === 'binary' ? `array_slice(${x}, ${from} + 1, ${from} + ${count})` : `substring(${x}, ${from} + 1, ${count})`;
}

/** The text with `by` in place of `length` characters from `position` on; without a length of as many as `by` has. */
function overlaid([x, by, position, length]: readonly Typed[]): Built {
  const type = x.type.kind === 'binary' && by.type.kind === 'binary' ? BINARY : TEXT;
  const [s, b] = type === BINARY ? [x.sql, by.sql] : [asText(x), asText(by)];
  const [p, n] = [asInt('overlay', position), length ? asInt('overlay', length) : '-1'];
  const size = type === BINARY ? 'octet_length' : 'length';
  const after = `(${p} + CASE WHEN ${n} < 0 THEN ${size}(${b}) ELSE ${n} END)`;
  return { sql: `(${substring(s, type, '1', `(${p} - 1)`)} || ${b} || ${substring(s, type, after, '2147483647')})`, type };
}

const PAD = (side: 'lpad' | 'rpad') =>
  rule(2, 3, ([x, length, pad]) => {
    if (x.type.kind === 'binary' && (!pad || pad.type.kind === 'binary'))
      return paddedBytes(side, x.sql, asInt(side, length), pad?.sql ?? "'\\x00'::BLOB");
    const [s, n, p] = [asText(x), asInt(side, length), pad ? asText(pad) : "' '"];
    return {
      sql: `CASE WHEN ${s} IS NULL OR ${n} IS NULL OR ${p} IS NULL THEN NULL WHEN ${n} <= 0 THEN '' WHEN length(${s}) >= ${n} OR ${p} = '' THEN left(${s}, ${n}) ELSE ${side}(${s}, ${n}, ${p}) END`,
      type: TEXT,
    };
  });

/** Bytes filled up, or cut, to `n` ones. */
function paddedBytes(side: 'lpad' | 'rpad', x: string, n: string, pad: string): Built {
  const filled = `unhex(left(repeat(hex(${pad}), CAST(ceil((${n} - octet_length(${x})) / octet_length(${pad})) AS INTEGER)), 2 * (${n} - octet_length(${x}))))`;
  const whole = side === 'lpad' ? `${filled} || ${x}` : `${x} || ${filled}`;
  const cut = `octet_length(${x}) >= ${n} OR octet_length(${pad}) = 0`;
  return {
    sql: `CASE WHEN ${x} IS NULL OR ${n} IS NULL OR ${pad} IS NULL THEN NULL WHEN ${cut} THEN ${substring(x, BINARY, '1', n)} ELSE ${whole} END`,
    type: BINARY,
  };
}

const TRIM = (duck: string) =>
  rule(1, 2, ([x, chars]) => {
    const without = chars ? asText(chars) : "' '";
    const sql = `${duck}(${asText(x)}, ${without})`;
    return { sql: chars ? `CASE WHEN ${without} IS NOT NULL THEN ${sql} END` : sql, type: TEXT };
  });

export const TEXT_RULES: Rules = [
  ['upper ucase', ofText(1, TEXT, (x) => `upper(replace(${x}, 'ß', 'SS'))`)],
  ['lower lcase', ofText(1, TEXT, (x) => `lower(replace(${x}, 'İ', 'i̇'))`)],
  ['trim btrim', TRIM('trim')],
  ['ltrim', TRIM('ltrim')],
  ['rtrim', TRIM('rtrim')],
  [
    'length char_length character_length len',
    rule(1, 1, ([x]) => ({
      sql: x.type.kind === 'binary' ? `CAST(octet_length(${x.sql}) AS INTEGER)` : `CAST(length(${asText(x)}) AS INTEGER)`,
      type: INT,
    })),
  ],
  ['octet_length', rule(1, 1, ([x]) => ({ sql: `CAST(octet_length(${bytes(x)}) AS INTEGER)`, type: INT }))],
  ['bit_length', rule(1, 1, ([x]) => ({ sql: `CAST(octet_length(${bytes(x)}) * 8 AS INTEGER)`, type: INT }))],
  [
    'concat',
    rule(0, Number.POSITIVE_INFINITY, (args) => {
      if (args.length === 0) return { sql: "''", type: TEXT, nullable: false };
      if (args.every((a) => a.type.kind === 'array')) {
        const { values, type } = unify('concat', args);
        const joined = values.map((v) => v.sql).reduce((a, b) => `list_concat(${a}, ${b})`);
        return { sql: `CASE WHEN ${values.map((v) => `${v.sql} IS NOT NULL`).join(' AND ')} THEN ${joined} END`, type };
      }
      if (args.every((a) => a.type.kind === 'binary')) return { sql: `(${args.map((a) => a.sql).join(' || ')})`, type: BINARY };
      return { sql: `(${args.map(asText).join(' || ')})`, type: TEXT };
    }),
  ],
  [
    'concat_ws',
    rule(1, Number.POSITIVE_INFINITY, ([separator, ...parts]) => {
      const lists = parts.map((p) => (p.type.kind === 'array' ? `coalesce(${castSql(p, arrayOf(TEXT)).sql}, [])` : `[${asText(p)}]`));
      const all = lists.reduce((a, b) => `list_concat(${a}, ${b})`, 'CAST([] AS VARCHAR[])');
      const kept = `list_filter(${all}, lambda v_: v_ IS NOT NULL)`;
      return { sql: joined(kept, separator), type: TEXT, nullable: separator.nullable };
    }),
  ],
  [
    'substring substr',
    rule(2, 3, ([x, position, length], { name }) => {
      const of = x.type.kind === 'binary' ? { sql: x.sql, type: BINARY } : { sql: asText(x), type: TEXT };
      return { sql: substring(of.sql, of.type, asInt(name, position), length ? asInt(name, length) : '2147483647'), type: of.type };
    }),
  ],
  [
    'left',
    rule(2, 2, ([x, n]) => {
      if (x.type.kind === 'binary') return { sql: substring(x.sql, BINARY, '1', asInt('left', n)), type: BINARY };
      return { sql: `left(${asText(x)}, ${notNegative(asInt('left', n))})`, type: TEXT };
    }),
  ],
  ['right', rule(2, 2, ([x, n]) => ({ sql: `right(${asText(x)}, ${notNegative(asInt('right', n))})`, type: TEXT }))],
  [
    'substring_index',
    rule(3, 3, ([x, delimiter, count]) => {
      const [s, d, n] = [asText(x), asText(delimiter), asInt('substring_index', count)];
      const parts = `string_split(${s}, ${d})`;
      const head = joined(`list_slice(${parts}, 1, ${n})`, delimiter);
      const tail = joined(`list_slice(${parts}, greatest(len(${parts}) + ${n} + 1, 1), len(${parts}))`, delimiter);
      return {
        sql: `CASE WHEN ${s} IS NULL OR ${d} IS NULL OR ${n} IS NULL THEN NULL WHEN ${d} = '' OR ${n} = 0 THEN '' WHEN ${n} > 0 THEN ${head} ELSE ${tail} END`,
        type: TEXT,
      };
    }),
  ],
  ['instr', ofText(2, INT, (x, part) => `CAST(instr(${x}, ${part}) AS INTEGER)`)],
  [
    'locate position',
    rule(2, 3, ([part, x, from]) => {
      const [p, s] = [asText(part), asText(x)];
      if (!from) return { sql: `CAST(instr(${s}, ${p}) AS INTEGER)`, type: INT };
      const n = asInt('locate', from);
      const found = `instr(substring(${s}, ${n}), ${p})`;
      return {
        sql: `CASE WHEN ${n} IS NULL THEN 0 WHEN ${s} IS NULL OR ${p} IS NULL THEN NULL WHEN ${n} < 1 THEN 0 WHEN ${p} = '' THEN 1 WHEN ${found} = 0 THEN 0 ELSE CAST(${found} + ${n} - 1 AS INTEGER) END`,
        type: INT,
      };
    }),
  ],
  ['lpad', PAD('lpad')],
  ['rpad', PAD('rpad')],
  ['repeat', rule(2, 2, ([x, n]) => ({ sql: `repeat(${asText(x)}, ${notNegative(asInt('repeat', n))})`, type: TEXT }))],
  ['space', rule(1, 1, ([n]) => ({ sql: `repeat(' ', ${notNegative(asInt('space', n))})`, type: TEXT }))],
  [
    'reverse',
    rule(1, 1, ([x]) =>
      x.type.kind === 'array'
        ? { sql: `list_reverse(${x.sql})`, type: x.type }
        : { sql: `array_to_string(list_reverse(string_split(${asText(x)}, '')), '')`, type: TEXT },
    ),
  ],
  [
    'replace',
    rule(2, 3, ([x, search, by]) => {
      const [s, from, to] = [asText(x), asText(search), by ? asText(by) : "''"];
      return { sql: `CASE WHEN ${from} = '' THEN ${s} ELSE replace(${s}, ${from}, ${to}) END`, type: TEXT };
    }),
  ],
  ['translate', rule(3, 3, ([x, from, to]) => ({ sql: `translate(${asText(x)}, ${asText(from)}, ${asText(to)})`, type: TEXT }))],
  [
    'initcap',
    ofText(1, TEXT, (x) => `array_to_string(list_transform(string_split(lower(${x}), ' '), lambda w_: upper(w_[1]) || substring(w_, 2)), ' ')`),
  ],
  [
    'mask',
    rule(1, 5, ([x, ...given]) => {
      const kinds = ['\\p{Lu}', '\\p{Ll}', '\\p{Nd}'].map((kind, i) => `WHEN regexp_full_match(c_, '${kind}') THEN ${masked(given[i], 'Xxn'[i])}`);
      const each = `list_transform(string_split(${asText(x)}, ''), lambda c_: CASE WHEN c_ = '' THEN '' ${kinds.join(' ')} ELSE ${masked(given[3], null)} END)`;
      return { sql: `array_to_string(${each}, '')`, type: TEXT, nullable: x.nullable };
    }),
  ],
  ['soundex', ofText(1, TEXT, (x) => `spark_soundex(${x})`)],
  ['ascii', ofText(1, INT, (x) => `CASE WHEN ${x} = '' THEN 0 ELSE ascii(${x}) END`)],
  [
    'chr char',
    rule(1, 1, ([given]) => {
      const n = castSql(given, LONG).sql;
      return { sql: `CASE WHEN ${n} < 0 THEN '' ELSE chr(CAST(${n} % 256 AS INTEGER)) END`, type: TEXT };
    }),
  ],
  ['overlay', rule(3, 4, overlaid)],
  [
    'elt',
    rule(2, Number.POSITIVE_INFINITY, ([n, ...texts]) => {
      const i = asInt('elt', n);
      const outside = failure(`elt: position must be 1 to ${texts.length}, got `, i);
      return {
        sql: `CASE WHEN ${i} BETWEEN 1 AND ${texts.length} THEN [${texts.map(asText).join(', ')}][${i}] WHEN ${i} IS NOT NULL THEN ${outside} END`,
        type: TEXT,
      };
    }),
  ],
  [
    'find_in_set',
    ofText(
      2,
      INT,
      (x, set) =>
        `CASE WHEN ${x} IS NULL OR ${set} IS NULL THEN NULL WHEN contains(${x}, ',') THEN 0 ELSE CAST(coalesce(list_position(string_split(${set}, ','), ${x}), 0) AS INTEGER) END`,
    ),
  ],
  ['contains', ofText(2, BOOLEAN, (x, part) => `contains(${x}, ${part})`)],
  ['startswith', ofText(2, BOOLEAN, (x, part) => `starts_with(${x}, ${part})`)],
  ['endswith', ofText(2, BOOLEAN, (x, part) => `ends_with(${x}, ${part})`)],
  ['like', rule(2, 2, ([x, pattern]) => like('LIKE', x, pattern))],
  ['ilike', rule(2, 2, ([x, pattern]) => like('ILIKE', x, pattern))],
  [
    'levenshtein',
    rule(2, 3, ([x, y, most]) => {
      const distance = `CAST(levenshtein(${asText(x)}, ${asText(y)}) AS INTEGER)`;
      if (!most) return { sql: distance, type: INT };
      return { sql: `CASE WHEN ${distance} <= ${asInt('levenshtein', most)} THEN ${distance} WHEN ${distance} IS NOT NULL THEN -1 END`, type: INT };
    }),
  ],
  [
    'format_number',
    rule(2, 2, ([x, digits]) => {
      const n = Number(constant('format_number', 'number of digits', digits));
      if (n < 0) return { sql: 'CAST(NULL AS VARCHAR)', type: TEXT, nullable: true };
      if (isInteger(x.type) || x.type.kind === 'decimal') return { sql: grouped(x, n), type: TEXT };
      const d = castSql(x, DOUBLE).sql;
      const special = `CASE WHEN isnan(${d}) THEN 'NaN' WHEN ${d} > 0 THEN '∞' ELSE '-∞' END`;
      return { sql: `CASE WHEN ${d} IS NULL THEN NULL WHEN NOT isfinite(${d}) THEN ${special} ELSE format('{:,.${n}f}', ${d}) END`, type: TEXT };
    }),
  ],
  [
    'format_string printf',
    rule(1, Number.POSITIVE_INFINITY, ([pattern, ...args]) => {
      const format = String(constant('format_string', 'format', pattern));
      return { sql: formatted(format, args), type: TEXT, nullable: pattern.nullable };
    }),
  ],
];

/** A number of exact digits with commas and `n` digits behind the point, halves to the even one. */
function grouped(x: Typed, n: number): string {
  const scale = x.type.kind === 'decimal' ? x.type.scale : 0;
  const near = n < scale ? halfEven(x.sql, n) : x.sql;
  const digits = `CAST(abs(CAST(${near} AS DECIMAL(38,${Math.min(n, scale)}))) AS VARCHAR)`;
  const whole = `reverse(rtrim(regexp_replace(reverse(split_part(${digits}, '.', 1)), '(\\d{3})', '\\1,', 'g'), ','))`;
  const rest = n > 0 ? ` || '.' || rpad(split_part(${digits}, '.', 2), ${n}, '0')` : '';
  return `CASE WHEN ${x.sql} < 0 THEN '-' ELSE '' END || ${whole}${rest}`;
}

/** What stands for a character that is masked: the character itself where null is given. */
function masked(by: Typed | undefined, otherwise: string | null): string {
  const given = by ? constant('mask', 'a character', by) : otherwise;
  return given === null ? 'c_' : text(String(given));
}

/** A double rounded to so many digits; what is left of a negative number is -0. */
function signed(d: string, digits: number): string {
  const near = roundDouble('round', d, digits);
  return `CASE WHEN signbit(${d}) THEN -abs(${near}) ELSE ${near} END`;
}

/** Java's format, piece by piece, so that null prints as `null`. */
function formatted(format: string, args: readonly Typed[]): string {
  let next = 0;
  const pieces = format.split(/(%(?:\d+\$)?[-+ 0,#]*\d*(?:\.\d+)?[a-zA-Z%])/).map((given, i) => {
    if (i % 2 === 0) {
      if (!given.includes('%')) return text(given);
      throw new MlError('NOT_SUPPORTED', `format_string: format must have no conversions but such as %s, %2$s, %5d or %,.2f, got ${show(format)}`, {
        value: format,
      });
    }
    if (given === '%%') return "'%'";
    if (given === '%n') return 'chr(10)';
    const place = /^%(\d+)\$/.exec(given);
    const arg = args[place ? Number(place[1]) - 1 : next++];
    const piece = place ? `%${given.slice(place[0].length)}` : given;
    if (!arg) throw typeError('format_string', `given a value for ${given}`, TEXT);
    const [, cut] = /\.(\d+)/.exec(piece) ?? [];
    const missing = `printf(${text(piece.replace(/^%(-?)[-+ 0,#]*(\d*).*$/, '%$1$2s'))}, '${'null'.slice(0, cut ? Number(cut) : undefined)}')`;
    const shown = castSql(arg, TEXT).sql;
    const asItReads = piece.endsWith('s') || arg.type.kind === 'boolean';
    // C rounds the binary number, Java its decimal digits.
    const digits = /^%.*f$/.test(piece) && isFraction(arg.type) ? Number(/\.(\d+)f$/.exec(piece)?.[1] ?? 6) : null;
    const number = digits === null ? arg.sql : signed(castSql(arg, DOUBLE).sql, digits);
    const printed = `printf(${text(asItReads ? piece.replace(/[a-zA-Z]$/, 's') : piece)}, ${asItReads ? shown : number})`;
    const finite = isFraction(arg.type) && !asItReads ? `CASE WHEN isfinite(${arg.sql}) THEN ${printed} ELSE ${shown} END` : printed;
    return `coalesce(${finite}, ${missing})`;
  });
  return `(${pieces.join(' || ')})`;
}
