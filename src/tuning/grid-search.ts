import type { Engine } from '../engine/engine.ts';
import { isLostThere } from '../engine/kept-models.ts';
import type { StageName } from '../engine/stage-name.ts';
import { MlError } from '../error.ts';
import type { FitOptions } from '../frame/executor.ts';
import type { Frame } from '../frame/frame.ts';
import type { ParamMap } from '../param/param-map.ts';
import { descendants } from '../pipeline/children.ts';
import { FittedThere, STAY, type StayOptions } from '../pipeline/fitted-there.ts';
import { type AnyEstimator, type AnyTransformer, Pipeline } from '../pipeline/pipeline.ts';
import { PipelineModel } from '../pipeline/pipeline-model.ts';
import { runInOrder, unpersist } from '../pipeline/several-fits.ts';
import { HeldRows } from './held-rows.ts';
import type { AnyEvaluator } from './search-params.ts';
import type { Split } from './split.ts';

/**
 * Up to this many rows each fit takes one thread only, so that the threads are filled by fits going on side by side, and the rows to
 * judge by are held in this process.
 */
const SMALL_ROWS = 100_000;

/** What to search. */
interface SearchPlan {
  readonly search: StageName;
  readonly estimator: AnyEstimator;
  readonly evaluator: AnyEvaluator;
  readonly maps: readonly ParamMap[];
  readonly parallelism: number;
  readonly collectSubModels: boolean;
}

/** `metrics[s][p]` and, when collected, `models[s][p]`: of point p fitted to and judged on split s. */
interface SearchResult {
  readonly metrics: readonly (readonly number[])[];
  readonly models: readonly (readonly AnyTransformer[])[] | null;
}

/**
 * Fits every point of the grid to every split's training rows and judges it on the split's validation rows. Stages at the head of a
 * pipeline that no point touches are fitted once a split. Results do not depend on how many fits go on at once. `onDone` is called
 * after each fit.
 */
export async function searchGrid(
  plan: SearchPlan,
  frame: Frame,
  splits: readonly Split[],
  options: FitOptions,
  onDone: () => void,
): Promise<SearchResult> {
  const { search, maps, collectSubModels } = plan;
  const { prefix, tail } = splitEstimator(plan.estimator, maps);
  const there = (frame.executor as Engine).stages !== undefined;
  const small = !there && (await frame.count(options)) <= SMALL_ROWS;
  const folds = splits.map((split) => new Fold(plan, split, prefix, small));
  const metrics = splits.map(() => new Array<number>(maps.length).fill(Number.NaN));
  const models = splits.map(() => new Array<AnyTransformer>(maps.length));
  const limit = Math.max(plan.parallelism, small ? ((frame.executor as Engine).workers ?? 1) : 1);
  try {
    await runInOrder(splits.length * maps.length, limit, search.owner, options.signal, async (task, signal) => {
      const [s, p] = [Math.floor(task / maps.length), task % maps.length];
      if (small) folds[s + 1]?.prepare(signal).rows.catch(() => {}); // its own points will meet the error
      const { head, model, metric } = await folds[s].judged(tail.copy(maps[p]), signal);
      if (Number.isNaN(metric)) throw notANumber(plan, splits[s], p);
      metrics[s][p] = metric;
      if (collectSubModels) models[s][p] = head ? joined(plan.estimator.copy(maps[p]), head, model) : model;
      onDone();
      await folds[s].pointDone();
    });
  } finally {
    for (const fold of folds) await fold.release();
  }
  return { metrics, models: collectSubModels ? models : null };
}

/** The first of the best. */
export function bestOf(metrics: readonly number[], isLargerBetter: boolean): number {
  let best = 0;
  for (let i = 1; i < metrics.length; i++) {
    if (isLargerBetter ? metrics[i] > metrics[best] : metrics[i] < metrics[best]) best = i;
  }
  return best;
}

/** The stages of a pipeline before the first one that the grid touches, and what remains. */
function splitEstimator(estimator: AnyEstimator, maps: readonly ParamMap[]): { prefix: Pipeline | null; tail: AnyEstimator } {
  const touched = new Set(maps.flatMap(({ entries }) => entries.map(({ parent }) => parent)));
  if (!(estimator instanceof Pipeline) || touched.has(estimator.uid)) return { prefix: null, tail: estimator };
  const stages = estimator.getOrDefault('stages');
  const first = stages.findIndex((stage) => [...descendants(stage)].some(({ uid }) => touched.has(uid)));
  const cut = first < 0 ? stages.length : first;
  if (cut === 0) return { prefix: null, tail: estimator as AnyEstimator };
  return { prefix: estimator.copy({ stages: stages.slice(0, cut) }), tail: estimator.copy({ stages: stages.slice(cut) }) as AnyEstimator };
}

