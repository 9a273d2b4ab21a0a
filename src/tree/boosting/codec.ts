import { MlError, show } from '../../error.ts';
import type { Codec } from '../../persistence/codec.ts';
import { leftCategoriesOf } from '../nodes.ts';
import type { FeatureReading } from '../reading.ts';
import { type Trees, treeCount } from '../trees.ts';
import type { LossSpec } from './contract.ts';
import { LINKS, type ModelLoss } from './link.ts';
import { type BoostingState, checkBoostingState } from './model-state.ts';

const NODE =
  'struct<id: int!, prediction: double!, gain: double!, cover: double!, leftChild: int!, rightChild: int!, missingLeft: boolean!, ' +
  'split: struct<featureIndex: int!, leftCategoriesOrThreshold: array<double!>, numCategories: int!>>';
/** Categories of a node at most, and words of bits of all nodes together. */
const MAX_CATEGORIES = 1 << 20;
const MAX_WORDS = 1 << 24;

/** As doubles without digits stand in metadata. */
const SPECIAL: ReadonlyMap<unknown, number> = new Map([
  ['NaN', Number.NaN],
  ['Inf', Number.POSITIVE_INFINITY],
  ['-Inf', Number.NEGATIVE_INFINITY],
]);

type SplitRow = readonly [featureIndex: number, leftCategoriesOrThreshold: ArrayLike<number>, numCategories: number];
type NodeRow = readonly [
  id: number,
  prediction: number,
  gain: number,
  cover: number,
  leftChild: number,
  rightChild: number,
  missingLeft: boolean,
  split: SplitRow,
];

/**
 * How the state of the model class `owner` is saved: a row a node as Spark lays out its ensembles (ids count within a tree, in preorder; a split is
 * one threshold, or the categories that go left of `numCategories`), with cover and the side of missing values in place of impurities; the rest
 * stands in the metadata.
 */
export function boostingCodec(owner: string): Codec<BoostingState> {
  const fail = (problem: string): never => {
    throw new MlError('MODEL_FORMAT', `${owner}: ${problem}`);
  };
  return {
    columns: { treeID: 'int!', nodeData: NODE },
    encode: ({ trees }) => nodeRows(trees),
    metadata({ trees, start, loss, numFeatures, numClasses, categorySizes, featureNames, reading, objectiveHistory, validationHistory }) {
      const doubles = (values: readonly number[]) => Float64Array.from(values);
      return {
        numFeatures,
        numClasses,
        numTrees: treeCount(trees),
        loss: lossJson(loss),
        start: doubles(start),
        categorySizes,
        ...(featureNames && { featureNames }),
        ...reading,
        objectiveHistory: doubles(objectiveHistory),
        validationHistory: doubles(validationHistory),
      };
    },
    decode(rows, metadata) {
      const whole = (key: string, most: number): number => {
        const value = metadata.get(key);
        return typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= most
          ? value
          : fail(`${key} must be a whole number up to ${most}, got ${show(value)}`);
      };
      const list = (key: string, accepts: (item: unknown) => boolean, rule: string): unknown[] => {
        const value = metadata.get(key);
        return Array.isArray(value) && value.every(accepts) ? value : fail(`${key} must be a list of ${rule}, got ${show(value)}`);
      };
      const numbers = (key: string) =>
        list(key, (x) => typeof x === 'number' || SPECIAL.has(x), 'numbers').map((x) => SPECIAL.get(x) ?? (x as number));
      const isWhole = (x: unknown) => typeof x === 'number' && Number.isInteger(x) && x >= 0;
      const numFeatures = whole('numFeatures', 2 ** 31 - 1);
      const numTrees = whole('numTrees', rows.length);
      const featureNames = metadata.has('featureNames') ? (list('featureNames', (x) => typeof x === 'string', 'texts') as string[]) : undefined;
      if (featureNames && featureNames.length !== numFeatures) fail(`featureNames must have ${numFeatures} entries, has ${featureNames.length}`);
      const zeroMissing = metadata.has('zeroMissing') && list('zeroMissing', (x) => isWhole(x) && (x as number) < numFeatures, 'features');
      const otherCategory = metadata.has('otherCategory') && list('otherCategory', isWhole, 'whole numbers');
      if (otherCategory && otherCategory.length !== numFeatures) fail(`otherCategory must have ${numFeatures} entries, has ${otherCategory.length}`);
      const reading = { ...(zeroMissing && { zeroMissing }), ...(otherCategory && { otherCategory }) } as FeatureReading;
      const state: BoostingState = {
        trees: readNodes(rows, numTrees, fail),
        start: numbers('start'),
        loss: readLoss(metadata.get('loss'), fail),
        numFeatures,
        numClasses: whole('numClasses', 2 ** 31 - 1),
        categorySizes: list('categorySizes', isWhole, 'whole numbers') as number[],
        ...(featureNames && { featureNames }),
        ...((zeroMissing || otherCategory) && { reading }),
        objectiveHistory: numbers('objectiveHistory'),
        validationHistory: numbers('validationHistory'),
      };
      checkBoostingState(owner, state);
      return state;
    },
  };
}

