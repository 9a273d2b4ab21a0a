import type { Column } from '../block/column.ts';
import type { ActionOptions, Executor, FitOptions, Logger, ProgressEvent, Row } from '../frame/executor.ts';
import type { ServerFolders } from '../frame/open-sessions.ts';
import type { Plan } from '../frame/plan.ts';
import type { Schema } from '../frame/schema.ts';
import type { AggregatorSpec, ColumnSpec, LinearArgs, PartitionHandle } from '../kernels/contract.ts';
import type { SparkParamType } from '../param/param.ts';
import type { FeatureBins, FeatureSample } from '../tree/bins.ts';
import type { FitContext, RoundsSpec } from './local/workers/contract.ts';
import type { StageName } from './stage-name.ts';

/** An engine that trains: what an estimator's `fit` calls. */
export interface Engine extends Executor {
  /** How many threads train, so that many small fits may go on side by side; 1 when absent. */
  readonly workers?: number;
  /** What fits and judges where the rows are; absent on an engine that trains in this process. */
  readonly stages?: StageServer;
  /** Runs `train` with a context over `plan`, for a stage. */
  train<T>(plan: Plan, stage: StageName, options: FitOptions, train: (context: TrainingContext) => Promise<T>): Promise<T>;
}

/** A stage as a cluster is told of it: Spark's class, and the params that are set. */
export interface RemoteStage {
  readonly type: string;
  readonly uid: string;
  /** The class's own name, for messages. */
  readonly owner: string;
  readonly params: ReadonlyMap<string, { readonly type: SparkParamType; readonly value: unknown }>;
}

/** A cluster's own trainers. */
export interface StageServer {
  /** Fails for a stage that the cluster lacks. */
  require(stage: RemoteStage): void;
  /** Fits the stage there. */
  fit(plan: Plan, stage: RemoteStage, options: FitOptions): Promise<RemoteModel>;
  evaluate(plan: Plan, stage: RemoteStage, options: ActionOptions): Promise<number>;
  /** What one of the cluster's own statistical functions finds of the plan's rows. */
  statistic(plan: Plan, what: RemoteStatistic, options: ActionOptions): Promise<{ readonly schema: Schema; readonly rows: readonly Row[] }>;
}

/** A function of the cluster's, and its arguments behind the rows: columns, then the rest. */
export interface RemoteStatistic {
  readonly owner: string;
  readonly method: 'correlation' | 'chiSquareTest' | 'kolmogorovSmirnovTest';
  readonly columns: readonly string[];
  readonly args: readonly (string | boolean | readonly number[])[];
}

/**
 * What a cluster knows of how a model fares on the rows that it was fitted to, by the methods of Spark's training summary, while it keeps the model.
 */
export interface RemoteSummary {
  value(method: string, options: ActionOptions): Promise<unknown>;
  /** The rows of the frame that a method gives. */
  rows(method: string, options: ActionOptions): Promise<Row[]>;
}

/** A fitted model on the cluster. */
export interface RemoteModel {
  readonly summary: RemoteSummary;
  /**
   * Its class and the one row of the data that saving it would write, by column; null where the cluster only tells them by {@link RemoteModel.files}.
   */
  data(options: ActionOptions): Promise<{ readonly type: string; readonly row: ReadonlyMap<string, unknown> } | null>;
  /** What saving it writes, by path in its folder. */
  files(options: ActionOptions): Promise<ReadonlyMap<string, Uint8Array>>;
  /**
   * From now on models of this state are this one, but for those that lack one of these params, which are set on it; it is given back once the state
   * is. null: it is there only.
   */
  adopt(state: object, params: Iterable<string> | null): void;
  release(): Promise<void>;
}

/** What a session stands on: an engine, and what ends it. */
export interface Backend {
  readonly engine: Engine;
  /** Folders of the server, on one. */
  readonly folders?: ServerFolders;
  close(): Promise<void>;
}

/** A slice of the rows asked for: `columns[i]` is the i-th column named. Valid until the callback returns. Dropped rows are not in it. */
export interface ScannedBlock {
  readonly rows: number;
  /** Number of the first row within the scan. */
  readonly firstRow: number;
  readonly columns: readonly Column[];
}

/** A distinct value of a column as text (as Spark's cast to string prints it), and how often it stands there. */
export interface Level {
  readonly text: string;
  readonly count: number;
}

/** An order-free aggregate of one column; nulls are skipped, and NaN too. */
export interface AggregateRequest {
  readonly column: string;
  /** `quantile`: an element of the column, the least with rank ≥ p·n (Spark's approximate quantile at no error). `mode`: ties take the smallest. */
  readonly of: 'min' | 'max' | 'count' | 'quantile' | 'mode';
  readonly p?: number;
  /** A further value to skip (Imputer's `missingValue`). */
  readonly except?: number;
}

