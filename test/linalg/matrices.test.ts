import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MlError } from '#dist/error.js';
import { DenseMatrix, isMatrix, Matrices, type Matrix, SparseMatrix, Vectors } from '#dist/linalg/index.js';

const number = fc.oneof({ weight: 3, arbitrary: fc.constant(0) }, fc.integer({ min: -9, max: 9 }));
const matrices = fc
  .record({ rows: fc.integer({ min: 0, max: 6 }), cols: fc.integer({ min: 0, max: 6 }) })
  .chain(({ rows, cols }) =>
    fc.record({ rows: fc.constant(rows), cols: fc.constant(cols), values: fc.array(number, { minLength: rows * cols, maxLength: rows * cols }) }),
  );

/** The numbers (by column) in all four layouts. */
function layouts(rows: number, cols: number, values: readonly number[]): Matrix[] {
  const dense = new DenseMatrix(rows, cols, values);
  const byRow = Array.from({ length: rows * cols }, (_, p) => values[(p % cols) * rows + Math.floor(p / cols)]);
  return [dense, new DenseMatrix(rows, cols, byRow, true), dense.toSparse(), dense.toSparse(true)];
}

describe('a matrix', () => {
  it('has the same numbers in every layout', () => {
    fc.assert(
      fc.property(matrices, ({ rows, cols, values }) => {
        const all = layouts(rows, cols, values);
        for (const matrix of all) {
          expect([matrix.numRows, matrix.numCols]).toEqual([rows, cols]);
          expect([...matrix.toArray()]).toEqual(values);
          for (let i = 0; i < rows; i++) {
            expect([...matrix.row(i).values]).toEqual(Array.from({ length: cols }, (_, j) => values[j * rows + i]));
            for (let j = 0; j < cols; j++) expect(matrix.at(i, j)).toBe(values[j * rows + i]);
          }
          expect(matrix.numNonzeros).toBe(values.filter((x) => x !== 0).length);
          for (const other of all) expect(matrix.equals(other)).toBe(true);
          expect(matrix.equals(matrix.toDense())).toBe(true);
          expect(matrix.equals(matrix.compressed)).toBe(true);
        }
      }),
    );
  });

  it('transposed has rows for columns, and back is itself', () => {
    fc.assert(
      fc.property(matrices, ({ rows, cols, values }) => {
        for (const matrix of layouts(rows, cols, values)) {
          const { transpose } = matrix;
          expect([transpose.numRows, transpose.numCols]).toEqual([cols, rows]);
          for (let i = 0; i < rows; i++) for (let j = 0; j < cols; j++) expect(transpose.at(j, i)).toBe(matrix.at(i, j));
          expect(transpose.transpose.equals(matrix)).toBe(true);
        }
      }),
    );
  });

  it('times a vector is the sum of its columns by the numbers of the vector', () => {
    fc.assert(
      fc.property(matrices, ({ rows, cols, values }) => {
        const x = Vectors.dense(Array.from({ length: cols }, (_, j) => j - 2));
        const expected = Array.from({ length: rows }, (_, i) => x.values.reduce((sum, xj, j) => sum + values[j * rows + i] * xj, 0));
        for (const matrix of layouts(rows, cols, values)) {
          for (const vector of [x, x.toSparse()]) expect(matrix.multiply(vector).equals(Vectors.dense(expected))).toBe(true);
        }
      }),
    );
  });

  it('takes no room for zeros that it does not store, however many', () => {
    const tall = new SparseMatrix(2 ** 31 - 1, 1, [0, 2], [0, 7], [3, 0]);
    for (const matrix of [tall, tall.transpose]) {
      expect([matrix.compressed.numActives, matrix.compressed.isTransposed]).toEqual([1, matrix.isTransposed]);
      expect(matrix.equals(matrix.compressed)).toBe(true);
      expect(matrix.equals(new SparseMatrix(matrix.numRows, matrix.numCols, [0, 1], [0], [2], matrix.isTransposed))).toBe(false);
    }
  });

  it('is compressed to what takes least room: dense, by column, by row, in this order when equal', () => {
    expect(Matrices.zeros(1, 1).compressed).toBeInstanceOf(DenseMatrix);
    const wide = Matrices.zeros(2, 50).compressed;
    expect(wide).toBeInstanceOf(SparseMatrix);
    expect(wide.isTransposed).toBe(true);
    const tall = Matrices.zeros(50, 2).compressed;
    expect(tall).toBeInstanceOf(SparseMatrix);
    expect(tall.isTransposed).toBe(false);
    expect(Matrices.zeros(20, 20).compressed.isTransposed).toBe(false);
    const full = new DenseMatrix(3, 2, [1, 2, 3, 4, 5, 6], true);
    expect(full.compressed).toBe(full);
    const stored = full.toSparse(true).compressed;
    expect(stored).toBeInstanceOf(DenseMatrix);
    expect(stored.isTransposed).toBe(true);
  });

  it('prints one line a row', () => {
    expect(String(Matrices.dense(2, 2, [1, 0.5, 1e-5, -2]))).toBe('1.0  1.0E-5\n0.5  -2.0');
  });

  it('refuses what is no matrix', () => {
    const wrong = [
      () => Matrices.dense(2, 2, [1, 2, 3]),
      () => Matrices.zeros(-1, 2),
      () => Matrices.sparse(2, 2, [0, 1], [0], [1]),
      () => Matrices.sparse(2, 2, [0, 1, 2], [0], [1]),
      () => Matrices.sparse(2, 2, [1, 1, 1], [0], [1]),
      () => Matrices.sparse(2, 2, [0, 2, 1], [0], [1]),
      () => Matrices.sparse(2, 2, [0, 2, 2], [1, 0], [1, 2]),
      () => Matrices.sparse(2, 2, [0, 1, 1], [2], [1]),
      () => Matrices.sparse(2, 2, [0, 1, 1], [0], []),
      () => Matrices.zeros(2, 2).at(2, 0),
      () => Matrices.zeros(2, 2).at(0, -1),
      () => Matrices.zeros(2, 2).row(2),
      () => Matrices.zeros(2, 2).multiply(Vectors.zeros(3)),
    ];
    for (const action of wrong) expect(action, String(action)).toThrow(MlError);
    expect(isMatrix(Vectors.zeros(1))).toBe(false);
    expect(Matrices.zeros(1, 1).equals(Vectors.zeros(1))).toBe(false);
    expect(Matrices.zeros(1, 2).equals(Matrices.zeros(2, 1))).toBe(false);
  });
});
