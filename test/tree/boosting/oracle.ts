import { logistic_pairs, noiseOf } from '#dist/kernels/js/boosting.js';
import { hash32 } from '#dist/random.js';
import { binCount, type FeatureBins } from '#dist/tree/bins.js';
import type { BoostingSpec } from '#dist/tree/boosting/contract.js';
import { pairOf, scalesOf } from '#dist/tree/boosting/gradient-pass.js';
import { hasUnitHessian, renewedValue, renewsLeaves, scalarLoss, softmaxGradients, startScores } from '#dist/tree/boosting/losses.js';
import { bestSplit, type GrowingNode, leafValue, noiseGain, type Split, sideBounds } from '#dist/tree/boosting/split.js';

export interface OracleRows {
  /** By feature. */
  readonly codes: readonly (readonly number[])[];
  readonly bins: readonly FeatureBins[];
  readonly labels: readonly number[];
  readonly weights: readonly number[] | null;
}

interface Leaf extends GrowingNode {
  rows: number[];
  depth: number;
  node: OracleNode;
  best: { feature: number; split: Split } | null;
}

export interface OracleNode {
  value: number;
  feature: number;
  bin: number;
  left: OracleNode | null;
  right: OracleNode | null;
}

/** Boosting as straightforward as can be: plain arrays, every histogram from its rows, one thread. Gives the trees and the scores of the rows. */
export function boost({ codes, bins, labels, weights }: OracleRows, spec: BoostingSpec): { trees: OracleNode[]; scores: number[][] } {
  const n = labels.length;
  const rowWeights = labels.map((y, i) => (weights ? weights[i] : 1) * (spec.classWeights?.[y] ?? 1));
  const weighted = weights !== null || spec.classWeights !== undefined;
  const start = startScores(spec.loss, [{ labels, weights: weighted ? rowWeights : null }]);
  const scores = start.map((value) => new Array<number>(n).fill(value));
  const trees: OracleNode[] = [];
  for (let t = 0; t < spec.iterations; t++) {
    const draws = hash32(spec.seed, t);
    const made = pairsOf(spec, scores, labels, weighted ? rowWeights : null, hash32(draws, 0));
    for (const [c, own] of scores.entries()) {
      const rows = labels
        .map((_, i) => i)
        .filter((i) => rowWeights[i] > 0 && (spec.rowFraction >= 1 || hash32(hash32(draws, 1), i) < spec.rowFraction * 2 ** 32));
      const leaves = grow(rows, made.g[c], made.h[c], made.scale, codes, bins, spec);
      for (const leaf of leaves) {
        const renewed = renewsLeaves(spec.loss)
          ? renewedValue(
              spec.loss,
              Float64Array.from(leaf.rows, (i) => labels[i] - own[i]),
              weighted ? Float64Array.from(leaf.rows, (i) => rowWeights[i]) : null,
            )
          : leaf.node.value;
        leaf.node.value = renewed;
      }
      const root = leaves[0].root;
      scale(root, spec.learningRate);
      for (let i = 0; i < n; i++) own[i] += leafOf(root, codes, bins, i).value;
      trees.push(root);
    }
  }
  return { trees, scores };
}

function scale(node: OracleNode | null, factor: number): void {
  if (!node) return;
  node.value *= factor;
  scale(node.left, factor);
  scale(node.right, factor);
}

const splits = new WeakMap<OracleNode, Split>();

function goesLeft(node: OracleNode, codes: OracleRows['codes'], bins: OracleRows['bins'], i: number): boolean {
  const split = splits.get(node) as Split;
  const code = codes[node.feature][i];
  if (code === binCount(bins[node.feature])) return split.missingLeft;
  return split.categories ? ((split.categories[code >> 5] >>> (code & 31)) & 1) === 1 : code <= split.bin;
}

function leafOf(root: OracleNode, codes: OracleRows['codes'], bins: OracleRows['bins'], i: number): OracleNode {
  let node = root;
  while (node.left && node.right) node = goesLeft(node, codes, bins, i) ? node.left : node.right;
  return node;
}

