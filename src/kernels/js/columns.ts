/** The plain definitions of `assembly/columns.ts`, in the same order of operations: what the kernels compute, and the oracle of their tests. */

/** z[i] += Σ_j weights[j] · columns[j][lo + i], added column by column, for i < n. */
export function axpy_columns_f64(z: Float64Array, columns: readonly Float64Array[], weights: Float64Array, lo: number, n: number): void {
  for (let j = 0; j < columns.length; j++) {
    const x = columns[j];
    const w = weights[j];
    for (let i = 0; i < n; i++) z[i] += w * x[lo + i];
  }
}

/** out[j] += Σ_i multiplier[i] · columns[j][lo + i], in the order of {@link pairwise}. */
export function dot_columns_f64(out: Float64Array, columns: readonly Float64Array[], multiplier: Float64Array, lo: number, n: number): void {
  for (let j = 0; j < columns.length; j++) {
    const x = columns[j];
    out[j] += pairwise(n, (i) => multiplier[i] * x[lo + i]);
  }
}

/** Σ w_i x_i; without `w` all weights are 1. */
export function sum_f64(x: Float64Array, w: Float64Array | null, n: number): number {
  return pairwise(n, (i) => (w ? w[i] * x[i] : x[i]));
}

/** Σ w_i (x_i - shift); without `w` all weights are 1. */
export function shifted_sum_f64(x: Float64Array, w: Float64Array | null, shift: number, n: number): number {
  return pairwise(n, (i) => {
    const d = x[i] - shift;
    return w ? w[i] * d : d;
  });
}

/** Σ w_i (x_i - mean)²; without `w` all weights are 1. */
export function centred_squares_f64(x: Float64Array, w: Float64Array | null, mean: number, n: number): number {
  return pairwise(n, (i) => {
    const d = x[i] - mean;
    return w ? w[i] * (d * d) : d * d;
  });
}

/** Even and odd terms apart, as two lanes add them; an odd last term goes to the even ones. */
function pairwise(n: number, term: (i: number) => number): number {
  let even = 0;
  let odd = 0;
  for (let i = 0; i + 1 < n; i += 2) {
    even += term(i);
    odd += term(i + 1);
  }
  return even + (n % 2 === 1 ? term(n - 1) : 0) + odd;
}
