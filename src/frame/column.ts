import { MlError, show } from '../error.ts';
import type { Expression } from './expression.ts';
import { branch, type ColumnOrName, type ColumnOrValue, call, toCondition, toExpression } from './operand.ts';
import { Operators } from './operators.ts';
import type { NameOfType } from './type-names.ts';
import { type DataType, parseType } from './types.ts';
import type { Window } from './window.ts';

export type { ColumnOrName, ColumnOrValue, Value } from './operand.ts';
export { branch, call, toCondition, toExpression } from './operand.ts';

/** A column expression; it computes nothing before an action. Made by `col`, `lit`, `expr` and the functions. */
export class Column extends Operators {
  /** The value as another type (`'double'`, `'decimal(10,2)'`); a value that cannot be is an error at the action. */
  cast<const T extends string>(type: (T & NameOfType<T>) | DataType): Column {
    return new Column({ kind: 'cast', child: this.expression, type: toType(type), lenient: false });
  }

  /** As {@link Column.cast}. */
  astype<const T extends string>(type: (T & NameOfType<T>) | DataType): Column {
    return this.cast(type as DataType);
  }

  /** As {@link Column.cast}, but a value that cannot be becomes null. */
  tryCast<const T extends string>(type: (T & NameOfType<T>) | DataType): Column {
    return new Column({ kind: 'cast', child: this.expression, type: toType(type), lenient: true });
  }

  /** SQL's LIKE: `%` any text, `_` any character, `\` escapes. */
  like(pattern: ColumnOrValue): Column {
    return this.operator('like', pattern);
  }

  /** As {@link Column.like}, without regard to case. */
  ilike(pattern: ColumnOrValue): Column {
    return this.operator('ilike', pattern);
  }

  /** Whether the regular expression is found anywhere in the text. */
  rlike(pattern: ColumnOrValue): Column {
    return this.operator('rlike', pattern);
  }

  /** Whether the text holds `part`. */
  contains(part: ColumnOrValue): Column {
    return this.operator('contains', part);
  }

  /** Whether the text begins with `part`. */
  startsWith(part: ColumnOrValue): Column {
    return this.operator('startswith', part);
  }

  /** Whether the text ends with `part`. */
  endsWith(part: ColumnOrValue): Column {
    return this.operator('endswith', part);
  }

  /** `length` characters from `start`; 1 is the first, -1 the last. */
  substr(start: ColumnOrValue, length: ColumnOrValue): Column {
    return new Column(call('substring', [this.expression, toExpression(start), toExpression(length)]));
  }

  /**
   * The column under another name, optionally with metadata (ML attributes go under `ml_attr`). Functions that make several columns, such as
   * `explode` of a map, take a list of names.
   */
  alias(name: string | readonly string[], options: { metadata?: Readonly<Record<string, unknown>> } = {}): Column {
    const [first, ...more] = Array.isArray(name) ? (name as string[]) : [name as string];
    if ([first, ...more].some((n) => typeof n !== 'string')) {
      throw new MlError('EXPRESSION_INVALID', `alias: name must be a string or a list of them, got ${show(name)}`, { value: name });
    }
    return new Column({
      kind: 'alias',
      child: this.expression,
      name: first,
      ...(more.length > 0 && { more }),
      ...(options?.metadata && { metadata: options.metadata }),
    });
  }

  /** As {@link Column.alias}. */
  as(name: string | readonly string[], options: { metadata?: Readonly<Record<string, unknown>> } = {}): Column {
    return this.alias(name, options);
  }

  /** As {@link Column.alias}. */
  name(name: string): Column {
    return this.alias(name);
  }

  /** Ascending, nulls first. */
  asc(): Column {
    return this.#sort(false, 'first');
  }

  /** Ascending, nulls first. */
  ascNullsFirst(): Column {
    return this.#sort(false, 'first');
  }

  /** Ascending, nulls last. */
  ascNullsLast(): Column {
    return this.#sort(false, 'last');
  }

  /** Descending, nulls last. */
  desc(): Column {
    return this.#sort(true, 'last');
  }

  /** Descending, nulls first. */
  descNullsFirst(): Column {
    return this.#sort(true, 'first');
  }

  /** Descending, nulls last. */
  descNullsLast(): Column {
    return this.#sort(true, 'last');
  }

  /** What `step` makes of the column: `col('s').transform(trim).transform(lower)`. */
  transform(step: (column: Column) => Column): Column {
    return step(this);
  }

