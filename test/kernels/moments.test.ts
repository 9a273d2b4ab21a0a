import { describe, expect, it } from 'vitest';
import type { LinearArgs } from '#dist/kernels/contract.js';
import { moments } from '#dist/kernels/moments.js';
import { Random } from '#dist/random.js';
import { type ColumnContent, denseRows, TestPartition } from './partitions.ts';

const ROWS = 900;
const D = 11;

function table(seed: number, centre = 0) {
  const random = new Random(seed);
  const numbers = (shift = 0) => Array.from({ length: ROWS }, () => shift + random.nextGaussian());
  const sparse = Array.from({ length: ROWS }, () => {
    const indices = random.nextInt(2) ? [1] : [0, 3];
    return { indices, values: indices.map((index) => index + random.next()) };
  });
  const columns: ColumnContent[] = [
    { type: 'f64', data: numbers(centre) },
    { type: 'f64', data: new Array(ROWS).fill(0.1) },
    { type: 'u8', data: Array.from({ length: ROWS }, () => random.nextInt(4)) },
    { type: 'u16', data: Array.from({ length: ROWS }, () => random.nextInt(3)) },
    { type: 'csr', data: sparse },
    { type: 'f64', data: Array.from({ length: ROWS }, () => random.nextInt(3)) },
  ];
  const args: LinearArgs = {
    parts: [
      { kind: 'dense', columns: [0, 1], offset: 0 },
      { kind: 'codes', column: 2, offset: 2, size: 3 },
      { kind: 'codes', column: 3, offset: 5, size: 2, values: Float64Array.of(-2, 5) },
      { kind: 'csr', column: 4, offset: 7, size: 4 },
    ],
    numFeatures: D,
    label: 5,
    numClasses: 2,
  };
  return { partition: new TestPartition(ROWS, columns), columns, args };
}

/** Means and centred squares in two passes over dense rows. */
function plain(matrix: Float64Array, w: readonly number[]): number[] {
  const total = w.reduce((a, b) => a + b, 0);
  const means: number[] = [];
  const squares: number[] = [];
  for (let j = 0; j < D; j++) {
    const x = w.map((_, i) => matrix[i * D + j]);
    const mean = x.reduce((sum, value, i) => sum + w[i] * value, 0) / total;
    means.push(mean);
    squares.push(x.reduce((sum, value, i) => sum + w[i] * (value - mean) ** 2, 0));
  }
  return [w.filter((x) => x > 0).length, total, w.reduce((sum, x) => sum + x * x, 0), ...means, ...squares];
}

function near(actual: Float64Array, expected: readonly number[]): void {
  expect(actual.length).toBe(expected.length);
  expected.forEach((x, i) => {
    expect(Math.abs(actual[i] - x), `${i}: ${actual[i]} ${x}`).toBeLessThanOrEqual(1e-11 * Math.max(1, Math.abs(x)));
  });
}

function merged(parts: readonly Float64Array[]): Float64Array {
  const into = new Float64Array(parts[0].length);
  for (const part of parts) moments.merge?.(into, part);
  return into;
}

describe('moments', () => {
  it('equal two passes over dense rows, with weights and without', () => {
    const { partition, columns, args } = table(1);
    const matrix = denseRows(ROWS, columns, args);
    near(partition.sum(moments, args), plain(matrix, new Array(ROWS).fill(1)));
    near(partition.sum(moments, { ...args, weight: 5 }), plain(matrix, columns[5].data as number[]));
  });

  it('merged from blocks equal those of all rows', () => {
    const { partition, args } = table(2);
    for (const one of [args, { ...args, weight: 5 }]) {
      const borders = [0, 1, 400, 401, 899, ROWS];
      const parts = borders.slice(1).map((hi, b) => partition.sum(moments, one, undefined, borders[b], hi));
      near(merged(parts), [...partition.sum(moments, one)]);
    }
  });

  it('of a constant column have no spread at all', () => {
    const { partition, args } = table(3);
    const one = partition.sum(moments, { ...args, weight: 5 });
    const halves = merged([partition.sum(moments, args, undefined, 0, 450), partition.sum(moments, args, undefined, 450, ROWS)]);
    for (const result of [one, halves]) {
      expect(result[3 + 1]).toBe(0.1);
      expect(result[3 + D + 1]).toBe(0);
    }
  });

  it('keep their digits far from zero', () => {
    const { partition, args } = table(4, 1e9);
    const { columns } = table(4);
    const spread = plain(denseRows(ROWS, columns, args), new Array(ROWS).fill(1))[3 + D];
    expect(partition.sum(moments, args)[3 + D] / spread).toBeCloseTo(1, 6);
  });

  it('of rows that all weigh 0 change nothing', () => {
    const { partition, args } = table(5);
    const all = partition.sum(moments, args);
    const nothing = new Float64Array(all.length);
    expect(merged([all, nothing])).toEqual(merged([all]));
  });
});
