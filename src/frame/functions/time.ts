import { type Column, type ColumnOrName, type ColumnOrValue, nameToExpression, toExpression } from '../column.ts';
import { numberOf, of, unary } from './of.ts';

/** Today in UTC, the same for a whole query. */
export function currentDate(): Column {
  return of('current_date');
}

/** Now, the same for a whole query. */
export function currentTimestamp(): Column {
  return of('current_timestamp');
}

/** The year. */
export const year = unary('year');

/** The quarter, 1 to 4. */
export const quarter = unary('quarter');

/** The month, 1 to 12. */
export const month = unary('month');

/** The day of the month, from 1. */
export const dayofmonth = unary('dayofmonth');

/** The day of the year, from 1. */
export const dayofyear = unary('dayofyear');

/** The ISO week of the year, 1 to 53. */
export const weekofyear = unary('weekofyear');

/** The hour, in UTC. */
export const hour = unary('hour');

/** The minute. */
export const minute = unary('minute');

/** The second. */
export const second = unary('second');

/** 0 for Monday to 6 for Sunday. */
export const weekday = unary('weekday');

/** 1 is Sunday. */
export const dayofweek = unary('dayofweek');

/** The date so many days later. */
export function dateAdd(x: ColumnOrName, days: ColumnOrValue): Column {
  return of('date_add', nameToExpression(x), numberOf(days));
}

/** The date so many days before. */
export function dateSub(x: ColumnOrName, days: ColumnOrValue): Column {
  return of('date_sub', nameToExpression(x), numberOf(days));
}

/** Days from `start` to `end`. */
export function datediff(end: ColumnOrName, start: ColumnOrName): Column {
  return of('datediff', nameToExpression(end), nameToExpression(start));
}

export const dateDiff = datediff;

/** The date so many months later; the last day of a shorter month stands for a missing one. */
export function addMonths(x: ColumnOrName, months: ColumnOrValue): Column {
  return of('add_months', nameToExpression(x), numberOf(months));
}

/** Months from `start` to `end`, with a fraction of 31 days to a month; `roundOff` to 8 digits. */
export function monthsBetween(end: ColumnOrName, start: ColumnOrName, roundOff = true): Column {
  return of('months_between', nameToExpression(end), nameToExpression(start), ...(roundOff ? [] : [toExpression(roundOff)]));
}

/** The last day of the month. */
export const lastDay = unary('last_day');

/** The first later date on a day of the week (`Mon`). */
export function nextDay(x: ColumnOrName, day: string): Column {
  return of('next_day', nameToExpression(x), toExpression(day));
}

/** A date cut to `year`, `quarter`, `month` or `week`. */
export function trunc(x: ColumnOrName, unit: string): Column {
  return of('trunc', nameToExpression(x), toExpression(unit));
}

/** A timestamp cut to a unit. */
export function dateTrunc(unit: string, x: ColumnOrName): Column {
  return of('date_trunc', toExpression(unit), nameToExpression(x));
}

/** A date from text, by a pattern such as `dd/MM/yyyy`. */
export function toDate(x: ColumnOrName, pattern?: string): Column {
  return of('to_date', nameToExpression(x), ...(pattern === undefined ? [] : [toExpression(pattern)]));
}

/** A timestamp (UTC) from text, by a pattern. */
export function toTimestamp(x: ColumnOrName, pattern?: string): Column {
  return of('to_timestamp', nameToExpression(x), ...(pattern === undefined ? [] : [toExpression(pattern)]));
}

/** A date or timestamp as text, by a pattern such as `yyyy-MM-dd`. */
export function dateFormat(x: ColumnOrName, pattern: string): Column {
  return of('date_format', nameToExpression(x), toExpression(pattern));
}

/** Seconds since 1970. */
export function unixTimestamp(x?: ColumnOrName, pattern?: string): Column {
  return of('unix_timestamp', ...(x === undefined ? [] : [nameToExpression(x)]), ...(pattern === undefined ? [] : [toExpression(pattern)]));
}

/** Text of the time that many seconds after 1970. */
export function fromUnixtime(x: ColumnOrName, pattern?: string): Column {
  return of('from_unixtime', nameToExpression(x), ...(pattern === undefined ? [] : [toExpression(pattern)]));
}

/** `Mon`. */
export const dayname = unary('dayname');

/** `Jan`. */
export const monthname = unary('monthname');

/** Days since 1970. */
export const unixDate = unary('unix_date');

/** Seconds since 1970 in UTC. */
export const unixSeconds = unary('unix_seconds');

/** Milliseconds since 1970 in UTC. */
export const unixMillis = unary('unix_millis');

/** The date of a year, month and day. */
export function makeDate(year: ColumnOrName, month: ColumnOrName, day: ColumnOrName): Column {
  return of('make_date', nameToExpression(year), nameToExpression(month), nameToExpression(day));
}