  /** A field of a struct. */
  getField(name: string): Column {
    return new Column({ kind: 'field', child: this.expression, name });
  }

  /** The struct with a field added, or replaced where it stands; `a.b` is a field of a field. Null stays null. */
  withField(name: string, value: ColumnOrValue): Column {
    return new Column(call('update_fields', [this.expression, toExpression(fieldPath('withField', name)), toExpression(value)]));
  }

  /** The struct without these fields; `a.b` is a field of a field. A name that does not exist changes nothing. */
  dropFields(...names: string[]): Column {
    const dropped = (from: Expression, name: string) => call('update_fields', [from, toExpression(fieldPath('dropFields', name))]);
    return new Column(names.reduce(dropped, this.expression));
  }

  /** An array's item (0 is the first), a map's value by key, or a struct's field; an array's item out of range is an error, a missing key null. */
  getItem(key: ColumnOrValue): Column {
    if (typeof key === 'string') return this.getField(key);
    return new Column(call('getitem', [this.expression, toExpression(key)]));
  }

  /** A further branch of a `when`. */
  when(condition: Column, value: ColumnOrValue): Column {
    const { expression } = this;
    if (expression.kind !== 'case' || expression.otherwise) {
      throw new MlError('EXPRESSION_INVALID', 'when: it must follow when(…) that has no otherwise(…) yet');
    }
    return new Column({ ...expression, branches: [...expression.branches, branch(toCondition('when', condition), toExpression(value))] });
  }

  /** The value where no branch of the `when` holds; null without it. */
  otherwise(value: ColumnOrValue): Column {
    const { expression } = this;
    if (expression.kind !== 'case' || expression.otherwise) {
      throw new MlError('EXPRESSION_INVALID', 'otherwise: it must follow when(…), once');
    }
    return new Column({ ...expression, otherwise: toExpression(value) });
  }

  /** An aggregate or ranking function over a window of rows, for each row. */
  over(window: Window): Column {
    if (!window?.spec) throw new MlError('EXPRESSION_INVALID', `over: a Window must be given, such as Window.partitionBy('a'), got ${show(window)}`);
    return new Column({ kind: 'window', call: this.expression, ...window.spec });
  }

  /** `col('a') + 1` and `col('a') > 1` would make a text and a truth value of the column. */
  [Symbol.toPrimitive](hint: string): string {
    if (hint === 'string') return this.toString();
    throw new MlError('EXPRESSION_INVALID', "Column: operators are methods, as in col('a').plus(1) and col('a').gt(1).and(col('b').eq('u'))");
  }

  /** For {@link Operators}. */
  protected next(expression: Expression): Column {
    return new Column(expression);
  }

  override toString(): string {
    return `Column<${this.expression.kind}>`;
  }

  #sort(descending: boolean, nulls: 'first' | 'last'): Column {
    return new Column({ kind: 'sort', child: this.expression, descending, nulls });
  }
}

/** The column called `name`; `*` is all of them, `a.*` those of the frame with alias `a`. */
export function col(name: string): Column {
  if (typeof name !== 'string') throw new MlError('EXPRESSION_INVALID', `col: name must be a string, got ${show(name)}`, { value: name });
  if (name === '*') return new Column({ kind: 'star' });
  if (name.endsWith('.*')) return new Column({ kind: 'star', of: name.slice(0, -2) });
  return new Column({ kind: 'column', name });
}

/** A constant. */
export function lit(value: ColumnOrValue): Column {
  return value instanceof Column ? value : new Column(toExpression(value));
}

/** SQL text in the engine's own dialect (DuckDB here, Spark's on a cluster). Column names in it count case, as everywhere. */
export function expr(text: string): Column {
  if (typeof text !== 'string') throw new MlError('EXPRESSION_INVALID', `expr: text must be a string, got ${show(text)}`, { value: text });
  return new Column({ kind: 'sql', text });
}

/** The expression of a column given itself or by name. */
export function nameToExpression(column: ColumnOrName): Expression {
  return column instanceof Column ? column.expression : col(column).expression;
}

function fieldPath(owner: string, name: string): string {
  if (typeof name === 'string' && name !== '') return name;
  throw new MlError('EXPRESSION_INVALID', `${owner}: name must be a field's name, got ${show(name)}`, { value: name });
}

function toType(type: string | DataType): DataType {
  return typeof type === 'string' ? parseType(type) : type;
}
