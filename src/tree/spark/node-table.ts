import { Numbers } from '../../block/growing-numbers.ts';
import { MlError, show } from '../../error.ts';
import { checkTrees } from '../check-trees.ts';
import { categorySplit, leftCategories, type SparkTrees } from './spark-trees.ts';

/** A node as a row of Spark's files has it: the fields of {@link NODE_COLUMNS} in order. */
export type NodeRow = readonly [
  id: number,
  prediction: number,
  impurity: number,
  impurityStats: readonly number[] | null,
  rawCount: bigint | null,
  gain: number,
  leftChild: number,
  rightChild: number,
  split: readonly [featureIndex: number, leftCategoriesOrThreshold: readonly number[] | null, numCategories: number] | null,
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

/** The rows of tree `t`, in preorder, children counted from its root; made one at a time. */
export function* nodeRows(trees: SparkTrees, t: number): Generator<readonly unknown[]> {
  const { statsSize } = trees;
  const from = trees.starts[t];
  const child = (c: number) => (c < 0 ? -1 : c - from);
  for (let i = from; i < trees.starts[t + 1]; i++) {
    const split = trees.feature[i] < 0 ? [] : trees.numCategories[i] < 0 ? [trees.threshold[i]] : leftCategories(trees, i);
    yield [
      i - from,
      trees.value[i],
      trees.impurity[i],
      trees.impurityStats.subarray(i * statsSize, (i + 1) * statsSize),
      BigInt(trees.rawCount[i]),
      trees.gain[i],
      child(trees.left[i]),
      child(trees.right[i]),
      [trees.feature[i], split, trees.numCategories[i]],
    ];
  }
}

/** What rows read back must be. */
interface ExpectedTrees {
  readonly owner: string;
  readonly numFeatures: number;
  readonly numTrees: number;
  /** Numbers in each node's `impurityStats`. */
  readonly statsSize: number;
  /** Whether those are the weights of the classes, or the sums of weights, labels and their squares. */
  readonly kind: 'classes' | 'variance';
}

/** Where numbers of a row stand in {@link NodeTable}; `VALUES` is where its threshold or its left categories begin. */
const [TREE, ID, PREDICTION, IMPURITY, RAW_COUNT, GAIN, LEFT, RIGHT, FEATURE, CATEGORIES, VALUES] = Array(11).keys();
const NUMBERS = 11;
const NO_SPLIT = [-1, [], -1] as const;

/**
 * Puts trees together from the rows of their nodes, which come in any order and with any numbering from a root 0. Throws MlError MODEL_FORMAT for
 * nonsense.
 */
export class NodeTable {
  readonly #expected: ExpectedTrees;
  /** `NUMBERS` a row, in the order in which rows come. */
  readonly #numbers = new Numbers();
  readonly #stats = new Numbers();
  readonly #values = new Numbers();
  #rows = 0;
  #words = 0;

  constructor(expected: ExpectedTrees) {
    this.#expected = expected;
  }

  add(tree: number, [id, prediction, impurity, stats, rawCount, gain, left, right, split]: NodeRow): void {
    const { numTrees, statsSize, kind } = this.#expected;
    const fail = (problem: string): never => this.#fail(`node ${id} of tree ${tree} must ${problem}`);
    if (!(tree >= 0 && tree < numTrees)) this.#fail(`nodes must belong to one of the ${numTrees} trees, one has tree ${tree}`);
    if (id === undefined) this.#fail(`rows must hold nodes, one of tree ${tree} is null`);
    const own = stats?.length === statsSize ? stats : fail(`have ${statsSize} impurityStats, has ${stats?.length ?? 'none'}`);
    if (!own.every((x) => (kind === 'classes' ? x >= 0 && x < Number.POSITIVE_INFINITY : !Number.isNaN(x))))
      fail(`have weights in its impurityStats, has ${show(own)}`);
    if (left >= 0 !== right >= 0) fail(`have two children or none, has ${left} and ${right}`);
    const [feature, values, numCategories] = left < 0 ? NO_SPLIT : (split ?? fail('have a split'));
    if (left >= 0 && numCategories === -1 && values?.length !== 1) fail(`have one threshold, has ${values?.length ?? 'none'}`);
    if (left >= 0 && numCategories !== -1) {
      if (!(numCategories > 0)) fail(`split at least one category, has ${numCategories}`);
      if (!values?.every((c) => Number.isInteger(c) && c >= 0 && c < numCategories))
        fail(`split categories 0 … ${numCategories - 1}, has ${show(values)}`);
      this.#words += Math.ceil(numCategories / 32);
      if (this.#words > MAX_WORDS) this.#fail(`its splits must have less than ${32 * MAX_WORDS} categories in all`);
    }
    const row = [tree, id, prediction, impurity, rawCount === null ? -1 : Number(rawCount), gain, left, right, feature, numCategories];
    for (const x of row) this.#numbers.push(x);
    this.#numbers.push(this.#values.length);
    for (const x of own) this.#stats.push(x);
    for (const x of values as readonly number[]) this.#values.push(x);
    this.#rows++;
  }

  finish(): SparkTrees {
    const { owner, numFeatures, statsSize, kind } = this.#expected;
    const nodes = this.#rows;
    const [numbers, stats, values] = [this.#numbers.view, this.#stats.view, this.#values.view];
    const { starts, rows, right } = this.#inPreorder(numbers);
    const trees = {
      numFeatures,
      starts,
      feature: new Int32Array(nodes).fill(-1),
      threshold: new Float64Array(nodes).fill(Number.NaN),
      left: new Int32Array(nodes).fill(-1),
      right,
      missingLeft: new Uint8Array(nodes),
      categoryStarts: new Int32Array(nodes + 1),
      categories: new Uint32Array(this.#words),
      value: new Float64Array(nodes),
      gain: new Float64Array(nodes),
      cover: new Float64Array(nodes),
      impurity: new Float64Array(nodes),
      statsSize,
      impurityStats: new Float64Array(nodes * statsSize),
      rawCount: new Float64Array(nodes),
      numCategories: new Int32Array(nodes).fill(-1),
    };
    for (let i = 0, words = 0; i < nodes; i++) {
      const row = rows[i];
      const at = NUMBERS * row;
      const own = stats.subarray(row * statsSize, (row + 1) * statsSize);
      trees.value[i] = numbers[at + PREDICTION];
      trees.impurity[i] = numbers[at + IMPURITY];
      trees.impurityStats.set(own, i * statsSize);
      trees.cover[i] = kind === 'variance' ? own[0] : own.reduce((a, b) => a + b, 0);
      trees.rawCount[i] = numbers[at + RAW_COUNT];
      trees.gain[i] = numbers[at + GAIN];
      if (right[i] >= 0) {
        const numCategories = numbers[at + CATEGORIES];
        trees.feature[i] = numbers[at + FEATURE];
        trees.left[i] = i + 1;
        if (numCategories === -1) trees.threshold[i] = values[numbers[at + VALUES]];
        else {
          const end = row + 1 < nodes ? numbers[at + NUMBERS + VALUES] : values.length;
          const bits = categorySplit(values.subarray(numbers[at + VALUES], end), numCategories);
          trees.numCategories[i] = numCategories;
          trees.missingLeft[i] = bits.missingLeft;
          trees.categories.set(bits.words, words);
          words += bits.words.length;
        }
      }
      trees.categoryStarts[i + 1] = words;
    }
    checkTrees(owner, trees, numFeatures);
    return trees;
  }

  /** Tree after tree the rows from the root down, left before right: which row stands where, and where its right child stands (-1 of a leaf). */
  #inPreorder(numbers: Float64Array): { starts: Int32Array; rows: Int32Array; right: Int32Array } {
    const nodes = this.#rows;
    const starts = new Int32Array(this.#expected.numTrees + 1);
    for (let row = 0; row < nodes; row++) starts[numbers[NUMBERS * row + TREE] + 1]++;
    for (let t = 1; t < starts.length; t++) starts[t] += starts[t - 1];
    /** By tree and number; -1 once it stands in its place. */
    const rowOf = new Int32Array(nodes).fill(-1);
    for (let row = 0; row < nodes; row++) {
      const [t, id] = [numbers[NUMBERS * row + TREE], numbers[NUMBERS * row + ID]];
      const count = starts[t + 1] - starts[t];
      if (!(id >= 0 && id < count)) this.#fail(`the ${count} nodes of tree ${t} must have the numbers 0 … ${count - 1}, one has ${id}`);
      if (rowOf[starts[t] + id] >= 0) this.#fail(`tree ${t} must have one node ${id}, has two`);
      rowOf[starts[t] + id] = row;
    }
    const rows = new Int32Array(nodes);
    const right = new Int32Array(nodes).fill(-1);
    for (let t = 0; t + 1 < starts.length; t++) {
      const count = starts[t + 1] - starts[t];
      if (count === 0) this.#fail(`tree ${t} must have a node`);
      let at = starts[t];
      // Nodes to visit, each with the place of the parent whose right child it is (-1: a left child or the root).
      const stack: [id: number, rightOf: number][] = [[0, -1]];
      for (let next = stack.pop(); next; next = stack.pop()) {
        const [id, rightOf] = next;
        const row = id < count ? rowOf[starts[t] + id] : -1;
        if (row < 0) this.#fail(`tree ${t} must be a tree: node ${id} is not there, or a child twice`);
        rowOf[starts[t] + id] = -1;
        if (rightOf >= 0) right[rightOf] = at;
        const leftChild = numbers[NUMBERS * row + LEFT];
        if (leftChild >= 0) stack.push([numbers[NUMBERS * row + RIGHT], at], [leftChild, -1]);
        rows[at++] = row;
      }
      if (at !== starts[t + 1]) this.#fail(`tree ${t} must be a tree: ${starts[t + 1] - at} of its nodes hang on no other`);
    }
    return { starts, rows, right };
  }

  #fail(problem: string): never {
    throw new MlError('MODEL_FORMAT', `${this.#expected.owner}: ${problem}`);
  }
}
