import { MlError, show } from '../../error.ts';
import { Column, type ColumnOrName, type ColumnOrValue, call, nameToExpression, toExpression } from '../column.ts';
import type { Expression } from '../expression.ts';

/** A call of Spark's function `name`. */
export function of(name: string, ...args: Expression[]): Column {
  return new Column(call(name, args));
}

let lastLambda = 0;

/** A function of columns as an expression: it is called once, with columns that stand for its arguments. */
export function lambda(step: (...args: Column[]) => ColumnOrValue, parameters: readonly string[]): Expression {
  if (typeof step !== 'function') throw new MlError('EXPRESSION_INVALID', `a function of columns must be given, got ${show(step)}`, { value: step });
  const id = ++lastLambda;
  const names = parameters.map((name) => `${name}_${id}`);
  return { kind: 'lambda', parameters: names, body: toExpression(step(...names.map((name) => new Column({ kind: 'variable', name })))) };
}

/** The function of one column that expressions know by this name. */
export const unary =
  (name: string) =>
  (x: ColumnOrName): Column =>
    of(name, nameToExpression(x));

/** A number: a column, its name, or a constant. */
export const numberOf = (x: ColumnOrValue): Expression => (typeof x === 'string' ? nameToExpression(x) : toExpression(x));
