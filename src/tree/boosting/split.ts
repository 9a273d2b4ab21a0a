import type { GrowthRules } from './contract.ts';

/** Sums of gradients and hessians of some rows, and their number. */
export interface RowSums {
  readonly g: number;
  readonly h: number;
  readonly count: number;
}

/**
 * Sums by code of one feature in one node, `bins + 1` entries: the last is the missing code's. `count` null: rows are counted by their share of the
 * node's hessian, rounded to the nearest whole number, as LightGBM does.
 */
export interface FeatureHistogram {
  readonly g: Float64Array;
  readonly h: Float64Array;
  readonly count: Float64Array | null;
}

/** A node that may be split: its sums, and the bounds that monotone constraints above put on its value. */
export interface GrowingNode extends RowSums {
  readonly low: number;
  readonly high: number;
}

/** One side of a split. `value` is what it predicts as a leaf, before the learning rate. */
export interface SplitSide extends RowSums {
  readonly value: number;
}

/**
 * `bin` is the last code on the left of a numeric split (after the last bin: all but missing), -1 in a category split, whose bits of the left side
 * are `categories`.
 */
export interface Split {
  readonly gain: number;
  readonly bin: number;
  readonly categories: Uint32Array | null;
  readonly missingLeft: boolean;
  readonly left: SplitSide;
  readonly right: SplitSide;
}

export type SplitRules = Pick<
  GrowthRules,
  'minSamplesLeaf' | 'minChildWeight' | 'minSplitGain' | 'l1' | 'l2' | 'categorySmoothing' | 'categoryL2' | 'maxCategoryThreshold'
>;

/** Up to so many categories, each is tried against the rest (as in LightGBM). */
export const ONE_VERSUS_REST = 4;

/** `-T(G) / (H + l2)` within the bounds, where T draws G towards 0 by l1. */
export function leafValue({ g, h }: { g: number; h: number }, l1: number, l2: number, low = -Infinity, high = Infinity): number {
  const value = h + l2 > 0 ? -shrunk(g, l1) / (h + l2) : 0;
  return Math.min(Math.max(value, low), high);
}

/** What a leaf of this value takes from the loss, doubled: `-(2 T(G) v + (H + l2) v²)`, which at the unbounded value is `T(G)² / (H + l2)`. */
function leafGain({ g, h }: { g: number; h: number }, l1: number, l2: number, value: number): number {
  const t = shrunk(g, l1);
  const d = h + l2;
  if (!(d > 0)) return 0;
  return value === -t / d ? (t * t) / d : -(2 * t * value + d * value * value);
}

function shrunk(g: number, l1: number): number {
  return g > l1 ? g - l1 : g < -l1 ? g + l1 : 0;
}

/**
 * The split of one feature with the largest gain `gain(left) + gain(right) - gain(node)` above `minSplitGain`, or null. Each side keeps at least
 * `minSamplesLeaf` rows and the hessian `minChildWeight`; under a constraint (-1 or 1) the right side's value is not above, or not below, the left's.
 * Missing rows are tried on both sides; where the node has none, missing goes with the larger side (left when equal). On equal gains the lowest bin
 * wins, and missing on the right.
 */
export function bestSplit(histogram: FeatureHistogram, isCategorical: boolean, node: GrowingNode, rules: SplitRules, monotone = 0): Split | null {
  const search = new Search(histogram, node, rules, monotone);
  if (!isCategorical) scanNumeric(search);
  else if (search.bins <= ONE_VERSUS_REST) scanOneVersusRest(search);
  else scanSorted(search);
  return search.best();
}

/** The bounds of a split's sides: under a constraint neither may cross the middle of their values (LightGBM's basic method). */
export function sideBounds(
  { left, right }: Record<'left' | 'right', { readonly value: number }>,
  monotone: number,
  { low, high }: Pick<GrowingNode, 'low' | 'high'>,
): { left: [number, number]; right: [number, number] } {
  const middle = (left.value + right.value) / 2;
  if (monotone > 0) return { left: [low, middle], right: [middle, high] };
  if (monotone < 0) return { left: [middle, high], right: [low, middle] };
  return { left: [low, high], right: [low, high] };
}

/** 1 for each feature that may be split on below a path of features: those of the sets that hold the whole path. Null where all may. */
export function allowedFeatures(interactions: GrowthRules['interactions'], path: readonly number[], numFeatures: number): Uint8Array | null {
  if (!interactions) return null;
  const allowed = new Uint8Array(numFeatures);
  for (const set of interactions) if (path.every((feature) => set.includes(feature))) for (const feature of set) allowed[feature] = 1;
  return allowed;
}

/**
 * A gain that the rounding of gradients alone hardly ever reaches. Rounding moves a gradient by at most half a unit (1 / scale) in standard
 * deviation, so that the gain of a split of rows that are all alike is about `1/4 · unit² · rows / hessian` times the largest of many χ² variables of
 * one degree, which stays below 32.
 */
export function noiseGain({ count, h }: { readonly count: number; readonly h: number }, scale: number): number {
  return h > 0 ? (8 * count) / (h * scale * scale) : 0;
}

/** Tries left sides one after the other and keeps the best. Numeric ones by their last bin, category ones by the codes that a function lists. */
class Search {
  readonly bins: number;
  readonly hasMissing: boolean;
  readonly histogram: FeatureHistogram;
  readonly rules: SplitRules;
  readonly #node: GrowingNode;
  readonly #monotone: number;
  readonly #rowsPerHessian: number;
  #gain = 0;
  #found: { l2: number; bin: number; codes: () => readonly number[]; missingLeft: boolean | null; g: number; h: number; count: number } | undefined;

