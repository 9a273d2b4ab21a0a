import { MlError, show } from '../../../../error.ts';
import { type DataType, sameType } from '../../../../frame/types.ts';
import { castSql } from '../cast.ts';
import { unify } from '../coerce.ts';
import { text } from '../duck-type.ts';
import { like } from '../operators.ts';
import { arrayOf, BINARY, BOOLEAN, failure, INT, isFraction, LONG, TEXT, type Typed, typeError } from '../typed.ts';
import { asInt, asText, constant, ofText, type Rules, rule } from './rule.ts';

/** Spark's substring: position 1 is the first, 0 means 1, negative ones count from the end. */
function substring(x: string, position: string, length: string): string {
  const start = `(CASE WHEN ${position} > 0 THEN ${position} - 1 WHEN ${position} < 0 THEN length(${x}) + ${position} ELSE 0 END)`;
  const end = `(${start} + CAST(${length} AS BIGINT))`;
  return `substring(${x}, greatest(${start}, 0) + 1, greatest(${end} - greatest(${start}, 0), 0))`;
}

/** Java's `$1` as RE2's `\1`; a backslash before a character stands for the character. */
function replacement(name: string, arg: Typed): string {
  if (typeof arg.literal === 'string')
    return text(arg.literal.replace(/\\(.)|\$(\d)|\\$/gs, (_, plain, group) => (group !== undefined ? `\\${group}` : (plain ?? '\\'))));
  return `regexp_replace(${asText(arg)}, '\\$(\\d)', '\\\\\\1', 'g')${name === '' ? '' : ''}`;
}

const PAD = (side: 'lpad' | 'rpad') =>
  rule(2, 3, ([x, length, pad]) => {
    const [s, n, p] = [asText(x), asInt(side, length), pad ? asText(pad) : "' '"];
    return {
      sql: `CASE WHEN ${s} IS NULL THEN NULL WHEN ${n} <= 0 THEN '' WHEN length(${s}) >= ${n} OR ${p} = '' THEN left(${s}, ${n}) ELSE ${side}(${s}, ${n}, ${p}) END`,
      type: TEXT,
    };
  });

const TRIM = (duck: string) => rule(1, 2, ([x, chars]) => ({ sql: `${duck}(${asText(x)}, ${chars ? asText(chars) : "' '"})`, type: TEXT }));

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

