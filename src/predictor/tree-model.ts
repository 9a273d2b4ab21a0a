import type { Binder, Step } from '../block/binder.ts';
import type { NumberColumn, VectorColumn } from '../block/column.ts';
import { firstVector, ONE_ROW } from '../block/one-row.ts';
import { attributeMetadata, groupMetadata } from '../frame/attributes.ts';
import type { Schema } from '../frame/schema.ts';
import { javaDouble } from '../linalg/format.ts';
import type { DenseVector, SparseVector, Vector } from '../linalg/vectors.ts';
import type { ParamSchema } from '../param/param.ts';
import { treeDepth, treeText } from '../tree/nodes.ts';
import { featureImportances } from '../tree/spark/importances.ts';
import { type SparkTreeNode, sparkTreeNode } from '../tree/spark/tree-node.ts';
import { leafCount, leftOf, treeOf } from '../tree/spark/tree-of.ts';
import { treeCount } from '../tree/trees.ts';
import { type NamedValue, PredictionModel } from './prediction-model.ts';
import { addLeafColumn, requireFeatures } from './score-columns.ts';
import { type EnsembleState, type TreeClass, type TreeState, treeParamsOf } from './tree-codec.ts';
import { bindTrees, scoreTrees, type TreeOutput, type TreeRule, type TreeScoring } from './tree-scoring.ts';

/** A model of Spark's tree family. */
abstract class TreeModel<P extends ParamSchema, State extends TreeState> extends PredictionModel<P, State> {
  #importances: SparseVector | undefined;
  #rule: TreeRule | undefined;
  #scoreOne: Step | undefined;

  /** How the trees' leaves make a prediction. */
  protected abstract rule(): TreeRule;
  /** All columns that the model can put out, with their names; those without a name are left out. */
  protected abstract outputs(): readonly (readonly [TreeOutput, string | undefined])[];
  /** Whether leaves come as vectors, a number a tree. */
  protected abstract readonly leafVectors: boolean;
  protected readonly importancesByTree: boolean = true;

  get numFeatures(): number {
    return this.state.trees.numFeatures;
  }

