/**
 * The trees of an ensemble as flat arrays, all nodes numbered through: what models keep, score with and save, in both tree families.
 *
 * A tree's nodes stand in preorder (a node, its left subtree, its right subtree); children are given by their number in the whole ensemble.
 * Feature value x at a node with `feature[i] = j >= 0`:
 * - a numeric split (no bits, see `categoryStarts`): left where `x <= threshold[i]`, right where `x > threshold[i]`;
 * - a category split: left where x is a whole number c whose bit is set, right where c's bit lies within the node's words and is not set;
 * - NaN (missing), and in a category split whatever is no whole number with a bit: left where `missingLeft[i]` is 1, else right.
 */
export interface Trees {
  /** Node number of each tree's root, and at last the number of nodes: trees + 1 entries. */
  readonly starts: Int32Array;
  /** -1 in a leaf. */
  readonly feature: Int32Array;
  /** NaN in leaves and category splits. */
  readonly threshold: Float64Array;
  /** -1 in a leaf. */
  readonly left: Int32Array;
  readonly right: Int32Array;
  readonly missingLeft: Uint8Array;
  /**
   * Words of node i's bits: `categories[categoryStarts[i] … categoryStarts[i + 1] - 1]`; category c is bit `c & 31` of word `c >> 5`. nodes + 1
   * entries.
   */
  readonly categoryStarts: Int32Array;
  readonly categories: Uint32Array;
  /** What a leaf predicts; in inner nodes what it would predict were it a leaf. */
  readonly value: Float64Array;
  /** Gain of the split, 0 in leaves (-1 in Spark's family, as Spark has it). */
  readonly gain: Float64Array;
  /** Weight of the training rows that reached the node (boosting: sum of hessians where nothing better is known). */
  readonly cover: Float64Array;
}

/** Number of trees. */
export function treeCount({ starts }: Trees): number {
  return starts.length - 1;
}
