import type { TrainingContext } from '../engine/engine.ts';
import type { Schema } from '../frame/schema.ts';
import type { DenseVector, Vector } from '../linalg/vectors.ts';
import type { ParamSchema } from '../param/param.ts';
import { treeClassifierParams, treeParams } from '../param/trees.ts';
import * as z from '../param/zod.ts';
import { Estimator } from '../pipeline/estimator.ts';
import type { PipelineStage } from '../pipeline/stage.ts';
import { addClassColumns, addLeafColumn, checkThresholdCount, requireTrainingColumns } from '../predictor/score-columns.ts';
import { type TreeState, treeCodec } from '../predictor/tree-codec.ts';
import { SingleTreeModel } from '../predictor/tree-model.ts';
import type { TreeRule } from '../predictor/tree-scoring.ts';
import { grownState, growthOf } from '../predictor/tree-training.ts';
import { declaredClasses } from './class-labels.ts';
import { classDecision, treeOutputs } from './tree-classes.ts';

/** Params of DecisionTreeClassifier and its model, with Spark's names and defaults. */
export const DecisionTreeClassifierParams = z.strictObject({ ...treeParams, ...treeClassifierParams });
export type DecisionTreeClassifierParams = z.input<typeof DecisionTreeClassifierParams>;

/**
 * A classification tree: each split is the one that most reduces the impurity (`gini` or `entropy`), among at most `maxBins - 1` thresholds of a
 * numeric feature, and the orders or, of few categories and three classes or more, the subsets of a categorical one (a feature with a nominal or
 * binary attribute). Labels must be 0 … numClasses - 1, numClasses being the label column's categories or the largest label + 1.
 */
export class DecisionTreeClassifier extends Estimator<typeof DecisionTreeClassifierParams, DecisionTreeClassificationModel> {
  static readonly type: string = 'org.apache.spark.ml.classification.DecisionTreeClassifier';
  static readonly paramSchema = DecisionTreeClassifierParams;

  protected override outputSchema(schema: Schema): Schema {
    requireTrainingColumns(this.owner, schema, this.params);
    return addLeafColumn(this.owner, addClassColumns(this.owner, schema, this.params), this.params.leafCol, 'double');
  }

  protected async train(context: TrainingContext): Promise<DecisionTreeClassificationModel> {
    const { fitForest } = await import('../tree/spark/fit.ts');
    const { pruneTree } = this.params;
    const numClasses = await declaredClasses(this, context);
    const impurity = this.params.impurity.toLowerCase() as 'gini' | 'entropy';
    const trees = await fitForest(context, { ...growthOf(this), impurity, numClasses, numTrees: 1, bootstrap: false, pruneTree });
    return this.model(DecisionTreeClassificationModel, grownState(this, context, trees));
  }
}

/**
 * Fitted by {@link DecisionTreeClassifier}. Of the leaf that a row reaches `rawPrediction` holds the weight of each class, `probability` their
 * shares; the class of the largest is predicted, or of the largest probability / threshold where `thresholds` are set.
 */
export class DecisionTreeClassificationModel extends SingleTreeModel<typeof DecisionTreeClassifierParams> {
  static readonly type: string = 'org.apache.spark.ml.classification.DecisionTreeClassificationModel';
  static readonly paramSchema = DecisionTreeClassifierParams;
  static readonly codec = treeCodec('DecisionTreeClassificationModel', 'classes');

  constructor(params: DecisionTreeClassifierParams, state: TreeState, uid?: string, parent: PipelineStage<ParamSchema> | null = null) {
    super(params, state, uid, parent);
    checkThresholdCount(this, this.params.thresholds, this.numClasses);
  }

  /** Number of classes. */
  get numClasses(): number {
    return this.state.trees.statsSize;
  }

  /** The weight of each class in the leaf. */
  predictRaw(features: Vector): DenseVector {
    return this.scoreVector(features, 'rawPrediction');
  }

  /** The probability of each class. */
  predictProbability(features: Vector): DenseVector {
    return this.scoreVector(features, 'probability');
  }

  protected override outputSchema(schema: Schema): Schema {
    return this.addLeaves(addClassColumns(this.owner, this.requireFeatures(schema), this.params, this.numClasses, this.numClasses));
  }

  protected outputs() {
    return treeOutputs(this.params);
  }

  protected rule(): TreeRule {
    return { kind: 'votes', votes: this.state.trees.impurityStats, numClasses: this.numClasses, decision: classDecision(this.params) };
  }

  protected override facts() {
    const { depth, numNodes, numClasses, numFeatures } = this;
    return { depth, numNodes, numClasses, numFeatures };
  }
}
