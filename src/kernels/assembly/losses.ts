/** Losses and their slopes by the margin, in place, four rows a step. The plain definitions are in `js/losses.ts`. */
import { exp, log, log1pUnit } from './math';

/** Binary logistic: log(1 + e^z) - y z; the margins become w (sigmoid(z) - y). `weights` 0: all weights are 1. */
export function logistic_f64(z: usize, labels: usize, weights: usize, n: i32): f64 {
  const fours = (<usize>n >> 2) << 5;
  let i: usize = 0;
  let first = f64x2.splat(0);
  let second = f64x2.splat(0);
  // Two loops instead of one with a branch in it: the pairs overlap, since each is one long chain of dependent operations.
  if (weights) {
    for (; i < fours; i += 32) {
      const z0 = v128.load(z + i);
      const y0 = v128.load(labels + i);
      const w0 = v128.load(weights + i);
      const e0 = decay(z0);
      first = f64x2.add(first, f64x2.mul(w0, logisticLoss(z0, y0, e0)));
      const z1 = v128.load(z + i, 16);
      const y1 = v128.load(labels + i, 16);
      const w1 = v128.load(weights + i, 16);
      const e1 = decay(z1);
      second = f64x2.add(second, f64x2.mul(w1, logisticLoss(z1, y1, e1)));
      v128.store(z + i, f64x2.mul(w0, logisticSlope(z0, y0, e0)));
      v128.store(z + i, f64x2.mul(w1, logisticSlope(z1, y1, e1)), 16);
    }
  } else {
    for (; i < fours; i += 32) {
      const z0 = v128.load(z + i);
      const y0 = v128.load(labels + i);
      const e0 = decay(z0);
      first = f64x2.add(first, logisticLoss(z0, y0, e0));
      const z1 = v128.load(z + i, 16);
      const y1 = v128.load(labels + i, 16);
      const e1 = decay(z1);
      second = f64x2.add(second, logisticLoss(z1, y1, e1));
      v128.store(z + i, logisticSlope(z0, y0, e0));
      v128.store(z + i, logisticSlope(z1, y1, e1), 16);
    }
  }
  let last: f64 = 0;
  for (const end = <usize>n << 3; i < end; i += 8) {
    const zi = f64x2.splat(load<f64>(z + i));
    const y = f64x2.splat(load<f64>(labels + i));
    const w = weights ? load<f64>(weights + i) : 1;
    const e = decay(zi);
    last += w * f64x2.extract_lane(logisticLoss(zi, y, e), 0);
    store<f64>(z + i, w * f64x2.extract_lane(logisticSlope(zi, y, e), 0));
  }
  return byFours(first, second, last);
}

/** e^-|z|, held above the subnormal numbers. */
// @ts-ignore: decorator
@inline
function decay(z: v128): v128 {
  return exp(f64x2.max(f64x2.neg(f64x2.abs(z)), f64x2.splat(-708)));
}

// @ts-ignore: decorator
@inline
function logisticLoss(z: v128, y: v128, e: v128): v128 {
  return f64x2.sub(f64x2.add(log1pUnit(e), f64x2.max(z, f64x2.splat(0))), f64x2.mul(y, z));
}

// @ts-ignore: decorator
@inline
function logisticSlope(z: v128, y: v128, e: v128): v128 {
  const one = f64x2.splat(1);
  const top = v128.bitselect(one, e, f64x2.ge(z, f64x2.splat(0)));
  return f64x2.sub(f64x2.div(top, f64x2.add(one, e)), y);
}

/** out[i] = 4 y / (1 + e^(2 y f)), y = 2 labels[i] - 1: what boosting by 2 log(1 + e^(-2 y f)) leaves at the prediction f. */
export function logistic_residuals(out: usize, predictions: usize, labels: usize, n: i32): void {
  const even = (<usize>n & ~1) << 3;
  for (let i: usize = 0; i < even; i += 16) v128.store(out + i, residual(v128.load(predictions + i), v128.load(labels + i)));
  if (n & 1) store<f64>(out + even, f64x2.extract_lane(residual(f64x2.splat(load<f64>(predictions + even)), f64x2.splat(load<f64>(labels + even))), 0));
}

// @ts-ignore: decorator
@inline
function residual(f: v128, label: v128): v128 {
  const y = f64x2.sub(f64x2.add(label, label), f64x2.splat(1));
  const x = f64x2.mul(f64x2.add(y, y), f);
  const e = exp(f64x2.min(f64x2.max(x, f64x2.splat(-708)), f64x2.splat(708)));
  return f64x2.div(f64x2.mul(f64x2.splat(4), y), f64x2.add(f64x2.splat(1), e));
}