/** On a cluster models of which only the metric is wanted stay there. */
function staying(options: FitOptions, { collectSubModels }: SearchPlan): StayOptions {
  return { ...options, [STAY]: !collectSubModels };
}

/** Frees what was fitted on a cluster and is there only. */
async function giveBackFitted(model: AnyTransformer): Promise<void> {
  if (model instanceof FittedThere) await model.close();
  const { bestModel, models } = model as { bestModel?: AnyTransformer; models?: readonly AnyTransformer[] };
  for (const held of model instanceof PipelineModel ? model.stages : (models ?? (bestModel ? [bestModel] : []))) await giveBackFitted(held);
}

/** The pipeline's model, from its head's and its tail's. */
function joined(parent: AnyEstimator, head: PipelineModel, tail: AnyTransformer): PipelineModel {
  const stages = [...head.stages, ...(tail as PipelineModel).stages];
  return new PipelineModel({}, { stages }, parent.uid, parent);
}

interface JudgedPoint {
  readonly head: PipelineModel | null;
  readonly model: AnyTransformer;
  readonly metric: number;
}

interface FoldRows {
  readonly head: PipelineModel | null;
  readonly train: Frame;
  readonly validation: Frame;
}

/** Rows on their way, and the frames that are kept for them. */
interface PreparedFold {
  readonly rows: Promise<FoldRows>;
  readonly cached: Frame[];
}

/** A split while its points are fitted: the prefix is fitted at the first point, and the frames are kept until the last. */
class Fold {
  readonly #plan: SearchPlan;
  readonly #split: Split;
  readonly #prefix: Pipeline | null;
  readonly #small: boolean;
  #left: number;
  #prepared: PreparedFold | null = null;

  constructor(plan: SearchPlan, split: Split, prefix: Pipeline | null, small: boolean) {
    this.#plan = plan;
    this.#split = split;
    this.#prefix = prefix;
    this.#left = plan.maps.length;
    this.#small = small;
  }

  prepare(signal: AbortSignal): PreparedFold {
    if (!this.#prepared) {
      const cached: Frame[] = [];
      this.#prepared = { rows: this.#prepare(signal, cached), cached };
    }
    return this.#prepared;
  }

  /** A point's model, and its metric on the rows that it has not seen. Once more from the prefix on, where a cluster has lost a model meanwhile. */
  async judged(point: AnyEstimator, signal: AbortSignal, again = false): Promise<JudgedPoint> {
    const prepared = this.prepare(signal);
    try {
      const { head, train, validation } = await prepared.rows;
      const model = await point.fit(train, staying({ signal }, this.#plan));
      const metric = await this.#plan.evaluator.evaluate(model.transform(validation), { signal }).finally(() => giveBackFitted(model));
      return { head, model, metric };
    } catch (error) {
      if (again || !isLostThere(error)) throw error;
      // Another point may have done so already.
      if (this.#prepared === prepared) await this.release();
      return this.judged(point, signal, true);
    }
  }

  async pointDone(): Promise<void> {
    if (--this.#left === 0) await this.release();
  }

  async release(): Promise<void> {
    const prepared = this.#prepared;
    if (!prepared) return;
    this.#prepared = null; // at once: a point may prepare it anew while these go
    const rows = await prepared.rows.catch(() => null);
    if (rows?.head) await giveBackFitted(rows.head);
    await unpersist(prepared.cached.reverse());
  }

  async #prepare(signal: AbortSignal, cached: Frame[]): Promise<FoldRows> {
    const cache = (frame: Frame) => {
      cached.push(frame.cache());
      return cached[cached.length - 1];
    };
    const split = this.#split.train;
    // Few cached rows are filtered again sooner than copied.
    const train = this.#prefix && this.#small && split.plan.op === 'filter' ? split : cache(split);
    const head = this.#prefix && (await this.#prefix.fit(train, staying({ signal }, this.#plan)));
    const [trained, judged] = [train, this.#split.validation].map((rows) => (head ? head.transform(rows) : rows));
    return {
      head,
      train: head ? cache(trained) : trained,
      validation: this.#small ? new HeldRows(judged).frame : cache(judged),
    };
  }
}

function notANumber({ search, evaluator, maps }: SearchPlan, split: Split, point: number): MlError {
  const metric = (evaluator.params as { metricName?: string }).metricName ?? evaluator.owner;
  return new MlError('VALUE_INVALID', `${search.owner}: ${metric} must be a number, is NaN in ${split.name} at grid point ${point} ${maps[point]}`, {
    stage: search.uid,
    split: split.name,
    point,
  });
}
