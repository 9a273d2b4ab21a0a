import type { TrainingContext } from '../engine/engine.ts';
import type { ActionOptions } from '../frame/executor.ts';
import type { Frame } from '../frame/frame.ts';
import type { Schema } from '../frame/schema.ts';
import { boostedParams, regressionLoss, treeParams } from '../param/trees.ts';
import * as z from '../param/zod.ts';
import { Estimator } from '../pipeline/estimator.ts';
import { gbtLoss, lossByIteration } from '../predictor/gbt-evaluation.ts';
import { addLeafColumn, addNumberColumn, requireTrainingColumns } from '../predictor/score-columns.ts';
import { type EnsembleState, ensembleCodec } from '../predictor/tree-codec.ts';
import { EnsembleModel } from '../predictor/tree-model.ts';
import type { TreeRule } from '../predictor/tree-scoring.ts';
import { fitBoosted, requireIndicator } from '../predictor/tree-training.ts';
import { DecisionTreeRegressionModel } from './decision-tree-regressor.ts';

/** Params of GBTRegressor and its model, with Spark's names and defaults. */
export const GBTRegressorParams = z.strictObject({ ...treeParams, ...boostedParams, lossType: regressionLoss });
export type GBTRegressorParams = z.input<typeof GBTRegressorParams>;

/**
 * Gradient-boosted regression trees (Friedman, 1999): the first tree is fitted to the labels, each further one to the negative gradient of the loss
 * (`squared`: 2 · (y - f), `absolute`: the sign of y - f) at the sum f of those before it, and added `stepSize` times. With `validationIndicatorCol`
 * the fit ends when the loss of the rows held out falls by less than `validationTol` times itself, and keeps the trees up to the best.
 */
export class GBTRegressor extends Estimator<typeof GBTRegressorParams, GBTRegressionModel> {
  static readonly type: string = 'org.apache.spark.ml.regression.GBTRegressor';
  static readonly paramSchema = GBTRegressorParams;

  protected override outputSchema(schema: Schema): Schema {
    const { predictionCol, leafCol } = this.params;
    requireTrainingColumns(this.owner, schema, this.params);
    requireIndicator(this, schema);
    return addLeafColumn(this.owner, addNumberColumn(this.owner, schema, predictionCol), leafCol, 'vector');
  }

  protected async train(context: TrainingContext): Promise<GBTRegressionModel> {
    return this.model(GBTRegressionModel, await fitBoosted(this, context, gbtLoss(this, this.params.lossType)));
  }
}

/** Fitted by {@link GBTRegressor}: predicts the weighted sum of its trees' predictions. */
export class GBTRegressionModel extends EnsembleModel<typeof GBTRegressorParams, EnsembleState, DecisionTreeRegressionModel> {
  static readonly type: string = 'org.apache.spark.ml.regression.GBTRegressionModel';
  static readonly paramSchema = GBTRegressorParams;
  static readonly codec = ensembleCodec('GBTRegressionModel', 'variance', DecisionTreeRegressionModel);
  protected override readonly importancesByTree = false;

  /** The mean loss (`squared` or `absolute`; the one fitted by default) on the rows of `frame` of the first tree, of the first two, and so on. */
  evaluateEachIteration(frame: Frame, loss: string = this.params.lossType, options: ActionOptions = {}): Promise<number[]> {
    return lossByIteration(this, frame, gbtLoss(this, loss), options);
  }

  protected override outputSchema(schema: Schema): Schema {
    return this.addLeaves(addNumberColumn(this.owner, this.requireFeatures(schema), this.params.predictionCol));
  }

  protected outputs() {
    const { predictionCol, leafCol } = this.params;
    return [['prediction', predictionCol] as const, ['leaf', leafCol] as const];
  }

  protected rule(): TreeRule {
    return { kind: 'number', weights: this.state.treeWeights, divisor: 1, variances: null };
  }

  protected tree(t: number): DecisionTreeRegressionModel {
    return this.treeModel(DecisionTreeRegressionModel, t);
  }

  protected override facts() {
    return { numTrees: this.numTrees, numFeatures: this.numFeatures };
  }
}
