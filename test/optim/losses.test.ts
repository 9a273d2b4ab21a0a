import { describe, expect, it } from 'vitest';
import { binaryLogistic, type DenseRows, type LossSum, logSumExp, multinomialLogistic } from '#dist/optim/losses.js';

const rows: DenseRows = {
  rows: 5,
  cols: 2,
  features: Float64Array.of(0.5, -1, 2, 0.3, -0.7, 1.1, 0, 0, 3, -2),
  labels: Float64Array.of(0, 1, 1, 0, 1),
  weights: Float64Array.of(1, 2, 0, 0.5, 1.5),
};
const cases: [string, LossSum, number, DenseRows][] = [
  ['binary logistic', binaryLogistic, 1, rows],
  ['multinomial logistic', multinomialLogistic, 3, { ...rows, labels: Float64Array.of(0, 1, 2, 2, 1) }],
];

/** The loss at a point of coefficients and then intercepts, with its gradient alike. */
function at(loss: LossSum, data: DenseRows, k: number, x: Float64Array): { value: number; gradient: Float64Array } {
  const gradient = new Float64Array(x.length);
  const split = k * data.cols;
  return { value: loss(data, x.subarray(0, split), x.subarray(split), gradient.subarray(0, split), gradient.subarray(split)), gradient };
}

describe.each(cases)('%s loss', (_, loss, k, data) => {
  const point = Float64Array.from({ length: k * 3 }, (_, i) => Math.sin(i + 1));

  it('has the gradient that finite differences show', () => {
    const { gradient } = at(loss, data, k, point);
    point.forEach((v, i) => {
      const h = 1e-6;
      const [up, down] = [h, -h].map((by) => at(loss, data, k, point.with(i, v + by)).value);
      expect(gradient[i]).toBeCloseTo((up - down) / (2 * h), 7);
    });
  });

  it('adds to the gradient it is given', () => {
    const { gradient } = at(loss, data, k, point);
    const twice = new Float64Array(point.length);
    for (let i = 0; i < 2; i++) loss(data, point.subarray(0, 2 * k), point.subarray(2 * k), twice.subarray(0, 2 * k), twice.subarray(2 * k));
    twice.forEach((v, i) => void expect(v).toBeCloseTo(2 * gradient[i], 12));
  });

  it('sees nothing of rows of weight 0', () => {
    const wild = { ...data, features: data.features.with(4, Number.NaN) };
    expect(at(loss, wild, k, point)).toEqual(at(loss, data, k, point));
  });

  it('counts a row of weight 2 twice', () => {
    const one = (weight: number) => ({
      rows: 1,
      cols: 2,
      features: Float64Array.of(0.4, -2),
      labels: Float64Array.of(1),
      weights: Float64Array.of(weight),
    });
    expect(at(loss, one(2), k, point).value).toBeCloseTo(2 * at(loss, one(1), k, point).value, 14);
  });

  it('takes absent weights for 1', () => {
    const { weights: _, ...bare } = data;
    expect(at(loss, bare, k, point)).toEqual(at(loss, { ...data, weights: new Float64Array(5).fill(1) }, k, point));
  });
});

describe('at margins too large for e^z', () => {
  const far = (labels: number[]): DenseRows => ({ rows: 2, cols: 1, features: Float64Array.of(1e4, -1e4), labels: Float64Array.from(labels) });

  it.each([
    ['binary', binaryLogistic, Float64Array.of(1, 0)],
    ['multinomial', multinomialLogistic, Float64Array.of(0, 1, 0, 0)],
  ] as const)('the %s loss is finite: 0 where right, the margin where wrong', (_, loss, point) => {
    const k = point.length / 2;
    expect(at(loss, far([1, 0]), k, point).value).toBe(0);
    expect(at(loss, far([0, 1]), k, point).value).toBe(2e4);
    expect(at(loss, far([0, 1]), k, point).gradient.every(Number.isFinite)).toBe(true);
  });

  it('logSumExp neither overflows nor underflows', () => {
    expect(logSumExp(Float64Array.of(1000, 1000))).toBeCloseTo(1000 + Math.LN2, 12);
    expect(logSumExp(Float64Array.of(-1000, -1000, -1000))).toBeCloseTo(-1000 + Math.log(3), 12);
    expect(logSumExp(Float64Array.of(3))).toBe(3);
  });
});

it('binary and two-class multinomial losses agree', () => {
  const binary = at(binaryLogistic, rows, 1, Float64Array.of(0.3, -0.8, 0.1));
  const multinomial = at(multinomialLogistic, rows, 2, Float64Array.of(0, 0, 0.3, -0.8, 0, 0.1));
  expect(multinomial.value).toBeCloseTo(binary.value, 13);
});
