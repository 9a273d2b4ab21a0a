import type { Binder } from '../block/binder.ts';
import { MlError, show } from '../error.ts';
import type { Executor } from '../frame/executor.ts';
import type { Frame } from '../frame/frame.ts';
import type { Schema } from '../frame/schema.ts';
import type { ParamSchema } from '../param/param.ts';
import { ParamMap } from '../param/param-map.ts';
import type { Json } from '../persistence/json.ts';
import { readDoubles } from '../persistence/param-json.ts';
import { Model } from '../pipeline/model.ts';
import type { AnyTransformer } from '../pipeline/pipeline.ts';
import type { Changes, SaveOptions } from '../pipeline/stage.ts';
import { bestOf } from './grid-search.ts';
import type { AnyEvaluator } from './search-params.ts';

export interface BestModelState {
  /** The best point's model, fitted to all rows. */
  readonly bestModel: AnyTransformer;
}

/** What `save` of a search's model takes. */
export interface SearchSaveOptions extends SaveOptions {
  /** Whether to save the model of every fit too; by default when they were collected. */
  persistSubModels?: boolean;
}

/** What a search leaves: a model that transforms by the best point's. */
export abstract class SearchModel<P extends ParamSchema, State extends BestModelState> extends Model<P, State> {
  protected override arranged(state: State): State {
    return frozenLists(state);
  }

  /** The best point's model, fitted to all rows. */
  get bestModel(): AnyTransformer {
    return this.state.bestModel;
  }

  /** Which point of the grid won. */
  get bestIndex(): number {
    const { evaluator } = this.params as { evaluator?: AnyEvaluator };
    return bestOf(this.metrics, evaluator?.isLargerBetter ?? true);
  }

  /** Whether the models of all fits were collected. */
  abstract get hasSubModels(): boolean;
  /** The sub-models, all splits' in a row. */
  protected abstract get subModelList(): readonly AnyTransformer[];
  /** One metric a point. */
  protected abstract get metrics(): readonly number[];

  override transform(frame: Frame): Frame {
    return this.bestModel.transform(frame);
  }

  override async close(): Promise<void> {
    await Promise.all([this.bestModel, ...this.subModelList].map((model) => model.close()));
  }

  bind(binder: Binder, schema: Schema): void {
    this.bestModel.bind(binder, schema);
  }

  override resolveSchema(schema: Schema, executor: Executor): Promise<Schema> {
    return this.bestModel.resolveSchema(schema, executor);
  }

  override async save(path: string, options: SearchSaveOptions = {}): Promise<void> {
    if (options?.persistSubModels && !this.hasSubModels) this.#missingSubModels();
    await super.save(path, options);
  }

  /** A grid's map reaches the best model, not the sub-models. */
  override copy(changes: Changes<P> = {}): this {
    if (!(changes instanceof ParamMap)) return super.copy(changes);
    const Class = this.constructor as new (...args: unknown[]) => this;
    const state = { ...this.state, bestModel: this.bestModel.copy(changes) };
    return new Class(this.changedParams(changes), state, this.uid, this.parent);
  }

  protected outputSchema(schema: Schema): Schema {
    return this.bestModel.transformSchema(schema);
  }

  protected requireSubModels<T>(subModels: T | null): T {
    return subModels ?? this.#missingSubModels();
  }

  #missingSubModels(): never {
    throw new MlError('NOT_FOUND', `${this.owner}: it holds no sub-models; set collectSubModels to true before fitting`, { stage: this.uid });
  }
}

/** The state with lists of its own, which nobody can change: copies of a model share it. */
function frozenLists<State extends object>(state: State): State {
  const frozen = (value: unknown): unknown => (Array.isArray(value) ? Object.freeze(value.map(frozen)) : value);
  return Object.fromEntries(Object.entries(state).map(([key, value]) => [key, frozen(value)])) as State;
}

/** A list of numbers in a saved search's metadata; those that are not finite stand as texts there. */
export function numbersOf(owner: string, key: string, metadata: ReadonlyMap<string, unknown>): number[] {
  const values = metadata.get(key);
  const numbers = readDoubles(values as Json | undefined);
  if (numbers) return numbers;
  throw new MlError('MODEL_FORMAT', `${owner}: ${key} in metadata must be a list of numbers, got ${show(values)}`);
}
