import type { Engine, RemoteSummary, TrainingContext } from '../engine/engine.ts';
import type { ActionOptions, FitOptions } from '../frame/executor.ts';
import type { Frame } from '../frame/frame.ts';
import type { Schema } from '../frame/schema.ts';
import type { DenseVector, Vector } from '../linalg/vectors.ts';
import type { ParamSchema } from '../param/param.ts';
import { forestParams, treeClassifierParams, treeParams } from '../param/trees.ts';
import * as z from '../param/zod.ts';
import { Estimator } from '../pipeline/estimator.ts';
import type { PipelineStage } from '../pipeline/stage.ts';
import { addClassColumns, addLeafColumn, checkThresholdCount, requireTrainingColumns } from '../predictor/score-columns.ts';
import { type EnsembleState, ensembleCodec } from '../predictor/tree-codec.ts';
import { EnsembleModel } from '../predictor/tree-model.ts';
import type { TreeRule } from '../predictor/tree-scoring.ts';
import { forestState, growthOf } from '../predictor/tree-training.ts';
import { classShares } from '../tree/spark/impurity-stats.ts';
import { declaredClasses } from './class-labels.ts';
import { metricsOf } from './classification-summary.ts';
import { metricsThere } from './cluster-summary.ts';
import { DecisionTreeClassificationModel } from './decision-tree-classifier.ts';
import { RandomForestClassificationSummary, RandomForestClassificationTrainingSummary, scoredByVotes } from './random-forest-summary.ts';
import { scoreFrame } from './scored-frame.ts';
import { requireSummary, summaryColumns, withAllColumns } from './summary-columns.ts';
import { classDecision, treeOutputs } from './tree-classes.ts';

/** Params of RandomForestClassifier and its model, with Spark's names and defaults. */
export const RandomForestClassifierParams = z.strictObject({ ...treeParams, ...treeClassifierParams, ...forestParams });
export type RandomForestClassifierParams = z.input<typeof RandomForestClassifierParams>;

/**
 * A forest of classification trees (see `DecisionTreeClassifier`), each grown on rows drawn anew (`bootstrap`, `subsamplingRate`) and with features
 * drawn anew at each node (`featureSubsetStrategy`). Each tree votes with the shares of the classes in the leaf that a row reaches.
 */
export class RandomForestClassifier extends Estimator<typeof RandomForestClassifierParams, RandomForestClassificationModel> {
  static readonly type: string = 'org.apache.spark.ml.classification.RandomForestClassifier';
  static readonly paramSchema = RandomForestClassifierParams;

  override async fit(frame: Frame, options: FitOptions = {}): Promise<RandomForestClassificationModel> {
    const model = await super.fit(frame, options);
    if ((frame.executor as Engine).stages) return model;
    const source = async (action: ActionOptions) => metricsOf(await scoreFrame(model, frame, action));
    const summary = model.hasSummary ? model.summary : new RandomForestClassificationTrainingSummary(summaryColumns(model), source);
    return model.withSummary(summary.withPredictions(() => withAllColumns(model).transform(frame)));
  }

  protected override async summarised(
    model: RandomForestClassificationModel,
    frame: Frame,
    summary: RemoteSummary,
  ): Promise<RandomForestClassificationModel> {
    const columns = summaryColumns(model);
    const predictions = () => withAllColumns(summed).transform(frame);
    const metrics = metricsThere(columns, predictions, model.numClasses, summary);
    const summed = model.withSummary(new RandomForestClassificationTrainingSummary(columns, metrics, predictions));
    return summed;
  }

  protected override outputSchema(schema: Schema): Schema {
    requireTrainingColumns(this.owner, schema, this.params);
    return addLeafColumn(this.owner, addClassColumns(this.owner, schema, this.params), this.params.leafCol, 'vector');
  }

