/**
 * The p-quantile of weighted values: the least value v such that the rows up to v hold at least the share p of all weight; where they hold exactly
 * that, the mean of v and the next larger value (so the median of 1, 2 is 1.5). Weight 2 is the row twice, weight 0 the row absent. 0 of no rows.
 * Linear on average; reorders both arrays.
 */
export function weightedQuantile(values: Float64Array, weights: Float64Array | null, p: number): number {
  let n = values.length;
  let total = n;
  if (weights) {
    total = 0;
    let kept = 0;
    for (let i = 0; i < n; i++) {
      if (!(weights[i] > 0)) continue;
      total += weights[i];
      swap(values, weights, i, kept++);
    }
    n = kept;
  }
  if (n === 0) return 0;
  const target = p * total;
  // Values before `lo` are below those in [lo, hi), values from `hi` on above; `below` is the weight before `lo`.
  let lo = 0;
  let hi = n;
  let below = 0;
  for (;;) {
    const pivot = middle(values[lo], values[(lo + hi) >> 1], values[hi - 1]);
    let less = lo;
    let lessWeight = 0;
    let equalWeight = 0;
    for (let i = lo; i < hi; i++) {
      if (!(values[i] < pivot)) continue;
      lessWeight += weights ? weights[i] : 1;
      swap(values, weights, i, less++);
    }
    let equal = less;
    for (let i = less; i < hi; i++) {
      if (values[i] !== pivot) continue;
      equalWeight += weights ? weights[i] : 1;
      swap(values, weights, i, equal++);
    }
    if (less > lo && target < below + lessWeight) hi = less;
    else if (less > lo && target === below + lessWeight) return between(largest(values, lo, less), pivot);
    else if (target < below + lessWeight + equalWeight || equal === n) return pivot;
    else if (target === below + lessWeight + equalWeight) return between(pivot, smallest(values, equal, n));
    else if (equal === hi)
      return pivot; // rounding of the sums: nothing lies above within the range
    else {
      below += lessWeight + equalWeight;
      lo = equal;
    }
  }
}

function between(a: number, b: number): number {
  return a + (b - a) / 2;
}

function largest(values: Float64Array, lo: number, hi: number): number {
  let best = values[lo];
  for (let i = lo + 1; i < hi; i++) if (values[i] > best) best = values[i];
  return best;
}

function smallest(values: Float64Array, lo: number, hi: number): number {
  let best = values[lo];
  for (let i = lo + 1; i < hi; i++) if (values[i] < best) best = values[i];
  return best;
}

function middle(a: number, b: number, c: number): number {
  return Math.max(Math.min(a, b), Math.min(Math.max(a, b), c));
}

function swap(values: Float64Array, weights: Float64Array | null, i: number, j: number): void {
  const v = values[i];
  values[i] = values[j];
  values[j] = v;
  if (!weights) return;
  const w = weights[i];
  weights[i] = weights[j];
  weights[j] = w;
}
