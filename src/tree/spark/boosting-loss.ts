import { softplus } from '../../kernels/js/math.ts';
import { exp } from './exact.ts';

/** A loss of boosted trees; y is the label (-1 or 1 for `logistic`), f the prediction so far. */
export interface BoostingLoss {
  of(f: number, y: number): number;
  /** Less the loss's derivative by f: what the next tree is fitted to. */
  residual(f: number, y: number): number;
}

/** squared (y - f)²; absolute |y - f|; logistic 2 log(1 + e^(-2 y f)). */
export const boostingLosses: Readonly<Record<'squared' | 'absolute' | 'logistic', BoostingLoss>> = {
  squared: { of: (f, y) => (y - f) * (y - f), residual: (f, y) => 2 * (y - f) },
  absolute: { of: (f, y) => Math.abs(y - f), residual: (f, y) => (y - f < 0 ? -1 : 1) },
  logistic: { of: (f, y) => 2 * softplus(-2 * y * f), residual: (f, y) => (4 * y) / (1 + exp(2 * y * f)) },
};
