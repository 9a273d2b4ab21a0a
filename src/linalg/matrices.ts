import { MlError, show } from '../error.ts';
import { checkIndex, checkList, checkSize, doubleArray } from './arguments.ts';
import { countNonzeros, lowerBound, sameNumber } from './arithmetic.ts';
import { javaDouble } from './format.ts';
import { DenseVector, type Vector } from './vectors.ts';

/** A matrix of doubles in either form. Both forms of the same numbers are `equals`. */
export type Matrix = DenseMatrix | SparseMatrix;

/** What both forms share: everything that follows from `numRows`, `numCols` and `at`. */
abstract class MatrixBase {
  /** Rows. */
  abstract readonly numRows: number;
  /** Columns. */
  abstract readonly numCols: number;
  /** The numbers that are stored. Not a copy: do not write to it. */
  abstract readonly values: Float64Array;
  /** Whether the numbers lie row by row; else column by column. */
  abstract readonly isTransposed: boolean;
  /** A fresh array of all numbers, column by column. */
  abstract toArray(): Float64Array;
  /** The number in row `i` and column `j`, from 0 on. */
  abstract at(i: number, j: number): number;
  /** Calls `visit` on the numbers that are stored, in the order in which they lie. */
  protected abstract eachActive(visit: (i: number, j: number, value: number) => void): void;

  /** How many numbers are stored. */
  get numActives(): number {
    return this.values.length;
  }

  /** How many numbers are not 0 (NaN counts). */
  get numNonzeros(): number {
    return countNonzeros(this.values);
  }

  /** Row `i` as a dense vector. */
  row(i: number): DenseVector {
    checkIndex('Matrix', i, this.numRows);
    const out = new Float64Array(this.numCols);
    for (let j = 0; j < out.length; j++) out[j] = this.at(i, j);
    return new DenseVector(out);
  }

  /** `A x`. */
  multiply(x: Vector): DenseVector {
    if (x?.size !== this.numCols)
      throw new MlError('VALUE_INVALID', `multiply: the vector must have size ${this.numCols}, got ${show(x?.size ?? x)}`);
    const out = new Float64Array(this.numRows);
    const dense = x.toArray();
    const a = this.toArray();
    for (let j = 0, p = 0; j < this.numCols; j++) for (let i = 0; i < out.length; i++, p++) out[i] += a[p] * dense[j];
    return new DenseVector(out);
  }

  /** Column-major copy. */
  toDense(): DenseMatrix {
    return new DenseMatrix(this.numRows, this.numCols, this.toArray());
  }

  /** Compressed by column (by row when `isTransposed` is asked for), without zeros. */
  toSparse(isTransposed = false): SparseMatrix {
    const outer = isTransposed ? this.numRows : this.numCols;
    const pointers = new Int32Array(outer + 1);
    this.eachActive((i, j, value) => {
      if (value !== 0) pointers[(isTransposed ? i : j) + 1]++;
    });
    for (let o = 0; o < outer; o++) pointers[o + 1] += pointers[o];
    const next = pointers.slice();
    const indices = new Int32Array(pointers[outer]);
    const values = new Float64Array(indices.length);
    this.eachActive((i, j, value) => {
      if (value === 0) return;
      const k = next[isTransposed ? i : j]++; // ascending within a run, whichever way the numbers lie
      indices[k] = isTransposed ? j : i;
      values[k] = value;
    });
    return new SparseMatrix(this.numRows, this.numCols, pointers, indices, values, isTransposed);
  }

  /** The form that takes least room, by Spark's rule of sizes in bytes: dense (its layout kept), by column, by row, in this order when equal. */
  get compressed(): Matrix {
    const actives = this.numNonzeros;
    const dense = 8 * this.numRows * this.numCols + 21;
    const byColumn = 12 * actives + 4 * (this.numCols + 1) + 45;
    const byRow = 12 * actives + 4 * (this.numRows + 1) + 45;
    if (dense <= Math.min(byColumn, byRow)) return this instanceof DenseMatrix ? this : this.isTransposed ? rowMajor(this) : this.toDense();
    return this.toSparse(byRow < byColumn);
  }

