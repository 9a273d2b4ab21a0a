import { branch, Column, type ColumnOrName, type ColumnOrValue, nameToExpression, toCondition, toExpression } from '../column.ts';
import { of } from './of.ts';

/** The first value that is not null. */
export function coalesce(...columns: ColumnOrName[]): Column {
  return of('coalesce', ...columns.map(nameToExpression));
}

export function ifnull(x: ColumnOrName, otherwise: ColumnOrValue): Column {
  return of('ifnull', nameToExpression(x), toExpression(otherwise));
}

export function nvl(x: ColumnOrName, otherwise: ColumnOrValue): Column {
  return of('ifnull', nameToExpression(x), toExpression(otherwise));
}

export function nvl2(x: ColumnOrName, notNull: ColumnOrValue, isNull: ColumnOrValue): Column {
  return of('nvl2', nameToExpression(x), toExpression(notNull), toExpression(isNull));
}

/** Null where both are equal, else x. */
export function nullif(x: ColumnOrName, value: ColumnOrValue): Column {
  return of('nullif', nameToExpression(x), toExpression(value));
}

export function isnull(x: ColumnOrName): Column {
  return of('isnull', nameToExpression(x));
}

export function isnotnull(x: ColumnOrName): Column {
  return of('isnotnull', nameToExpression(x));
}

/** The value where the condition holds; go on with `.when(…)` and `.otherwise(…)`. */
export function when(condition: Column, value: ColumnOrValue): Column {
  return new Column({ kind: 'case', branches: [branch(toCondition('when', condition), toExpression(value))], otherwise: null });
}

/** Whether both are equal, two nulls being so. */
export function equalNull(x: ColumnOrName, y: ColumnOrName): Column {
  return of('equal_null', nameToExpression(x), nameToExpression(y));
}

/** Null in place of 0. */
export function nullifzero(x: ColumnOrName): Column {
  return of('nullifzero', nameToExpression(x));
}

/** 0 in place of null. */
export function zeroifnull(x: ColumnOrName): Column {
  return of('zeroifnull', nameToExpression(x));
}
