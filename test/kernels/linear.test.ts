import { describe, expect, it } from 'vitest';
import type { Aggregator, LinearArgs } from '#dist/kernels/contract.js';
import { binaryLogistic, multinomialLogistic } from '#dist/kernels/linear.js';
import * as losses from '#dist/optim/losses.js';
import { Random } from '#dist/random.js';
import { type ColumnContent, denseRows, TestPartition } from './partitions.ts';

const ROWS = 1100;
const K = 3;

/** Four numbers, two code columns, a label and a weight with zeros among them. */
function problem(seed: number, classes: number, weighted: boolean) {
  const random = new Random(seed);
  const numbers = () => Array.from({ length: ROWS }, () => random.nextGaussian());
  const columns: ColumnContent[] = [
    ...Array.from({ length: 4 }, () => ({ type: 'f64' as const, data: numbers() })),
    { type: 'u8', data: numbers().map((x) => Math.min(3, Math.floor(Math.abs(x) * 2))) },
    { type: 'u8', data: numbers().map((x) => (x > 0 ? 1 : 0)) },
    { type: 'u8', data: Array.from({ length: ROWS }, () => random.nextInt(classes)) },
    { type: 'f64', data: numbers().map((x) => Math.max(0, x)) },
  ];
  const args: LinearArgs = {
    parts: [
      { kind: 'dense', columns: [0, 1, 2, 3], offset: 0 },
      { kind: 'codes', column: 4, offset: 4, size: 3 },
      { kind: 'codes', column: 5, offset: 7, size: 1 },
    ],
    numFeatures: 8,
    label: 6,
    numClasses: classes,
    ...(weighted ? { weight: 7 } : {}),
  };
  const margins = classes === 2 ? 1 : classes;
  const input = Float64Array.from({ length: margins * 9 }, () => random.nextGaussian() / 2);
  return { partition: new TestPartition(ROWS, columns), columns, args, input, margins };
}

const CASES: { name: string; aggregator: Aggregator<LinearArgs>; classes: number; loss: losses.LossSum }[] = [
  { name: 'binaryLogistic', aggregator: binaryLogistic, classes: 2, loss: losses.binaryLogistic },
  { name: 'multinomialLogistic', aggregator: multinomialLogistic, classes: K, loss: losses.multinomialLogistic },
];

function near(actual: ArrayLike<number>, expected: ArrayLike<number>, tolerance: number): void {
  expect(actual.length).toBe(expected.length);
  for (let i = 0; i < expected.length; i++) {
    expect(Math.abs(actual[i] - expected[i]), `${i}: ${actual[i]} ${expected[i]}`).toBeLessThanOrEqual(
      tolerance * Math.max(1, Math.abs(expected[i])),
    );
  }
}

describe('linear aggregators', () => {
  for (const { name, aggregator, classes, loss } of CASES) {
    for (const weighted of [false, true]) {
      const title = `${name}, ${weighted ? 'with' : 'without'} weights`;

      it(`${title}: equal the loss summed over plain rows`, () => {
        const { partition, columns, args, input, margins } = problem(1, classes, weighted);
        const output = partition.sum(aggregator, args, input);
        const rows = {
          rows: ROWS,
          cols: 8,
          features: denseRows(ROWS, columns, args),
          labels: Float64Array.from(columns[6].data as number[]),
          ...(weighted ? { weights: Float64Array.from(columns[7].data as number[]) } : {}),
        };
        const gradient = new Float64Array(8 * margins);
        const intercepts = new Float64Array(margins);
        const total = loss(rows, input.subarray(0, 8 * margins), input.subarray(8 * margins), gradient, intercepts);
        const weight = rows.weights?.reduce((a, b) => a + b, 0) ?? ROWS;
        near(output, [total, weight, ...gradient, ...intercepts], 1e-11);
      });

      it(`${title}: the gradient is the slope of the loss`, () => {
        const { partition, args, input } = problem(2, classes, weighted);
        const output = partition.sum(aggregator, args, input);
        const at = (p: number, step: number) => {
          const moved = input.slice();
          moved[p] += step;
          return partition.sum(aggregator, args, moved)[0];
        };
        const slopes = Array.from(input, (_, p) => (at(p, 1e-5) - at(p, -1e-5)) / 2e-5);
        near(output.subarray(2), slopes, 1e-6);
      });

      it(`${title}: sums of blocks add up to the sum over all`, () => {
        const { partition, args, input } = problem(3, classes, weighted);
        const whole = partition.sum(aggregator, args, input);
        const parts = [0, 1, 512, 700, 1024].map((lo, b, all) => partition.sum(aggregator, args, input, lo, all[b + 1] ?? ROWS));
        near(
          parts.reduce((sum, part) => sum.map((x, i) => x + part[i])),
          whole,
          1e-12,
        );
      });
    }
  }

  it('give the same bits when asked twice', () => {
    const { partition, args, input } = problem(4, 2, true);
    expect(partition.sum(binaryLogistic, args, input)).toEqual(partition.sum(binaryLogistic, args, input));
  });
});
