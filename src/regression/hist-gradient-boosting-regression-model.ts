import type { Binder } from '../block/binder.ts';
import { checkFeatures } from '../block/features.ts';
import { Numbers } from '../block/growing-numbers.ts';
import { MlError } from '../error.ts';
import type { ActionOptions } from '../frame/executor.ts';
import type { Frame } from '../frame/frame.ts';
import type { Schema } from '../frame/schema.ts';
import type { Vector } from '../linalg/vectors.ts';
import { BoostingRegressionParams } from '../param/boosting.ts';
import type { ParamSchema } from '../param/param.ts';
import type * as z from '../param/zod.ts';
import type { PipelineStage } from '../pipeline/stage.ts';
import { BoostingModel } from '../predictor/boosting-model.ts';
import { visitLabelledRows } from '../predictor/labelled-rows.ts';
import { addNumberColumn } from '../predictor/score-columns.ts';
import { type RegressionMetrics, regressionMetrics } from '../stat/regression-metrics.ts';
import { boostingCodec } from '../tree/boosting/codec.ts';
import { parseLightGBM } from '../tree/boosting/lightgbm.ts';
import { type Link, linkOf, predictionOf } from '../tree/boosting/link.ts';
import type { BoostingState } from '../tree/boosting/model-state.ts';
import { parseXGBoost } from '../tree/boosting/xgboost.ts';
import { bindBoostedNumbers } from './hist-gradient-boosting-scoring.ts';

const OWNER = 'HistGradientBoostingRegressionModel';
type Params = z.input<typeof BoostingRegressionParams>;

/**
 * Fitted by `HistGradientBoostingRegressor`, or made from a model of LightGBM or XGBoost. Predicts f, the start score plus the leaves' values, or
 * `e^f` under the losses poisson, gamma and tweedie; under an objective that only other libraries train, what they predict of f. NaN is missing and
 * goes to the side that was learned, as do unseen categories.
 */
export class HistGradientBoostingRegressionModel extends BoostingModel<typeof BoostingRegressionParams> {
  static readonly type: string = 'millstream.regression.HistGradientBoostingRegressionModel';
  static readonly paramSchema = BoostingRegressionParams;
  static readonly codec = boostingCodec(OWNER);

  /**
   * The model that LightGBM saved as `text` (`booster.save_model`), of any objective for numbers, counts and rankings, or of the trainer's own (which
   * predicts the raw score). Features are read in the order of its `feature_name()`; category codes are those LightGBM was given. The params `loss`,
   * `alpha` and `power` are set where the loss is one of ours.
   */
  static fromLightGBM(text: string, params: Params = {}): HistGradientBoostingRegressionModel {
    return imported(parseLightGBM(OWNER, text, 'numbers'), params);
  }

  /**
   * The model that XGBoost saved (`booster.save_model`), the text of a `.json` or the bytes of a `.ubj`, of any objective reg:…, count:…, rank:… or
   * survival:… of one target. The params `loss`, `alpha` and `power` are set where the loss is one of ours.
   */
  static fromXGBoost(model: string | Uint8Array, params: Params = {}): HistGradientBoostingRegressionModel {
    return imported(parseXGBoost(OWNER, model, 'numbers'), params);
  }

  constructor(params: Params, state: BoostingState, uid?: string, parent: PipelineStage<ParamSchema> | null = null) {
    super(params, state, uid, parent);
    if (state.numClasses !== 1) {
      throw new MlError(
        'MODEL_FORMAT',
        `${this.owner}: a model of loss ${state.loss.name} classifies; it is a HistGradientBoostingClassificationModel`,
        {
          stage: this.uid,
        },
      );
    }
  }

  /** The number predicted for one feature vector. */
  predict(features: Vector): number {
    return predictionOf(this.#link, this.rawScores(features)[0]);
  }

  /** The predictions of one vector after each iteration. */
  stagedPredictions(features: Vector): Float64Array {
    return this.stagedScores(features).map((f) => predictionOf(this.#link, f));
  }

  /** Metrics on the rows of `frame`, which needs the label column (and the weight column, if one is set). */
  async evaluate(frame: Frame, options: ActionOptions = {}): Promise<RegressionMetrics> {
    const [predictions, labels, weights] = [new Numbers(), new Numbers(), new Numbers()];
    await visitLabelledRows(this, frame, options, ({ rows, firstRow, features, labels: own, weights: ownWeights }) => {
      checkFeatures(features, { rows, firstRow, columns: [], keep: null }, this.scores.expected);
      const f = this.scores.raw(features, rows);
      for (let i = 0; i < rows; i++) {
        predictions.push(predictionOf(this.#link, f[i]));
        labels.push(own[i]);
        if (ownWeights) weights.push(ownWeights[i]);
      }
    });
    return regressionMetrics(predictions.done(), labels.done(), this.params.weightCol ? weights.done() : undefined);
  }

  bind(binder: Binder): void {
    const { outputs, names } = this.wanted(['prediction', this.params.predictionCol]);
    if (names.length === 0) return;
    bindBoostedNumbers(binder, binder.vectors(this.params.featuresCol), { ...this.scoring, link: this.#link, outputs }, names);
  }

  get #link(): Link {
    return linkOf(this.state.loss);
  }

  protected override outputSchema(schema: Schema): Schema {
    this.requireFeatures(schema);
    return this.addBoostingColumns(addNumberColumn(this.owner, schema, this.params.predictionCol));
  }
}

/** The params of the loss are set where it is one that is trained here. */
function imported(state: BoostingState, params: Params): HistGradientBoostingRegressionModel {
  const { loss } = state;
  const own = loss.name === 'foreign' ? {} : { loss: loss.name, alpha: loss.alpha, power: loss.power };
  return new HistGradientBoostingRegressionModel({ ...(own as Params), ...params }, state);
}
