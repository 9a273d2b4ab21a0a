/**
 * Scoring by trees on codes of one byte, the plain definitions. A node is four numbers: where its column of codes begins, left child, right child,
 * test. A test up to 255 sends codes up to it left; one from 256 on is 256 plus where a table of 32 bytes begins, and sends a code left whose bit is
 * set there. Children are slots of 64 bytes in `treeLeaves`; in `walkLeaves` where the node begins in bytes, or 2^31 plus the number of a leaf.
 */

/** How many of the `count` edges are below x; `missing` for NaN. */
export function codeNumber(x: number, edges: Float64Array, count: number, missing: number): number {
  if (Number.isNaN(x)) return missing;
  let [lo, hi] = [0, count];
  while (lo < hi) {
    const middle = (lo + hi) >> 1;
    if (edges[middle] < x) lo = middle + 1;
    else hi = middle;
  }
  return lo;
}

/** Buckets in which edges are looked up. */
export const BUCKETS = 1024;

/** Where the search for a value begins: `starts[b]` edges lie in buckets before b, and no bucket has more than 2 · top - 1, top a power of two. */
export interface CodeBuckets {
  readonly starts: Uint8Array;
  readonly lowest: number;
  readonly scale: number;
  readonly top: number;
}

/**
 * Buckets of equal width between the least and the greatest finite one of up to 255 edges. A greater value is in no earlier bucket, whatever the
 * rounding.
 */
export function codeBuckets(edges: Float64Array): CodeBuckets {
  const finite = edges.filter(Number.isFinite);
  const lowest = finite.length > 0 ? finite[0] : 0;
  const scale = finite.length > 0 ? (BUCKETS - 1) / (finite[finite.length - 1] - lowest) : 0;
  const counts = new Uint8Array(BUCKETS);
  for (const edge of edges) counts[bucketOf(edge, lowest, scale)]++;
  const starts = new Uint8Array(BUCKETS);
  for (let b = 1; b < BUCKETS; b++) starts[b] = starts[b - 1] + counts[b - 1];
  const most = Math.max(...counts);
  let top = 1;
  while (2 * top - 1 < most) top *= 2;
  return { starts, lowest, scale, top };
}

/** `(x - lowest) · scale` as a whole number in 0 … 1023; 0 for NaN. */
function bucketOf(x: number, lowest: number, scale: number): number {
  const place = Math.trunc((x - lowest) * scale);
  return Number.isNaN(place) ? 0 : Math.min(Math.max(place, 0), BUCKETS - 1);
}

/** x where it is a whole number in 0 … 254, else 255. */
export function codeCategory(x: number): number {
  return x >= 0 && x < 255 && Number.isInteger(x) ? x : 255;
}

/** Whether a code goes left. */
export function passes(code: number, test: number, tables: Uint8Array): boolean {
  return test < 256 ? code <= test : ((tables[test - 256 + (code >> 3)] >> (code & 7)) & 1) === 1;
}

/**
 * leaves[i] = number of the leaf of row i; `count` splits, the last one first. Slot s below 256 stands for leaf s, slot 256 + k for what split k
 * (counted from the root) picks.
 */
export function treeLeaves(leaves: Uint8Array, nodes: Uint32Array, count: number, codes: Uint8Array, tables: Uint8Array, n: number): void {
  const picked = new Uint8Array(count);
  const slot = (offset: number) => (offset < 256 * 64 ? offset >> 6 : picked[(offset >> 6) - 256]);
  for (let i = 0; i < n; i++) {
    for (let k = 0; k < count; k++) {
      const [column, left, right, test] = nodes.subarray(4 * k, 4 * k + 4);
      picked[count - 1 - k] = slot(passes(codes[column + i], test, tables) ? left : right);
    }
    leaves[i] = count > 0 ? picked[0] : 0;
  }
}

/** leaves[i] = number of the leaf of row i, from the root, which is the first node. */
export function walkLeaves(leaves: Uint32Array, nodes: Uint32Array, codes: Uint8Array, tables: Uint8Array, n: number): void {
  for (let i = 0; i < n; i++) {
    let next = 0;
    while (next < 0x80000000) {
      const [column, left, right, test] = nodes.subarray(next >> 2, (next >> 2) + 4);
      next = passes(codes[column + i], test, tables) ? left : right;
    }
    leaves[i] = next - 0x80000000;
  }
}

/** sums[i · stride] += values[leaves[i]] */
export function addLeaves(sums: Float64Array, stride: number, leaves: ArrayLike<number>, values: Float64Array, n: number): void {
  for (let i = 0; i < n; i++) sums[i * stride] += values[leaves[i]];
}
