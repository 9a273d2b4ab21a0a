import { Column, type ColumnOrName, call, nameToExpression, toExpression, type Value } from '../column.ts';
import { of } from './of.ts';

/** The sum; null of no values. Whole numbers give a long, and an error when that overflows. */
export function sum(x: ColumnOrName): Column {
  return of('sum', nameToExpression(x));
}

export function sumDistinct(x: ColumnOrName): Column {
  return of('sum_distinct', nameToExpression(x));
}

export function avg(x: ColumnOrName): Column {
  return of('avg', nameToExpression(x));
}

export function mean(x: ColumnOrName): Column {
  return of('avg', nameToExpression(x));
}

export function min(x: ColumnOrName): Column {
  return of('min', nameToExpression(x));
}

/** NaN is the greatest number. */
export function max(x: ColumnOrName): Column {
  return of('max', nameToExpression(x));
}

/** Sample standard deviation: `√(Σ(x - mean)² / (n - 1))`. */
export function stddev(x: ColumnOrName): Column {
  return of('stddev', nameToExpression(x));
}

export function stddevSamp(x: ColumnOrName): Column {
  return of('stddev_samp', nameToExpression(x));
}

/** `√(Σ(x - mean)² / n)`. */
export function stddevPop(x: ColumnOrName): Column {
  return of('stddev_pop', nameToExpression(x));
}

export function variance(x: ColumnOrName): Column {
  return of('variance', nameToExpression(x));
}

export function varSamp(x: ColumnOrName): Column {
  return of('var_samp', nameToExpression(x));
}

export function varPop(x: ColumnOrName): Column {
  return of('var_pop', nameToExpression(x));
}

export function skewness(x: ColumnOrName): Column {
  return of('skewness', nameToExpression(x));
}

/** Excess kurtosis. */
export function kurtosis(x: ColumnOrName): Column {
  return of('kurtosis', nameToExpression(x));
}

/** Pearson’s correlation. */
export function corr(x: ColumnOrName, y: ColumnOrName): Column {
  return of('corr', nameToExpression(x), nameToExpression(y));
}

export function covarPop(x: ColumnOrName, y: ColumnOrName): Column {
  return of('covar_pop', nameToExpression(x), nameToExpression(y));
}

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
export function collectList(x: ColumnOrName): Column {
  return of('collect_list', nameToExpression(x));
}

/** The distinct values, ascending. */
export function collectSet(x: ColumnOrName): Column {
  return of('collect_set', nameToExpression(x));
}

export function median(x: ColumnOrName): Column {
  return of('median', nameToExpression(x));
}

/** The most frequent value; the least of equals. */
export function mode(x: ColumnOrName): Column {
  return of('mode', nameToExpression(x));
}

export function product(x: ColumnOrName): Column {
  return of('product', nameToExpression(x));
}

export function boolAnd(x: ColumnOrName): Column {
  return of('bool_and', nameToExpression(x));
}

export function boolOr(x: ColumnOrName): Column {
  return of('bool_or', nameToExpression(x));
}

export function countIf(x: ColumnOrName): Column {
  return of('count_if', nameToExpression(x));
}

/** x in the row where `by` is greatest. */
export function maxBy(x: ColumnOrName, by: ColumnOrName): Column {
  return of('max_by', nameToExpression(x), nameToExpression(by));
}

export function minBy(x: ColumnOrName, by: ColumnOrName): Column {
  return of('min_by', nameToExpression(x), nameToExpression(by));
}

/** The number of distinct values (exact here). */
export function approxCountDistinct(x: ColumnOrName): Column {
  return of('approx_count_distinct', nameToExpression(x));
}

/** 1 in rows of a rollup or cube that are not grouped by this key, 0 else. */
export function grouping(key: ColumnOrName): Column {
  return of('grouping', nameToExpression(key));
}

/** `grouping` of all keys of a rollup or cube as the bits of one number, the first key's the highest. The keys may be named, all of them in order. */
export function groupingId(...keys: ColumnOrName[]): Column {
  return of('grouping_id', ...keys.map(nameToExpression));
}

export function rowNumber(): Column {
  return of('row_number');
}

export function rank(): Column {
  return of('rank');
}

export function denseRank(): Column {
  return of('dense_rank');
}

export function percentRank(): Column {
  return of('percent_rank');
}

export function cumeDist(): Column {
  return of('cume_dist');
}

export function ntile(count: number): Column {
  return of('ntile', toExpression(count));
}

/** The number of rows where the column is not null; `count('*')` of all rows. */
export function count(x: ColumnOrName): Column {
  return of('count', nameToExpression(x));
}

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

export function std(x: ColumnOrName): Column {
  return of('std', nameToExpression(x));
}

export function every(x: ColumnOrName): Column {
  return of('every', nameToExpression(x));
}

export function some(x: ColumnOrName): Column {
  return of('some', nameToExpression(x));
}

export function bitAnd(x: ColumnOrName): Column {
  return of('bit_and', nameToExpression(x));
}

export function bitOr(x: ColumnOrName): Column {
  return of('bit_or', nameToExpression(x));
}

export function bitXor(x: ColumnOrName): Column {
  return of('bit_xor', nameToExpression(x));
}

/** As {@link collectList}. */
export function arrayAgg(x: ColumnOrName): Column {
  return of('collect_list', nameToExpression(x));
}

/** The texts in the order of the rows, parted by a constant; nulls are left out. */
export function listagg(x: ColumnOrName, separator = ''): Column {
  return of('listagg', nameToExpression(x), toExpression(separator));
}

/** As {@link listagg}. */
export function stringAgg(x: ColumnOrName, separator = ''): Column {
  return of('string_agg', nameToExpression(x), toExpression(separator));
}

/** The sum; null instead of an overflow. */
export function trySum(x: ColumnOrName): Column {
  return of('try_sum', nameToExpression(x));
}

export function tryAvg(x: ColumnOrName): Column {
  return of('try_avg', nameToExpression(x));
}

/** Of the line that fits y = slope · x + intercept best, over rows where neither is null. */
export function regrSlope(y: ColumnOrName, x: ColumnOrName): Column {
  return of('regr_slope', nameToExpression(y), nameToExpression(x));
}

export function regrIntercept(y: ColumnOrName, x: ColumnOrName): Column {
  return of('regr_intercept', nameToExpression(y), nameToExpression(x));
}

/** Square of the correlation. */
export function regrR2(y: ColumnOrName, x: ColumnOrName): Column {
  return of('regr_r2', nameToExpression(y), nameToExpression(x));
}

export function regrCount(y: ColumnOrName, x: ColumnOrName): Column {
  return of('regr_count', nameToExpression(y), nameToExpression(x));
}

export function regrAvgx(y: ColumnOrName, x: ColumnOrName): Column {
  return of('regr_avgx', nameToExpression(y), nameToExpression(x));
}

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

/** The value of the n-th row of the window's frame, from 1. */
export function nthValue(x: ColumnOrName, n: number): Column {
  return of('nth_value', nameToExpression(x), toExpression(n));
}
