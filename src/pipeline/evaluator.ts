import type { ActionOptions } from '../frame/executor.ts';
import type { Frame } from '../frame/frame.ts';
import type { Schema } from '../frame/schema.ts';
import type { ParamSchema } from '../param/param.ts';
import { PipelineStage } from './stage.ts';

/** Judges a scored frame by one number. */
export abstract class Evaluator<P extends ParamSchema> extends PipelineStage<P> {
  /** The metric over all rows of `frame`. */
  abstract evaluate(frame: Frame, options?: ActionOptions): Promise<number>;

  /** Whether a search should look for the largest value. */
  abstract get isLargerBetter(): boolean;

  protected override outputSchema(schema: Schema): Schema {
    return schema;
  }
}
