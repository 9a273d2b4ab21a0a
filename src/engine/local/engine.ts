import type { RecordBatch, Table } from 'apache-arrow';
import { arrowSchema } from '../../frame/arrow-schema.ts';
import { emptyRow } from '../../frame/empty-row.ts';
import type { ActionOptions, FitOptions, Logger, Row, Sink } from '../../frame/executor.ts';
import type { Plan } from '../../frame/plan.ts';
import { object } from '../../frame/plan-arguments.ts';
import type { Schema } from '../../frame/schema.ts';
import type { DataType } from '../../frame/types.ts';
import type { Engine, TrainingContext } from '../engine.ts';
import { type StageName, workFor } from '../stage-name.ts';
import { Compiler } from './compiler.ts';
import { columnGatherer } from './duck/arrow-columns.ts';
import { withViews } from './duck/bindings.ts';
import type { Chunk } from './duck/chunk.ts';
import type { QueryOptions } from './duck/database.ts';
import { readValues } from './duck/read-vector.ts';
import type { EngineParts } from './engine-parts.ts';
import { located } from './locate.ts';
import { inputColumn } from './ml/chain.ts';
import { narrow } from './ml/narrow.ts';
import { writePlan } from './sinks/write.ts';
import { doubleSql } from './sql/literal.ts';
import type { Relation } from './sql/relation.ts';
import { LocalTraining } from './training/context.ts';
import { TrainingSets } from './training/training-sets.ts';

const LONG: DataType = { kind: 'long' };
/** Rows of an Arrow batch, unless the result ends before. */
const BATCH_ROWS = 65536;

/** The embedded engine: plans become DuckDB queries, fits run on worker threads. */
export class LocalEngine implements Engine {
  readonly kind = 'local';
  readonly logger: Logger;
  readonly workers: number;
  readonly parts: EngineParts;
  readonly compiler: Compiler;
  readonly sets: TrainingSets;
  readonly #narrowed = new WeakMap<Plan, Plan>();
  readonly #counted = new WeakMap<Plan, Plan>();

  constructor(parts: EngineParts) {
    this.parts = parts;
    this.logger = parts.logger;
    this.workers = parts.workers;
    this.compiler = new Compiler(parts);
    this.sets = new TrainingSets(parts, this.compiler);
  }

  async schema(plan: Plan, options: ActionOptions = {}): Promise<Schema> {
    this.#check('schema', options);
    return (await this.compiler.describe(plan, { owner: 'schema', signal: options.signal })).schema;
  }

  async collect(plan: Plan, options: ActionOptions = {}): Promise<Row[]> {
    this.#check('collect', options);
    const { schema } = await this.compiler.describe(plan, { owner: 'collect', signal: options.signal });
    for (const name of schema.names) schema.find(name);
    const empty = emptyRow(schema.names);
    const rows: Row[] = [];
    for await (const chunk of this.#chunks('collect', plan, options, true)) {
      const { rows: count } = chunk;
      const from = rows.length;
      for (let i = 0; i < count; i++) rows.push({ ...empty });
      schema.fields.forEach(({ name, type }, j) => {
        const values = readValues(chunk.column(j), type, count);
        for (let i = 0; i < count; i++) rows[from + i][name] = values[i];
      });
    }
    return rows;
  }

  async *batches(plan: Plan, options: ActionOptions = {}): AsyncIterable<RecordBatch> {
    this.#check('batches', options);
    const { schema } = await this.compiler.describe(plan, { owner: 'batches', signal: options.signal });
    const { batchOfBuffers } = await import('../../frame/arrow-batches.ts'); // loads all of Arrow
    const arrow = arrowSchema(schema);
    const fresh = () => schema.fields.map((f) => columnGatherer(f.type));
    const batch = () => {
      const made = batchOfBuffers(
        arrow,
        columns.map((column) => column.finish()),
        rows,
      );
      [columns, rows] = [fresh(), 0];
      return made;
    };
    let columns = fresh();
    let rows = 0;
    for await (const chunk of this.#chunks('batches', plan, options)) {
      withViews(() => {
        for (const [j, column] of columns.entries()) column.add(chunk.column(j), chunk.rows);
      });
      rows += chunk.rows;
      if (rows >= BATCH_ROWS) yield batch();
    }
    if (rows > 0) yield batch();
  }

  async toArrow(plan: Plan, options: ActionOptions = {}): Promise<Table> {
    const batches: RecordBatch[] = [];
    for await (const batch of this.batches(plan, options)) batches.push(batch);
    const { arrowTable } = await import('../../frame/arrow-batches.ts');
    return arrowTable(arrowSchema(await this.schema(plan, options)), batches);
  }

