import type { TrainingContext } from '../engine/engine.ts';
import { MlError, show } from '../error.ts';
import type { ActionOptions } from '../frame/executor.ts';
import type { Frame } from '../frame/frame.ts';
import type { Schema } from '../frame/schema.ts';
import type { DenseVector, Vector } from '../linalg/vectors.ts';
import type { ParamSchema } from '../param/param.ts';
import { probabilityCol, rawPredictionCol, thresholds } from '../param/shared.ts';
import { boostedParams, logisticLoss, treeParams } from '../param/trees.ts';
import * as z from '../param/zod.ts';
import { Estimator } from '../pipeline/estimator.ts';
import type { PipelineStage } from '../pipeline/stage.ts';
import { lossByIteration } from '../predictor/gbt-evaluation.ts';
import { addClassColumns, addLeafColumn, checkThresholdCount, requireTrainingColumns } from '../predictor/score-columns.ts';
import { type EnsembleState, ensembleCodec } from '../predictor/tree-codec.ts';
import { EnsembleModel } from '../predictor/tree-model.ts';
import type { TreeRule } from '../predictor/tree-scoring.ts';
import { fitBoosted, requireIndicator } from '../predictor/tree-training.ts';
import { DecisionTreeRegressionModel } from '../regression/decision-tree-regressor.ts';
import { labelCategories } from './class-labels.ts';
import { classDecision, treeOutputs } from './tree-classes.ts';

/** Params of GBTClassifier and its model, with Spark's names and defaults. */
export const GBTClassifierParams = z.strictObject({
  ...treeParams,
  ...boostedParams,
  rawPredictionCol,
  probabilityCol,
  thresholds,
  lossType: logisticLoss,
});
export type GBTClassifierParams = z.input<typeof GBTClassifierParams>;

/**
 * Gradient-boosted trees (Friedman, 1999) for two classes: regression trees, the first fitted to the labels taken as y = -1 and 1, each further one
 * to the negative gradient 4y / (1 + e^(2yF)) of the loss 2 log(1 + e^(-2yF)) at the sum F of those before it, and added `stepSize` times. With
 * `validationIndicatorCol` the fit ends when the loss of the rows held out falls by less than `validationTol` times itself, and keeps the trees up to
 * the best.
 */
export class GBTClassifier extends Estimator<typeof GBTClassifierParams, GBTClassificationModel> {
  static readonly type: string = 'org.apache.spark.ml.classification.GBTClassifier';
  static readonly paramSchema = GBTClassifierParams;

  constructor(params: GBTClassifierParams = {}, uid?: string) {
    super(params, uid);
    checkThresholdCount(this, this.params.thresholds, 2);
  }

  protected override outputSchema(schema: Schema): Schema {
    requireTrainingColumns(this.owner, schema, this.params);
    requireIndicator(this, schema);
    return addLeafColumn(this.owner, addClassColumns(this.owner, schema, this.params), this.params.leafCol, 'vector');
  }

  protected async train(context: TrainingContext): Promise<GBTClassificationModel> {
    const declared = labelCategories(this, context.schema);
    if (declared !== undefined && declared > 2) throw await this.#tooManyClasses(context);
    try {
      return this.model(GBTClassificationModel, await fitBoosted(this, context, 'logistic'));
    } catch (error) {
      const isLabel = error instanceof MlError && error.code === 'VALUE_INVALID' && error.details.column === this.params.labelCol;
      throw isLabel && Number(error.details.value) > 1 ? await this.#tooManyClasses(context, error) : error;
    }
  }

  async #tooManyClasses(context: TrainingContext, cause?: MlError): Promise<MlError> {
    const { labelCol } = this.params;
    const [levels] = await context.levels([labelCol]);
    const classes = levels.map(({ text }) => Number(text)).sort((a, b) => a - b);
    const some = `${classes.slice(0, 10).join(', ')}${classes.length > 10 ? ' …' : ''}`;
    const message = `${this.owner}: column ${show(labelCol)} must hold the two classes 0 and 1, holds ${some}`;
    const isClass = classes.every((c) => Number.isInteger(c) && c >= 0);
    return new MlError(
      'VALUE_INVALID',
      isClass ? `${message}; for more classes use HistGradientBoostingClassifier or RandomForestClassifier` : message,
      { stage: this.uid, column: labelCol, ...cause?.details, classes: classes.slice(0, 10) },
      { cause },
    );
  }
}

/**
 * Fitted by {@link GBTClassifier}. With F the weighted sum of the trees' predictions, `rawPrediction = [-F, F]`, the probability of class 1 is
 * 1 / (1 + e^(-2F)), and 1 is predicted where F > 0, or where its probability / threshold is the larger where `thresholds` are set.
 */
export class GBTClassificationModel extends EnsembleModel<typeof GBTClassifierParams, EnsembleState, DecisionTreeRegressionModel> {
  static readonly type: string = 'org.apache.spark.ml.classification.GBTClassificationModel';
  static readonly paramSchema = GBTClassifierParams;
  static readonly codec = ensembleCodec('GBTClassificationModel', 'variance', DecisionTreeRegressionModel);
  protected override readonly importancesByTree = false;

  constructor(params: GBTClassifierParams, state: EnsembleState, uid?: string, parent: PipelineStage<ParamSchema> | null = null) {
    super(params, state, uid, parent);
    checkThresholdCount(this, this.params.thresholds, 2);
  }

  /** Number of classes. */
  get numClasses(): number {
    return 2;
  }

  /** `[-F, F]`. */
  predictRaw(features: Vector): DenseVector {
    return this.scoreVector(features, 'rawPrediction');
  }

  /** The probability of each class. */
  predictProbability(features: Vector): DenseVector {
    return this.scoreVector(features, 'probability');
  }

  /** The mean logistic loss on the rows of `frame` of the first tree, of the first two, and so on. */
  evaluateEachIteration(frame: Frame, options: ActionOptions = {}): Promise<number[]> {
    return lossByIteration(this, frame, 'logistic', options);
  }

  /** As Spark prints it. */
  override toString(): string {
    return `GBTClassificationModel: uid = ${this.uid}, numTrees=${this.numTrees}, numClasses=2, numFeatures=${this.numFeatures}`;
  }

  protected override outputSchema(schema: Schema): Schema {
    return this.addLeaves(addClassColumns(this.owner, this.requireFeatures(schema), this.params, 2, 2));
  }

  protected outputs() {
    return treeOutputs(this.params);
  }

  protected rule(): TreeRule {
    return { kind: 'margin', weights: this.state.treeWeights, decision: classDecision(this.params) };
  }

  protected tree(t: number): DecisionTreeRegressionModel {
    return this.treeModel(DecisionTreeRegressionModel, t);
  }
}
