import { type Column, type ColumnOrName, lit, nameToExpression } from '../column.ts';
import { of } from './of.ts';

const counts = (given: readonly (ColumnOrName | undefined)[]) => given.map((part) => nameToExpression(part ?? lit(0)));

/** An interval of so many days, hours, minutes and seconds (with a fraction): `col('at').plus(makeDtInterval(lit(30)))`. */
export function makeDtInterval(days?: ColumnOrName, hours?: ColumnOrName, mins?: ColumnOrName, secs?: ColumnOrName): Column {
  return of('make_dt_interval', ...counts([days, hours, mins, secs]));
}

/** An interval of so many years and months; added to a date it ends on the last day of a shorter month. */
export function makeYmInterval(years?: ColumnOrName, months?: ColumnOrName): Column {
  return of('make_ym_interval', ...counts([years, months]));
}

/** An interval of months, days and microseconds, to be added to dates and timestamps; a date takes no parts of a day. */
export function makeInterval(
  years?: ColumnOrName,
  months?: ColumnOrName,
  weeks?: ColumnOrName,
  days?: ColumnOrName,
  hours?: ColumnOrName,
  mins?: ColumnOrName,
  secs?: ColumnOrName,
): Column {
  return of('make_interval', ...counts([years, months, weeks, days, hours, mins, secs]));
}
