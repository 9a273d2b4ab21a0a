/**
 * Portable exp, log and their kin: additions, multiplications, divisions and moves of bits only, so that every machine and the
 * WASM twins (`assembly/math.ts`, same polynomials in the same order) give the same bits. Errors stay below about one unit in the last place.
 * The polynomials are Chebyshev interpolations on the reduced ranges, evaluated in Estrin's order.
 */

const words = new Int32Array(2);
const double = new Float64Array(words.buffer);
const HIGH = new Uint8Array(new Uint32Array([1]).buffer)[0] === 1 ? 1 : 0;
const LOW = 1 - HIGH;

/** 1.5 · 2^52: adding it rounds to an integer, which then stands in the low bits. */
const MAGIC = 6755399441055744;
// biome-ignore lint/suspicious/noApproximativeNumericConstant: the WASM twin spells it so
const LOG2E = 1.4426950408889634;
/** ln 2 in two parts; the first has 32 zero bits at its end, so that k · LN2_HIGH is exact. */
const LN2_HIGH = 0.6931467056274414;
const LN2_LOW = 4.7493250390316726e-7;

/** e^x for |x| <= 708, the branch-free core that the kernels share: x = k ln 2 + r, e^r = 1 + r + r² Q(r). NaN gives NaN. */
export function expCore(x: number): number {
  const k = x * LOG2E + MAGIC - MAGIC;
  const r = x - k * LN2_HIGH - k * LN2_LOW;
  return expReduced(r) * POWERS_OF_2[(k | 0) + 1022];
}

/** 2^k at k + 1022: a double read right after its words were written waits until they have reached the cache. */
const POWERS_OF_2 = Float64Array.from({ length: 2046 }, (_, i) => powerOf2(i - 1022));

/** 2^k for k in [-1022, 1023]. */
function powerOf2(k: number): number {
  words[HIGH] = (k + 1023) << 20;
  words[LOW] = 0;
  return double[0];
}

/** e^r for |r| <= ln 2 / 2. */
function expReduced(r: number): number {
  const r2 = r * r;
  const r4 = r2 * r2;
  const q01 = 0.5000000000000001 + 0.16666666666666669 * r;
  const q23 = 0.041666666666623824 + 0.008333333333330039 * r;
  const q45 = 0.0013888888917367081 + 0.00019841269863171557 * r;
  const q67 = 2.4801521057868204e-5 + 2.7557268276905696e-6 * r;
  const q89 = 2.7620201591031547e-7 + 2.5100472505694996e-8 * r;
  const q = q01 + q23 * r2 + r4 * (q45 + q67 * r2 + r4 * q89);
  return 1 + (r + r2 * q);
}

/** e^x. Infinity above 709.78…, 0 below -745.13…, NaN for NaN. */
export function exp(x: number): number {
  if (x >= -708 && x <= 708) return expCore(x);
  if (x > 709.782712893384) return Number.POSITIVE_INFINITY;
  if (x < -745.1332191019412) return 0;
  if (Number.isNaN(x)) return x;
  const k = x * LOG2E + MAGIC - MAGIC;
  const p = expReduced(x - k * LN2_HIGH - k * LN2_LOW);
  return x > 0 ? p * powerOf2(k - 1) * 2 : p * powerOf2(k + 100) * powerOf2(-100);
}

/** s · (2/3 z + 2/5 z² + …), z = s²: what 2 atanh(s) has beyond 2s, for |s| <= 0.1716. */
function atanhTail(s: number): number {
  const z = s * s;
  const z2 = z * z;
  const p01 = 0.666666666666667 + 0.3999999999989924 * z;
  const p23 = 0.2857142862609589 + 0.2222221111514416 * z;
  const p45 = 0.18182890556695602 + 0.1533167403016786 * z;
  return z * (p01 + p23 * z2 + z2 * z2 * (p45 + 0.1461703754879165 * z2));
}

