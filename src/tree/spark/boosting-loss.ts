import { softplus } from '../../kernels/js/math.ts';
import { exp } from './exact.ts';

/** A loss of boosted trees; y is the label (-1 or 1 for `logistic`, as which labels 0 and 1 are taken), f the prediction so far. */
interface BoostingLoss {
  of(f: number, label: number): number;
  /** What the next tree is fitted to, less the loss's derivative by f, for rows `[lo, hi)`. */
  residuals(out: Float64Array, predictions: Float64Array, labels: Float64Array, lo: number, hi: number): void;
}

/** (y - f)² */
const squared: BoostingLoss = {
  of: (f, y) => (y - f) * (y - f),
  residuals(out, predictions, labels, lo, hi) {
    for (let i = lo; i < hi; i++) out[i] = 2 * (labels[i] - predictions[i]);
  },
};

/** |y - f| */
const absolute: BoostingLoss = {
  of: (f, y) => Math.abs(y - f),
  residuals(out, predictions, labels, lo, hi) {
    for (let i = lo; i < hi; i++) out[i] = labels[i] - predictions[i] < 0 ? -1 : 1;
  },
};

/** 2 log(1 + e^(-2 y f)) */
const logistic: BoostingLoss = {
  of: (f, label) => 2 * softplus(-2 * (2 * label - 1) * f),
  residuals(out, predictions, labels, lo, hi) {
    for (let i = lo; i < hi; i++) {
      const y = 2 * labels[i] - 1;
      out[i] = (4 * y) / (1 + exp(2 * y * predictions[i]));
    }
  },
};

export const boostingLosses = { squared, absolute, logistic } as const;
