import { type Column, type ColumnOrName, type ColumnOrValue, nameToExpression, toExpression } from '../column.ts';
import { numberOf, of, unary } from './of.ts';

/** The magnitude; an error for the least whole number of its type. */
export const abs = unary('abs');

/** NaN for negative numbers. */
export const sqrt = unary('sqrt');

/** The cube root. */
export const cbrt = unary('cbrt');

/** e to the power `x`. */
export const exp = unary('exp');

/** `exp(x) - 1`. */
export const expm1 = unary('expm1');

/** Natural logarithm; null for x <= 0. */
export const ln = unary('ln');

/** Logarithm to base 10; null for x <= 0. */
export const log10 = unary('log10');

/** Logarithm to base 2; null for x <= 0. */
export const log2 = unary('log2');

/** `ln(1 + x)`; null for x <= -1. */
export const log1p = unary('log1p');

/** `x` to the power `y`, as a double. */
export function pow(x: ColumnOrValue, y: ColumnOrValue): Column {
  return of('pow', numberOf(x), numberOf(y));
}

/** As {@link pow}. */
export const power = pow;

/** The least whole number >= x, as a long; with `scale` the least decimal of so many digits after the point. */
export function ceil(x: ColumnOrName, scale?: ColumnOrValue): Column {
  return of('ceil', nameToExpression(x), ...(scale === undefined ? [] : [toExpression(scale)]));
}

/** As {@link ceil}. */
export const ceiling = ceil;

/** The greatest whole number <= x, as a long; with `scale` the greatest decimal of so many digits after the point. */
export function floor(x: ColumnOrName, scale?: ColumnOrValue): Column {
  return of('floor', nameToExpression(x), ...(scale === undefined ? [] : [toExpression(scale)]));
}

/** Rounded to `scale` digits after the point, halves away from zero. */
export function round(x: ColumnOrName, scale?: number): Column {
  return of('round', nameToExpression(x), ...(scale === undefined ? [] : [toExpression(scale)]));
}

/** Rounded to `scale` digits after the point, halves to the even digit. */
export function bround(x: ColumnOrName, scale?: number): Column {
  return of('bround', nameToExpression(x), ...(scale === undefined ? [] : [toExpression(scale)]));
}

/** The nearest whole number, halves to even, as a double. */
export const rint = unary('rint');

/** -1, 0 or 1, as a double. */
export const signum = unary('signum');

/** As {@link signum}. */
export const sign = signum;

/** Sine; radians. */
export const sin = unary('sin');

/** Cosine; radians. */
export const cos = unary('cos');

/** Tangent; radians. */
export const tan = unary('tan');

/** Cotangent; radians. */
export const cot = unary('cot');

/** Arcsine in radians; NaN outside [-1, 1]. */
export const asin = unary('asin');

/** Arccosine in radians; NaN outside [-1, 1]. */
export const acos = unary('acos');

/** Arctangent in radians. */
export const atan = unary('atan');

/** The angle of the point (`x`, `y`), in radians, in (-π, π]. */
export function atan2(y: ColumnOrValue, x: ColumnOrValue): Column {
  return of('atan2', numberOf(y), numberOf(x));
}

/** Hyperbolic sine. */
export const sinh = unary('sinh');

/** Hyperbolic cosine. */
export const cosh = unary('cosh');

/** Hyperbolic tangent. */
export const tanh = unary('tanh');

/** Inverse hyperbolic sine. */
export const asinh = unary('asinh');

/** Radians as degrees. */
export const degrees = unary('degrees');

/** Degrees as radians. */
export const radians = unary('radians');

/** `√(x² + y²)`. */
export function hypot(x: ColumnOrValue, y: ColumnOrValue): Column {
  return of('hypot', numberOf(x), numberOf(y));
}

/** Null outside of 0 to 20. */
export const factorial = unary('factorial');

