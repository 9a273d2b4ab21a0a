import { MlError, show } from '../../../../error.ts';
import { type DataType, sameType } from '../../../../frame/types.ts';
import { castSql } from '../cast.ts';
import { tried } from '../decimal-division.ts';
import { text } from '../duck-type.ts';
import { DOUBLE, INT, isInteger, LONG, TEXT, TIMESTAMP, type Typed, typeError } from '../typed.ts';
import { asInt, constant, type Rules, rule } from './rule.ts';

export const moment = (x: Typed): string => castSql(x, TIMESTAMP).sql;

/** Units of differences between moments: microseconds, or months. */
const UNITS: ReadonlyMap<string, { readonly micros?: number; readonly months?: number; readonly duck: string }> = new Map([
  ['MICROSECOND', { micros: 1, duck: 'to_microseconds' }],
  ['MILLISECOND', { micros: 1e3, duck: 'to_milliseconds' }],
  ['SECOND', { micros: 1e6, duck: 'to_seconds' }],
  ['MINUTE', { micros: 6e7, duck: 'to_minutes' }],
  ['HOUR', { micros: 3.6e9, duck: 'to_hours' }],
  ['DAY', { micros: 8.64e10, duck: 'to_days' }],
  ['DAYOFYEAR', { micros: 8.64e10, duck: 'to_days' }],
  ['WEEK', { micros: 6.048e11, duck: 'to_weeks' }],
  ['MONTH', { months: 1, duck: 'to_months' }],
  ['QUARTER', { months: 3, duck: 'to_quarters' }],
  ['YEAR', { months: 12, duck: 'to_years' }],
]);

function unitOf(owner: string, arg: Typed, besides?: string) {
  const name = String(constant(owner, 'unit', arg)).toUpperCase();
  const unit = UNITS.get(name);
  if (unit && name !== besides) return unit;
  const names = [...UNITS.keys()].filter((known) => known !== besides);
  throw new MlError('EXPRESSION_INVALID', `${owner}: unit must be one of ${names.join(', ')}, got ${show(arg.literal)}`, {
    value: arg.literal,
  });
}

/** Microseconds of a text such as `1 hour 30 minutes`. */
export function duration(owner: string, what: string, arg: Typed | undefined): number {
  const given = String(constant(owner, what, arg));
  const parts = [...given.replace(/^\s*interval\b/i, '').matchAll(/\s*([+-]?\d+)\s*([a-z]+?)s?(?=\s|$)/gi)];
  const micros = parts.map(([, n, unit]) => Number(n) * (UNITS.get(unit.toUpperCase())?.micros ?? Number.NaN));
  const sum = micros.reduce((a, b) => a + b, 0);
  if (
    parts.length === 0 ||
    Number.isNaN(sum) ||
    parts
      .map(([part]) => part)
      .join('')
      .trim() !== given.replace(/^\s*interval\b/i, '').trim()
  ) {
    throw new MlError('EXPRESSION_INVALID', `${owner}: ${what} must be a text such as '10 minutes' or '1 day', got ${show(given)}`, { value: given });
  }
  return sum;
}

/** The list of the windows that a moment lies in, the latest first; those of null are none. */
function windows(x: Typed, given: readonly Typed[]): string {
  if (x.type.kind !== 'timestamp' && x.type.kind !== 'date') throw typeError('window', 'a timestamp', x.type);
  const long = duration('window', 'the duration', given[0]);
  const slide = given[1] ? duration('window', 'the slide', given[1]) : long;
  const start = given[2] ? duration('window', 'the start', given[2]) : 0;
  if (!(long > 0 && slide > 0 && slide <= long && Math.abs(start) < slide)) {
    const must = 'have a duration above 0, a slide up to the duration, and a start below the slide';
    throw new MlError('EXPRESSION_INVALID', `window: must ${must}, got ${[long, slide, start].map((n) => `${n / 1e6} s`).join(', ')}`);
  }
  const t = `epoch_us(${moment(x)})`;
  const last = `(${t} - ((${t} - ${start}) % ${slide} + ${slide}) % ${slide})`;
  const at = (i: string, more: number) => `make_timestamp(CAST(${last} - ${i} * ${slide} + ${more} AS BIGINT))`;
  const within = `list_filter(range(${Math.ceil(long / slide)}), lambda w_: ${last} - w_ * ${slide} + ${long} > ${t})`;
  return `CASE WHEN ${t} IS NULL THEN [] ELSE list_transform(${within}, lambda w_: {'start': ${at('w_', 0)}, 'end': ${at('w_', long)}}) END`;
}

