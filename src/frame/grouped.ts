import { MlError, show } from '../error.ts';
import { Column, type ColumnOrName, call, col, nameToExpression, type Value } from './column.ts';
import type { Expression } from './expression.ts';
import type { Frame } from './frame.ts';
import type { GroupingSets, Plan } from './plan.ts';

/** What rows are grouped by. */
interface Grouping {
  readonly keys: readonly Expression[];
  readonly sets?: GroupingSets;
  /** `values` null: those that the rows have. */
  readonly pivot?: { readonly column: Expression; readonly values: readonly Value[] | null };
}

/** Rows in groups, waiting for what to compute of each. Made by `frame.groupBy`, `rollup` and `cube`. */
export class GroupedFrame {
  readonly #input: Plan;
  readonly #frame: (plan: Plan) => Frame;
  readonly #by: Grouping;

  constructor(input: Plan, frame: (plan: Plan) => Frame, by: Grouping) {
    this.#input = input;
    this.#frame = frame;
    this.#by = by;
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

  /**
   * One column for each of `values` of `column`, holding the aggregate over the rows with that value. Without `values` these are the values
   * that the rows have, ascending: they are looked up, by a query, at the first await.
   */
  pivot(column: ColumnOrName, values?: readonly Value[]): GroupedFrame {
    if (values !== undefined && (!Array.isArray(values) || values.length === 0)) {
      throw new MlError('PARAM_INVALID', `pivot: values must be a list that is not empty, or be left out, got ${show(values)}`, { param: 'values' });
    }
    if (this.#by.sets || this.#by.pivot) {
      throw new MlError(
        'NOT_SUPPORTED',
        `pivot: must follow groupBy, follows ${typeof this.#by.sets === 'string' ? this.#by.sets : this.#by.sets ? 'groupingSets' : 'another pivot'}; select from its result and group that`,
      );
    }
    return new GroupedFrame(this.#input, this.#frame, { ...this.#by, pivot: { column: nameToExpression(column), values: values ?? null } });
  }

  #each(of: string, columns: readonly string[]): Frame {
    return this.#aggregate(columns.length > 0 ? columns.map((name) => call(of, [col(name).expression])) : [call(of, [{ kind: 'star' }])]);
  }

  #aggregate(aggregates: readonly Expression[]): Frame {
    const { keys, sets, pivot } = this.#by;
    if (pivot) return this.#frame({ op: 'pivot', input: this.#input, keys, ...pivot, aggregates });
    return this.#frame({ op: 'aggregate', input: this.#input, keys, aggregates, ...(sets && { sets }) });
  }
}