  protected async train(context: TrainingContext): Promise<RandomForestClassificationModel> {
    const { fitVotingForest } = await import('../tree/spark/fit.ts');
    const { numTrees, bootstrap, pruneTree } = this.params;
    const numClasses = await declaredClasses(this, context);
    const impurity = this.params.impurity.toLowerCase() as 'gini' | 'entropy';
    const { trees, voted } = await fitVotingForest(context, { ...growthOf(this), impurity, numClasses, numTrees, bootstrap, pruneTree });
    const model = this.model(RandomForestClassificationModel, forestState(this, context, trees, 'classes'));
    if (!voted) return model;
    const rows = scoredByVotes(voted, model.numClasses, classDecision(model.params));
    return model.withSummary(new RandomForestClassificationTrainingSummary(summaryColumns(model), rows));
  }
}

export interface RandomForestState extends EnsembleState {
  readonly summary?: RandomForestClassificationTrainingSummary;
}

/**
 * Fitted by {@link RandomForestClassifier}. `rawPrediction` sums the trees' votes, `probability` holds their shares; the class of the largest is
 * predicted, or of the largest probability / threshold where `thresholds` are set.
 */
export class RandomForestClassificationModel extends EnsembleModel<
  typeof RandomForestClassifierParams,
  RandomForestState,
  DecisionTreeClassificationModel
> {
  static readonly type: string = 'org.apache.spark.ml.classification.RandomForestClassificationModel';
  static readonly paramSchema = RandomForestClassifierParams;
  static readonly codec = ensembleCodec('RandomForestClassificationModel', 'classes', DecisionTreeClassificationModel);

  constructor(params: RandomForestClassifierParams, state: RandomForestState, uid?: string, parent: PipelineStage<ParamSchema> | null = null) {
    super(params, state, uid, parent);
    checkThresholdCount(this, this.params.thresholds, this.numClasses);
  }

  /** Number of classes. */
  get numClasses(): number {
    return this.state.trees.statsSize;
  }

  /** The trees' votes. */
  predictRaw(features: Vector): DenseVector {
    return this.scoreVector(features, 'rawPrediction');
  }

  /** The probability of each class. */
  predictProbability(features: Vector): DenseVector {
    return this.scoreVector(features, 'probability');
  }

  /** The same model with another training summary. */
  withSummary(summary: RandomForestClassificationTrainingSummary): RandomForestClassificationModel {
    return this.withState({ ...this.state, summary });
  }

  /** True after `fit`, false after `load`. */
  get hasSummary(): boolean {
    return this.state.summary !== undefined;
  }

  /** How the forest fares on the rows it was fitted to; an error where `hasSummary` is false. */
  get summary(): RandomForestClassificationTrainingSummary {
    return requireSummary(this);
  }

  /** The {@link summary} of a model of at most two classes; an error of more. */
  get binarySummary(): RandomForestClassificationTrainingSummary {
    return this.summary.asBinary;
  }

  /** Metrics on the rows of `frame`, which needs the label column (and the weight column, if one is set). */
  async evaluate(frame: Frame, options: ActionOptions = {}): Promise<RandomForestClassificationSummary> {
    const rows = await scoreFrame(this, frame, options);
    return new RandomForestClassificationSummary(summaryColumns(this), rows, () => withAllColumns(this).transform(frame));
  }

  /** Scores blocks whose one input is the features; gives probabilities and predictions. */
  summaryScorer() {
    return this.blockScorer(['probability', 'prediction']);
  }

  protected override outputSchema(schema: Schema): Schema {
    return this.addLeaves(addClassColumns(this.owner, this.requireFeatures(schema), this.params, this.numClasses, this.numClasses));
  }

  protected outputs() {
    return treeOutputs(this.params);
  }

  protected rule(): TreeRule {
    return { kind: 'votes', votes: classShares(this.state.trees), numClasses: this.numClasses, decision: classDecision(this.params) };
  }

  protected tree(t: number): DecisionTreeClassificationModel {
    return this.treeModel(DecisionTreeClassificationModel, t);
  }

  protected override facts() {
    const { numTrees, numClasses, numFeatures } = this;
    return { numTrees, numClasses, numFeatures };
  }
}
