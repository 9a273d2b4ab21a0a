import { type Column, type ColumnOrName, type ColumnOrValue, nameToExpression, toExpression } from '../column.ts';
import { of } from './of.ts';

export function currentDate(): Column {
  return of('current_date');
}

export function currentTimestamp(): Column {
  return of('current_timestamp');
}

export function year(x: ColumnOrName): Column {
  return of('year', nameToExpression(x));
}

export function quarter(x: ColumnOrName): Column {
  return of('quarter', nameToExpression(x));
}

export function month(x: ColumnOrName): Column {
  return of('month', nameToExpression(x));
}

export function dayofmonth(x: ColumnOrName): Column {
  return of('dayofmonth', nameToExpression(x));
}

export function dayofyear(x: ColumnOrName): Column {
  return of('dayofyear', nameToExpression(x));
}

export function weekofyear(x: ColumnOrName): Column {
  return of('weekofyear', nameToExpression(x));
}

export function hour(x: ColumnOrName): Column {
  return of('hour', nameToExpression(x));
}

export function minute(x: ColumnOrName): Column {
  return of('minute', nameToExpression(x));
}

export function second(x: ColumnOrName): Column {
  return of('second', nameToExpression(x));
}

export function weekday(x: ColumnOrName): Column {
  return of('weekday', nameToExpression(x));
}

/** 1 is Sunday. */
export function dayofweek(x: ColumnOrName): Column {
  return of('dayofweek', nameToExpression(x));
}

export function dateAdd(x: ColumnOrName, days: ColumnOrValue): Column {
  return of('date_add', nameToExpression(x), toExpression(days));
}

export function dateSub(x: ColumnOrName, days: ColumnOrValue): Column {
  return of('date_sub', nameToExpression(x), toExpression(days));
}

/** Days from `start` to `end`. */
export function datediff(end: ColumnOrName, start: ColumnOrName): Column {
  return of('datediff', nameToExpression(end), nameToExpression(start));
}

export function dateDiff(end: ColumnOrName, start: ColumnOrName): Column {
  return of('datediff', nameToExpression(end), nameToExpression(start));
}

export function addMonths(x: ColumnOrName, months: ColumnOrValue): Column {
  return of('add_months', nameToExpression(x), toExpression(months));
}

/** Months from `start` to `end`, with a fraction of 31 days to a month; `roundOff` to 8 digits. */
export function monthsBetween(end: ColumnOrName, start: ColumnOrName, roundOff = true): Column {
  return of('months_between', nameToExpression(end), nameToExpression(start), ...(roundOff ? [] : [toExpression(roundOff)]));
}

/** The last day of the month. */
export function lastDay(x: ColumnOrName): Column {
  return of('last_day', nameToExpression(x));
}

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
export function dayname(x: ColumnOrName): Column {
  return of('dayname', nameToExpression(x));
}

/** `Jan`. */
export function monthname(x: ColumnOrName): Column {
  return of('monthname', nameToExpression(x));
}

/** Days since 1970. */
export function unixDate(x: ColumnOrName): Column {
  return of('unix_date', nameToExpression(x));
}

export function unixSeconds(x: ColumnOrName): Column {
  return of('unix_seconds', nameToExpression(x));
}

export function unixMillis(x: ColumnOrName): Column {
  return of('unix_millis', nameToExpression(x));
}

export function makeDate(year: ColumnOrName, month: ColumnOrName, day: ColumnOrName): Column {
  return of('make_date', nameToExpression(year), nameToExpression(month), nameToExpression(day));
}

export function timestampSeconds(x: ColumnOrName): Column {
  return of('timestamp_seconds', nameToExpression(x));
}

export function timestampMillis(x: ColumnOrName): Column {
  return of('timestamp_millis', nameToExpression(x));
}

export function day(x: ColumnOrName): Column {
  return of('day', nameToExpression(x));
}

export function dateadd(x: ColumnOrName, days: ColumnOrValue): Column {
  return of('dateadd', nameToExpression(x), toExpression(days));
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
export function timestampMicros(x: ColumnOrName): Column {
  return of('timestamp_micros', nameToExpression(x));
}

/** Microseconds from 1970 to the moment. */
export function unixMicros(x: ColumnOrName): Column {
  return of('unix_micros', nameToExpression(x));
}

/** The date so many days after 1970-01-01. */
export function dateFromUnixDate(x: ColumnOrName): Column {
  return of('date_from_unix_date', nameToExpression(x));
}

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
