import { bestSplit, type GrowingNode, leafValue, ONE_VERSUS_REST, type Split, type SplitRules } from './split.ts';

/** Sums of one feature in one node, in real units: `bins + 1` entries of each, the last the missing code's. Only the first `bins + 1` count. */
export interface FeatureSums {
  readonly g: Float64Array;
  readonly h: Float64Array;
}

/**
 * {@link bestSplit} of a numeric feature for the common case (no L1, no bounds, no constraint, rows by their share of the hessian): the same split,
 * found without an object a candidate.
 */
export function bestNumericSplit({ g, h }: FeatureSums, bins: number, node: GrowingNode, rules: SplitRules): Split | null {
  const { minChildWeight, l2 } = rules;
  const { least, share, hasMissing, whole } = measuresOf(h, bins, node, rules);
  let best = rules.minSplitGain;
  let bestBin = -1;
  let bestMissing = false;
  let bestG = 0;
  let bestH = 0;
  let left = 0;
  let leftH = 0;
  const end = hasMissing ? bins : bins - 1;
  for (let bin = 0; bin < end; bin++) {
    left += g[bin];
    leftH += h[bin];
    const rows = Math.floor(leftH * share + 0.5);
    const rightH = node.h - leftH;
    if (node.count - rows < least || rightH < minChildWeight) {
      if (!hasMissing) break;
    } else if (rows >= least && leftH >= minChildWeight) {
      const gain = gainOf(left, leftH, l2) + gainOf(node.g - left, rightH, l2) - whole;
      if (gain > best) {
        best = gain;
        bestBin = bin;
        bestMissing = false;
        bestG = left;
        bestH = leftH;
      }
    }
    if (!hasMissing || bin === bins - 1) continue;
    const withG = left + g[bins];
    const withH = leftH + h[bins];
    const withRows = Math.floor(withH * share + 0.5);
    const restH = node.h - withH;
    if (withRows < least || node.count - withRows < least || withH < minChildWeight || restH < minChildWeight) continue;
    const gain = gainOf(withG, withH, l2) + gainOf(node.g - withG, restH, l2) - whole;
    if (gain > best) {
      best = gain;
      bestBin = bin;
      bestMissing = true;
      bestG = withG;
      bestH = withH;
    }
  }
  return bestBin < 0 ? null : numericSplit(node, rules, best, bestBin, hasMissing ? bestMissing : null, bestG, bestH);
}

/** A split as it is told; `missingLeft` null: the node has no missing rows. */
export function numericSplit(
  node: GrowingNode,
  { l2 }: SplitRules,
  gain: number,
  bin: number,
  missingLeft: boolean | null,
  leftG: number,
  leftH: number,
): Split {
  const count = Math.floor(leftH * (node.h > 0 ? node.count / node.h : 0) + 0.5);
  const side = (g: number, h: number, rows: number) => ({ g, h, count: rows, value: leafValue({ g, h }, 0, l2) });
  return {
    gain,
    bin,
    categories: null,
    missingLeft: missingLeft ?? count >= node.count - count,
    left: side(leftG, leftH, count),
    right: side(node.g - leftG, node.h - leftH, node.count - count),
  };
}

/** Whether {@link bestNumericSplit} applies. */
export function isPlain(node: GrowingNode, { l1 }: SplitRules, monotone: number): boolean {
  return monotone === 0 && l1 === 0 && node.low === Number.NEGATIVE_INFINITY && node.high === Number.POSITIVE_INFINITY;
}

/**
 * What all candidates of a feature are measured by: the rows that a side needs, rows a unit of hessian, whether rows are missing, the gain of the
 * node as a leaf.
 */
function measuresOf(h: Float64Array, bins: number, node: GrowingNode, { minSamplesLeaf, l2 }: SplitRules) {
  return {
    least: Math.max(minSamplesLeaf, 1),
    share: node.h > 0 ? node.count / node.h : 0,
    hasMissing: h[bins] > 0,
    whole: gainOf(node.g, node.h, l2),
  };
}

function gainOf(g: number, h: number, l2: number): number {
  const d = h + l2;
  return d > 0 ? (g * g) / d : 0;
}

/** {@link bestSplit} of a feature of few categories, each tried against the rest, for the common case as {@link bestNumericSplit}. */
function bestOneVersusRest({ g, h }: FeatureSums, bins: number, node: GrowingNode, rules: SplitRules): Split | null {
  const { minChildWeight, l2 } = rules;
  const { least, share, hasMissing, whole } = measuresOf(h, bins, node, rules);
  let best = rules.minSplitGain;
  let found = -1;
  for (let code = 0; code < (hasMissing ? bins + 1 : bins); code++) {
    const rows = Math.floor(h[code] * share + 0.5);
    const rightH = node.h - h[code];
    if (rows < least || node.count - rows < least || h[code] < minChildWeight || rightH < minChildWeight) continue;
    const gain = gainOf(g[code], h[code], l2) + gainOf(node.g - g[code], rightH, l2) - whole;
    if (gain > best) {
      best = gain;
      found = code;
    }
  }
  if (found < 0) return null;
  const split = numericSplit(node, rules, best, -1, hasMissing ? found === bins : null, g[found], h[found]);
  return { ...split, categories: Uint32Array.of(found < bins ? 1 << found : 0) };
}

/** {@link bestSplit}, by a fast way where there is one. */
export function findSplit(
  sums: FeatureSums,
  bins: number,
  isCategorical: boolean,
  node: GrowingNode,
  rules: SplitRules,
  monotone: number,
): Split | null {
  if (isPlain(node, rules, monotone)) {
    if (!isCategorical) return bestNumericSplit(sums, bins, node, rules);
    if (bins <= ONE_VERSUS_REST) return bestOneVersusRest(sums, bins, node, rules);
  }
  return bestSplit({ g: sums.g.subarray(0, bins + 1), h: sums.h.subarray(0, bins + 1), count: null }, isCategorical, node, rules, monotone);
}
