/**
 * The plain definitions of `assembly/losses.ts`. Margins in `z` become, in place, the derivative of the weighted loss by the margin; the
 * weighted loss is returned. Without `weights` all weights are 1.
 */
import { exp, expCore, log, log1pUnit } from './math.ts';

/** Binary logistic: log(1 + e^z) - y z, y in {0, 1}. */
export function logistic_f64(z: Float64Array, labels: Float64Array, weights: Float64Array | null, n: number): number {
  return byFours(n, (i) => {
    const zi = z[i];
    const y = labels[i];
    const e = expCore(Math.max(-Math.abs(zi), -708));
    const slope = (zi >= 0 ? 1 : e) / (1 + e) - y;
    const loss = log1pUnit(e) + Math.max(zi, 0) - y * zi;
    z[i] = weights ? weights[i] * slope : slope;
    return weights ? weights[i] * loss : loss;
  });
}

/** out[i] = 4 y / (1 + e^(2 y f)), y = 2 labels[i] - 1. */
export function logistic_residuals(out: Float64Array, predictions: Float64Array, labels: Float64Array, n: number): void {
  for (let i = 0; i < n; i++) {
    const y = 2 * labels[i] - 1;
    out[i] = (4 * y) / (1 + expCore(Math.min(Math.max(2 * y * predictions[i], -708), 708)));
  }
}

/**
 * Margins m = z + intercept: `raw` [-m, m], `probabilities` [p, 1 - p] with p = 1 / (1 + e^m), `predictions` 1 where m (or 1 - p, unless `byMargin`) is
 * larger than `above`, else 0. Of any m, where the kernel gives up.
 */
export function logistic_rows(
  raw: Float64Array,
  probabilities: Float64Array,
  predictions: Float64Array,
  z: Float64Array,
  intercept: number,
  byMargin: boolean,
  above: number,
  n: number,
): void {
  for (let i = 0; i < n; i++) {
    const m = z[i] + intercept;
    const p = 1 / (1 + exp(m));
    raw[2 * i] = -m;
    raw[2 * i + 1] = m;
    probabilities[2 * i] = p;
    probabilities[2 * i + 1] = 1 - p;
    predictions[i] = (byMargin ? m : 1 - p) > above ? 1 : 0;
  }
}

/** Multinomial: log Σ_c e^(z_c) - z_y, through the largest margin. Margins by class: z_c of row i is `z[c · stride + i]`. */
export function softmax_f64(z: Float64Array, stride: number, labels: Float64Array, weights: Float64Array | null, classes: number, n: number): number {
  let loss = 0;
  for (let i = 0; i < n; i++) {
    const w = weights ? weights[i] : 1;
    const label = labels[i];
    const own = z[label * stride + i];
    let most = z[i];
    for (let c = 1; c < classes; c++) most = Math.max(most, z[c * stride + i]);
    let sum = 0;
    for (let c = 0; c < classes; c++) {
      const e = expCore(Math.max(z[c * stride + i] - most, -708));
      z[c * stride + i] = e;
      sum += e;
    }
    loss += w * (log(sum) + (most - own));
    for (let c = 0; c < classes; c++) z[c * stride + i] = w * (z[c * stride + i] / sum - (c === label ? 1 : 0));
  }
  return loss;
}

/** Terms 0, 1, 2, 3 (mod 4) apart, as two pairs of lanes add them; the last 0-3 terms with the first; then (0 + 1) + (2 + 3). */
function byFours(n: number, term: (i: number) => number): number {
  let a = 0;
  let b = 0;
  let c = 0;
  let d = 0;
  let i = 0;
  for (; i + 4 <= n; i += 4) {
    a += term(i);
    b += term(i + 1);
    c += term(i + 2);
    d += term(i + 3);
  }
  let last = 0;
  for (; i < n; i++) last += term(i);
  return a + last + b + (c + d);
}
