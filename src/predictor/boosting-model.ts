import type { VectorColumn } from '../block/column.ts';
import { firstVector } from '../block/one-row.ts';
import { MlError, show } from '../error.ts';
import type { ActionOptions } from '../frame/executor.ts';
import type { Frame } from '../frame/frame.ts';
import type { Schema } from '../frame/schema.ts';
import { DenseVector, type Vector } from '../linalg/vectors.ts';
import type { ParamSchema } from '../param/param.ts';
import { type BoostedTree, ensembleText, firstIterations, gainImportances, iterationCount, treeViews } from '../tree/boosting/ensemble.ts';
import { writeLightGBM } from '../tree/boosting/lightgbm-writer.ts';
import type { BoostingState } from '../tree/boosting/model-state.ts';
import { BoostedScores, type BoostedScoring } from '../tree/boosting/scoring.ts';
import { splitTotals } from '../tree/nodes.ts';
import { treeCount } from '../tree/trees.ts';
import { lossByIteration } from './boosting-evaluation.ts';
import { type NamedValue, PredictionModel } from './prediction-model.ts';
import { addBoostingColumns, type BoostingColumns, requireFeatures, type TrainingColumns } from './score-columns.ts';

/** What the two HistGradientBoosting models have in common: trees, importances, contributions. */
export abstract class BoostingModel<P extends ParamSchema> extends PredictionModel<P, BoostingState> {
  #scores: BoostedScores | undefined;

  get numFeatures(): number {
    return this.state.numFeatures;
  }

  /** Number of trees: one an iteration, or one a class and iteration. */
  get numTrees(): number {
    return treeCount(this.state.trees);
  }

  /** Iterations of the fit that are in the model: one tree each, or one a class. */
  get numIterations(): number {
    return iterationCount(this.state);
  }

  /** Nodes of all trees. */
  get totalNumNodes(): number {
    return this.state.trees.feature.length;
  }

  /** All 1: the learning rate is in the leaves. */
  get treeWeights(): readonly number[] {
    return new Array<number>(this.numTrees).fill(1);
  }

  /** The trees, with Spark's names; those of several classes stand iteration by iteration. */
  get trees(): readonly BoostedTree[] {
    return treeViews(this.state);
  }

  /** The raw score before the first tree, one a class where there are more than two. */
  get startScores(): readonly number[] {
    return this.state.start;
  }

  /** Mean training loss after each iteration; empty where the model was not fitted here. */
  get objectiveHistory(): readonly number[] {
    return this.state.objectiveHistory;
  }

  /** Metric of the rows held out after each iteration; empty without any. */
  get validationHistory(): readonly number[] {
    return this.state.validationHistory;
  }

  /** Each feature's share of the gain of all splits; sums to 1, or all 0 where nothing splits. */
  get featureImportances(): DenseVector {
    return gainImportances(this.state);
  }

  /** Sum of the gains of each feature's splits, or how many splits it has; as they are, not scaled. */
  featureImportancesOf(of: 'gain' | 'split'): DenseVector {
    if (of !== 'gain' && of !== 'split') {
      throw new MlError('PARAM_INVALID', `${this.owner}: featureImportancesOf must be asked for "gain" or "split", got ${show(of)}`, {
        stage: this.uid,
        value: of,
      });
    }
    return new DenseVector(splitTotals(this.state.trees, this.numFeatures, of));
  }

  /** {@link featureImportances} with the features' names. */
  get namedFeatureImportances(): readonly NamedValue[] {
    return this.named(this.featureImportances.values);
  }

  /** The leaf that a vector reaches in each tree, leaves counted from the left. */
  predictLeaf(features: Vector): DenseVector {
    return firstVector(this.scores.leaf(this.checkedRow(features), 1));
  }

  /**
   * The SHAP values of one vector: one a feature and at last the expected score, which add up to the raw score; class after class where there are
   * more than two. Exact, with the rows' weight in each node as the background (path-dependent TreeSHAP).
   */
  predictContributions(features: Vector): DenseVector {
    return firstVector(this.scores.contributions(this.checkedRow(features), 1));
  }