/** The remainder that is not negative (for y > 0). */
export function pmod(x: ColumnOrValue, y: ColumnOrValue): Column {
  return of('pmod', numberOf(x), numberOf(y));
}

/** The sum; null instead of an overflow. */
export function tryAdd(x: ColumnOrValue, y: ColumnOrValue): Column {
  return of('try_add', numberOf(x), numberOf(y));
}

/** `x - y`, null where it overflows. */
export function trySubtract(x: ColumnOrValue, y: ColumnOrValue): Column {
  return of('try_subtract', numberOf(x), numberOf(y));
}

/** `x * y`, null where it overflows. */
export function tryMultiply(x: ColumnOrValue, y: ColumnOrValue): Column {
  return of('try_multiply', numberOf(x), numberOf(y));
}

/** The quotient; null for a divisor of 0. */
export function tryDivide(x: ColumnOrValue, y: ColumnOrValue): Column {
  return of('try_divide', numberOf(x), numberOf(y));
}

/** The remainder, null for a divisor of 0. */
export function tryMod(x: ColumnOrValue, y: ColumnOrValue): Column {
  return of('try_mod', numberOf(x), numberOf(y));
}

/** The greatest value that is not null; NaN is the greatest number. */
export function greatest(...columns: ColumnOrName[]): Column {
  return of('greatest', ...columns.map(nameToExpression));
}

/** The least of the values, nulls skipped. */
export function least(...columns: ColumnOrName[]): Column {
  return of('least', ...columns.map(nameToExpression));
}

/** Whether the value is NaN; false for null. */
export const isnan = unary('isnan');

/** x, or y where x is NaN. */
export function nanvl(x: ColumnOrName, y: ColumnOrName): Column {
  return of('nanvl', nameToExpression(x), nameToExpression(y));
}

/** `-x`. */
export const negate = unary('negative');

/** Which of `count` equal ranges of [low, high) holds x, from 1. */
export function widthBucket(x: ColumnOrValue, low: ColumnOrValue, high: ColumnOrValue, count: ColumnOrValue): Column {
  return of('width_bucket', numberOf(x), numberOf(low), numberOf(high), numberOf(count));
}

/** The number of the row, from 0. */
export function monotonicallyIncreasingId(): Column {
  return of('monotonically_increasing_id');
}

/** π. */
export function pi(): Column {
  return of('pi');
}

/** Euler’s number. */
export function e(): Column {
  return of('e');
}

/** Logarithm: natural with one argument, else `log(base, x)`. */
export function log(x: ColumnOrName): Column;
export function log(base: number, x: ColumnOrName): Column;
export function log(first: ColumnOrName | number, x?: ColumnOrName): Column {
  return x === undefined ? of('log', nameToExpression(first as ColumnOrName)) : of('log', toExpression(first), nameToExpression(x));
}

/** A number in [0, 1) for each row, by its place and the seed. */
export function rand(seed: number | bigint = 0): Column {
  return of('rand', toExpression(seed));
}

/** A normally distributed number (mean 0, deviation 1) for each row, by its place and the seed. */
export function randn(seed: number | bigint = 0): Column {
  return of('randn', toExpression(seed));
}

/**
 * A number in [0, 1) that depends on the column's text and the seed only: 52 bits of the md5 of `seed:text`, the same on every
 * engine. Splits by a key: `frame.filter(hashUnit('customerID', 7).lt(0.8))`.
 */
export function hashUnit(x: ColumnOrName, seed: number | bigint = 0): Column {
  return of('hash_unit', nameToExpression(x), toExpression(seed));
}

/** Inverse hyperbolic cosine; NaN for x < 1. */
export const acosh = unary('acosh');

/** Inverse hyperbolic tangent; NaN outside [-1, 1]. */
export const atanh = unary('atanh');

/** Cosecant; radians. */
export const csc = unary('csc');

/** Secant; radians. */
export const sec = unary('sec');

/** As {@link negate}. */
export const negative = negate;

/** `x` itself. */
export const positive = unary('positive');
