import { DenseVector, SparseVector, type Vector } from '../linalg/vectors.ts';
import { type Block, type VectorColumn, writeDenseRow } from './column.ts';

/** The block of a single row. */
export const ONE_ROW: Block = Object.freeze({ rows: 1, firstRow: 0, columns: [], keep: null });

/** A column of that one vector. */
export function vectorColumn(vector: Vector): VectorColumn {
  const part =
    vector instanceof SparseVector
      ? ({
          kind: 'sparse',
          size: vector.size,
          starts: Uint32Array.of(0, vector.indices.length),
          indices: Uint32Array.from(vector.indices),
          values: vector.values,
        } as const)
      : ({ kind: 'dense', size: vector.size, values: vector.toArray() } as const);
  return { kind: 'vectors', size: vector.size, parts: [part], valid: null };
}

/** The first row of a column of vectors. */
export function firstVector(column: VectorColumn): DenseVector {
  const out = new Float64Array(column.size);
  writeDenseRow(column, 0, out);
  return new DenseVector(out);
}
