import { MlError } from '../../../error.ts';
import { type DataType, isNumeric, sameType, typeName } from '../../../frame/types.ts';
import { duckType, identifier, text } from './duck-type.ts';
import { intervalCast, intervalTextSql } from './interval.ts';
import { DOUBLE, failure, isFraction, isInteger, type Typed } from './typed.ts';

/** What Java's `trim` takes away: blanks and control characters. */
const BLANKS = 'chr(32) || chr(9) || chr(10) || chr(11) || chr(12) || chr(13) || chr(28) || chr(29) || chr(30) || chr(31)';

const NUMBER = String.raw`[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?[dDfF]?`;
const WORDS = '(?i:[+-]?(nan|inf|infinity))';

/** `value` as `to`, as Spark's ANSI cast does it; with `lenient` what cannot be is null instead of an error. */
export function castSql(value: Typed, to: DataType, lenient = false): Typed {
  const { type: from } = value;
  if (sameType(from, to)) return value;
  const duck = duckType(to);
  const done = (sql: string, nullable = value.nullable || lenient): Typed => ({ sql, type: to, nullable, name: value.name });
  const interval = from.kind !== 'void' && intervalCast(value.sql, from, to, lenient);
  if (interval) return done(interval);
  if (from.kind === 'void') return done(`CAST(${value.sql} AS ${duck})`, true);
  if (!castable(from, to)) {
    throw new MlError('EXPRESSION_INVALID', `cast: a value of type ${typeName(from)} cannot become ${typeName(to)}`, { value: typeName(from) });
  }
  const CAST = lenient ? 'TRY_CAST' : 'CAST';
  const x = value.sql;
  if (to.kind === 'string') return done(textSql(x, from), value.nullable);
  if (from.kind === 'string') return done(fromText(x, to, lenient));
  if (isFraction(from) && isInteger(to)) {
    // The double 2^63 is the long just below it, as in Java.
    const whole =
      to.kind === 'long' ? `CASE WHEN ${x} = 9223372036854775808e0 THEN 9223372036854775807 ELSE TRY_CAST(trunc(${x}) AS BIGINT) END` : `trunc(${x})`;
    return done(guarded(whole, x, to, lenient));
  }
  if (from.kind === 'double' && to.kind === 'float') {
    return done(
      `CASE WHEN ${x} IS NOT NULL THEN coalesce(TRY_CAST(${x} AS FLOAT), CAST(sign(${x}) * CAST('Infinity' AS DOUBLE) AS FLOAT)) END`,
      value.nullable,
    );
  }
  if (from.kind === 'decimal' && isInteger(to)) return done(guarded(`trunc(${x})`, x, to, lenient));
  if (isInteger(from) && isInteger(to)) return done(guarded(x, x, to, lenient));
  if (isNumeric(from) && to.kind === 'boolean') return done(`(${x} <> 0)`, value.nullable);
  if (isFraction(from) && to.kind === 'decimal') return done(`CASE WHEN isfinite(${x}) THEN ${CAST}(${plainDigits(x)} AS ${duck}) END`, true);
  if (isNumeric(from) && to.kind === 'timestamp') {
    if (isFraction(from)) {
      return done(`CASE WHEN isfinite(${x}) THEN make_timestamp(${CAST}(trunc(CAST(${x} AS DOUBLE) * 1e6) AS BIGINT)) END`, true);
    }
    if (from.kind === 'decimal')
      return done(`make_timestamp(${CAST}(trunc(CAST(${x} AS DECIMAL(38,${Math.min(from.scale, 12)})) * 1000000) AS BIGINT))`);
    return done(`make_timestamp(CAST(${x} AS BIGINT) * 1000000)`);
  }
  if (from.kind === 'timestamp' && isInteger(to)) {
    return castSql({ ...value, sql: `(epoch_us(date_trunc('second', ${x})) // 1000000)`, type: { kind: 'long' } }, to, lenient);
  }
  if (from.kind === 'timestamp' && to.kind === 'decimal') return done(`${CAST}(CAST(epoch_us(${x}) AS DECIMAL(20,0)) * 0.000001 AS ${duck})`);
  if (from.kind === 'timestamp' && isNumeric(to)) {
    return castSql({ ...value, sql: `(epoch_us(${x}) / 1000000)`, type: DOUBLE }, to, lenient);
  }
  if (from.kind === 'array' && to.kind === 'array') {
    const item = castSql({ sql: 'v_', type: from.element, nullable: true, name: '' }, to.element, lenient);
    return done(`CAST(list_transform(${x}, lambda v_: ${item.sql}) AS ${duck})`);
  }
  if (from.kind === 'struct' && to.kind === 'struct') {
    // DuckDB goes by the fields' names, Spark by their places.
    const fields = to.fields.map((field, i) => {
      const { name, type } = from.fields[i];
      const part = castSql({ sql: `struct_extract(${x}, ${text(name)})`, type, nullable: true, name }, field.type, lenient);
      return `${identifier(field.name)} := ${part.sql}`;
    });
    return done(`CASE WHEN ${x} IS NOT NULL THEN struct_pack(${fields.join(', ')}) END`);
  }
  return done(`${CAST}(${x} AS ${duck})`);
}

