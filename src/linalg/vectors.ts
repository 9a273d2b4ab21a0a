import { MlError, show } from '../error.ts';
import { checkIndex, checkList, checkSize, doubleArray } from './arguments.ts';
import { argmax, countNonzeros, dot, firstGap, lowerBound, norm, sameValues, sparseIsShorter, squaredDistance } from './arithmetic.ts';
import { javaDouble } from './format.ts';

/** An index and the number there. */
type Pairs = readonly (readonly [number, number])[];

/** A vector of doubles in either form. Both forms of the same numbers are `equals`. */
export type Vector = DenseVector | SparseVector;

/** What both forms of a vector can do. */
abstract class VectorBase {
  /** How many numbers there are, stored or not. */
  abstract readonly size: number;
  /** Positions of the numbers that are stored, or of a dense vector not 0; ascending. */
  abstract readonly indices: Int32Array;
  /** The numbers that are stored. Not a copy: do not write to it. */
  abstract readonly values: Float64Array;
  /** Position of the first largest number (a 0 that is not stored counts too); -1 for a vector of size 0. */
  abstract readonly argmax: number;

  /** The number at position `i`, from 0 on. */
  abstract at(i: number): number;
  /** A fresh array of all numbers. */
  abstract toArray(): Float64Array;
  /** With all numbers stored. */
  abstract toDense(): DenseVector;
  /** Without its zeros. */
  abstract toSparse(): SparseVector;

  /** How many numbers are stored. */
  get numActives(): number {
    return this.values.length;
  }

  /** How many numbers are not 0 (stored zeros do not count, NaN does). */
  get numNonzeros(): number {
    return countNonzeros(this.values);
  }

  /** The form that takes less room, by Spark's rule: {@link sparseIsShorter}. */
  get compressed(): Vector {
    return sparseIsShorter(this.numNonzeros, this.size) ? this.toSparse() : this.toDense();
  }

  /** `(Σ |x|^p)^(1/p)`; the largest magnitude for p = Infinity. Needs p >= 1. */
  norm(p: number): number {
    return norm(this.values, p);
  }

  /** `Σ x y`; sizes must be equal. */
  dot(other: Vector): number {
    checkSameSize(this, other, 'dot');
    return dot(this, other);
  }

  /** `Σ (x - y)²`. */
  squaredDistance(other: Vector): number {
    checkSameSize(this, other, 'squaredDistance');
    return squaredDistance(this, other);
  }

  /** Same size and the same numbers, whatever the form; NaN equals NaN, -0 equals 0. */
  equals(other: unknown): boolean {
    return isVector(other) && sameValues(this, other);
  }
}

/** All `size` numbers, one after the other. `values` is used as given, not copied. */
export class DenseVector extends VectorBase {
  readonly values: Float64Array;

  constructor(values: ArrayLike<number>) {
    super();
    this.values = doubleArray(values, 'DenseVector', 'values');
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

  at(i: number): number {
    checkIndex('DenseVector', i, this.size);
    return this.values[i];
  }

  toArray(): Float64Array {
    return this.values.slice();
  }

  toDense(): DenseVector {
    return this;
  }

  toSparse(): SparseVector {
    const indices = this.indices;
    return new SparseVector(
      this.size,
      indices,
      Float64Array.from(indices, (i) => this.values[i]),
    );
  }

  get argmax(): number {
    return argmax(this.values);
  }

  /** As Spark prints it: `[1.0,0.5]`. */
  override toString(): string {
    return `[${Array.from(this.values, javaDouble).join(',')}]`;
  }
}

/** `values[k]` stands at `indices[k]` (strictly increasing), 0 everywhere else. The arrays are used as given, not copied. */
export class SparseVector extends VectorBase {
  readonly size: number;
  readonly indices: Int32Array;
  readonly values: Float64Array;

  constructor(size: number, indices: ArrayLike<number>, values: ArrayLike<number>) {
    super();
    checkSize('SparseVector', 'size', size);
    checkList('SparseVector', 'indices', indices);
    checkList('SparseVector', 'values', values);
    if (indices.length !== values.length) {
      throw new MlError('VALUE_INVALID', `SparseVector: indices and values must have the same length, got ${indices.length} and ${values.length}`);
    }
    let last = -1;
    for (let k = 0; k < indices.length; k++) {
      const i = indices[k];
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
    this.values = doubleArray(values, 'SparseVector', 'values');
  }

  at(i: number): number {
    checkIndex('SparseVector', i, this.size);
    const k = lowerBound(this.indices, i);
    return this.indices[k] === i ? this.values[k] : 0;
  }

  toArray(): Float64Array {
    const out = new Float64Array(this.size);
    for (let k = 0; k < this.indices.length; k++) out[this.indices[k]] = this.values[k];
    return out;
  }

  toDense(): DenseVector {
    return new DenseVector(this.toArray());
  }

  toSparse(): SparseVector {
    if (this.numNonzeros === this.values.length) return this;
    const kept = Array.from(this.indices.keys()).filter((k) => this.values[k] !== 0);
    return new SparseVector(
      this.size,
      kept.map((k) => this.indices[k]),
      kept.map((k) => this.values[k]),
    );
  }

  get argmax(): number {
    const k = argmax(this.values);
    if (k === -1) return this.size === 0 ? -1 : 0;
    const best = this.values[k];
    if (!(best <= 0) || this.indices.length === this.size) return this.indices[k];
    const gap = firstGap(this.indices);
    return best === 0 ? Math.min(gap, this.indices[k]) : gap;
  }

  /** As Spark prints it: `(3,[0,2],[1.0,0.5])`. */
  override toString(): string {
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

  /**
   * `Vectors.sparse(4, [0, 2], [1, 5])`; pairs in any order: `Vectors.sparse(4, [[2, 5], [0, 1]])`; numbers by index:
   * `Vectors.sparse(4, { 0: 1, 2: 5 })`.
   */
  sparse(size: number, indices: ArrayLike<number> | Pairs | Readonly<Record<number, number>>, values?: ArrayLike<number>): SparseVector {
    if (values !== undefined) return new SparseVector(size, indices as ArrayLike<number>, values);
    const pairs = Array.isArray(indices) ? [...(indices as Pairs)] : Object.entries(indices ?? {}).map(([i, x]) => [Number(i), x as number] as const);
    const bad = pairs.find((pair) => !Array.isArray(pair) || pair.length !== 2);
    if (bad !== undefined || typeof indices !== 'object' || indices === null || ArrayBuffer.isView(indices)) {
      throw new MlError('VALUE_INVALID', `Vectors.sparse: without values it takes [index, value] pairs, got ${show(bad ?? indices)}`);
    }
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

/** Whether the value is a vector of either form. */
export function isVector(value: unknown): value is Vector {
  return value instanceof VectorBase;
}

function checkSameSize(a: VectorBase, b: unknown, what: string): void {
  if (!isVector(b)) throw new MlError('VALUE_INVALID', `${what}: the other vector must be a DenseVector or a SparseVector, got ${show(b)}`);
  if (a.size !== b.size) throw new MlError('VALUE_INVALID', `${what}: vectors must have the same size, got ${a.size} and ${b.size}`);
}
