import { MlError } from '../error.ts';
import type { DataType } from './types.ts';
/**
 * A column expression, free of any engine. Function names in `call` are Spark's SQL names (`upper`, `date_add`, `avg`);
 * operators are calls too: `+ - * / % = <=> != < <= > >= and or not negative`.
 */
export type Expression =
  /** `of`: the plan of the frame that it was taken from (`frame.col(name)`), where that must be told. */
  | {
      readonly kind: 'column';
      readonly name: string;
      readonly of?: object;
    }
  | {
      readonly kind: 'literal';
      readonly value: unknown;
      readonly type?: DataType;
    }
  | {
      readonly kind: 'call';
      readonly name: string;
      readonly args: readonly Expression[];
      readonly distinct?: boolean;
    }
  | {
      readonly kind: 'cast';
      readonly child: Expression;
      readonly type: DataType;
      readonly lenient: boolean;
    }
  | {
      readonly kind: 'case';
      readonly branches: readonly {
        readonly when: Expression;
        readonly then: Expression;
      }[];
      readonly otherwise: Expression | null;
    }
  | {
      readonly kind: 'alias';
      readonly child: Expression;
      readonly name: string;
      /** Names of further columns that the child makes. */
      readonly more?: readonly string[];
      readonly metadata?: Readonly<Record<string, unknown>>;
    }
  /** SQL text in the engine's own dialect. */
  | {
      readonly kind: 'sql';
      readonly text: string;
    }
  /** All columns, or those of the frame called `of`, or those whose whole name is matched. */
  | {
      readonly kind: 'star';
      readonly of?: string;
      readonly matching?: string;
    }
  /** A field of a struct or the value of a map's key. */
  | {
      readonly kind: 'field';
      readonly child: Expression;
      readonly name: string;
    }
  | {
      readonly kind: 'sort';
      readonly child: Expression;
      readonly descending: boolean;
      readonly nulls: 'first' | 'last';
    }
  /** Aggregates of ML columns, such as `Summarizer`'s, that the engine computes in blocks. */
  | {
      readonly kind: 'summary';
      readonly metrics: readonly string[];
      readonly child: Expression;
      readonly weight: Expression | null;
    }
  | {
      readonly kind: 'window';
      readonly call: Expression;
      readonly partitionBy: readonly Expression[];
      readonly orderBy: readonly Expression[];
      /** Bounds relative to the current row (-Infinity and Infinity: unbounded); Spark's default when absent. */
      readonly frame?: {
        readonly unit: 'rows' | 'range';
        readonly start: number;
        readonly end: number;
      };
    }
  /** A parameter of the lambda around it. */
  | {
      readonly kind: 'variable';
      readonly name: string;
    }
  /** A function given to a function: `transform(array, x -> …)`. */
  | {
      readonly kind: 'lambda';
      readonly parameters: readonly string[];
      readonly body: Expression;
    };

/** How deep expressions may be nested: engines walk them by recursion, whose stack ends somewhere above a thousand. */
const DEEPEST = 800;

const depths = new WeakMap<Expression, number>();

/** The expression itself; one that is nested too deep is an error. */
export function shallow(expression: Expression): Expression {
  if (depthOf(expression) <= DEEPEST) return expression;
  const remedy = 'do it in several withColumn, or by a function of many columns (isin, coalesce, greatest, array with aggregate)';
  throw new MlError('EXPRESSION_INVALID', `Column: an expression must be at most ${DEEPEST} operators deep; ${remedy}`, { value: DEEPEST + 1 });
}

/** Parts that stand in columns already are known, so that this goes down a step or two only. */
function depthOf(expression: Expression): number {
  let depth = depths.get(expression);
  if (depth === undefined) {
    depth = 1 + parts(expression).reduce((most, part) => Math.max(most, depthOf(part)), 0);
    depths.set(expression, depth);
  }
  return depth;
}

/** The expressions directly within one. */
export function parts(expression: Expression): readonly Expression[] {
  switch (expression.kind) {
    case 'call':
      return expression.args;
    case 'cast':
    case 'alias':
    case 'field':
    case 'sort':
      return [expression.child];
    case 'case':
      return [...expression.branches.flatMap((b) => [b.when, b.then]), ...(expression.otherwise ? [expression.otherwise] : [])];
    case 'window':
      return [expression.call, ...expression.partitionBy, ...expression.orderBy];
    case 'lambda':
      return [expression.body];
    case 'summary':
      return expression.weight ? [expression.child, expression.weight] : [expression.child];
    default:
      return [];
  }
}

/** Parts of a path such as `a.b.c`; what stands in backticks is one. */
export function pathOf(name: string): string[] {
  return (name.match(/`(?:[^`]|``)*`|[^.]+/g) ?? []).map((part) => (/^`.*`$/s.test(part) ? part.slice(1, -1).replaceAll('``', '`') : part));
}
