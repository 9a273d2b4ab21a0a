import type { Trees } from '../trees.ts';

/**
 * Trees as Spark grows and saves them. A gain of -1 marks a leaf. `value` is what a node predicts: the class of the most weight (the first of them),
 * or the mean label. Beyond a node's bits stands where a value goes that is none of its categories: all bits of its last word from `numCategories`
 * on, and `missingLeft`, are alike.
 */
export interface SparkTrees extends Trees {
  /** Size of the feature vectors that the trees were grown on. */
  readonly numFeatures: number;
  /** Impurity of the rows of each node; -1 in a node that no split was good enough for. */
  readonly impurity: Float64Array;
  /** Numbers a node has in `impurityStats`: the classes, or 3. */
  readonly statsSize: number;
  /** (nodes, statsSize) row-major: weight of each class (gini, entropy); or Σ weight, Σ weight · y, Σ weight · y² (variance). */
  readonly impurityStats: Float64Array;
  /** Rows that reached each node, drawn ones as often as they were drawn. */
  readonly rawCount: Float64Array;
  /** Categories of the feature at a category split; -1 elsewhere. */
  readonly numCategories: Int32Array;
}

/**
 * The words of a category split, and where other values go (`missingLeft`). Spark keeps the smaller side of a split, left on a tie, and sends to the
 * other side whatever is not in it.
 */
export function categorySplit(leftCategories: Iterable<number>, numCategories: number): { words: Uint32Array; missingLeft: 0 | 1 } {
  const words = new Uint32Array(Math.max(1, Math.ceil(numCategories / 32)));
  const left = new Set(leftCategories);
  const missingLeft = left.size <= Math.floor(numCategories / 2) ? 0 : 1;
  for (const c of left) words[c >> 5] |= 1 << (c & 31);
  if (missingLeft) for (let c = numCategories; c < 32 * words.length; c++) words[c >> 5] |= 1 << (c & 31);
  return { words, missingLeft };
}

/** Categories that go left at node `i`, ascending; empty where the split is none of categories. */
export function leftCategories(trees: SparkTrees, i: number): number[] {
  const from = trees.categoryStarts[i];
  const left: number[] = [];
  for (let c = 0; c < trees.numCategories[i]; c++) if ((trees.categories[from + (c >> 5)] >>> (c & 31)) & 1) left.push(c);
  return left;
}
