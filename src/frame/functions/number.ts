import { type Column, type ColumnOrName, type ColumnOrValue, nameToExpression, toExpression } from '../column.ts';
import { of } from './of.ts';

export function abs(x: ColumnOrName): Column {
  return of('abs', nameToExpression(x));
}

/** NaN for negative numbers. */
export function sqrt(x: ColumnOrName): Column {
  return of('sqrt', nameToExpression(x));
}

export function cbrt(x: ColumnOrName): Column {
  return of('cbrt', nameToExpression(x));
}

export function exp(x: ColumnOrName): Column {
  return of('exp', nameToExpression(x));
}

/** `exp(x) - 1`. */
export function expm1(x: ColumnOrName): Column {
  return of('expm1', nameToExpression(x));
}

/** Natural logarithm; null for x <= 0. */
export function ln(x: ColumnOrName): Column {
  return of('ln', nameToExpression(x));
}

export function log10(x: ColumnOrName): Column {
  return of('log10', nameToExpression(x));
}

export function log2(x: ColumnOrName): Column {
  return of('log2', nameToExpression(x));
}

/** `ln(1 + x)`; null for x <= -1. */
export function log1p(x: ColumnOrName): Column {
  return of('log1p', nameToExpression(x));
}

export function pow(x: ColumnOrValue, y: ColumnOrValue): Column {
  return of('pow', toExpression(x), toExpression(y));
}

export function power(x: ColumnOrValue, y: ColumnOrValue): Column {
  return of('pow', toExpression(x), toExpression(y));
}

/** The least whole number >= x, as a long; with `scale` the least decimal of so many digits after the point. */
export function ceil(x: ColumnOrName, scale?: ColumnOrValue): Column {
  return of('ceil', nameToExpression(x), ...(scale === undefined ? [] : [toExpression(scale)]));
}

export function ceiling(x: ColumnOrName, scale?: ColumnOrValue): Column {
  return ceil(x, scale);
}

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
export function rint(x: ColumnOrName): Column {
  return of('rint', nameToExpression(x));
}

export function signum(x: ColumnOrName): Column {
  return of('signum', nameToExpression(x));
}

export function sign(x: ColumnOrName): Column {
  return of('signum', nameToExpression(x));
}

export function sin(x: ColumnOrName): Column {
  return of('sin', nameToExpression(x));
}

export function cos(x: ColumnOrName): Column {
  return of('cos', nameToExpression(x));
}

export function tan(x: ColumnOrName): Column {
  return of('tan', nameToExpression(x));
}

export function cot(x: ColumnOrName): Column {
  return of('cot', nameToExpression(x));
}

export function asin(x: ColumnOrName): Column {
  return of('asin', nameToExpression(x));
}

export function acos(x: ColumnOrName): Column {
  return of('acos', nameToExpression(x));
}

export function atan(x: ColumnOrName): Column {
  return of('atan', nameToExpression(x));
}

export function atan2(y: ColumnOrValue, x: ColumnOrValue): Column {
  return of('atan2', toExpression(y), toExpression(x));
}

export function sinh(x: ColumnOrName): Column {
  return of('sinh', nameToExpression(x));
}

export function cosh(x: ColumnOrName): Column {
  return of('cosh', nameToExpression(x));
}

export function tanh(x: ColumnOrName): Column {
  return of('tanh', nameToExpression(x));
}

export function asinh(x: ColumnOrName): Column {
  return of('asinh', nameToExpression(x));
}

export function degrees(x: ColumnOrName): Column {
  return of('degrees', nameToExpression(x));
}

export function radians(x: ColumnOrName): Column {
  return of('radians', nameToExpression(x));
}

export function hypot(x: ColumnOrValue, y: ColumnOrValue): Column {
  return of('hypot', toExpression(x), toExpression(y));
}

/** Null outside of 0 to 20. */
export function factorial(x: ColumnOrName): Column {
  return of('factorial', nameToExpression(x));
}

/** The remainder that is not negative (for y > 0). */
export function pmod(x: ColumnOrValue, y: ColumnOrValue): Column {
  return of('pmod', toExpression(x), toExpression(y));
}

/** The sum; null instead of an overflow. */
export function tryAdd(x: ColumnOrValue, y: ColumnOrValue): Column {
  return of('try_add', toExpression(x), toExpression(y));
}

export function trySubtract(x: ColumnOrValue, y: ColumnOrValue): Column {
  return of('try_subtract', toExpression(x), toExpression(y));
}

export function tryMultiply(x: ColumnOrValue, y: ColumnOrValue): Column {
  return of('try_multiply', toExpression(x), toExpression(y));
}

/** The quotient; null for a divisor of 0. */
export function tryDivide(x: ColumnOrValue, y: ColumnOrValue): Column {
  return of('try_divide', toExpression(x), toExpression(y));
}

export function tryMod(x: ColumnOrValue, y: ColumnOrValue): Column {
  return of('try_mod', toExpression(x), toExpression(y));
}

/** The greatest value that is not null; NaN is the greatest number. */
export function greatest(...columns: ColumnOrName[]): Column {
  return of('greatest', ...columns.map(nameToExpression));
}

export function least(...columns: ColumnOrName[]): Column {
  return of('least', ...columns.map(nameToExpression));
}

/** Whether the value is NaN; false for null. */
export function isnan(x: ColumnOrName): Column {
  return of('isnan', nameToExpression(x));
}

/** x, or y where x is NaN. */
export function nanvl(x: ColumnOrName, y: ColumnOrName): Column {
  return of('nanvl', nameToExpression(x), nameToExpression(y));
}

export function negate(x: ColumnOrName): Column {
  return of('negative', nameToExpression(x));
}

/** Which of `count` equal ranges of [low, high) holds x, from 1. */
export function widthBucket(x: ColumnOrValue, low: ColumnOrValue, high: ColumnOrValue, count: ColumnOrValue): Column {
  return of('width_bucket', toExpression(x), toExpression(low), toExpression(high), toExpression(count));
}

/** The number of the row, from 0. */
export function monotonicallyIncreasingId(): Column {
  return of('monotonically_increasing_id');
}

export function pi(): Column {
  return of('pi');
}

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

/**
 * A number in [0, 1) that depends on the column's text and the seed only: 52 bits of the md5 of `seed:text`, the same on every
 * engine. Splits by a key: `frame.filter(hashUnit('customerID', 7).lt(0.8))`.
 */
export function hashUnit(x: ColumnOrName, seed: number | bigint = 0): Column {
  return of('hash_unit', nameToExpression(x), toExpression(seed));
}

export function acosh(x: ColumnOrName): Column {
  return of('acosh', nameToExpression(x));
}

export function atanh(x: ColumnOrName): Column {
  return of('atanh', nameToExpression(x));
}

export function csc(x: ColumnOrName): Column {
  return of('csc', nameToExpression(x));
}

export function sec(x: ColumnOrName): Column {
  return of('sec', nameToExpression(x));
}

export function negative(x: ColumnOrName): Column {
  return of('negative', nameToExpression(x));
}

export function positive(x: ColumnOrName): Column {
  return of('positive', nameToExpression(x));
}
