/**
 * Two lanes at a time: the twins of `js/math.ts`, the same operations in the same order. Constants are written out where they are used, since
 * shared memory allows no static data.
 */

/** e^x for -708 <= x <= 708: x = k ln 2 + r, e^r = 1 + r + r² Q(r) in Estrin's order. NaN gives NaN. */
// @ts-ignore: decorator
@inline
export function exp(x: v128): v128 {
  // Adding 1.5 · 2^52 rounds to the integer k, which then stands in the low bits.
  const magic = f64x2.splat(6755399441055744.0);
  const t = f64x2.add(f64x2.mul(x, f64x2.splat(1.4426950408889634)), magic);
  const kd = f64x2.sub(t, magic);
  const r = f64x2.sub(
    f64x2.sub(x, f64x2.mul(kd, f64x2.splat(0.6931467056274414))),
    f64x2.mul(kd, f64x2.splat(4.7493250390316726e-7)),
  );
  const r2 = f64x2.mul(r, r);
  const r4 = f64x2.mul(r2, r2);
  const q01 = line(0.5000000000000001, 0.16666666666666669, r);
  const q23 = line(0.041666666666623824, 0.008333333333330039, r);
  const q45 = line(0.0013888888917367081, 0.00019841269863171557, r);
  const q67 = line(2.4801521057868204e-5, 2.7557268276905696e-6, r);
  const q89 = line(2.7620201591031547e-7, 2.5100472505694996e-8, r);
  const low = f64x2.add(q01, f64x2.mul(q23, r2));
  const high = f64x2.add(f64x2.add(q45, f64x2.mul(q67, r2)), f64x2.mul(q89, r4));
  const q = f64x2.add(low, f64x2.mul(high, r4));
  const p = f64x2.add(f64x2.splat(1), f64x2.add(r, f64x2.mul(r2, q)));
  // The shift drops all of t but k.
  return f64x2.mul(p, i64x2.shl(i64x2.add(t, i64x2.splat(1023)), 52));
}

/** log(1 + e) for e in [0, 1]: 2 atanh(s), s = e / (2 + e). */
// @ts-ignore: decorator
@inline
export function log1pUnit(e: v128): v128 {
  const s = f64x2.div(e, f64x2.add(f64x2.splat(2), e));
  const z = f64x2.mul(s, s);
  const z2 = f64x2.mul(z, z);
  const z4 = f64x2.mul(z2, z2);
  const p01 = line(0.6666666666666666, 0.40000000000014596, z);
  const p23 = line(0.2857142856710506, 0.22222222717801782, z);
  const p45 = line(0.18181789417326447, 0.15385570592912243, z);
  const p67 = line(0.13314135550881162, 0.12001155182857778, z);
  const p89 = line(0.08800317650868773, 0.16164938169471338, z);
  const low = f64x2.add(p01, f64x2.mul(p23, z2));
  const high = f64x2.add(f64x2.add(p45, f64x2.mul(p67, z2)), f64x2.mul(p89, z4));
  const p = f64x2.add(low, f64x2.mul(high, z4));
  return f64x2.add(s, f64x2.add(s, f64x2.mul(f64x2.mul(s, z), p)));
}

/** Natural logarithm of one normal, finite x > 0. NaN gives NaN. */
// @ts-ignore: decorator
@inline
export function log(x: f64): f64 {
  if (x != x) return x;
  const bits = reinterpret<u64>(x);
  const high = <i32>(bits >> 32) + (0x3ff00000 - 0x3fe6a09e);
  const k = <f64>((high >> 20) - 1023);
  const m = <u64>((high & 0xfffff) + 0x3fe6a09e);
  const f = reinterpret<f64>((bits & 0xffffffff) | (m << 32)) - 1;
  const half = 0.5 * f * f;
  const s = f / (2 + f);
  const z = s * s;
  const z2 = z * z;
  const p01 = 0.666666666666667 + 0.3999999999989924 * z;
  const p23 = 0.2857142862609589 + 0.2222221111514416 * z;
  const p45 = 0.18182890556695602 + 0.1533167403016786 * z;
  const tail = z * (p01 + p23 * z2 + z2 * z2 * (p45 + 0.1461703754879165 * z2));
  return k * 0.6931467056274414 - (half - (s * (half + tail) + k * 4.7493250390316726e-7) - f);
}

/** a + b x */
// @ts-ignore: decorator
@inline
function line(a: f64, b: f64, x: v128): v128 {
  return f64x2.add(f64x2.splat(a), f64x2.mul(f64x2.splat(b), x));
}
