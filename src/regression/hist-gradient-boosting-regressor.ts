import type { BinnedSet, TrainingContext } from '../engine/engine.ts';
import { MlError } from '../error.ts';
import type { Schema } from '../frame/schema.ts';
import { BoostingRegressionParams, initialModel } from '../param/boosting.ts';
import type * as z from '../param/zod.ts';
import { Estimator } from '../pipeline/estimator.ts';
import { addBoostingColumns, addNumberColumn, requireTrainingColumns } from '../predictor/score-columns.ts';
import type { LossSpec } from '../tree/boosting/contract.ts';
import { checkBoostingColumns, checkValidation, requireSameLoss } from '../tree/boosting/stage-rules.ts';
import { HistGradientBoostingRegressionModel } from './hist-gradient-boosting-regression-model.ts';

/** Params of HistGradientBoostingRegressor: those of its model, and a model to go on from. */
export const HistGradientBoostingRegressorParams = BoostingRegressionParams.extend({
  initialModel: initialModel(HistGradientBoostingRegressionModel, 'HistGradientBoostingRegressionModel'),
});
export type HistGradientBoostingRegressorParams = z.input<typeof HistGradientBoostingRegressorParams>;

/**
 * Gradient boosted trees on histograms for numbers, counts and amounts. With f the raw score of a row of label y, `loss` is one of
 *
 *     squared (y - f)²/2      absolute |y - f|      huber (linear from |y - f| = alpha on)      quantile (pinball loss of quantile alpha)
 *     poisson e^f - y f       gamma y e^-f + f      tweedie of variance power `power`, in (1, 2)
 *
 * The last three predict e^f and need labels >= 0 (gamma: > 0), the others predict f. Trees grow as those of HistGradientBoostingClassifier, with
 * missing values and categories handled alike. Leaves of absolute and quantile hold the median or quantile of their rows' residuals, those of huber a
 * robust mean. Defaults are LightGBM's.
 */
export class HistGradientBoostingRegressor extends Estimator<typeof HistGradientBoostingRegressorParams, HistGradientBoostingRegressionModel> {
  static readonly type: string = 'millstream.regression.HistGradientBoostingRegressor';
  static readonly paramSchema = HistGradientBoostingRegressorParams;

  constructor(params: HistGradientBoostingRegressorParams = {}, uid?: string) {
    super(params, uid);
    checkValidation(this);
    const { loss, alpha } = this.params;
    if (loss === 'quantile' && alpha >= 1) {
      throw new MlError('PARAM_INVALID', `${this.owner}: alpha must be a quantile in (0, 1) under loss quantile, got ${alpha}`, {
        stage: this.uid,
        param: 'alpha',
        value: alpha,
      });
    }
  }

  protected override outputSchema(schema: Schema): Schema {
    requireTrainingColumns(this.owner, schema, this.params);
    checkBoostingColumns(this, schema);
    return addBoostingColumns(this.owner, addNumberColumn(this.owner, schema, this.params.predictionCol), this.params);
  }

  protected async train(context: TrainingContext): Promise<HistGradientBoostingRegressionModel> {
    const initial = this.params.initialModel?.state;
    const loss = this.#loss();
    requireSameLoss(this, initial, loss);
    const { requireLabels, trainBoosting } = await import('../tree/boosting/training.ts'); // kernels and workers stay out of what only scores
    const targetOf = (set: BinnedSet) => {
      requireLabels(this, set, loss);
      return { loss };
    };
    return this.model(HistGradientBoostingRegressionModel, await trainBoosting(this, context, targetOf, initial));
  }

  #loss(): LossSpec {
    const { loss: name, alpha, power } = this.params;
    if (name === 'huber' || name === 'quantile') return { name, alpha };
    return name === 'tweedie' ? { name, power } : { name };
  }
}
