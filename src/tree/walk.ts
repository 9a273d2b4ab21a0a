import { type Trees, treeCount } from './trees.ts';

/** Writes the leaf that `x` reaches in each tree. */
export type TreeWalker = (x: Float64Array, reached: Int32Array) => void;

/** Walks each tree from its root. */
export function treeWalker(trees: Trees): TreeWalker {
  const { starts, feature, threshold, right, categoryStarts } = trees;
  const count = treeCount(trees);
  const numericOnly = categoryStarts[feature.length] === 0;
  return (x, reached) => {
    if (!numericOnly || hasNaN(x)) {
      for (let t = 0; t < count; t++) reached[t] = leafOf(trees, t, x);
      return;
    }
    for (let t = 0; t < count; t++) {
      let node = starts[t];
      for (let j = feature[node]; j >= 0; j = feature[node]) node = x[j] <= threshold[node] ? node + 1 : right[node];
      reached[t] = node;
    }
  };
}

/** The leaf of tree `t` that the row `x` reaches. Preorder puts a node's left child right behind it. */
export function leafOf(trees: Trees, t: number, x: Float64Array): number {
  const { feature, right } = trees;
  let node = trees.starts[t];
  for (let j = feature[node]; j >= 0; j = feature[node]) node = goesLeft(trees, node, x[j]) ? node + 1 : right[node];
  return node;
}

/** Whether feature value `x` goes left at the inner node `node`. */
export function goesLeft({ threshold, missingLeft, categoryStarts, categories }: Trees, node: number, x: number): boolean {
  const from = categoryStarts[node];
  const bits = (categoryStarts[node + 1] - from) << 5;
  if (bits === 0) return x <= threshold[node] || (Number.isNaN(x) && missingLeft[node] === 1);
  if (x >= 0 && x < bits && Number.isInteger(x)) return ((categories[from + (x >> 5)] >>> (x & 31)) & 1) === 1;
  return missingLeft[node] === 1;
}

function hasNaN(x: Float64Array): boolean {
  for (let j = 0; j < x.length; j++) if (Number.isNaN(x[j])) return true;
  return false;
}
