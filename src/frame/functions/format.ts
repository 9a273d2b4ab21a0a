import { type Column, type ColumnOrName, nameToExpression, toExpression } from '../column.ts';
import { of } from './of.ts';

/**
 * A number by a format such as `'$9,999.99'`: 9 is a digit or a blank, 0 a digit, `S` the sign, `MI` a minus, `PR` < > around negative numbers; digits that
 * have no place give `#`. A date or timestamp by a date pattern; bytes as `'hex'`, `'base64'` or `'utf-8'`.
 */
export function toChar(x: ColumnOrName, format: string | Column): Column {
  return of('to_char', nameToExpression(x), toExpression(format));
}

/** As {@link toChar}. */
export function toVarchar(x: ColumnOrName, format: string | Column): Column {
  return of('to_varchar', nameToExpression(x), toExpression(format));
}

/** The decimal that a text spells by a format such as `'$9,999.99'`, with as many digits as the format has. */
export function toNumber(x: ColumnOrName, format: string | Column): Column {
  return of('to_number', nameToExpression(x), toExpression(format));
}

/** As {@link toNumber}; null where the text does not fit. */
export function tryToNumber(x: ColumnOrName, format: string | Column): Column {
  return of('try_to_number', nameToExpression(x), toExpression(format));
}

/** The bytes that a text spells: `'hex'` (as it is without a format), `'base64'` or `'utf-8'`. */
export function toBinary(x: ColumnOrName, format?: string | Column): Column {
  return of('to_binary', nameToExpression(x), ...(format === undefined ? [] : [toExpression(format)]));
}

/** As {@link toBinary}; null where the text does not fit. */
export function tryToBinary(x: ColumnOrName, format?: string | Column): Column {
  return of('try_to_binary', nameToExpression(x), ...(format === undefined ? [] : [toExpression(format)]));
}
