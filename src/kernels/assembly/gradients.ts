/** Gradients and hessians of boosting, in single precision. The plain definitions are in `js/boosting.ts`. */

/**
 * Pairs of the logistic loss by the scores, and the loss: p = 1 / (1 + e^-z), gradient w (p - y), hessian w p (1 - p), w (log(1 + e^z) - y z), in
 * single precision. Scaled by `gradients` and `hessians` and rounded up or down as a number says that follows from seed and row number (u32, read
 * four at a time): so their expectation is what they stand for.
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
  numbers: usize,
  n: i32,
): f64 {
  let sum = f64x2.splat(0);
  let i = 0;
  const ones = f32x4.splat(1);
  const zeros = f32x4.splat(0);
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
      const noise = noiseOf(v128.load(numbers + (<usize>i << 2)), seed);
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

/**
 * x + (bits + 1/2) / 65536 - 1/2, rounded to the nearest integer, |x| < 2^21: adding 1.5 · 2^23 rounds to an integer, which then stands in the low
 * bits.
 */
// @ts-ignore: decorator
@inline
function rounded(x: v128, bits: v128): v128 {
  const noise = f32x4.add(f32x4.mul(f32x4.convert_i32x4_s(bits), f32x4.splat(0.0000152587890625)), f32x4.splat(-0.49999237060546875));
  return i32x4.sub(f32x4.add(f32x4.add(x, noise), f32x4.splat(12582912.0)), i32x4.splat(0x4b400000));
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