const bytes = (x: Typed) => (x.type.kind === 'binary' ? x.sql : `encode(${asText(x)})`);

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
      return { sql: `(${args.map(asText).join(' || ')})`, type: TEXT };
    }),
  ],
  [
    'concat_ws',
    rule(1, Number.POSITIVE_INFINITY, ([separator, ...parts]) => {
      const lists = parts.map((p) => (p.type.kind === 'array' ? `coalesce(${castSql(p, arrayOf(TEXT)).sql}, [])` : `[${asText(p)}]`));
      const all = lists.reduce((a, b) => `list_concat(${a}, ${b})`, 'CAST([] AS VARCHAR[])');
      const kept = `list_filter(${all}, lambda v_: v_ IS NOT NULL)`;
      return { sql: `array_to_string(${kept}, ${asText(separator)})`, type: TEXT, nullable: separator.nullable };
    }),
  ],
  [
    'substring substr',
    rule(2, 3, ([x, position, length], { name }) => ({
      sql: substring(asText(x), asInt(name, position), length ? asInt(name, length) : '2147483647'),
      type: TEXT,
    })),
  ],
  ['left', rule(2, 2, ([x, n]) => ({ sql: `left(${asText(x)}, greatest(${asInt('left', n)}, 0))`, type: TEXT }))],
  ['right', rule(2, 2, ([x, n]) => ({ sql: `right(${asText(x)}, greatest(${asInt('right', n)}, 0))`, type: TEXT }))],
  [
    'substring_index',
    rule(3, 3, ([x, delimiter, count]) => {
      const [s, d, n] = [asText(x), asText(delimiter), asInt('substring_index', count)];
      const parts = `string_split(${s}, ${d})`;
      return {
        sql: `CASE WHEN ${s} IS NULL THEN NULL WHEN ${d} = '' OR ${n} = 0 THEN '' WHEN ${n} > 0 THEN array_to_string(list_slice(${parts}, 1, ${n}), ${d}) ELSE array_to_string(list_slice(${parts}, greatest(len(${parts}) + ${n} + 1, 1), len(${parts})), ${d}) END`,
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
        sql: `CASE WHEN ${s} IS NULL OR ${p} IS NULL THEN NULL WHEN ${n} < 1 THEN 0 WHEN ${p} = '' THEN 1 WHEN ${found} = 0 THEN 0 ELSE CAST(${found} + ${n} - 1 AS INTEGER) END`,
        type: INT,
      };
    }),
  ],
  ['lpad', PAD('lpad')],
  ['rpad', PAD('rpad')],
  ['repeat', rule(2, 2, ([x, n]) => ({ sql: `repeat(${asText(x)}, greatest(${asInt('repeat', n)}, 0))`, type: TEXT }))],
  ['space', rule(1, 1, ([n]) => ({ sql: `repeat(' ', greatest(${asInt('space', n)}, 0))`, type: TEXT }))],
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
    'split',
    rule(2, 3, ([x, pattern, limit]) => {
      const [s, p] = [asText(x), asText(pattern)];
      const most = limit ? Number(constant('split', 'limit', limit)) : -1;
      const parts = typeof pattern.literal === 'string' && pattern.literal === '' ? `string_split(${s}, '')` : `string_split_regex(${s}, ${p})`;
      if (most <= 0) return { sql: parts, type: arrayOf(TEXT) };
      // The rest after `most - 1` cuts is what follows the texts so far and their separators.
      const head = `list_slice(${parts}, 1, ${most - 1})`;
      const separators = `list_slice(regexp_extract_all(${s}, ${p}), 1, ${most - 1})`;
      const used = `(length(array_to_string(${head}, '')) + length(array_to_string(${separators}, '')))`;
      return {
        sql: `CASE WHEN ${s} IS NULL THEN NULL WHEN len(${parts}) <= ${most} THEN ${parts} ELSE list_append(${head}, substring(${s}, ${used} + 1)) END`,
        type: arrayOf(TEXT),
      };
    }),
  ],
  [
    'split_part',
    rule(3, 3, ([x, delimiter, n]) => {
      const [s, d, i] = [asText(x), asText(delimiter), asInt('split_part', n)];
      const parts = `string_split(${s}, ${d})`;
      return {
        sql: `CASE WHEN ${s} IS NULL OR ${d} IS NULL OR ${i} IS NULL THEN NULL WHEN ${i} = 0 THEN error('split_part: position must not be 0') WHEN ${d} = '' THEN CASE WHEN ${i} IN (1, -1) THEN ${s} ELSE '' END ELSE coalesce(list_extract(${parts}, ${i}), '') END`,
        type: TEXT,
      };
    }),
  ],
  [
    'regexp_replace',
    rule(3, 3, ([x, pattern, by], { name }) => ({
      sql: `regexp_replace(${asText(x)}, ${asText(pattern)}, ${replacement(name, by)}, 'g')`,
      type: TEXT,
    })),
  ],
  [
    'regexp_extract',
    rule(2, 3, ([x, pattern, group]) => {
      const index = group ? Number(constant('regexp_extract', 'idx', group)) : 1;
      const groups = typeof pattern.literal === 'string' ? groupCount(pattern.literal) : index;
      const [s, p] = [asText(x), asText(pattern)];
      if (index >= 0 && index <= groups) return { sql: `regexp_extract(${s}, ${p}, ${index})`, type: TEXT };
      const bad = failure(`regexp_extract: idx must be the number of a group, 0 to ${groups}, got ${index}`);
      return { sql: `CASE WHEN ${s} IS NULL THEN NULL WHEN regexp_matches(${s}, ${p}) THEN ${bad} ELSE '' END`, type: TEXT };
    }),
  ],
  [
    'regexp_extract_all',
    rule(2, 3, ([x, pattern, group]) => ({
      sql: `regexp_extract_all(${asText(x)}, ${asText(pattern)}, ${group ? Number(constant('regexp_extract_all', 'idx', group)) : 1})`,
      type: arrayOf(TEXT),
    })),
  ],
  ['regexp_count', rule(2, 2, ([x, pattern]) => ({ sql: `CAST(len(regexp_extract_all(${asText(x)}, ${asText(pattern)})) AS INTEGER)`, type: INT }))],
  [
    'initcap',
    ofText(1, TEXT, (x) => `array_to_string(list_transform(string_split(lower(${x}), ' '), lambda w_: upper(w_[1]) || substring(w_, 2)), ' ')`),
  ],
  ['ascii', ofText(1, INT, (x) => `CASE WHEN ${x} = '' THEN 0 ELSE ascii(${x}) END`)],
  ['chr char', rule(1, 1, ([n]) => ({ sql: `CASE WHEN ${asInt('chr', n)} < 0 THEN '' ELSE chr(${asInt('chr', n)} % 256) END`, type: TEXT }))],
  ['contains', ofText(2, BOOLEAN, (x, part) => `contains(${x}, ${part})`)],
  ['startswith', ofText(2, BOOLEAN, (x, part) => `starts_with(${x}, ${part})`)],
  ['endswith', ofText(2, BOOLEAN, (x, part) => `ends_with(${x}, ${part})`)],
  ['like', rule(2, 2, ([x, pattern]) => like('LIKE', x, pattern))],
  ['ilike', rule(2, 2, ([x, pattern]) => like('ILIKE', x, pattern))],
  ['rlike regexp regexp_like', ofText(2, BOOLEAN, (x, pattern) => `regexp_matches(${x}, ${pattern})`)],
  [
    'levenshtein',
    rule(2, 3, ([x, y, most]) => {
      const distance = `CAST(levenshtein(${asText(x)}, ${asText(y)}) AS INTEGER)`;
      if (!most) return { sql: distance, type: INT };
      return { sql: `CASE WHEN ${distance} <= ${asInt('levenshtein', most)} THEN ${distance} WHEN ${distance} IS NOT NULL THEN -1 END`, type: INT };
    }),
  ],
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
  [
    'hex',
    rule(1, 1, ([x]) => ({
      sql: x.type.kind === 'binary' || sameType(x.type, TEXT) ? `hex(${bytes(x)})` : `hex(${castSql(x, LONG).sql})`,
      type: TEXT,
    })),
  ],
  ['unhex', ofText(1, BINARY, (x) => `CASE WHEN regexp_full_match(${x}, '[0-9a-fA-F]*') THEN unhex(${x}) END`)],
  ['encode', rule(1, 2, ([x]) => ({ sql: `encode(${asText(x)})`, type: BINARY }))],
  ['decode', rule(1, 2, ([x]) => ({ sql: `decode(${x.sql})`, type: TEXT }))],
  [
    'format_number',
    rule(2, 2, ([x, digits]) => {
      const n = Number(constant('format_number', 'number of digits', digits));
      const d = castSql(x, { kind: 'double' }).sql;
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

/** Java's format, piece by piece, so that null prints as `null`. */
function formatted(format: string, args: readonly Typed[]): string {
  let next = 0;
  const pieces = format.split(/(%[-+ 0,#]*\d*(?:\.\d+)?[a-zA-Z%])/).map((piece, i) => {
    if (i % 2 === 0) return text(piece);
    if (piece === '%%') return "'%'";
    if (piece === '%n') return 'chr(10)';
    const arg = args[next++];
    if (!arg) throw typeError('format_string', `given a value for ${piece}`, TEXT);
    const missing = `printf(${text(piece.replace(/^%(-?)[-+ 0,#]*(\d*).*$/, '%$1$2s'))}, 'null')`;
    const asItReads = piece.endsWith('s') || arg.type.kind === 'boolean';
    const printed = `printf(${text(asItReads ? piece.replace(/[a-zA-Z]$/, 's') : piece)}, ${asItReads ? asText(arg) : arg.sql})`;
    const finite = isFraction(arg.type) && !asItReads ? `CASE WHEN isfinite(${arg.sql}) THEN ${printed} ELSE ${asText(arg)} END` : printed;
    return `coalesce(${finite}, ${missing})`;
  });
  return `(${pieces.join(' || ')})`;
}

/** Capturing groups of a regular expression. */
function groupCount(pattern: string): number {
  return (
    pattern
      .replace(/\\./gs, '')
      .replace(/\[[^\]]*\]/g, '')
      .match(/\((?!\?)|\(\?P?<(?![=!])/g) ?? []
  ).length;
}