/**
 * Of margins m = z + intercept, a row after the other: raw predictions [-m, m], probabilities [p, 1 - p], p = 1 / (1 + e^m), and the prediction 1 where m
 * (or 1 - p, unless `byMargin`) is larger than `above`, else 0. Gives 0 when some m lies beyond ±708 or is NaN; what is written is of no use then.
 */
export function logistic_rows(
  raw: usize,
  probabilities: usize,
  predictions: usize,
  z: usize,
  intercept: f64,
  byMargin: i32,
  above: f64,
  n: i32,
): i32 {
  const even = (<usize>n & ~1) << 3;
  const b = f64x2.splat(intercept);
  const least = f64x2.splat(above);
  const one = f64x2.splat(1);
  let fits = i64x2.splat(-1);
  for (let i: usize = 0; i < even; i += 16) {
    const m = f64x2.add(v128.load(z + i), b);
    const p = f64x2.div(one, f64x2.add(one, exp(m)));
    const q = f64x2.sub(one, p);
    fits = v128.and(fits, withinExp(m));
    zip(raw + (i << 1), f64x2.neg(m), m);
    zip(probabilities + (i << 1), p, q);
    v128.store(predictions + i, v128.and(one, f64x2.gt(byMargin ? m : q, least)));
  }
  if (n & 1) {
    const m = f64x2.splat(load<f64>(z + even) + intercept);
    const p = f64x2.div(one, f64x2.add(one, exp(m)));
    const q = f64x2.sub(one, p);
    fits = v128.and(fits, withinExp(m));
    v128.store(raw + (even << 1), v128.shuffle<f64>(f64x2.neg(m), m, 0, 2));
    v128.store(probabilities + (even << 1), v128.shuffle<f64>(p, q, 0, 2));
    store<f64>(predictions + even, f64x2.extract_lane(byMargin ? m : q, 0) > above ? 1 : 0);
  }
  return i64x2.all_true(fits) ? 1 : 0;
}

// @ts-ignore: decorator
@inline
function withinExp(x: v128): v128 {
  return f64x2.le(f64x2.abs(x), f64x2.splat(708));
}

/** Stores a0 b0 a1 b1. */
// @ts-ignore: decorator
@inline
function zip(at: usize, a: v128, b: v128): void {
  v128.store(at, v128.shuffle<f64>(a, b, 0, 2));
  v128.store(at, v128.shuffle<f64>(a, b, 1, 3), 16);
}

/**
 * log Σ_c e^(z_c) - z_y through the largest margin; the margins become w (p_c - [c = y]). Row i of class c is at z + 8 (c · stride + i); two
 * classes a step.
 */
export function softmax_f64(z: usize, stride: i32, labels: usize, weights: usize, classes: i32, n: i32): f64 {
  const next = <usize>stride << 3;
  const end = <usize>n << 3;
  let loss: f64 = 0;
  for (let i: usize = 0; i < end; i += 8) {
    const row = z + i;
    const w = weights ? load<f64>(weights + i) : 1;
    const own = row + <usize>load<f64>(labels + i) * next;
    const margin = load<f64>(own);
    let most = load<f64>(row);
    let at = row + next;
    for (let c = 1; c < classes; c++, at += next) most = max<f64>(most, load<f64>(at));

    let sum: f64 = 0;
    at = row;
    for (let c = 0; c < classes; c += 2, at += next << 1) {
      const both = c + 1 < classes;
      const x = f64x2.replace_lane(f64x2.splat(load<f64>(at) - most), 1, both ? load<f64>(at + next) - most : 0);
      const e = exp(f64x2.max(x, f64x2.splat(-708)));
      store<f64>(at, f64x2.extract_lane(e, 0));
      sum += f64x2.extract_lane(e, 0);
      if (both) {
        store<f64>(at + next, f64x2.extract_lane(e, 1));
        sum += f64x2.extract_lane(e, 1);
      }
    }
    loss += w * (log(sum) + (most - margin));

    at = row;
    for (let c = 0; c < classes; c++, at += next) store<f64>(at, w * (load<f64>(at) / sum - (at == own ? 1 : 0)));
  }
  return loss;
}

/** Rows 0, 1, 2, 3 (mod 4) in the four lanes, the rest with row 0. */
// @ts-ignore: decorator
@inline
function byFours(first: v128, second: v128, last: f64): f64 {
  return (
    f64x2.extract_lane(first, 0) + last + f64x2.extract_lane(first, 1) + (f64x2.extract_lane(second, 0) + f64x2.extract_lane(second, 1))
  );
}
