/**
 * Sums of gradients and hessians by bin code, and what grows trees out of them. The plain definitions are in `js/boosting.ts`.
 *
 * A pair is one word a row: gradient (i16) above hessian (u16). A sum is 64 bits, the gradients' (i32) above the hessians' (u32): one addition moves both. They stay
 * apart while at most 65,536 rows are summed.
 */

/** A row's pair as 64 bits. */
// @ts-ignore: decorator
@inline
function pairOf(pairs: usize, row: u32): i64 {
  const pair = load<i32>(pairs + (<usize>row << 2));
  return (<i64>(pair >> 16) << 32) + <i64>(pair & 0xffff);
}

/** Adds to the sum of the code in byte `c` of the row, in table `c` of the group. */
// @ts-ignore: decorator
@inline
function count(table: usize, row: usize, c: usize, pair: i64): void {
  const at = table + (c << 11) + (<usize>load<u8>(row + c) << 3);
  store<i64>(at, load<i64>(at) + pair);
}

// @ts-ignore: decorator
@inline
function countRow(sums: usize, row: usize, eights: i32, rest: i32, pair: i64): void {
  let table = sums;
  for (let k = 0; k < eights; k++) {
    count(table, row, 0, pair);
    count(table, row, 1, pair);
    count(table, row, 2, pair);
    count(table, row, 3, pair);
    count(table, row, 4, pair);
    count(table, row, 5, pair);
    count(table, row, 6, pair);
    count(table, row, 7, pair);
    table += 8 << 11;
    row += 8;
  }
  if (rest & 4) {
    count(table, row, 0, pair);
    count(table, row, 1, pair);
    count(table, row, 2, pair);
    count(table, row, 3, pair);
    table += 4 << 11;
    row += 4;
  }
  if (rest & 2) {
    count(table, row, 0, pair);
    count(table, row, 1, pair);
    table += 2 << 11;
    row += 2;
  }
  if (rest & 1) count(table, row, 0, pair);
}

/**
 * sums[c][codes[rows[i] · stride + c]] += pair of rows[i], c < columns; a table has 256 sums. `apart`: the rows lie far from one another, so sixteen of them are
 * touched before they are worked on, that the waits for memory overlap. What it returns keeps the touches alive.
 */
export function histogram_u8(sums: usize, codes: usize, stride: i32, columns: i32, pairs: usize, rows: usize, n: i32, apart: i32): i32 {
  const eights = columns >> 3;
  const rest = columns & 7;
  let touched = 0;
  let i = 0;
  if (apart) {
    for (; i + 16 <= n; i += 16) {
      const some = rows + (<usize>i << 2);
      for (let k: usize = 0; k < 64; k += 4) {
        const row = load<u32>(some + k);
        touched += load<u8>(codes + <usize>row * stride);
        touched += load<u8>(pairs + (<usize>row << 2));
      }
      for (let k: usize = 0; k < 64; k += 4) {
        const row = load<u32>(some + k);
        countRow(sums, codes + <usize>row * stride, eights, rest, pairOf(pairs, row));
      }
    }
  }
  for (; i < n; i++) {
    const row = load<u32>(rows + (<usize>i << 2));
    countRow(sums, codes + <usize>row * stride, eights, rest, pairOf(pairs, row));
  }
  return touched;
}

/** sums[codes[rows[i]]] += pair of rows[i], codes of two bytes. */
export function histogram_u16(sums: usize, codes: usize, pairs: usize, rows: usize, n: i32): void {
  for (let i = 0; i < n; i++) {
    const row = load<u32>(rows + (<usize>i << 2));
    const at = sums + (<usize>load<u16>(codes + (<usize>row << 1)) << 3);
    store<i64>(at, load<i64>(at) + pairOf(pairs, row));
  }
}

/** Puts the rows whose code's entry in `sides` is 1 first, both parts in their order; returns how many they are. `spare` has room for n rows. */
export function divide_u8(codes: usize, sides: usize, rows: usize, spare: usize, n: i32): i32 {
  let left = rows;
  let right = spare;
  const end = rows + (<usize>n << 2);
  for (let at = rows; at < end; at += 4) {
    const row = load<u32>(at);
    const side = <usize>load<u8>(sides + load<u8>(codes + row)) << 2;
    store<u32>(left, row);
    store<u32>(right, row);
    left += side;
    right += 4 - side;
  }
  memory.copy(left, spare, right - spare);
  return <i32>((left - rows) >> 2);
}

/** {@link divide_u8} for codes of two bytes. */
export function divide_u16(codes: usize, sides: usize, rows: usize, spare: usize, n: i32): i32 {
  let left = rows;
  let right = spare;
  const end = rows + (<usize>n << 2);
  for (let at = rows; at < end; at += 4) {
    const row = load<u32>(at);
    const side = <usize>load<u8>(sides + load<u16>(codes + (<usize>row << 1))) << 2;
    store<u32>(left, row);
    store<u32>(right, row);
    left += side;
    right += 4 - side;
  }
  memory.copy(left, spare, right - spare);
  return <i32>((left - rows) >> 2);
}

