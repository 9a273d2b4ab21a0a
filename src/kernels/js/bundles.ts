/** The plain definitions of `assembly/bundles.ts`. */

/** Codes of cells: 16 · (a + b · bins of the first + …), of rows with the codes a, b … of the features of a bundle. */
export function cellCodes(columns: readonly ArrayLike<number>[], bins: readonly number[], n: number): Uint16Array {
  const codes = new Uint16Array(n);
  let stride = 16;
  columns.forEach((column, f) => {
    for (let i = 0; i < n; i++) codes[i] += stride * column[i];
    stride *= bins[f];
  });
  return codes;
}

/** Adds (1, y) of each row to its cell; `cells[slot][bundle]` are pairs of numbers. */
export function addCells(
  cells: readonly (readonly Float64Array[])[],
  rows: readonly number[],
  slots: readonly number[],
  codes: readonly Uint16Array[],
  labels: ArrayLike<number>,
): void {
  rows.forEach((row, k) => {
    codes.forEach((own, b) => {
      const to = cells[slots[k]][b];
      to[own[row] / 8] += 1;
      to[own[row] / 8 + 1] += labels[row];
    });
  });
}

/**
 * The bins of a feature, (count, Σ y, 0, count) each, from the cells of its bundle: code c has the cells whose number / stride is c modulo the bins.
 */
export function margin(cells: Float64Array, bins: number, stride: number): Float64Array {
  const sums = new Float64Array(4 * bins);
  for (let cell = 0; 2 * cell < cells.length; cell += stride) {
    const at = 4 * (Math.floor(cell / stride) % bins);
    let [count, sum] = [cells[2 * cell], cells[2 * cell + 1]];
    for (let next = cell + 1; next < cell + stride; next++) {
      count += cells[2 * next];
      sum += cells[2 * next + 1];
    }
    sums[at] += count;
    sums[at + 1] += sum;
    sums[at + 3] += count;
  }
  return sums;
}
