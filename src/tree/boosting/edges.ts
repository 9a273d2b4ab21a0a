import { sortNumbers } from '../../kernels/sort.ts';
import { sortDoubles } from './sort-doubles.ts';

/**
 * Edges of a numeric feature's bins (see {@link FeatureBins}), from a sample of its values: between all distinct ones where they are at most
 * `maxBins`, else such that the bins hold near-equal weight, values too heavy for a share having bins of their own (LightGBM's greedy rule). Edges
 * lie midway between neighbours. NaN and rows of weight 0 do not count; ±Inf are values, set apart from all finite ones. Empty where there is only
 * one value or none. `values` is overwritten.
 */
export function numericEdges(values: Float64Array, weights: Float64Array | null, maxBins: number): Float64Array {
  const { distinct, masses } = massesOf(values, weights);
  const edges = distinct.length <= maxBins ? Array.from(distinct.keys()).slice(1) : greedyCuts(masses, maxBins);
  return Float64Array.from(edges, (i) => between(distinct[i - 1], distinct[i]));
}

/** Where {@link numericEdges} is found by workers. */
export const EDGES = import.meta.url;

/** Distinct values ascending, and the weight at each. */
interface Masses {
  readonly distinct: Float64Array;
  readonly masses: Float64Array;
}

/** Sorts what counts: no NaN, no weight 0. -0 and 0 are one value. */
function massesOf(values: Float64Array, weights: Float64Array | null): Masses {
  let n = 0;
  const kept = weights && new Float64Array(values.length);
  for (let i = 0; i < values.length; i++) {
    if (Number.isNaN(values[i]) || weights?.[i] === 0) continue;
    if (kept && weights) kept[n] = weights[i];
    values[n++] = values[i];
  }
  const sorted = values.subarray(0, n);
  const order = weights && Uint32Array.from({ length: n }, (_, i) => i);
  if (order) sortDoubles(sorted, order);
  else sortNumbers(sorted);
  let count = 0;
  for (let i = 0; i < n; i++) if (i === 0 || sorted[i] !== sorted[i - 1]) count++;
  const masses = new Float64Array(count);
  let at = -1;
  for (let i = 0; i < n; i++) {
    const x = sorted[i];
    if (at < 0 || x !== sorted[at]) sorted[++at] = x; // distinct values move to the front
    masses[at] += kept && order ? kept[order[i]] : 1;
  }
  return { distinct: sorted.subarray(0, count), masses };
}

/** Indices of the distinct values that begin the second and later bins: at most `bins - 1`, ascending. */
function greedyCuts(masses: Float64Array, bins: number): number[] {
  let total = 0;
  for (const m of masses) total += m;
  const share = total / bins;
  const isHeavy = (i: number) => masses[i] >= share;
  let restWeight = total;
  let restBins = bins;
  for (let i = 0; i < masses.length; i++) {
    if (!isHeavy(i)) continue;
    restWeight -= masses[i];
    restBins--;
  }
  let target = restWeight / restBins;
  const cuts: number[] = [];
  let filled = 0;
  for (let i = 0; i < masses.length - 1 && cuts.length < bins - 1; i++) {
    filled += masses[i];
    if (!isHeavy(i)) restWeight -= masses[i];
    if (!isHeavy(i) && filled < target && !(isHeavy(i + 1) && filled >= target / 2)) continue;
    cuts.push(i + 1);
    filled = 0;
    if (!isHeavy(i) && restBins > 1) {
      restBins--;
      target = restWeight / restBins;
    }
  }
  return cuts;
}

/** A number e with `a <= e < b`: the middle; beside an infinity the finite number farthest out, so that all finite values keep together. */
function between(a: number, b: number): number {
  if (a === -Infinity) return a;
  if (b === Infinity) return Number.MAX_VALUE;
  const middle = Number.isFinite(a + b) ? (a + b) / 2 : a / 2 + b / 2;
  return middle < b ? middle : a;
}
