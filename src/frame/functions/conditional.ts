import { branch, Column, type ColumnOrName, type ColumnOrValue, nameToExpression, toCondition, toExpression } from '../column.ts';
import { of, unary } from './of.ts';

/** The first value that is not null. */
export function coalesce(...columns: ColumnOrName[]): Column {
  return of('coalesce', ...columns.map(nameToExpression));
}

/** The value, or `otherwise` where it is null. */
export function ifnull(x: ColumnOrName, otherwise: ColumnOrValue): Column {
  return of('ifnull', nameToExpression(x), toExpression(otherwise));
}

/** As {@link ifnull}. */
export const nvl = ifnull;

/** `notNull` where `x` has a value, else `isNull`. */
export function nvl2(x: ColumnOrName, notNull: ColumnOrValue, isNull: ColumnOrValue): Column {
  return of('nvl2', nameToExpression(x), toExpression(notNull), toExpression(isNull));
}

/** Null where both are equal, else x. */
export function nullif(x: ColumnOrName, value: ColumnOrValue): Column {
  return of('nullif', nameToExpression(x), toExpression(value));
}

/** Whether there is no value. */
export const isnull = unary('isnull');

/** Whether there is a value. */
export const isnotnull = unary('isnotnull');

/** The value where the condition holds; go on with `.when(…)` and `.otherwise(…)`. */
export function when(condition: Column, value: ColumnOrValue): Column {
  return new Column({ kind: 'case', branches: [branch(toCondition('when', condition), toExpression(value))], otherwise: null });
}

/** Whether both are equal, two nulls being so. */
export function equalNull(x: ColumnOrName, y: ColumnOrName): Column {
  return of('equal_null', nameToExpression(x), nameToExpression(y));
}

/** Null in place of 0. */
export const nullifzero = unary('nullifzero');

/** 0 in place of null. */
export const zeroifnull = unary('zeroifnull');
