import { type Column, type ColumnOrName, nameToExpression, toExpression } from '../column.ts';
import { of, unary } from './of.ts';

/** The words of each sentence, an array of arrays; `language` and `country` (`'en'`, `'US'`) say by whose rules. */
export function sentences(x: ColumnOrName, language: string | Column = '', country: string | Column = ''): Column {
  return of('sentences', nameToExpression(x), toExpression(language), toExpression(country));
}

/** A part of a URL: `HOST`, `PATH`, `QUERY`, `REF`, `PROTOCOL`, `FILE`, `AUTHORITY` or `USERINFO`; with `key` the value that it has in the query. */
export function parseUrl(url: ColumnOrName, part: string | Column, key?: string | Column): Column {
  return of('parse_url', nameToExpression(url), toExpression(part), ...(key === undefined ? [] : [toExpression(key)]));
}

/** As {@link parseUrl}; null where the text is no URL. */
export function tryParseUrl(url: ColumnOrName, part: string | Column, key?: string | Column): Column {
  return of('try_parse_url', nameToExpression(url), toExpression(part), ...(key === undefined ? [] : [toExpression(key)]));
}

/** As `urlDecode`; null where the text is no such. */
export const tryUrlDecode = unary('try_url_decode');

/** The text in single quotes, those within escaped by a backslash. */
export const quote = unary('quote');

/** How alike two texts are, from 0 to 1, a common beginning counting more. */
export function jaroWinklerSimilarity(x: ColumnOrName, y: ColumnOrName): Column {
  return of('jaro_winkler_similarity', nameToExpression(x), nameToExpression(y));
}

/** A random UUID; another one in each run. */
export function uuid(): Column {
  return of('uuid');
}
