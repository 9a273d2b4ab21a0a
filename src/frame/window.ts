import { MlError, show } from '../error.ts';
import { type ColumnOrName, nameToExpression } from './column.ts';
import type { Expression } from './expression.ts';

interface WindowParts {
  readonly partitionBy: readonly Expression[];
  readonly orderBy: readonly Expression[];
  readonly frame?: { readonly unit: 'rows' | 'range'; readonly start: number; readonly end: number };
}

/** Which rows a window function looks at: `Window.partitionBy('city').orderBy(col('age').desc())`. */
export class Window {
  /** The first row of the window’s part. */
  static readonly unboundedPreceding = Number.NEGATIVE_INFINITY;
  /** The last row of the window’s part. */
  static readonly unboundedFollowing = Number.POSITIVE_INFINITY;
  /** The row itself. */
  static readonly currentRow = 0;

  readonly spec: WindowParts;

  private constructor(spec: WindowParts) {
    this.spec = spec;
  }

  /** Rows with equal values of these columns. */
  static partitionBy(...columns: ColumnOrName[]): Window {
    return new Window({ partitionBy: columns.map(nameToExpression), orderBy: [] });
  }

  /** All rows, in this order. */
  static orderBy(...columns: ColumnOrName[]): Window {
    return new Window({ partitionBy: [], orderBy: columns.map(nameToExpression) });
  }

  /** All rows as one part, of which those from `start` to `end`, counted from the current row (0). */
  static rowsBetween(start: number, end: number): Window {
    return Window.partitionBy().rowsBetween(start, end);
  }

  /** All rows as one part, of which those whose order value lies within `start` to `end` of the current row's. */
  static rangeBetween(start: number, end: number): Window {
    return Window.partitionBy().rangeBetween(start, end);
  }

  /** The same, over rows with equal values of these columns. */
  partitionBy(...columns: ColumnOrName[]): Window {
    return new Window({ ...this.spec, partitionBy: columns.map(nameToExpression) });
  }

  /** The same, in this order. */
  orderBy(...columns: ColumnOrName[]): Window {
    return new Window({ ...this.spec, orderBy: columns.map(nameToExpression) });
  }

  /** Rows from `start` to `end`, counted from the current row (0). */
  rowsBetween(start: number, end: number): Window {
    return this.#between('rows', start, end);
  }

  /** Rows whose order value lies within `start` to `end` of the current row's. */
  rangeBetween(start: number, end: number): Window {
    return this.#between('range', start, end);
  }

  #between(unit: 'rows' | 'range', start: number, end: number): Window {
    const whole = (x: number) => Number.isInteger(x) || Math.abs(x) === Number.POSITIVE_INFINITY;
    if (!whole(start) || !whole(end) || start > end) {
      throw new MlError('EXPRESSION_INVALID', `Window: ${unit}Between needs whole numbers with start <= end, got ${show(start)} and ${show(end)}`);
    }
    return new Window({ ...this.spec, frame: { unit, start, end } });
  }
}
