/**
 * Neighbouring features are summed as one where that takes few cells: the sums of each are the margins of those of all. One addition then serves a
 * whole bundle. Cell (a, b, c …) is number a + b · bins of the first + c · bins of the first two …
 */

/** Cells of a bundle at most: they are to stay in a core's first cache. */
const MOST_CELLS = 1024;
/** (count, Σ y) */
export const CELL_BYTES = 16;

/** The first feature of each bundle, then the number of features. They follow from the bins alone. */
export function bundleStarts(bins: readonly number[]): Int32Array {
  const starts: number[] = [];
  let cells = Number.POSITIVE_INFINITY;
  bins.forEach((count, j) => {
    if (cells * count > MOST_CELLS) {
      starts.push(j);
      cells = 1;
    }
    cells *= count;
  });
  return Int32Array.of(...starts, bins.length);
}

/** Cells of features `[from, to)` together. */
export function cellCount(bins: readonly number[], from: number, to: number): number {
  let cells = 1;
  for (let j = from; j < to; j++) cells *= bins[j];
  return cells;
}

/** Features and bytes of cells of so many bundles one after the other, at most. */
export function mostOf(bins: readonly number[], starts: Int32Array, bundles: number): { features: number; bytes: number } {
  const most = { features: 0, bytes: 0 };
  for (let first = 0; first + bundles < starts.length; first++) {
    const own = starts.subarray(first, first + bundles + 1);
    let cells = 0;
    for (let b = 0; b < bundles; b++) cells += cellCount(bins, own[b], own[b + 1]);
    most.features = Math.max(most.features, own[bundles] - own[0]);
    most.bytes = Math.max(most.bytes, cells * CELL_BYTES);
  }
  return most;
}