/** log(1 + f) + k ln 2 + c for 1 + f in [√½, √2]; c is a small correction. */
function logReduced(f: number, k: number, c: number): number {
  const half = 0.5 * f * f;
  const s = f / (2 + f);
  return k * LN2_HIGH - (half - (s * (half + atanhTail(s)) + (k * LN2_LOW + c)) - f);
}

/** Splits a normal x > 0 into m · 2^k with m in [√½, √2); leaves m in `double`, gives k. */
function splitExponent(x: number): number {
  double[0] = x;
  const high = words[HIGH] + (0x3ff00000 - 0x3fe6a09e);
  words[HIGH] = (high & 0xfffff) + 0x3fe6a09e;
  return (high >> 20) - 1023;
}

/** Natural logarithm. -Infinity for 0, NaN below 0 and for NaN. */
export function log(x: number): number {
  if (!(x > 0)) return x === 0 ? Number.NEGATIVE_INFINITY : Number.NaN;
  if (x === Number.POSITIVE_INFINITY) return x;
  const tiny = x < 2.2250738585072014e-308;
  const k = splitExponent(tiny ? x * 18014398509481984 : x);
  return logReduced(double[0] - 1, tiny ? k - 54 : k, 0);
}

/** log(1 + x), exact for small x too. -Infinity for -1, NaN below. */
export function log1p(x: number): number {
  if (!(x > -1)) return x === -1 ? Number.NEGATIVE_INFINITY : Number.NaN;
  if (x === Number.POSITIVE_INFINITY) return x;
  if (x > -1e-17 && x < 1e-17) return x;
  if (x > -0.2928 && x < 0.4142) return logReduced(x, 0, 0);
  const u = 1 + x;
  const lost = u < 9007199254740992 ? (x < 1 ? x - (u - 1) : 1 - (u - x)) / u : 0;
  const k = splitExponent(u);
  return logReduced(double[0] - 1, k, lost);
}

/** log(1 + e) for e in [0, 1], without a branch: 2 atanh(e / (2 + e)). The kernels' softplus. */
export function log1pUnit(e: number): number {
  const s = e / (2 + e);
  const z = s * s;
  const z2 = z * z;
  const z4 = z2 * z2;
  const p01 = 0.6666666666666666 + 0.40000000000014596 * z;
  const p23 = 0.2857142856710506 + 0.22222222717801782 * z;
  const p45 = 0.18181789417326447 + 0.15385570592912243 * z;
  const p67 = 0.13314135550881162 + 0.12001155182857778 * z;
  const p89 = 0.08800317650868773 + 0.16164938169471338 * z;
  const p = p01 + p23 * z2 + z4 * (p45 + p67 * z2 + z4 * p89);
  return s + (s + s * z * p);
}

/** 1 / (1 + e^-z), without overflow on either side. */
export function sigmoid(z: number): number {
  if (z >= 0) return 1 / (1 + exp(-z));
  const e = exp(z);
  return e / (1 + e);
}

/** log(1 + e^z), without overflow. */
export function softplus(z: number): number {
  return z > 0 ? z + log1p(exp(-z)) : log1p(exp(z));
}

/**
 * Turns `count` margins from `offset` on into probabilities, in place: `e^(v - max) / Σ e^(v - max)`, added in order.
 * An infinite margin takes the whole probability (the first of them when there are several).
 */
export function softmax(values: Float64Array | number[], offset = 0, count = values.length - offset): void {
  let best = offset;
  for (let i = offset + 1; i < offset + count; i++) if (values[i] > values[best]) best = i;
  const max = values[best];
  if (max === Number.POSITIVE_INFINITY) {
    for (let i = offset; i < offset + count; i++) values[i] = i === best ? 1 : 0;
    return;
  }
  let sum = 0;
  for (let i = offset; i < offset + count; i++) sum += values[i] = exp(values[i] - max);
  for (let i = offset; i < offset + count; i++) values[i] /= sum;
}