function nodeRows(trees: Trees): unknown[][] {
  const rows: unknown[][] = [];
  const { starts, feature, threshold, left, right, missingLeft, categoryStarts, value, gain, cover } = trees;
  for (let t = 0; t < treeCount(trees); t++) {
    const first = starts[t];
    const child = (node: number) => (node < 0 ? -1 : node - first);
    for (let i = first; i < starts[t + 1]; i++) {
      const categories = leftCategoriesOf(trees, i);
      const split: SplitRow =
        feature[i] < 0
          ? [-1, [], -1]
          : [feature[i], categories ?? [threshold[i]], categories ? (categoryStarts[i + 1] - categoryStarts[i]) * 32 : -1];
      const node: NodeRow = [i - first, value[i], gain[i], cover[i], child(left[i]), child(right[i]), missingLeft[i] === 1, split];
      rows.push([t, node]);
    }
  }
  return rows;
}

/** Rows come in any order. What a file says of sizes is held against the rows there are before memory is taken. */
function readNodes(rows: readonly (readonly unknown[])[], numTrees: number, fail: (problem: string) => never): Trees {
  const nodes = rows.map(([tree, node]) => ({ tree: tree as number, node: (node ?? fail('nodeData must not be null')) as NodeRow }));
  const counts = new Int32Array(numTrees + 1);
  for (const { tree } of nodes) {
    if (tree < 0 || tree >= numTrees) fail(`treeID must be 0 … ${numTrees - 1}, got ${tree}`);
    counts[tree + 1]++;
  }
  const starts = counts;
  for (let t = 0; t < numTrees; t++) starts[t + 1] += starts[t];
  const inOrder = new Array<NodeRow | undefined>(nodes.length);
  for (const { tree, node } of nodes) {
    const at = starts[tree] + node[0];
    if (node[0] < 0 || at >= starts[tree + 1] || inOrder[at])
      fail(`ids of tree ${tree} must be 0 … ${starts[tree + 1] - starts[tree] - 1}, each once, got ${node[0]}`);
    inOrder[at] = node;
  }
  const all = inOrder as NodeRow[];
  const categoryStarts = new Int32Array(all.length + 1);
  let words = 0;
  all.forEach(([id, , , , , , , split], i) => {
    words += wordCount(id, split, fail);
    if (words > MAX_WORDS) fail(`splits by category must have at most ${32 * MAX_WORDS} categories together`);
    categoryStarts[i + 1] = words;
  });
  const categories = new Uint32Array(words);
  all.forEach(([id, , , , , , , split], i) => {
    setBits(categories.subarray(categoryStarts[i], categoryStarts[i + 1]), id, split, fail);
  });
  const trees = {
    starts,
    feature: Int32Array.from(all, ([, , , , , , , split]) => split[0]),
    threshold: Float64Array.from(all, ([, , , , , , , [feature, values, count]]) => (feature < 0 || count >= 0 ? Number.NaN : values[0])),
    left: new Int32Array(all.length),
    right: new Int32Array(all.length),
    missingLeft: Uint8Array.from(all, (node) => (node[6] ? 1 : 0)),
    categoryStarts,
    categories,
    value: Float64Array.from(all, (node) => node[1]),
    gain: Float64Array.from(all, (node) => node[2]),
    cover: Float64Array.from(all, (node) => node[3]),
  };
  for (let t = 0; t < numTrees; t++) {
    for (let i = starts[t]; i < starts[t + 1]; i++) {
      const [, , , , left, right] = all[i];
      const size = starts[t + 1] - starts[t];
      if (left >= size || right >= size || left < -1 || right < -1)
        fail(`children of node ${all[i][0]} of tree ${t} must be among its ${size} nodes, are ${left} and ${right}`);
      trees.left[i] = left < 0 ? -1 : starts[t] + left;
      trees.right[i] = right < 0 ? -1 : starts[t] + right;
    }
  }
  return trees;
}

