import type { ActionOptions } from '../frame/executor.ts';
import type { Frame } from '../frame/frame.ts';
import * as z from '../param/zod.ts';
import { type Found, Search } from './search.ts';
import { searchParams, trainRatio } from './search-params.ts';
import { ratioSplit, type Split } from './split.ts';
import { TrainValidationSplitModel, TrainValidationSplitModelParams } from './train-validation-split-model.ts';

/** Params of TrainValidationSplit. */
export const TrainValidationSplitParams = z.strictObject({ ...searchParams, trainRatio });
export type TrainValidationSplitParams = z.input<typeof TrainValidationSplitParams>;

/**
 * Finds the best point of a grid by one split: every point is fitted to `trainRatio` of the rows and judged on the others, and the best
 * one is fitted to all rows. For the rest it is as `CrossValidator`.
 */
export class TrainValidationSplit extends Search<typeof TrainValidationSplitParams, TrainValidationSplitModel> {
  static readonly type: string = 'org.apache.spark.ml.tuning.TrainValidationSplit';
  static readonly paramSchema = TrainValidationSplitParams;

  protected get splits(): number {
    return 1;
  }

  protected async split(frame: Frame, options: ActionOptions): Promise<Split[]> {
    return [await ratioSplit(this, frame, this.params.trainRatio, this.params.seed, options)];
  }

  protected summarise([metrics]: readonly (readonly number[])[]): number[] {
    return [...metrics];
  }

  protected found({ bestModel, metrics, models }: Found): TrainValidationSplitModel {
    const state = { bestModel, validationMetrics: metrics[0], subModels: models?.[0] ?? null };
    return new TrainValidationSplitModel(this.paramsFor(TrainValidationSplitModelParams), state, this.uid, this);
  }
}
