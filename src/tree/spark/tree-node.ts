import type { TreeSplit } from '../nodes.ts';
import type { SparkTrees } from './spark-trees.ts';
import { leftOf } from './tree-of.ts';

/** A node of a tree, as Spark shows it. A leaf has a gain of -1, and neither children nor a split. */
export interface SparkTreeNode {
  /** What a leaf predicts, and an inner node would were it one. */
  readonly prediction: number;
  /** Impurity of the rows that reached the node; -1 where no split was good enough. */
  readonly impurity: number;
  /** What the split takes from the impurity; -1 in a leaf. */
  readonly gain: number;
  /** The side where the split is met. */
  readonly leftChild: SparkTreeNode | undefined;
  /** The other side. */
  readonly rightChild: SparkTreeNode | undefined;
  /** Undefined in a leaf, as the children are. */
  readonly split: TreeSplit | undefined;
}

/** A view of node `i`; nodes below are made when they are asked for. */
export function sparkTreeNode(trees: SparkTrees, i: number): SparkTreeNode {
  const child = (at: number) => (at < 0 ? undefined : sparkTreeNode(trees, at));
  return {
    prediction: trees.value[i],
    impurity: trees.impurity[i],
    gain: trees.gain[i],
    get split() {
      const featureIndex = trees.feature[i];
      if (featureIndex < 0) return undefined;
      const leftCategories = leftOf(trees, i);
      return leftCategories
        ? { featureIndex, leftCategories, numCategories: trees.numCategories[i] }
        : { featureIndex, threshold: trees.threshold[i] };
    },
    get leftChild() {
      return child(trees.left[i]);
    },
    get rightChild() {
      return child(trees.right[i]);
    },
  };
}
