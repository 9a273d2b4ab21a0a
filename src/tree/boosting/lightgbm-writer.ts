import { MlError, show } from '../../error.ts';
import type { FeatureReading } from '../reading.ts';
import { type Trees, treeCount } from '../trees.ts';
import { OF_ROOTS } from './lightgbm.ts';
import type { ForeignLoss, ModelLoss } from './link.ts';
import type { BoostingState } from './model-state.ts';

/** Bits of `decision_type`; see `lightgbm.ts`. */
const CATEGORICAL = 1;
const DEFAULT_LEFT = 2;
const ZERO_IS_MISSING = 4;
const NAN_IS_MISSING = 8;
/** LightGBM's counts are 32-bit integers: covers that are no whole numbers are scaled, the root to this. */
const SCALED_COVER = 1e9;
/** Objectives of LightGBM that predict the raw score. */
const OF_SCORES: ReadonlySet<string> = new Set(['fair', 'mape', 'lambdarank', 'rank_xendcg']);

/**
 * The model as a text that LightGBM (version 4) loads and scores alike. Start scores are added to the leaves of the first trees. LightGBM sends what is in no set of categories
 * to the right, so a split by category that sends it left is written with its sides swapped. Names become LightGBM's: without spaces and signs of JSON, each once.
 */
export function writeLightGBM(state: BoostingState): string {
  const { trees, start, loss, numFeatures, featureNames, categorySizes, reading } = state;
  const width = start.length;
  const count = Math.max(treeCount(trees), width);
  const blocks = Array.from({ length: count }, (_, t) => {
    const shift = t < width ? start[t] : 0;
    const lines = t < treeCount(trees) ? treeLines(trees, t, shift, reading) : constantLines(shift);
    return `Tree=${t}\n${lines.join('\n')}\n\n\n`;
  });
  const encoder = new TextEncoder();
  const header = [
    'tree',
    'version=v4',
    `num_class=${width}`,
    `num_tree_per_iteration=${width}`,
    'label_index=0',
    `max_feature_idx=${numFeatures - 1}`,
    `objective=${objectiveText(loss)}`,
    `feature_names=${plainNames(featureNames, numFeatures).join(' ')}`,
    `feature_infos=${featureInfos(trees, numFeatures, categorySizes).join(' ')}`,
    `tree_sizes=${blocks.map((block) => encoder.encode(block).length).join(' ')}`,
  ];
  const parameters = ['[boosting: gbdt]', `[objective: ${objectiveText(loss).split(' ')[0]}]`];
  if (loss.name !== 'foreign' && loss.alpha !== undefined) parameters.push(`[alpha: ${loss.alpha}]`);
  if (loss.name !== 'foreign' && loss.power !== undefined) parameters.push(`[tweedie_variance_power: ${loss.power}]`);
  if (width > 1) parameters.push(`[num_class: ${width}]`);
  return `${header.join('\n')}\n\n${blocks.join('')}end of trees\n\nparameters:\n${parameters.join('\n')}\n\nend of parameters\n\npandas_categorical:null\n`;
}

function treeLines(trees: Trees, t: number, shift: number, { zeroMissing = [], otherCategory = [] }: FeatureReading = {}): string[] {
  const { starts, feature, threshold, left, right, missingLeft, categoryStarts, categories, value, gain } = trees;
  const first = starts[t];
  const nodes = starts[t + 1] - first;
  if (nodes === 1) return constantLines(value[first] + shift);
  // Splits and leaves are numbered apart, both in preorder.
  const number = new Int32Array(nodes);
  let [splits, leaves] = [0, 0];
  for (let i = 0; i < nodes; i++) number[i] = feature[first + i] < 0 ? -1 - leaves++ : splits++;
  const cover = wholeCovers(trees, t);
  const sets: number[] = [0];
  const words: number[] = [];
  const rows = { threshold: [] as string[], decision: [] as number[], left: [] as number[], right: [] as number[] };
  const inner: number[] = [];
  const outer: number[] = [];
  for (let i = 0; i < nodes; i++) {
    const node = first + i;
    if (feature[node] < 0) {
      outer.push(i);
      continue;
    }
    inner.push(i);
    let children = [number[left[node] - first], number[right[node] - first]];
    const bits = [...categories.subarray(categoryStarts[node], categoryStarts[node + 1])];
    if (bits.length > 0) {
      const swapped = missingLeft[node] === 1;
      if (swapped) children = children.reverse();
      // LightGBM sends unknown categories where missing ones go; where this model does not, as many again are listed.
      else if (isSet(bits, otherCategory[feature[node]])) bits.push(...bits.map(() => 0xffffffff));
      rows.threshold.push(String(sets.length - 1));
      rows.decision.push(CATEGORICAL | NAN_IS_MISSING);
      for (const word of bits) words.push((swapped ? ~word : word) >>> 0);
      sets.push(words.length);
    } else {
      rows.threshold.push(numberText(threshold[node]));
      rows.decision.push((zeroMissing.includes(feature[node]) ? ZERO_IS_MISSING : NAN_IS_MISSING) | (missingLeft[node] === 1 ? DEFAULT_LEFT : 0));
    }
    rows.left.push(children[0]);
    rows.right.push(children[1]);
  }
  const of = (which: readonly number[], item: (node: number, i: number) => string) => which.map((i) => item(first + i, i)).join(' ');
  return [
    `num_leaves=${leaves}`,
    `num_cat=${sets.length - 1}`,
    `split_feature=${of(inner, (node) => String(feature[node]))}`,
    `split_gain=${of(inner, (node) => numberText(gain[node]))}`,
    `threshold=${rows.threshold.join(' ')}`,
    `decision_type=${rows.decision.join(' ')}`,
    `left_child=${rows.left.join(' ')}`,
    `right_child=${rows.right.join(' ')}`,
    `leaf_value=${of(outer, (node) => numberText(value[node] + shift))}`,
    `leaf_weight=${of(outer, (node) => numberText(trees.cover[node]))}`,
    `leaf_count=${of(outer, (_, i) => String(cover[i]))}`,
    `internal_value=${of(inner, (node) => numberText(value[node] + shift))}`,
    `internal_weight=${of(inner, (node) => numberText(trees.cover[node]))}`,
    `internal_count=${of(inner, (_, i) => String(cover[i]))}`,
    ...(sets.length > 1 ? [`cat_boundaries=${sets.join(' ')}`, `cat_threshold=${words.join(' ')}`] : []),
    'is_linear=0',
    'shrinkage=1',
  ];
}