  /**
   * The weighted mean of the loss that the model minimises, over the rows of `frame` and after each iteration. The frame needs the label column (and
   * the weight column, if one is set).
   */
  evaluateEachIteration(frame: Frame, options: ActionOptions = {}): Promise<number[]> {
    const { owner, uid, state } = this;
    return lossByIteration({ owner, uid, state, params: this.#columns }, this.scores, frame, options);
  }

  /** The model as it was after its first `iterations`. */
  firstIterations(iterations: number): this {
    if (!Number.isInteger(iterations) || iterations < 0 || iterations > this.numIterations) {
      throw new MlError(
        'PARAM_INVALID',
        `${this.owner}: iterations must be a whole number from 0 to ${this.numIterations}, got ${show(iterations)}`,
        {
          stage: this.uid,
          value: iterations,
        },
      );
    }
    return this.withState(firstIterations(this.state, iterations));
  }

  /** The model as a text that LightGBM loads (`lgb.Booster(model_str=…)`) and scores alike. */
  toLightGBM(): string {
    return writeLightGBM(this.state);
  }

  /** All trees as text, in Spark's form. */
  get toDebugString(): string {
    return ensembleText(String(this), this.state);
  }

  override toString(): string {
    const classes = this.state.numClasses > 1 ? `, numClasses=${this.state.numClasses}` : '';
    return `${this.owner}: uid=${this.uid}, numTrees=${this.numTrees}${classes}, numFeatures=${this.numFeatures}`;
  }

  /** Raw scores of one vector. */
  protected rawScores(features: Vector): Float64Array {
    return this.scores.raw(this.checkedRow(features), 1).slice(0, this.state.start.length);
  }

  /** Raw scores of one vector after each iteration, row by row: `iterations * width` numbers. */
  protected stagedScores(features: Vector): Float64Array {
    const { trees, start } = this.state;
    const leaves = this.scores.leafNodes(this.checkedRow(features), 1);
    const out = new Float64Array(treeCount(trees));
    for (let t = 0; t < out.length; t++) out[t] = (t < start.length ? start[t] : out[t - start.length]) + trees.value[leaves[t]];
    return out;
  }

  protected get scoring(): BoostedScoring {
    const { trees, start, numFeatures, reading } = this.state;
    return { owner: this.owner, stage: this.uid, featuresCol: this.#columns.featuresCol, numFeatures, trees, start, reading };
  }

  protected get scores(): BoostedScores {
    this.#scores ??= new BoostedScores(this.scoring);
    return this.#scores;
  }

  /** One vector as a column, once it is known to have the model's features. */
  protected checkedRow(features: Vector): VectorColumn {
    const column = this.oneRow(features);
    if (column.size === this.numFeatures) return column;
    throw new MlError('VALUE_INVALID', `${this.owner}: features must be a vector of ${this.numFeatures} slots, got ${column.size}`, {
      stage: this.uid,
      value: column.size,
    });
  }

  protected requireFeatures(schema: Schema): void {
    requireFeatures(this, schema, this.#columns.featuresCol, this.numFeatures);
  }

  /** `schema` with the columns of leaves and contributions that are asked for. */
  protected addBoostingColumns(schema: Schema): Schema {
    const columns = this.#columns;
    const slots = columns.contributionsCol ? [...this.featureNames, 'expectedValue'] : [];
    const { start } = this.state;
    const contributions = start.length === 1 ? slots : start.flatMap((_, c) => slots.map((name) => `${name}_${c}`));
    return addBoostingColumns(this.owner, schema, columns, { numTrees: this.numTrees, contributions });
  }

  /** Which of `own` outputs, leaves and contributions are wanted, and the names of their columns; an empty name is unwanted. */
  protected wanted<Output extends string>(...own: readonly [Output, string][]) {
    const { leafCol, contributionsCol } = this.#columns;
    const all: readonly [Output | 'leaf' | 'contributions', string][] = [...own, ['leaf', leafCol], ['contributions', contributionsCol]];
    const named = all.filter(([, name]) => name !== '');
    return { outputs: named.map(([output]) => output), names: named.map(([, name]) => name) };
  }

  get #columns(): BoostingColumns & TrainingColumns {
    return this.params as unknown as BoostingColumns & TrainingColumns;
  }
}
