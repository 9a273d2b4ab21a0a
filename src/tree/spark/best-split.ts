import type { Impurity } from './impurity.ts';
import type { SplitKind } from './tree-features.ts';

/** What a split must keep to. */
export interface SplitRules {
  readonly minInstancesPerNode: number;
  readonly minWeight: number;
  readonly minInfoGain: number;
}

/** Statistics of one feature's bins in one node: bin b's are `size + 1` numbers from `at + b · stride` on. Searching sums them up in place. */
interface BinStats {
  readonly stats: Float64Array;
  readonly at: number;
  readonly stride: number;
  readonly bins: number;
}

/**
 * Where rows are summed by bundles, the sums of two features that part the rows alike differ in last digits. A gain is then only larger if it is so
 * by more than this share of what the gain is the difference of, `Σ w m²` of both sides by their means m, so that the first of such features is
 * found, as in Spark.
 */
export const BUNDLE_SLACK = 1e-12;

/** What gains of this split are held against, of sides (Σ weight, Σ weight · y …). */
export function gainScale(left: Float64Array, right: Float64Array): number {
  const [leftWeight, leftSum] = left;
  const [rightWeight, rightSum] = right;
  return ((leftSum * leftSum) / leftWeight + (rightSum * rightSum) / rightWeight) / (leftWeight + rightWeight);
}

/** What is left of a node's impurity without that of its sides, whose statistics follow one another. */
export function gainOf(impurity: Impurity, whole: number, sides: Float64Array, leftWeight: number, rightWeight: number): number {
  const total = leftWeight + rightWeight;
  return whole - (leftWeight / total) * impurity.of(sides, 0) - (rightWeight / total) * impurity.of(sides, sides.length / 2);
}

/** Finds the best split of one node: feed it the node's features in their order, then read it. The first of equal gains wins. */
export class BestSplit {
  readonly #impurity: Impurity;
  readonly #rules: SplitRules;
  readonly #multiclass: boolean;
  readonly #binary: boolean;
  readonly #trial: Float64Array;
  readonly #slack: number;
  #nodeImpurity = Number.NaN;
  /** Feature of the split; -1 before the first good one. */
  feature = -1;
  gain = Number.NEGATIVE_INFINITY;
  /** Highest bin on the left of a threshold; -1 of a category split. */
  bin = -1;
  /** Bits of the categories on the left; of category splits. */
  readonly words: Uint32Array;
  readonly left: Float64Array;
  readonly right: Float64Array;
  /** Of the whole node, from the first feature that can be split; NaN at first. */
  readonly whole: Float64Array;

  /** `numClasses`: 0 in regression. `words`: enough for the most categories of a feature. `slack`: 0 or {@link BUNDLE_SLACK}. */
  constructor(impurity: Impurity, numClasses: number, rules: SplitRules, words: number, slack = 0) {
    this.#impurity = impurity;
    this.#rules = rules;
    this.#slack = slack;
    this.#multiclass = numClasses > 2;
    this.#binary = numClasses === 2;
    const length = impurity.size + 1;
    this.words = new Uint32Array(words);
    this.left = new Float64Array(length);
    this.right = new Float64Array(length);
    this.whole = new Float64Array(length).fill(Number.NaN);
    this.#trial = new Float64Array(2 * length);
  }

  /** Begins a node; `impurity` is NaN where it is not known yet. */
  begin(impurity: number): void {
    this.#nodeImpurity = impurity;
    this.feature = -1;
    this.gain = Number.NEGATIVE_INFINITY;
    this.bin = -1;
    this.words.fill(0);
    this.whole.fill(Number.NaN);
  }

  search(feature: number, kind: SplitKind, bins: BinStats): void {
    if (kind === 'continuous') this.#thresholds(feature, bins);
    else if (kind === 'ordered') this.#orderedCategories(feature, bins);
    else if (kind === 'unordered') this.#subsets(feature, bins);
  }

  /** Whether some feature so far could be split at all, so that `whole` is known. */
  get searched(): boolean {
    return !Number.isNaN(this.whole[0]);
  }

  /** Where no feature can be split, the statistics of the node are those of any feature. */
  sumUp({ stats, at, stride, bins }: BinStats): void {
    this.whole.fill(0);
    for (let b = 0; b < bins; b++) for (let s = 0; s < this.whole.length; s++) this.whole[s] += stats[at + b * stride + s];
  }