function castable(from: DataType, to: DataType): boolean {
  if (from.kind === 'array' && to.kind === 'array')
    return from.element.kind === 'void' || sameType(from.element, to.element) || castable(from.element, to.element);
  if (from.kind === 'map' && to.kind === 'map') return true;
  if (from.kind === 'struct' && to.kind === 'struct') return from.fields.length === to.fields.length;
  if (to.kind === 'string') return from.kind !== 'matrix';
  const simple = (t: DataType) => isNumeric(t) || ['boolean', 'string', 'date', 'timestamp', 'binary'].includes(t.kind);
  if (!simple(from) || !simple(to)) return false;
  if (to.kind === 'binary') return from.kind === 'string' || isInteger(from);
  if (from.kind === 'binary') return false;
  if (from.kind === 'date') return to.kind === 'timestamp';
  if (to.kind === 'date') return from.kind === 'string' || from.kind === 'timestamp';
  if (from.kind === 'boolean') return isNumeric(to);
  if (from.kind === 'timestamp') return isNumeric(to);
  return true;
}

const TRY_CAST = '; tryCast makes such values null';

/** Whole numbers that do not fit are an error that names the value, or null. */
function guarded(whole: string, x: string, to: DataType, lenient: boolean): string {
  const duck = duckType(to);
  if (lenient) return `TRY_CAST(${whole} AS ${duck})`;
  return `CASE WHEN ${x} IS NULL THEN NULL ELSE coalesce(TRY_CAST(${whole} AS ${duck}), ${failure(`cast: value must fit into ${typeName(to)}, got `, x, TRY_CAST)}) END`;
}

function fromText(x: string, to: DataType, lenient: boolean): string {
  const trimmed = `trim(${x}, ${BLANKS})`;
  const otherwise = lenient ? 'NULL' : failure(`cast: value must be readable as ${typeName(to)}, got "`, x, `"${TRY_CAST}`);
  const unless = (test: string, sql: string) => `CASE WHEN ${x} IS NULL THEN NULL WHEN ${test} THEN ${sql} ELSE ${otherwise} END`;
  const tried = (source: string) => (lenient ? source : `CASE WHEN ${x} IS NULL THEN NULL ELSE coalesce(${source}, ${otherwise}) END`);
  const duck = duckType(to);
  if (isInteger(to)) return tried(`CASE WHEN regexp_full_match(${trimmed}, '[+-]?\\d+') THEN TRY_CAST(${trimmed} AS ${duck}) END`);
  if (isFraction(to)) {
    const digits = `regexp_replace(${trimmed}, '[dDfF]$', '')`;
    const number = `coalesce(TRY_CAST(${digits} AS ${duck}), CAST(CASE WHEN starts_with(${digits}, '-') THEN '-Infinity' ELSE 'Infinity' END AS ${duck}))`;
    return `CASE WHEN ${x} IS NULL THEN NULL WHEN regexp_full_match(${trimmed}, '${NUMBER}') THEN ${number} WHEN regexp_full_match(${trimmed}, '${WORDS}') THEN CAST(${trimmed} AS ${duck}) ELSE ${otherwise} END`;
  }
  if (to.kind === 'decimal') return tried(`CASE WHEN regexp_full_match(${trimmed}, '${NUMBER}') THEN TRY_CAST(${trimmed} AS ${duck}) END`);
  if (to.kind === 'boolean') {
    const low = `lower(${trimmed})`;
    return `CASE WHEN ${x} IS NULL THEN NULL WHEN ${low} IN ('t', 'true', 'y', 'yes', '1') THEN TRUE WHEN ${low} IN ('f', 'false', 'n', 'no', '0') THEN FALSE ELSE ${otherwise} END`;
  }
  if (to.kind === 'date') {
    return tried(dateSql(trimmed));
  }
  if (to.kind === 'timestamp') return tried(timestampSql(trimmed));
  if (to.kind === 'binary') return `encode(${x})`;
  return unless(`TRY_CAST(${x} AS ${duck}) IS NOT NULL`, `CAST(${x} AS ${duck})`);
}

