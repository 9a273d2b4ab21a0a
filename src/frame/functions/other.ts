import { MlError, show } from '../../error.ts';
import { type Column, type ColumnOrName, type ColumnOrValue, col, nameToExpression, toExpression } from '../column.ts';
import type { Frame } from '../frame.ts';
import { of } from './of.ts';

/** Any function of the engine's by Spark's SQL name, for those that have no function here; one that the engine lacks is an error that names it. */
export function callFunction(name: string, ...columns: ColumnOrName[]): Column {
  if (typeof name !== 'string' || !/^[A-Za-z_]\w*$/.test(name)) {
    throw new MlError('EXPRESSION_INVALID', `callFunction: name must be a function's name, got ${show(name)}`, { value: name });
  }
  return of(name.toLowerCase(), ...columns.map(nameToExpression));
}

/** Spark's name of the column's type; `typeof` in Spark, which is a word of JavaScript's. */
export function typeOf(x: ColumnOrName): Column {
  return of('typeof', nameToExpression(x));
}

/** An error with this message, for each row that it is asked of. */
export function raiseError(message: ColumnOrValue): Column {
  return of('raise_error', toExpression(message));
}

/** Null where the condition holds; an error elsewhere. */
export function assertTrue(condition: ColumnOrName, message?: ColumnOrValue): Column {
  return of('assert_true', nameToExpression(condition), ...(message === undefined ? [] : [toExpression(message)]));
}

/** As {@link col}. */
export function column(name: string): Column {
  return col(name);
}

/** The frame itself: advice on how to join, which neither engine needs for its result. */
export function broadcast(frame: Frame): Frame {
  return frame;
}
