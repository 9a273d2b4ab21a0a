import { describe, expect, it } from 'vitest';
import type { Column, NumberColumn, VectorColumn } from '#dist/block/column.js';
import { OneHotEncoderModel, StandardScalerModel, StringIndexerModel, VectorAssembler } from '#dist/feature/index.js';
import { assemble } from '#dist/feature/vector-assembler.js';
import { featureNames, groupOf } from '#dist/frame/attributes.js';
import { Vectors } from '#dist/linalg/vectors.js';
import { transformTable } from './mini-engine.ts';
import { columnAfter, table, thrown } from './table.ts';

const sized = (size: number) => ({ type: 'vector', attributes: { num_attrs: size } });

describe('VectorAssembler', () => {
  it('copies nothing', () => {
    const numbers: NumberColumn = { kind: 'numbers', values: Float64Array.of(1, 2), valid: null };
    const vectors: VectorColumn = { kind: 'vectors', size: 2, parts: [{ kind: 'dense', size: 2, values: Float64Array.of(1, 2, 3, 4) }], valid: null };
    const inputs = [
      { column: 'x', isVector: false, size: 1 },
      { column: 'v', isVector: true, size: 2 },
    ];
    const step = assemble({ owner: 'o', stage: 's', handleInvalid: 'error', inputs });
    const [made] = step([numbers, vectors] as Column[], { rows: 2, firstRow: 0, columns: [], keep: null }) as [VectorColumn];
    expect(made.size).toBe(3);
    expect((made.parts[0] as { values: Float64Array }).values).toBe(numbers.values);
    expect(made.parts[1]).toBe(vectors.parts[0]);
  });

  it.each([
    [null, 'null'],
    [Number.NaN, 'NaN'],
  ])('names stage, column, row and value of a hole: %s', (value, text) => {
    const assembler = new VectorAssembler({ inputCols: ['a', 'b'], outputCol: 'v' });
    const error = thrown(() => transformTable([assembler], table({ a: 'double', b: 'double' }, [1, 2], [1, value]), 1));
    expect(error).toMatchObject({ code: 'VALUE_INVALID', details: { stage: assembler.uid, column: 'b', row: 1, value } });
    expect(error.message).toContain(`must hold no ${text}`);
    expect(error.message).toContain('handleInvalid');
  });

  it('makes vectors of size 0 of no columns', () => {
    const assembler = new VectorAssembler({ inputCols: [], outputCol: 'v' });
    expect(columnAfter([assembler], table({ a: 'double' }, [1], [2]), 'v')).toEqual([[], []]);
  });

  it('hands its inputs’ attributes on, renamed', () => {
    const assembler = new VectorAssembler({ inputCols: ['hour', 'browser', 'count', 'user'], outputCol: 'o' });
    const out = assembler.transformSchema({
      hour: { type: 'double', attributes: { min: 0, max: 24 } },
      browser: { type: 'double', attributes: { type: 'nominal', vals: ['x', 'y'] } },
      count: { type: 'int', attributes: { min: 1 } },
      user: { type: 'vector', attributes: { num_attrs: 2, attrs: { nominal: [{ vals: ['a', 'b'], idx: 0, name: 'kind' }], numeric: [{ idx: 1 }] } } },
    });
    expect(out.require('', 'o').metadata?.ml_attr).toEqual({
      num_attrs: 5,
      attrs: {
        numeric: [
          { idx: 0, name: 'hour', min: 0, max: 24 },
          { idx: 2, name: 'count' },
          { idx: 4, name: 'user_1' },
        ],
        nominal: [
          { idx: 1, name: 'browser', vals: ['x', 'y'] },
          { idx: 3, name: 'user_kind', vals: ['a', 'b'] },
        ],
      },
    });
  });

  it('keeps null vectors as NaN when their size is known', () => {
    const assembler = new VectorAssembler({ inputCols: ['a', 'v'], outputCol: 'o', handleInvalid: 'keep' });
    const rows = [
      [1, Vectors.dense([1, 2])],
      [null, null],
    ];
    expect(columnAfter([assembler], table({ a: 'double', v: sized(2) }, ...rows), 'o')).toEqual([
      [1, 1, 2],
      [Number.NaN, Number.NaN, Number.NaN],
    ]);
  });

  it('asks for the size of vectors before it keeps null ones', () => {
    const assembler = new VectorAssembler({ inputCols: ['v'], outputCol: 'o', handleInvalid: 'keep' });
    expect(thrown(() => transformTable([assembler], table({ v: 'vector' }, [null])))).toMatchObject({
      code: 'VALUE_INVALID',
      details: { column: 'v' },
    });
    const rows = [[null], [Vectors.dense([1, 2])]];
    expect(columnAfter([assembler], table({ v: 'vector' }, ...rows), 'o')).toEqual([
      [Number.NaN, Number.NaN],
      [1, 2],
    ]);
  });

  it('refuses vectors of another size than the attributes tell', () => {
    const assembler = new VectorAssembler({ inputCols: ['v'], outputCol: 'o' });
    const error = thrown(() => transformTable([assembler], table({ v: sized(3) }, [Vectors.dense([1, 2])])));
    expect(error.message).toContain('vectors of size 3, got one of size 2');
  });

  it('names slots by category through the whole chain, a scaler too', () => {
    const stages = [
      StringIndexerModel.fromLabels(['x', 'a b', '__proto__'], { inputCol: 'c', outputCol: 'i' }),
      new OneHotEncoderModel({ inputCol: 'i', outputCol: 'h', dropLast: false }, { categorySizes: [3] }),
      new VectorAssembler({ inputCols: ['n', 'h'], outputCol: 'v' }),
      new StandardScalerModel({ inputCol: 'v', outputCol: 's' }, { mean: new Float64Array(4), std: new Float64Array(4) }),
      new VectorAssembler({ inputCols: ['s', 'n'], outputCol: 'w' }),
    ];
    const { schema } = transformTable(stages, table({ n: 'double', c: 'string' }));
    const names = (column: string) => featureNames(schema.find(column)!, groupOf(schema.find(column)!).size!);
    expect(names('v')).toEqual(['n', 'h_x', 'h_a b', 'h___proto__']);
    expect(names('s')).toEqual(names('v'));
    expect(schema.find('s')!.metadata).toEqual({ ml_attr: { num_attrs: 4 } });
    expect(names('w')).toEqual(['s_n', 's_h_x', 's_h_a b', 's_h___proto__', 'n']);
  });
});