/** A date from `yyyy`, `yyyy-[m]m` or `yyyy-[m]m-[d]d`, whatever follows a blank or `T`; null when it is none. */
function dateSql(x: string): string {
  const unsigned = `ltrim(${x}, '+')`;
  const full = `regexp_replace(${unsigned}, '[ T].*$', '')`;
  return `CASE WHEN regexp_full_match(${x}, '[+-]?\\d{4,7}-\\d{1,2}-\\d{1,2}([ T].*)?') THEN TRY_CAST(${full} AS DATE) WHEN regexp_full_match(${x}, '[+-]?\\d{4}-\\d{1,2}') THEN TRY_CAST(${unsigned} || '-01' AS DATE) WHEN regexp_full_match(${x}, '[+-]?\\d{4}') THEN TRY_CAST(${unsigned} || '-01-01' AS DATE) END`;
}

function timestampSql(x: string): string {
  const zone = String.raw` ?(Z|UTC|GMT|[+-]\d{1,2}(:?\d{2}|:\d)?)`;
  const time = String.raw`[+-]?\d{4,6}-\d{1,2}-\d{1,2}[ T]([01]?\d|2[0-3])(:\d{1,2}|:\d{1,2}:\d{1,2}(\.\d{0,9})?(${zone})?)?`;
  const unnamed = `regexp_replace(ltrim(${x}, '+'), ' ?(Z|UTC|GMT)$', '')`;
  const plain = `regexp_replace(regexp_replace(regexp_replace(${unnamed}, '([ T]\\d{1,2})($|[ +-])', '\\1:00\\2'), '([ T]\\d{1,2}:\\d{1,2})($|[ +-])', '\\1:00\\2'), '\\.($|[ +-])', '\\1')`;
  const tight = `regexp_replace(regexp_replace(${plain}, ' ([+-])', '\\1'), '([+-]\\d{1,2})(\\d\\d)$', '\\1:\\2')`;
  const zoned = `regexp_replace(${tight}, '([+-])(\\d(:\\d{1,2})?)$', '\\10\\2')`;
  // Read as TIMESTAMP, a text's offset from UTC would not count.
  const read = `CASE WHEN regexp_matches(${x}, '[ T].*[+-]\\d{1,2}(:?\\d{1,2})?$') THEN make_timestamp(epoch_us(TRY_CAST(${zoned} AS TIMESTAMPTZ))) ELSE TRY_CAST(${plain} AS TIMESTAMP) END`;
  return `CASE WHEN regexp_full_match(${x}, '${time}') THEN ${read} ELSE CAST(${dateSql(`CASE WHEN regexp_full_match(${x}, '[+-]?[0-9-]+') THEN ${x} END`)} AS TIMESTAMP) END`;
}

