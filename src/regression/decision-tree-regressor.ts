import type { TrainingContext } from '../engine/engine.ts';
import type { Schema } from '../frame/schema.ts';
import { text } from '../param/param.ts';
import { treeParams, treeRegressorParams } from '../param/trees.ts';
import * as z from '../param/zod.ts';
import { Estimator } from '../pipeline/estimator.ts';
import { addLeafColumn, addNumberColumn, requireTrainingColumns } from '../predictor/score-columns.ts';
import { treeCodec } from '../predictor/tree-codec.ts';
import { SingleTreeModel } from '../predictor/tree-model.ts';
import type { TreeRule } from '../predictor/tree-scoring.ts';
import { grownState, growthOf } from '../predictor/tree-training.ts';
import { nodeVariances } from '../tree/spark/impurity-stats.ts';

/** Params of DecisionTreeRegressor and its model, with Spark's names and defaults. */
export const DecisionTreeRegressorParams = z.strictObject({
  ...treeParams,
  ...treeRegressorParams,
  varianceCol: text()
    .optional()
    .describe('column of the biased variance of the labels in the leaf that a row reaches; unset or empty: no such column'),
});
export type DecisionTreeRegressorParams = z.input<typeof DecisionTreeRegressorParams>;

/**
 * A regression tree: each split is the one that most reduces the variance of the labels, among at most `maxBins - 1` thresholds of a numeric feature
 * and the orders by mean label of a categorical one (a feature with a nominal or binary attribute). A leaf predicts the mean label of its rows.
 */
export class DecisionTreeRegressor extends Estimator<typeof DecisionTreeRegressorParams, DecisionTreeRegressionModel> {
  static readonly type: string = 'org.apache.spark.ml.regression.DecisionTreeRegressor';
  static readonly paramSchema = DecisionTreeRegressorParams;

  protected override outputSchema(schema: Schema): Schema {
    const { predictionCol, varianceCol, leafCol } = this.params;
    requireTrainingColumns(this.owner, schema, this.params);
    const predicted = addNumberColumn(this.owner, addNumberColumn(this.owner, schema, predictionCol), varianceCol);
    return addLeafColumn(this.owner, predicted, leafCol, 'double');
  }

  protected async train(context: TrainingContext): Promise<DecisionTreeRegressionModel> {
    const { fitForest } = await import('../tree/spark/fit.ts');
    const trees = await fitForest(context, { ...growthOf(this), impurity: 'variance', numTrees: 1, bootstrap: false });
    return this.model(DecisionTreeRegressionModel, grownState(this, context, trees));
  }
}

/** Fitted by {@link DecisionTreeRegressor}: predicts the mean label of the leaf that a row reaches. */
export class DecisionTreeRegressionModel extends SingleTreeModel<typeof DecisionTreeRegressorParams> {
  static readonly type: string = 'org.apache.spark.ml.regression.DecisionTreeRegressionModel';
  static readonly paramSchema = DecisionTreeRegressorParams;
  static readonly codec = treeCodec('DecisionTreeRegressionModel', 'variance');

  protected override outputSchema(schema: Schema): Schema {
    const { predictionCol, varianceCol } = this.params;
    const predicted = addNumberColumn(this.owner, this.requireFeatures(schema), predictionCol);
    return this.addLeaves(addNumberColumn(this.owner, predicted, varianceCol));
  }

  protected outputs() {
    const { predictionCol, varianceCol, leafCol } = this.params;
    return [['prediction', predictionCol] as const, ['variance', varianceCol] as const, ['leaf', leafCol] as const];
  }

  protected rule(): TreeRule {
    return { kind: 'number', weights: null, divisor: 1, variances: nodeVariances(this.state.trees) };
  }

  protected override facts() {
    const { depth, numNodes, numFeatures } = this;
    return { depth, numNodes, numFeatures };
  }
}
