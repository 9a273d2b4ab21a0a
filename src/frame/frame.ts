import type { RecordBatch, Table } from 'apache-arrow';
import { MlError, show } from '../error.ts';
import { Column, type ColumnOrName, call, col, expr, type Value } from './column.ts';
import type { ActionOptions, Executor, Row } from './executor.ts';
import type { Expression } from './expression.ts';
import { GroupedFrame } from './grouped.ts';
import { joinKind } from './join.ts';
import { type FillValue, fillPlan, replacePairs } from './missing.ts';
import type { Plan, TransformStage } from './plan.ts';
import { checkNames, fraction, type SampleArguments, sampleStep, seedOf, splitBounds, wholeNumber } from './plan-arguments.ts';
import { type Metadata, Schema, type SchemaLiteral } from './schema.ts';
import { showTable } from './show.ts';
import { callSite } from './site.ts';
import { parseType, typeName } from './types.ts';
import { FrameWriter } from './writer.ts';

/** What users pass as a batch function's place and needs. */
export interface BatchOptions {
  /** The columns that come out. */
  schema: Schema | SchemaLiteral;
  /** Plain data handed to the function. */
  args?: unknown;
}

let lastCache = 0;

/**
 * A table that is computed when it is asked for: a lazy plan over an engine. Methods that build a plan return a new frame at once
 * and touch nothing; what must be awaited asks the engine. A mistake in a plan shows at the first await, before any data is read,
 * with a stack that points at the line that built the step.
 */
export class Frame {
  readonly executor: Executor;
  readonly plan: Plan;

  constructor(executor: Executor, plan: Plan) {
    this.executor = executor;
    this.plan = plan.site ? plan : { ...plan, site: callSite() };
  }

  // ---- schema

  schema(options?: ActionOptions): Promise<Schema> {
    return this.executor.schema(this.plan, options);
  }

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

  // ---- columns

  /** This frame's column `name`: tells columns of one name apart after a join (`a.col('id').eq(b.col('id'))`). */
  col(name: string): Column {
    const { expression } = col(name);
    return new Column(expression.kind === 'column' ? { ...expression, of: this.plan } : expression);
  }

  select(...columns: (ColumnOrName | readonly ColumnOrName[])[]): Frame {
    return this.#next({ op: 'project', input: this.plan, columns: expressions(columns) });
  }

