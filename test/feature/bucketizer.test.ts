import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Bucketizer } from '#dist/feature/index.js';
import { transformTable } from './mini-engine.ts';
import { columnAfter, table, thrown } from './table.ts';

const numbers = (...values: unknown[]) => table({ x: 'double' }, ...values.map((v) => [v]));

describe('Bucketizer', () => {
  const splits = [-1, 0, 2.5, 10];
  const bucketizer = new Bucketizer({ inputCol: 'x', outputCol: 'b', splits });

  it('finds the bucket [x, y) of each number, the last bucket closed', () => {
    fc.assert(
      fc.property(fc.double({ min: -1, max: 10, noNaN: true }), (x) => {
        fc.pre(!Object.is(x, -0));
        const expected = splits.slice(1).findIndex((upper, i) => x >= splits[i] && (x < upper || i === splits.length - 2));
        expect(columnAfter([bucketizer], numbers(x), 'b')).toEqual([expected]);
      }),
    );
  });

  it('names column, row, value and bounds of a number outside', () => {
    const error = thrown(() => transformTable([bucketizer], numbers(1, 2, 10.5), 1));
    expect(error).toMatchObject({ code: 'VALUE_INVALID', details: { stage: bucketizer.uid, column: 'x', row: 2, value: 10.5 } });
    expect(error.message).toContain('[-1.0, 10.0]');
  });

  it('makes null of null only, and says so', () => {
    const outputs = ['double', { type: 'double', nullable: false }].map((x) => bucketizer.transformSchema({ x } as never).find('b')?.nullable);
    expect(outputs).toEqual([true, false]);
  });

  it('takes -0 as less than 0, as Java does', () => {
    expect(columnAfter([bucketizer], numbers(-0, 0), 'b')).toEqual([0, 1]);
    expect(thrown(() => transformTable([new Bucketizer({ inputCol: 'x', splits: [0, 1, 2] })], numbers(-0))).code).toBe('VALUE_INVALID');
  });

  it.each([
    [{ splits: [0, 1] }],
    [{ splits: [0, 0, 1] }],
    [{ splits: [0, Number.NaN, 1] }],
    [{ splitsArray: [[0, 1]] }],
    [{ splits, splitsArray: [splits] }],
    [{ inputCol: 'x', splitsArray: [splits] }],
    [{ inputCols: ['x'], outputCols: ['b'], splits }],
    [{ inputCols: ['x'], outputCols: ['b'], splitsArray: [splits, splits] }],
  ])('refuses %j', (params) => {
    expect(thrown(() => new Bucketizer(params)).code).toBe('PARAM_INVALID');
  });

  it('asks for splits', () => {
    expect(thrown(() => new Bucketizer({ inputCol: 'x' }).transformSchema({ x: 'double' })).message).toBe('Bucketizer: splits must be set');
  });
});