/** The moment so many seconds after 1970 in UTC. */
export const timestampSeconds = unary('timestamp_seconds');

/** The moment so many milliseconds after 1970 in UTC. */
export const timestampMillis = unary('timestamp_millis');

/** As {@link dayofmonth}. */
export const day = unary('day');

/** As {@link dateAdd}. */
export function dateadd(x: ColumnOrName, days: ColumnOrValue): Column {
  return of('dateadd', nameToExpression(x), numberOf(days));
}

/** As {@link toDate}; null where the text is no date. */
export function tryToDate(x: ColumnOrName, pattern?: string): Column {
  return of('try_to_date', nameToExpression(x), ...(pattern === undefined ? [] : [toExpression(pattern)]));
}

/** As {@link toTimestamp}; null where the text is none. */
export function tryToTimestamp(x: ColumnOrName, pattern?: ColumnOrValue): Column {
  return of('try_to_timestamp', nameToExpression(x), ...(pattern === undefined ? [] : [toExpression(pattern)]));
}

export function toUnixTimestamp(x: ColumnOrName, pattern?: ColumnOrValue): Column {
  return of('to_unix_timestamp', nameToExpression(x), ...(pattern === undefined ? [] : [toExpression(pattern)]));
}

/** The moment so many microseconds after 1970. */
export const timestampMicros = unary('timestamp_micros');

/** Microseconds from 1970 to the moment. */
export const unixMicros = unary('unix_micros');

/** The date so many days after 1970-01-01. */
export const dateFromUnixDate = unary('date_from_unix_date');

export function makeTimestamp(
  years: ColumnOrName,
  months: ColumnOrName,
  days: ColumnOrName,
  hours: ColumnOrName,
  mins: ColumnOrName,
  secs: ColumnOrName,
): Column {
  return of('make_timestamp', ...[years, months, days, hours, mins, secs].map(nameToExpression));
}

/** One field of a date or a moment: `YEAR`, `MONTH`, `DOW`, `SECONDS` …, a constant. */
export function datePart(field: Column, x: ColumnOrName): Column {
  return of('date_part', nameToExpression(field), nameToExpression(x));
}

/** As {@link datePart}. */
export function extract(field: Column, x: ColumnOrName): Column {
  return of('extract', nameToExpression(field), nameToExpression(x));
}

/** The moment so many units later: `timestampAdd('HOUR', -2, 'at')`. Units from `MICROSECOND` to `YEAR`; a shorter month ends on its last day. */
export function timestampAdd(unit: string, count: ColumnOrName | number, x: ColumnOrName): Column {
  return of('timestampadd', toExpression(unit), typeof count === 'number' ? toExpression(count) : nameToExpression(count), nameToExpression(x));
}

/** Whole units from `start` to `end`: `timestampDiff('MONTH', 'hired', 'left')`. */
export function timestampDiff(unit: string, start: ColumnOrName, end: ColumnOrName): Column {
  return of('timestampdiff', toExpression(unit), nameToExpression(start), nameToExpression(end));
}

/**
 * The windows of time that a moment lies in, as a struct of `start` and `end`: `groupBy(window('at', '10 minutes'))`. Without `slide` each moment lies in
 * one, with a shorter `slide` in several, a row each; rows without a moment go. Windows begin at 1970-01-01 in UTC, `start` later.
 */
export function window(x: ColumnOrName, duration: string, slide?: string, start?: string): Column {
  const more = start === undefined ? [slide] : [slide ?? duration, start];
  return of('window', nameToExpression(x), ...[duration, ...more].flatMap((part) => (part === undefined ? [] : [toExpression(part)])));
}

/**
 * The sessions that moments make up, as a struct of `start` and `end`: `groupBy('user', sessionWindow('at', '30 minutes'))`. One is over when nothing has
 * come for `gap`, which is its end; rows without a moment go. On a cluster `gap` may be a column.
 */
export function sessionWindow(x: ColumnOrName, gap: string | Column): Column {
  return of('session_window', nameToExpression(x), toExpression(gap));
}

/** The last moment of a window that `window` or `sessionWindow` gave. */
export const windowTime = unary('window_time');

/** The session's time zone, which is UTC on the local engine. */
export function currentTimezone(): Column {
  return of('current_timezone');
}

/** As {@link currentTimestamp}. */
export function now(): Column {
  return of('current_timestamp');
}

/** As {@link currentDate}. */
export function curdate(): Column {
  return of('current_date');
}

/** What clocks in a time zone (`Europe/Berlin`, `+02:00`) show at a moment told in UTC. */
export function fromUtcTimestamp(x: ColumnOrName, zone: string): Column {
  return of('from_utc_timestamp', nameToExpression(x), toExpression(zone));
}

/** The moment in UTC at which clocks in a time zone show this. */
export function toUtcTimestamp(x: ColumnOrName, zone: string): Column {
  return of('to_utc_timestamp', nameToExpression(x), toExpression(zone));
}