/** What windows of time are. */
export const WINDOW: DataType = {
  kind: 'struct',
  fields: ['start', 'end'].map((name) => ({ name, type: TIMESTAMP })),
};

/** Whole months from `a` to `b`, as Java counts them: by the numbers of months and of days, once the times of day are evened out. */
function months(a: string, b: string): string {
  const time = (x: string) => `CAST(${x} AS TIME)`;
  const early = `CAST(${b} AS DATE) > CAST(${a} AS DATE) AND ${time(b)} < ${time(a)}`;
  const late = `CAST(${b} AS DATE) < CAST(${a} AS DATE) AND ${time(b)} > ${time(a)}`;
  const even = `(CAST(${b} AS DATE) + CASE WHEN ${early} THEN -1 WHEN ${late} THEN 1 ELSE 0 END)`;
  const packed = (x: string) => `((year(${x}) * 12 + month(${x})) * 32 + day(${x}))`;
  return `trunc((${packed(even)} - ${packed(a)}) / 32)`;
}

export const MOMENT_RULES: Rules = [
  ['timestamp_seconds', rule(1, 1, ([x]) => castSql(isInteger(x.type) ? x : castSql(x, DOUBLE), TIMESTAMP))],
  ['timestamp_millis', rule(1, 1, ([x]) => whole('timestamp_millis', x, 1000))],
  ['timestamp_micros', rule(1, 1, ([x]) => whole('timestamp_micros', x, 1))],
  ['unix_seconds', rule(1, 1, ([x]) => ({ sql: `(epoch_us(date_trunc('second', ${moment(x)})) // 1000000)`, type: LONG }))],
  ['unix_millis', rule(1, 1, ([x]) => ({ sql: `(epoch_us(date_trunc('millisecond', ${moment(x)})) // 1000)`, type: LONG }))],
  ['unix_micros', rule(1, 1, ([x]) => ({ sql: `epoch_us(${moment(x)})`, type: LONG }))],
  [
    'make_timestamp make_timestamp_ntz make_timestamp_ltz try_make_timestamp try_make_timestamp_ntz try_make_timestamp_ltz',
    rule(6, 6, (args, { name }) => {
      const parts = [...args.slice(0, 5).map((a) => asInt(name, a)), castSql(args[5], DOUBLE).sql];
      if (!name.startsWith('try_')) return { sql: `make_timestamp(${parts.join(', ')})`, type: TIMESTAMP };
      const packed = `struct_pack(${parts.map((part, i) => `p${i} := ${part}`).join(', ')})`;
      return { sql: tried(packed, (v) => `make_timestamp(${parts.map((_, i) => `${v}.p${i}`).join(', ')})`), type: TIMESTAMP, nullable: true };
    }),
  ],
  ...(['from_utc_timestamp', 'to_utc_timestamp'] as const).map(
    (name) => [name, rule(2, 2, ([x, zone]) => ({ sql: inZone(name, moment(x), String(constant(name, 'zone', zone))), type: TIMESTAMP }))] as const,
  ),
  [
    'convert_timezone',
    rule(2, 3, (args, { name }) => {
      const [source, target] = args.slice(0, -1).map((zone) => String(constant(name, 'zone', zone)));
      const x = moment(args[args.length - 1]);
      const sql =
        target === undefined ? inZone('from_utc_timestamp', x, source) : inZone('from_utc_timestamp', inZone('to_utc_timestamp', x, source), target);
      const label = target === undefined ? `current_timezone(), ${args[0].name}, ${args[1].name}` : args.map((a) => a.name).join(', ');
      return { sql, type: TIMESTAMP, name: `convert_timezone(${label})` };
    }),
  ],
  ['window', rule(2, 4, ([x, ...given]) => ({ sql: `unnest(${windows(x, given)})`, type: WINDOW, nullable: false }))],
  [
    'session_window',
    rule(2, 2, () => {
      throw new MlError('EXPRESSION_INVALID', 'session_window: may stand only as a key of groupBy');
    }),
  ],
  [
    'window_time',
    rule(1, 1, ([x]) => {
      if (sameType(x.type, WINDOW)) return { sql: `(struct_extract(${x.sql}, 'end') - to_microseconds(1))`, type: TIMESTAMP };
      throw typeError('window_time', 'a window of time', x.type);
    }),
  ],
  ['current_timezone', rule(0, 0, () => ({ sql: "'UTC'", type: TEXT, nullable: false }))],
  [
    'timestampadd',
    rule(3, 3, ([unit, count, x]) => {
      const { duck } = unitOf('timestampadd', unit);
      const n = castSql(count, duck === 'to_microseconds' || duck === 'to_seconds' || duck === 'to_milliseconds' ? LONG : INT).sql;
      return { sql: `CAST(${moment(x)} + ${duck}(${n}) AS TIMESTAMP)`, type: TIMESTAMP };
    }),
  ],
  [
    'timestampdiff',
    rule(3, 3, ([unit, start, end]) => {
      const of = unitOf('timestampdiff', unit, 'DAYOFYEAR');
      const [a, b] = [moment(start), moment(end)];
      const whole = of.months ? `trunc(${months(a, b)} / ${of.months})` : `((epoch_us(${b}) - epoch_us(${a})) // ${of.micros})`;
      return { sql: `CAST(${whole} AS BIGINT)`, type: LONG };
    }),
  ],
];

