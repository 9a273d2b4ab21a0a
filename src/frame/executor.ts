import type { RecordBatch, Table } from 'apache-arrow';
import type { Plan } from './plan.ts';
import type { Schema } from './schema.ts';

/** A row as users see it: name to value, own keys only. */
export type Row = Record<string, unknown>;

/** What every action takes. */
export interface ActionOptions {
  /** Stops the work: the action fails with code `ABORTED`, `name` `AbortError`. */
  signal?: AbortSignal;
}

/** What a write does where something is already. */
export type WriteMode = 'error' | 'overwrite' | 'append' | 'ignore';

/** Where and how a write puts its files. */
export interface Sink {
  readonly format: 'parquet' | 'csv' | 'json';
  readonly path: string;
  readonly mode: WriteMode;
  readonly options: Readonly<Record<string, unknown>>;
  readonly partitionBy: readonly string[];
}

/** Where warnings and errors go. */
export interface Logger {
  debug(message: string): void;
  info(message: string): void;
  warn(message: string): void;
  error(message: string): void;
}

/** What a fit, a read or a write tells while it goes on. */
export interface ProgressEvent {
  /** uid of the stage at work. */
  readonly stage: string;
  /** Iterations done, of an iterative fit. */
  readonly iteration?: number;
  /** The loss with its penalty after that iteration. */
  readonly objective?: number;
  /** What the rows held out, if there are some, are worth after that iteration by the metric that may end the fit. */
  readonly validation?: number;
  /** Trees grown so far, and the depth that those at work have reached, of trees of Spark's family. */
  readonly trees?: number;
  readonly level?: number;
  /** Units done of `total`: stages of a pipeline, fits of a search. */
  readonly done?: number;
  readonly total?: number;
}

/** What fits take. */
export interface FitOptions extends ActionOptions {
  /** Called as the fit goes on. */
  onProgress?: (event: ProgressEvent) => void;
}

/** What a Frame needs of an engine; each engine implements it. */
export interface Executor {
  readonly kind: 'local' | 'spark';
  readonly logger: Logger;
  /** The schema of a plan; nothing of the data is read but what inference needs. Cached by plan. */
  schema(plan: Plan, options?: ActionOptions): Promise<Schema>;
  collect(plan: Plan, options?: ActionOptions): Promise<Row[]>;
  batches(plan: Plan, options?: ActionOptions): AsyncIterable<RecordBatch>;
  toArrow(plan: Plan, options?: ActionOptions): Promise<Table>;
  count(plan: Plan, options?: ActionOptions): Promise<number>;
  write(plan: Plan, sink: Sink, options?: ActionOptions): Promise<void>;
  /** The engine's own text for how it will run the plan. */
  explain(plan: Plan): Promise<string>;
  quantiles(
    plan: Plan,
    columns: readonly string[],
    probabilities: readonly number[],
    relativeError: number,
    options?: ActionOptions,
  ): Promise<number[][]>;
  unpersist(plan: Plan): Promise<void>;
}
