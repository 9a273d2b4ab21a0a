import { Column, type ColumnOrName, col } from '../column.ts';

const columnOf = (x: ColumnOrName): Column => (x instanceof Column ? x : col(x));

/** Ascending, nulls first: `frame.orderBy(asc('age'))`. */
export const asc = (x: ColumnOrName): Column => columnOf(x).asc();

/** Descending, nulls last. */
export const desc = (x: ColumnOrName): Column => columnOf(x).desc();

/** Ascending, nulls first. */
export const ascNullsFirst = (x: ColumnOrName): Column => columnOf(x).ascNullsFirst();

/** Ascending, nulls last. */
export const ascNullsLast = (x: ColumnOrName): Column => columnOf(x).ascNullsLast();

/** Descending, nulls first. */
export const descNullsFirst = (x: ColumnOrName): Column => columnOf(x).descNullsFirst();

/** Descending, nulls last. */
export const descNullsLast = (x: ColumnOrName): Column => columnOf(x).descNullsLast();
