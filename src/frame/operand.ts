import { MlError, requireMade, show } from '../error.ts';
import { isVector, type Vector } from '../linalg/vectors.ts';
import type { Column } from './column.ts';
import { type Expression, shallow } from './expression.ts';

/** What stands for a constant: a text is the text itself, a whole number an `int` (or `long` when it is large), as in Spark. */
export type Value = number | bigint | string | boolean | Date | null | Vector | readonly Value[];

/** A column, or the name of one. */
export type ColumnOrName = Column | string;

/** A column, or a constant. */
export type ColumnOrValue = Column | Value;

/** What an expression stands in: the base of `Column`. */
export abstract class Operand {
  readonly expression: Expression;

  constructor(expression: Expression) {
    requireMade('Column', typeof expression?.kind === 'string', 'col, lit, expr and the functions make columns');
    this.expression = shallow(expression);
  }
}

export function call(name: string, args: readonly Expression[], distinct = false): Expression {
  return distinct ? { kind: 'call', name, args, distinct } : { kind: 'call', name, args };
}

/** One branch of a `case`. */
export const branch = (when: Expression, then: Expression) => ({ when, then });

/** The expression of a column, or of a constant. */
export function toExpression(value: ColumnOrValue): Expression {
  if (value instanceof Operand) return value.expression;
  if (!isValue(value)) {
    throw new MlError(
      'EXPRESSION_INVALID',
      `lit: value must be a number, bigint, string, boolean, Date, vector, array of those, or null, got ${show(value)}`,
      {
        value,
      },
    );
  }
  return { kind: 'literal', value };
}

/** The expression of a condition; JavaScript's own operators make none. */
export function toCondition(owner: string, condition: Column): Expression {
  if (condition instanceof Operand) return condition.expression;
  throw new MlError('EXPRESSION_INVALID', `${owner}: condition must be a Column such as col('a').gt(1), got ${show(condition)}`, {
    value: condition,
  });
}

function isValue(value: unknown): value is Value {
  if (value === null) return true;
  if (Array.isArray(value)) return value.every(isValue);
  if (value instanceof Date) return !Number.isNaN(value.getTime());
  return ['number', 'bigint', 'string', 'boolean'].includes(typeof value) || isVector(value);
}
