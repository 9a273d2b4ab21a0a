/**
 * Sums over columns of doubles, two rows a step; eight columns a pass where there are as many, so that the margins or multipliers are read and
 * written once for eight columns. `columns` points at u32 addresses, one a column. The plain definitions are in `js/columns.ts`.
 */

export function fill_f64(out: usize, value: f64, n: i32): void {
  const end = <usize>n << 3;
  for (let i: usize = 0; i < end; i += 8) store<f64>(out + i, value);
}

/** z[i] += Σ_j weights[j] · columns[j][lo + i], added column by column. */
export function axpy_columns_f64(z: usize, columns: usize, weights: usize, count: i32, lo: i32, n: i32): void {
  let j = 0;
  for (; j + 8 <= count; j += 8) axpy8(z, columns, weights, j, lo, n);
  for (; j + 4 <= count; j += 4) axpy4(z, columns, weights, j, lo, n);
  for (; j < count; j++) axpy1(z, columns, weights, j, lo, n);
}

function axpy8(z: usize, columns: usize, weights: usize, j: i32, lo: i32, n: i32): void {
  const x0 = column(columns, j, lo);
  const x1 = column(columns, j + 1, lo);
  const x2 = column(columns, j + 2, lo);
  const x3 = column(columns, j + 3, lo);
  const x4 = column(columns, j + 4, lo);
  const x5 = column(columns, j + 5, lo);
  const x6 = column(columns, j + 6, lo);
  const x7 = column(columns, j + 7, lo);
  const w0 = double(weights, j);
  const w1 = double(weights, j + 1);
  const w2 = double(weights, j + 2);
  const w3 = double(weights, j + 3);
  const w4 = double(weights, j + 4);
  const w5 = double(weights, j + 5);
  const w6 = double(weights, j + 6);
  const w7 = double(weights, j + 7);
  const v0 = f64x2.splat(w0);
  const v1 = f64x2.splat(w1);
  const v2 = f64x2.splat(w2);
  const v3 = f64x2.splat(w3);
  const v4 = f64x2.splat(w4);
  const v5 = f64x2.splat(w5);
  const v6 = f64x2.splat(w6);
  const v7 = f64x2.splat(w7);
  const end = pairs(n);
  let i: usize = 0;
  for (; i < end; i += 16) {
    let sum = v128.load(z + i);
    sum = f64x2.add(sum, f64x2.mul(v0, v128.load(x0 + i)));
    sum = f64x2.add(sum, f64x2.mul(v1, v128.load(x1 + i)));
    sum = f64x2.add(sum, f64x2.mul(v2, v128.load(x2 + i)));
    sum = f64x2.add(sum, f64x2.mul(v3, v128.load(x3 + i)));
    sum = f64x2.add(sum, f64x2.mul(v4, v128.load(x4 + i)));
    sum = f64x2.add(sum, f64x2.mul(v5, v128.load(x5 + i)));
    sum = f64x2.add(sum, f64x2.mul(v6, v128.load(x6 + i)));
    sum = f64x2.add(sum, f64x2.mul(v7, v128.load(x7 + i)));
    v128.store(z + i, sum);
  }
  if (n & 1) {
    let sum = load<f64>(z + i);
    sum += w0 * load<f64>(x0 + i);
    sum += w1 * load<f64>(x1 + i);
    sum += w2 * load<f64>(x2 + i);
    sum += w3 * load<f64>(x3 + i);
    sum += w4 * load<f64>(x4 + i);
    sum += w5 * load<f64>(x5 + i);
    sum += w6 * load<f64>(x6 + i);
    sum += w7 * load<f64>(x7 + i);
    store<f64>(z + i, sum);
  }
}

function axpy4(z: usize, columns: usize, weights: usize, j: i32, lo: i32, n: i32): void {
  const x0 = column(columns, j, lo);
  const x1 = column(columns, j + 1, lo);
  const x2 = column(columns, j + 2, lo);
  const x3 = column(columns, j + 3, lo);
  const w0 = double(weights, j);
  const w1 = double(weights, j + 1);
  const w2 = double(weights, j + 2);
  const w3 = double(weights, j + 3);
  const v0 = f64x2.splat(w0);
  const v1 = f64x2.splat(w1);
  const v2 = f64x2.splat(w2);
  const v3 = f64x2.splat(w3);
  const end = pairs(n);
  let i: usize = 0;
  for (; i < end; i += 16) {
    let sum = v128.load(z + i);
    sum = f64x2.add(sum, f64x2.mul(v0, v128.load(x0 + i)));
    sum = f64x2.add(sum, f64x2.mul(v1, v128.load(x1 + i)));
    sum = f64x2.add(sum, f64x2.mul(v2, v128.load(x2 + i)));
    sum = f64x2.add(sum, f64x2.mul(v3, v128.load(x3 + i)));
    v128.store(z + i, sum);
  }
  if (n & 1) {
    let sum = load<f64>(z + i);
    sum += w0 * load<f64>(x0 + i);
    sum += w1 * load<f64>(x1 + i);
    sum += w2 * load<f64>(x2 + i);
    sum += w3 * load<f64>(x3 + i);
    store<f64>(z + i, sum);
  }
}