/** Features, label and weight of all rows in shared memory, cut into partitions that depend on the data alone. */
export interface TrainingSet {
  readonly rows: number;
  readonly numFeatures: number;
  /** Handles that cross threads; the memory behind them is shared. */
  readonly partitions: readonly PartitionHandle[];
  /** Which of a partition's columns are features, label and weight. */
  readonly layout: LinearArgs;
  /** Gives the memory back, unless a cached frame keeps it. */
  release(): void;
}

/**
 * A function of one feature's sampled values, for the workers: export `name` of `module`; `local` is the export itself, for the case without worker
 * threads.
 */
export interface SampleTask<Args = unknown> {
  readonly module: string;
  readonly name: string;
  readonly args: Args;
  readonly local: (values: Float64Array, weights: Float64Array | null, args: Args) => unknown;
}

/** What to load for trees. */
export interface BinnedRequest {
  readonly features: string;
  readonly label?: string;
  readonly weight?: string;
  /** Further numeric or boolean columns, kept as f64 (true = 1). */
  readonly numbers?: readonly string[];
  /**
   * NaN and null slots of the features: an error that names column, row and value, or the missing code. ±Inf are errors under `refuse`, ordinary
   * values under `keep`.
   */
  readonly missing: 'refuse' | 'keep';
  /** Rows to sample for the bins, and the seed of the draw. */
  readonly sample: { readonly rows: number; readonly seed: number };
  /** What is made of each feature's values before bins are chosen (`sample.summary(j)`), plain data; it may overwrite the values. */
  readonly summarize?: SampleTask;
  /** Chooses each feature's bins; called once, between the pass that samples and the pass that codes. */
  bins(sample: FeatureSample): readonly FeatureBins[];
  /** Whether codes lie by row too (see {@link BinnedLayout.rowMajor}), as histograms of boosting want them. */
  readonly rowMajor?: boolean;
  /** Further columns of arbitrary content for the fit's own use (node numbers, scores …), which aggregators may write. */
  readonly scratch?: readonly ColumnSpec[] | ((of: { readonly rows: number; readonly numFeatures: number }) => readonly ColumnSpec[]);
}

/** Where things lie in a partition's columns; plain data that crosses threads. */
export interface BinnedLayout {
  /** Column of each feature's codes: `u8`, or `u16` where the feature has more than 255 bins. */
  readonly features: readonly number[];
  readonly bins: readonly FeatureBins[];
  readonly label?: number;
  readonly weight?: number;
  readonly numbers: readonly number[];
  readonly scratch: readonly number[];
  /** Codes row by row: byte j of row i at `ptr + i * stride + j` of `column`; only where all codes are `u8`. */
  readonly rowMajor?: { readonly column: number; readonly stride: number };
}

/** Bin codes of all rows in shared memory: 1–2 bytes a value (twice that with `rowMajor`), plus O(rows). */
export interface BinnedSet {
  readonly rows: number;
  readonly numFeatures: number;
  readonly partitions: readonly PartitionHandle[];
  readonly layout: BinnedLayout;
  /** Gives the memory back. */
  release(): void;
}

/** A fit for the workers: export `name` of `module`, and the sums it asks for. */
export interface SolveTask<Args, R> {
  readonly module: string;
  readonly name: string;
  /** The export itself, for the case without worker threads. */
  readonly local?: (context: FitContext, args: Args) => R;
  readonly aggregators: Readonly<Record<string, AggregatorSpec>>;
  readonly rounds?: RoundsSpec;
}

/** What an estimator may ask while it trains. f64 sums are made here in blocks, in row order; the query engine only counts, compares and groups. */
export interface TrainingContext extends StageName {
  readonly schema: Schema;
  readonly signal: AbortSignal | undefined;
  readonly logger: Logger;
  /** Tells how far the fit has come. */
  report(event: Omit<ProgressEvent, 'stage'>): void;
  /** Visits the rows block by block, in row order, on this thread. */
  scan(columns: readonly string[], onBlock: (block: ScannedBlock) => void): Promise<void>;
  /** Distinct values with their counts, of each column, all in one pass; nulls are left out. */
  levels(columns: readonly string[]): Promise<Level[][]>;
  /** null where a column has no value to aggregate. */
  aggregate(requests: readonly AggregateRequest[]): Promise<(number | null)[]>;
  /** Loads features, label and optional weight; null/NaN/±Inf there are errors that name column, row and value. */
  trainingSet(columns: { features: string; label?: string; weight?: string }): Promise<TrainingSet>;
  /**
   * Samples, chooses bins, and codes all rows: two passes over the plan (one over the kept columns of a cached frame), never the f64 values of all
   * rows at once.
   */
  binnedSet(request: BinnedRequest): Promise<BinnedSet>;
  /**
   * Runs the task on the workers over the set's partitions; small sets take one worker. Its reports go to {@link TrainingContext.report}.
   * Starts once more when a worker dies, unless its rounds change the set.
   */
  solve<Args, R>(task: SolveTask<Args, R>, set: TrainingSet | BinnedSet, args: Args): Promise<R>;
}
