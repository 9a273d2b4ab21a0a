import type { Binder } from '../block/binder.ts';
import type { Engine, RemoteModel, RemoteStage, StageServer, TrainingContext } from '../engine/engine.ts';
import { giveBack } from '../engine/kept-models.ts';
import { MlError, show, throwIfAborted } from '../error.ts';
import { featureNames } from '../frame/attributes.ts';
import type { Executor, FitOptions } from '../frame/executor.ts';
import type { Frame } from '../frame/frame.ts';
import { Schema, type SchemaLiteral } from '../frame/schema.ts';
import { checkParams, type ParamDefinition, type ParamSchema, type ParamShape, paramShapes, resolveParams, unknownParam } from '../param/param.ts';
import { ParamMap } from '../param/param-map.ts';
import * as z from '../param/zod.ts';
import type { Codec } from '../persistence/codec.ts';
import { makeRowScorer, type RowScorer } from '../scoring/row-scorer.ts';
import { classSeed, randomUid } from './uid.ts';

/** What a stage's class declares. */
export interface StageClass {
  /** Spark's name of the class, as saved metadata carries it. */
  readonly type: string;
  readonly paramSchema: ParamSchema;
  readonly name: string;
}

/** What a model's class declares besides. */
// biome-ignore lint/suspicious/noExplicitAny: codecs of all states lie in one table
export interface ModelClass<State = any> extends StageClass {
  readonly codec: Codec<State>;
}

export interface SaveOptions {
  /** Replace the saved stage (or the empty folder) at the path; without it a path in use is an error. Anything else there is one always. */
  overwrite?: boolean;
  /** Stops the save; what was at the path stays. */
  signal?: AbortSignal;
}

/** What may be passed as `copy`'s changes: params by name (undefined clears one), or a grid's map, of which only this stage's entries count. */
export type Changes<P extends ParamSchema> = Partial<z.input<P>> | ParamMap;

/**
 * A step of a pipeline: a uid and params that never change after construction; {@link PipelineStage.copy} makes a changed one.
 * Wrong params fail in the constructor.
 */
export abstract class PipelineStage<P extends ParamSchema> {
  readonly uid: string;
  /** The values in force, set or default; frozen. */
  readonly params: Readonly<z.output<P>>;
  readonly #set: ReadonlyMap<string, unknown>;

