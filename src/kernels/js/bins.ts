import type { FeatureBins } from '../../tree/bins.ts';

/** Number of codes that values can have, the missing one not counted: which has the code after the last. */
export function binCount(bins: FeatureBins): number {
  return bins.kind === 'numeric' ? bins.edges.length + 1 : bins.categories;
}

/** The code of a value: of a number, how many edges are below it; of a category, itself; of NaN, {@link binCount}. -1 for what is no category. */
export function codeOf(bins: FeatureBins, x: number): number {
  if (Number.isNaN(x)) return binCount(bins);
  if (bins.kind === 'categories') return x >= 0 && x < bins.categories && Number.isInteger(x) ? x : -1;
  const { edges } = bins;
  let lo = 0;
  for (let n = edges.length; n > 0; ) {
    const half = n >> 1;
    if (edges[lo + half] < x) {
      lo += half + 1;
      n -= half + 1;
    } else n = half;
  }
  return lo;
}