/** The text that Spark prints for a value; not null where the value is not. */
export function textSql(x: string, type: DataType): string {
  switch (type.kind) {
    case 'string':
      return x;
    case 'double':
    case 'float':
      return bound(x, (v) => floatText(v, type.kind === 'float' ? 'FLOAT' : 'DOUBLE'));
    case 'decimal':
      // DuckDB writes no zero before the point where no digit may stand there.
      return type.scale < type.precision ? `CAST(${x} AS VARCHAR)` : `replace(CAST(${x} AS VARCHAR), '.', '0.')`;
    case 'binary':
      return `decode(${x})`;
    case 'interval':
      return intervalTextSql(x, type);
    case 'array':
      return `CASE WHEN ${x} IS NOT NULL THEN '[' || array_to_string(list_transform(${x}, lambda v_: coalesce(${textSql('v_', type.element)}, 'null')), ', ') || ']' END`;
    case 'map':
      return `CASE WHEN ${x} IS NOT NULL THEN '{' || array_to_string(list_transform(map_entries(${x}), lambda v_: ${textSql('v_.key', type.key)} || ' -> ' || coalesce(${textSql('v_.value', type.value)}, 'null')), ', ') || '}' END`;
    case 'struct':
      return `CASE WHEN ${x} IS NOT NULL THEN '{' || ${type.fields
        .map((f) => `coalesce(${textSql(`struct_extract(${x}, '${f.name.replaceAll("'", "''")}')`, f.type)}, 'null')`)
        .join(" || ', ' || ")} || '}' END`;
    case 'vector': {
      const values = textSql(`(${x})."values"`, { kind: 'array', element: DOUBLE });
      const tight = `replace(${values}, ', ', ',')`;
      const indices = `replace(CAST((${x}).indices AS VARCHAR), ', ', ',')`;
      return `CASE WHEN (${x})."type" = 1 THEN ${tight} WHEN ${x} IS NOT NULL THEN '(' || (${x}).size || ',' || ${indices} || ',' || ${tight} || ')' END`;
    }
    default:
      return `CAST(${x} AS VARCHAR)`;
  }
}

/** The shortest text of a double without a negative exponent, whose rounding to a decimal DuckDB gets wrong (`5e-05` to 0.001). */
export function plainDigits(x: string): string {
  const digits = `CAST(abs(${x}) AS VARCHAR)`;
  const zeros = `repeat('0', CAST(split_part(${digits}, 'e-', 2) AS INTEGER) - 1)`;
  const spelt = `'0.' || ${zeros} || replace(split_part(${digits}, 'e', 1), '.', '')`;
  return `CASE WHEN contains(${digits}, 'e-') THEN CASE WHEN ${x} < 0 THEN '-' ELSE '' END || ${spelt} ELSE CAST(${x} AS VARCHAR) END`;
}

/** `body` over a plain name, or a field of one, so that a long `x` is not repeated. */
function bound(x: string, body: (v: string) => string): string {
  return /^([\w.]+|struct_extract\([\w.]+, '\w+'\))$/.test(x) ? body(x) : `list_transform([${x}], lambda b_: ${body('b_')})[1]`;
}

/** Java's text of a double: plain digits from 1e-3 to 1e7, else `d.dddE<n>`. */
function floatText(x: string, type: string): string {
  const digits = `CAST(abs(${x}) AS VARCHAR)`;
  const sign = `CASE WHEN signbit(${x}) THEN '-' ELSE '' END`;
  const mantissa = `split_part(${digits}, 'e', 1)`;
  const dotted = `CASE WHEN contains(${mantissa}, '.') THEN ${mantissa} ELSE ${mantissa} || '.0' END`;
  const scientific = `${dotted} || 'E' || CAST(split_part(${digits}, 'e', 2) AS INTEGER)`;
  // Plain digits beyond 1e7: the point moves behind the first digit.
  const whole = `split_part(${digits}, '.', 1)`;
  const tail = `rtrim(substring(${whole}, 2) || split_part(${digits}, '.', 2), '0')`;
  const large = `left(${whole}, 1) || '.' || CASE WHEN ${tail} = '' THEN '0' ELSE ${tail} END || 'E' || (length(${whole}) - 1)`;
  // Plain digits below 1e-3: the point moves behind the first digit that is not 0.
  const rest = `ltrim(split_part(${digits}, '.', 2), '0')`;
  const small = `left(${rest}, 1) || '.' || CASE WHEN length(${rest}) > 1 THEN substring(${rest}, 2) ELSE '0' END || 'E-' || (length(split_part(${digits}, '.', 2)) - length(${rest}) + 1)`;
  // Most numbers need none of it.
  const plain = `abs(${x}) >= CAST('0.001' AS ${type}) AND abs(${x}) < 1e7::${type}`;
  return `CASE WHEN ${plain} THEN CAST(${x} AS VARCHAR) WHEN ${x} IS NULL THEN NULL WHEN isnan(${x}) THEN 'NaN' WHEN isinf(${x}) THEN ${sign} || 'Infinity' WHEN ${x} = 0 THEN ${sign} || '0.0' WHEN ${digits} = '5e-324' THEN ${sign} || '4.9E-324' WHEN contains(${digits}, 'e') THEN ${sign} || ${scientific} WHEN abs(${x}) >= 1e7::${type} THEN ${sign} || ${large} ELSE ${sign} || ${small} END`;
}
