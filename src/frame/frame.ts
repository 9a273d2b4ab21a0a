import type { RecordBatch, Table } from 'apache-arrow';
import { MlError, show } from '../error.ts';
import { checkOptionNames } from '../param/options.ts';
import { rowsOfBatch } from './arrow-table.ts';
import type { ActionOptions, Row } from './executor.ts';
import { FrameStatistics } from './frame-statistics.ts';
import type { Plan, TransformStage } from './plan.ts';
import { callable, moduleName, object, wholeNumber } from './plan-arguments.ts';
import { Schema, type SchemaLiteral } from './schema.ts';
import { type ShowOptions, showTable } from './show.ts';
import type { Checked } from './type-names.ts';
import { parseType, typeName } from './types.ts';
import { FrameWriter } from './writer.ts';

/** What users pass as a batch function's place and needs. */
export interface BatchOptions<S extends SchemaLiteral = SchemaLiteral> {
  /** The columns that come out. */
  schema: Schema | (S & Checked<S>);
  /** Plain data handed to the function. */
  args?: unknown;
}

let lastCache = 0;

/**
 * A table that is computed when it is asked for: a lazy plan over an engine. Methods that build a plan return a new frame at once
 * and touch nothing; what must be awaited asks the engine. A mistake in a plan shows at the first await, before any data is read,
 * with a stack that points at the line that built the step.
 */
export class Frame extends FrameStatistics {
  // ---- schema

  /** The columns with their types; asks the engine once. */
  schema(options?: ActionOptions): Promise<Schema> {
    return this.executor.schema(this.plan, options);
  }

  /** The names of the columns. */
  async columns(options?: ActionOptions): Promise<string[]> {
    return (await this.schema(options)).names;
  }

  /** Name and type of each column. */
  async dtypes(options?: ActionOptions): Promise<[string, string][]> {
    return (await this.schema(options)).fields.map((f) => [f.name, typeName(f.type)]);
  }

  /** Prints the schema as a tree. */
  async printSchema(): Promise<void> {
    console.log((await this.schema()).treeString());
  }

  // ---- steps of the engine

  /**
   * The same rows in so many partitions: a write makes a part file of each (fewer when there are fewer rows). Rows keep their order, those of
   * a partition are consecutive. Sums and fits never depend on it. It holds until a step that brings rows together: a sort, a join, an aggregate.
   */
  repartition(partitions: number): Frame {
    return this.next({ op: 'repartition', input: this.plan, partitions: wholeNumber('repartition', 'partitions', partitions, 1), atMost: false });
  }

  /** As {@link Frame.repartition}, but never into more partitions than there are. */
  coalesce(partitions: number): Frame {
    return this.next({ op: 'repartition', input: this.plan, partitions: wholeNumber('coalesce', 'partitions', partitions, 1), atMost: true });
  }

  /** Keeps the rows, once computed, until {@link Frame.unpersist} or the session's end. */
  cache(): Frame {
    return this.plan.op === 'cache' ? this : this.next({ op: 'cache', input: this.plan, id: ++lastCache });
  }

  /** As {@link Frame.cache}. */
  persist(): Frame {
    return this.cache();
  }

  /** Frees what `cache` keeps. */
  async unpersist(): Promise<Frame> {
    await this.executor.unpersist(this.plan);
    return this;
  }

  /** The frame with a transformer's columns; what `stage.transform(frame)` calls. */
  apply(stage: TransformStage): Frame {
    if (typeof stage?.transformSchema !== 'function') throw new MlError('VALUE_INVALID', `apply: stage must be a transformer, got ${show(stage)}`);
    return this.next({ op: 'transform', input: this.plan, stage });
  }

  /** `step(this)`, so that functions of frames chain. */
  transform(step: (frame: Frame) => Frame): Frame {
    return callable('transform', 'step', step)(this);
  }

  /**
   * Runs export `name` of the module at `url` on batches of whole columns, on the workers. The function gets
   * `({ rows, columns: { [name]: typed array or array } }, args)` and returns columns of the same form, as `schema` says.
   */
  mapBatches<const S extends SchemaLiteral = SchemaLiteral>(url: string | URL, name: string, options: BatchOptions<S>): Frame {
    return this.next({
      op: 'mapBatches',
      input: this.plan,
      module: moduleName('mapBatches', url),
      name,
      args: object('mapBatches', 'options', options).args,
      schema: Schema.from(options.schema),
      add: false,
    });
  }

