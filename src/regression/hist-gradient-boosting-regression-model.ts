import type { Binder } from '../block/binder.ts';
import { MlError } from '../error.ts';
import type { Schema } from '../frame/schema.ts';
import type { Vector } from '../linalg/vectors.ts';
import { BoostingRegressionParams } from '../param/boosting.ts';
import type { ParamSchema } from '../param/param.ts';
import type * as z from '../param/zod.ts';
import { loadAs, type PipelineStage } from '../pipeline/stage.ts';
import { BoostingModel } from '../predictor/boosting-model.ts';
import { addNumberColumn } from '../predictor/score-columns.ts';
import { boostingCodec } from '../tree/boosting/codec.ts';
import { predictionOf } from '../tree/boosting/losses.ts';
import type { BoostingState } from '../tree/boosting/model-state.ts';
import { type BoostedNumberOutput, scoreBoostedNumbers } from './hist-gradient-boosting-scoring.ts';

type Params = z.input<typeof BoostingRegressionParams>;

/**
 * Fitted by `HistGradientBoostingRegressor`, or made from a model of LightGBM or XGBoost. Predicts f, the start score plus the leaves' values, or `e^f` under the losses
 * poisson, gamma and tweedie. NaN is missing and goes to the side that was learned, as do unseen categories.
 */
export class HistGradientBoostingRegressionModel extends BoostingModel<typeof BoostingRegressionParams> {
  static readonly type: string = 'millstream.regression.HistGradientBoostingRegressionModel';
  static readonly paramSchema = BoostingRegressionParams;
  static readonly codec = boostingCodec('HistGradientBoostingRegressionModel');

  static load(path: string): Promise<HistGradientBoostingRegressionModel> {
    return loadAs(HistGradientBoostingRegressionModel, path);
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
    return predictionOf(this.state.loss.name, this.rawScores(features)[0]);
  }

  /** The predictions of one vector after each iteration. */
  stagedPredictions(features: Vector): Float64Array {
    return this.stagedScores(features).map((f) => predictionOf(this.state.loss.name, f));
  }

  bind(binder: Binder): void {
    const { featuresCol, predictionCol, leafCol, contributionsCol } = this.params;
    const all: [BoostedNumberOutput, string][] = [
      ['prediction', predictionCol],
      ['leaf', leafCol],
      ['contributions', contributionsCol],
    ];
    const wanted = all.filter(([, name]) => name !== '');
    if (wanted.length === 0) return;
    const scoring = { ...this.scoring, loss: this.state.loss.name, outputs: wanted.map(([output]) => output) };
    binder.step(
      import.meta.url,
      scoreBoostedNumbers,
      scoring,
      [binder.vectors(featuresCol)],
      wanted.map(([, name]) => name),
    );
  }

  protected override outputSchema(schema: Schema): Schema {
    this.requireFeatures(schema);
    return this.addBoostedColumns(addNumberColumn(this.owner, schema, this.params.predictionCol));
  }
}
