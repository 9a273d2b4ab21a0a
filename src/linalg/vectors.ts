import { MlError, show } from '../error.ts';
import { javaDouble } from './format.ts';

/** A vector of doubles in either form. Both forms of the same numbers are `equals`. */
export type Vector = DenseVector | SparseVector;

/** All `size` numbers, one after the other. `values` is used as given, not copied. */
export class DenseVector {
  readonly values: Float64Array;

  constructor(values: ArrayLike<number>) {
    this.values = doubles(values, 'DenseVector', 'values');
  }

  get size(): number {
    return this.values.length;
  }

  /** Positions of the numbers that are not 0. */
  get indices(): Int32Array {
    const at: number[] = [];
    for (let i = 0; i < this.values.length; i++) if (this.values[i] !== 0) at.push(i);
    return Int32Array.from(at);
  }

  get numActives(): number {
    return this.values.length;
  }

  /** How many numbers are not 0 (NaN counts). */
  get numNonzeros(): number {
    return countNonzeros(this.values);
  }

  at(i: number): number {
    checkIndex('DenseVector', i, this.size);
    return this.values[i] as number;
  }

  /** A fresh array of all numbers. */
  toArray(): Float64Array {
    return this.values.slice();
  }

  toDense(): DenseVector {
    return this;
  }

  /** Without its zeros. */
  toSparse(): SparseVector {
    const indices = this.indices;
    return new SparseVector(
      this.size,
      indices,
      Float64Array.from(indices, (i) => this.values[i] as number),
    );
  }

  /** The form that takes less room, by Spark's rule: {@link sparseIsShorter}. */
  get compressed(): Vector {
    return sparseIsShorter(this.numNonzeros, this.size) ? this.toSparse() : this;
  }

  /** `(Σ |x|^p)^(1/p)`; the largest magnitude for p = Infinity. Needs p >= 1. */
  norm(p: number): number {
    return norm(this.values, p);
  }

  dot(other: Vector): number {
    return dot(this, other);
  }

  /** `Σ (x - y)²`. */
  squaredDistance(other: Vector): number {
    return squaredDistance(this, other);
  }

  /** Position of the first largest number; -1 for a vector of size 0. */
  get argmax(): number {
    return argmax(this.values);
  }

  /** Same size and the same numbers, whatever the form; NaN equals NaN, -0 equals 0. */
  equals(other: unknown): boolean {
    return isVector(other) && sameValues(this, other);
  }

  /** As Spark prints it: `[1.0,0.5]`. */
  toString(): string {
    return `[${Array.from(this.values, javaDouble).join(',')}]`;
  }
}

/** `values[k]` stands at `indices[k]` (strictly increasing), 0 everywhere else. The arrays are used as given, not copied. */
export class SparseVector {
  readonly size: number;
  readonly indices: Int32Array;
  readonly values: Float64Array;

  constructor(size: number, indices: ArrayLike<number>, values: ArrayLike<number>) {
    checkSize('SparseVector', 'size', size);
    if (indices.length !== values.length) {
      throw new MlError('VALUE_INVALID', `SparseVector: indices and values must have the same length, got ${indices.length} and ${values.length}`);
    }
    let last = -1;
    for (let k = 0; k < indices.length; k++) {
      const i = indices[k] as number;
      if (!Number.isInteger(i) || i < 0 || i >= size) {
        throw new MlError('VALUE_INVALID', `SparseVector: indices must be integers in [0, ${size}), got ${show(i)}`, { value: i });
      }
      if (i <= last) {
        throw new MlError('VALUE_INVALID', `SparseVector: indices must be strictly increasing, got ${i} after ${last}`, { value: i });
      }
      last = i;
    }
    this.size = size;
    this.indices = indices instanceof Int32Array ? indices : Int32Array.from(indices);
    this.values = doubles(values, 'SparseVector', 'values');
  }

  get numActives(): number {
    return this.values.length;
  }

  /** How many numbers are not 0 (stored zeros do not count, NaN does). */
  get numNonzeros(): number {
    return countNonzeros(this.values);
  }

  at(i: number): number {
    checkIndex('SparseVector', i, this.size);
    const k = lowerBound(this.indices, i);
    return this.indices[k] === i ? (this.values[k] as number) : 0;
  }

  /** A fresh array of all numbers. */
  toArray(): Float64Array {
    const out = new Float64Array(this.size);
    for (let k = 0; k < this.indices.length; k++) out[this.indices[k] as number] = this.values[k] as number;
    return out;
  }

  toDense(): DenseVector {
    return new DenseVector(this.toArray());
  }

