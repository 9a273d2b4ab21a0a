import { MlError, show } from '../../error.ts';
import { checkTrees } from '../check-trees.ts';
import { categorySplit, leftCategories, type SparkTrees } from './spark-trees.ts';

/** A node as a row of Spark's files has it: the fields of {@link NODE_COLUMNS} in order. */
type NodeRow = readonly [
  id: number,
  prediction: number,
  impurity: number,
  impurityStats: readonly number[],
  rawCount: bigint | null,
  gain: number,
  leftChild: number,
  rightChild: number,
  split: readonly [featureIndex: number, leftCategoriesOrThreshold: readonly number[], numCategories: number],
];

/** Columns of a saved tree. Spark 2 had no `rawCount`. */
export const NODE_COLUMNS = {
  id: 'int!',
  prediction: 'double!',
  impurity: 'double!',
  impurityStats: 'array<double!>',
  rawCount: 'long?',
  gain: 'double!',
  leftChild: 'int!',
  rightChild: 'int!',
  split: 'struct<featureIndex: int!, leftCategoriesOrThreshold: array<double!>, numCategories: int!>',
} as const;

/** Columns of saved trees: a row a node of each. */
export const ENSEMBLE_COLUMNS = {
  treeID: 'int!',
  nodeData: `struct<${Object.entries(NODE_COLUMNS)
    .map(([name, type]) => `${name}: ${type}`)
    .join(', ')}>`,
} as const;

/** Words of category bits that a model may take: 64 MiB of them. */
const MAX_WORDS = 1 << 24;

/** The rows of tree `t`, in preorder, children counted from its root. */
export function nodeRows(trees: SparkTrees, t: number): unknown[][] {
  const { statsSize } = trees;
  const from = trees.starts[t];
  const child = (c: number) => (c < 0 ? -1 : c - from);
  return Array.from({ length: trees.starts[t + 1] - from }, (_, id) => {
    const i = from + id;
    const split = trees.feature[i] < 0 ? [] : trees.numCategories[i] < 0 ? [trees.threshold[i]] : leftCategories(trees, i);
    return [
      id,
      trees.value[i],
      trees.impurity[i],
      trees.impurityStats.subarray(i * statsSize, (i + 1) * statsSize),
      BigInt(trees.rawCount[i]),
      trees.gain[i],
      child(trees.left[i]),
      child(trees.right[i]),
      [trees.feature[i], split, trees.numCategories[i]],
    ];
  });
}

/** What rows read back must be. */
export interface ExpectedTrees {
  readonly owner: string;
  readonly numFeatures: number;
  /** Numbers in each node's `impurityStats`. */
  readonly statsSize: number;
  /** Whether those are the weights of the classes, or the sums of weights, labels and their squares. */
  readonly kind: 'classes' | 'variance';
}