  /** Same shape and the same numbers, whatever the form; NaN equals NaN, -0 equals 0. */
  equals(other: unknown): boolean {
    if (!isMatrix(other) || other.numRows !== this.numRows || other.numCols !== this.numCols) return false;
    const [a, b] = [this, other].map((matrix) => matrix.toSparse(this.isTransposed)) as [SparseMatrix, SparseMatrix];
    const alike = (x: ArrayLike<number>, y: ArrayLike<number>) =>
      x.length === y.length && Array.prototype.every.call(x, (v, p) => sameNumber(v, y[p]));
    return alike(a.colPtrs, b.colPtrs) && alike(a.rowIndices, b.rowIndices) && alike(a.values, b.values);
  }

  /** One line a row, numbers parted by two blanks. */
  toString(): string {
    const lines = [];
    for (let i = 0; i < this.numRows; i++) lines.push(Array.from(this.row(i).values, javaDouble).join('  '));
    return lines.join('\n');
  }
}

/** All numbers: `values[j · numRows + i]` is (i, j), or `values[i · numCols + j]` when `isTransposed`. */
export class DenseMatrix extends MatrixBase {
  readonly numRows: number;
  readonly numCols: number;
  readonly values: Float64Array;
  readonly isTransposed: boolean;

  constructor(numRows: number, numCols: number, values: ArrayLike<number>, isTransposed = false) {
    super();
    checkSize('DenseMatrix', 'numRows', numRows);
    checkSize('DenseMatrix', 'numCols', numCols);
    checkList('DenseMatrix', 'values', values);
    if (values.length !== numRows * numCols) {
      throw new MlError('VALUE_INVALID', `DenseMatrix: a ${numRows} x ${numCols} matrix must have ${numRows * numCols} values, got ${values.length}`);
    }
    this.numRows = numRows;
    this.numCols = numCols;
    this.values = doubleArray(values, 'DenseMatrix', 'values');
    this.isTransposed = isTransposed;
  }

  at(i: number, j: number): number {
    checkIndex('DenseMatrix', i, this.numRows);
    checkIndex('DenseMatrix', j, this.numCols);
    return this.values[this.isTransposed ? i * this.numCols + j : j * this.numRows + i];
  }

  /** A fresh column-major array. */
  toArray(): Float64Array {
    return this.isTransposed ? transposed(this.values, this.numCols, this.numRows) : this.values.slice();
  }

  protected eachActive(visit: (i: number, j: number, value: number) => void): void {
    const inner = this.isTransposed ? this.numCols : this.numRows;
    for (let o = 0, p = 0; p < this.values.length; o++) {
      for (let n = 0; n < inner; n++, p++) visit(this.isTransposed ? o : n, this.isTransposed ? n : o, this.values[p]);
    }
  }

  /** Rows and columns exchanged. */
  get transpose(): DenseMatrix {
    return new DenseMatrix(this.numCols, this.numRows, this.values, !this.isTransposed);
  }
}

/**
 * By column: the numbers of column j are `values[k]` at row `rowIndices[k]`, k in `[colPtrs[j], colPtrs[j + 1])`.
 * When `isTransposed`, by row: `colPtrs` runs over rows and `rowIndices` holds columns.
 */
export class SparseMatrix extends MatrixBase {
  readonly numRows: number;
  readonly numCols: number;
  readonly colPtrs: Int32Array;
  readonly rowIndices: Int32Array;
  readonly values: Float64Array;
  readonly isTransposed: boolean;

  constructor(
    numRows: number,
    numCols: number,
    colPtrs: ArrayLike<number>,
    rowIndices: ArrayLike<number>,
    values: ArrayLike<number>,
    isTransposed = false,
  ) {
    super();
    checkSize('SparseMatrix', 'numRows', numRows);
    checkSize('SparseMatrix', 'numCols', numCols);
    checkCompressed(isTransposed ? numRows : numCols, isTransposed ? numCols : numRows, colPtrs, rowIndices, values);
    this.numRows = numRows;
    this.numCols = numCols;
    this.colPtrs = colPtrs instanceof Int32Array ? colPtrs : Int32Array.from(colPtrs);
    this.rowIndices = rowIndices instanceof Int32Array ? rowIndices : Int32Array.from(rowIndices);
    this.values = doubleArray(values, 'SparseMatrix', 'values');
    this.isTransposed = isTransposed;
  }

  at(i: number, j: number): number {
    checkIndex('SparseMatrix', i, this.numRows);
    checkIndex('SparseMatrix', j, this.numCols);
    const [outer, inner] = this.isTransposed ? [i, j] : [j, i];
    const end = this.colPtrs[outer + 1];
    const k = lowerBound(this.rowIndices, inner, this.colPtrs[outer], end);
    return k < end && this.rowIndices[k] === inner ? this.values[k] : 0;
  }

