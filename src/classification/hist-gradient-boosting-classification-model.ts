import type { Binder, Step } from '../block/binder.ts';
import type { Column, NumberColumn, VectorColumn } from '../block/column.ts';
import { firstVector, ONE_ROW } from '../block/one-row.ts';
import { MlError } from '../error.ts';
import type { ActionOptions } from '../frame/executor.ts';
import type { Frame } from '../frame/frame.ts';
import type { Schema } from '../frame/schema.ts';
import type { DenseVector, Vector } from '../linalg/vectors.ts';
import { BoostingClassificationParams } from '../param/boosting.ts';
import type { ParamSchema } from '../param/param.ts';
import type * as z from '../param/zod.ts';
import type { PipelineStage } from '../pipeline/stage.ts';
import { BoostingModel } from '../predictor/boosting-model.ts';
import { addClassColumns, checkThresholdCount } from '../predictor/score-columns.ts';
import { decide } from '../scoring/decision.ts';
import { boostingCodec } from '../tree/boosting/codec.ts';
import { parseLightGBM } from '../tree/boosting/lightgbm.ts';
import { linkOf, toProbabilities } from '../tree/boosting/link.ts';
import type { BoostingState } from '../tree/boosting/model-state.ts';
import { parseXGBoost } from '../tree/boosting/xgboost.ts';
import type { ClassificationSummary } from './classification-summary.ts';
import { type BoostedClassOutput, type BoostedClassScoring, bindBoostedClasses, scoreBoostedClasses } from './hist-gradient-boosting-scoring.ts';
import { summaryColumns, withAllColumns } from './summary-columns.ts';

const OWNER = 'HistGradientBoostingClassificationModel';
type Params = z.input<typeof BoostingClassificationParams>;

/**
 * Fitted by `HistGradientBoostingClassifier`, or made from a model of LightGBM or XGBoost. Two classes: with f the start score plus the leaves'
 * values, `rawPrediction = [-f, f]`, the probability of class 1 is `1 / (1 + e^-f)`. More classes: a raw score each, probabilities by softmax.
 * Predicts the class of the largest raw score (or of the largest probability / threshold where `thresholds` are set). NaN is missing and goes to the
 * side that was learned, as do unseen categories.
 */
export class HistGradientBoostingClassificationModel extends BoostingModel<typeof BoostingClassificationParams> {
  static readonly type: string = 'millstream.classification.HistGradientBoostingClassificationModel';
  static readonly paramSchema = BoostingClassificationParams;
  static readonly codec = boostingCodec(OWNER);

  /**
   * The model that LightGBM saved as `text` (`booster.save_model`); objectives binary, cross_entropy, multiclass and multiclassova (whose
   * probabilities do not sum to 1, as LightGBM's do not). Features are read in the order of its `feature_name()`; category codes are those LightGBM
   * was given.
   */
  static fromLightGBM(text: string, params: Params = {}): HistGradientBoostingClassificationModel {
    return new HistGradientBoostingClassificationModel(params, parseLightGBM(OWNER, text, 'classes'));
  }

  /**
   * The model that XGBoost saved (`booster.save_model`), the text of a `.json` or the bytes of a `.ubj`; objectives binary:logistic, binary:logitraw,
   * binary:hinge (probabilities 0 and 1), reg:logistic, multi:softprob and multi:softmax.
   */
  static fromXGBoost(model: string | Uint8Array, params: Params = {}): HistGradientBoostingClassificationModel {
    return new HistGradientBoostingClassificationModel(params, parseXGBoost(OWNER, model, 'classes'));
  }

  #score: Step | undefined;

  constructor(params: Params, state: BoostingState, uid?: string, parent: PipelineStage<ParamSchema> | null = null) {
    super(params, state, uid, parent);
    if (state.numClasses < 2)
      throw new MlError('MODEL_FORMAT', `${this.owner}: a model of loss ${state.loss.name} has no classes`, { stage: this.uid });
    checkThresholdCount(this, this.params.thresholds, state.numClasses);
  }

  /** Number of classes. */
  get numClasses(): number {
    return this.state.numClasses;
  }

  /** The class predicted for one feature vector. */
  predict(features: Vector): number {
    return (this.#scoreOne(features)[2] as NumberColumn).values[0];
  }

  /** `[-f, f]`, or a raw score a class. */
  predictRaw(features: Vector): DenseVector {
    return firstVector(this.#scoreOne(features)[0] as VectorColumn);
  }

  /** The probability of each class. */
  predictProbability(features: Vector): DenseVector {
    return firstVector(this.#scoreOne(features)[1] as VectorColumn);
  }

  /** The probabilities of one vector after each iteration. */
  stagedProbabilities(features: Vector): Float64Array[] {
    return this.#stages(features).map(({ probability }) => probability);
  }

  /** The class predicted for one vector after each iteration. */
  stagedPredictions(features: Vector): Float64Array {
    return Float64Array.from(this.#stages(features), ({ raw, probability }) => decide(this.#decision, raw, probability, 0, this.numClasses));
  }

  /** Metrics on the rows of `frame`, which needs the label column (and the weight column, if one is set). */
  async evaluate(frame: Frame, options: ActionOptions = {}): Promise<ClassificationSummary> {
    const [{ ClassificationSummary }, { scoreFrame }] = await Promise.all([import('./classification-summary.ts'), import('./scored-frame.ts')]);
    const rows = await scoreFrame(this, frame, options);
    return new ClassificationSummary(summaryColumns(this), rows, () => withAllColumns(this).transform(frame));
  }

  /** Scores blocks whose one input is the features; gives probabilities and predictions. */
  summaryScorer(): Step {
    return scoreBoostedClasses(this.#scoringOf(['probability', 'prediction']));
  }

  bind(binder: Binder): void {
    const { featuresCol, rawPredictionCol, probabilityCol, predictionCol } = this.params;
    const { outputs, names } = this.wanted(['rawPrediction', rawPredictionCol], ['probability', probabilityCol], ['prediction', predictionCol]);
    if (names.length > 0) bindBoostedClasses(binder, binder.vectors(featuresCol), this.#scoringOf(outputs), names);
  }

  protected override outputSchema(schema: Schema): Schema {
    this.requireFeatures(schema);
    return this.addBoostingColumns(addClassColumns(this.owner, schema, this.params, this.numClasses, this.numClasses));
  }

  /** By raw scores and not by probabilities, which round: the prediction must not depend on the columns asked for. */
  get #decision() {
    return { by: 'margin', above: null, thresholds: this.params.thresholds ?? null } as const;
  }

  #scoringOf(outputs: readonly BoostedClassOutput[]): BoostedClassScoring {
    return { ...this.scoring, link: linkOf(this.state.loss), decision: this.#decision, outputs };
  }

  /** Raw scores and probabilities of one vector after each iteration. */
  #stages(features: Vector): { readonly raw: Float64Array; readonly probability: Float64Array }[] {
    const scores = this.stagedScores(features);
    const { length: width } = this.state.start;
    const link = linkOf(this.state.loss);
    return Array.from({ length: this.numIterations }, (_, m) => {
      const raw = width === 1 ? Float64Array.of(-scores[m], scores[m]) : scores.slice(m * width, (m + 1) * width);
      const probability = raw.slice();
      toProbabilities(link, probability, 0, raw.length);
      return { raw, probability };
    });
  }

  #scoreOne(features: Vector): readonly Column[] {
    this.#score ??= scoreBoostedClasses(this.#scoringOf(['rawPrediction', 'probability', 'prediction']));
    return this.#score([this.checkedRow(features)], ONE_ROW);
  }
}
