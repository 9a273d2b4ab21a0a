import type { ActionOptions } from '../frame/executor.ts';
import type { Frame } from '../frame/frame.ts';
import type { Schema } from '../frame/schema.ts';
import * as z from '../param/zod.ts';
import { CrossValidatorModel, CrossValidatorModelParams } from './cross-validator-model.ts';
import { type Found, Search } from './search.ts';
import { crossValidatorParams, searchParams } from './search-params.ts';
import { columnFolds, hashFolds, type Split } from './split.ts';

/** Params of CrossValidator. */
export const CrossValidatorParams = z.strictObject({ ...searchParams, ...crossValidatorParams });
export type CrossValidatorParams = z.input<typeof CrossValidatorParams>;

/**
 * Finds the best point of a grid by k-fold cross-validation, and fits it to all rows. Each fold judges the models fitted to the rows
 * of the others; a point's metric is the mean over the folds; of equal points the first wins. The folds are the same whatever the
 * partitions. A metric of NaN, an empty fold and a grid entry for no param of the estimator are errors.
 *
 * Stages at the head of a pipeline that no point touches are fitted once a fold. On small data several fits go on side by side, as
 * many as the session has threads, or `parallelism` when that is more; results do not depend on it.
 */
export class CrossValidator extends Search<typeof CrossValidatorParams, CrossValidatorModel> {
  static readonly type: string = 'org.apache.spark.ml.tuning.CrossValidator';
  static readonly paramSchema = CrossValidatorParams;

  protected get splits(): number {
    return this.params.numFolds;
  }

  protected split(frame: Frame, options: ActionOptions): Promise<Split[]> {
    const { foldCol, numFolds, seed } = this.params;
    return foldCol ? columnFolds(this, frame, foldCol, numFolds, options) : hashFolds(this, frame, numFolds, seed, options);
  }

  protected summarise(metrics: readonly (readonly number[])[]): number[] {
    return ofPoints(metrics, mean);
  }

  protected found({ bestModel, metrics, models }: Found): CrossValidatorModel {
    const state = { bestModel, avgMetrics: ofPoints(metrics, mean), stdMetrics: ofPoints(metrics, deviation), subModels: models };
    return new CrossValidatorModel(this.paramsFor(CrossValidatorModelParams), state, this.uid, this);
  }

  protected override requireSplittable(schema: Schema): void {
    if (this.params.foldCol) schema.require(this.owner, this.params.foldCol, 'int');
  }
}

function ofPoints(metrics: readonly (readonly number[])[], of: (values: readonly number[]) => number): number[] {
  return metrics[0].map((_, p) => of(metrics.map((fold) => fold[p])));
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

/** Population standard deviation, as PySpark's `stdMetrics`. */
function deviation(values: readonly number[]): number {
  const center = mean(values);
  return Math.sqrt(mean(values.map((value) => (value - center) ** 2)));
}
