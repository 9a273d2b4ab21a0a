import { type IntervalType, isYearMonth, MICROS } from '../../../frame/interval.ts';
import { type DataType, INTERVAL_FIELDS, type IntervalField, typeName } from '../../../frame/types.ts';
import { duckType, text } from './duck-type.ts';
import { type Built, BYTE, DATE, failure, INT, isFraction, isInteger, TIMESTAMP, type Typed, typeError } from './typed.ts';

/** A number of microseconds, or of months, is how values lie; one of months, days and microseconds is DuckDB's own. */
export const isInterval = (type: DataType): type is IntervalType => type.kind === 'interval';

const isCalendar = (type: IntervalType) => type.from === undefined;

const DAYS: IntervalType = { kind: 'interval', from: 'day', to: 'day' };
const SECONDS: IntervalType = { kind: 'interval', from: 'day', to: 'second' };
const MONTHS: IntervalType = { kind: 'interval', from: 'year', to: 'month' };

const DAY = MICROS.day;

/** How much of what values count one of the field is. */
const unitOf = (field: string): bigint => (field === 'year' ? 12n : field === 'month' ? 1n : MICROS[field]);

/** How short a field is. */
const at = (field: string | undefined) => INTERVAL_FIELDS.indexOf(field as IntervalField);

/** The type that holds intervals of both; undefined when there is none. */
export function commonInterval(a: IntervalType, b: IntervalType): IntervalType | undefined {
  if (a.from === undefined || b.from === undefined || isYearMonth(a) !== isYearMonth(b)) return undefined;
  return { kind: 'interval', from: at(a.from) < at(b.from) ? a.from : b.from, to: at(a.to) > at(b.to) ? a.to : b.to };
}

/** The widest type of the interval's kind: that of sums, products and quotients. */
export const widest = (type: IntervalType): IntervalType => (isYearMonth(type) ? MONTHS : SECONDS);

/** The text that Spark prints for an interval. */
export function intervalTextSql(x: string, type: IntervalType): string {
  return `spark_interval_text(${x}, ${text(typeName(type))})`;
}

/** An interval as another type, or another type as an interval; null when there is no such cast. */
export function intervalCast(x: string, from: DataType, to: DataType, lenient: boolean): string | null {
  const CAST = lenient ? 'TRY_CAST' : 'CAST';
  if (isInterval(from) && isInterval(to)) {
    if (!commonInterval(from, to)) return null;
    const unit = unitOf(to.to as string);
    return unit > unitOf(from.to as string) ? `(${x} - ${x} % ${unit})` : x;
  }
  // As a number an interval counts its last field.
  if (isInterval(from)) {
    if (from.from === undefined || !(isInteger(to) || to.kind === 'decimal')) return null;
    const unit = unitOf(from.to as string);
    if (to.kind === 'decimal') return `${CAST}(CAST(${x} AS DECIMAL(38,6)) / ${unit} AS ${duckType(to)})`;
    return `${CAST}(${x} // ${unit} AS ${duckType(to)})`;
  }
  if (!isInterval(to) || to.from === undefined || to.from !== to.to || !isInteger(from)) return null;
  return `${CAST}(${x} * ${unitOf(to.to as string)}::HUGEINT AS ${duckType(to)})`;
}

const isMoment = (type: DataType) => type.kind === 'date' || type.kind === 'timestamp';
const micros = (x: Typed) => `epoch_us(CAST(${x.sql} AS TIMESTAMP))`;

/** `a op b` where dates, moments and intervals meet; null where it is no matter of theirs. `read` is the cast of a text. */
export function timeArithmetic(op: string, a: Typed, b: Typed, read: (text: Typed, as: DataType) => Typed): Built | null {
  if (op === '-' && a.type.kind === 'date' && b.type.kind === 'date') return { sql: `(date_diff('day', ${b.sql}, ${a.sql}) * ${DAY})`, type: DAYS };
  if (op === '-' && isMoment(a.type) && isMoment(b.type)) return { sql: `(${micros(a)} - ${micros(b)})`, type: SECONDS };
  // A text is read as what it is taken from.
  if (op === '-' && isMoment(a.type) && b.type.kind === 'string') return timeArithmetic(op, a, read(b, a.type), read);
  if (op === '-' && a.type.kind === 'string' && isMoment(b.type)) return timeArithmetic(op, read(a, b.type), b, read);
  const [x, y] = [a.type, b.type];
  if (!isInterval(x) && !isInterval(y)) return null;
  if ((op === '+' || op === '-') && isMoment(x) && isInterval(y)) return moved(op, a, b, y);
  if (op === '+' && isInterval(x) && isMoment(y)) return moved(op, b, a, x);
  if ((op === '+' || op === '-') && isInterval(x) && isInterval(y)) {
    const type = isCalendar(x) && isCalendar(y) ? x : commonInterval(x, y);
    if (type) return { sql: `(${a.sql} ${op} ${b.sql})`, type };
  }
  if (op === '*' && isInterval(x) && isScalar(y)) return scaled('*', a.sql, x, b);
  if (op === '*' && isScalar(x) && isInterval(y)) return scaled('*', b.sql, y, a);
  if (op === '/' && isInterval(x) && isScalar(y)) return scaled('/', a.sql, x, b);
  throw typeError(op, 'an interval and a date, a timestamp, an interval of its kind, or a number to multiply or divide it by', x, y);
}