  /** Columns by SQL text: `selectExpr('age + 1 AS next', '*')`. */
  selectExpr(...texts: (string | readonly string[])[]): Frame {
    return this.#next({
      op: 'project',
      input: this.plan,
      columns: (texts.flat() as string[]).map((t) => (t.trim() === '*' ? col('*') : expr(t)).expression),
    });
  }

  /** This frame with column `name` added, or replaced where it stands. */
  withColumn(name: string, value: Column): Frame {
    return this.withColumns([[name, value]]);
  }

  /** Several columns at once; each sees the columns as they were. */
  withColumns(columns: Readonly<Record<string, Column>> | readonly (readonly [string, Column])[]): Frame {
    const entries = (Array.isArray(columns) ? columns : Object.entries(columns)) as readonly (readonly [string, Column])[];
    return this.#next({
      op: 'withColumns',
      input: this.plan,
      columns: entries.map(([name, value]) => {
        if (!(value instanceof Column)) {
          throw new MlError('EXPRESSION_INVALID', `withColumn: ${show(name)} must be a Column (use lit for a constant), got ${show(value)}`, {
            column: name,
          });
        }
        return { name, value: value.expression };
      }),
    });
  }

  /** The column with other metadata (ML attributes go under `ml_attr`). */
  withMetadata(name: string, metadata: Metadata): Frame {
    return this.withColumn(name, col(name).alias(name, { metadata }));
  }

  /** Renames a column; a name that does not exist changes nothing, as in Spark. */
  withColumnRenamed(existing: string, name: string): Frame {
    return this.withColumnsRenamed([[existing, name]]);
  }

  withColumnsRenamed(names: Readonly<Record<string, string>> | readonly (readonly [string, string])[]): Frame {
    const entries = (Array.isArray(names) ? names : Object.entries(names)) as readonly (readonly [string, string])[];
    return this.#next({ op: 'rename', input: this.plan, names: new Map(entries) });
  }

  /** Without these columns; names that do not exist are ignored, as in Spark. */
  drop(...names: string[]): Frame {
    return this.#next({ op: 'drop', input: this.plan, names: checkNames('drop', names) });
  }

  /** All columns renamed, in order; without names the frame itself. */
  toDF(...names: string[]): Frame {
    return this.#next({ op: 'toDF', input: this.plan, names: checkNames('toDF', names) });
  }

  /** Names the frame, so that `col('a.x')` means its column `x` after a join. */
  alias(name: string): Frame {
    return this.#next({ op: 'alias', input: this.plan, name });
  }

  // ---- rows

  /** The rows for which `condition` (a column, or SQL text) is true; null is not true. */
  filter(condition: Column | string): Frame {
    return this.#next({ op: 'filter', input: this.plan, condition: (condition instanceof Column ? condition : expr(condition)).expression });
  }

  where(condition: Column | string): Frame {
    return this.filter(condition);
  }

  /**
   * Joins by columns that both frames have (they come once, first) or by a condition. `how`: inner, left, right, full (outer),
   * semi (left_semi), anti (left_anti), cross, with Spark's other spellings.
   */
  join(other: Frame, on: string | readonly string[] | Column | readonly Column[] | null = null, how = 'inner'): Frame {
    this.#sameSession('join', other);
    return this.#next({ op: 'join', left: this.plan, right: other.plan, ...joinKind(on, how) });
  }

  crossJoin(other: Frame): Frame {
    return this.join(other, null, 'cross');
  }

  /** The rows of both, duplicates kept; columns go by position. */
  union(other: Frame): Frame {
    return this.#union(other, false, false);
  }

  unionAll(other: Frame): Frame {
    return this.union(other);
  }

  /** The rows of both; columns go by name. With `allowMissingColumns` what one lacks is null. */
  unionByName(other: Frame, options: { allowMissingColumns?: boolean } = {}): Frame {
    return this.#union(other, true, options.allowMissingColumns ?? false);
  }

  /** Distinct rows that both frames have. */
  intersect(other: Frame): Frame {
    return this.#combine('intersect', other, false);
  }

  /** Rows that both frames have, as often as both have them. */
  intersectAll(other: Frame): Frame {
    return this.#combine('intersect', other, true);
  }

  /** Distinct rows that the other frame lacks. */
  subtract(other: Frame): Frame {
    return this.#combine('except', other, false);
  }

  /** Rows of this frame, each taken away as often as the other has it. */
  exceptAll(other: Frame): Frame {
    return this.#combine('except', other, true);
  }

  /** Groups rows with equal values of these columns (null and NaN are values too). */
  groupBy(...columns: (ColumnOrName | readonly ColumnOrName[])[]): GroupedFrame {
    return new GroupedFrame(this.plan, (plan) => this.#next(plan), { keys: expressions(columns) });
  }

  /** As {@link Frame.groupBy}, and by fewer and fewer of the columns: without the last, without the last two, …, by none. `grouping` tells such rows. */
  rollup(...columns: (ColumnOrName | readonly ColumnOrName[])[]): GroupedFrame {
    return new GroupedFrame(this.plan, (plan) => this.#next(plan), { keys: expressions(columns), sets: 'rollup' });
  }

  /** As {@link Frame.groupBy}, and by every choice of the columns, down to none. `grouping` tells such rows. */
  cube(...columns: (ColumnOrName | readonly ColumnOrName[])[]): GroupedFrame {
    return new GroupedFrame(this.plan, (plan) => this.#next(plan), { keys: expressions(columns), sets: 'cube' });
  }

  /** Aggregates of all rows: one row. */
  agg(...aggregates: [Readonly<Record<string, string>>] | Column[]): Frame {
    return this.groupBy().agg(...aggregates);
  }

  /** Sorted by these columns: ascending with nulls first unless `desc()` and the like say otherwise. Equal rows keep their order. */
  orderBy(...columns: (ColumnOrName | readonly ColumnOrName[] | { ascending: boolean | readonly boolean[] })[]): Frame {
    const last = columns.at(-1);
    const options =
      typeof last === 'object' && !(last instanceof Column) && !Array.isArray(last) ? (last as { ascending: boolean | readonly boolean[] }) : null;
    const keys = expressions((options ? columns.slice(0, -1) : columns) as (ColumnOrName | readonly ColumnOrName[])[]);
    if (keys.length === 0) throw new MlError('EXPRESSION_INVALID', 'orderBy: needs at least one column');
    const descends = (i: number) => options !== null && !(Array.isArray(options.ascending) ? options.ascending[i] : options.ascending);
    return this.#next({ op: 'sort', input: this.plan, keys: keys.map((key, i) => (descends(i) ? new Column(key).desc().expression : key)) });
  }

  sort(...columns: (ColumnOrName | readonly ColumnOrName[] | { ascending: boolean | readonly boolean[] })[]): Frame {
    return this.orderBy(...columns);
  }

  limit(count: number): Frame {
    return this.#next({ op: 'limit', input: this.plan, count: wholeNumber('limit', 'count', count), offset: 0 });
  }

  /** Without the first `count` rows. */
  offset(count: number): Frame {
    return this.#next({ op: 'limit', input: this.plan, count: Number.POSITIVE_INFINITY, offset: wholeNumber('offset', 'count', count) });
  }

  distinct(): Frame {
    return this.#next({ op: 'distinct', input: this.plan, columns: null });
  }

  /** The first row of each combination of these columns' values (all columns when none are named). */
  dropDuplicates(columns?: readonly string[]): Frame {
    return this.#next({ op: 'distinct', input: this.plan, columns: columns ? checkNames('dropDuplicates', columns) : null });
  }

  /**
   * About `fraction` of the rows: those whose hash of (seed, row number) falls below it. With replacement each row comes as often as a Poisson
   * number of mean `fraction` says, made of that hash. The same rows at every run.
   */
  sample(fraction: number, seed?: number | bigint): Frame;
  sample(withReplacement: boolean, fraction: number, seed?: number | bigint): Frame;
  sample(options: { withReplacement?: boolean; fraction: number; seed?: number | bigint }): Frame;
  sample(...args: SampleArguments): Frame {
    return this.#next({ ...sampleStep(args), input: this.plan });
  }

  /** Disjoint parts that hold every row, in proportion to `weights`. The same parts at every run. */
  randomSplit<const W extends readonly number[]>(weights: W, seed: number | bigint = 0): { -readonly [I in keyof W]: Frame } {
    const from = seedOf('randomSplit', seed);
    const parts = splitBounds(weights).map(([lower, upper]) => this.#next({ op: 'sample', input: this.plan, lower, upper, seed: from }));
    return parts as { -readonly [I in keyof W]: Frame };
  }

  /** A sample by strata: `fractions` says how much of each value of `column` to keep; values not named go. */
  sampleBy(column: ColumnOrName, fractions: ReadonlyMap<Value, number> | Readonly<Record<string, number>>, seed: number | bigint = 0): Frame {
    const entries = fractions instanceof Map ? [...fractions] : Object.entries(fractions as Record<string, number>);
    return this.#next({
      op: 'sampleBy',
      input: this.plan,
      column: expressions([column])[0],
      fractions: entries.map(([value, share]) => ({ value, fraction: fraction('sampleBy', share) })),
      seed: seedOf('sampleBy', seed),
    });
  }

  // ---- missing values

  /** Nulls (and NaN, for numbers) replaced by a value, in all columns of its type, in `subset`, or by column. */
  fillna(value: FillValue | Readonly<Record<string, FillValue>>, subset?: string | readonly string[]): Frame {
    return this.#next({ op: 'fill', input: this.plan, values: fillPlan(value, subset) });
  }

  /** Without rows that have a null (or NaN) in any (`how: 'all'`: in all) of the columns, or fewer than `thresh` values. */
  dropna(options: { how?: 'any' | 'all'; thresh?: number; subset?: string | readonly string[] } = {}): Frame {
    const { how = 'any', thresh, subset } = options;
    if (how !== 'any' && how !== 'all') throw new MlError('PARAM_INVALID', `dropna: how must be 'any' or 'all', got ${show(how)}`, { param: 'how' });
    return this.#next({
      op: 'dropNulls',
      input: this.plan,
      columns: subset === undefined ? null : checkNames('dropna', [subset].flat() as string[]),
      minNonNulls: thresh === undefined ? how : wholeNumber('dropna', 'thresh', thresh),
    });
  }

  /** Values replaced by others: `replace(0, null)`, `replace(['a', 'b'], 'c')`, `replace(new Map([[1, 10]]))`; in columns of their type. */
  replace(from: Value | readonly Value[] | ReadonlyMap<Value, Value>, to?: Value | readonly Value[], subset?: string | readonly string[]): Frame {
    return this.#next({
      op: 'replace',
      input: this.plan,
      columns: subset === undefined ? null : checkNames('replace', [subset].flat() as string[]),
      pairs: replacePairs(from, to),
    });
  }

  /** Spark's `na`: `fill`, `drop`, `replace`. */
  get na(): { fill: Frame['fillna']; drop: Frame['dropna']; replace: Frame['replace'] } {
    return { fill: this.fillna.bind(this), drop: this.dropna.bind(this), replace: this.replace.bind(this) };
  }

  // ---- steps of the engine

  /**
   * The same rows in so many partitions: a write makes a part file of each (fewer when there are fewer rows). Rows keep their order, those of
   * a partition are consecutive. Sums and fits never depend on it. It holds until a step that brings rows together: a sort, a join, an aggregate.
   */
  repartition(partitions: number): Frame {
    return this.#next({ op: 'repartition', input: this.plan, partitions: wholeNumber('repartition', 'partitions', partitions, 1), atMost: false });
  }

  /** As {@link Frame.repartition}, but never into more partitions than there are. */
  coalesce(partitions: number): Frame {
    return this.#next({ op: 'repartition', input: this.plan, partitions: wholeNumber('coalesce', 'partitions', partitions, 1), atMost: true });
  }

  /** Keeps the rows, once computed, until {@link Frame.unpersist} or the session's end. */
  cache(): Frame {
    return this.plan.op === 'cache' ? this : this.#next({ op: 'cache', input: this.plan, id: ++lastCache });
  }

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
    return this.#next({ op: 'transform', input: this.plan, stage });
  }

  /** `step(this)`, so that functions of frames chain. */
  transform(step: (frame: Frame) => Frame): Frame {
    return step(this);
  }

  /**
   * Runs export `name` of the module at `url` on batches of whole columns, on the workers. The function gets
   * `({ rows, columns: { [name]: typed array or array } }, args)` and returns columns of the same form, as `schema` says.
   */
  mapBatches(url: string | URL, name: string, options: BatchOptions): Frame {
    return this.#next({
      op: 'mapBatches',
      input: this.plan,
      module: String(url),
      name,
      args: options.args,
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
    return this.#next({
      op: 'mapBatches',
      input: this.plan,
      module: String(url),
      name,
      args: options.args,
      schema: new Schema([{ name: column, type: parseType(type), nullable: true }]),
      add: true,
      ...(options.columns && { columns: options.columns }),
    });
  }

  // ---- actions

  async count(options?: ActionOptions): Promise<number> {
    return this.executor.count(this.plan, options);
  }

  /** All rows as plain objects. */
  collect(options?: ActionOptions): Promise<Row[]> {
    return this.executor.collect(this.plan, options);
  }

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

  async isEmpty(options?: ActionOptions): Promise<boolean> {
    return (await this.take(1, options)).length === 0;
  }

  toArrow(options?: ActionOptions): Promise<Table> {
    return this.executor.toArrow(this.plan, options);
  }

  /** Arrow record batches, read as they are asked for. */
  batches(options?: ActionOptions): AsyncIterable<RecordBatch> {
    return this.executor.batches(this.plan, options);
  }

  [Symbol.asyncIterator](): AsyncIterator<RecordBatch> {
    return this.batches()[Symbol.asyncIterator]();
  }

  /** Rows one after the other, a batch in memory at a time. */
  async *toLocalIterator(options?: ActionOptions): AsyncGenerator<Row> {
    const { rowsOfBatch } = await import('./arrow.ts');
    for await (const batch of this.batches(options)) yield* rowsOfBatch(batch);
  }

  /** Prints the first `rows` rows as Spark does; cells longer than `truncate` (true: 20, false: never) are cut. */
  async show(rows = 20, truncate: boolean | number = true): Promise<void> {
    console.log(await this.showString(rows, truncate));
  }

  /** What {@link Frame.show} prints. */
  async showString(rows = 20, truncate: boolean | number = true): Promise<string> {
    const count = wholeNumber('show', 'rows', rows);
    const schema = await this.schema();
    const unique = schema.fields.map((_, i) => `c${i}`);
    const taken = await this.toDF(...unique).take(count + 1);
    return showTable(
      schema,
      taken.map((row) => unique.map((name) => row[name])),
      count,
      truncate,
    );
  }

  /** Count, mean, standard deviation, least and greatest of the named columns (all numeric and text ones when none are), as texts. */
  describe(...columns: (string | readonly string[])[]): Frame {
    const names = checkNames('describe', columns.flat() as string[]);
    return this.#next({
      op: 'describe',
      input: this.plan,
      columns: names.length > 0 ? names : null,
      statistics: ['count', 'mean', 'stddev', 'min', 'max'],
    });
  }

  /** As `describe`, with chosen statistics: count, mean, stddev, min, max, count_distinct and percentiles such as `25%`. */
  summary(...statistics: string[]): Frame {
    const all = statistics.length > 0 ? statistics : ['count', 'mean', 'stddev', 'min', '25%', '50%', '75%', 'max'];
    return this.#next({ op: 'describe', input: this.plan, columns: null, statistics: all });
  }

  /** For each probability the element of the column with that rank (up to `relativeError`); nulls and NaN are skipped. */
  async approxQuantile(column: string, probabilities: readonly number[], relativeError?: number, options?: ActionOptions): Promise<number[]>;
  async approxQuantile(
    columns: readonly string[],
    probabilities: readonly number[],
    relativeError?: number,
    options?: ActionOptions,
  ): Promise<number[][]>;
  async approxQuantile(
    columns: string | readonly string[],
    probabilities: readonly number[],
    relativeError = 0,
    options?: ActionOptions,
  ): Promise<number[] | number[][]> {
    for (const p of probabilities) fraction('approxQuantile', p);
    if (!(relativeError >= 0)) throw new MlError('PARAM_INVALID', `approxQuantile: relativeError must be >= 0, got ${show(relativeError)}`);
    const names = typeof columns === 'string' ? [columns] : columns;
    const schema = await this.schema(options);
    for (const name of names) schema.require('approxQuantile', name, 'numeric');
    const found = await this.executor.quantiles(this.plan, names, probabilities, relativeError, options);
    return typeof columns === 'string' ? found[0] : found;
  }

  /** Pearson's correlation of two columns, or null when it is not defined. */
  async corr(x: string, y: string, options?: ActionOptions): Promise<number | null> {
    return this.#number(call('corr', [col(x).expression, col(y).expression]), options);
  }

  /** The sample covariance of two columns, or null when there are fewer than two rows. */
  async cov(x: string, y: string, options?: ActionOptions): Promise<number | null> {
    return this.#number(call('covar_samp', [col(x).expression, col(y).expression]), options);
  }

  /** The engine's own text for how it will run the plan. */
  explain(): Promise<string> {
    return this.executor.explain(this.plan);
  }

  /** Writes the rows: `frame.write.parquet(path, { mode: 'overwrite' })`. */
  get write(): FrameWriter {
    return new FrameWriter(this);
  }

  async #number(aggregate: Expression, options?: ActionOptions): Promise<number | null> {
    const row = await this.select(new Column(aggregate).alias('value')).first(options);
    return (row?.value ?? null) as number | null;
  }

  #next(plan: Plan): Frame {
    return new Frame(this.executor, plan);
  }

  #union(other: Frame, byName: boolean, allowMissing: boolean): Frame {
    this.#sameSession('union', other);
    return this.#next({ op: 'union', left: this.plan, right: other.plan, byName, allowMissing });
  }

  #combine(kind: 'intersect' | 'except', other: Frame, all: boolean): Frame {
    this.#sameSession(kind, other);
    return this.#next({ op: 'combine', left: this.plan, right: other.plan, kind, all });
  }

  #sameSession(owner: string, other: Frame): void {
    if (!(other instanceof Frame)) throw new MlError('VALUE_INVALID', `${owner}: the other must be a Frame, got ${show(other)}`);
    if (other.executor !== this.executor) throw new MlError('VALUE_INVALID', `${owner}: both frames must belong to one session`);
  }
}

function expressions(columns: readonly (ColumnOrName | readonly ColumnOrName[])[]): Expression[] {
  return (columns.flat() as ColumnOrName[]).map((c) => {
    if (!(c instanceof Column) && typeof c !== 'string') {
      throw new MlError('EXPRESSION_INVALID', `select: columns must be Columns or names, got ${show(c)}`, { value: c });
    }
    return (c instanceof Column ? c : col(c)).expression;
  });
}