function whole(owner: string, x: Typed, micros: number) {
  if (!isInteger(x.type)) throw typeError(owner, 'a whole number', x.type);
  return { sql: `make_timestamp(CAST(${x.sql} AS BIGINT) * ${micros})`, type: TIMESTAMP };
}

/** What clocks in a zone show at a moment of UTC, or the other way round; an hour that a zone skips is taken for the one after it. */
function inZone(owner: 'from_utc_timestamp' | 'to_utc_timestamp', x: string, zone: string): string {
  const offset = /^(?:UTC|GMT)?([+-])(\d{1,2})(?::?(\d{2}))?$/.exec(zone);
  if (offset) {
    const minutes = Number(offset[2]) * 60 + Number(offset[3] ?? 0);
    const forward = (offset[1] === '+') === (owner === 'from_utc_timestamp');
    return `(${x} ${forward ? '+' : '-'} to_minutes(${minutes}))`;
  }
  try {
    new Intl.DateTimeFormat('en', { timeZone: zone });
  } catch (cause) {
    throw new MlError(
      'EXPRESSION_INVALID',
      `${owner}: zone must be a time zone such as Europe/Berlin or +02:00, got ${show(zone)}`,
      { value: zone },
      { cause },
    );
  }
  const between = (t: string, from: string, to: string) => `((${t} AT TIME ZONE ${text(from)}) AT TIME ZONE ${text(to)})`;
  if (owner === 'from_utc_timestamp') return between(x, 'UTC', zone);
  // Of an hour that comes twice the first is meant, the engine takes the second.
  const found = between(x, zone, 'UTC');
  const before = `(${found} - INTERVAL 1 HOUR)`;
  return `CASE WHEN ${between(before, 'UTC', zone)} = ${x} THEN ${before} ELSE ${found} END`;
}
