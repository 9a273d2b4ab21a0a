import { describe, expect, it } from 'vitest';
import { Binarizer } from '#dist/feature/index.js';
import { Schema } from '#dist/frame/schema.js';
import { Vectors } from '#dist/linalg/vectors.js';
import { plainRows, transformTable } from './mini-engine.ts';

describe('Binarizer', () => {
  it('turns what is greater than the threshold into 1, all else into 0, NaN and null too', () => {
    const schema = Schema.from({ x: 'double' });
    const table = { schema, rows: [[0.5], [0.51], [Number.NaN], [Number.POSITIVE_INFINITY], [null]] };
    const out = transformTable([new Binarizer({ inputCol: 'x', outputCol: 'y', threshold: 0.5 })], table);
    expect(plainRows(out).map((row) => row[1])).toEqual([0, 1, 0, 1, 0]);
  });

  it('turns the absent slots of sparse vectors into 1 below a threshold of 0, and keeps them 0 otherwise', () => {
    const schema = Schema.from({ v: 'vector' });
    const table = { schema, rows: [[Vectors.sparse(4, [1, 3], [2, -3])], [Vectors.dense(0, 0.5, -0.5, 1)]] };
    const binarized = (threshold: number) =>
      plainRows(transformTable([new Binarizer({ inputCol: 'v', outputCol: 'b', threshold })], table)).map((row) => row[1]);
    expect(binarized(0)).toEqual([
      [0, 1, 0, 0],
      [0, 1, 0, 1],
    ]);
    expect(binarized(-1)).toEqual([
      [1, 1, 1, 0],
      [1, 1, 1, 1],
    ]);
  });

  it('turns NaN in a vector into 1 below a threshold of 0, and into 0 otherwise', () => {
    const schema = Schema.from({ v: 'vector' });
    const table = { schema, rows: [[Vectors.dense(Number.NaN, -1, 0)], [Vectors.sparse(3, [1], [Number.NaN])]] };
    const binarized = (threshold: number) =>
      plainRows(transformTable([new Binarizer({ inputCol: 'v', outputCol: 'b', threshold })], table)).map((row) => row[1]);
    expect(binarized(-0.5)).toEqual([
      [1, 0, 1],
      [1, 1, 1],
    ]);
    expect(binarized(-0)).toEqual([
      [0, 0, 0],
      [0, 0, 0],
    ]);
  });

  it('tells the number of slots of what it makes, and that numbers are never null', () => {
    const from = { x: 'double', v: { type: 'vector', attributes: { num_attrs: 3, attrs: { numeric: [{ idx: 0, name: 'a' }] } } }, u: 'vector' };
    const { fields } = new Binarizer({ inputCols: ['x', 'v', 'u'], outputCols: ['a', 'b', 'c'] }).transformSchema(from as never);
    expect(fields.slice(3).map(({ nullable, metadata }) => [nullable, metadata?.ml_attr])).toEqual([
      [false, { type: 'binary' }],
      [true, { num_attrs: 3 }],
      [true, undefined],
    ]);
  });

  it('takes a threshold for each of several columns, or one for all', () => {
    const schema = Schema.from({ a: 'double', b: 'int' });
    const table = { schema, rows: [[1, 1]] };
    const run = (params: object) =>
      plainRows(transformTable([new Binarizer({ inputCols: ['a', 'b'], outputCols: ['c', 'd'], ...params })], table))[0];
    expect(run({ thresholds: [0, 2] })).toEqual([1, 1, 1, 0]);
    expect(run({ threshold: 0.5 })).toEqual([1, 1, 1, 1]);
    expect(() => run({ threshold: 0.5, thresholds: [0, 2] })).toThrow(/exactly one of threshold and thresholds/);
    expect(() => new Binarizer({ inputCols: ['a', 'b'], outputCols: ['c', 'd'], thresholds: [1] })).toThrow(/one length, got 2 and 1/);
    expect(() => new Binarizer({ inputCol: 'a', thresholds: [1] })).toThrow(/goes with threshold/);
  });
});
