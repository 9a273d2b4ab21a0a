import { type Column, type ColumnOrName, type ColumnOrValue, nameToExpression, toExpression } from '../column.ts';
import { of } from './of.ts';

/** Pieces between matches of a regular expression; at most `limit` when that is positive. */
export function split(x: ColumnOrName, pattern: ColumnOrValue, limit?: ColumnOrValue): Column {
  return of('split', nameToExpression(x), toExpression(pattern), ...(limit === undefined ? [] : [toExpression(limit)]));
}

/** Each match replaced; `$1` is the first group. */
export function regexpReplace(x: ColumnOrName, pattern: ColumnOrValue, by: ColumnOrValue): Column {
  return of('regexp_replace', nameToExpression(x), toExpression(pattern), toExpression(by));
}

/** A group of the first match; empty when nothing matches. */
export function regexpExtract(x: ColumnOrName, pattern: ColumnOrValue, group: number): Column {
  return of('regexp_extract', nameToExpression(x), toExpression(pattern), toExpression(group));
}

/** A group of each match. */
export function regexpExtractAll(x: ColumnOrName, pattern: ColumnOrValue, group?: number): Column {
  return of('regexp_extract_all', nameToExpression(x), toExpression(pattern), ...(group === undefined ? [] : [toExpression(group)]));
}

/** Whether the regular expression is found anywhere in the text. */
export function regexpLike(x: ColumnOrName, pattern: ColumnOrValue): Column {
  return of('rlike', nameToExpression(x), toExpression(pattern));
}

/** As {@link regexpLike}. */
export const rlike = regexpLike;

/** As {@link regexpLike}. */
export const regexp = regexpLike;

/** How often the pattern is found. */
export function regexpCount(x: ColumnOrName, pattern: ColumnOrValue): Column {
  return of('regexp_count', nameToExpression(x), toExpression(pattern));
}

/** The first text that the pattern finds; null when it finds none. */
export function regexpSubstr(x: ColumnOrName, pattern: ColumnOrValue): Column {
  return of('regexp_substr', nameToExpression(x), toExpression(pattern));
}

/** Where the pattern is found first, from 1; 0 when it is not. */
export function regexpInstr(x: ColumnOrName, pattern: ColumnOrValue): Column {
  return of('regexp_instr', nameToExpression(x), toExpression(pattern));
}