/** out[i] += x[i] */
export function add_i64(out: usize, x: usize, n: i32): void {
  const end = <usize>n << 3;
  let i: usize = 0;
  for (; i + 16 <= end; i += 16) v128.store(out + i, i64x2.add(v128.load(out + i), v128.load(x + i)));
  if (i < end) store<i64>(out + i, load<i64>(out + i) + load<i64>(x + i));
}

/** out[i] -= x[i] */
export function subtract_i64(out: usize, x: usize, n: i32): void {
  const end = <usize>n << 3;
  let i: usize = 0;
  for (; i + 16 <= end; i += 16) v128.store(out + i, i64x2.sub(v128.load(out + i), v128.load(x + i)));
  if (i < end) store<i64>(out + i, load<i64>(out + i) - load<i64>(x + i));
}

/** Adds sums to wide ones: out[2i] += gradients, out[2i + 1] += hessians, as doubles, which hold them exactly. `sign`: 1, or -1 to subtract. */
export function widen_sums(out: usize, sums: usize, sign: f64, n: i32): void {
  const signs = f64x2.splat(sign);
  for (let i = 0; i < n; i++) {
    const sum = load<i64>(sums + (<usize>i << 3));
    const at = out + (<usize>i << 4);
    const wide = f64x2.replace_lane(f64x2.splat(<f64>(<i32>(sum >> 32))), 1, <f64>(<u32>sum));
    v128.store(at, f64x2.add(v128.load(at), f64x2.mul(signs, wide)));
  }
}

/** Sums out of wide ones that fit. */
export function narrow_sums(sums: usize, wide: usize, n: i32): void {
  for (let i = 0; i < n; i++) {
    const at = wide + (<usize>i << 4);
    store<i64>(sums + (<usize>i << 3), (<i64>load<f64>(at) << 32) + <i64>load<f64>(at, 8));
  }
}

/** out[i] += sign · x[i] */
export function add_scaled_f64(out: usize, x: usize, sign: f64, n: i32): void {
  const signs = f64x2.splat(sign);
  const end = <usize>n << 3;
  let i: usize = 0;
  for (; i + 16 <= end; i += 16) v128.store(out + i, f64x2.add(v128.load(out + i), f64x2.mul(signs, v128.load(x + i))));
  if (i < end) store<f64>(out + i, load<f64>(out + i) + sign * load<f64>(x + i));
}

/** out[rows[i]] += value */
export function add_at_f64(out: usize, rows: usize, value: f64, n: i32): void {
  for (let i = 0; i < n; i++) {
    const at = out + (<usize>load<u32>(rows + (<usize>i << 2)) << 3);
    store<f64>(at, load<f64>(at) + value);
  }
}

/**
 * Pairs of the logistic loss by the scores, and the loss: p = 1 / (1 + e^-z), gradient w (p - y), hessian w p (1 - p), w (log(1 + e^z) - y z), in single precision.
 * Scaled by `gradients` and `hessians` and rounded down after a number in [0, 1) was added that follows from seed and row: so their expectation is what they stand for.
 * `weights` 0: all 1. `pairs` 0: the loss only.
 */
export function logistic_pairs(
  pairs: usize,
  scores: usize,
  labels: usize,
  weights: usize,
  gradients: f32,
  hessians: f32,
  seed: i32,
  first: i32,
  n: i32,
): f64 {
  let sum = f64x2.splat(0);
  let i = 0;
  const ones = f32x4.splat(1);
  const zeros = f32x4.splat(0);
  let rows = i32x4.add(i32x4.splat(first), i32x4(0, 1, 2, 3));
  for (; i < n; i += 4) {
    const at = <usize>i << 3;
    const whole = i + 4 <= n;
    const z = whole ? four(scores + at) : some(scores + at, n - i);
    const y = whole ? four(labels + at) : some(labels + at, n - i);
    const w = weights ? (whole ? four(weights + at) : some(weights + at, n - i)) : whole ? ones : someOnes(n - i);
    const e = exp(f32x4.max(f32x4.neg(f32x4.abs(z)), f32x4.splat(-87)));
    const d = f32x4.div(ones, f32x4.add(ones, e));
    const loss = f32x4.mul(w, f32x4.add(f32x4.sub(f32x4.max(z, zeros), f32x4.mul(y, z)), log1p(e)));
    sum = f64x2.add(sum, f64x2.promote_low_f32x4(loss));
    sum = f64x2.add(sum, f64x2.promote_low_f32x4(i8x16.shuffle(loss, loss, 8, 9, 10, 11, 12, 13, 14, 15, 0, 1, 2, 3, 4, 5, 6, 7)));
    if (pairs) {
      const ed = f32x4.mul(e, d);
      const p = v128.bitselect(ed, d, f32x4.lt(z, zeros));
      const noise = noiseOf(rows, seed);
      const g = rounded(f32x4.mul(f32x4.mul(w, f32x4.sub(p, y)), f32x4.splat(gradients)), i32x4.shr_u(noise, 16));
      const h = rounded(f32x4.mul(f32x4.mul(w, f32x4.mul(ed, d)), f32x4.splat(hessians)), v128.and(noise, i32x4.splat(0xffff)));
      const pair = v128.or(i32x4.shl(g, 16), h);
      const to = pairs + (<usize>i << 2);
      if (whole) v128.store(to, pair);
      else {
        store<i32>(to, i32x4.extract_lane(pair, 0));
        if (n - i > 1) store<i32>(to, i32x4.extract_lane(pair, 1), 4);
        if (n - i > 2) store<i32>(to, i32x4.extract_lane(pair, 2), 8);
      }
    }
    rows = i32x4.add(rows, i32x4.splat(4));
  }
  return f64x2.extract_lane(sum, 0) + f64x2.extract_lane(sum, 1);
}

