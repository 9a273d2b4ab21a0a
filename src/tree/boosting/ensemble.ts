import { DenseVector } from '../../linalg/vectors.ts';
import { leftCategoriesOf, sliceTrees, splitTotals, type TreeNode, treeDepth, treeNode, treeText } from '../nodes.ts';
import { treeCount } from '../trees.ts';
import type { BoostingState } from './model-state.ts';

/** One tree of a boosted ensemble, with Spark's names. */
export class BoostedTree {
  readonly #state: BoostingState;
  readonly #tree: number;

  constructor(state: BoostingState, tree: number) {
    this.#state = state;
    this.#tree = tree;
  }

  get rootNode(): TreeNode {
    const { trees, categorySizes } = this.#state;
    return treeNode(trees, trees.starts[this.#tree], (feature) => categorySizes[feature]);
  }

  get numNodes(): number {
    const { starts } = this.#state.trees;
    return starts[this.#tree + 1] - starts[this.#tree];
  }

  get numLeaves(): number {
    return (this.numNodes + 1) / 2;
  }

  /** Levels below the root. */
  get depth(): number {
    return treeDepth(this.#state.trees, this.#tree);
  }

  /** The splits and predictions as text, in Spark's form. */
  get toDebugString(): string {
    return `${String(this)}\n${textOf(this.#state, this.#tree, 2)}`;
  }

  toString(): string {
    return `BoostedTree: depth=${this.depth}, numNodes=${this.numNodes}`;
  }
}

/** All trees. */
export function treeViews(state: BoostingState): readonly BoostedTree[] {
  return Array.from({ length: treeCount(state.trees) }, (_, t) => new BoostedTree(state, t));
}

/** The ensemble as text, in Spark's form, below `header`. */
export function ensembleText(header: string, state: BoostingState): string {
  const texts = Array.from({ length: treeCount(state.trees) }, (_, t) => `  Tree ${t} (weight 1.0):\n${textOf(state, t, 4)}`);
  return `${header}\n${texts.join('')}`;
}

function textOf({ trees, categorySizes }: BoostingState, t: number, indent: number): string {
  return treeText(trees, t, indent, (own, node) => leftCategoriesOf(own, node, categorySizes[own.feature[node]]));
}

/** Sums of the gains of each feature's splits, divided by their total; all 0 where nothing splits. */
export function gainImportances({ trees, numFeatures }: BoostingState): DenseVector {
  const totals = splitTotals(trees, numFeatures, 'gain');
  const sum = totals.reduce((a, b) => a + b, 0);
  return new DenseVector(sum > 0 ? totals.map((gain) => gain / sum) : totals);
}

/** Iterations that the trees stand for. */
export function iterationCount({ trees, start }: BoostingState): number {
  return treeCount(trees) / start.length;
}

/** The state after the first `iterations`. */
export function firstIterations(state: BoostingState, iterations: number): BoostingState {
  const { trees, start, objectiveHistory, validationHistory } = state;
  return {
    ...state,
    trees: sliceTrees(trees, 0, iterations * start.length),
    objectiveHistory: objectiveHistory.slice(0, iterations),
    validationHistory: validationHistory.slice(0, iterations),
  };
}
