import { type Column, type ColumnOrName, type ColumnOrValue, nameToExpression, toExpression } from '../column.ts';
import { of } from './of.ts';

/** What clocks in the zone `target` show when those in `source` (the session's zone by default) show this. */
export function convertTimezone(source: string | null, target: string, x: ColumnOrName): Column {
  return of('convert_timezone', ...(source === null ? [] : [toExpression(source)]), toExpression(target), nameToExpression(x));
}

/** The moment at which the query runs, as clocks show it. */
export function localtimestamp(): Column {
  return of('localtimestamp');
}

const parsed =
  (name: string) =>
  (x: ColumnOrName, pattern?: ColumnOrValue): Column =>
    of(name, nameToExpression(x), ...(pattern === undefined ? [] : [toExpression(pattern)]));

/** As `toTimestamp`: frames have one kind of timestamp. */
export const toTimestampNtz = parsed('to_timestamp_ntz');

/** As `toTimestamp`. */
export const toTimestampLtz = parsed('to_timestamp_ltz');

const made =
  (name: string) =>
  (years: ColumnOrName, months: ColumnOrName, days: ColumnOrName, hours: ColumnOrName, mins: ColumnOrName, secs: ColumnOrName): Column =>
    of(name, ...[years, months, days, hours, mins, secs].map(nameToExpression));

/** As `makeTimestamp`: frames have one kind of timestamp. */
export const makeTimestampNtz = made('make_timestamp_ntz');

/** As `makeTimestamp`. */
export const makeTimestampLtz = made('make_timestamp_ltz');

/** As `makeTimestamp`; null where the parts make no moment. */
export const tryMakeTimestamp = made('try_make_timestamp');

/** As {@link tryMakeTimestamp}. */
export const tryMakeTimestampNtz = made('try_make_timestamp_ntz');

/** As {@link tryMakeTimestamp}. */
export const tryMakeTimestampLtz = made('try_make_timestamp_ltz');
