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
