import type { Engine } from '../engine/engine.ts';
import type { ActionOptions } from '../frame/executor.ts';
import type { Frame } from '../frame/frame.ts';
import type { Schema } from '../frame/schema.ts';
import { checkOptionNames } from '../param/options.ts';
import type { ParamSchema } from '../param/param.ts';
import { PipelineStage } from './stage.ts';
import { frameOf } from './transformer.ts';

/** Judges a scored frame by one number. */
export abstract class Evaluator<P extends ParamSchema> extends PipelineStage<P> {
  /** The metric over all rows of `frame`. */
  abstract evaluate(frame: Frame, options?: ActionOptions): Promise<number>;

  /** The metric as a cluster finds it where the rows are; null when they are in this process. */
  protected evaluateThere(frame: Frame, options: ActionOptions): Promise<number> | null {
    checkOptionNames(`${this.owner}.evaluate`, options, ['signal']);
    const { stages } = frameOf(this.owner, frame).executor as Engine;
    return stages ? stages.evaluate(frame.plan, this.remote(), options) : null;
  }

  /** Whether a search should look for the largest value. */
  abstract get isLargerBetter(): boolean;

  protected override outputSchema(schema: Schema): Schema {
    return schema;
  }
}