  #thresholds(feature: number, { stats, at, stride, bins }: BinStats): void {
    for (let b = 1; b < bins; b++) this.#add(stats, at + b * stride, at + (b - 1) * stride);
    const last = at + (bins - 1) * stride;
    this.#know(stats, at, last);
    const rows = this.left.length - 1;
    let before = 0;
    for (let b = 0; b < bins - 1; b++) {
      const count = stats[at + b * stride + rows];
      if (count === before) continue; // the bin has no rows: the split is the one before
      before = count;
      if (this.#isBetter(stats, at + b * stride, last)) {
        this.#take(feature);
        this.bin = b;
      }
    }
  }

  #orderedCategories(feature: number, { stats, at, stride, bins }: BinStats): void {
    const order = this.#byCentroid(stats, at, stride, bins);
    for (let k = 1; k < bins; k++) this.#add(stats, at + order[k] * stride, at + order[k - 1] * stride);
    const last = at + order[bins - 1] * stride;
    this.#know(stats, at + order[0] * stride, last);
    let best = -1;
    for (let k = 0; k < bins - 1; k++) {
      if (this.#isBetter(stats, at + order[k] * stride, last)) {
        this.#take(feature);
        best = k;
      }
    }
    for (const c of order.slice(0, best + 1)) this.words[c >> 5] |= 1 << (c & 31);
  }

  /** Categories by impurity (three classes or more), weight of class 1 (two) or mean; those without rows last. Equal ones keep their order. */
  #byCentroid(stats: Float64Array, at: number, stride: number, bins: number): number[] {
    const impurity = this.#impurity;
    const centroids = Float64Array.from({ length: bins }, (_, b) => {
      const from = at + b * stride;
      if (impurity.weight(stats, from) === 0) return Number.MAX_VALUE;
      if (this.#multiclass) return impurity.of(stats, from);
      return this.#binary ? stats[from + 1] : impurity.predict(stats, from);
    });
    return Array.from({ length: bins }, (_, b) => b).sort((a, b) => centroids[a] - centroids[b]);
  }

  /** Subset number n (1 …) has the categories whose bits are set in n; the last category is on the right in all of them. */
  #subsets(feature: number, bins: BinStats): void {
    const { stats, at, stride } = bins;
    const length = this.left.length;
    const side = new Float64Array(2 * length);
    for (let b = 0; b < bins.bins; b++) for (let s = 0; s < length; s++) side[length + s] += stats[at + b * stride + s];
    side.set(stats.subarray(at, at + length));
    this.#know(side, 0, length);
    for (let n = 1; n < 2 ** (bins.bins - 1); n++) {
      side.fill(0, 0, length);
      for (let b = 0; b < bins.bins - 1; b++) {
        if ((n >> b) & 1) for (let s = 0; s < length; s++) side[s] += stats[at + b * stride + s];
      }
      if (this.#isBetter(side, 0, length)) {
        this.#take(feature);
        this.words[0] = n;
      }
    }
  }

  /** Whether left = the statistics at `left`, right = those at `whole` less left, is a good split with more gain than the best so far. */
  #isBetter(stats: Float64Array, left: number, whole: number): boolean {
    const impurity = this.#impurity;
    const rules = this.#rules;
    const trial = this.#trial;
    const length = this.left.length;
    for (let s = 0; s < length; s++) {
      trial[s] = stats[left + s];
      trial[length + s] = stats[whole + s] - stats[left + s];
    }
    if (trial[length - 1] < rules.minInstancesPerNode || trial[2 * length - 1] < rules.minInstancesPerNode) return false;
    const leftWeight = impurity.weight(trial, 0);
    const rightWeight = impurity.weight(trial, length);
    if (leftWeight < rules.minWeight || rightWeight < rules.minWeight) return false;
    const gain = gainOf(impurity, this.#nodeImpurity, trial, leftWeight, rightWeight);
    if (!(gain >= rules.minInfoGain && gain > this.gain)) return false;
    if (this.#slack > 0 && this.feature >= 0 && gain <= this.gain + this.#slack * gainScale(this.left, this.right)) return false;
    this.gain = gain;
    return true;
  }

  /** The node as a whole, from its first split, as Spark adds it up: left + (whole - left). */
  #know(stats: Float64Array, left: number, whole: number): void {
    if (this.searched) return;
    for (let s = 0; s < this.whole.length; s++) {
      const own = stats[left + s];
      this.whole[s] = own + (stats[whole + s] - own);
    }
    if (Number.isNaN(this.#nodeImpurity)) this.#nodeImpurity = this.#impurity.of(this.whole, 0);
  }

  #take(feature: number): void {
    this.feature = feature;
    this.bin = -1;
    this.words.fill(0);
    this.left.set(this.#trial.subarray(0, this.left.length));
    this.right.set(this.#trial.subarray(this.left.length));
  }

  #add(stats: Float64Array, into: number, from: number): void {
    for (let s = 0; s < this.left.length; s++) stats[into + s] += stats[from + s];
  }
}
