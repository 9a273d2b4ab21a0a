import type { BinnedSet, TrainingContext } from '../engine/engine.ts';
import { MlError, show } from '../error.ts';
import type { Schema } from '../frame/schema.ts';
import { BoostingClassificationParams, initialModel } from '../param/boosting.ts';
import type * as z from '../param/zod.ts';
import { Estimator } from '../pipeline/estimator.ts';
import { addBoostingColumns, addClassColumns, checkThresholdCount, requireTrainingColumns } from '../predictor/score-columns.ts';
import type { LossSpec } from '../tree/boosting/contract.ts';
import { checkBoostingColumns, checkValidation, requireSameLoss } from '../tree/boosting/stage-rules.ts';
import { labelCategories } from './class-labels.ts';
import { HistGradientBoostingClassificationModel } from './hist-gradient-boosting-classification-model.ts';

/** Params of HistGradientBoostingClassifier: those of its model, and a model to go on from. */
export const HistGradientBoostingClassifierParams = BoostingClassificationParams.extend({
  initialModel: initialModel(HistGradientBoostingClassificationModel, 'HistGradientBoostingClassificationModel'),
});
export type HistGradientBoostingClassifierParams = z.input<typeof HistGradientBoostingClassifierParams>;

/**
 * Gradient boosted trees on histograms, for two classes (log loss of one raw score) and more (softmax, a tree a class in every iteration). Trees grow
 * leaf by leaf, the leaf of the largest gain first (Ke et al. 2017), on features in up to `maxBins` bins; with G and H the sums of gradients and
 * hessians of a leaf's rows, its value is
 *
 *     -learningRate · T(G) / (H + l2),   T(G) = sign(G) · max(|G| - l1, 0)
 *
 * and a split gains `T(G)² / (H + l2)` of its sides less that of the whole. NaN and null slots of the features are missing: each split learns the
 * side they go to. Features of nominal attributes (as StringIndexer makes them) are split by category. Labels must be 0 … numClasses-1. Defaults are
 * LightGBM's.
 */
export class HistGradientBoostingClassifier extends Estimator<typeof HistGradientBoostingClassifierParams, HistGradientBoostingClassificationModel> {
  static readonly type: string = 'millstream.classification.HistGradientBoostingClassifier';
  static readonly paramSchema = HistGradientBoostingClassifierParams;

  constructor(params: HistGradientBoostingClassifierParams = {}, uid?: string) {
    super(params, uid);
    checkValidation(this);
  }

  protected override outputSchema(schema: Schema): Schema {
    requireTrainingColumns(this.owner, schema, this.params);
    checkBoostingColumns(this, schema);
    return addBoostingColumns(this.owner, addClassColumns(this.owner, schema, this.params), this.params);
  }

  protected async train(context: TrainingContext): Promise<HistGradientBoostingClassificationModel> {
    const { initialModel } = this.params;
    const known = labelCategories(this, context.schema);
    const { classTotals, trainBoosting } = await import('../tree/boosting/training.ts'); // kernels and workers stay out of what only scores
    const targetOf = (set: BinnedSet) => {
      const totals = classTotals(this, set, known);
      const numClasses = totals.length;
      this.#checkClasses(numClasses);
      const loss: LossSpec = numClasses === 2 ? { name: 'logistic' } : { name: 'softmax', numClasses };
      requireSameLoss(this, initialModel?.state, loss);
      return { loss, classWeights: this.#classWeights(totals) };
    };
    return this.model(HistGradientBoostingClassificationModel, await trainBoosting(this, context, targetOf, initialModel?.state));
  }

  #checkClasses(numClasses: number): void {
    const { thresholds, metric, classWeight } = this.params;
    const fail = (name: string, rule: string) => {
      throw new MlError('PARAM_INVALID', `${this.owner}: ${name} ${rule}`, { stage: this.uid, param: name });
    };
    checkThresholdCount(this, thresholds, numClasses);
    if (Array.isArray(classWeight) && classWeight.length !== numClasses) {
      fail('classWeight', `must have one entry a class, that is ${numClasses}, got ${show(classWeight)}`);
    }
    if ((metric === 'areaUnderROC' || metric === 'areaUnderPR') && numClasses > 2) {
      fail('metric', `${metric} needs two classes, the labels have ${numClasses}; choose loss or f1`);
    }
  }

  /** `balanced`: all weight / (classes · weight of the class), so that the sum of weights stays. */
  #classWeights(totals: Float64Array): readonly number[] | undefined {
    const { classWeight } = this.params;
    if (classWeight !== 'balanced') return classWeight;
    const present = totals.filter((weight) => weight > 0);
    const all = present.reduce((a, b) => a + b, 0);
    return Array.from(totals, (weight) => (weight > 0 ? all / (present.length * weight) : 1));
  }
}