/** Words of bits of a node's split: none of a leaf or a threshold. */
function wordCount(id: number, [feature, values, count]: SplitRow, fail: (problem: string) => never): number {
  if (values === null) fail(`node ${id} must have leftCategoriesOrThreshold, got null`);
  if (feature < 0 || count < 0) {
    if (values.length !== (feature < 0 ? 0 : 1)) fail(`node ${id} must have ${feature < 0 ? 'no threshold' : 'one threshold'}, has ${values.length}`);
    return 0;
  }
  if (count === 0 || count % 32 !== 0 || count > MAX_CATEGORIES) {
    fail(`numCategories of node ${id} must be a multiple of 32 up to ${MAX_CATEGORIES}, got ${count}`);
  }
  return count / 32;
}

function setBits(words: Uint32Array, id: number, [, values, count]: SplitRow, fail: (problem: string) => never): void {
  if (words.length === 0) return;
  for (let k = 0; k < values.length; k++) {
    const c = values[k];
    if (!(Number.isInteger(c) && c >= 0 && c < count)) fail(`categories of node ${id} must be 0 … ${count - 1}, got ${c}`);
    words[c >> 5] |= 1 << (c & 31);
  }
}

function lossJson(loss: ModelLoss): Record<string, unknown> {
  return Object.fromEntries(Object.entries(loss).filter(([, value]) => value !== undefined));
}

const LOSSES: ReadonlySet<string> = new Set<LossSpec['name']>([
  'logistic',
  'softmax',
  'squared',
  'absolute',
  'huber',
  'quantile',
  'poisson',
  'gamma',
  'tweedie',
]);

function readLoss(json: unknown, fail: (problem: string) => never): ModelLoss {
  if (json instanceof Map && json.get('name') === 'foreign') return readForeignLoss(json, fail);
  if (!(json instanceof Map) || !LOSSES.has(json.get('name'))) fail(`loss must be one of ${[...LOSSES].join(', ')}, got ${show(json)}`);
  const loss = json as ReadonlyMap<string, unknown>;
  const number = (key: 'numClasses' | 'alpha' | 'power') => {
    const value = loss.get(key);
    if (value !== undefined && !(typeof value === 'number' && Number.isFinite(value)))
      fail(`${key} of the loss must be a finite number, got ${show(value)}`);
    return value === undefined ? {} : { [key]: value };
  };
  return { name: loss.get('name'), ...number('numClasses'), ...number('alpha'), ...number('power') } as LossSpec;
}

function readForeignLoss(json: ReadonlyMap<string, unknown>, fail: (problem: string) => never): ModelLoss {
  const [objective, link, numClasses] = ['objective', 'link', 'numClasses'].map((key) => json.get(key));
  if (typeof objective !== 'string') fail(`objective of the loss must be a text, got ${show(objective)}`);
  if (!LINKS.has(link as string)) fail(`link of the loss must be one of ${[...LINKS].join(', ')}, got ${show(link)}`);
  if (numClasses !== undefined && !Number.isInteger(numClasses)) fail(`numClasses of the loss must be a whole number, got ${show(numClasses)}`);
  return { name: 'foreign', objective, link, ...(numClasses !== undefined && { numClasses }) } as ModelLoss;
}