  /** Without stored zeros. */
  toSparse(): SparseVector {
    if (this.numNonzeros === this.values.length) return this;
    const kept = Array.from(this.indices.keys()).filter((k) => this.values[k] !== 0);
    return new SparseVector(
      this.size,
      kept.map((k) => this.indices[k] as number),
      kept.map((k) => this.values[k] as number),
    );
  }

  /** The form that takes less room, by Spark's rule: {@link sparseIsShorter}. */
  get compressed(): Vector {
    return sparseIsShorter(this.numNonzeros, this.size) ? this.toSparse() : this.toDense();
  }

  /** `(Σ |x|^p)^(1/p)`; the largest magnitude for p = Infinity. Needs p >= 1. */
  norm(p: number): number {
    return norm(this.values, p);
  }

  dot(other: Vector): number {
    return dot(this, other);
  }

  /** `Σ (x - y)²`. */
  squaredDistance(other: Vector): number {
    return squaredDistance(this, other);
  }

  /** Position of the first largest number (a 0 that is not stored counts too); -1 for a vector of size 0. */
  get argmax(): number {
    const k = argmax(this.values);
    if (k === -1) return this.size === 0 ? -1 : 0;
    const best = this.values[k] as number;
    if (best > 0 || this.indices.length === this.size) return this.indices[k] as number;
    const gap = firstGap(this.indices);
    return best === 0 ? Math.min(gap, this.indices[k] as number) : gap;
  }

  /** Same size and the same numbers, whatever the form; NaN equals NaN, -0 equals 0. */
  equals(other: unknown): boolean {
    return isVector(other) && sameValues(this, other);
  }

  /** As Spark prints it: `(3,[0,2],[1.0,0.5])`. */
  toString(): string {
    return `(${this.size},[${this.indices.join(',')}],[${Array.from(this.values, javaDouble).join(',')}])`;
  }
}

/** Makers of vectors, named as in Spark. */
export const Vectors = {
  /** `Vectors.dense(1, 2)` or `Vectors.dense([1, 2])`. */
  dense(...values: number[] | [ArrayLike<number>]): DenseVector {
    const [first] = values;
    return new DenseVector(values.length === 1 && typeof first === 'object' ? first : (values as number[]));
  },

  /** `Vectors.sparse(4, [0, 2], [1, 5])`, or pairs in any order: `Vectors.sparse(4, [[2, 5], [0, 1]])`. */
  sparse(size: number, indices: ArrayLike<number> | readonly (readonly [number, number])[], values?: ArrayLike<number>): SparseVector {
    if (values !== undefined) return new SparseVector(size, indices as ArrayLike<number>, values);
    const pairs = Array.from(indices as readonly (readonly [number, number])[]);
    const bad = pairs.find((pair) => !Array.isArray(pair) || pair.length !== 2);
    if (bad !== undefined) throw new MlError('VALUE_INVALID', `Vectors.sparse: without values it takes [index, value] pairs, got ${show(bad)}`);
    pairs.sort((a, b) => a[0] - b[0]);
    return new SparseVector(
      size,
      pairs.map(([i]) => i),
      pairs.map(([, v]) => v),
    );
  },

  zeros(size: number): DenseVector {
    checkSize('Vectors.zeros', 'size', size);
    return new DenseVector(new Float64Array(size));
  },
};

export function isVector(value: unknown): value is Vector {
  return value instanceof DenseVector || value instanceof SparseVector;
}

/** The numbers as a Float64Array: itself when it is one; anything that is no number is refused. */
export function doubles(values: ArrayLike<number>, owner: string, what: string): Float64Array {
  if (values instanceof Float64Array) return values;
  const out = new Float64Array(values.length);
  for (let i = 0; i < out.length; i++) {
    const x = values[i] as unknown;
    if (typeof x !== 'number') throw new MlError('VALUE_INVALID', `${owner}: ${what} must be numbers, got ${show(x)} at ${i}`, { value: x });
    out[i] = x;
  }
  return out;
}

export function checkSize(owner: string, what: string, size: number): void {
  if (!Number.isInteger(size) || size < 0 || size > 0x7fffffff) {
    throw new MlError('VALUE_INVALID', `${owner}: ${what} must be an integer in [0, 2147483647], got ${show(size)}`, { value: size });
  }
}

export function checkIndex(owner: string, i: number, size: number): void {
  if (!Number.isInteger(i) || i < 0 || i >= size) {
    throw new MlError('VALUE_INVALID', `${owner}: index must be an integer in [0, ${size}), got ${show(i)}`, { value: i });
  }
}

