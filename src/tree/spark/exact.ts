/**
 * exp and log whose last digit is wrong once in hundreds of times, as the JVM's are: where splits are equally good, last digits decide which one is
 * found. The kernels' own functions are faster and somewhat less exact.
 *
 * By a table of 2^(j/64) in two doubles: P. T. P. Tang, "Table-Driven Implementation of the Exponential Function in IEEE Floating-Point Arithmetic"
 * (1989).
 */
import { exp as roughExp, log as roughLog } from '../../kernels/js/math.ts';

const STEPS = 64;
/** ln 2 / 64 in two parts; the first has 34 bits, so that whole numbers times it are exact. */
const STEP_HIGH = 0.010830424695996044;
const STEP_LOW = 2.5310172166650877e-13;
const { high: HIGH, low: LOW } = powers();

const double = new Float64Array(1);
const words = new Int32Array(double.buffer);
/** Adding and subtracting it rounds to a whole number. */
const ROUND = 6755399441055744;

/** e^x. */
export function exp(x: number): number {
  if (!(x > -700 && x < 700)) return roughExp(x);
  const k = stepsOf(x);
  const high = HIGH[k & (STEPS - 1)];
  return (high + beyond(x, k, high)) * power(k >> 6);
}

/** Natural logarithm: one step of Newton's from the kernels' value. */
export function log(x: number): number {
  const y = roughLog(x);
  if (!(y > -700 && y < 700)) return y;
  const k = stepsOf(y);
  const high = HIGH[k & (STEPS - 1)];
  const rest = beyond(y, k, high);
  const value = high + rest;
  const scale = power(k >> 6);
  return y + (x - value * scale - (rest - (value - high)) * scale) / x;
}

/** The whole number of steps of ln 2 / 64 next to x. */
function stepsOf(x: number): number {
  return x / (STEP_HIGH + STEP_LOW) + ROUND - ROUND;
}

/** What 2^(k mod 64 / 64) · e^(x - k ln 2 / 64) has beyond `high`, the table's value. */
function beyond(x: number, k: number, high: number): number {
  const r = x - k * STEP_HIGH - k * STEP_LOW;
  return LOW[k & (STEPS - 1)] + high * (r + r * r * (1 / 2 + r * (1 / 6 + r * (1 / 24 + r * (1 / 120 + r / 720)))));
}

/** 2^n for n in -1022 … 1023. */
function power(n: number): number {
  words[1] = (1023 + n) << 20;
  return double[0];
}

/** 2^(j / 64), j = 0 … 63, each as the sum of two doubles. */
function powers(): { high: Float64Array; low: Float64Array } {
  const bits = 200n;
  let root = 2n << bits;
  for (let i = 0; i < 6; i++) root = squareRoot(root << bits);
  const high = new Float64Array(STEPS);
  const low = new Float64Array(STEPS);
  for (let j = 0, value = 1n << bits; j < STEPS; j++, value = (value * root) >> bits) {
    high[j] = Number(value) * 2 ** -200;
    low[j] = Number(value - BigInt(high[j] * 2 ** 200)) * 2 ** -200;
  }
  return { high, low };
}

function squareRoot(n: bigint): bigint {
  let x = 1n << BigInt(Math.ceil(n.toString(2).length / 2));
  for (;;) {
    const next = (x + n / x) >> 1n;
    if (next >= x) return x;
    x = next;
  }
}
