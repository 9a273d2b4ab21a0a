import { MlError, show } from '../../../../error.ts';
import { castSql } from '../cast.ts';
import { DATE_LETTERS, datePattern, PATTERN_PIECES, readByPattern } from '../date-pattern.ts';
import { text } from '../duck-type.ts';
import { intervalPart, isInterval } from '../interval.ts';
import { type Built, DATE, DOUBLE, failure, INT, LONG, TEXT, TIMESTAMP, type Typed, typeError } from '../typed.ts';
import { moment } from './moment.ts';
import { asInt, asText, constant, ofText, type Rules, rule } from './rule.ts';

const day = (x: Typed) => castSql(x, DATE).sql;

/** Fields of `extract`, and the functions that they are. */
const FIELDS: ReadonlyMap<string, (x: string) => string> = new Map(
  [
    [['year', 'years', 'y', 'yr', 'yrs'], (x: string) => `year(${x})`] as const,
    [['yearofweek'], (x: string) => `isoyear(${x})`] as const,
    [['quarter', 'qtr'], (x: string) => `quarter(${x})`] as const,
    [['month', 'months', 'mon', 'mons'], (x: string) => `month(${x})`] as const,
    [['week', 'weeks', 'w'], (x: string) => `weekofyear(${x})`] as const,
    [['day', 'days', 'd'], (x: string) => `day(${x})`] as const,
    [['dayofweek', 'dow'], (x: string) => `dayofweek(${x}) + 1`] as const,
    [['dayofweek_iso', 'dow_iso'], (x: string) => `isodow(${x})`] as const,
    [['doy'], (x: string) => `dayofyear(${x})`] as const,
    [['hour', 'hours', 'h', 'hr', 'hrs'], (x: string) => `hour(${x})`] as const,
    [['minute', 'minutes', 'm', 'min', 'mins'], (x: string) => `minute(${x})`] as const,
  ].flatMap(([names, sql]) => names.map((name) => [name, sql] as const)),
);

function partOf(owner: string, field: string, x: Typed): Built {
  if (isInterval(x.type)) {
    const part = intervalPart(field, x, x.type);
    if (part) return part;
    throw typeError(owner, `of a date, a timestamp, or an interval that has the field ${field}`, x.type);
  }
  const at = x.type.kind === 'date' ? x.sql : moment(x);
  const sql = FIELDS.get(field);
  if (sql) return { sql: `CAST(${sql(at)} AS INTEGER)`, type: INT };
  if (['second', 'seconds', 's', 'sec', 'secs'].includes(field)) {
    return {
      sql: `CAST((epoch_us(${moment(x)}) % 60000000 + 60000000) % 60000000 / 1000000 AS DECIMAL(8,6))`,
      type: { kind: 'decimal', precision: 8, scale: 6 },
    };
  }
  throw new MlError('EXPRESSION_INVALID', `${owner}: field must be one of ${[...FIELDS.keys()].join(', ')}, second, got ${show(field)}`, {
    value: field,
  });
}

const part = (name: string, duck: (x: string) => string) =>
  [name, rule(1, 1, ([x]) => ({ sql: `CAST(${duck(x.type.kind === 'date' ? x.sql : moment(x))} AS INTEGER)`, type: INT }))] as const;

/** As date_format and the functions that read by a pattern take them. */
const LETTERS: ReadonlyMap<string, string> = new Map([
  ...DATE_LETTERS,
  ...([['y', '%Y'], ['EE', '%a'], ['DDD', '%j'], ['D', '%-j'], ['LL', '%m'], ['L', '%-m'], ['LLL', '%b'], ['LLLL', '%B']] as const), // biome-ignore format: pairs
]);

/** Letters of offsets from UTC too, as strptime reads them. */
const READ: ReadonlyMap<string, string> = new Map([
  ...LETTERS,
  ...['X', 'XX', 'XXX', 'x', 'xx', 'xxx', 'Z'].map((letters) => [letters, '%z'] as const),
]);

/** A Java date pattern as one of strftime, quoted. */
function format(owner: string, pattern: string, letters: ReadonlyMap<string, string>): string {
  return text(datePattern(pattern, letters, (odd) => unknownLetters(owner, odd, pattern)));
}

