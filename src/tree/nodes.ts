import { javaDouble } from '../linalg/format.ts';
import type { Trees } from './trees.ts';

/** How an inner node splits, with Spark's names. */
export type TreeSplit =
  | { readonly featureIndex: number; readonly threshold: number }
  | { readonly featureIndex: number; readonly leftCategories: readonly number[]; readonly numCategories: number };

/** A node as Spark shows it; nodes are made when they are asked for. */
export interface TreeNode {
  /** What a leaf predicts; of an inner node what it would predict were it a leaf. */
  readonly prediction: number;
  /** Gain of the split; of a leaf what the trees hold for it. */
  readonly gain: number;
  /** Weight of the training rows that reached the node. */
  readonly cover: number;
  /** Undefined in a leaf, as the children are. */
  readonly split: TreeSplit | undefined;
  /** Whether a missing value goes left; undefined in a leaf. */
  readonly missingLeft: boolean | undefined;
  /** The side where the split is met. */
  readonly leftChild: TreeNode | undefined;
  /** The other side. */
  readonly rightChild: TreeNode | undefined;
}

/** The node of that number in the ensemble. `numCategories` tells the categories of a feature; absent: as many as the node has bits. */
export function treeNode(trees: Trees, node: number, numCategories?: (feature: number) => number): TreeNode {
  const featureIndex = trees.feature[node];
  const isLeaf = featureIndex < 0;
  const child = (at: number) => (isLeaf ? undefined : treeNode(trees, at, numCategories));
  return {
    prediction: trees.value[node],
    gain: trees.gain[node],
    cover: trees.cover[node],
    missingLeft: isLeaf ? undefined : trees.missingLeft[node] === 1,
    get split() {
      if (isLeaf) return undefined;
      const size = numCategories?.(featureIndex) || (trees.categoryStarts[node + 1] - trees.categoryStarts[node]) * 32;
      const leftCategories = leftCategoriesOf(trees, node, size);
      return leftCategories ? { featureIndex, leftCategories, numCategories: size } : { featureIndex, threshold: trees.threshold[node] };
    },
    get leftChild() {
      return child(trees.left[node]);
    },
    get rightChild() {
      return child(trees.right[node]);
    },
  };
}

/** Categories below `size` (0: all) whose bit is set, ascending; null of a numeric split. */
export function leftCategoriesOf({ categoryStarts, categories }: Trees, node: number, size = 0): number[] | null {
  const from = categoryStarts[node];
  const bits = (categoryStarts[node + 1] - from) * 32;
  if (bits === 0) return null;
  const left: number[] = [];
  for (let c = 0; c < Math.min(bits, size || bits); c++) if ((categories[from + (c >> 5)] >>> (c & 31)) & 1) left.push(c);
  return left;
}

/** How deep each node of tree `t` lies, the root at 0. */
function nodeDepths({ starts, left, right }: Trees, t: number): Int32Array {
  const first = starts[t];
  const depths = new Int32Array(starts[t + 1] - first);
  for (let i = 0; i < depths.length; i++) {
    if (left[first + i] < 0) continue;
    depths[left[first + i] - first] = depths[right[first + i] - first] = depths[i] + 1;
  }
  return depths;
}

/** Levels of tree `t` below its root. */
export function treeDepth(trees: Trees, t: number): number {
  return nodeDepths(trees, t).reduce((most, depth) => Math.max(most, depth), 0);
}

/**
 * Tree `t` as text, in Spark's form: `If (feature 0 <= 0.5)` … `Else (feature 0 > 0.5)` … `Predict: 1.0`, each line indented by `indent` and the
 * depth.
 * `leftOf` gives the categories that go left at a node, or null of a numeric split.
 */
export function treeText<T extends Trees>(
  trees: T,
  t: number,
  indent: number,
  leftOf: (trees: T, node: number) => number[] | null = leftCategoriesOf,
): string {
  const depths = nodeDepths(trees, t);
  const first = trees.starts[t];
  const lines: string[] = [];
  // Preorder: the right branch's line comes before the right child.
  const rightBranch = new Map<number, string>();
  for (let i = 0; i < depths.length; i++) {
    const node = first + i;
    const at = ' '.repeat(indent + depths[i]);
    const branch = rightBranch.get(node);
    if (branch) lines.push(branch);
    if (trees.feature[node] < 0) {
      lines.push(`${at}Predict: ${javaDouble(trees.value[node])}`);
      continue;
    }
    const left = leftOf(trees, node);
    const name = `feature ${trees.feature[node]}`;
    const set = left && `{${left.map(javaDouble).join(',')}}`;
    const threshold = javaDouble(trees.threshold[node]);
    lines.push(`${at}If (${set ? `${name} in ${set}` : `${name} <= ${threshold}`})`);
    rightBranch.set(trees.right[node], `${at}Else (${set ? `${name} not in ${set}` : `${name} > ${threshold}`})`);
  }
  return `${lines.join('\n')}\n`;
}

/** Σ of the gains of each feature's splits, or how many splits it has. */
export function splitTotals({ feature, gain }: Trees, numFeatures: number, of: 'gain' | 'split'): Float64Array {
  const totals = new Float64Array(numFeatures);
  for (let i = 0; i < feature.length; i++) if (feature[i] >= 0) totals[feature[i]] += of === 'gain' ? gain[i] : 1;
  return totals;
}

/** The trees `[from, to)` alone. */
export function sliceTrees(trees: Trees, from: number, to: number): Trees {
  const [first, end] = [trees.starts[from], trees.starts[to]];
  const [firstWord, endWord] = [trees.categoryStarts[first], trees.categoryStarts[end]];
  const child = (node: number) => (node < 0 ? -1 : node - first);
  return {
    starts: trees.starts.slice(from, to + 1).map((node) => node - first),
    feature: trees.feature.slice(first, end),
    threshold: trees.threshold.slice(first, end),
    left: trees.left.slice(first, end).map(child),
    right: trees.right.slice(first, end).map(child),
    missingLeft: trees.missingLeft.slice(first, end),
    categoryStarts: trees.categoryStarts.slice(first, end + 1).map((word) => word - firstWord),
    categories: trees.categories.slice(firstWord, endWord),
    value: trees.value.slice(first, end),
    gain: trees.gain.slice(first, end),
    cover: trees.cover.slice(first, end),
  };
}

/** The trees of one ensemble, then those of another. */
export function joinTrees(before: Trees, after: Trees): Trees {
  const nodes = before.feature.length;
  const words = before.categories.length;
  const child = (node: number) => (node < 0 ? -1 : node + nodes);
  return {
    starts: joined(
      before.starts.subarray(0, -1),
      after.starts.map((node) => node + nodes),
    ),
    feature: joined(before.feature, after.feature),
    threshold: joined(before.threshold, after.threshold),
    left: joined(before.left, after.left.map(child)),
    right: joined(before.right, after.right.map(child)),
    missingLeft: joined(before.missingLeft, after.missingLeft),
    categoryStarts: joined(
      before.categoryStarts.subarray(0, -1),
      after.categoryStarts.map((word) => word + words),
    ),
    categories: joined(before.categories, after.categories),
    value: joined(before.value, after.value),
    gain: joined(before.gain, after.gain),
    cover: joined(before.cover, after.cover),
  };
}

function joined<T extends Int32Array | Uint32Array | Uint8Array | Float64Array>(before: T, after: T): T {
  const all = new (before.constructor as new (length: number) => T)(before.length + after.length);
  all.set(before);
  all.set(after, before.length);
  return all;
}
