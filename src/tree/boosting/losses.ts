import { exp, log, sigmoid, softmax, softplus } from '../../kernels/js/math.ts';
import { MOST } from '../extremes.ts';
import type { LossSpec } from './contract.ts';
import { weightedQuantile } from './quantile.ts';

/** A loss of one raw score: value, first and second derivative in it, all by the row, unweighted. */
export interface ScalarLoss {
  value(score: number, label: number): number;
  gradient(score: number, label: number): number;
  /** What stands for the second derivative in gains and leaf values: see {@link scalarLoss}. */
  hessian(score: number, label: number): number;
}

/** Labels and weights of some rows (null: all 1). Rows of weight 0 are as good as absent. */
export interface LabelledRows {
  readonly labels: ArrayLike<number>;
  readonly weights: ArrayLike<number> | null;
}

/** Newton steps on counts overshoot from far below: LightGBM divides by e^(score + 0.7), and so do we. */
const POISSON_DAMPING = exp(0.7);
/** Start scores stay finite where a class has no rows. */
const LEAST_SHARE = 1e-15;

/**
 * The losses of {@link LossSpec} but softmax. Second derivatives are the exact ones, but for absolute, huber and quantile, where it is 1 (they have none that helps;
 * {@link renewedValue} sets their leaves), and poisson, where it is `e^(score + 0.7)` as in LightGBM.
 */
export function scalarLoss({ name, alpha = 0.9, power = 1.5 }: LossSpec): ScalarLoss {
  const one = () => 1;
  switch (name) {
    case 'logistic':
      return {
        value: (f, y) => softplus(f) - y * f,
        gradient: (f, y) => sigmoid(f) - y,
        hessian: (f) => sigmoid(f) * sigmoid(-f),
      };
    case 'squared':
      return { value: (f, y) => ((y - f) * (y - f)) / 2, gradient: (f, y) => f - y, hessian: one };
    case 'absolute':
      return { value: (f, y) => Math.abs(y - f), gradient: (f, y) => Math.sign(f - y), hessian: one };
    case 'huber':
      return {
        value: (f, y) => (Math.abs(y - f) <= alpha ? ((y - f) * (y - f)) / 2 : alpha * (Math.abs(y - f) - alpha / 2)),
        gradient: (f, y) => Math.max(-alpha, Math.min(alpha, f - y)),
        hessian: one,
      };
    case 'quantile':
      return {
        value: (f, y) => (y >= f ? alpha * (y - f) : (1 - alpha) * (f - y)),
        gradient: (f, y) => (f >= y ? 1 - alpha : -alpha),
        hessian: one,
      };
    case 'poisson':
      return { value: (f, y) => exp(f) - y * f, gradient: (f, y) => exp(f) - y, hessian: (f) => exp(f) * POISSON_DAMPING };
    case 'gamma':
      return { value: (f, y) => y * exp(-f) + f, gradient: (f, y) => 1 - y * exp(-f), hessian: (f, y) => y * exp(-f) };
    case 'tweedie': {
      const [a, b] = [1 - power, 2 - power];
      return {
        value: (f, y) => (-y * exp(a * f)) / a + exp(b * f) / b,
        gradient: (f, y) => -y * exp(a * f) + exp(b * f),
        hessian: (f, y) => -y * a * exp(a * f) + b * exp(b * f),
      };
    }
    case 'softmax':
      throw new RangeError('softmax has a score a class: softmaxLoss, softmaxGradients');
  }
}

/** `log Σ e^f_c - f_label`. */
export function softmaxLoss(scores: ArrayLike<number>, label: number): number {
  let max = scores[0];
  for (let c = 1; c < scores.length; c++) if (scores[c] > max) max = scores[c];
  let sum = 0;
  for (let c = 0; c < scores.length; c++) sum += exp(scores[c] - max);
  return max + log(sum) - scores[label];
}

/**
 * Writes a class's gradients `p_c - [label = c]` and hessians `k/(k-1) · p_c (1 - p_c)`, k classes; the factor is LightGBM's (Friedman's step for k trees at once).
 * `scores` is overwritten by the probabilities p.
 */
export function softmaxGradients(scores: Float64Array, label: number, gradients: Float64Array, hessians: Float64Array): void {
  const k = scores.length;
  softmax(scores);
  for (let c = 0; c < k; c++) {
    gradients[c] = scores[c] - (c === label ? 1 : 0);
    hessians[c] = (k / (k - 1)) * scores[c] * (1 - scores[c]);
  }
}

