export { DenseMatrix, isMatrix, Matrices, type Matrix, SparseMatrix } from './matrices.ts';
export { DenseVector, isVector, SparseVector, type Vector, Vectors } from './vectors.ts';
