import { MlError, show } from '../error.ts';
import { branch, Column, type ColumnOrName, call, col, nameToExpression, type Value } from './column.ts';
import type { Expression } from './expression.ts';
import type { Frame } from './frame.ts';
import type { Plan } from './plan.ts';

interface Pivot {
  readonly column: Expression;
  readonly values: readonly Value[];
}

/** Rows in groups, waiting for what to compute of each. Made by `frame.groupBy`. */
export class GroupedFrame {
  readonly #input: Plan;
  readonly #frame: (plan: Plan) => Frame;
  readonly #keys: readonly Expression[];
  readonly #pivot: Pivot | null;

  constructor(input: Plan, frame: (plan: Plan) => Frame, keys: readonly Expression[], pivot: Pivot | null = null) {
    this.#input = input;
    this.#frame = frame;
    this.#keys = keys;
    this.#pivot = pivot;
  }

  /** The keys and these aggregates: Columns, or one object `{ column: 'function' }` (`'*'` for `count`). */
  agg(...aggregates: [Readonly<Record<string, string>>] | Column[]): Frame {
    const list = aggregates.flatMap((a) => {
      if (a instanceof Column) return [a.expression];
      if (typeof a !== 'object' || a === null) throw new MlError('EXPRESSION_INVALID', `agg: must be Columns or one object, got ${show(a)}`);
      return Object.entries(a).map(([name, of]) => call(String(of).toLowerCase(), [col(name).expression]));
    });
    if (list.length === 0) throw new MlError('EXPRESSION_INVALID', 'agg: needs at least one aggregate');
    return this.#aggregate(list);
  }

  /** The number of rows of each group, as column `count`. */
  count(): Frame {
    return this.#aggregate([{ kind: 'alias', child: call('count', [{ kind: 'star' }]), name: 'count' }]);
  }

  /** Sums of the named columns; of all numeric ones when none are named. */
  sum(...columns: string[]): Frame {
    return this.#each('sum', columns);
  }

  avg(...columns: string[]): Frame {
    return this.#each('avg', columns);
  }

  mean(...columns: string[]): Frame {
    return this.avg(...columns);
  }

  min(...columns: string[]): Frame {
    return this.#each('min', columns);
  }

  max(...columns: string[]): Frame {
    return this.#each('max', columns);
  }

  /** One column for each of `values` of `column`, holding the aggregate over the rows with that value. */
  pivot(column: ColumnOrName, values: readonly Value[]): GroupedFrame {
    if (!Array.isArray(values) || values.length === 0) {
      throw new MlError('PARAM_INVALID', 'pivot: needs the list of values that become columns', { param: 'values' });
    }
    return new GroupedFrame(this.#input, this.#frame, this.#keys, { column: nameToExpression(column), values });
  }

  #each(of: string, columns: readonly string[]): Frame {
    return this.#aggregate(columns.length > 0 ? columns.map((name) => call(of, [col(name).expression])) : [call(of, [{ kind: 'star' }])]);
  }

  #aggregate(aggregates: readonly Expression[]): Frame {
    const all = this.#pivot ? pivoted(this.#pivot, aggregates) : aggregates;
    return this.#frame({ op: 'aggregate', input: this.#input, keys: this.#keys, aggregates: all });
  }
}

/** Each aggregate once a value, over the rows with that value; named by the value and, when there are several, by the aggregate. */
function pivoted({ column, values }: Pivot, aggregates: readonly Expression[]): Expression[] {
  return values.flatMap((value) =>
    aggregates.map((aggregate, i): Expression => {
      const inner = aggregate.kind === 'alias' ? aggregate.child : aggregate;
      if (inner.kind !== 'call') throw new MlError('EXPRESSION_INVALID', 'pivot: each aggregate must be one aggregate function');
      const [first, ...rest] = inner.args;
      const counted: Expression = first === undefined || first.kind === 'star' ? { kind: 'literal', value: 1 } : first;
      const when = call('<=>', [column, { kind: 'literal', value }]);
      const only: Expression = { kind: 'case', branches: [branch(when, counted)], otherwise: null };
      const suffix = aggregate.kind === 'alias' ? aggregate.name : `${inner.name}${i}`;
      const child = nullWithoutRows({ ...inner, args: [only, ...rest] }, when);
      return { kind: 'alias', child, name: aggregates.length > 1 ? `${value}_${suffix}` : String(value) };
    }),
  );
}

/** Counts and lists are null, not 0 or empty, where no row has the value, as in Spark. */
function nullWithoutRows(aggregate: Expression, when: Expression): Expression {
  const rows = call('count_if', [when]);
  return { kind: 'case', branches: [branch(call('>', [rows, { kind: 'literal', value: 0 }]), aggregate)], otherwise: null };
}
