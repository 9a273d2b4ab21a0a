import { MlError } from '../error.ts';
import type { ActionOptions, Executor, FitOptions } from '../frame/executor.ts';
import type { Frame } from '../frame/frame.ts';
import type { Schema } from '../frame/schema.ts';
import type { ParamSchema } from '../param/param.ts';
import { ParamMap } from '../param/param-map.ts';
import type * as z from '../param/zod.ts';
import { requireThere } from '../pipeline/children.ts';
import { Estimator } from '../pipeline/estimator.ts';
import type { AnyEstimator, AnyTransformer } from '../pipeline/pipeline.ts';
import { unpersist } from '../pipeline/several-fits.ts';
import type { Changes } from '../pipeline/stage.ts';
import { bestOf, searchGrid } from './grid-search.ts';
import { type AnyEvaluator, requireGridFits } from './search-params.ts';
import type { Split } from './split.ts';

/** What a search has found: `metrics[s][p]` of split s and point p, `models` alike when they are collected. */
export interface Found {
  readonly bestModel: AnyTransformer;
  readonly metrics: readonly (readonly number[])[];
  readonly models: readonly (readonly AnyTransformer[])[] | null;
}

interface SearchValues {
  readonly estimator: AnyEstimator;
  readonly evaluator: AnyEvaluator;
  readonly estimatorParamMaps: readonly ParamMap[];
  readonly parallelism: number;
  readonly collectSubModels: boolean;
}

/** A search over a grid: it splits the rows, fits and judges every point on every split, and fits the best point to all rows. */
export abstract class Search<P extends ParamSchema, M extends AnyTransformer> extends Estimator<P, M> {
  constructor(params: z.input<P>, uid?: string) {
    super(params, uid);
    const { estimator, estimatorParamMaps } = this.#values;
    requireGridFits(this.owner, this.uid, estimator, estimatorParamMaps);
  }

  /** Splits of `frame`, which is cached. */
  protected abstract split(frame: Frame, options: ActionOptions): Promise<Split[]>;
  /** How many splits there are. */
  protected abstract readonly splits: number;
  /** One metric a point, from its metrics on each split. */
  protected abstract summarise(metrics: readonly (readonly number[])[]): number[];
  protected abstract found(found: Found): M;
  /** Fails for a frame that cannot be split. */
  protected requireSplittable(_schema: Schema): void {}

  /** Events tell `done` of `total` fits under this stage's uid; the last one, to all rows, tells its own events too. */
  override async fit(frame: Frame, options: FitOptions = {}): Promise<M> {
    await this.checkFit(frame, options);
    const { estimator, evaluator, estimatorParamMaps: maps, parallelism, collectSubModels } = this.#values;
    requireThere(this, frame);
    const { signal, onProgress } = options;
    const total = this.splits * maps.length + 1;
    let done = 0;
    const report = () => onProgress?.({ stage: this.uid, done: ++done, total });
    const cached = frame.cache();
    try {
      const splits = await this.split(cached, { signal });
      const plan = { search: this, estimator, evaluator, maps, parallelism, collectSubModels };
      const { metrics, models } = await searchGrid(plan, cached, splits, { signal }, report);
      const best = bestOf(this.summarise(metrics), evaluator.isLargerBetter);
      const bestModel = await estimator.copy(maps[best]).fit(cached, options);
      report();
      return this.found({ bestModel, metrics, models });
    } finally {
      if (cached !== frame) await unpersist([cached]);
    }
  }

  /** Folds the schema through every point and the evaluator; what comes out is the first point's. */
  override async resolveSchema(schema: Schema, executor: Executor): Promise<Schema> {
    this.requireSplittable(schema);
    const { evaluator } = this.#values;
    const scored: Schema[] = [];
    for (const point of this.#points()) scored.push(evaluator.transformSchema(await point.resolveSchema(schema, executor)));
    return scored[0];
  }

  protected outputSchema(schema: Schema): Schema {
    this.requireSplittable(schema);
    return this.#points().map((point) => this.#values.evaluator.transformSchema(point.transformSchema(schema)))[0];
  }

  /** The params of this search that its model has too; the seed always, because its default depends on the class. */
  protected paramsFor(schema: ParamSchema): Record<string, unknown> {
    const set = [...this.setParams()].filter(([name]) => Object.hasOwn(schema.shape, name));
    return Object.fromEntries([['seed', this.params.seed], ...set]);
  }

  /** A grid's map reaches the estimator and the evaluator. */
  protected override changedParams(changes: Changes<P>): Record<string, unknown> {
    const params = super.changedParams(changes);
    if (!(changes instanceof ParamMap)) return params;
    const { estimator, evaluator } = params as unknown as SearchValues;
    return { ...params, estimator: estimator.copy(changes), evaluator: evaluator.copy(changes) };
  }

  /** Never called: the fits of the search train. */
  protected train(): Promise<M> {
    throw new MlError('NOT_SUPPORTED', `${this.owner}: a search is trained by fit, point by point`, { stage: this.uid });
  }

  get #values(): SearchValues {
    return this.params as unknown as SearchValues;
  }

  #points(): AnyEstimator[] {
    const { estimator, estimatorParamMaps } = this.#values;
    return estimatorParamMaps.map((map) => estimator.copy(map));
  }
}
