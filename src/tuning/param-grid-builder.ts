import { MlError, show } from '../error.ts';
import type { ParamSchema } from '../param/param.ts';
import { type ParamEntry, ParamMap } from '../param/param-map.ts';
import type * as z from '../param/zod.ts';
import { PipelineStage, type StageClass } from '../pipeline/stage.ts';

/** What may be written for param `K` of a stage whose schema is `P`. */
export type ParamValue<P extends ParamSchema, K extends keyof z.input<P>> = Exclude<z.input<P>[K], undefined>;

interface Axis {
  readonly stage: PipelineStage<ParamSchema>;
  readonly name: string;
  readonly values: readonly unknown[];
}

/**
 * Builds the points of a grid search:
 *
 *     new ParamGridBuilder().addGrid(lr, 'regParam', [0.01, 0.1]).addGrid(lr, 'elasticNetParam', [0, 0.5]).build()
 *
 * Naming a param again replaces its values and leaves its place in the order.
 */
export class ParamGridBuilder {
  readonly #axes = new Map<string, Axis>();

  /** Adds an axis: every value of `values` for param `name` of `stage`. A name that the stage lacks or a value it refuses is an error here. */
  addGrid<P extends ParamSchema, K extends keyof z.input<P> & string>(stage: PipelineStage<P>, name: K, values: readonly ParamValue<P, K>[]): this {
    if (!(stage instanceof PipelineStage))
      throw new MlError('PARAM_INVALID', `ParamGridBuilder: stage must be a stage, as in addGrid(lr, 'regParam', [0.1, 1]), got ${show(stage)}`);
    if (!Array.isArray(values) || values.length === 0) {
      throw new MlError('PARAM_INVALID', `ParamGridBuilder: values of ${stage.uid}.${name} must be a non-empty array, got ${show(values)}`, {
        param: name,
      });
    }
    const definition = stage.getParam(name);
    for (const value of values) requireValid(stage, name, value);
    this.#axes.set(String(definition), { stage, name, values: [...values] });
    return this;
  }

  /** Fixes param `name` of `stage` to one value at every point. */
  baseOn<P extends ParamSchema, K extends keyof z.input<P> & string>(stage: PipelineStage<P>, name: K, value: ParamValue<P, K>): this {
    return this.addGrid(stage, name, [value]);
  }

  /**
   * All combinations, in PySpark's order: the axis added last changes fastest. Without axes one empty point. A combination that a stage refuses is an
   * error.
   */
  build(): ParamMap[] {
    let points: readonly ParamEntry[][] = [[]];
    for (const { stage, name, values } of this.#axes.values()) {
      points = points.flatMap((point) => values.map((value) => [...point, { parent: stage.uid, name, value }]));
    }
    const maps = points.map((entries) => new ParamMap(entries));
    const stages = new Set([...this.#axes.values()].map(({ stage }) => stage));
    for (const map of maps) for (const stage of stages) stage.copy(map);
    return maps;
  }
}

/** One value by its own rule; rules between params wait for `build`, where the combinations are known. */
function requireValid(stage: PipelineStage<ParamSchema>, name: string, value: unknown): void {
  const { paramSchema } = stage.constructor as unknown as StageClass;
  const result = (paramSchema.shape[name] as z.ZodType).safeParse(value);
  if (result.success && value !== undefined) return;
  const rule = result.error?.issues[0]?.message ?? 'must be set';
  throw new MlError('PARAM_INVALID', `${stage.owner}: ${name} ${rule}, got ${show(value)}`, { stage: stage.uid, param: name, value });
}
