import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MlError } from '#dist/error.js';
import { DenseVector, isVector, SparseVector, type Vector, Vectors } from '#dist/linalg/index.js';

const number = fc.oneof({ weight: 3, arbitrary: fc.constant(0) }, fc.integer({ min: -9, max: 9 }), fc.constant(0.5));
const numbers = fc.array(number, { maxLength: 12 });

function sparse(values: readonly number[]): SparseVector {
  return new DenseVector(values).toSparse();
}

/** Both forms of the numbers, and a sparse one that stores all zeros. */
function forms(values: readonly number[]): Vector[] {
  return [new DenseVector(values), sparse(values), new SparseVector(values.length, [...values.keys()], values)];
}

describe('a vector', () => {
  it('has the same numbers in either form', () => {
    fc.assert(
      fc.property(numbers, (values) => {
        for (const vector of forms(values)) {
          expect(vector.size).toBe(values.length);
          expect([...vector.toArray()]).toEqual(values);
          expect(values.map((_, i) => vector.at(i))).toEqual(values);
          expect(vector.numNonzeros).toBe(values.filter((x) => x !== 0).length);
          for (const other of forms(values)) expect(vector.equals(other)).toBe(true);
          expect(vector.equals(vector.toSparse())).toBe(true);
          expect(vector.equals(vector.toDense())).toBe(true);
          expect(vector.toSparse().numActives).toBe(vector.numNonzeros);
        }
      }),
    );
  });

  it('differs from others in size or numbers', () => {
    fc.assert(
      fc.property(numbers, numbers, (a, b) => {
        const same = a.length === b.length && a.every((x, i) => x === b[i]);
        for (const x of forms(a)) for (const y of forms(b)) expect(x.equals(y)).toBe(same);
      }),
    );
    expect(Vectors.dense(1).equals([1])).toBe(false);
    expect(Vectors.dense(Number.NaN, -0).equals(Vectors.sparse(2, [0], [Number.NaN]))).toBe(true);
  });

  it('has dot product, distance, norms and argmax that do not depend on the form', () => {
    const pairs = fc.integer({ min: 0, max: 12 }).chain((n) => fc.tuple(...[0, 1].map(() => fc.array(number, { minLength: n, maxLength: n }))));
    fc.assert(
      fc.property(pairs, ([a, b]) => {
        for (const x of forms(a)) {
          for (const y of forms(b)) {
            expect(x.dot(y)).toBeCloseTo(
              a.reduce((sum, value, i) => sum + value * b[i], 0),
              12,
            );
            expect(x.squaredDistance(y)).toBeCloseTo(
              a.reduce((sum, value, i) => sum + (value - b[i]) ** 2, 0),
              12,
            );
          }
          expect(x.norm(1)).toBeCloseTo(
            a.reduce((sum, value) => sum + Math.abs(value), 0),
            12,
          );
          expect(x.norm(2)).toBeCloseTo(Math.hypot(...a), 12);
          expect(x.norm(3)).toBeCloseTo(a.reduce((sum, value) => sum + Math.abs(value) ** 3, 0) ** (1 / 3), 12);
          expect(x.norm(Number.POSITIVE_INFINITY)).toBe(Math.max(0, ...a.map(Math.abs)));
          expect(x.argmax).toBe(a.indexOf(Math.max(...a)));
        }
      }),
    );
  });

  it('has its first number as argmax when that is NaN, which nothing exceeds', () => {
    expect(Vectors.dense(Number.NaN, 1).argmax).toBe(0);
    expect(Vectors.sparse(3, [1, 2], [Number.NaN, 1]).argmax).toBe(1);
  });

  it('is compressed to sparse when 1.5 · nonzeros + 2 < size', () => {
    expect(Vectors.dense(1, 0, 0).compressed).toBeInstanceOf(DenseVector);
    expect(Vectors.dense(1, 0, 0, 0).compressed).toBeInstanceOf(SparseVector);
    expect(Vectors.sparse(3, [0], [1]).compressed).toBeInstanceOf(DenseVector);
    expect(Vectors.sparse(4, [0, 1, 2], [1, 0, 0]).compressed).toEqual(Vectors.sparse(4, [0], [1]));
    expect(Vectors.zeros(1).compressed).toBeInstanceOf(DenseVector);
    expect(Vectors.zeros(2).compressed).toBeInstanceOf(DenseVector);
    // The most entries of a sparse vector by its size, as Spark 4.3 makes them.
    const most = [3, 4, 5, 6, 7, 8, 9, 10, 12, 13].map(
      (size) =>
        Array.from({ length: size + 1 }, (_, n) => Vectors.dense(Array.from({ length: size }, (_, j) => Number(j < n))).compressed).filter(
          (v) => v instanceof SparseVector,
        ).length - 1,
    );
    expect(most).toEqual([0, 1, 1, 2, 3, 3, 4, 5, 6, 7]);
  });

  it('prints as Spark does', () => {
    expect(String(Vectors.dense(1, 0.5, -0, 1e7, 1e-4, 123456.75, Number.NaN, Number.NEGATIVE_INFINITY))).toBe(
      '[1.0,0.5,-0.0,1.0E7,1.0E-4,123456.75,NaN,-Infinity]',
    );
    expect(String(Vectors.sparse(5, [1, 4], [2, 1.5e-10]))).toBe('(5,[1,4],[2.0,1.5E-10])');
    expect(String(Vectors.dense([]))).toBe('[]');
  });

  it('is made from numbers, an array of them, or pairs in any order', () => {
    expect(Vectors.dense([1, 2])).toEqual(Vectors.dense(1, 2));
    expect(Vectors.dense(Float64Array.of(1, 2))).toEqual(Vectors.dense(1, 2));
    expect(
      Vectors.sparse(4, [
        [2, 5],
        [0, 1],
      ]),
    ).toEqual(Vectors.sparse(4, [0, 2], [1, 5]));
    expect(isVector(Vectors.zeros(3))).toBe(true);
    expect(isVector([0, 0, 0])).toBe(false);
  });

  it('refuses what is no vector', () => {
    const wrong = [
      () => new SparseVector(-1, [], []),
      () => new SparseVector(1.5, [], []),
      () => new SparseVector(3, [0], []),
      () => new SparseVector(3, [3], [1]),
      () => new SparseVector(3, [-1], [1]),
      () => new SparseVector(3, [1, 1], [1, 2]),
      () => new SparseVector(3, [2, 1], [1, 2]),
      () =>
        Vectors.sparse(3, [
          [1, 1],
          [1, 2],
        ]),
      () => Vectors.dense(['1' as unknown as number]),
      () => Vectors.dense(1).at(1),
      () => Vectors.sparse(2, [0], [1]).at(-1),
      () => Vectors.dense(1).dot(Vectors.dense(1, 2)),
      () => Vectors.dense(1).squaredDistance(Vectors.dense(1, 2)),
      () => Vectors.dense(1).norm(0.5),
      () => Vectors.zeros(-1),
    ];
    for (const action of wrong) expect(action, String(action)).toThrow(MlError);
  });
});