function isSet(words: readonly number[], category = 0): boolean {
  return category > 0 && ((words[category >> 5] >>> (category & 31)) & 1) === 1;
}

function constantLines(value: number): string[] {
  const empty = ['split_feature', 'split_gain', 'threshold', 'decision_type', 'left_child', 'right_child'].map((key) => `${key}=`);
  const behind = ['leaf_weight', 'leaf_count', 'internal_value', 'internal_weight', 'internal_count'].map((key) => `${key}=`);
  return ['num_leaves=1', 'num_cat=0', ...empty, `leaf_value=${numberText(value)}`, ...behind, 'is_linear=0', 'shrinkage=1'];
}

/** Rows that reached each node, as whole numbers that add up. */
function wholeCovers({ starts, feature, left, right, cover }: Trees, t: number): Float64Array {
  const first = starts[t];
  const counts = new Float64Array(starts[t + 1] - first);
  const whole = (x: number) => Number.isInteger(x) && x >= 0 && x < 2 ** 31;
  const scale = cover.subarray(first, starts[t + 1]).every(whole) ? 1 : SCALED_COVER / Math.max(cover[first], Number.MIN_VALUE);
  for (let i = counts.length - 1; i >= 0; i--) {
    const node = first + i;
    if (feature[node] >= 0) counts[i] = counts[left[node] - first] + counts[right[node] - first];
    else counts[i] = scale === 1 ? cover[node] : Math.max(1, Math.min(SCALED_COVER, Math.round(cover[node] * scale) || 0));
  }
  return counts;
}

function objectiveText(loss: ModelLoss): string {
  switch (loss.name) {
    case 'foreign':
      return foreignText(loss);
    case 'logistic':
      return 'binary sigmoid:1';
    case 'softmax':
      return `multiclass num_class:${loss.numClasses}`;
    case 'squared':
      return 'regression';
    case 'absolute':
      return 'regression_l1';
    default:
      return loss.name;
  }
}

/** Of LightGBM's objectives the one itself, else one of the same predictions. */
function foreignText({ objective, link, numClasses }: ForeignLoss): string {
  switch (link) {
    case 'exp':
      return 'poisson';
    case 'sigmoid':
      return numClasses === undefined ? 'cross_entropy' : `multiclassova num_class:${numClasses} sigmoid:1`;
    case 'softplus':
      return 'cross_entropy_lambda';
    case 'signedSquare':
      return `${OF_ROOTS.has(objective) ? objective : 'regression'} sqrt`;
    case 'identity':
      return OF_SCORES.has(objective) ? objective : 'custom';
    default:
      throw new MlError('NOT_SUPPORTED', `toLightGBM: LightGBM has no objective that predicts as ${show(objective)} does, ${link} of the score`);
  }
}

/** Without white space and signs of JSON, which LightGBM refuses, not empty, and each once. */
function plainNames(names: readonly string[] | undefined, numFeatures: number): string[] {
  const used = new Set<string>();
  return Array.from({ length: numFeatures }, (_, j) => {
    // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters would end the line
    const plain = (names?.[j] ?? '').replace(/[\s\u0000-\u001f"',:[\]{}]/gu, '_') || `Column_${j}`;
    let name = plain;
    for (let k = 2; used.has(name); k++) name = `${plain}_${k}`;
    used.add(name);
    return name;
  });
}

/** `[least:greatest threshold]` of a feature, `0:1:…` of one that is split by category, `none` of one that is not split. */
function featureInfos({ feature, threshold, categoryStarts }: Trees, numFeatures: number, categorySizes: readonly number[]): string[] {
  const least = new Float64Array(numFeatures).fill(Number.POSITIVE_INFINITY);
  const greatest = new Float64Array(numFeatures).fill(Number.NEGATIVE_INFINITY);
  const words = new Int32Array(numFeatures);
  for (let i = 0; i < feature.length; i++) {
    const j = feature[i];
    if (j < 0) continue;
    if (categoryStarts[i + 1] > categoryStarts[i]) words[j] = Math.max(words[j], categoryStarts[i + 1] - categoryStarts[i]);
    else {
      least[j] = Math.min(least[j], threshold[i]);
      greatest[j] = Math.max(greatest[j], threshold[i]);
    }
  }
  return Array.from({ length: numFeatures }, (_, j) => {
    if (words[j] > 0) return Array.from({ length: categorySizes[j] || 32 * words[j] }, (_, c) => c).join(':');
    return least[j] <= greatest[j] ? `[${numberText(least[j])}:${numberText(greatest[j])}]` : 'none';
  });
}

function numberText(x: number): string {
  return Number.isFinite(x) ? String(x) : x > 0 ? 'inf' : '-inf';
}
