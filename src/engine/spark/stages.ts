import { basename } from 'node:path';
import { MlError, show } from '../../error.ts';
import type { ActionOptions, FitOptions, ProgressEvent, Row } from '../../frame/executor.ts';
import type { Plan, TransformStage } from '../../frame/plan.ts';
import { Schema } from '../../frame/schema.ts';
import type { RemoteModel, RemoteStage, RemoteStatistic, StageServer } from '../engine.ts';
import { keptThere } from '../kept-models.ts';
import { dataRow } from './attributes.ts';
import type { CallOptions } from './client.ts';
import type { SparkEngine } from './engine.ts';
import { type ExecuteOptions, execute } from './execution.ts';
import { SparkFolders } from './folders.ts';
import { literalOf } from './literal.ts';
import { MadeModels } from './made-models.ts';
import { type AnyStage, modelFiles } from './model-files.ts';
import { DOUBLES, mlParams } from './params.ts';
import { columnsOf, PlainNames } from './plain-names.ts';
import type { TransformPlan } from './plan.ts';
import type { MlCommandResult, Relation } from './proto/connect_pb.ts';
import { withStage } from './refused-fits.ts';
import { type RelType, relationOf } from './relation.ts';
import { withScratch } from './scratch.ts';
import { type MlCommand, ToldModel } from './told-model.ts';

const ESTIMATOR = 1;
const TRANSFORMER = 2;
const EVALUATOR = 3;
const MODEL = 4;
/** Key of the server's object whose methods are functions. */
const HELPER = '______ML_CONNECT_HELPER______';
/** Classes that a cluster has. */
const SPARK = 'org.apache.spark.';

/** What does the same there, for our own classes. */
const INSTEAD: ReadonlyMap<string, string> = new Map([
  ['millstream.classification.HistGradientBoostingClassifier', 'GBTClassifier'],
  ['millstream.regression.HistGradientBoostingRegressor', 'GBTRegressor'],
]);

/** A model on the server: its key, and the params that are set on it there, which a transform can set to another value but not clear; null: it is there only. */
interface Kept {
  readonly id: Promise<string>;
  readonly set: ReadonlySet<string> | null;
  /** What columns were called when it was fitted. */
  readonly names: PlainNames | null;
}

