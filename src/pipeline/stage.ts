import type { RemoteStage } from '../engine/engine.ts';
import { MlError, show } from '../error.ts';
import type { Executor } from '../frame/executor.ts';
import { Schema, type SchemaLiteral } from '../frame/schema.ts';
import type { Checked } from '../frame/type-names.ts';
import {
  checkParams,
  type ParamDefinition,
  type ParamSchema,
  type ParamShape,
  paramShapes,
  paramText,
  resolveParams,
  unknownParam,
} from '../param/param.ts';
import { ParamMap } from '../param/param-map.ts';
import type * as z from '../param/zod.ts';
import { tellOfAccessors } from './accessors.ts';
import { classSeed, randomUid } from './uid.ts';

/** What a stage's class declares. */
export interface StageClass {
  /** Spark's name of the class, as saved metadata carries it. */
  readonly type: string;
  /** Its params: rules, defaults and docs. */
  readonly paramSchema: ParamSchema;
  /** The JavaScript class's own name. */
  readonly name: string;
}

/** What `save` takes. */
export interface SaveOptions {
  /** Replace the saved stage (or the empty folder) at the path; without it a path in use is an error. Anything else there is one always. */
  overwrite?: boolean;
  /** Stops the save; what was at the path stays. */
  signal?: AbortSignal;
}

/** A param's name. */
export type ParamName<P extends ParamSchema> = keyof z.output<P> & string;

/** What may be passed as `copy`'s changes: params by name (undefined clears one), or a grid's map, of which only this stage's entries count. */
export type Changes<P extends ParamSchema> = Partial<z.input<P>> | ParamMap;

/**
 * A step of a pipeline: a uid and params that never change after construction; {@link PipelineStage.copy} makes a changed one.
 * Wrong params fail in the constructor.
 */
export abstract class PipelineStage<P extends ParamSchema> {
  /** `<Class>_<hex>`: names the stage in grids, saved pipelines and events. */
  readonly uid: string;
  /** The values in force, set or default; frozen. */
  readonly params: Readonly<z.output<P>>;
  readonly #set: ReadonlyMap<string, unknown>;
  /** What came out, by what went in: on the way to a fit each schema is asked for several times. */
  readonly #schemas = new WeakMap<Schema, Schema>();

  /** Loads a stage of this class from a directory in Spark ML's layout; any other class there is an error. */
  static async load<T>(this: StageClass & { prototype: T }, path: string): Promise<T> {
    const { loadStage } = await import('../persistence/load.ts');
    return (await loadStage(path, this)) as T;
  }

