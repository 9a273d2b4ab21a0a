import type { MessageInitShape } from '@bufbuild/protobuf';
import type { RecordBatch, Table } from 'apache-arrow';
import { MlError, show } from '../../error.ts';
import { arrowTable, renamedBatch } from '../../frame/arrow-batches.ts';
import { arrowSchema } from '../../frame/arrow-schema.ts';
import { arrowColumns } from '../../frame/arrow-table.ts';
import { emptyRow } from '../../frame/empty-row.ts';
import type { ActionOptions, FitOptions, Logger, ProgressEvent, Row, Sink } from '../../frame/executor.ts';
import type { Expression } from '../../frame/expression.ts';
import { Frame } from '../../frame/frame.ts';
import type { Plan } from '../../frame/plan.ts';
import { Schema } from '../../frame/schema.ts';
import type { Backend, Engine, TrainingContext } from '../engine.ts';
import { type StageName, workFor } from '../stage-name.ts';
import { Caches } from './caches.ts';
import type { CallOptions, SparkClient } from './client.ts';
import { lostModel } from './errors.ts';
import { type ExecuteOptions, execute } from './execution.ts';
import { located, stepName } from './failures.ts';
import { localRelation, uploadedRelation } from './local-data.ts';
import { quoted } from './names.ts';
import { PlanCompiler } from './plan.ts';
import type { CommandSchema, Relation } from './proto/connect_pb.ts';
import { hasScheme } from './read.ts';
import { withRefusedValue } from './refused-values.ts';
import { type RelType, relationOf } from './relation.ts';
import { QueryResult } from './results.ts';
import { scanContext } from './scan.ts';
import { SparkStages } from './stages.ts';
import { schemaOf } from './types.ts';

const SIMPLE_EXPLAIN = 1;
const MODES = { append: 1, overwrite: 2, error: 3, ignore: 4 } as const;

export interface SparkEngineOptions {
  readonly client: SparkClient;
  readonly logger: Logger;
  /** Where models' files may lie for a moment. */
  readonly scratch?: string | undefined;
  /** Told of the server's tasks while an action runs. */
  readonly onProgress?: ((event: ProgressEvent) => void) | undefined;
  /** An engine of this process, for files of this machine; opened when it is needed. */
  readonly openLocal: () => Promise<Backend>;
}

/** The cluster engine: plans become relations of Spark Connect, and the server runs them. */
export class SparkEngine implements Engine {
  readonly kind = 'spark';
  readonly logger: Logger;
  readonly client: SparkClient;
  readonly compiler: PlanCompiler;
  readonly caches: Caches;
  readonly stages: SparkStages;
  readonly scratch: string | undefined;
  readonly #onProgress: ((event: ProgressEvent) => void) | undefined;
  readonly #openLocal: () => Promise<Backend>;
  #local: Promise<Backend> | null = null;
  readonly #schemas = new WeakMap<Plan, Promise<Schema>>();

  constructor({ client, logger, scratch, onProgress, openLocal }: SparkEngineOptions) {
    this.scratch = scratch;
    this.#openLocal = openLocal;
    this.client = client;
    this.logger = logger;
    this.#onProgress = onProgress;
    this.compiler = new PlanCompiler({
      schema: (plan) => this.schema(plan),
      localTable: (table) => localRelation(client, table, { owner: 'createFrame' }),
      localFiles: (plan) => this.#uploaded(plan),
      composed: ({ stage, input }) => stage.composed?.(new Frame(this, input)).plan ?? input,
      transform: (plan, input) => this.stages.transform(plan, input),
    });
    this.caches = new Caches(client, this.compiler);
    this.stages = new SparkStages(this);
  }

