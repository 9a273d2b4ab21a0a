/**
 * The plain definitions of `assembly/histograms.ts`, `sums.ts`, `rows.ts` and `gradients.ts`. Pairs: gradient (i16) above hessian (u16). Sums: two
 * words each, the hessians' (u32) first, the gradients' (i32) after it: 64 bits in all, as little-endian memory has them.
 */

/** sums[256 c + codes[rows[i] · stride + c]] += pair of rows[i], c < columns. */
export function histogram_u8(
  sums: Uint32Array,
  codes: Uint8Array,
  stride: number,
  columns: number,
  pairs: Uint32Array,
  rows: Uint16Array,
  n: number,
): void {
  for (let i = 0; i < n; i++) for (let c = 0; c < columns; c++) addPair(sums, 256 * c + codes[rows[i] * stride + c], pairs[rows[i]]);
}

/** sums[codes[rows[i]]] += pair of rows[i]. */
export function histogram_u16(sums: Uint32Array, codes: Uint16Array, pairs: Uint32Array, rows: Uint16Array, n: number): void {
  for (let i = 0; i < n; i++) addPair(sums, codes[rows[i]], pairs[rows[i]]);
}

function addPair(sums: Uint32Array, at: number, pair: number): void {
  sums[2 * at] += pair & 0xffff;
  sums[2 * at + 1] += pair >> 16;
}

/** Puts the rows whose code's entry in `sides` is 1 first, both parts in their order; returns how many they are. */
export function divide(codes: Uint8Array | Uint16Array, sides: Uint8Array, rows: Uint16Array, n: number): number {
  const some = Array.from(rows.subarray(0, n));
  const left = some.filter((row) => sides[codes[row]] === 1);
  rows.set([...left, ...some.filter((row) => sides[codes[row]] !== 1)]);
  return left.length;
}

/** values[i] = values[rows[i]] as it was before, i < n. */
export function arrange(values: Uint8Array | Uint16Array | Uint32Array | Float64Array, rows: Uint16Array, n: number): void {
  const before = values.slice();
  for (let i = 0; i < n; i++) values[i] = before[rows[i]];
}

/** Adds `sign` times the sums to wide ones: gradients, then hessians, as doubles. */
export function widen_sums(out: Float64Array, sums: Uint32Array, sign: number, n: number): void {
  for (let i = 0; i < n; i++) {
    out[2 * i] += sign * (sums[2 * i + 1] | 0);
    out[2 * i + 1] += sign * sums[2 * i];
  }
}

/** Sums out of wide ones that fit. */
export function narrow_sums(sums: Uint32Array, wide: Float64Array, n: number): void {
  for (let i = 0; i < n; i++) {
    sums[2 * i] = wide[2 * i + 1];
    sums[2 * i + 1] = wide[2 * i];
  }
}

/** 32 bits that look random. */
export function noiseOf(row: number, seed: number): number {
  let x = Math.imul(row, 0x9e3779b1) ^ seed;
  x = Math.imul(x ^ (x >>> 15), 0x85ebca77);
  x = Math.imul(x ^ (x >>> 13), 0xc2b2ae3d);
  return (x ^ (x >>> 16)) >>> 0;
}

/** out += x, x = 0; `fresh`: out = x. Sums of 64 bits. */
export function drain_i64(out: BigInt64Array, x: BigInt64Array, fresh: boolean, n: number): void {
  for (let i = 0; i < n; i++) out[i] = fresh ? x[i] : out[i] + x[i];
  x.fill(0n, 0, n);
}

/** rows[i · stride] = codes[i] */
export function spread_u8(rows: Uint8Array, stride: number, codes: Uint8Array, n: number): void {
  for (let i = 0; i < n; i++) rows[i * stride] = codes[i];
}

const { fround } = Math;

/**
 * Pairs of the logistic loss by the scores, and the loss: p = 1 / (1 + e^-z), gradient w (p - y), hessian w p (1 - p), w (log(1 + e^z) - y z), in
 * single precision, one operation after the other as the kernel does them. Scaled, and rounded up or down as a number says that follows from seed and
 * row.
 */
export function logistic_pairs(
  pairs: Uint32Array | null,
  scores: Float64Array,
  labels: Float64Array,
  weights: Float64Array | null,
  gradients: number,
  hessians: number,
  seed: number,
  numbers: Uint32Array,
  n: number,
): number {
  const sums = [0, 0];
  // The kernel adds lanes 0 and 2 of each four to one sum, lanes 1 and 3 to another.
  for (let i = 0; i < n; i++) {
    const z = fround(scores[i]);
    const y = fround(labels[i]);
    const w = weights ? fround(weights[i]) : 1;
    const e = expSingle(Math.max(fround(-Math.abs(z)), -87));
    const d = fround(1 / fround(1 + e));
    const loss = fround(w * fround(fround(Math.max(z, 0) - fround(y * z)) + log1pSingle(e)));
    sums[i & 1] += loss;
    if (!pairs) continue;
    const ed = fround(e * d);
    const p = z < 0 ? ed : d;
    const noise = noiseOf(numbers[i], seed);
    const g = rounded(fround(fround(w * fround(p - y)) * fround(gradients)), noise >>> 16);
    const h = rounded(fround(fround(w * fround(ed * d)) * fround(hessians)), noise & 0xffff);
    pairs[i] = (g << 16) | h;
  }
  return sums[0] + sums[1];
}

function rounded(x: number, bits: number): number {
  const noise = fround(fround(bits * 0.0000152587890625) - 0.49999237060546875);
  return fround(fround(x + noise) + 12582912) - 12582912;
}

const LN2_HIGH = 0.693359375;
const LN2_LOW = fround(-2.12194442e-4);

/** e^x for -87 <= x <= 0. */
function expSingle(x: number): number {
  const t = fround(fround(x * fround(1.44269502)) + 12582912);
  const k = fround(t - 12582912);
  const r = fround(fround(x - fround(k * LN2_HIGH)) - fround(k * LN2_LOW));
  const r2 = fround(r * r);
  const a = fround(fround(5.0000001201e-1) + fround(fround(1.6666665459e-1) * r));
  const b = fround(fround(4.1665795894e-2) + fround(fround(8.3334519073e-3) * r));
  const c = fround(fround(1.3981999507e-3) + fround(fround(1.98756915e-4) * r));
  const q = fround(a + fround(r2 * fround(b + fround(r2 * c))));
  const p = fround(fround(fround(q * r2) + r) + 1);
  return fround(p * 2 ** k);
}

/** log(1 + e) for e in [0, 1]. */
function log1pSingle(e: number): number {
  const s = fround(e / fround(2 + e));
  const z = fround(s * s);
  const inner = fround(fround(0.2857143) + fround(z * fround(0.24)));
  const q = fround(fround(0.66666669) + fround(z * fround(fround(0.4) + fround(z * inner))));
  return fround(fround(s + s) + fround(fround(s * z) * q));
}
