import type { MessageInitShape } from '@bufbuild/protobuf';
import { MlError, show } from '../../error.ts';
import { typeOfConstant } from '../../frame/constant.ts';
import type { DataType } from '../../frame/types.ts';
import { type Matrix, SparseMatrix } from '../../linalg/matrices.ts';
import { SparseVector, type Vector } from '../../linalg/vectors.ts';
import type { Expression_LiteralSchema } from './proto/connect_pb.ts';
import { sparkType } from './types.ts';

export type LiteralInit = MessageInitShape<typeof Expression_LiteralSchema>;

const VOID: DataType = { kind: 'void' };

/** A constant: whole numbers are `int` (or `long` when large), as Spark's `lit` has it; `type` says otherwise. */
export function literalOf(value: unknown, type: DataType = typeOfConstant(value)): LiteralInit {
  if (value === null || value === undefined) return { literalType: { case: 'null', value: sparkType(type) } };
  switch (type.kind) {
    case 'boolean':
      return { literalType: { case: 'boolean', value: Boolean(value) } };
    case 'byte':
    case 'short':
      return { literalType: { case: type.kind, value: Number(value) } };
    case 'int':
      return { literalType: { case: 'integer', value: Number(value) } };
    case 'long':
      return { literalType: { case: 'long', value: BigInt(value as number | bigint) } };
    case 'float':
    case 'double':
      return { literalType: { case: type.kind, value: Number(value) } };
    case 'decimal':
      return { literalType: { case: 'decimal', value: { value: String(value), precision: type.precision, scale: type.scale } } };
    case 'string':
      return { literalType: { case: 'string', value: String(value) } };
    case 'binary':
      return { literalType: { case: 'binary', value: value as Uint8Array } };
    case 'date':
      return { literalType: { case: 'date', value: Math.floor(Date.parse(`${value as string}T00:00:00Z`) / 86_400_000) } };
    case 'timestamp':
      return { literalType: { case: 'timestamp', value: BigInt((value as Date).getTime()) * 1000n } };
    case 'array':
      return {
        literalType: {
          case: 'array',
          value: { elementType: sparkType(type.element), elements: Array.from(value as ArrayLike<unknown>, (v) => literalOf(v, type.element)) },
        },
      };
    case 'vector':
      return vectorLiteral(value as Vector);
    case 'matrix':
      return matrixLiteral(value as Matrix);
    default:
      throw new MlError('EXPRESSION_INVALID', `lit: value must be a constant that a server can be sent, got ${show(value)}`, { value });
  }
}

const none: LiteralInit = { literalType: { case: 'null', value: sparkType(VOID) } };
const byte = (value: number): LiteralInit => ({ literalType: { case: 'byte', value } });
const int = (value: number): LiteralInit => ({ literalType: { case: 'integer', value } });
const ints = (values: Iterable<number>): LiteralInit => ({
  literalType: { case: 'specializedArray', value: { valueType: { case: 'ints', value: { values: [...values] } } } },
});
const doubles = (values: Iterable<number>): LiteralInit => ({
  literalType: { case: 'specializedArray', value: { valueType: { case: 'doubles', value: { values: [...values] } } } },
});
const udt = (type: DataType, elements: LiteralInit[]): LiteralInit => ({
  literalType: { case: 'struct', value: { structType: sparkType(type), elements } },
});

function vectorLiteral(vector: Vector): LiteralInit {
  const sparse = vector instanceof SparseVector;
  const head = sparse ? [byte(0), int(vector.size), ints(vector.indices)] : [byte(1), none, none];
  return udt({ kind: 'vector' }, [...head, doubles(vector.values)]);
}

function matrixLiteral(matrix: Matrix): LiteralInit {
  const { numRows, numCols, isTransposed } = matrix;
  const sparse = matrix instanceof SparseMatrix;
  const pointers = sparse ? [ints(matrix.colPtrs), ints(matrix.rowIndices)] : [none, none];
  const transposed: LiteralInit = { literalType: { case: 'boolean', value: isTransposed } };
  return udt({ kind: 'matrix' }, [byte(sparse ? 0 : 1), int(numRows), int(numCols), ...pointers, doubles(matrix.values), transposed]);
}
