/**
 * How the values of one feature become small codes. Numeric: the code of x is the number of edges below x, so code c means
 * `edges[c - 1] < x <= edges[c]` and a split after code c is the test `x <= edges[c]`; `edges` ascend, codes go from 0 to `edges.length`.
 * Categories: a whole number c in `0 … categories - 1` is its own code. Whatever has no code (NaN, an unknown category) is {@link missingCode}.
 */
export type FeatureBins = { readonly kind: 'numeric'; readonly edges: Float64Array } | { readonly kind: 'categories'; readonly categories: number };

/**
 * `binCount`: number of codes that values can have, the missing one not counted. `missingCode`: the code of a missing value, the one after the last.
 */
export { binCount, binCount as missingCode } from '../kernels/js/bins.ts';

/** Rows drawn by a hash of seed and row number, the same whatever the partitions and workers; all rows when there are no more than asked for. */
export interface FeatureSample {
  /** Rows of the frame. */
  readonly rows: number;
  /** Rows in the sample. */
  readonly sampled: number;
  readonly numFeatures: number;
  /** Values of feature j in the sampled rows, in row order; NaN = missing. Yours to sort. */
  column(j: number): Float64Array;
  /** What the request's `summarize` made of feature j; undefined without it. */
  summary(j: number): unknown;
  /** Of the sampled rows; null without a weight column. */
  readonly weights: Float64Array | null;
  /** The further columns of the request, of the sampled rows. */
  readonly numbers: readonly Float64Array[];
}