  async schema(plan: Plan, options: ActionOptions = {}): Promise<Schema> {
    this.client.check({ owner: 'schema', ...options });
    let schema = this.#schemas.get(plan);
    if (!schema) {
      schema = this.located(plan, () => this.#analyzed(plan, options));
      this.#schemas.set(plan, schema);
      schema.catch(() => this.#schemas.delete(plan));
    }
    return schema;
  }

  async collect(plan: Plan, options: ActionOptions = {}): Promise<Row[]> {
    const rows: Row[] = [];
    for await (const { schema, batch } of this.#read('collect', plan, options)) {
      for (const name of schema.names) schema.find(name);
      if (batch) rowsInto(rows, schema, batch);
    }
    return rows;
  }

  async *batches(plan: Plan, options: ActionOptions = {}): AsyncIterable<RecordBatch> {
    for await (const { schema, batch } of this.#read('batches', plan, options)) {
      if (batch && batch.numRows > 0) yield renamedBatch(arrowSchema(schema), batch);
    }
  }

  async toArrow(plan: Plan, options: ActionOptions = {}): Promise<Table> {
    const batches: RecordBatch[] = [];
    let arrow = arrowSchema(new Schema([]));
    for await (const { schema, batch } of this.#read('toArrow', plan, options)) {
      if (batches.length === 0) arrow = arrowSchema(schema);
      if (batch && batch.numRows > 0) batches.push(renamedBatch(arrow, batch));
    }
    return arrowTable(arrow, batches);
  }

  async count(plan: Plan, options: ActionOptions = {}): Promise<number> {
    const count: Expression = { kind: 'alias', child: { kind: 'call', name: 'count', args: [{ kind: 'star' }] }, name: 'count' };
    const counted: Plan = { op: 'aggregate', input: plan, keys: [], aggregates: [count] };
    for await (const { schema, batch } of this.#read('count', counted, options)) {
      if (batch && batch.numRows > 0) return Number(arrowColumns(schema, batch)[0][0]);
    }
    return 0;
  }

  async write(plan: Plan, sink: Sink, options: ActionOptions = {}): Promise<void> {
    const owner = `write.${sink.format}`;
    if (!hasScheme(sink.path)) {
      const instead = "for one of the server's write file:///…, hdfs://… or s3a://…; or bring the rows into a local session and write them there";
      throw new MlError('NOT_SUPPORTED', `${owner}: ${show(sink.path)} is a path of this machine; ${instead}`, { path: sink.path });
    }
    const into = {
      source: sink.format,
      saveType: { case: 'path' as const, value: sink.path },
      mode: MODES[sink.mode],
      partitioningColumns: [...sink.partitionBy],
      options: Object.fromEntries(Object.entries(sink.options).map(([name, given]) => [name, String(given)])),
    };
    await this.located(
      plan,
      async () => {
        const input = await this.prepared(plan, { owner, signal: options.signal });
        await this.command({ commandType: { case: 'writeOperation', value: { input, ...into } } }, { owner, signal: options.signal });
      },
      options,
    );
  }

  async explain(plan: Plan): Promise<string> {
    return this.located(plan, () => this.#explained(plan));
  }

  async quantiles(
    plan: Plan,
    columns: readonly string[],
    probabilities: readonly number[],
    relativeError: number,
    options: ActionOptions = {},
  ): Promise<number[][]> {
    if (columns.length === 0 || probabilities.length === 0) return columns.map(() => []);
    const owner = 'approxQuantile';
    return this.located(plan, async () => {
      const input = await this.prepared(plan, { owner, signal: options.signal });
      const value = { input, cols: columns.map(quoted), probabilities: [...probabilities], relativeError };
      const result = new QueryResult(this.client, relationOf({ case: 'approxQuantile', value }), this.#executing(owner, options));
      for await (const batch of result.batches()) {
        if (batch.numRows > 0) return arrowColumns(result.schema, batch)[0][0] as number[][];
      }
      return columns.map(() => []);
    });
  }

  async unpersist(plan: Plan): Promise<void> {
    await this.caches.unpersist(plan);
  }

  train<T>(plan: Plan, stage: StageName, options: FitOptions, train: (context: TrainingContext) => Promise<T>): Promise<T> {
    return workFor(stage, async () => train(scanContext(this, plan, await this.schema(plan, options), stage, options)));
  }

  /** Runs a command of the protocol to its end. */
  async command(command: MessageInitShape<typeof CommandSchema>, options: ExecuteOptions): Promise<void> {
    const told = { ...options, onProgress: this.#onProgress };
    for await (const _ of execute(this.client, { opType: { case: 'command', value: command } }, told));
  }

  /** The relation of a plan that an action is about to use. */
  async prepared(plan: Plan, options: CallOptions): Promise<Relation> {
    this.client.check(options);
    await this.caches.ensure(plan, options);
    return this.compiler.relation(plan);
  }

  /** The schema of a relation, as the server finds it. */
  async schemaThere(relation: Relation, options: CallOptions): Promise<Schema> {
    const root = { opType: { case: 'root', value: relation } } as const;
    const result = await this.client.analyze({ case: 'schema', value: { plan: root } }, options);
    return schemaOf(result.case === 'schema' ? result.value.schema : undefined, 'schema');
  }

  /** The rows of a relation that belongs to no frame. */
  async rows(relType: RelType, options: ExecuteOptions): Promise<Row[]> {
    return (await this.table(relType, options)).rows;
  }

  /** The rows and the schema of a relation that belongs to no frame. */
  async table(relType: RelType, options: ExecuteOptions): Promise<{ schema: Schema; rows: Row[] }> {
    const result = new QueryResult(this.client, relationOf(relType), options);
    const rows: Row[] = [];
    for await (const batch of result.batches()) rowsInto(rows, result.schema, batch);
    return { schema: result.schema, rows };
  }

  async close(): Promise<void> {
    await Promise.allSettled([this.client.close(() => this.caches.clear()), this.#local?.then((local) => local.close())]);
  }

  /** Files of this machine, read here and sent to the server once. */
  async #uploaded(plan: Extract<Plan, { op: 'read' }>): Promise<RelType> {
    const owner = stepName(plan);
    if (plan.paths.some(hasScheme)) {
      throw new MlError('PARAM_INVALID', `${owner}: paths must all be of this machine or all be the server's, got ${show(plan.paths)}`, {
        param: 'path',
      });
    }
    this.#local ??= this.#openLocal();
    const { engine } = await this.#local;
    return uploadedRelation(this.client, await engine.schema(plan), engine.batches(plan), { owner });
  }

  async #analyzed(plan: Plan, { signal }: ActionOptions): Promise<Schema> {
    return this.schemaThere(await this.compiler.relation(plan), { owner: stepName(plan), signal });
  }

  async #explained(plan: Plan): Promise<string> {
    const root = { opType: { case: 'root', value: await this.compiler.relation(plan) } } as const;
    const result = await this.client.analyze({ case: 'explain', value: { plan: root, explainMode: SIMPLE_EXPLAIN } }, { owner: 'explain' });
    return result.case === 'explain' ? result.value.explainString : '';
  }

  /** The rows of a plan batch by batch; one item without a batch where there are none. */
  async *#read(owner: string, plan: Plan, options: ActionOptions): AsyncGenerator<{ schema: Schema; batch: RecordBatch | null }, void> {
    let empty = true;
    for (let again = false; ; again = true) {
      try {
        const result = new QueryResult(this.client, await this.prepared(plan, { owner, signal: options.signal }), this.#executing(owner, options));
        for await (const batch of result.batches()) {
          empty = false;
          yield { schema: result.schema, batch };
        }
        if (empty) yield { schema: result.schema, batch: null };
        return;
      } catch (error) {
        if (again || !empty || !(await this.#sendsAnew(error, plan))) throw await this.#told(error, plan, options);
      }
    }
  }

  /** Errors of `work` are told of the plan's step that made them. It is done once more where the server has lost a model that can be sent anew. */
  async located<T>(plan: Plan, work: () => Promise<T>, options: ActionOptions = {}): Promise<T> {
    try {
      return await work().catch(async (error: unknown) => {
        if (await this.#sendsAnew(error, plan)) return work();
        throw error;
      });
    } catch (error) {
      throw await this.#told(error, plan, options);
    }
  }

  async #told(error: unknown, plan: Plan, options: ActionOptions): Promise<unknown> {
    return located(await withRefusedValue(error, this.compiler.transforms(plan), this, options), plan, this);
  }

  async #sendsAnew(error: unknown, plan: Plan): Promise<boolean> {
    const id = lostModel(error);
    return id !== null && this.compiler.forget(plan, (stage) => this.stages.lost(stage, id));
  }

  #executing(owner: string, { signal }: ActionOptions): ExecuteOptions {
    return { owner, signal, onProgress: this.#onProgress };
  }
}

/** Adds a batch's rows. */
function rowsInto(rows: Row[], schema: Schema, batch: RecordBatch): void {
  const columns = arrowColumns(schema, batch);
  const from = rows.length;
  const empty = emptyRow(schema.names);
  for (let i = 0; i < batch.numRows; i++) rows.push({ ...empty });
  schema.names.forEach((name, j) => {
    const values = columns[j];
    for (let i = 0; i < batch.numRows; i++) rows[from + i][name] = values[i];
  });
}