/** Four doubles in single precision. */
// @ts-ignore: decorator
@inline
function four(at: usize): v128 {
  const low = f32x4.demote_f64x2_zero(v128.load(at));
  const high = f32x4.demote_f64x2_zero(v128.load(at, 16));
  return i8x16.shuffle(low, high, 0, 1, 2, 3, 4, 5, 6, 7, 16, 17, 18, 19, 20, 21, 22, 23);
}

/** The first `n` of four, the others 0. */
function some(at: usize, n: i32): v128 {
  let x = f32x4.splat(0);
  x = f32x4.replace_lane(x, 0, <f32>load<f64>(at));
  if (n > 1) x = f32x4.replace_lane(x, 1, <f32>load<f64>(at, 8));
  if (n > 2) x = f32x4.replace_lane(x, 2, <f32>load<f64>(at, 16));
  return x;
}

function someOnes(n: i32): v128 {
  let x = f32x4.splat(0);
  x = f32x4.replace_lane(x, 0, 1);
  if (n > 1) x = f32x4.replace_lane(x, 1, 1);
  if (n > 2) x = f32x4.replace_lane(x, 2, 1);
  return x;
}

/** 32 bits that look random. */
// @ts-ignore: decorator
@inline
function noiseOf(rows: v128, seed: i32): v128 {
  let x = v128.xor(i32x4.mul(rows, i32x4.splat(0x9e3779b1)), i32x4.splat(seed));
  x = i32x4.mul(v128.xor(x, i32x4.shr_u(x, 15)), i32x4.splat(0x85ebca77));
  x = i32x4.mul(v128.xor(x, i32x4.shr_u(x, 13)), i32x4.splat(0xc2b2ae3d));
  return v128.xor(x, i32x4.shr_u(x, 16));
}

/** floor(x + bits / 65536) */
// @ts-ignore: decorator
@inline
function rounded(x: v128, bits: v128): v128 {
  return i32x4.trunc_sat_f32x4_s(f32x4.floor(f32x4.add(x, f32x4.mul(f32x4.convert_i32x4_s(bits), f32x4.splat(0.0000152587890625)))));
}

/** e^x for -87 <= x <= 0 in single precision: x = k ln 2 + r. */
// @ts-ignore: decorator
@inline
function exp(x: v128): v128 {
  const magic = f32x4.splat(12582912.0);
  const t = f32x4.add(f32x4.mul(x, f32x4.splat(1.44269502)), magic);
  const k = f32x4.sub(t, magic);
  const r = f32x4.sub(f32x4.sub(x, f32x4.mul(k, f32x4.splat(0.693359375))), f32x4.mul(k, f32x4.splat(-2.12194442e-4)));
  const r2 = f32x4.mul(r, r);
  const a = f32x4.add(f32x4.splat(5.0000001201e-1), f32x4.mul(f32x4.splat(1.6666665459e-1), r));
  const b = f32x4.add(f32x4.splat(4.1665795894e-2), f32x4.mul(f32x4.splat(8.3334519073e-3), r));
  const c = f32x4.add(f32x4.splat(1.3981999507e-3), f32x4.mul(f32x4.splat(1.9875691500e-4), r));
  const q = f32x4.add(a, f32x4.mul(r2, f32x4.add(b, f32x4.mul(r2, c))));
  const p = f32x4.add(f32x4.add(f32x4.mul(q, r2), r), f32x4.splat(1));
  return f32x4.mul(p, i32x4.shl(i32x4.add(t, i32x4.splat(127)), 23));
}

/** log(1 + e) for e in [0, 1] in single precision: 2 atanh(e / (2 + e)). */
// @ts-ignore: decorator
@inline
function log1p(e: v128): v128 {
  const s = f32x4.div(e, f32x4.add(f32x4.splat(2), e));
  const z = f32x4.mul(s, s);
  const q = f32x4.add(
    f32x4.splat(0.66666669),
    f32x4.mul(z, f32x4.add(f32x4.splat(0.4), f32x4.mul(z, f32x4.add(f32x4.splat(0.28571430), f32x4.mul(z, f32x4.splat(0.24)))))),
  );
  return f32x4.add(f32x4.add(s, s), f32x4.mul(f32x4.mul(s, z), q));
}
