import { Column, type ColumnOrName, call, nameToExpression, toExpression, type Value } from '../column.ts';
import { of, unary } from './of.ts';

/** The sum; null of no values. Whole numbers give a long, and an error when that overflows. */
export const sum = unary('sum');

/** The sum of the distinct values. */
export const sumDistinct = unary('sum_distinct');

/** The mean, as a double; null of no values. */
export const avg = unary('avg');

/** As {@link avg}. */
export const mean = avg;

/** The least value; NaN is the greatest number. */
export const min = unary('min');

/** NaN is the greatest number. */
export const max = unary('max');

/** Sample standard deviation: `√(Σ(x - mean)² / (n - 1))`. */
export const stddev = unary('stddev');

/** As {@link stddev}. */
export const stddevSamp = unary('stddev_samp');

/** `√(Σ(x - mean)² / n)`. */
export const stddevPop = unary('stddev_pop');

/** Sample variance: `Σ(x - mean)² / (n - 1)`. */
export const variance = unary('variance');

/** As {@link variance}. */
export const varSamp = unary('var_samp');

/** `Σ(x - mean)² / n`. */
export const varPop = unary('var_pop');

/** `√n · Σ(x - mean)³ / (Σ(x - mean)²)^1.5`. */
export const skewness = unary('skewness');

/** Excess kurtosis. */
export const kurtosis = unary('kurtosis');

/** Pearson’s correlation. */
export function corr(x: ColumnOrName, y: ColumnOrName): Column {
  return of('corr', nameToExpression(x), nameToExpression(y));
}

/** `Σ(x - mean x)(y - mean y) / n`, over rows that have both. */
export function covarPop(x: ColumnOrName, y: ColumnOrName): Column {
  return of('covar_pop', nameToExpression(x), nameToExpression(y));
}

/** `Σ(x - mean x)(y - mean y) / (n - 1)`, over rows that have both. */
export function covarSamp(x: ColumnOrName, y: ColumnOrName): Column {
  return of('covar_samp', nameToExpression(x), nameToExpression(y));
}

/** The value of the first row. */
export function first(x: ColumnOrName, ignoreNulls?: boolean): Column {
  return of('first', nameToExpression(x), ...(ignoreNulls === undefined ? [] : [toExpression(ignoreNulls)]));
}

export function last(x: ColumnOrName, ignoreNulls?: boolean): Column {
  return of('last', nameToExpression(x), ...(ignoreNulls === undefined ? [] : [toExpression(ignoreNulls)]));
}

export function anyValue(x: ColumnOrName, ignoreNulls?: boolean): Column {
  return of('any_value', nameToExpression(x), ...(ignoreNulls === undefined ? [] : [toExpression(ignoreNulls)]));
}

/** All values that are not null, in the order of rows. */
export const collectList = unary('collect_list');

/** The distinct values, ascending. */
export const collectSet = unary('collect_set');

/** The middle value, or the mean of the two middle ones. */
export const median = unary('median');

/** The most frequent value; the least of equals. */
export const mode = unary('mode');

/** The product, as a double. */
export const product = unary('product');

/** Whether all are true; nulls are skipped. */
export const boolAnd = unary('bool_and');

/** Whether one is true; nulls are skipped. */
export const boolOr = unary('bool_or');

/** How many are true. */
export const countIf = unary('count_if');

/** x in the row where `by` is greatest. */
export function maxBy(x: ColumnOrName, by: ColumnOrName): Column {
  return of('max_by', nameToExpression(x), nameToExpression(by));
}

export function minBy(x: ColumnOrName, by: ColumnOrName): Column {
  return of('min_by', nameToExpression(x), nameToExpression(by));
}

/** The number of distinct values (exact here). */
export const approxCountDistinct = unary('approx_count_distinct');

/** 1 in rows of a rollup or cube that are not grouped by this key, 0 else. */
export function grouping(key: ColumnOrName): Column {
  return of('grouping', nameToExpression(key));
}

/** `grouping` of all keys of a rollup or cube as the bits of one number, the first key's the highest. The keys may be named, all of them in order. */
export function groupingId(...keys: ColumnOrName[]): Column {
  return of('grouping_id', ...keys.map(nameToExpression));
}

/** 1, 2, … in the order of the window. */
export function rowNumber(): Column {
  return of('row_number');
}

/** Place in the order of the window; equal rows share one, and places after them are left out. */
export function rank(): Column {
  return of('rank');
}

/** Place in the order of the window; equal rows share one, and none is left out. */
export function denseRank(): Column {
  return of('dense_rank');
}

/** `(rank - 1) / (rows - 1)`. */
export function percentRank(): Column {
  return of('percent_rank');
}

/** The share of the rows that stand at or before the row. */
export function cumeDist(): Column {
  return of('cume_dist');
}

/** The number, from 1, of the one of `n` parts of equal size that the row is in. */
export function ntile(count: number): Column {
  return of('ntile', toExpression(count));
}

/** The number of rows where the column is not null; `count('*')` of all rows. */
export const count = unary('count');

/** The number of distinct combinations without a null. */
export function countDistinct(...columns: ColumnOrName[]): Column {
  return new Column(call('count', columns.map(nameToExpression), true));
}