function unknownLetters(owner: string, odd: string, pattern: string): MlError {
  return new MlError('EXPRESSION_INVALID', `${owner}: pattern letters ${show(odd)} are not supported, in ${show(pattern)}`, { value: pattern });
}

/** What strftime cannot print, as SQL over a moment; times are in UTC. */
const PRINTED: ReadonlyMap<string, (x: string) => string> = new Map([
  ...['Q', 'q'].flatMap((q) => [
    [q, (x: string) => `quarter(${x})`] as const,
    [q + q, (x: string) => `'0' || quarter(${x})`] as const,
    [q + q + q, (x: string) => `'Q' || quarter(${x})`] as const,
    [q + q + q + q, (x: string) => `['1st', '2nd', '3rd', '4th'][quarter(${x})] || ' quarter'`] as const,
  ]),
  ['k', (x) => `CASE hour(${x}) WHEN 0 THEN 24 ELSE hour(${x}) END`],
  ['kk', (x) => `lpad(CAST(CASE hour(${x}) WHEN 0 THEN 24 ELSE hour(${x}) END AS VARCHAR), 2, '0')`],
  ['K', (x) => `hour(${x}) % 12`],
  ['KK', (x) => `lpad(CAST(hour(${x}) % 12 AS VARCHAR), 2, '0')`],
  ['G', (x) => `CASE WHEN year(${x}) > 0 THEN 'AD' ELSE 'BC' END`],
  ...['X', 'XX', 'XXX'].map((zone) => [zone, () => "'Z'"] as const),
  ...['Z', 'xx'].map((zone) => [zone, () => "'+0000'"] as const),
  ['xxx', () => "'+00:00'"],
  ['x', () => "'+00'"],
  ...['z', 'VV'].map((zone) => [zone, () => "'UTC'"] as const),
  ...Array.from({ length: 9 }, (_, i) => ['S'.repeat(i + 1), (x: string) => `left(strftime(${x}, '%n'), ${i + 1})`] as const),
]);

export function patternOf(owner: string, arg: Typed): string {
  return String(constant(owner, 'pattern', arg));
}