/** Gradients and hessians as the fit rounds them. */
function pairsOf(spec: BoostingSpec, scores: readonly number[][], labels: readonly number[], weights: readonly number[] | null, seed: number) {
  const n = labels.length;
  const k = scores.length;
  const most = weights ? Math.max(...weights) : 1;
  const pairs = scores.map(() => new Uint32Array(n));
  const { loss } = spec;
  let scales: [number, number];
  if (loss.name === 'logistic') {
    scales = scalesOf(most, most / 4);
    logistic_pairs(
      pairs[0],
      Float64Array.from(scores[0]),
      Float64Array.from(labels),
      weights && Float64Array.from(weights),
      scales[0],
      scales[1],
      seed,
      Uint32Array.from(labels, (_, i) => i),
      n,
    );
  } else if (loss.name === 'softmax') {
    scales = scalesOf(most, ((k / (k - 1)) * most) / 4);
    const g = new Float64Array(k);
    const h = new Float64Array(k);
    for (let i = 0; i < n; i++) {
      softmaxGradients(
        Float64Array.from(scores, (own) => own[i]),
        labels[i],
        g,
        h,
      );
      const w = weights ? weights[i] : 1;
      for (let c = 0; c < k; c++) pairs[c][i] = pairOf(w * g[c] * scales[0], w * h[c] * scales[1], noiseOf(i, seed + c));
    }
  } else {
    const { gradient, hessian } = scalarLoss(loss);
    const w = (i: number) => (weights ? weights[i] : 1);
    const g = labels.map((y, i) => w(i) * gradient(scores[0][i], y));
    const h = labels.map((y, i) => w(i) * hessian(scores[0][i], y));
    const bounded = loss.name !== 'squared' && hasUnitHessian(loss);
    scales = bounded
      ? scalesOf(most * (loss.name === 'huber' ? (loss.alpha ?? 0.9) : 1), most)
      : scalesOf(Math.max(...g.map(Math.abs)), Math.max(...h));
    for (let i = 0; i < n; i++) pairs[0][i] = pairOf(g[i] * scales[0], h[i] * scales[1], noiseOf(i, seed));
  }
  return {
    scale: scales[0],
    g: pairs.map((own) => Array.from(own, (pair) => (pair >> 16) / scales[0])),
    h: pairs.map((own) => Array.from(own, (pair) => (pair & 0xffff) / scales[1])),
  };
}

function grow(
  rows: number[],
  g: readonly number[],
  h: readonly number[],
  scale: number,
  codes: OracleRows['codes'],
  bins: OracleRows['bins'],
  { growth }: BoostingSpec,
) {
  const leafWith = (own: number[], depth: number, value: number | null, low: number, high: number): Leaf => {
    const sums = { g: own.reduce((sum, i) => sum + g[i], 0), h: own.reduce((sum, i) => sum + h[i], 0) };
    const node: OracleNode = {
      value: value ?? (own.length > 0 ? leafValue(sums, growth.l1, growth.l2) : 0),
      feature: -1,
      bin: -1,
      left: null,
      right: null,
    };
    const leaf: Leaf = { ...sums, count: own.length, rows: own, depth, node, low, high, best: null };
    const may = own.length >= 2 * Math.max(growth.minSamplesLeaf, 1) && (growth.maxDepth === 0 || depth < growth.maxDepth);
    if (may) for (const [feature, one] of bins.entries()) consider(leaf, one, feature);
    if (leaf.best && leaf.best.split.gain <= noiseGain(leaf, scale)) leaf.best = null;
    return leaf;
  };
  const consider = (leaf: Leaf, one: FeatureBins, feature: number) => {
    const histogram = { g: new Float64Array(binCount(one) + 1), h: new Float64Array(binCount(one) + 1), count: null };
    for (const i of leaf.rows) {
      histogram.g[codes[feature][i]] += g[i];
      histogram.h[codes[feature][i]] += h[i];
    }
    const split = bestSplit(histogram, one.kind === 'categories', leaf, growth, growth.monotone?.[feature] ?? 0);
    if (split && (!leaf.best || split.gain > leaf.best.split.gain)) leaf.best = { feature, split };
  };
  const root = leafWith(rows, 0, null, Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY);
  const leaves = [root];
  while (leaves.length < growth.maxLeaves) {
    let at = -1;
    leaves.forEach(({ best }, l) => {
      if (best && (at < 0 || best.split.gain > (leaves[at].best?.split.gain ?? 0))) at = l;
    });
    if (at < 0) break;
    const { best, rows: own, depth, node, low, high } = leaves[at];
    const { feature, split } = best as NonNullable<Leaf['best']>;
    splits.set(node, split);
    node.feature = feature;
    node.bin = split.bin;
    const bounds = sideBounds(split, growth.monotone?.[feature] ?? 0, { low, high });
    const left = leafWith(
      own.filter((i) => goesLeft(node, codes, bins, i)),
      depth + 1,
      split.left.value,
      ...bounds.left,
    );
    const right = leafWith(
      own.filter((i) => !goesLeft(node, codes, bins, i)),
      depth + 1,
      split.right.value,
      ...bounds.right,
    );
    node.left = left.node;
    node.right = right.node;
    leaves[at] = left;
    leaves.push(right);
  }
  return leaves.map((leaf) => ({ ...leaf, root: root.node }));
}
