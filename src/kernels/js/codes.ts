/** The plain definitions of `assembly/codes.ts`: columns of codes with a table each, and sparse rows. */

type Codes = Uint8Array | Uint16Array | Uint32Array;

/** z[i] += table[min(codes[lo + i], size)]; `table` has `size + 1` entries, the last for all codes that are no slot. */
export function lookup(z: Float64Array, codes: Codes, table: Float64Array, size: number, lo: number, n: number): void {
  for (let i = 0; i < n; i++) z[i] += table[Math.min(codes[lo + i], size)];
}

/** table[min(codes[lo + i], size)] += multiplier[i]; even and odd rows in two tables when `odd` is given. */
export function scatter(
  table: Float64Array,
  codes: Codes,
  multiplier: Float64Array,
  size: number,
  lo: number,
  n: number,
  odd: Float64Array = table,
): void {
  for (let i = 0; i < n; i++) {
    const at = Math.min(codes[lo + i], size);
    const to = i % 2 === 0 ? table : odd;
    to[at] += multiplier[i];
  }
}

/** Sparse rows: those of row i are `indices` and `values` in `[starts[i], starts[i + 1])`. */
interface SparseRows {
  starts: Uint32Array;
  indices: Uint32Array;
  values: Float64Array;
}

/** z[i] += Σ weights[index] · value over the stored values of row lo + i, in their order. */
export function csr_axpy(z: Float64Array, rows: SparseRows, weights: Float64Array, lo: number, n: number): void {
  for (let i = 0; i < n; i++) {
    for (let k = rows.starts[lo + i]; k < rows.starts[lo + i + 1]; k++) {
      z[i] += weights[rows.indices[k]] * rows.values[k];
    }
  }
}

/** g[index] += multiplier[i] · value over the stored values of rows [lo, lo + n). */
export function csr_scatter(g: Float64Array, rows: SparseRows, multiplier: Float64Array, lo: number, n: number): void {
  for (let i = 0; i < n; i++) {
    for (let k = rows.starts[lo + i]; k < rows.starts[lo + i + 1]; k++) {
      const at = rows.indices[k];
      g[at] += multiplier[i] * rows.values[k];
    }
  }
}