/** The text of a moment by a Java pattern. */
export function printed(owner: string, x: string, pattern: string): string {
  const texts: string[] = [];
  let known = '';
  const flush = () => {
    if (known !== '') texts.push(`strftime(${x}, ${format(owner, known, LETTERS)})`);
    known = '';
  };
  for (const [piece] of pattern.matchAll(PATTERN_PIECES)) {
    const sql = PRINTED.get(piece);
    // Brackets mark what may be missing, which nothing is.
    if (!sql) known += /^[a-zA-Z']/.test(piece) ? piece : piece.replace(/[[\]]/g, '');
    else {
      flush();
      texts.push(`CAST(${sql(x)} AS VARCHAR)`);
    }
  }
  flush();
  return texts.length > 0 ? `(${texts.join(' || ')})` : `CASE WHEN ${x} IS NOT NULL THEN '' END`;
}

/** Reads text by a Java pattern; `strict` says what a text that does not fit becomes: an error or null. */
function parsed(owner: string, x: Typed, pattern: Typed, strict: boolean): string {
  const s = asText(x);
  const given = patternOf(owner, pattern);
  const read = readByPattern(s, given, READ, (odd) => unknownLetters(owner, odd, given));
  return strict ? `CASE WHEN ${s} IS NULL THEN NULL ELSE coalesce(${read}, ${failure(`${owner}: text must match its pattern, got `, s)}) END` : read;
}

/** Spark's names of units and DuckDB's. */
const UNITS: ReadonlyMap<string, string> = new Map([
  ['year', 'year'],
  ['yyyy', 'year'],
  ['yy', 'year'],
  ['quarter', 'quarter'],
  ['month', 'month'],
  ['mon', 'month'],
  ['mm', 'month'],
  ['week', 'week'],
  ['day', 'day'],
  ['dd', 'day'],
  ['hour', 'hour'],
  ['minute', 'minute'],
  ['second', 'second'],
  ['millisecond', 'milliseconds'],
  ['microsecond', 'microseconds'],
]);

/** Units that dates may be cut to. */
const DATE_UNITS: ReadonlySet<string> = new Set(['year', 'quarter', 'month', 'week']);

function truncated(owner: string, x: string, unit: Typed, units: ReadonlySet<string> | null = null): string | null {
  const found = UNITS.get(String(constant(owner, 'unit', unit)).toLowerCase());
  return found && (units?.has(found) ?? true) ? `date_trunc('${found}', ${x})` : null;
}

/** The date `n` months later; the last day of a shorter month. */
const monthsLater = (x: string, n: string) => `CAST(${x} + to_months(${n}) AS DATE)`;

const DAYS = ['su', 'mo', 'tu', 'we', 'th', 'fr', 'sa'];

export const TIME_RULES: Rules = [
  ['current_date curdate', rule(0, 0, () => ({ sql: `CAST((now() AT TIME ZONE 'UTC') AS DATE)`, type: DATE, nullable: false }))],
  ['current_timestamp now localtimestamp', rule(0, 0, () => ({ sql: `(now() AT TIME ZONE 'UTC')`, type: TIMESTAMP, nullable: false }))],
  part('year', (x) => `year(${x})`),
  part('quarter', (x) => `quarter(${x})`),
  part('month', (x) => `month(${x})`),
  part('day dayofmonth', (x) => `day(${x})`),
  part('dayofyear', (x) => `dayofyear(${x})`),
  part('dayofweek', (x) => `dayofweek(${x}) + 1`),
  part('weekday', (x) => `(dayofweek(${x}) + 6) % 7`),
  part('weekofyear', (x) => `weekofyear(${x})`),
  part('hour', (x) => `hour(${x})`),
  part('minute', (x) => `minute(${x})`),
  part('second', (x) => `second(${x})`),
  ['date_add dateadd', rule(2, 2, ([x, n]) => ({ sql: `CAST(${day(x)} + ${asInt('date_add', n)} AS DATE)`, type: DATE }))],
  ['date_sub', rule(2, 2, ([x, n]) => ({ sql: `CAST(${day(x)} - ${asInt('date_sub', n)} AS DATE)`, type: DATE }))],
  ['datediff date_diff', rule(2, 2, ([end, start]) => ({ sql: `CAST(date_diff('day', ${day(start)}, ${day(end)}) AS INTEGER)`, type: INT }))],
  ['add_months', rule(2, 2, ([x, n]) => ({ sql: monthsLater(day(x), asInt('add_months', n)), type: DATE }))],
  [
    'months_between',
    rule(2, 3, ([end, start, round]) => {
      const [a, b] = [moment(end), moment(start)];
      const isRounded = !round || constant('months_between', 'roundOff', round) !== false;
      const months = `((year(${a}) - year(${b})) * 12 + month(${a}) - month(${b}))`;
      const seconds = (x: string) => `((day(${x}) - 1) * 86400 + hour(${x}) * 3600 + minute(${x}) * 60 + second(${x}))`;
      const exact = `(${months} + (${seconds(a)} - ${seconds(b)}) / 2678400e0)`;
      const ends = `(last_day(${a}) = CAST(${a} AS DATE) AND last_day(${b}) = CAST(${b} AS DATE))`;
      return {
        sql: `CASE WHEN ${a} IS NULL OR ${b} IS NULL THEN NULL WHEN day(${a}) = day(${b}) OR ${ends} THEN CAST(${months} AS DOUBLE) ELSE ${isRounded ? `round(${exact}, 8)` : exact} END`,
        type: DOUBLE,
      };
    }),
  ],
  ['last_day', rule(1, 1, ([x]) => ({ sql: `last_day(${day(x)})`, type: DATE }))],
  [
    'next_day',
    rule(2, 2, ([x, name]) => {
      const wanted = DAYS.indexOf(
        String(constant('next_day', 'day', name))
          .slice(0, 2)
          .toLowerCase(),
      );
      if (wanted < 0) throw new MlError('EXPRESSION_INVALID', `next_day: day must be a day of the week, got ${show(name.literal)}`);
      return { sql: `CAST(${day(x)} + CAST((${wanted} - dayofweek(${day(x)}) + 6) % 7 + 1 AS INTEGER) AS DATE)`, type: DATE };
    }),
  ],
  [
    'trunc',
    rule(2, 2, ([x, unit]) => ({ sql: `CAST(${truncated('trunc', day(x), unit, DATE_UNITS) ?? 'NULL'} AS DATE)`, type: DATE, nullable: true })),
  ],
  [
    'date_trunc',
    rule(2, 2, ([unit, x]) => ({ sql: `CAST(${truncated('date_trunc', moment(x), unit) ?? 'NULL'} AS TIMESTAMP)`, type: TIMESTAMP, nullable: true })),
  ],
  [
    'to_date',
    rule(1, 2, ([x, pattern]) =>
      pattern && x.type.kind === 'string'
        ? { sql: `CAST(${parsed('to_date', x, pattern, true)} AS DATE)`, type: DATE, nullable: true }
        : castSql(x, DATE),
    ),
  ],
  [
    'try_to_date',
    rule(1, 2, ([x, pattern]) =>
      pattern ? { sql: `CAST(${parsed('to_date', x, pattern, false)} AS DATE)`, type: DATE, nullable: true } : castSql(x, DATE, true),
    ),
  ],
  [
    'to_timestamp to_timestamp_ntz to_timestamp_ltz',
    rule(1, 2, ([x, pattern]) =>
      pattern && x.type.kind === 'string'
        ? { sql: parsed('to_timestamp', x, pattern, true), type: TIMESTAMP, nullable: true }
        : castSql(x, TIMESTAMP),
    ),
  ],
  [
    'try_to_timestamp',
    rule(1, 2, ([x, pattern]) =>
      pattern ? { sql: parsed('to_timestamp', x, pattern, false), type: TIMESTAMP, nullable: true } : castSql(x, TIMESTAMP, true),
    ),
  ],
  ['date_format', rule(2, 2, ([x, pattern]) => ({ sql: printed('date_format', moment(x), patternOf('date_format', pattern)), type: TEXT }))],
  [
    'unix_timestamp to_unix_timestamp',
    rule(0, 2, ([x, pattern]) => {
      const at = !x ? `(now() AT TIME ZONE 'UTC')` : pattern && x.type.kind === 'string' ? parsed('unix_timestamp', x, pattern, true) : moment(x);
      return { sql: `(epoch_us(${at}) // 1000000)`, type: LONG };
    }),
  ],
  [
    'from_unixtime',
    rule(1, 2, ([x, pattern]) => ({
      sql: pattern
        ? printed('from_unixtime', `make_timestamp(${castSql(x, LONG).sql} * 1000000)`, patternOf('from_unixtime', pattern))
        : `strftime(make_timestamp(${castSql(x, LONG).sql} * 1000000), '%Y-%m-%d %H:%M:%S')`,
      type: TEXT,
    })),
  ],
  [
    'make_date',
    rule(3, 3, ([y, m, d]) => ({ sql: `make_date(${asInt('make_date', y)}, ${asInt('make_date', m)}, ${asInt('make_date', d)})`, type: DATE })),
  ],
  ['unix_date', rule(1, 1, ([x]) => ({ sql: `CAST(date_diff('day', DATE '1970-01-01', ${day(x)}) AS INTEGER)`, type: INT }))],
  ['date_from_unix_date', rule(1, 1, ([n]) => ({ sql: `CAST(DATE '1970-01-01' + ${asInt('date_from_unix_date', n)} AS DATE)`, type: DATE }))],
  ['date_part datepart extract', rule(2, 2, ([field, x], { name }) => partOf(name, String(constant(name, 'field', field)).toLowerCase(), x))],
  ['dayname', rule(1, 1, ([x]) => ({ sql: `strftime(${moment(x)}, '%a')`, type: TEXT }))],
  ['monthname', rule(1, 1, ([x]) => ({ sql: `strftime(${moment(x)}, '%b')`, type: TEXT }))],
  ['date', ofText(1, DATE, (x) => `CAST(${x} AS DATE)`)],
];