/** How many raw scores a row has: the classes of softmax, else one. */
export function scoreCount({ name, numClasses }: LossSpec): number {
  return name === 'softmax' ? (numClasses ?? 0) : 1;
}

/** Whether every row's hessian is 1. */
export function hasUnitHessian({ name }: LossSpec): boolean {
  return name === 'squared' || name === 'absolute' || name === 'huber' || name === 'quantile';
}

/** Whether a label may stand under the loss, and the rule in words ("a number >= 0"). */
export function labelRule({ name, numClasses = 0 }: LossSpec): { readonly rule: string; accepts(label: number): boolean } {
  switch (name) {
    case 'logistic':
      return { rule: '0 or 1', accepts: (y) => y === 0 || y === 1 };
    case 'softmax':
      return { rule: `a class number 0 … ${numClasses - 1}`, accepts: (y) => Number.isInteger(y) && y >= 0 && y < numClasses };
    case 'poisson':
    case 'tweedie':
      return { rule: `a number in [0, ${MOST}] (loss ${name})`, accepts: (y) => y >= 0 && y <= MOST };
    case 'gamma':
      return { rule: `a number > 0, at most ${MOST} (loss gamma)`, accepts: (y) => y > 0 && y <= MOST };
    default:
      return { rule: `a number in [${-MOST}, ${MOST}]`, accepts: (y) => Math.abs(y) <= MOST };
  }
}

/**
 * The constant scores of least loss: log odds, log shares of the classes, mean, median (huber too: near enough), quantile, log of the mean.
 * Sums go in row order. Rows there must be, and some label above 0 under poisson and tweedie.
 */
export function startScores(loss: LossSpec, rows: Iterable<LabelledRows>): number[] {
  const { name, alpha = 0.9, numClasses = 0 } = loss;
  if (name === 'absolute' || name === 'huber' || name === 'quantile') return [quantileOfLabels(rows, name === 'quantile' ? alpha : 0.5)];
  const byClass = new Float64Array(name === 'softmax' ? numClasses : 0);
  let sum = 0;
  let total = 0;
  for (const { labels, weights } of rows) {
    for (let i = 0; i < labels.length; i++) {
      const w = weights ? weights[i] : 1;
      if (w === 0) continue;
      if (name === 'softmax') byClass[labels[i]] += w;
      else sum += w * labels[i];
      total += w;
    }
  }
  if (name === 'softmax') return Array.from(byClass, (w) => log(Math.max(w / total, LEAST_SHARE)));
  const mean = sum / total;
  if (name === 'squared') return [mean];
  if (name !== 'logistic') return [log(mean)];
  const p = Math.min(Math.max(mean, LEAST_SHARE), 1 - LEAST_SHARE);
  return [log(p / (1 - p))];
}

/** Whether leaves get their value by {@link renewedValue} once their rows are known. */
export function renewsLeaves({ name }: LossSpec): boolean {
  return name === 'absolute' || name === 'huber' || name === 'quantile';
}

/**
 * The value of a leaf whose rows have these residuals (label minus score), before the learning rate: their weighted median or quantile; for huber the median m and a step
 * towards the mean, `m + mean(clip(r - m, ±alpha))` (Friedman 2001, as in scikit-learn). Null weights: all 1; rows of weight 0 do not count. Both arrays may be reordered.
 */
export function renewedValue({ name, alpha = 0.9 }: LossSpec, residuals: Float64Array, weights: Float64Array | null): number {
  if (name !== 'huber') return weightedQuantile(residuals, weights, name === 'quantile' ? alpha : 0.5);
  const median = weightedQuantile(residuals.slice(), weights?.slice() ?? null, 0.5); // copies: the sum below goes in row order
  let sum = 0;
  let total = 0;
  for (let i = 0; i < residuals.length; i++) {
    const w = weights ? weights[i] : 1;
    sum += w * Math.max(-alpha, Math.min(alpha, residuals[i] - median));
    total += w;
  }
  return total > 0 ? median + sum / total : 0;
}

function quantileOfLabels(rows: Iterable<LabelledRows>, p: number): number {
  const all = [...rows];
  const n = all.reduce((sum, { labels }) => sum + labels.length, 0);
  const values = new Float64Array(n);
  const weights = all.some((r) => r.weights) ? new Float64Array(n).fill(1) : null;
  let at = 0;
  for (const block of all) {
    values.set(block.labels, at);
    if (block.weights) weights?.set(block.weights, at);
    at += block.labels.length;
  }
  return weightedQuantile(values, weights, p);
}
