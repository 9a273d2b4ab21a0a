import { create } from '@bufbuild/protobuf';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { literalOf } from '#dist/engine/spark/literal.js';
import { valueOfLiteral } from '#dist/engine/spark/literal-value.js';
import { Expression_LiteralSchema } from '#dist/engine/spark/proto/connect_pb.js';
import type { DataType } from '#dist/frame/types.js';
import { DenseMatrix, Matrices, SparseMatrix, Vectors } from '#dist/linalg/index.js';
import { refuses } from '../harness.ts';

const through = (value: unknown, type?: DataType) => valueOfLiteral(create(Expression_LiteralSchema, literalOf(value, type)), 'Stage');
const LABELS: DataType = { kind: 'array', element: { kind: 'array', element: { kind: 'string' } } };
const number = fc.double({ noDefaultInfinity: false });

describe('constants of a server', () => {
  it('come back as they were sent', () => {
    const doubles = fc.array(number).map((value) => [value, { kind: 'array', element: { kind: 'double' } }] as const);
    const texts = fc.array(fc.array(fc.string())).map((value) => [value, LABELS] as const);
    const single = fc.oneof(fc.string(), fc.boolean(), fc.integer()).map((value) => [value, undefined] as const);
    fc.assert(
      fc.property(fc.oneof(doubles, texts, single), ([value, type]) => {
        expect(through(value, type)).toEqual(value);
      }),
    );
  });

  it('may be vectors, dense and sparse', () => {
    fc.assert(
      fc.property(fc.array(fc.option(number, { nil: 0 })), (values) => {
        const dense = Vectors.dense(values);
        expect(through(dense)).toEqual(dense);
        expect(through(dense.toSparse())).toEqual(dense.toSparse());
      }),
    );
  });

  it('may be matrices, in either order of values', () => {
    const values = [1, 0, -0, Number.NaN, Number.POSITIVE_INFINITY, 6];
    for (const transposed of [true, false]) {
      const dense = new DenseMatrix(2, 3, values, transposed);
      expect(through(dense, { kind: 'matrix' })).toEqual(dense);
      const sparse = new SparseMatrix(3, 2, transposed ? [0, 1, 1, 2] : [0, 1, 2], [1, 0], [5, 7], transposed);
      expect(through(sparse, { kind: 'matrix' })).toEqual(sparse);
    }
    expect(through(Matrices.dense(0, 0, []), { kind: 'matrix' })).toEqual(Matrices.dense(0, 0, []));
  });

  it('of other types are refused', async () => {
    await refuses(async () => through(new Date(0)), 'SPARK_FAILED', {}, 'timestamp');
  });
});