function axpy1(z: usize, columns: usize, weights: usize, j: i32, lo: i32, n: i32): void {
  const x = column(columns, j, lo);
  const w = double(weights, j);
  const v = f64x2.splat(w);
  const end = pairs(n);
  let i: usize = 0;
  for (; i < end; i += 16) v128.store(z + i, f64x2.add(v128.load(z + i), f64x2.mul(v, v128.load(x + i))));
  if (n & 1) store<f64>(z + i, load<f64>(z + i) + w * load<f64>(x + i));
}

/** out[j] += Σ_i multiplier[i] · columns[j][lo + i]; even and odd rows apart. */
export function dot_columns_f64(out: usize, columns: usize, multiplier: usize, count: i32, lo: i32, n: i32): void {
  let j = 0;
  for (; j + 8 <= count; j += 8) dot8(out, columns, multiplier, j, lo, n);
  for (; j + 4 <= count; j += 4) dot4(out, columns, multiplier, j, lo, n);
  for (; j < count; j++) dot1(out, columns, multiplier, j, lo, n);
}

function dot8(out: usize, columns: usize, multiplier: usize, j: i32, lo: i32, n: i32): void {
  const x0 = column(columns, j, lo);
  const x1 = column(columns, j + 1, lo);
  const x2 = column(columns, j + 2, lo);
  const x3 = column(columns, j + 3, lo);
  const x4 = column(columns, j + 4, lo);
  const x5 = column(columns, j + 5, lo);
  const x6 = column(columns, j + 6, lo);
  const x7 = column(columns, j + 7, lo);
  let s0 = f64x2.splat(0);
  let s1 = f64x2.splat(0);
  let s2 = f64x2.splat(0);
  let s3 = f64x2.splat(0);
  let s4 = f64x2.splat(0);
  let s5 = f64x2.splat(0);
  let s6 = f64x2.splat(0);
  let s7 = f64x2.splat(0);
  const end = pairs(n);
  let i: usize = 0;
  for (; i < end; i += 16) {
    const m = v128.load(multiplier + i);
    s0 = f64x2.add(s0, f64x2.mul(m, v128.load(x0 + i)));
    s1 = f64x2.add(s1, f64x2.mul(m, v128.load(x1 + i)));
    s2 = f64x2.add(s2, f64x2.mul(m, v128.load(x2 + i)));
    s3 = f64x2.add(s3, f64x2.mul(m, v128.load(x3 + i)));
    s4 = f64x2.add(s4, f64x2.mul(m, v128.load(x4 + i)));
    s5 = f64x2.add(s5, f64x2.mul(m, v128.load(x5 + i)));
    s6 = f64x2.add(s6, f64x2.mul(m, v128.load(x6 + i)));
    s7 = f64x2.add(s7, f64x2.mul(m, v128.load(x7 + i)));
  }
  addDot(out, j, s0, multiplier + i, x0 + i, n);
  addDot(out, j + 1, s1, multiplier + i, x1 + i, n);
  addDot(out, j + 2, s2, multiplier + i, x2 + i, n);
  addDot(out, j + 3, s3, multiplier + i, x3 + i, n);
  addDot(out, j + 4, s4, multiplier + i, x4 + i, n);
  addDot(out, j + 5, s5, multiplier + i, x5 + i, n);
  addDot(out, j + 6, s6, multiplier + i, x6 + i, n);
  addDot(out, j + 7, s7, multiplier + i, x7 + i, n);
}

function dot4(out: usize, columns: usize, multiplier: usize, j: i32, lo: i32, n: i32): void {
  const x0 = column(columns, j, lo);
  const x1 = column(columns, j + 1, lo);
  const x2 = column(columns, j + 2, lo);
  const x3 = column(columns, j + 3, lo);
  let s0 = f64x2.splat(0);
  let s1 = f64x2.splat(0);
  let s2 = f64x2.splat(0);
  let s3 = f64x2.splat(0);
  const end = pairs(n);
  let i: usize = 0;
  for (; i < end; i += 16) {
    const m = v128.load(multiplier + i);
    s0 = f64x2.add(s0, f64x2.mul(m, v128.load(x0 + i)));
    s1 = f64x2.add(s1, f64x2.mul(m, v128.load(x1 + i)));
    s2 = f64x2.add(s2, f64x2.mul(m, v128.load(x2 + i)));
    s3 = f64x2.add(s3, f64x2.mul(m, v128.load(x3 + i)));
  }
  addDot(out, j, s0, multiplier + i, x0 + i, n);
  addDot(out, j + 1, s1, multiplier + i, x1 + i, n);
  addDot(out, j + 2, s2, multiplier + i, x2 + i, n);
  addDot(out, j + 3, s3, multiplier + i, x3 + i, n);
}