  constructor(histogram: FeatureHistogram, node: GrowingNode, rules: SplitRules, monotone: number) {
    this.histogram = histogram;
    this.rules = rules;
    this.#node = node;
    this.#monotone = monotone;
    this.bins = histogram.h.length - 1;
    this.hasMissing = (histogram.count ?? histogram.h)[this.bins] > 0;
    this.#rowsPerHessian = node.h > 0 ? node.count / node.h : 0;
  }

  /** Rows of a code, or of a sum of hessians. */
  rows(code: number): number {
    const { h, count } = this.histogram;
    return count ? count[code] : this.#rounded(h[code]);
  }

  /** Considers rows of these sums on the left; `count` is ignored where the histogram has none. */
  offer(l2: number, bin: number, codes: () => readonly number[], missingLeft: boolean | null, g: number, h: number, count: number): void {
    const { minSamplesLeaf, minChildWeight, minSplitGain, l1 } = this.rules;
    const node = this.#node;
    const rows = this.histogram.count ? count : this.#rounded(h);
    const [right, rightRows] = [{ g: node.g - g, h: node.h - h }, node.count - rows];
    const least = Math.max(minSamplesLeaf, 1);
    if (rows < least || rightRows < least || h < minChildWeight || right.h < minChildWeight) return;
    const a = leafValue({ g, h }, l1, l2, node.low, node.high);
    const b = leafValue(right, l1, l2, node.low, node.high);
    if (this.#monotone * (b - a) < 0) return;
    const whole = leafGain(node, l1, this.rules.l2, leafValue(node, l1, this.rules.l2, node.low, node.high));
    const gain = leafGain({ g, h }, l1, l2, a) + leafGain(right, l1, l2, b) - whole;
    if (!(gain > minSplitGain && (!this.#found || gain > this.#gain))) return;
    this.#gain = gain;
    this.#found = { l2, bin, codes, missingLeft, g, h, count: rows };
  }

  best(): Split | null {
    if (!this.#found) return null;
    const { l2, bin, codes, missingLeft, g, h, count } = this.#found;
    const { low, high } = this.#node;
    const side = (sums: RowSums): SplitSide => ({ ...sums, value: leafValue(sums, this.rules.l1, l2, low, high) });
    const rest = { g: this.#node.g - g, h: this.#node.h - h, count: this.#node.count - count };
    return {
      gain: this.#gain,
      bin,
      categories: bin < 0 ? this.#bits(codes()) : null,
      missingLeft: missingLeft ?? count >= rest.count,
      left: side({ g, h, count }),
      right: side(rest),
    };
  }

  #rounded(h: number): number {
    return Math.floor(h * this.#rowsPerHessian + 0.5);
  }

  #bits(codes: readonly number[]): Uint32Array {
    const words = new Uint32Array((this.bins + 31) >> 5);
    for (const c of codes) if (c < this.bins) words[c >> 5] |= 1 << (c & 31);
    return words;
  }
}

const NO_CODES = () => [];

function scanNumeric(search: Search): void {
  const { bins, hasMissing, histogram, rules } = search;
  const missing = { g: histogram.g[bins], h: histogram.h[bins], count: histogram.count?.[bins] ?? 0 };
  let [g, h, count] = [0, 0, 0];
  for (let bin = 0; bin < bins; bin++) {
    g += histogram.g[bin];
    h += histogram.h[bin];
    count += histogram.count?.[bin] ?? 0;
    if (bin === bins - 1 && !hasMissing) break;
    search.offer(rules.l2, bin, NO_CODES, hasMissing ? false : null, g, h, count);
    if (hasMissing && bin < bins - 1) search.offer(rules.l2, bin, NO_CODES, true, g + missing.g, h + missing.h, count + missing.count);
  }
}

/** Few categories: each alone on the left, and the missing rows as one more. */
function scanOneVersusRest(search: Search): void {
  const { bins, hasMissing, histogram, rules } = search;
  for (let code = 0; code < bins + (hasMissing ? 1 : 0); code++) {
    const { g, h } = histogram;
    search.offer(rules.l2, -1, () => [code], hasMissing ? code === bins : null, g[code], h[code], histogram.count?.[code] ?? 0);
  }
}

/**
 * Many categories: those of at least `categorySmoothing` rows stand in the order of `g / (h + categorySmoothing)`, missing rows as one more, and the
 * left side takes the first 1, 2, 3 … of them from either end, up to `maxCategoryThreshold` and half of them (Fisher 1958). Rarer ones stay on the
 * right.
 */
function scanSorted(search: Search): void {
  const { bins, hasMissing, histogram, rules } = search;
  const { g, h, count } = histogram;
  const l2 = rules.l2 + rules.categoryL2;
  const ratio = (c: number) => g[c] / (h[c] + rules.categorySmoothing);
  const order: number[] = [];
  for (let c = 0; c <= bins; c++) if (search.rows(c) >= Math.max(rules.categorySmoothing, 1) && (c < bins || hasMissing)) order.push(c);
  order.sort((a, b) => ratio(a) - ratio(b) || a - b);
  const most = Math.min(rules.maxCategoryThreshold, (order.length + 1) >> 1);
  for (const codes of [order, order.toReversed()]) {
    const left = { g: 0, h: 0, count: 0, missing: false };
    for (let i = 0; i < most; i++) {
      const c = codes[i];
      left.g += g[c];
      left.h += h[c];
      left.count += count?.[c] ?? 0;
      left.missing ||= c === bins;
      search.offer(l2, -1, () => codes.slice(0, i + 1), hasMissing ? left.missing : null, left.g, left.h, left.count);
    }
  }
}
