import { exp, log1p, sigmoid, softmax, softplus } from '../kernels/js/math.ts';

/** Rows in plain memory: `features` is (rows, cols) row-major; no `weights`: all are 1. */
export interface DenseRows {
  readonly rows: number;
  readonly cols: number;
  readonly features: Float64Array;
  readonly labels: Float64Array;
  readonly weights?: Float64Array;
}

/**
 * A loss summed over rows, with `k` margins a row: `z[c] = Σj coefficients[c · cols + j] x[j] + intercepts[c]`. Adds the sum's gradient
 * to `gradient` (laid out as `coefficients`) and `interceptGradient`, and returns the sum; neither is divided by anything. Rows of
 * weight 0 change nothing. These loops define what the kernels compute.
 */
export type LossSum = (
  rows: DenseRows,
  coefficients: Float64Array,
  intercepts: Float64Array,
  gradient: Float64Array,
  interceptGradient: Float64Array,
) => number;

/** The loss of one row from its margins and label; writes its slope in each margin. */
type RowLoss = (z: Float64Array, y: number, slope: Float64Array) => number;

/** `log(1 + e^z) - y z`, label y in {0, 1}; its slope in z is `sigmoid(z) - y`. One margin. */
export const binaryLogistic: LossSum = sumOver((z, y, slope) => {
  slope[0] = sigmoid(z[0]) - y;
  return y > 0 ? softplus(-z[0]) : softplus(z[0]);
});

/** `-log p[y]` with `p = softmax(z)`, label y in 0 … k-1; its slope in `z[c]` is `p[c]`, less 1 where c = y. */
export const multinomialLogistic: LossSum = sumOver((z, y, slope) => {
  const own = z[y];
  slope.set(z);
  softmax(slope);
  slope[y] -= 1;
  return logSumExp(z) - own;
});

/** `log Σ e^z`, without overflow. */
export function logSumExp(z: Float64Array): number {
  let best = 0;
  for (let c = 1; c < z.length; c++) if (z[c] > z[best]) best = c;
  let rest = 0;
  for (let c = 0; c < z.length; c++) if (c !== best) rest += exp(z[c] - z[best]);
  return z[best] + log1p(rest);
}

function sumOver(loss: RowLoss): LossSum {
  return ({ rows, cols, features, labels, weights }, coefficients, intercepts, gradient, interceptGradient) => {
    const k = intercepts.length;
    const z = new Float64Array(k);
    const slope = new Float64Array(k);
    let total = 0;
    for (let i = 0; i < rows; i++) {
      const weight = weights ? weights[i] : 1;
      if (weight === 0) continue;
      for (let c = 0; c < k; c++) {
        let margin = intercepts[c];
        for (let j = 0; j < cols; j++) margin += coefficients[c * cols + j] * features[i * cols + j];
        z[c] = margin;
      }
      total += weight * loss(z, labels[i], slope);
      for (let c = 0; c < k; c++) {
        const multiplier = weight * slope[c];
        interceptGradient[c] += multiplier;
        for (let j = 0; j < cols; j++) gradient[c * cols + j] += multiplier * features[i * cols + j];
      }
    }
    return total;
  };
}