  constructor(params: z.input<P> = {} as z.input<P>, uid?: string) {
    const { owner, paramSchema } = this.#class();
    if (!paramSchema) {
      throw new MlError('NOT_SUPPORTED', `${owner}: must be extended by a class with a static type and paramSchema, it is no stage itself`, {
        stage: owner,
      });
    }
    tellOfAccessors(this.constructor as unknown as StageClass);
    if (uid !== undefined && (typeof uid !== 'string' || uid === '')) {
      throw new MlError('PARAM_INVALID', `${owner}: uid must be a text that is not empty, got ${show(uid)}`, { stage: owner, value: uid });
    }
    this.uid = uid ?? randomUid(owner.replace(/Model$/, ''));
    this.#set = checkParams(owner, paramSchema, params);
    const values = resolveParams(owner, paramSchema, this.#set);
    for (const [key, value] of Object.entries(values)) if (!this.#set.has(key)) values[key] = this.#ownDefault(value);
    this.fillIn(values, this.#set);
    this.params = deepFreeze(values) as Readonly<z.output<P>>;
  }

  /** Changes values in force that follow from other params. Runs in the constructor, before the class's own fields are there. */
  protected fillIn(_values: Record<string, unknown>, _set: ReadonlyMap<string, unknown>): void {}

  /** The stage's class name, which starts its messages. */
  get owner(): string {
    return this.#class().owner;
  }

  /** What comes out for a frame of this schema; fails where `fit` or `transform` would, before any data is read. */
  transformSchema<const S extends SchemaLiteral = SchemaLiteral>(schema: Schema | (S & Checked<S>)): Schema {
    const from = Schema.from(schema);
    const known = this.#schemas.get(from);
    if (known) return known;
    const to = this.outputSchema(from);
    this.#schemas.set(from, to);
    return to;
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
  getParam(name: ParamName<P>): ParamDefinition {
    return this.#definition(name, this.#shape(name));
  }

  /** The value in force of param `name`; one that has neither value nor default is an error. */
  getOrDefault<K extends ParamName<P>>(name: K): NonNullable<z.output<P>[K]> {
    this.#shape(name);
    if (!this.isDefined(name)) {
      throw new MlError('PARAM_INVALID', `${this.owner}: param ${name} must be set, it has no default`, { stage: this.uid, param: name });
    }
    return this.params[name] as NonNullable<z.output<P>[K]>;
  }

  /** Whether the stage has a param of that name. */
  hasParam(name: string): boolean {
    return paramShapes(this.#class().paramSchema).has(name);
  }

  /** Whether param `name` was given a value. */
  isSet(name: ParamName<P>): boolean {
    this.#shape(name);
    return this.#set.has(name);
  }

  /** Whether param `name` is set or has a default. */
  isDefined(name: ParamName<P>): boolean {
    return this.isSet(name) || this.hasDefault(name);
  }

  /** Whether param `name` has a default. */
  hasDefault(name: ParamName<P>): boolean {
    return this.#shape(name).hasDefault;
  }

  /** What param `name` means, its default and the value given to it. */
  explainParam(name: ParamName<P>): string {
    const shape = this.#shape(name);
    const text = (value: unknown) => paramText(shape.type, value);
    const current = this.#set.has(name) ? `current: ${text(this.#set.get(name))}` : '';
    const fallback = shape.hasDefault ? `default: ${text(this.defaultParams().get(name))}` : '';
    return `${name}: ${shape.doc} (${[fallback, current].filter(Boolean).join(', ') || 'undefined'})`;
  }

  /** {@link PipelineStage.explainParam} of all params, a line each. */
  explainParams(): string {
    return this.paramDefinitions.map((d) => this.explainParam(d.name)).join('\n');
  }

  /** Params that were set, by name. */
  setParams(): ReadonlyMap<string, unknown> {
    return this.#set;
  }

  /** Defaults by name. */
  defaultParams(): ReadonlyMap<string, unknown> {
    const shapes = [...paramShapes(this.#class().paramSchema)].filter(([, shape]) => shape.hasDefault);
    return new Map(shapes.map(([name, shape]) => [name, this.#ownDefault(shape.default)]));
  }

  /**
   * The same stage (same uid) with some params changed: `copy({ maxIter: 20 })`; undefined clears one. A grid's map counts where it names this stage.
   */
  copy(changes: Changes<P> = {}): this {
    return this.recreate(this.changedParams(changes)) as this;
  }

  /** The uid; of most transformers, models and evaluators also the class and what tells most about it, as Spark prints them. */
  toString(): string {
    const facts = this.facts();
    if (!facts) return this.uid;
    const told = Object.entries(facts).filter(([, value]) => value !== undefined);
    return [`${this.owner}: uid=${this.uid}`, ...told.map(([name, value]) => `${name}=${value}`)].join(', ');
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
    if (typeof changes !== 'object' || changes === null) {
      throw new MlError('PARAM_INVALID', `${this.owner}: changes must be an object or a grid's map, got ${show(changes)}`, {
        stage: this.uid,
        value: changes,
      });
    }
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
    const known = type ?? name;
    return { owner: known.slice(known.lastIndexOf('.') + 1), type: known, paramSchema };
  }

  /** A default as it is for this stage: some are of its uid, or of its class. */
  #ownDefault(value: unknown): unknown {
    if (value === '<uid>__output') return `${this.uid}__output`;
    return value === '<class>' ? classSeed(this.#class().type) : value;
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

function deepFreeze<T>(value: T): T {
  if (Array.isArray(value) || (typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype)) {
    for (const item of Object.values(value)) deepFreeze(item);
    Object.freeze(value);
  }
  return value;
}