/** An element of the column with the rank of each percentage (0 to 1); exact here, whatever the accuracy. */
export function percentileApprox(x: ColumnOrName, percentage: number | readonly number[], accuracy?: number): Column {
  return of('percentile_approx', nameToExpression(x), toExpression(percentage), ...(accuracy === undefined ? [] : [toExpression(accuracy)]));
}

/** The percentile by interpolation between neighbours. */
export function percentile(x: ColumnOrName, percentage: number | readonly number[]): Column {
  return of('percentile', nameToExpression(x), toExpression(percentage));
}

/** The value `offset` rows before this one in the window. */
export function lag(x: ColumnOrName, offset = 1, otherwise: Value = null): Column {
  return of('lag', nameToExpression(x), toExpression(offset), toExpression(otherwise));
}

/** The value `offset` rows after this one in the window. */
export function lead(x: ColumnOrName, offset = 1, otherwise: Value = null): Column {
  return of('lead', nameToExpression(x), toExpression(offset), toExpression(otherwise));
}

/** As {@link stddev}. */
export const std = unary('std');

/** As {@link boolAnd}. */
export const every = unary('every');

/** As {@link boolOr}. */
export const some = unary('some');

/** The bits that all values have. */
export const bitAnd = unary('bit_and');

/** The bits that any value has. */
export const bitOr = unary('bit_or');

/** The bits that an odd number of the values have. */
export const bitXor = unary('bit_xor');

/** As {@link collectList}. */
export const arrayAgg = collectList;

/** The texts in the order of the rows, parted by a constant; nulls are left out. */
export function listagg(x: ColumnOrName, separator = ''): Column {
  return of('listagg', nameToExpression(x), toExpression(separator));
}

/** As {@link listagg}, each different text once; ascending here. */
export function listaggDistinct(x: ColumnOrName, separator = ''): Column {
  return new Column(call('listagg', [nameToExpression(x), toExpression(separator)], true));
}

/** As {@link listaggDistinct}. */
export const stringAggDistinct: typeof listaggDistinct = listaggDistinct;

/** As {@link listagg}. */
export function stringAgg(x: ColumnOrName, separator = ''): Column {
  return of('string_agg', nameToExpression(x), toExpression(separator));
}

/** The sum; null instead of an overflow. */
export const trySum = unary('try_sum');

export const tryAvg = unary('try_avg');

/** Of the line that fits y = slope · x + intercept best, over rows where neither is null. */
export function regrSlope(y: ColumnOrName, x: ColumnOrName): Column {
  return of('regr_slope', nameToExpression(y), nameToExpression(x));
}

/** The intercept of the least-squares line of `y` over `x`. */
export function regrIntercept(y: ColumnOrName, x: ColumnOrName): Column {
  return of('regr_intercept', nameToExpression(y), nameToExpression(x));
}

/** Square of the correlation. */
export function regrR2(y: ColumnOrName, x: ColumnOrName): Column {
  return of('regr_r2', nameToExpression(y), nameToExpression(x));
}

/** How many rows have both. */
export function regrCount(y: ColumnOrName, x: ColumnOrName): Column {
  return of('regr_count', nameToExpression(y), nameToExpression(x));
}

/** The mean of `x` over rows that have both. */
export function regrAvgx(y: ColumnOrName, x: ColumnOrName): Column {
  return of('regr_avgx', nameToExpression(y), nameToExpression(x));
}

/** The mean of `y` over rows that have both. */
export function regrAvgy(y: ColumnOrName, x: ColumnOrName): Column {
  return of('regr_avgy', nameToExpression(y), nameToExpression(x));
}

/** Σ (x - mean x)². */
export function regrSxx(y: ColumnOrName, x: ColumnOrName): Column {
  return of('regr_sxx', nameToExpression(y), nameToExpression(x));
}

/** Σ (y - mean y)². */
export function regrSyy(y: ColumnOrName, x: ColumnOrName): Column {
  return of('regr_syy', nameToExpression(y), nameToExpression(x));
}

/** Σ (x - mean x)(y - mean y). */
export function regrSxy(y: ColumnOrName, x: ColumnOrName): Column {
  return of('regr_sxy', nameToExpression(y), nameToExpression(x));
}

/** The value of the n-th row of the window's frame, from 1; with `ignoreNulls` of those rows where there is one. */
export function nthValue(x: ColumnOrName, n: number, ignoreNulls?: boolean): Column {
  return of('nth_value', nameToExpression(x), toExpression(n), ...(ignoreNulls === undefined ? [] : [toExpression(ignoreNulls)]));
}

/** As {@link first}. */
export function firstValue(x: ColumnOrName, ignoreNulls?: boolean): Column {
  return of('first_value', nameToExpression(x), ...(ignoreNulls === undefined ? [] : [toExpression(ignoreNulls)]));
}

/** As {@link last}. */
export function lastValue(x: ColumnOrName, ignoreNulls?: boolean): Column {
  return of('last_value', nameToExpression(x), ...(ignoreNulls === undefined ? [] : [toExpression(ignoreNulls)]));
}

/** As {@link percentileApprox}. */
export function approxPercentile(x: ColumnOrName, percentage: number | readonly number[], accuracy?: number): Column {
  return of('approx_percentile', nameToExpression(x), toExpression(percentage), ...(accuracy === undefined ? [] : [toExpression(accuracy)]));
}
