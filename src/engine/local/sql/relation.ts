import type { Plan } from '../../../frame/plan.ts';
import type { Schema } from '../../../frame/schema.ts';
import type { DataType } from '../../../frame/types.ts';

/**
 * A query and what its columns mean. Inside SQL a column goes by an internal name, since DuckDB takes `Age` and `age` for one
 * column and Millstream does not.
 */
export interface Relation {
  /** One whole SELECT, to be put in parentheses. */
  readonly sql: string;
  readonly schema: Schema;
  /** `columns[i]` is the internal name of `schema.fields[i]`: plain identifiers that need no quotes, unique whatever their case. */
  readonly columns: readonly string[];
  /** Whether the query gives the same rows in the same order each time it runs. */
  readonly stable: boolean;
  /** By column, the alias (`frame.alias('a')`) by which it may be called `a.name`; none when absent. */
  readonly qualifiers?: readonly (string | null)[];
  /** By column, the plans it has come through unchanged: what `frame.col(name)` is told apart by. `planSql` keeps it. */
  readonly origins?: readonly (Origin | null)[];
}

/** A column's way through plans, the latest first. */
export interface Origin {
  readonly plan: object;
  readonly before: Origin | null;
}

/** The steps of a plan that the engine itself compiles: sources, what it keeps, and what runs our own code. */
export type EnginePlan =
  | Extract<
      Plan,
      {
        op: 'read' | 'local' | 'sql' | 'cache' | 'transform' | 'mapBatches';
      }
    >
  | Extract<
      Plan,
      {
        op: 'aggregate' | 'project';
      }
    >;

/** What `planSql` needs of the engine. */
export interface PlanContext {
  /**
   * The relation of a step of its own (`compile` gives the relations of inputs). `aggregate` and `project` come here only when
   * they hold a `summary` expression.
   */
  engineRelation(plan: EnginePlan, compile: (input: Plan) => Promise<Relation>): Promise<Relation>;
  /**
   * The same rows kept once (a temporary table, or the like), so that the order is fixed from now on; the same relation again
   * each time it is asked for the same plan.
   */
  materialize(plan: Plan, relation: Relation): Promise<Relation>;
  /** What `json_serialize_sql` says of a statement, parsed. */
  syntaxTree(sql: string): Promise<unknown>;
  /** Names and types that a SELECT would give; nothing is read. */
  describe(sql: string): Promise<
    readonly {
      readonly name: string;
      readonly type: DataType;
    }[]
  >;
  /** The texts of the values of a pivoted column, in the order of the values; null for null. */
  pivotTexts(plan: Extract<Plan, { op: 'pivot' }>): Promise<readonly (string | null)[]>;
  /** Makes the functions of our own that a query names known to the engine. */
  prepare(sql: string): Promise<void>;
  /** Relations found so far, by plan; the context's owner says how long they live. */
  readonly compiled: WeakMap<Plan, Promise<Relation>>;
}