/** Fits, transforms and judges on the cluster by the protocol's ML commands. Models stay there; each is given back once nobody here has it. */
export class SparkStages implements StageServer {
  readonly #engine: SparkEngine;
  /** Models on the server, by the state that a model shares with its copies. */
  readonly #models = new WeakMap<object, Kept>();
  readonly #made: MadeModels;
  readonly #forgotten = new FinalizationRegistry<string>((id) => {
    if (!this.#engine.client.closed) this.#engine.client.later(this.#delete(id));
  });

  constructor(engine: SparkEngine) {
    this.#engine = engine;
    const { client } = engine;
    // A session that others may have joined holds models of theirs.
    const kept = async () => (client.isOurs ? this.kept() : []);
    this.#made = new MadeModels({ kept, remove: (id) => this.#delete(id), later: (work) => client.later(work) });
  }

  require({ type, owner }: RemoteStage): void {
    if (type.startsWith(SPARK)) return;
    const instead = INSTEAD.get(type) ?? 'a stage that it has';
    throw new MlError('NOT_SUPPORTED', `${owner}: Spark has no such stage; take ${instead}, or bring the rows into a local session`, {
      stage: owner,
    });
  }

  async fit(plan: Plan, stage: RemoteStage, { signal, onProgress }: FitOptions): Promise<RemoteModel> {
    this.require(stage);
    const { owner } = stage;
    const told = onProgress && ((event: ProgressEvent) => onProgress({ ...event, stage: stage.uid }));
    const { named, names, dataset } = await this.#named(plan, stage);
    const estimator = { name: stage.type, uid: stage.uid, type: ESTIMATOR };
    const fitted = async () => {
      const fit = { estimator, params: mlParams(named), dataset: await dataset({ owner, signal }) };
      return this.#make({ case: 'fit', value: fit }, { owner, signal, onProgress: told });
    };
    const id = await this.#located(plan, stage, fitted, { signal });
    const model = new ToldModel(this.#engine, (command, options) => this.#run(command, options), id, dataset);
    return {
      data: async ({ signal }) => {
        const row = await dataRow(model, stage, { owner, signal });
        return row && { type: `${stage.type}Model`, row: names ? new Map([...row].map(([name, value]) => [names.own(name), value])) : row };
      },
      summary: {
        value: (method, { signal }) => model.value(['summary', method], { owner, signal }),
        rows: (method, { signal }) => model.rows(['summary', method], { owner, signal }),
      },
      files: (options) => this.#files(id, { owner, signal: options.signal }),
      adopt: (state, params) => this.#adopt(state, id, params, names),
      release: () => this.#delete(id),
    };
  }

  async evaluate(plan: Plan, stage: RemoteStage, { signal }: ActionOptions): Promise<number> {
    this.require(stage);
    const { owner } = stage;
    const { named, dataset } = await this.#named(plan, stage);
    const evaluator = { name: stage.type, uid: stage.uid, type: EVALUATOR };
    const judged = async () =>
      this.#run({ case: 'evaluate', value: { evaluator, params: mlParams(named), dataset: await dataset({ owner, signal }) } }, { owner, signal });
    const result = await this.#located(plan, stage, judged, { signal });
    const literal = result.resultType.case === 'param' ? result.resultType.value.literalType : undefined;
    if (literal?.case === 'double') return literal.value;
    throw new MlError('SPARK_FAILED', `${owner}: the server must answer with a number, got ${show(literal?.case)}`);
  }

  async statistic(
    plan: Plan,
    { owner, method, columns, args }: RemoteStatistic,
    { signal }: ActionOptions,
  ): Promise<{ schema: Schema; rows: Row[] }> {
    const names = await PlainNames.over(columns, () => this.#engine.schema(plan));
    const called = columns.map((name) => names?.plain(name) ?? name);
    const given = [...called, ...args].map(
      (value) => ({ argsType: { case: 'param', value: literalOf(value, Array.isArray(value) ? DOUBLES : undefined) } }) as const,
    );
    const found = await this.#engine.located(plan, async () => {
      const prepared = await this.#engine.prepared(plan, { owner, signal });
      const input = names?.input(prepared) ?? prepared;
      const methods = [{ method, args: [{ argsType: { case: 'input', value: input } } as const, ...given] }];
      return this.#engine.table(
        { case: 'mlRelation', value: { mlType: { case: 'fetch', value: { objRef: { id: HELPER }, methods } } } },
        { owner, signal },
      );
    });
    if (!names) return found;
    const fields = found.schema.fields.map((field) => ({ ...field, name: names.own(field.name) }));
    const rows = found.rows.map((row) => Object.fromEntries(Object.entries(row).map(([name, value]) => [names.own(name), value])));
    return { schema: new Schema(fields), rows };
  }

  /** The relation of a frame with a stage's columns. */
  async transform({ stage, input: plan }: TransformPlan, input: Relation): Promise<RelType> {
    const here = stage as unknown as AnyStage;
    const described = here.remote();
    this.require(described);
    const held = here.state && this.#models.get(here.state);
    const names = held?.set === null ? held.names : await PlainNames.over(columnsOf(described), () => this.#engine.schema(plan));
    const operator = here.state
      ? ({ case: 'objRef', value: { id: await this.#uploaded(here, here.state, names) } } as const)
      : ({ case: 'transformer', value: { name: described.type, uid: described.uid, type: TRANSFORMER } } as const);
    const params = mlParams(names?.stage(described) ?? described);
    const made: RelType = {
      case: 'mlRelation',
      value: { mlType: { case: 'transform', value: { operator, input: names?.input(input) ?? input, params } } },
    };
    if (!names) return made;
    const relation = relationOf(made);
    return names.output(relation, await this.#engine.schemaThere(relation, { owner: described.owner }));
  }

  /** `work` of a stage on a plan; an error is told of the plan's step, or of the stage, that made it. */
  #located<T>(plan: Plan, stage: RemoteStage, work: () => Promise<T>, options: ActionOptions): Promise<T> {
    const told = (error: unknown) => Promise.reject(withStage(error, stage));
    return this.#engine.located(plan, () => work().catch(told), options);
  }

  /** A stage and the rows that it works on, with plain names where Spark needs them. */
  async #named(plan: Plan, stage: RemoteStage) {
    const names = await PlainNames.over(columnsOf(stage), () => this.#engine.schema(plan));
    const dataset = async (options: CallOptions) => {
      const prepared = await this.#engine.prepared(plan, options);
      return names?.input(prepared) ?? prepared;
    };
    return { named: names?.stage(stage) ?? stage, names, dataset };
  }

  #adopt(state: object, id: string, params: Iterable<string> | null, names: PlainNames | null): void {
    this.#models.set(state, { id: Promise.resolve(id), set: params && new Set(params), names });
    this.#keep(state, id);
  }

  /** Until it is given back, or collected. */
  #keep(state: object, id: string): void {
    this.#forgotten.register(state, id, state);
    keptThere(state, async () => {
      this.#models.delete(state);
      this.#forgotten.unregister(state);
      if (!this.#engine.client.closed) await this.#delete(id);
    });
  }

  /** The key of a model; one that was made here is sent to the server first, once, and so is one that lacks a param which is set there. */
  #uploaded(stage: AnyStage, state: object, names: PlainNames | null): Promise<string> {
    const params = stage.setParams();
    const held = this.#models.get(state);
    if (held && [...(held.set ?? [])].every((name) => params.has(name))) return held.id;
    const id = this.#upload(stage, names);
    const kept = { id, set: new Set(params.keys()), names };
    this.#models.set(state, kept);
    id.then(
      (key) => this.#keep(state, key),
      () => this.#models.get(state) === kept && this.#models.delete(state),
    );
    return id;
  }

  /** Writes what saving the model here writes on the server, and reads it there. */
  async #upload(stage: AnyStage, names: PlainNames | null): Promise<string> {
    const { owner, type } = stage.remote();
    const options = { owner };
    const files = await modelFiles(stage, names);
    return withScratch(this.#engine, options, async (scratch) => {
      const target = `${scratch}/model`;
      await new SparkFolders(this.#engine).writeNew(target, files, options);
      return this.#make({ case: 'read', value: { operator: { name: type, type: MODEL }, path: target } }, options);
    });
  }

  /** Removes a folder of the server's, with all that is in it. */
  async removeFolder(path: string, options: CallOptions): Promise<void> {
    const args = [path, true].map((value) => ({ argsType: { case: 'param', value: literalOf(value) } }) as const);
    await this.#run({ case: 'fetch', value: { objRef: { id: HELPER }, methods: [{ method: 'handleOverwrite', args }] } }, options);
  }

  /** The files of a model of the server's, by their path in its folder. */
  #files(id: string, options: CallOptions): Promise<Map<string, Uint8Array>> {
    return withScratch(this.#engine, options, async (scratch) => {
      const path = `${scratch}/model`;
      await this.#run(
        { case: 'write', value: { type: { case: 'objRef', value: { id } }, path, shouldOverwrite: false } },
        { ...options, leaves: true },
      );
      const source = { format: 'binaryFile', paths: [path], options: { recursiveFileLookup: 'true' } };
      const rows = await this.#engine.rows({ case: 'read', value: { readType: { case: 'dataSource', value: source } } }, options);
      const home = `/${basename(scratch)}/model/`;
      const inside = (file: string) => file.slice(file.indexOf(home) + home.length);
      return new Map(rows.map((row) => [inside(String(row.path)), row.content as Uint8Array]));
    });
  }

  /** What the server keeps of this session's models, a text each. */
  async kept(): Promise<string[]> {
    const { resultType } = await this.#run({ case: 'getCacheInfo', value: {} }, { owner: 'kept' });
    const literal = resultType.case === 'param' ? resultType.value.literalType : undefined;
    return literal?.case === 'array' ? literal.value.elements.map((e) => String(e.literalType.value)) : [];
  }

  /** Once the server has lost the model of this key: whether a transform by this stage is to be asked for anew, for it will be sent again. */
  async lost(stage: TransformStage, id: string): Promise<boolean> {
    const { state } = stage as unknown as AnyStage;
    const held = state && this.#models.get(state);
    if (!state || held?.set === null) return false;
    if (held && (await held.id.catch(() => null)) === id) this.#models.delete(state);
    return true;
  }

  #delete(id: string): Promise<void> {
    const options = { owner: 'close' };
    const remove = () => this.#run({ case: 'delete', value: { objRefs: [{ id }] } }, options);
    return this.#made.remove(id, async () => {
      const { resultType } = await remove();
      if (resultType.case === 'operatorInfo' && resultType.value.type.case === 'objRef' && resultType.value.type.value.id === id) return;
      // One that the server has moved to its disk is overlooked there, until it is looked at.
      const looked = await this.#run({ case: 'getModelSize', value: { modelRef: { id } } }, options).catch(() => null);
      if (looked) await remove();
    });
  }

  /** The key of the model that a command makes. */
  #make(command: MlCommand, { signal, ...options }: ExecuteOptions): Promise<string> {
    this.#engine.client.check({ ...options, signal });
    const run = async () => this.#keyOf(await this.#run(command, { ...options, interrupt: signal }), options.owner);
    return this.#made.make(run, { owner: options.owner, signal });
  }

  /** Runs one command and gives its result. */
  async #run(command: MlCommand, options: ExecuteOptions): Promise<MlCommandResult> {
    let result: MlCommandResult | null = null;
    const sent = { opType: { case: 'command', value: { commandType: { case: 'mlCommand', value: { command } } } } } as const;
    for await (const { responseType } of execute(this.#engine.client, sent, options)) {
      if (responseType.case === 'mlCommandResult') result ??= responseType.value;
    }
    if (result) return result;
    throw new MlError('SPARK_FAILED', `${options.owner}: the server must answer a command of ML, it did not`);
  }

  #keyOf({ resultType }: MlCommandResult, owner: string): string {
    const info = resultType.case === 'operatorInfo' ? resultType.value : undefined;
    if (info?.warningMessage) this.#engine.logger.warn(`${owner}: ${info.warningMessage}`);
    if (info?.type.case === 'objRef') return info.type.value.id;
    throw new MlError('SPARK_FAILED', `${owner}: the server must answer with a model, got ${show(resultType.case)}`);
  }
}