function dot1(out: usize, columns: usize, multiplier: usize, j: i32, lo: i32, n: i32): void {
  const x = column(columns, j, lo);
  let sum = f64x2.splat(0);
  const end = pairs(n);
  let i: usize = 0;
  for (; i < end; i += 16) sum = f64x2.add(sum, f64x2.mul(v128.load(multiplier + i), v128.load(x + i)));
  addDot(out, j, sum, multiplier + i, x + i, n);
}

/** out[j] += both lanes of `sum` and, of an odd count, the last product. */
// @ts-ignore: decorator
@inline
function addDot(out: usize, j: i32, sum: v128, multiplier: usize, x: usize, n: i32): void {
  const to = out + (<usize>j << 3);
  store<f64>(to, load<f64>(to) + total(sum, n & 1 ? load<f64>(multiplier) * load<f64>(x) : 0));
}

/** Σ w_i x_i; `weights` 0: all weights are 1. */
export function sum_f64(x: usize, weights: usize, n: i32): f64 {
  const end = pairs(n);
  let i: usize = 0;
  let sum = f64x2.splat(0);
  if (weights) for (; i < end; i += 16) sum = f64x2.add(sum, f64x2.mul(v128.load(weights + i), v128.load(x + i)));
  else for (; i < end; i += 16) sum = f64x2.add(sum, v128.load(x + i));
  let last: f64 = 0;
  if (n & 1) last = weights ? load<f64>(weights + i) * load<f64>(x + i) : load<f64>(x + i);
  return total(sum, last);
}

/** Σ w_i (x_i - shift) */
export function shifted_sum_f64(x: usize, weights: usize, shift: f64, n: i32): f64 {
  const shifts = f64x2.splat(shift);
  const end = pairs(n);
  let i: usize = 0;
  let sum = f64x2.splat(0);
  if (weights) for (; i < end; i += 16) sum = f64x2.add(sum, f64x2.mul(v128.load(weights + i), f64x2.sub(v128.load(x + i), shifts)));
  else for (; i < end; i += 16) sum = f64x2.add(sum, f64x2.sub(v128.load(x + i), shifts));
  let last: f64 = 0;
  if (n & 1) {
    const d = load<f64>(x + i) - shift;
    last = weights ? load<f64>(weights + i) * d : d;
  }
  return total(sum, last);
}

/** Σ w_i (x_i - mean)² */
export function centred_squares_f64(x: usize, weights: usize, mean: f64, n: i32): f64 {
  const means = f64x2.splat(mean);
  const end = pairs(n);
  let i: usize = 0;
  let sum = f64x2.splat(0);
  if (weights) {
    for (; i < end; i += 16) {
      const d = f64x2.sub(v128.load(x + i), means);
      sum = f64x2.add(sum, f64x2.mul(v128.load(weights + i), f64x2.mul(d, d)));
    }
  } else {
    for (; i < end; i += 16) {
      const d = f64x2.sub(v128.load(x + i), means);
      sum = f64x2.add(sum, f64x2.mul(d, d));
    }
  }
  let last: f64 = 0;
  if (n & 1) {
    const d = load<f64>(x + i) - mean;
    last = weights ? load<f64>(weights + i) * (d * d) : d * d;
  }
  return total(sum, last);
}

/** Both lanes; an odd last term goes to the even one. */
// @ts-ignore: decorator
@inline
function total(sum: v128, last: f64): f64 {
  return f64x2.extract_lane(sum, 0) + last + f64x2.extract_lane(sum, 1);
}

/** Address of row `lo` of column `j`. */
// @ts-ignore: decorator
@inline
function column(columns: usize, j: i32, lo: i32): usize {
  return <usize>load<u32>(columns + (<usize>j << 2)) + (<usize>lo << 3);
}

// @ts-ignore: decorator
@inline
function double(at: usize, j: i32): f64 {
  return load<f64>(at + (<usize>j << 3));
}

/** Bytes of the whole pairs of rows. */
// @ts-ignore: decorator
@inline
function pairs(n: i32): usize {
  return (<usize>n >> 1) << 4;
}
