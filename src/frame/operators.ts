import type { Column } from './column.ts';
import type { Expression } from './expression.ts';
import { type ColumnOrValue, call, Operand, toExpression } from './operand.ts';

/** What columns have for operators: arithmetic, comparison, logic and bits. */
export abstract class Operators extends Operand {
  protected abstract next(expression: Expression): Column;

  /** `this + other`; whole numbers that overflow are an error. */
  plus(other: ColumnOrValue): Column {
    return this.operator('+', other);
  }

  /**
   * `this - other`; whole numbers that overflow are an error. Of two dates or timestamps the interval between them: `cast('int')` of two dates' gives
   * days.
   */
  minus(other: ColumnOrValue): Column {
    return this.operator('-', other);
  }

  /** `this * other`; whole numbers that overflow are an error. */
  times(other: ColumnOrValue): Column {
    return this.operator('*', other);
  }

  /** `this / other` as a double, also of whole numbers; division by 0 is an error. */
  divide(other: ColumnOrValue): Column {
    return this.operator('/', other);
  }

  /** The remainder, with the sign of `this`. */
  mod(other: ColumnOrValue): Column {
    return this.operator('%', other);
  }

  /** `-this`. */
  negate(): Column {
    return this.next(call('negative', [this.expression]));
  }

  /** `this = other`: null when either is null. NaN equals NaN. */
  eq(other: ColumnOrValue): Column {
    return this.operator('=', other);
  }

  /** As {@link Column.eq}. */
  equalTo(other: ColumnOrValue): Column {
    return this.eq(other);
  }

  /** `this != other`: null when either is null. */
  neq(other: ColumnOrValue): Column {
    return this.operator('!=', other);
  }

  /** As {@link Column.neq}. */
  notEqual(other: ColumnOrValue): Column {
    return this.neq(other);
  }

  /** `this < other`; null when either is null. */
  lt(other: ColumnOrValue): Column {
    return this.operator('<', other);
  }

  /** `this <= other`; null when either is null. */
  leq(other: ColumnOrValue): Column {
    return this.operator('<=', other);
  }

  /** `this > other`; NaN is larger than any number. */
  gt(other: ColumnOrValue): Column {
    return this.operator('>', other);
  }

  /** `this >= other`; null when either is null. */
  geq(other: ColumnOrValue): Column {
    return this.operator('>=', other);
  }

  /** Equality for which null equals null; never null. */
  eqNullSafe(other: ColumnOrValue): Column {
    return this.operator('<=>', other);
  }

  /** `lower <= this <= upper`. */
  between(lower: ColumnOrValue, upper: ColumnOrValue): Column {
    return this.geq(lower).and(this.leq(upper));
  }

  /** Whether the value is one of these; null when it is null, or none is equal and one of them is null. */
  isin(...values: ColumnOrValue[] | [readonly ColumnOrValue[]]): Column {
    const list = (values.length === 1 && Array.isArray(values[0]) ? values[0] : values) as readonly ColumnOrValue[];
    return this.next(call('in', [this.expression, ...list.map(toExpression)]));
  }

  /** Both hold; null where that is not known (`null and false` is false). */
  and(other: ColumnOrValue): Column {
    return this.operator('and', other);
  }

  /** Either holds; null where that is not known (`null or true` is true). */
  or(other: ColumnOrValue): Column {
    return this.operator('or', other);
  }

  /** The opposite; null stays null. */
  not(): Column {
    return this.next(call('not', [this.expression]));
  }

  /** The bits that both whole numbers have. */
  bitwiseAND(other: ColumnOrValue): Column {
    return this.operator('&', other);
  }

  /** The bits that either whole number has. */
  bitwiseOR(other: ColumnOrValue): Column {
    return this.operator('|', other);
  }

  /** The bits that one of both whole numbers has. */
  bitwiseXOR(other: ColumnOrValue): Column {
    return this.operator('^', other);
  }

  /** Whether there is no value; never null. */
  isNull(): Column {
    return this.next(call('isnull', [this.expression]));
  }

  /** Whether there is a value; never null. */
  isNotNull(): Column {
    return this.next(call('isnotnull', [this.expression]));
  }

  /** Whether the value is NaN; false for null. */
  isNaN(): Column {
    return this.next(call('isnan', [this.expression]));
  }

  protected operator(name: string, other: ColumnOrValue): Column {
    return this.next(call(name, [this.expression, toExpression(other)]));
  }
}
