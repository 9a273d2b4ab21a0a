import { exp, log, log1p } from '../kernels/js/math.ts';

/**
 * Tails of distributions, by the series and continued fractions of the NIST Digital Library of Mathematical Functions (dlmf.nist.gov), chapter 8,
 * evaluated by the modified Lentz method (W. Press et al., Numerical Recipes, 5.2).
 */

/** Coefficients of Lanczos' approximation with g = 7 and 9 terms (P. Godfrey, 2001): some 15 digits. */
const LANCZOS = [
  0.99999999999980993, 676.5203681218851, -1259.1392167224028, 771.32342877765313, -176.61502916214059, 12.507343278686905, -0.13857109526572012,
  9.9843695780195716e-6, 1.5056327351493116e-7,
];
const HALF_LOG_2PI = 0.9189385332046727;
const EPSILON = 2 ** -53;
const TINY = 1e-300;
const MOST_TERMS = 1_000_000;

/** log Γ(x) for x > 0. */
export function logGamma(x: number): number {
  if (x < 0.5) return log(Math.PI / Math.sin(Math.PI * x)) - logGamma(1 - x);
  const t = x + 6.5;
  let sum = LANCZOS[0];
  for (let i = 1; i < LANCZOS.length; i++) sum += LANCZOS[i] / (x - 1 + i);
  return HALF_LOG_2PI + (x - 0.5) * log(t) - t + log(sum);
}

/** Γ(a, x) / Γ(a) for a > 0, x >= 0: the upper regularized incomplete gamma function (8.2.4). */
export function upperGamma(a: number, x: number): number {
  if (Number.isNaN(a) || Number.isNaN(x)) return Number.NaN;
  if (x <= 0) return 1;
  if (x === Number.POSITIVE_INFINITY) return 0;
  const factor = exp(a * log(x) - x - logGamma(a));
  if (x < a + 1) return 1 - factor * lowerSeries(a, x);
  // 8.9.2 in its even form.
  let b = x + 1 - a;
  const fraction = lentz(b, (i) => {
    b += 2;
    return [-i * (i - a), b];
  });
  return factor / fraction;
}

/** Σ xᵏ / (a (a + 1) … (a + k)), from 8.7.1. */
function lowerSeries(a: number, x: number): number {
  let term = 1 / a;
  let sum = term;
  for (let k = 1; k < MOST_TERMS && term > sum * EPSILON; k++) {
    term *= x / (a + k);
    sum += term;
  }
  return sum;
}

/** I_x(a, b) for a, b > 0 and x in [0, 1]: the regularized incomplete beta function (8.17.2). `complement` is 1 - x, told apart for its digits. */
export function incompleteBeta(a: number, b: number, x: number, complement = 1 - x): number {
  if ([a, b, x].some(Number.isNaN)) return Number.NaN;
  if (x <= 0) return 0;
  if (complement <= 0) return 1;
  if (x > (a + 1) / (a + b + 2)) return 1 - incompleteBeta(b, a, complement, x);
  const logs = a * log(x) + b * (x < 0.5 ? log1p(-x) : log(complement)) + logGamma(a + b) - logGamma(a) - logGamma(b);
  // 8.17.22
  const fraction = lentz(1, (i) => {
    const m = Math.floor(i / 2);
    const d = i % 2 === 0 ? (m * (b - m) * x) / ((a + 2 * m - 1) * (a + 2 * m)) : (-(a + m) * (a + b + m) * x) / ((a + 2 * m) * (a + 2 * m + 1));
    return [d, 1];
  });
  return exp(logs) / (a * fraction);
}

/** The continued fraction `first + a₁ / (b₁ + a₂ / (b₂ + …))`. */
function lentz(first: number, terms: (i: number) => readonly [a: number, b: number]): number {
  let value = first === 0 ? TINY : first;
  let c = value;
  let d = 0;
  for (let i = 1; i < MOST_TERMS; i++) {
    const [a, b] = terms(i);
    d = 1 / (b + a * d || TINY);
    c = b + a / c || TINY;
    const step = c * d;
    value *= step;
    if (Math.abs(step - 1) < EPSILON * 2) break;
  }
  return value;
}

/** The chance of a χ² value above `x`. */
export function chiSquaredTail(x: number, freedom: number): number {
  return upperGamma(freedom / 2, x / 2);
}

/** The chance of an F value above `x`. */
export function fTail(x: number, freedom1: number, freedom2: number): number {
  if (x === Number.POSITIVE_INFINITY) return 0;
  const sum = freedom2 + freedom1 * x;
  return incompleteBeta(freedom2 / 2, freedom1 / 2, freedom2 / sum, (freedom1 * x) / sum);
}

/** The chance of a value up to `x` of the normal distribution of mean 0 and deviation 1. */
export function normalCumulative(x: number): number {
  const tail = upperGamma(0.5, (x * x) / 2) / 2;
  return x < 0 ? tail : 1 - tail;
}