export function countNonzeros(values: Float64Array): number {
  let count = 0;
  for (let i = 0; i < values.length; i++) if (values[i] !== 0) count++;
  return count;
}

/** Equal numbers, or both NaN. */
export function sameNumber(a: number, b: number): boolean {
  return a === b || (Number.isNaN(a) && Number.isNaN(b));
}

/** First position of the ascending `sorted` whose element is >= x. */
export function lowerBound(sorted: Int32Array, x: number, from = 0, to = sorted.length): number {
  let lo = from;
  let hi = to;
  while (lo < hi) {
    const mid = (lo + hi) >>> 1;
    if ((sorted[mid] as number) < x) lo = mid + 1;
    else hi = mid;
  }
  return lo;
}

function checkSameSize(a: Vector, b: Vector, what: string): void {
  if (!isVector(b)) throw new MlError('VALUE_INVALID', `${what}: the other vector must be a DenseVector or a SparseVector, got ${show(b)}`);
  if (a.size !== b.size) throw new MlError('VALUE_INVALID', `${what}: vectors must have the same size, got ${a.size} and ${b.size}`);
}

function norm(values: Float64Array, p: number): number {
  if (!(p >= 1)) throw new MlError('VALUE_INVALID', `norm: p must be at least 1, got ${show(p)}`, { value: p });
  let sum = 0;
  for (let i = 0; i < values.length; i++) {
    const x = Math.abs(values[i] as number);
    if (p === 1) sum += x;
    else if (p === 2) sum += x * x;
    else if (p === Number.POSITIVE_INFINITY) sum = x > sum || Number.isNaN(x) ? x : sum;
    else sum += x ** p;
  }
  if (p === 1 || p === Number.POSITIVE_INFINITY) return sum;
  return p === 2 ? Math.sqrt(sum) : sum ** (1 / p);
}

function dot(a: Vector, b: Vector): number {
  checkSameSize(a, b, 'dot');
  let sum = 0;
  if (a instanceof SparseVector && b instanceof SparseVector) {
    for (let p = 0, q = 0; p < a.indices.length && q < b.indices.length; ) {
      const i = a.indices[p] as number;
      const j = b.indices[q] as number;
      if (i === j) sum += (a.values[p++] as number) * (b.values[q++] as number);
      else if (i < j) p++;
      else q++;
    }
    return sum;
  }
  const sparse = a instanceof SparseVector ? a : b instanceof SparseVector ? b : undefined;
  const dense = (sparse === a ? b : a) as DenseVector;
  if (sparse) {
    for (let k = 0; k < sparse.indices.length; k++) sum += (sparse.values[k] as number) * (dense.values[sparse.indices[k] as number] as number);
    return sum;
  }
  for (let i = 0; i < a.size; i++) sum += (a.values[i] as number) * (b.values[i] as number);
  return sum;
}

function squaredDistance(a: Vector, b: Vector): number {
  checkSameSize(a, b, 'squaredDistance');
  let sum = 0;
  eachPair(a, b, (x, y) => {
    sum += (x - y) * (x - y);
    return true;
  });
  return sum;
}

function sameValues(a: Vector, b: Vector): boolean {
  return a.size === b.size && eachPair(a, b, sameNumber);
}

/** Calls `visit` on the numbers of both at each position where one of them is stored, until it says false. */
function eachPair(a: Vector, b: Vector, visit: (x: number, y: number) => boolean): boolean {
  const ia = a instanceof SparseVector ? a.indices : undefined;
  const ib = b instanceof SparseVector ? b.indices : undefined;
  const size = a.size;
  for (let p = 0, q = 0; ; ) {
    const i = ia ? (ia[p] ?? size) : p;
    const j = ib ? (ib[q] ?? size) : q;
    if (i >= size && j >= size) return true;
    const x = i <= j ? (a.values[p++] as number) : 0;
    const y = j <= i ? (b.values[q++] as number) : 0;
    if (!visit(x, y)) return false;
  }
}

function argmax(values: Float64Array): number {
  let best = -1;
  let max = Number.NaN;
  for (let i = 0; i < values.length; i++) {
    if (i === 0 || (values[i] as number) > max) {
      best = i;
      max = values[i] as number;
    }
  }
  return best;
}

/** The smallest position that ascending `indices` leave out. */
function firstGap(indices: Int32Array): number {
  let k = 0;
  while (k < indices.length && indices[k] === k) k++;
  return k;
}

/** Whether a sparse vector takes less room than a dense one, as Spark 4.3 reckons it (12 bytes an entry against 8 a slot, and what both need besides). */
export function sparseIsShorter(nonZeros: number, size: number): boolean {
  return 1.5 * nonZeros + 2 < size;
}
