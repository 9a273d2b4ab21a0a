import { sliceTrees } from '../nodes.ts';
import { leftCategories, type SparkTrees } from './spark-trees.ts';

/** Tree `t` of an ensemble by itself. */
export function treeOf(trees: SparkTrees, t: number): SparkTrees {
  const [from, to] = [trees.starts[t], trees.starts[t + 1]];
  const { numFeatures, statsSize } = trees;
  return {
    ...sliceTrees(trees, t, t + 1),
    numFeatures,
    impurity: trees.impurity.slice(from, to),
    statsSize,
    impurityStats: trees.impurityStats.slice(from * statsSize, to * statsSize),
    rawCount: trees.rawCount.slice(from, to),
    numCategories: trees.numCategories.slice(from, to),
  };
}

/** Leaves of tree `t`. */
export function leafCount({ starts }: SparkTrees, t: number): number {
  return (starts[t + 1] - starts[t] + 1) / 2;
}

/** Categories that go left at node `i`, ascending; null of a numeric split. */
export function leftOf(trees: SparkTrees, i: number): number[] | null {
  return trees.numCategories[i] < 0 ? null : leftCategories(trees, i);
}