/** From so many values on Kolmogorov's distribution is taken from its expansion, as Spark does. */
const EXACT_UP_TO = 140;

/** The chance that the empirical distribution of `n` values lies nowhere farther than `d` from the true one. */
export function kolmogorovCumulative(d: number, n: number): number {
  if (n === 0 || d >= 1) return 1;
  if (d <= 0.5 / n) return 0;
  return n <= EXACT_UP_TO ? marsaglia(d, n) : pelzGood(d, n);
}

/** G. Marsaglia, W. Tsang, J. Wang, Evaluating Kolmogorov's distribution, Journal of Statistical Software 8 (2003): the power of a matrix. */
function marsaglia(d: number, n: number): number {
  const k = Math.ceil(n * d);
  const m = 2 * k - 1;
  const h = k - n * d;
  const matrix = new Float64Array(m * m);
  for (let i = 0; i < m; i++) for (let j = 0; j < m; j++) matrix[i * m + j] = i - j + 1 < 0 ? 0 : 1;
  let power = 1;
  for (let i = 0; i < m; i++) {
    power *= h;
    matrix[i * m] -= power;
    matrix[(m - 1) * m + (m - 1 - i)] -= power;
  }
  matrix[(m - 1) * m] += 2 * h - 1 > 0 ? (2 * h - 1) ** m : 0;
  for (let i = 0; i < m; i++) for (let j = 0; j < m; j++) for (let g = 2; g <= i - j + 1; g++) matrix[i * m + j] /= g;
  let result: Float64Array | null = null;
  let square: Float64Array = matrix;
  for (let left = n; left > 0; left = Math.floor(left / 2)) {
    if (left % 2 === 1) result = result ? product(result, square, m) : square;
    if (left > 1) square = product(square, square, m);
  }
  let chance = (result as Float64Array)[(k - 1) * m + k - 1];
  for (let i = 1; i <= n; i++) chance *= i / n;
  return chance;
}

function product(a: Float64Array, b: Float64Array, m: number): Float64Array {
  const out = new Float64Array(m * m);
  for (let i = 0; i < m; i++) {
    for (let k = 0; k < m; k++) {
      const x = a[i * m + k];
      for (let j = 0; j < m; j++) out[i * m + j] += x * b[k * m + j];
    }
  }
  return out;
}

/** W. Pelz, I. Good, Approximating the lower tail areas of the Kolmogorov-Smirnov one-sample statistic, J. R. Statist. Soc. B 38 (1976). */
function pelzGood(d: number, n: number): number {
  const root = Math.sqrt(n);
  const z = d * root;
  const z2 = z * z;
  const pi2 = Math.PI * Math.PI;
  const half = Math.sqrt(Math.PI / 2);
  const sum = (of: (k2: number) => number, shift: number) => {
    let total = 0;
    for (let k = 0; k < 10_000; k++) {
      const k2 = (k + shift) ** 2;
      const weight = exp((-pi2 * k2) / (2 * z2));
      const term = of(k2) * weight;
      total += term;
      if (weight === 0 || (k > 20 && Math.abs(term) < 1e-30)) break;
    }
    return total;
  };
  // Sums over all whole k are twice those over k >= 0 where shifted by ½, and over k >= 1 else.
  const k0 = (2 * half * sum(() => 1, 0.5)) / z;
  const k1 = (half * 2 * sum((k2) => pi2 * k2 - z2, 0.5)) / (6 * z2 * z2);
  const a2 = 2 * sum((k2) => 6 * z2 ** 3 + 2 * z2 ** 2 + pi2 * (2 * z2 ** 2 - 5 * z2) * k2 + pi2 ** 2 * (1 - 2 * z2) * k2 * k2, 0.5);
  const b2 = 2 * sum((k2) => pi2 * k2, 1);
  const k2 = (half * a2) / (72 * z ** 7) - (half * b2) / (36 * z ** 3);
  const a3 =
    2 *
    sum(
      (k2) =>
        pi2 ** 3 * k2 ** 3 * (5 - 30 * z2) +
        pi2 ** 2 * k2 ** 2 * (-60 * z2 + 212 * z2 ** 2) +
        pi2 * k2 * (135 * z2 ** 2 - 96 * z2 ** 3) -
        (30 * z2 ** 3 + 90 * z2 ** 4),
      0.5,
    );
  const b3 = 2 * sum((k2) => -(pi2 ** 2) * k2 * k2 + 3 * pi2 * k2 * z2, 1);
  const k3 = (half * a3) / (6480 * z ** 10) + (half * b3) / (216 * z ** 6);
  return Math.min(1, Math.max(0, k0 + k1 / root + k2 / n + k3 / (n * root)));
}
