import type { Engine, RemoteModel, RemoteSummary, StageServer, TrainingContext } from '../engine/engine.ts';
import { MlError, show, throwIfAborted } from '../error.ts';
import { featureNames } from '../frame/attributes.ts';
import type { FitOptions } from '../frame/executor.ts';
import type { Frame } from '../frame/frame.ts';
import type { Schema } from '../frame/schema.ts';
import { checkOptionNames } from '../param/options.ts';
import { type ParamSchema, paramShapes } from '../param/param.ts';
import { FittedThere, STAY, type StayOptions } from './fitted-there.ts';
import type { Model } from './model.ts';
import { PipelineStage, type StageClass } from './stage.ts';
import { frameOf, type Transformer } from './transformer.ts';

/** Learns a {@link Model} from a frame. */
export abstract class Estimator<P extends ParamSchema, M extends Transformer<ParamSchema>> extends PipelineStage<P> {
  /** Fits to `frame`: checks the schema first, then trains where the frame's engine is. This stage is not changed. */
  async fit(frame: Frame, options: StayOptions = {}): Promise<M> {
    await this.checkFit(frame, options);
    const engine = frame.executor as Engine;
    if (engine.stages) return this.#fitThere(engine.stages, frame, options);
    const model = await engine.train(frame.plan, this, options, (context) => this.train(context));
    // A signal raised while the last result was on its way counts too.
    throwIfAborted(options.signal, this.owner);
    return model;
  }

  /** Refuses what cannot be fitted, before any data is read: no frame, unknown options, columns that do not suit. */
  protected async checkFit(frame: Frame, options: FitOptions): Promise<void> {
    const given = frameOf(this.owner, frame);
    const param = Object.keys(options ?? {}).find((name) => this.hasParam(name));
    if (param) {
      const message = `${this.owner}: ${param} is a param, no option of fit; fit a copy: stage.copy({ ${param}: … }).fit(frame)`;
      throw new MlError('PARAM_UNKNOWN', message, { stage: this.uid, param });
    }
    checkOptionNames(`${this.owner}.fit`, options, ['signal', 'onProgress']);
    const { onProgress } = options;
    if (onProgress !== undefined && typeof onProgress !== 'function') {
      throw new MlError('PARAM_INVALID', `${this.owner}.fit: onProgress must be a function, got ${show(onProgress)}`, { param: 'onProgress' });
    }
    throwIfAborted(options.signal, this.owner);
    await this.resolveSchema(await given.schema(options), given.executor);
  }

  /** Fits on the cluster; the model is fetched, so that it is the same here as one that was fitted here. */
  async #fitThere(stages: StageServer, frame: Frame, options: StayOptions): Promise<M> {
    const remote = await stages.fit(frame.plan, this.remote(), options);
    if (options[STAY]) return new FittedThere(remote, this.remote()) as unknown as M;
    try {
      const fetched = named(await this.#fetched(remote, options), await frame.schema(options)) as unknown as M;
      const model = (await this.summarised(fetched, frame, remote.summary, options)) as unknown as Model<ParamSchema, object>;
      remote.adopt(model.state, model.setParams().keys());
      return model as unknown as M;
    } catch (error) {
      await remote.release().catch(() => {});
      throw error;
    }
  }

  async #fetched(remote: RemoteModel, options: FitOptions): Promise<Model<ParamSchema, object>> {
    const { fromDataRow, loadStage } = await import('../persistence/load.ts');
    const told = await remote.data(options);
    if (told) {
      const { Class, state } = await fromDataRow(told.type, told.row, this.params);
      return this.model(Class as never, state) as unknown as Model<ParamSchema, object>;
    }
    const saved = (await loadStage(await remote.files(options))) as Model<ParamSchema, object>;
    const Class = saved.constructor as new (...args: unknown[]) => Model<ParamSchema, object>;
    // The cluster may have called columns otherwise while it fitted.
    const ours = [...this.setParams()].filter(([name]) => saved.isSet(name));
    return new Class(Object.fromEntries([...saved.setParams(), ...ours]), saved.state, saved.uid, this);
  }

  /** A model fitted on a cluster, with its training summary where it has one. */
  protected async summarised(model: M, _frame: Frame, _summary: RemoteSummary, _options: FitOptions): Promise<M> {
    return model;
  }

  /** Local training. */
  protected abstract train(context: TrainingContext): Promise<M>;

  /** The model of this estimator: same uid, the params set that it has too, this as its parent. */
  protected model<S, T extends M>(
    Class: StageClass & (new (params: never, state: S, uid: string, parent: PipelineStage<ParamSchema>) => T),
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
