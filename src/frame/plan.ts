import type { Binder } from '../block/binder.ts';
import type { Expression } from './expression.ts';
import type { Frame } from './frame.ts';
import type { Schema } from './schema.ts';

/** A transformer as a plan sees it: what it adds to the schema, and its steps on a block. */
export interface TransformStage {
  readonly uid: string;
  /** The class's name, for messages. */
  readonly owner?: string;
  transformSchema(schema: Schema): Schema;
  bind(binder: Binder, schema: Schema): void;
  /** Vector columns whose size the stage must know and only their rows tell. */
  sizedByRows?(schema: Schema): readonly string[];
  /** The frame with this stage's columns, made of other stages and expressions: for a cluster, which has no such stage for us to use. */
  composed?(frame: Frame): Frame;
}

/** Groups by fewer keys too: by the leading ones, by every choice of them, or by the choices given. */
export type GroupingSets = 'rollup' | 'cube' | readonly (readonly Expression[])[];
export type JoinType = 'inner' | 'left' | 'right' | 'full' | 'semi' | 'anti' | 'cross';

/** Rows held by this process: one array or typed array a column, as `createFrame` made them. */
export interface LocalTable {
  readonly schema: Schema;
  readonly rows: number;
  /** Number of partitions asked for, or null. */
  readonly partitions: number | null;
  /** By column, in the order of `schema`; values as rows hold them (null for null). */
  readonly columns: readonly ArrayLike<unknown>[];
}

/** One step of a frame's lazy plan; `site` is the line of user code that built it, for error stacks. */
export type Plan = (
  | {
      readonly op: 'read';
      readonly format: 'csv' | 'parquet' | 'json';
      readonly paths: readonly string[];
      readonly schema: Schema | null;
      readonly options: Readonly<Record<string, unknown>>;
    }
  | {
      readonly op: 'local';
      readonly table: LocalTable;
    }
  | {
      readonly op: 'range';
      readonly start: number;
      readonly end: number;
      readonly step: number;
    }
  | {
      readonly op: 'sql';
      readonly text: string;
      readonly frames: ReadonlyMap<string, Plan>;
    }
  | {
      readonly op: 'project';
      readonly input: Plan;
      readonly columns: readonly Expression[];
    }
  | {
      readonly op: 'withColumns';
      readonly input: Plan;
      readonly columns: readonly {
        readonly name: string;
        readonly value: Expression;
      }[];
    }
  | {
      readonly op: 'rename';
      readonly input: Plan;
      readonly names: ReadonlyMap<string, string>;
    }
  | {
      readonly op: 'toDF';
      readonly input: Plan;
      readonly names: readonly string[];
    }
  | {
      readonly op: 'drop';
      readonly input: Plan;
      readonly names: readonly string[];
      /** Single columns, where several may have the name. */
      readonly columns?: readonly Expression[];
    }
  | {
      readonly op: 'alias';
      readonly input: Plan;
      readonly name: string;
    }
  | {
      readonly op: 'filter';
      readonly input: Plan;
      readonly condition: Expression;
    }
  | {
      readonly op: 'join';
      readonly left: Plan;
      readonly right: Plan;
      readonly on: readonly string[] | Expression | null;
      readonly type: JoinType;
    }
  | {
      readonly op: 'union';
      readonly left: Plan;
      readonly right: Plan;
      readonly byName: boolean;
      readonly allowMissing: boolean;
    }
  /** Rows of both (`intersect`), or of the left only (`except`); distinct ones unless `all`. */
  | {
      readonly op: 'combine';
      readonly left: Plan;
      readonly right: Plan;
      readonly kind: 'intersect' | 'except';
      readonly all: boolean;
    }
  | {
      readonly op: 'aggregate';
      readonly input: Plan;
      readonly keys: readonly Expression[];
      readonly aggregates: readonly Expression[];
      readonly sets?: GroupingSets;
    }
  /** A column for each of `values` of `column` (null: those that the rows have) and each aggregate. */
  | {
      readonly op: 'pivot';
      readonly input: Plan;
      readonly keys: readonly Expression[];
      readonly column: Expression;
      readonly values: readonly unknown[] | null;
      readonly aggregates: readonly Expression[];
    }
  | {
      readonly op: 'sort';
      /** Each partition by itself, where there are some. */
      readonly within?: true;
      readonly input: Plan;
      readonly keys: readonly Expression[];
    }
  | {
      readonly op: 'limit';
      readonly input: Plan;
      readonly count: number;
      readonly offset: number;
    }
  | {
      readonly op: 'distinct';
      readonly input: Plan;
      readonly columns: readonly string[] | null;
    }
  /** Rows whose hash of (seed, row number) in [0, 1) falls in [lower, upper): the same rows whatever the partitions. */
  | {
      readonly op: 'sample';
      readonly input: Plan;
      readonly lower: number;
      readonly upper: number;
      readonly seed: bigint;
    }
  /** Each row as often as a Poisson number of mean `fraction` says, which its hash of (seed, row number) gives. */
  | {
      readonly op: 'resample';
      readonly input: Plan;
      readonly fraction: number;
      readonly seed: bigint;
    }
  | {
      readonly op: 'sampleBy';
      readonly input: Plan;
      readonly column: Expression;
      readonly fractions: readonly {
        readonly value: unknown;
        readonly fraction: number;
      }[];
      readonly seed: bigint;
    }
  | {
      readonly op: 'fill';
      readonly input: Plan;
      readonly values: readonly {
        readonly column: string | null;
        readonly value: unknown;
      }[];
    }
  | {
      readonly op: 'dropNulls';
      readonly input: Plan;
      readonly columns: readonly string[] | null;
      readonly minNonNulls: number | 'any' | 'all';
    }
  | {
      readonly op: 'replace';
      readonly input: Plan;
      readonly columns: readonly string[] | null;
      readonly pairs: readonly {
        readonly from: unknown;
        readonly to: unknown;
      }[];
    }
  | {
      readonly op: 'repartition';
      readonly input: Plan;
      readonly partitions: number;
      /** Never more than there are (`coalesce`). */
      readonly atMost: boolean;
    }
  | {
      readonly op: 'cache';
      readonly input: Plan;
      readonly id: number;
    }
  | {
      readonly op: 'transform';
      readonly input: Plan;
      readonly stage: TransformStage;
    }
  | {
      readonly op: 'mapBatches';
      readonly input: Plan;
      readonly module: string;
      readonly name: string;
      readonly args: unknown;
      /** The columns that come out, or (with `add`) the ones added. */
      readonly schema: Schema;
      readonly add: boolean;
      /** The columns that the function gets; all when absent. */
      readonly columns?: readonly string[];
    }
  /** One row a statistic (`count`, `mean`, `25%` …), as texts; `columns` null: all numeric and text columns. */
  | {
      readonly op: 'describe';
      readonly input: Plan;
      readonly columns: readonly string[] | null;
      readonly statistics: readonly string[];
    }
) & {
  readonly site?: Error;
};

/** The plans directly below a plan. */
export function inputsOf(plan: Plan): readonly Plan[] {
  if (plan.op === 'sql') return [...plan.frames.values()];
  if ('left' in plan) return [plan.left, plan.right];
  return 'input' in plan ? [plan.input] : [];
}
