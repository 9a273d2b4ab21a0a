import type { Engine, StageServer } from '../engine/engine.ts';
import { MlError } from '../error.ts';
import type { ActionOptions } from '../frame/executor.ts';
import type { Frame } from '../frame/frame.ts';
import type { Schema } from '../frame/schema.ts';
import { checkOptionNames } from '../param/options.ts';
import type { ParamSchema } from '../param/param.ts';
import { PipelineStage } from './stage.ts';
import { frameOf } from './transformer.ts';

/** Metrics that Spark finds for no rows, where it does not fail in words of its inside. */
const SAID_OF_NO_ROWS: ReadonlySet<number> = new Set([0.5, 0, Number.NaN]);

/** Judges a scored frame by one number. */
export abstract class Evaluator<P extends ParamSchema> extends PipelineStage<P> {
  /** The metric over all rows of `frame`. */
  abstract evaluate(frame: Frame, options?: ActionOptions): Promise<number>;

  /** The metric as a cluster finds it where the rows are; null when they are in this process. */
  protected evaluateThere(frame: Frame, options: ActionOptions): Promise<number> | null {
    checkOptionNames(`${this.owner}.evaluate`, options, ['signal']);
    const { stages } = frameOf(this.owner, frame).executor as Engine;
    return stages ? this.#judgedThere(stages, frame, options) : null;
  }

  async #judgedThere(stages: StageServer, frame: Frame, options: ActionOptions): Promise<number> {
    const requireRow = async () => {
      if (!(await frame.isEmpty(options))) return;
      throw new MlError('EMPTY_DATASET', `${this.owner}: there must be at least one row to evaluate, got none`, { stage: this.uid });
    };
    const metric = await stages.evaluate(frame.plan, this.remote(), options).catch(async (error: unknown) => {
      if (error instanceof MlError && error.code === 'SPARK_FAILED') await requireRow();
      throw error;
    });
    if (SAID_OF_NO_ROWS.has(metric)) await requireRow();
    return metric;
  }

  /** Whether a search should look for the largest value. */
  abstract get isLargerBetter(): boolean;

  protected override outputSchema(schema: Schema): Schema {
    return schema;
  }
}