/** The trees of these rows, a list of nodes a tree, in any order and with any numbering from a root 0. Throws MlError MODEL_FORMAT for nonsense. */
export function treesOfRows(rowsByTree: readonly (readonly unknown[])[], expected: ExpectedTrees): SparkTrees {
  const { owner, numFeatures, statsSize, kind } = expected;
  const fail = (problem: string): never => {
    throw new MlError('MODEL_FORMAT', `${owner}: ${problem}`);
  };
  const ordered = rowsByTree.map((rows, t) => inPreorder(rows as readonly NodeRow[], t, fail));
  const nodes = ordered.reduce((sum, { rows }) => sum + rows.length, 0);
  const starts = new Int32Array(ordered.length + 1);
  const trees = {
    numFeatures,
    starts,
    feature: new Int32Array(nodes).fill(-1),
    threshold: new Float64Array(nodes).fill(Number.NaN),
    left: new Int32Array(nodes).fill(-1),
    right: new Int32Array(nodes).fill(-1),
    missingLeft: new Uint8Array(nodes),
    categoryStarts: new Int32Array(nodes + 1),
    value: new Float64Array(nodes),
    gain: new Float64Array(nodes),
    cover: new Float64Array(nodes),
    impurity: new Float64Array(nodes),
    statsSize,
    impurityStats: new Float64Array(nodes * statsSize),
    rawCount: new Float64Array(nodes),
    numCategories: new Int32Array(nodes).fill(-1),
  };
  const words: Uint32Array[] = [];
  let wordCount = 0;
  let i = 0;
  ordered.forEach(({ rows, right }, t) => {
    const from = i;
    rows.forEach(([, prediction, impurity, stats, rawCount, gain, leftChild, , split], n) => {
      if (!stats || stats.length !== statsSize) fail(`node ${n} of tree ${t} must have ${statsSize} impurityStats, has ${stats?.length ?? 'none'}`);
      if (!stats.every((x) => (kind === 'classes' ? x >= 0 && x < Number.POSITIVE_INFINITY : !Number.isNaN(x)))) {
        fail(`node ${n} of tree ${t} must have weights in its impurityStats, has ${show(stats)}`);
      }
      trees.value[i] = prediction;
      trees.impurity[i] = impurity;
      trees.impurityStats.set(stats, i * statsSize);
      trees.cover[i] = kind === 'variance' ? stats[0] : stats.reduce((a, b) => a + b, 0);
      trees.rawCount[i] = rawCount === null ? -1 : Number(rawCount);
      trees.gain[i] = gain;
      if (leftChild >= 0) {
        const [feature, values, numCategories] = split ?? fail(`node ${n} of tree ${t} must have a split`);
        trees.feature[i] = feature;
        trees.left[i] = i + 1;
        trees.right[i] = from + right[n];
        if (numCategories === -1) {
          if (values?.length !== 1) fail(`node ${n} of tree ${t} must have one threshold, has ${values?.length ?? 'none'}`);
          trees.threshold[i] = values[0];
        } else {
          if (!(numCategories > 0)) fail(`node ${n} of tree ${t} must split at least one category, has ${numCategories}`);
          if (!values?.every((c) => Number.isInteger(c) && c >= 0 && c < numCategories)) {
            fail(`node ${n} of tree ${t} must split categories 0 … ${numCategories - 1}, has ${show(values)}`);
          }
          wordCount += Math.ceil(numCategories / 32);
          if (wordCount > MAX_WORDS) fail(`its splits must have less than ${32 * MAX_WORDS} categories in all`);
          const bits = categorySplit(values, numCategories);
          trees.numCategories[i] = numCategories;
          trees.missingLeft[i] = bits.missingLeft;
          words.push(bits.words);
        }
      }
      trees.categoryStarts[++i] = wordCount;
    });
    starts[t + 1] = i;
  });
  const categories = new Uint32Array(wordCount);
  let at = 0;
  for (const bits of words) {
    categories.set(bits, at);
    at += bits.length;
  }
  const whole = { ...trees, categories };
  checkTrees(owner, whole, numFeatures);
  return whole;
}

/** The rows from the root down, left before right, and where in that order each row's right child stands. */
function inPreorder(rows: readonly NodeRow[], t: number, fail: (problem: string) => never): { rows: readonly NodeRow[]; right: Int32Array } {
  const byId = new Array<NodeRow | undefined>(rows.length);
  for (const row of rows) {
    const [id] = row;
    if (!(id >= 0 && id < rows.length)) fail(`the ${rows.length} nodes of tree ${t} must have the numbers 0 … ${rows.length - 1}, one has ${id}`);
    if (byId[id]) fail(`tree ${t} must have one node ${id}, has two`);
    byId[id] = row;
  }
  if (rows.length === 0) fail(`tree ${t} must have a node`);
  const out: NodeRow[] = [];
  const right = new Int32Array(rows.length).fill(-1);
  // Nodes to visit, each with the place of the parent whose right child it is (-1: a left child or the root).
  const stack: [id: number, rightOf: number][] = [[0, -1]];
  for (let next = stack.pop(); next; next = stack.pop()) {
    const [id, rightOf] = next;
    const row = byId[id];
    if (!row) return fail(`tree ${t} must be a tree: node ${id} is not there, or a child twice`);
    byId[id] = undefined;
    if (rightOf >= 0) right[rightOf] = out.length;
    const [, , , , , , leftChild, rightChild] = row;
    if (leftChild >= 0 !== rightChild >= 0) fail(`node ${id} of tree ${t} must have two children or none, has ${leftChild} and ${rightChild}`);
    if (leftChild >= 0) stack.push([rightChild, out.length], [leftChild, -1]);
    out.push(row);
  }
  if (out.length !== rows.length) fail(`tree ${t} must be a tree: ${rows.length - out.length} of its nodes hang on no other`);
  return { rows: out, right };
}
