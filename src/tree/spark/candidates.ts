import { sortNumbers } from '../../kernels/sort.ts';
import type { FeatureSample } from '../bins.ts';

/** Rows that Spark looks at for the thresholds of continuous features: all, when there are no more. */
export function candidateRows(maxBins: number): number {
  return Math.min(Math.max(maxBins * maxBins, 10_000), MOST_ROWS);
}

/** What a sample may hold of each feature; more rows would not move quantiles by a bin. */
const MOST_ROWS = 1 << 19;

/**
 * Thresholds of a continuous feature, ascending: midpoints between neighbouring distinct values. All of them when there are at most `numSplits`; else
 * those that come closest to cutting the weight into `numSplits + 1` equal strides: a threshold stands where the weight up to the lower value is
 * nearer to the next multiple of the stride than the weight up to the upper one.
 *
 * As in Spark the weight of zeros is what is missing of the whole, so that zeros of no weight are no value, while other values of no weight are.
 * `values` is sorted in place.
 */
export function thresholdsOf(values: Float64Array, weights: Float64Array | null, numSplits: number): Float64Array {
  const { distinct, counts, total } = weightedValues(values, weights);
  const possible = distinct.length - 1;
  if (possible <= 0) return new Float64Array(0);
  const thresholds: number[] = [];
  const add = (i: number) => {
    const middle = (distinct[i - 1] + distinct[i]) / 2;
    if (middle !== thresholds.at(-1)) thresholds.push(middle);
  };
  if (possible <= numSplits) {
    for (let i = 1; i <= possible; i++) add(i);
  } else {
    const stride = total / (numSplits + 1);
    let current = counts[0];
    let target = stride;
    for (let i = 1; i < distinct.length; i++) {
      const previous = current;
      current += counts[i];
      if (Math.abs(previous - target) < Math.abs(current - target)) {
        add(i);
        target += stride;
      }
    }
  }
  return Float64Array.from(thresholds);
}

/** Distinct values, ascending, with the weight of each, and the weight of all. */
function weightedValues(values: Float64Array, weights: Float64Array | null): { distinct: number[]; counts: number[]; total: number } {
  const byValue = weights ? sortedPairs(values, weights) : null;
  if (!weights) sortNumbers(values);
  const total = weights ? weights.reduce((sum, w) => sum + w, 0) : values.length;
  const distinct: number[] = [];
  const counts: number[] = [];
  let nonZero = 0;
  let weight = 0;
  let zeroAt = 0;
  for (let i = 0; i < values.length; ) {
    const value = byValue ? byValue.value(i) : values[i];
    let sum = 0;
    let rows = 0;
    for (; i < values.length && (byValue ? byValue.value(i) : values[i]) === value; i++, rows++) sum += byValue ? byValue.weight(i) : 1;
    if (value === 0) continue;
    if (value < 0) zeroAt = distinct.length + 1;
    distinct.push(value);
    counts.push(sum);
    nonZero += rows;
    weight += sum;
  }
  if (distinct.length > 0 && total - weight > Number.EPSILON * nonZero * 100) {
    distinct.splice(zeroAt, 0, 0);
    counts.splice(zeroAt, 0, total - weight);
  }
  return { distinct, counts, total };
}

/** Values in ascending order with the weights of their rows; equal values keep the order of their rows. */
function sortedPairs(values: Float64Array, weights: Float64Array): { value(i: number): number; weight(i: number): number } {
  const order = Uint32Array.from(values.keys()).sort((a, b) => values[a] - values[b] || a - b);
  return { value: (i) => values[order[i]], weight: (i) => weights[order[i]] };
}

/** Thresholds of feature j in the sample, for at most `bins` bins. */
export function sampledThresholds(sample: FeatureSample, j: number, bins: number): Float64Array {
  return thresholdsOf(sample.column(j), sample.weights, bins - 1);
}
