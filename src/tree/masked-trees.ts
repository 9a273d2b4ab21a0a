import { type Trees, treeCount } from './trees.ts';
import { goesLeft } from './walk.ts';

/** A tree's leaves are bits of one word. */
const MAX_LEAVES = 32;

/** Adds the trees' values for the row `x`: those of tree t to `out[t mod width]`, in tree order. */
export type RowAdder = (x: Float64Array, out: Float64Array, width: number) => void;

/**
 * Scores one row without walking: for each feature, the splits that send its value to the right strike their left leaves off a word of bits a tree; the first leaf left over
 * is the one reached (QuickScorer, Lucchese et al. 2015). Splits by threshold stand in order, so that the first one not passed ends the search; nothing depends on the step
 * before. The leaves, and so the sums, are those of a walk. `values` has what each node adds to a sum. Null where a tree has more than 32 leaves.
 */
export function maskedTrees(trees: Trees, numFeatures: number, values: Float64Array): RowAdder | null {
  const { starts, feature, threshold, missingLeft, categoryStarts } = trees;
  const count = treeCount(trees);
  for (let t = 0; t < count; t++) if (starts[t + 1] - starts[t] > 2 * MAX_LEAVES - 1) return null;
  const masks = new Int32Array(feature.length);
  const leafValues = new Float64Array(count * MAX_LEAVES);
  for (let t = 0; t < count; t++) strikeMasks(trees, t, values, masks, leafValues);

  const treeOf = new Int32Array(feature.length);
  for (let t = 0; t < count; t++) treeOf.fill(t, starts[t], starts[t + 1]);
  const numeric: number[][] = Array.from({ length: numFeatures }, () => []);
  const byCategory: number[][] = Array.from({ length: numFeatures }, () => []);
  for (let i = 0; i < feature.length; i++) {
    if (feature[i] >= 0) (categoryStarts[i + 1] > categoryStarts[i] ? byCategory : numeric)[feature[i]].push(i);
  }
  for (const nodes of numeric) nodes.sort((a, b) => threshold[a] - threshold[b]);
  const order = Int32Array.from(numeric.flat());
  const ends = new Int32Array(numFeatures + 1);
  for (let j = 0; j < numFeatures; j++) ends[j + 1] = ends[j] + numeric[j].length;
  const thresholds = Float64Array.from(order, (node) => threshold[node]);
  // Tree and mask side by side.
  const strikes = new Int32Array(2 * order.length);
  order.forEach((node, p) => {
    strikes[2 * p] = treeOf[node];
    strikes[2 * p + 1] = masks[node];
  });
  const features = Int32Array.from(numeric.keys()).filter((j) => numeric[j].length > 0);
  const categorical = Int32Array.from(byCategory.flat());
  const left = new Int32Array(count);

  return (x, out, width) => {
    left.fill(-1);
    for (let f = 0; f < features.length; f++) {
      const j = features[f];
      const value = x[j];
      const end = ends[j + 1];
      let p = ends[j];
      if (Number.isNaN(value)) {
        for (; p < end; p++) if (missingLeft[order[p]] === 0) left[strikes[2 * p]] &= strikes[2 * p + 1];
      } else for (; p < end && value > thresholds[p]; p++) left[strikes[2 * p]] &= strikes[2 * p + 1];
    }
    for (let k = 0; k < categorical.length; k++) {
      const node = categorical[k];
      if (!goesLeft(trees, node, x[feature[node]])) left[treeOf[node]] &= masks[node];
    }
    for (let t = 0, c = 0; t < count; t++) {
      const word = left[t];
      out[c] += leafValues[t * MAX_LEAVES + 31 - Math.clz32(word & -word)];
      c = c + 1 === width ? 0 : c + 1;
    }
  };
}

/** Of each split of tree `t` the bits of the leaves that stay when its left ones are struck off, and the leaves' values. Leaves count from the left, so bits run with preorder. */
function strikeMasks({ starts, feature, right }: Trees, t: number, values: Float64Array, masks: Int32Array, leafValues: Float64Array): void {
  const [first, end] = [starts[t], starts[t + 1]];
  // Leaves before each node.
  const before = new Int32Array(end - first + 1);
  for (let i = first; i < end; i++) before[i - first + 1] = before[i - first] + (feature[i] < 0 ? 1 : 0);
  for (let i = first; i < end; i++) {
    if (feature[i] < 0) {
      leafValues[t * MAX_LEAVES + before[i - first]] = values[i];
      continue;
    }
    const [from, to] = [before[i - first], before[right[i] - first]];
    // Never 32 of them: the right side has one at least.
    masks[i] = ~(((1 << (to - from)) - 1) << from);
  }
}
