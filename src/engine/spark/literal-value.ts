import { MlError, show } from '../../error.ts';
import { DenseMatrix, type Matrix, SparseMatrix } from '../../linalg/matrices.ts';
import { DenseVector, SparseVector, type Vector } from '../../linalg/vectors.ts';
import type { Expression_Literal, Expression_Literal_Struct } from './proto/connect_pb.ts';
import { MATRIX, VECTOR } from './types.ts';

/** A constant of the server's as rows hold values. */
export function valueOfLiteral({ literalType }: Expression_Literal, owner: string): unknown {
  switch (literalType.case) {
    case 'null':
      return null;
    case 'boolean':
    case 'byte':
    case 'short':
    case 'integer':
    case 'long':
    case 'float':
    case 'double':
    case 'string':
      return literalType.value;
    case 'array':
      return literalType.value.elements.map((element) => valueOfLiteral(element, owner));
    case 'specializedArray':
      return literalType.value.valueType.value?.values ?? [];
    case 'struct': {
      const value = linearValue(literalType.value, owner);
      if (value) return value;
    }
  }
  throw new MlError(
    'SPARK_FAILED',
    `${owner}: the server must answer with a number, a text, a vector, a matrix or a list, got ${show(literalType.case)}`,
  );
}

function linearValue({ structType, elements }: Expression_Literal_Struct, owner: string): Vector | Matrix | null {
  const jvmClass = structType?.kind.case === 'udt' ? structType.kind.value.jvmClass : undefined;
  const [type, ...fields] = elements.map((element) => valueOfLiteral(element, owner));
  if (jvmClass === VECTOR) {
    const [size, indices, values] = fields as [number, number[], number[]];
    return type === 1 ? new DenseVector(values) : new SparseVector(size, indices, values);
  }
  if (jvmClass === MATRIX) {
    const [rows, columns, pointers, indices, values, transposed] = fields as [number, number, number[], number[], number[], boolean];
    return type === 1 ? new DenseMatrix(rows, columns, values, transposed) : new SparseMatrix(rows, columns, pointers, indices, values, transposed);
  }
  return null;
}
