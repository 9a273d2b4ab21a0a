import type { TrainingContext } from '../engine/engine.ts';
import type { Schema } from '../frame/schema.ts';
import { forestParams, treeParams, treeRegressorParams } from '../param/trees.ts';
import * as z from '../param/zod.ts';
import { Estimator } from '../pipeline/estimator.ts';
import { addLeafColumn, addNumberColumn, requireTrainingColumns } from '../predictor/score-columns.ts';
import { type EnsembleState, ensembleCodec } from '../predictor/tree-codec.ts';
import { EnsembleModel } from '../predictor/tree-model.ts';
import type { TreeRule } from '../predictor/tree-scoring.ts';
import { forestState, growthOf } from '../predictor/tree-training.ts';
import { DecisionTreeRegressionModel } from './decision-tree-regressor.ts';

/** Params of RandomForestRegressor and its model, with Spark's names and defaults. */
export const RandomForestRegressorParams = z.strictObject({ ...treeParams, ...treeRegressorParams, ...forestParams });
export type RandomForestRegressorParams = z.input<typeof RandomForestRegressorParams>;

/**
 * A forest of regression trees (see `DecisionTreeRegressor`), each grown on rows drawn anew (`bootstrap`, `subsamplingRate`) and with features drawn
 * anew at each node (`featureSubsetStrategy`). It predicts the mean of its trees.
 */
export class RandomForestRegressor extends Estimator<typeof RandomForestRegressorParams, RandomForestRegressionModel> {
  static readonly type: string = 'org.apache.spark.ml.regression.RandomForestRegressor';
  static readonly paramSchema = RandomForestRegressorParams;

  protected override outputSchema(schema: Schema): Schema {
    const { predictionCol, leafCol } = this.params;
    requireTrainingColumns(this.owner, schema, this.params);
    return addLeafColumn(this.owner, addNumberColumn(this.owner, schema, predictionCol), leafCol, 'vector');
  }

  protected async train(context: TrainingContext): Promise<RandomForestRegressionModel> {
    const { fitForest } = await import('../tree/spark/fit.ts');
    const { numTrees, bootstrap } = this.params;
    const trees = await fitForest(context, { ...growthOf(this), impurity: 'variance', numTrees, bootstrap });
    return this.model(RandomForestRegressionModel, forestState(this, context, trees, 'variance'));
  }
}

/** Fitted by {@link RandomForestRegressor}: predicts the mean of its trees' predictions. */
export class RandomForestRegressionModel extends EnsembleModel<typeof RandomForestRegressorParams, EnsembleState, DecisionTreeRegressionModel> {
  static readonly type: string = 'org.apache.spark.ml.regression.RandomForestRegressionModel';
  static readonly paramSchema = RandomForestRegressorParams;
  static readonly codec = ensembleCodec('RandomForestRegressionModel', 'variance', DecisionTreeRegressionModel);

  protected override outputSchema(schema: Schema): Schema {
    return this.addLeaves(addNumberColumn(this.owner, this.requireFeatures(schema), this.params.predictionCol));
  }

  protected outputs() {
    const { predictionCol, leafCol } = this.params;
    return [['prediction', predictionCol] as const, ['leaf', leafCol] as const];
  }

  protected rule(): TreeRule {
    return { kind: 'number', weights: null, divisor: this.numTrees, variances: null };
  }

  protected tree(t: number): DecisionTreeRegressionModel {
    return this.treeModel(DecisionTreeRegressionModel, t);
  }

  protected override facts() {
    return { numTrees: this.numTrees, numFeatures: this.numFeatures };
  }
}
