import { MlError, show } from '../../../error.ts';
import { type DataType, isNumeric } from '../../../frame/types.ts';
import { castSql } from './cast.ts';
import { asDouble, commonType, decimalOf, decimalType, namedAs } from './coerce.ts';
import { decimalDivision, tried } from './decimal-division.ts';
import { duckType, text } from './duck-type.ts';
import { timeArithmetic } from './interval.ts';
import { checkOrdered, isNested, orderKey } from './order.ts';
import { BOOLEAN, type Built, DATE, DOUBLE, failure, INT, isFraction, isInteger, TEXT, type Typed, typeError } from './typed.ts';

/** `a op b` for `+ - * % pmod`; whole numbers overflow into an error. With `lenient` errors are null. */
export function arithmetic(op: string, left: Typed, right: Typed, lenient = false): Built {
  // An untyped null has the other side's type.
  const [a, b] = [op === '/' && left.type.kind === 'void' ? castSql(left, DOUBLE) : typedLike(left, right), typedLike(right, left)];
  const timed = timeArithmetic(op, a, b, castSql);
  if (timed) return timed;
  if (a.type.kind === 'date' && (op === '+' || op === '-')) return dateArithmetic(op, a, b);
  if (b.type.kind === 'date' && op === '+') return dateArithmetic(op, b, a);
  const type = resultType(op, a, b);
  if (op === '/') return type.kind === 'decimal' ? decimalDivision(a, b, lenient) : division(a, b, lenient);
  const [x, y] = [castSql(a, type).sql, castSql(b, type).sql];
  if (op === '%' || op === 'pmod') return remainderOf(op, x, y, type, a, b, lenient);
  const duck = duckType(type);
  if (type.kind === 'decimal') {
    const p = decimalOf(a);
    const q = decimalOf(b);
    const exact =
      op === '*'
        ? decimalType(p.precision + q.precision + 1, p.scale + q.scale)
        : decimalType(Math.max(p.precision - p.scale, q.precision - q.scale) + Math.max(p.scale, q.scale) + 1, Math.max(p.scale, q.scale));
    // DuckDB counts on in 64 bits while both sides fit into them, and then overflows.
    const wide = p.precision <= 18 && exact.kind === 'decimal' && exact.precision > 18 ? `CAST(${a.sql} AS DECIMAL(19,${p.scale}))` : a.sql;
    const result = (x: string, y: string) => `CAST((${x} ${op} ${y}) AS ${duckType(exact)})`;
    if (!lenient) return { sql: result(wide, b.sql), type: exact };
    return { sql: tried(`struct_pack(x := ${wide}, y := ${b.sql})`, (v) => result(`${v}.x`, `${v}.y`)), type: exact, nullable: true };
  }
  if (lenient && isInteger(type)) return { sql: `TRY_CAST(${x}::HUGEINT ${op} ${y}::HUGEINT AS ${duck})`, type, nullable: true };
  return { sql: `(${x} ${op} ${y})`, type };
}

const typedLike = (value: Typed, other: Typed): Typed =>
  value.type.kind === 'void' && other.type.kind === 'decimal' ? castSql(value, other.type) : value;

function resultType(op: string, a: Typed, b: Typed) {
  for (const { type } of [a, b]) {
    if (!isNumeric(type) && type.kind !== 'string' && type.kind !== 'void') throw typeError(op, 'numbers', a.type, b.type);
  }
  if (a.type.kind === 'string' && b.type.kind === 'string') throw typeError(op, 'numbers', a.type, b.type);
  const type = commonType(a.type, b.type);
  if (!type) throw typeError(op, 'numbers', a.type, b.type);
  return type.kind === 'void' || type.kind === 'string' ? DOUBLE : type;
}

function division(a: Typed, b: Typed, lenient: boolean): Built {
  const x = asDouble('/', a);
  const y = asDouble('/', b);
  if (typeof b.literal === 'number' && b.literal !== 0) return { sql: `(${x} / ${y})`, type: DOUBLE };
  const zero = lenient ? 'NULL' : failure('divide: divisor must not be 0');
  return {
    sql: `CASE WHEN ${x} IS NULL OR ${y} <> 0 OR ${y} IS NULL THEN ${x} / ${y} ELSE ${zero} END`,
    type: DOUBLE,
    nullable: lenient || undefined,
  };
}