  /**
   * How much each feature contributed: the gain of its splits times the weight of the rows there, as shares that sum to 1. Trees count alike, but for
   * boosted ones, whose gains are summed as they are.
   */
  get featureImportances(): SparseVector {
    return (this.#importances ??= featureImportances(this.state.trees, this.importancesByTree));
  }

  /** The importances with their features' names, in feature order. */
  get namedFeatureImportances(): readonly NamedValue[] {
    return this.named(this.featureImportances.toArray());
  }

  predict(features: Vector): number {
    return this.scoreNumber(features, 'prediction');
  }

  bind(binder: Binder): void {
    const wanted = this.outputs().filter(([, name]) => name);
    if (wanted.length === 0) return;
    bindTrees(
      binder,
      binder.vectors(this.#columns.featuresCol),
      this.#scoring(wanted.map(([output]) => output)),
      wanted.map(([, name]) => name as string),
    );
  }

  /** A function that scores blocks of features and puts out these columns, written anew at each call. */
  blockScorer(outputs: readonly TreeOutput[]): Step {
    return scoreTrees(this.#scoring(outputs));
  }

  protected scoreNumber(features: Vector, output: 'prediction' | 'leaf'): number {
    return (this.#one(features, output) as NumberColumn).values[0];
  }

  protected scoreVector(features: Vector, output: 'rawPrediction' | 'probability' | 'leaf'): DenseVector {
    return firstVector(this.#one(features, output) as VectorColumn);
  }

  /** `schema`, once its features are known to fit. */
  protected requireFeatures(schema: Schema): Schema {
    requireFeatures(this, schema, this.#columns.featuresCol, this.numFeatures);
    return schema;
  }

  /** `schema` with the column of leaves, if one is wanted. */
  protected addLeaves(schema: Schema): Schema {
    const { trees } = this.state;
    const attributes = Array.from({ length: treeCount(trees) }, (_, t) => ({ type: 'nominal', numValues: leafCount(trees, t) }) as const);
    const [kind, metadata] = this.leafVectors
      ? (['vector', groupMetadata({ attributes })] as const)
      : (['double', attributeMetadata(attributes[0])] as const);
    return addLeafColumn(this.owner, schema, this.#columns.leafCol, kind, metadata);
  }

  get #columns() {
    return this.params as unknown as { readonly featuresCol: string; readonly leafCol: string };
  }

  #one(features: Vector, output: TreeOutput) {
    this.#scoreOne ??= this.blockScorer(ONE);
    return this.#scoreOne([this.oneRow(features)], ONE_ROW)[ONE.indexOf(output)];
  }

  #scoring(outputs: readonly TreeOutput[]): TreeScoring {
    this.#rule ??= this.rule();
    return {
      owner: this.owner,
      stage: this.uid,
      featuresCol: this.#columns.featuresCol,
      numFeatures: this.numFeatures,
      trees: this.state.trees,
      rule: this.#rule,
      leafVectors: this.leafVectors,
      outputs,
    };
  }
}

const ONE: readonly TreeOutput[] = ['rawPrediction', 'probability', 'prediction', 'leaf'];

/** A model of a single tree. */
export abstract class SingleTreeModel<P extends ParamSchema> extends TreeModel<P, TreeState> {
  protected readonly leafVectors = false;

  /** Levels below the root; 0 is a single leaf. */
  get depth(): number {
    return treeDepth(this.state.trees, 0);
  }

  /** Inner nodes and leaves. */
  get numNodes(): number {
    return this.state.trees.feature.length;
  }

  /** The root; its children and theirs are made when they are asked for. */
  get rootNode(): SparkTreeNode {
    return sparkTreeNode(this.state.trees, 0);
  }

  /** The tree as text. */
  get toDebugString(): string {
    return `${this}\n${treeText(this.state.trees, 0, 2, leftOf)}`;
  }

  /** Number of the leaf that the vector reaches, leaves counted from the left. */
  predictLeaf(features: Vector): number {
    return this.scoreNumber(features, 'leaf');
  }
}

/** A model of several trees. */
export abstract class EnsembleModel<P extends ParamSchema, State extends EnsembleState, Tree> extends TreeModel<P, State> {
  protected readonly leafVectors = true;
  #trees: readonly Tree[] | undefined;

  /** Tree `t` as a model of its own. */
  protected abstract tree(t: number): Tree;

  /** Tree `t` as a model of `Class`, with those of this model's params that it has too. */
  protected treeModel(Class: TreeClass & (new (params: object, state: TreeState, uid: string) => Tree), t: number): Tree {
    const { trees, treeUids, featureNames } = this.state;
    return new Class(Object.fromEntries(treeParamsOf(Class, this.setParams())), { trees: treeOf(trees, t), featureNames }, treeUids[t]);
  }

  /** The trees as models of their own. */
  get trees(): readonly Tree[] {
    return (this.#trees ??= Object.freeze(Array.from({ length: this.numTrees }, (_, t) => this.tree(t))));
  }

  /** What each tree's prediction counts. */
  get treeWeights(): readonly number[] {
    return Array.from(this.state.treeWeights);
  }

  /** Number of trees. */
  get numTrees(): number {
    return this.state.treeWeights.length;
  }

  /** The same as {@link EnsembleModel.numTrees}, by Spark's name. */
  get getNumTrees(): number {
    return this.numTrees;
  }

  /** Nodes of all trees. */
  get totalNumNodes(): number {
    return this.state.trees.feature.length;
  }

  /** The trees as text. */
  get toDebugString(): string {
    const { trees, treeWeights } = this.state;
    return `${this}\n${Array.from(treeWeights, (weight, t) => `  Tree ${t} (weight ${javaDouble(weight)}):\n${treeText(trees, t, 4, leftOf)}`).join('')}`;
  }

  /** For each tree the number of the leaf that the vector reaches, leaves counted from the left. */
  predictLeaf(features: Vector): DenseVector {
    return this.scoreVector(features, 'leaf');
  }
}