  /** Adds one column, made from `columns` (all when not given) by export `name` of the module at `url`, which returns that column. */
  withBatchColumn(
    column: string,
    type: string,
    url: string | URL,
    name: string,
    options: { columns?: readonly string[]; args?: unknown } = {},
  ): Frame {
    return this.next({
      op: 'mapBatches',
      input: this.plan,
      module: moduleName('withBatchColumn', url),
      name,
      args: options.args,
      schema: new Schema([{ name: column, type: parseType(type), nullable: true }]),
      add: true,
      ...(options.columns && { columns: options.columns }),
    });
  }

  // ---- actions

  /** How many rows there are. */
  async count(options?: ActionOptions): Promise<number> {
    return this.executor.count(this.plan, options);
  }

  /** All rows as plain objects. */
  collect(options?: ActionOptions): Promise<Row[]> {
    return this.executor.collect(this.plan, options);
  }

  /** The first `count` rows. */
  take(count: number, options?: ActionOptions): Promise<Row[]> {
    return this.limit(count).collect(options);
  }

  /** The first row, or null when there is none. */
  async first(options?: ActionOptions): Promise<Row | null> {
    return (await this.take(1, options))[0] ?? null;
  }

  /** The first row (or null), or the first `count` rows. */
  head(): Promise<Row | null>;
  head(count: number): Promise<Row[]>;
  head(count?: number): Promise<Row | Row[] | null> {
    return count === undefined ? this.first() : this.take(count);
  }

  /** The last `count` rows. */
  async tail(count: number, options?: ActionOptions): Promise<Row[]> {
    const rows = await this.count(options);
    return this.offset(Math.max(0, rows - wholeNumber('tail', 'count', count))).collect(options);
  }

  /** Whether there is no row. */
  async isEmpty(options?: ActionOptions): Promise<boolean> {
    return (await this.take(1, options)).length === 0;
  }

  /** All rows as an Arrow table. */
  toArrow(options?: ActionOptions): Promise<Table> {
    return this.executor.toArrow(this.plan, options);
  }

  /** Arrow record batches, read as they are asked for. */
  batches(options?: ActionOptions): AsyncIterable<RecordBatch> {
    return this.executor.batches(this.plan, options);
  }

  /** As {@link Frame.batches}: `for await (const batch of frame)`. */
  [Symbol.asyncIterator](): AsyncIterator<RecordBatch> {
    return this.batches()[Symbol.asyncIterator]();
  }

  /** Rows one after the other, a batch in memory at a time. */
  async *toLocalIterator(options?: ActionOptions): AsyncGenerator<Row> {
    for await (const batch of this.batches(options)) yield* rowsOfBatch(batch);
  }

  /**
   * Prints the first `rows` rows as Spark does; cells longer than `truncate` (true: 20, false: never) are cut. Also
   * `show({ n: 5, truncate: false })`.
   */
  async show(rows: number | ShowOptions = 20, truncate: boolean | number = true): Promise<void> {
    console.log(await this.showString(rows, truncate));
  }

  /** What {@link Frame.show} prints. */
  async showString(rows: number | ShowOptions = 20, truncate: boolean | number = true): Promise<string> {
    const options = typeof rows === 'object' ? rows : { n: rows, truncate };
    checkOptionNames('show', options, ['n', 'truncate']);
    const count = wholeNumber('show', 'rows', options.n ?? 20);
    const schema = await this.schema();
    const unique = schema.fields.map((_, i) => `c${i}`);
    const taken = await this.toDF(...unique).take(count + 1);
    return showTable(
      schema,
      taken.map((row) => unique.map((name) => row[name])),
      count,
      options.truncate ?? true,
    );
  }

  /** The engine's own text for how it will run the plan. */
  explain(): Promise<string> {
    return this.executor.explain(this.plan);
  }

  /** Writes the rows: `frame.write.parquet(path, { mode: 'overwrite' })`. */
  get write(): FrameWriter {
    return new FrameWriter(this);
  }

  protected override next(plan: Plan): Frame {
    return new Frame(this.executor, plan);
  }
}