const isScalar = (type: DataType) => isInteger(type) || isFraction(type) || type.kind === 'decimal' || type.kind === 'void';

/** A date or moment later by an interval, or earlier. A date stays one where whole days are added. */
function moved(op: '+' | '-', moment: Typed, by: Typed, type: IntervalType): Built {
  const isDate = moment.type.kind === 'date';
  const name = `${moment.name} ${op} ${by.name}`;
  if (isCalendar(type)) {
    const sql = `CAST(${moment.sql} ${op} ${by.sql} AS TIMESTAMP)`;
    if (!isDate) return { sql, type: TIMESTAMP, name };
    const parts = failure(`${op === '+' ? 'plus' : 'minus'}: a date takes no hours, minutes or seconds; cast it to timestamp first`);
    return {
      sql: `CASE WHEN CAST(${sql} AS TIME) = TIME '00:00:00' THEN CAST(${sql} AS DATE) WHEN ${sql} IS NOT NULL THEN ${parts} END`,
      type: DATE,
      name,
    };
  }
  if (isYearMonth(type)) return { sql: `CAST(${moment.sql} ${op} to_months(${by.sql}) AS ${duckType(moment.type)})`, type: moment.type, name };
  if (!isDate || type.to !== 'day') return { sql: `make_timestamp(${micros(moment)} ${op} ${by.sql})`, type: TIMESTAMP, name };
  const days = `extractansiintervaldays(${by.name})`;
  return {
    sql: `CAST(${moment.sql} ${op} CAST(${by.sql} // ${DAY} AS INTEGER) AS DATE)`,
    type: DATE,
    name: `date_add(${moment.name}, ${op === '+' ? days : `(- ${days})`})`,
  };
}

/** An interval some times, or a part of it; what is no whole number is rounded half up. */
function scaled(op: '*' | '/', x: string, type: IntervalType, by: Typed): Built {
  if (isCalendar(type)) throw typeError(op, 'an interval of one kind, such as makeDtInterval gives, and a number', type, by.type);
  const wide = widest(type);
  const n = by.type.kind === 'void' ? 'CAST(NULL AS INTEGER)' : by.sql;
  if (op === '*' && isInteger(by.type)) return { sql: `(${x} * ${n})`, type: wide };
  const duck = duckType(wide);
  if (op === '*') return { sql: `CAST(round(${x} * CAST(${n} AS DOUBLE)) AS ${duck})`, type: wide };
  const zero = failure('divide: divisor must not be 0');
  const quotient = `CAST(round(${x} / CAST(${n} AS DOUBLE)) AS ${duck})`;
  return { sql: `CASE WHEN ${x} IS NULL OR ${n} <> 0 OR ${n} IS NULL THEN ${quotient} ELSE ${zero} END`, type: wide };
}

interface Part {
  readonly of: string;
  readonly below?: bigint;
  readonly type: DataType;
}

/** Fields that can be taken of an interval: the count that is left of the field above. */
const PARTS: ReadonlyMap<string, Part> = new Map<string, Part>([
  ...['year', 'years', 'y', 'yr', 'yrs'].map((name) => [name, { of: 'year', type: INT }] as const),
  ...['month', 'months', 'mon', 'mons'].map((name) => [name, { of: 'month', below: 12n, type: BYTE }] as const),
  ...['day', 'days', 'd'].map((name) => [name, { of: 'day', type: INT }] as const),
  ...['hour', 'hours', 'h', 'hr', 'hrs'].map((name) => [name, { of: 'hour', below: MICROS.day, type: BYTE }] as const),
  ...['minute', 'minutes', 'm', 'min', 'mins'].map((name) => [name, { of: 'minute', below: MICROS.hour, type: BYTE }] as const),
]);

/** A field of an interval, for `extract`; null when the interval has none of the name. */
export function intervalPart(name: string, { sql }: Typed, { from, to }: IntervalType): Built | null {
  const seconds = ['second', 'seconds', 's', 'sec', 'secs'].includes(name);
  const part = PARTS.get(name);
  const field = at(seconds ? 'second' : part?.of);
  if (from === undefined || field < at(from) || field > at(to)) return null;
  if (!part) return { sql: `CAST(${sql} % ${MICROS.minute} / 1000000 AS DECIMAL(8,6))`, type: { kind: 'decimal', precision: 8, scale: 6 } };
  const rest = part.below === undefined ? sql : `(${sql} % ${part.below})`;
  return { sql: `CAST(${rest} // ${unitOf(part.of)} AS ${duckType(part.type)})`, type: part.type };
}