  constructor(params: z.input<P> = {} as z.input<P>, uid?: string) {
    const { owner, paramSchema, type } = this.#class();
    this.uid = uid ?? randomUid(owner.replace(/Model$/, ''));
    this.#set = checkParams(owner, paramSchema, params);
    const values = resolveParams(owner, paramSchema, this.#set);
    for (const [key, value] of Object.entries(values)) {
      if (this.#set.has(key)) continue;
      if (value === '<uid>__output') values[key] = `${this.uid}__output`;
      if (value === '<class>') values[key] = classSeed(type);
    }
    this.params = deepFreeze(values) as Readonly<z.output<P>>;
  }

  /** The stage's class name, which starts its messages. */
  get owner(): string {
    return this.#class().owner;
  }

  /** What comes out for a frame of this schema; fails where `fit` or `transform` would, before any data is read. */
  transformSchema(schema: Schema | SchemaLiteral): Schema {
    return this.outputSchema(Schema.from(schema));
  }

  protected abstract outputSchema(schema: Schema): Schema;

  /** As {@link transformSchema}, for stages whose output only an engine can tell (SQL text): they ask it here, and read no data. */
  async resolveSchema(schema: Schema, _executor: Executor): Promise<Schema> {
    return this.transformSchema(schema);
  }

  /** All params, sorted by name. */
  get paramDefinitions(): readonly ParamDefinition[] {
    return [...paramShapes(this.#class().paramSchema)].map(([name, shape]) => this.#definition(name, shape));
  }

  /** The definition of param `name`. */
  getParam(name: string): ParamDefinition {
    return this.#definition(name, this.#shape(name));
  }

  /** The value in force of param `name`; one that has neither value nor default is an error. */
  getOrDefault<K extends keyof z.output<P> & string>(name: K): NonNullable<z.output<P>[K]> {
    this.#shape(name);
    if (!this.isDefined(name)) {
      throw new MlError('PARAM_INVALID', `${this.owner}: param ${name} must be set, it has no default`, { stage: this.uid, param: name });
    }
    return this.params[name] as NonNullable<z.output<P>[K]>;
  }

  isSet(name: string): boolean {
    this.#shape(name);
    return this.#set.has(name);
  }

  isDefined(name: string): boolean {
    this.#shape(name);
    return (this.params as Record<string, unknown>)[name] !== undefined;
  }

  hasDefault(name: string): boolean {
    return this.#shape(name).hasDefault;
  }

  explainParam(name: string): string {
    const shape = this.#shape(name);
    const current = this.#set.has(name) ? `current: ${show(this.#set.get(name))}` : '';
    const fallback = shape.hasDefault ? `default: ${show(this.defaultParams().get(name))}` : '';
    return `${name}: ${shape.doc} (${[fallback, current].filter(Boolean).join(', ') || 'undefined'})`;
  }

  explainParams(): string {
    return this.paramDefinitions.map((d) => this.explainParam(d.name)).join('\n');
  }

  /** Params that were set, by name. */
  setParams(): ReadonlyMap<string, unknown> {
    return this.#set;
  }

  /** Defaults by name. */
  defaultParams(): ReadonlyMap<string, unknown> {
    const { type, paramSchema } = this.#class();
    const defaults = new Map<string, unknown>();
    for (const [name, shape] of paramShapes(paramSchema)) {
      if (!shape.hasDefault) continue;
      const value = shape.default === '<uid>__output' ? `${this.uid}__output` : shape.default === '<class>' ? classSeed(type) : shape.default;
      defaults.set(name, value);
    }
    return defaults;
  }

  /** The same stage (same uid) with some params changed. */
  copy(changes: Changes<P> = {}): this {
    return this.recreate(this.changedParams(changes)) as this;
  }

  /** The uid; of most transformers, models and evaluators also the class and what tells most about it, as Spark prints them. */
  toString(): string {
    const facts = Object.entries(this.facts() ?? {}).filter(([, value]) => value !== undefined);
    return this.facts() ? [`${this.owner}: uid=${this.uid}`, ...facts.map(([name, value]) => `${name}=${value}`)].join(', ') : this.uid;
  }

  /** What {@link toString} tells beside class and uid, in order; null: the uid alone. */
  protected facts(): Readonly<Record<string, unknown>> | null {
    return null;
  }

  /** The stage as a cluster is told of it. */
  remote(): RemoteStage {
    const { type, owner, paramSchema } = this.#class();
    const shapes = paramShapes(paramSchema);
    return { type, owner, uid: this.uid, params: new Map([...this.#set].map(([name, value]) => [name, { type: shapes.get(name)!.type, value }])) };
  }

  /** Saves the stage as a directory in Spark ML's layout: all or nothing. */
  async save(path: string, options: SaveOptions = {}): Promise<void> {
    const { saveStage } = await import('../persistence/save.ts');
    await saveStage(this, path, options);
  }

  /** A stage of the same class and uid with these params; models carry their state along. */
  protected recreate(params: Record<string, unknown>): PipelineStage<P> {
    const Class = this.constructor as new (params: Record<string, unknown>, uid: string) => PipelineStage<P>;
    return new Class(params, this.uid);
  }

  protected changedParams(changes: Changes<P>): Record<string, unknown> {
    const changed = new Map(this.#set);
    for (const [name, value] of changes instanceof ParamMap ? changes.of(this.uid) : Object.entries(changes)) {
      if (!Object.hasOwn(this.#class().paramSchema.shape, name)) throw unknownParam(this.owner, this.#class().paramSchema, name);
      if (value === undefined) changed.delete(name);
      else changed.set(name, value);
    }
    return Object.fromEntries(changed);
  }

  #class() {
    const { type, name, paramSchema } = this.constructor as unknown as StageClass;
    // Not the class's own name, which a minifier changes.
    const owner = (type ?? name).replace(/^.*\./, '');
    return { owner, type: type ?? name, paramSchema };
  }

  #shape(name: string): ParamShape {
    const { owner, paramSchema } = this.#class();
    const shape = paramShapes(paramSchema).get(name);
    if (!shape) throw unknownParam(owner, paramSchema, name);
    return shape;
  }

  #definition(name: string, shape: ParamShape): ParamDefinition {
    const parent = this.uid;
    return { name, parent, doc: shape.doc, toString: () => `${parent}__${name}` };
  }
}

/** Turns a frame into a frame with more columns, row by row. */
export abstract class Transformer<P extends ParamSchema> extends PipelineStage<P> {
  /** The frame with this stage's columns added; lazy. */
  transform(frame: Frame): Frame {
    return frameOf(this.owner, frame).apply(this);
  }

  /** Adds this stage's steps to a program over blocks (see `block/binder.ts`). */
  abstract bind(binder: Binder, schema: Schema): void;

  /**
   * A function that scores one row object in this process: no session, no threads, the same bits as `transform`.
   * It returns the columns this stage adds, or null for a row that `handleInvalid: 'skip'` drops.
   */
  rowScorer(): RowScorer {
    return makeRowScorer(this);
  }

  /** Gives back what clusters keep of a fitted model. It stays usable: a cluster that needs it is sent it anew. Collected models are given back too, some day. */
  async close(): Promise<void> {}

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}

/** Key of an option of `fit`: a model fitted on a cluster stays there and is not fetched, as a search wants it, which only scores by it and gives it back. */
export const STAY: unique symbol = Symbol('stay');

export interface StayOptions extends FitOptions {
  [STAY]?: boolean;
}

/** A model that is on a cluster only: it scores frames there, until it is given back. */
export class FittedThere extends Transformer<ParamSchema> {
  static readonly type = 'millstream.FittedThere';
  static readonly paramSchema = z.strictObject({});
  readonly state = {};
  readonly #stage: RemoteStage;

  constructor(model: RemoteModel, stage: RemoteStage) {
    super({}, stage.uid);
    this.#stage = stage;
    model.adopt(this.state);
  }

  override remote(): RemoteStage {
    return { ...this.#stage, params: new Map() };
  }

  override close(): Promise<void> {
    return giveBack(this.state);
  }

  bind(): never {
    throw new MlError('NOT_SUPPORTED', `${this.uid}: the model is on the cluster only`);
  }

  protected outputSchema(schema: Schema): Schema {
    return schema;
  }
}

/** Learns a {@link Model} from a frame. */
export abstract class Estimator<P extends ParamSchema, M extends Transformer<ParamSchema>> extends PipelineStage<P> {
  /** Fits to `frame`: checks the schema first, then trains where the frame's engine is. This stage is not changed. */
  async fit(frame: Frame, options: StayOptions = {}): Promise<M> {
    await this.resolveSchema(await frameOf(this.owner, frame).schema(), frame.executor);
    const engine = frame.executor as Engine;
    if (engine.stages) return this.#fitThere(engine.stages, frame, options);
    const model = await engine.train(frame.plan, this.uid, options, (context) => this.train(context));
    // A signal raised while the last result was on its way counts too.
    throwIfAborted(options.signal, this.owner);
    return model;
  }

  /** Fits on the cluster; the model is fetched, so that it is the same here as one that was fitted here. */
  async #fitThere(stages: StageServer, frame: Frame, options: StayOptions): Promise<M> {
    const remote = await stages.fit(frame.plan, this.remote(), options);
    if (options[STAY]) return new FittedThere(remote, this.remote()) as unknown as M;
    try {
      const { loadStage } = await import('../persistence/load.ts');
      const fetched = (await loadStage(await remote.files(options))) as unknown as Model<ParamSchema, object>;
      const Class = fetched.constructor as new (...args: unknown[]) => Model<ParamSchema, object>;
      const model = named(new Class(Object.fromEntries(fetched.setParams()), fetched.state, fetched.uid, this), await frame.schema(options));
      remote.adopt(model.state);
      return model as unknown as M;
    } catch (error) {
      await remote.release().catch(() => {});
      throw error;
    }
  }

  /** Local training. */
  protected abstract train(context: TrainingContext): Promise<M>;

  /** The model of this estimator: same uid, the params set that it has too, this as its parent. */
  protected model<S, T extends M>(
    Class: ModelClass<S> & (new (params: never, state: S, uid: string, parent: PipelineStage<ParamSchema>) => T),
    state: S,
  ): T {
    const known = paramShapes(Class.paramSchema);
    const params = Object.fromEntries([...this.setParams()].filter(([name]) => known.has(name)));
    return new Class(params as never, state, this.uid, this);
  }
}

/** The model with the names that its features had in the frame: Spark saves none. */
function named(model: Model<ParamSchema, object>, schema: Schema): Model<ParamSchema, object> {
  const { numFeatures, withFeatureNames } = model as { numFeatures?: number; withFeatureNames?(names: readonly string[]): typeof model };
  const { featuresCol } = model.params as { featuresCol?: string };
  if (!withFeatureNames || !featuresCol || numFeatures === undefined) return model;
  return withFeatureNames.call(model, featureNames(schema.require(model.owner, featuresCol, 'vector'), numFeatures));
}

/** A fitted transformer: params and a frozen state of plain data (typed arrays, numbers, texts). */
export abstract class Model<P extends ParamSchema, State> extends Transformer<P> {
  readonly state: State;
  /** The estimator that made it, when made in this process. */
  readonly parent: PipelineStage<ParamSchema> | null;

  constructor(params: z.input<P>, state: State, uid?: string, parent: PipelineStage<ParamSchema> | null = null) {
    super(params, uid);
    this.state = state;
    this.parent = parent;
  }

  override close(): Promise<void> {
    return giveBack(this.state as object);
  }

  protected override recreate(params: Record<string, unknown>): PipelineStage<P> {
    const Class = this.constructor as unknown as new (
      params: Record<string, unknown>,
      state: State,
      uid: string,
      parent: PipelineStage<ParamSchema> | null,
    ) => PipelineStage<P>;
    return new Class(params, this.state, this.uid, this.parent);
  }
}

/** `frame`, once it is known to be one (by what it can do: a row scorer loads this file, but never a Frame). */
export function frameOf(owner: string, frame: Frame): Frame {
  if ((frame as Partial<Frame> | undefined | null)?.executor !== undefined && frame.plan !== undefined) return frame;
  throw new MlError('VALUE_INVALID', `${owner}: must be given a Frame, got ${show(frame)}; make one with session.createFrame or session.read`, {
    stage: owner,
  });
}

/** Loads a stage of `Class` from a directory in Spark ML's layout; any other class there is an error. */
export async function loadAs<T>(Class: StageClass & { prototype: T }, path: string): Promise<T> {
  const { loadStage } = await import('../persistence/load.ts');
  return (await loadStage(path, Class)) as T;
}

function deepFreeze<T>(value: T): T {
  if (Array.isArray(value) || (typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype)) {
    for (const item of Object.values(value)) deepFreeze(item);
    Object.freeze(value);
  }
  return value;
}