/** The remainder; of decimals in Spark's type for it. */
function remainderOf(op: string, x: string, y: string, type: DataType, a: Typed, b: Typed, lenient: boolean): Built {
  const found = remainder(op, x, y, b, lenient);
  if (type.kind !== 'decimal') return { ...found, type };
  const [p, q] = [decimalOf(a), decimalOf(b)];
  const scale = Math.max(p.scale, q.scale);
  const exact = decimalType(Math.min(p.precision - p.scale, q.precision - q.scale) + scale, scale);
  return { ...found, sql: `CAST(${found.sql} AS ${duckType(exact)})`, type: exact };
}

function remainder(op: string, x: string, y: string, b: Typed, lenient: boolean): { sql: string; nullable?: boolean } {
  const plain = op === '%' ? `(${x} % ${y})` : `CASE WHEN ${x} % ${y} < 0 THEN (${x} % ${y} + ${y}) % ${y} ELSE ${x} % ${y} END`;
  if (typeof b.literal === 'number' && b.literal !== 0) return { sql: plain };
  const zero = lenient ? 'NULL' : failure('mod: divisor must not be 0');
  return { sql: `CASE WHEN ${x} IS NULL OR ${y} <> 0 OR ${y} IS NULL THEN ${plain} ELSE ${zero} END`, nullable: lenient || undefined };
}

function dateArithmetic(op: string, date: Typed, other: Typed): Built {
  if (!isInteger(other.type)) throw typeError(op, 'a date and a number of days', date.type, other.type);
  return { sql: `CAST(${date.sql} ${op} ${castSql(other, INT).sql} AS DATE)`, type: DATE };
}

/** `a op b` for `= != < <= > >= <=>`, after both have become one type. */
export function comparison(op: string, a: Typed, b: Typed): Built {
  const type = commonType(a.type, namedAs(b.type, a.type));
  if (!type || type.kind === 'map' || (type.kind === 'vector' && !['=', '!=', '<=>'].includes(op)))
    throw typeError(op, 'values that compare', a.type, b.type);
  const numbers = isNumeric(a.type) && isNumeric(b.type) && !isFraction(type);
  const [x, y] = numbers ? [a.sql, b.sql] : [castSql(a, type).sql, castSql(b, type).sql];
  if (isNested(type) && !['=', '!=', '<=>'].includes(op)) {
    checkOrdered(op, type);
    return { sql: `(${orderKey({ sql: x, type })} ${op} ${orderKey({ sql: y, type })})`, type: BOOLEAN };
  }
  if (op === '<=>') return { sql: `(${x} IS NOT DISTINCT FROM ${y})`, type: BOOLEAN, nullable: false };
  return { sql: `(${x} ${op === '!=' ? '<>' : op} ${y})`, type: BOOLEAN };
}

export function logical(op: string, args: readonly Typed[]): Built {
  const bad = args.find((a) => a.type.kind !== 'boolean' && a.type.kind !== 'void' && a.type.kind !== 'string');
  if (bad) throw typeError(op, 'boolean', ...args.map((a) => a.type));
  const parts = args.map((a) => castSql(a, BOOLEAN).sql);
  return { sql: op === 'not' ? `(NOT ${parts[0]})` : `(${parts.join(` ${op.toUpperCase()} `)})`, type: BOOLEAN };
}

/** LIKE with `\` as escape, which may stand only before `%`, `_` and itself. */
export function like(op: 'LIKE' | 'ILIKE', a: Typed, b: Typed): Built {
  const odd = typeof b.literal === 'string' && b.literal.replace(/\\[\\%_]/g, '').includes('\\');
  if (odd) {
    const must = 'a backslash in the pattern must stand before %, _ or a backslash';
    throw new MlError('EXPRESSION_INVALID', `${op.toLowerCase()}: ${must}, got ${show(b.literal)}`, { value: b.literal });
  }
  return { sql: `(${castSql(a, TEXT).sql} ${op} ${castSql(b, TEXT).sql} ESCAPE ${text('\\')})`, type: BOOLEAN };
}

/** Membership: null when not found and there is a null. */
export function membership(value: Typed, list: readonly Typed[]): Built {
  if (list.length === 0)
    return { sql: value.nullable ? `CASE WHEN ${value.sql} IS NOT NULL THEN FALSE ELSE FALSE END` : 'FALSE', type: BOOLEAN, nullable: false };
  const tests = list.map((item) => comparison('=', value, item).sql);
  return { sql: `(${tests.join(' OR ')})`, type: BOOLEAN };
}