  /** A fresh column-major array. */
  toArray(): Float64Array {
    const out = new Float64Array(this.numRows * this.numCols);
    this.eachActive((i, j, value) => {
      out[j * this.numRows + i] = value;
    });
    return out;
  }

  protected eachActive(visit: (i: number, j: number, value: number) => void): void {
    for (let o = 0; o + 1 < this.colPtrs.length; o++) {
      for (let k = this.colPtrs[o]; k < this.colPtrs[o + 1]; k++) {
        const n = this.rowIndices[k];
        visit(this.isTransposed ? o : n, this.isTransposed ? n : o, this.values[k]);
      }
    }
  }

  /** Rows and columns exchanged. */
  get transpose(): SparseMatrix {
    return new SparseMatrix(this.numCols, this.numRows, this.colPtrs, this.rowIndices, this.values, !this.isTransposed);
  }
}

/** Makers of matrices, named as in Spark. */
export const Matrices = {
  /** `values` by column. */
  dense(numRows: number, numCols: number, values: ArrayLike<number>): DenseMatrix {
    return new DenseMatrix(numRows, numCols, values);
  },

  /** Compressed by column: see {@link SparseMatrix}. */
  sparse(numRows: number, numCols: number, colPtrs: ArrayLike<number>, rowIndices: ArrayLike<number>, values: ArrayLike<number>): SparseMatrix {
    return new SparseMatrix(numRows, numCols, colPtrs, rowIndices, values);
  },

  zeros(numRows: number, numCols: number): DenseMatrix {
    checkSize('Matrices.zeros', 'numRows', numRows);
    checkSize('Matrices.zeros', 'numCols', numCols);
    return new DenseMatrix(numRows, numCols, new Float64Array(numRows * numCols));
  },
};

/** Whether the value is a matrix of either form. */
export function isMatrix(value: unknown): value is Matrix {
  return value instanceof MatrixBase;
}

/** The same dense numbers with rows and columns exchanged in memory: `values` has `columns` runs of `rows`. */
function transposed(values: Float64Array, rows: number, columns: number): Float64Array {
  const out = new Float64Array(values.length);
  for (let c = 0, p = 0; c < columns; c++) for (let r = 0; r < rows; r++, p++) out[r * columns + c] = values[p];
  return out;
}

function rowMajor(matrix: MatrixBase): DenseMatrix {
  return new DenseMatrix(matrix.numRows, matrix.numCols, transposed(matrix.toArray(), matrix.numRows, matrix.numCols), true);
}

/** Pointers from 0 to the number of values, never falling; indices in range and strictly increasing within each run. */
function checkCompressed(outer: number, inner: number, pointers: ArrayLike<number>, indices: ArrayLike<number>, values: ArrayLike<number>): void {
  const fail = (text: string): never => {
    throw new MlError('VALUE_INVALID', `SparseMatrix: ${text}`);
  };
  checkList('SparseMatrix', 'colPtrs', pointers);
  checkList('SparseMatrix', 'rowIndices', indices);
  checkList('SparseMatrix', 'values', values);
  if (indices.length !== values.length) fail(`rowIndices and values must have the same length, got ${indices.length} and ${values.length}`);
  if (pointers.length !== outer + 1) fail(`colPtrs must have ${outer + 1} entries, got ${pointers.length}`);
  if (pointers[0] !== 0) fail(`colPtrs must start with 0, got ${show(pointers[0])}`);
  if (pointers[outer] !== values.length) fail(`colPtrs must end with the number of values ${values.length}, got ${show(pointers[outer])}`);
  for (let o = 0; o < outer; o++) {
    const from = pointers[o];
    const to = pointers[o + 1];
    if (!Number.isInteger(to) || to < from || to > values.length) fail(`colPtrs must not fall, got ${show(to)} after ${from}`);
    for (let k = from, last = -1; k < to; k++) {
      const n = indices[k];
      if (!Number.isInteger(n) || n < 0 || n >= inner) fail(`rowIndices must be integers in [0, ${inner}), got ${show(n)}`);
      if (n <= last) fail(`rowIndices must be strictly increasing within a column, got ${n} after ${last}`);
      last = n;
    }
  }
}
