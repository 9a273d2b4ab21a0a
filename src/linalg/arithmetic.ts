import { MlError, show } from '../error.ts';

/**
 * A vector as it is kept: all numbers in order, or `values[k]` at the ascending `indices[k]` and 0 elsewhere. `indices` is read of the latter only.
 */
interface Stored {
  readonly size: number;
  readonly indices: Int32Array;
  readonly values: Float64Array;
}

/** Whether every position is stored: then `values[i]` stands at i, in either form. */
function isFull(v: Stored): boolean {
  return v.values.length === v.size;
}

export function norm(values: Float64Array, p: number): number {
  if (typeof p !== 'number' || !(p >= 1)) throw new MlError('VALUE_INVALID', `norm: p must be at least 1, got ${show(p)}`, { value: p });
  let sum = 0;
  for (let i = 0; i < values.length; i++) {
    const x = Math.abs(values[i]);
    if (p === 1) sum += x;
    else if (p === 2) sum += x * x;
    else if (p === Number.POSITIVE_INFINITY) sum = x > sum || Number.isNaN(x) ? x : sum;
    else sum += x ** p;
  }
  if (p === 1 || p === Number.POSITIVE_INFINITY) return sum;
  return p === 2 ? Math.sqrt(sum) : sum ** (1 / p);
}

/** `Σ a·b`, added in the order of positions. */
export function dot(a: Stored, b: Stored): number {
  let sum = 0;
  if (!isFull(a) && !isFull(b)) {
    for (let p = 0, q = 0; p < a.indices.length && q < b.indices.length; ) {
      const i = a.indices[p];
      const j = b.indices[q];
      if (i === j) sum += a.values[p++] * b.values[q++];
      else if (i < j) p++;
      else q++;
    }
    return sum;
  }
  const [full, other] = isFull(a) ? [a, b] : [b, a];
  if (isFull(other)) {
    for (let i = 0; i < full.size; i++) sum += full.values[i] * other.values[i];
    return sum;
  }
  for (let k = 0; k < other.indices.length; k++) sum += other.values[k] * full.values[other.indices[k]];
  return sum;
}

export function squaredDistance(a: Stored, b: Stored): number {
  let sum = 0;
  eachPair(a, b, (x, y) => {
    sum += (x - y) * (x - y);
    return true;
  });
  return sum;
}

/** Same size and the same numbers, NaN equal to NaN. */
export function sameValues(a: Stored, b: Stored): boolean {
  return a.size === b.size && eachPair(a, b, sameNumber);
}

/** Calls `visit` on the numbers of both at each position where one of them is stored, until it says false. */
function eachPair(a: Stored, b: Stored, visit: (x: number, y: number) => boolean): boolean {
  const ia = isFull(a) ? undefined : a.indices;
  const ib = isFull(b) ? undefined : b.indices;
  for (let p = 0, q = 0; ; ) {
    const i = ia ? (ia[p] ?? a.size) : p;
    const j = ib ? (ib[q] ?? b.size) : q;
    if (i >= a.size && j >= b.size) return true;
    const x = i <= j ? a.values[p++] : 0;
    const y = j <= i ? b.values[q++] : 0;
    if (!visit(x, y)) return false;
  }
}

/** Equal numbers, or both NaN. */
export function sameNumber(a: number, b: number): boolean {
  return a === b || (Number.isNaN(a) && Number.isNaN(b));
}

/** Position of the first largest number; -1 when there is none. */
export function argmax(values: Float64Array): number {
  let best = -1;
  let max = Number.NaN;
  for (let i = 0; i < values.length; i++) {
    if (i === 0 || values[i] > max) {
      best = i;
      max = values[i];
    }
  }
  return best;
}

export /** The smallest position that ascending `indices` leave out. */
function firstGap(indices: Int32Array): number {
  let k = 0;
  while (k < indices.length && indices[k] === k) k++;
  return k;
}

export function countNonzeros(values: Float64Array): number {
  let count = 0;
  for (let i = 0; i < values.length; i++) if (values[i] !== 0) count++;
  return count;
}

/** First position of the ascending `sorted` whose element is >= x. */
export function lowerBound(sorted: Int32Array, x: number, from = 0, to = sorted.length): number {
  let lo = from;
  let hi = to;
  while (lo < hi) {
    const mid = (lo + hi) >>> 1;
    if (sorted[mid] < x) lo = mid + 1;
    else hi = mid;
  }
  return lo;
}

/**
 * Whether a sparse vector takes less room than a dense one, as Spark 4.3 reckons it (12 bytes an entry against 8 a slot, and what both need besides).
 */
export function sparseIsShorter(nonZeros: number, size: number): boolean {
  return 1.5 * nonZeros + 2 < size;
}