  async count(plan: Plan, options: ActionOptions = {}): Promise<number> {
    const relation = await this.#prepare('count', plan, options, this.#counted, new Set());
    const sql = `SELECT count(*) FROM (${relation.sql}) AS t`;
    const [row] = await this.#located(plan, options, this.parts.database.rows(sql, [LONG], { owner: 'count', signal: options.signal }));
    return Number(row?.[0]);
  }

  async write(plan: Plan, sink: Sink, options: ActionOptions = {}): Promise<void> {
    const owner = `write.${sink.format}`;
    const relation = await this.#prepare(owner, plan, options);
    const query = { owner, signal: options.signal };
    const { compiler, parts } = this;
    await this.#located(plan, options, writePlan({ compiler, database: parts.database }, plan, relation, sink, query));
  }

  async explain(plan: Plan): Promise<string> {
    const relation = await this.#prepare('explain', plan, {});
    const rows = await this.parts.database.rows(`EXPLAIN ${selectSql(relation)}`, [{ kind: 'string' }, { kind: 'string' }], { owner: 'explain' });
    return rows.map((row) => String(row[1])).join('\n');
  }

  /** Exact whatever the error allowed: the least element with rank >= p · n. Nulls and NaN are left out; a column without values has none. */
  async quantiles(
    plan: Plan,
    columns: readonly string[],
    probabilities: readonly number[],
    _relativeError: number,
    options: ActionOptions = {},
  ): Promise<number[][]> {
    const owner = 'approxQuantile';
    const relation = await this.#prepare(owner, plan, options);
    const list = columns.map((name) => {
      relation.schema.require(owner, name, 'numeric');
      const x = `CAST(${inputColumn(relation, name).sql} AS DOUBLE)`;
      return `quantile_disc(${x}, [${probabilities.map(doubleSql).join(', ')}]) FILTER (WHERE ${x} IS NOT NULL AND NOT isnan(${x}))`;
    });
    if (list.length === 0 || probabilities.length === 0) return columns.map(() => []);
    const types = list.map((): DataType => ({ kind: 'array', element: { kind: 'double' } }));
    const sql = `SELECT ${list.join(', ')} FROM (${relation.sql}) AS t`;
    const [row] = await this.#located(plan, options, this.parts.database.rows(sql, types, { owner, signal: options.signal }));
    return (row ?? []).map((values) => (values as number[] | null) ?? []);
  }

  async unpersist(plan: Plan): Promise<void> {
    this.sets.unpersist(plan);
    await this.compiler.unpersist(plan);
  }

  train<T>(plan: Plan, stage: StageName, options: FitOptions, train: (context: TrainingContext) => Promise<T>): Promise<T> {
    return workFor(stage, async () => {
      this.#check(stage.owner, options);
      const { schema } = await this.compiler.describe(plan, { owner: stage.owner, signal: options.signal });
      const context = new LocalTraining(this, plan, schema, stage, options);
      try {
        return await train(context);
      } finally {
        context.end();
      }
    });
  }

  /** The rows of a plan, chunk by chunk. */
  async *#chunks(owner: string, plan: Plan, options: ActionOptions, whole = false): AsyncGenerator<Chunk, void> {
    const relation = await this.#prepare(owner, plan, options);
    const { database } = this.parts;
    const query = { owner, signal: options.signal };
    const width = Math.max(relation.schema.fields.length, 1);
    const chunks = whole ? database.whole(selectSql(relation), query) : database.stream(selectSql(relation), width, query);
    try {
      for (;;) {
        const { value: chunk, done } = await this.#located(plan, options, chunks.next());
        if (done) return;
        yield chunk;
        chunk.release();
      }
    } finally {
      await chunks.return();
    }
  }

  #located<T>(plan: Plan, { signal }: ActionOptions, work: Promise<T>): Promise<T> {
    return located({ compiler: this.compiler, database: this.parts.database }, plan, { owner: 'frame', signal }, work);
  }

  /** The relation that an action runs, once the plan is known to be sound. */
  async #prepare(
    owner: string,
    plan: Plan,
    options: ActionOptions,
    known: WeakMap<Plan, Plan> = this.#narrowed,
    wanted: ReadonlySet<string> | null = null,
  ): Promise<Relation> {
    this.#check(owner, options);
    const query = { owner, signal: options.signal };
    await this.compiler.describe(plan, query);
    let narrowed = known.get(plan);
    if (!narrowed) {
      narrowed = narrow(plan, wanted);
      known.set(plan, narrowed);
    }
    return this.#located(plan, options, this.compiler.compile(narrowed, query));
  }

  #check(owner: string, options: ActionOptions): void {
    const { signal } = object(owner, 'options', options);
    this.parts.database.check({ owner, signal } satisfies QueryOptions);
  }
}

function selectSql({ sql, columns }: Relation): string {
  return columns.length > 0 ? `SELECT ${columns.join(', ')} FROM (${sql}) AS t` : `SELECT NULL AS none FROM (${sql}) AS t`;
}
