import { type Column, type ColumnOrName, nameToExpression, toExpression } from '../column.ts';
import { of, unary } from './of.ts';

/** All bits turned over. */
export const bitwiseNot = unary('bitwise_not');

/** Bits moved up by `bits`. */
export function shiftLeft(x: ColumnOrName, bits: number): Column {
  return of('shiftleft', nameToExpression(x), toExpression(bits));
}

/** Bits moved down by `bits`; the sign stays. */
export function shiftRight(x: ColumnOrName, bits: number): Column {
  return of('shiftright', nameToExpression(x), toExpression(bits));
}

/** The number in base 2, as text. */
export const bin = unary('bin');

/** The number that digits of base `from` are, in digits of base `to` (with its sign when `to` is negative). */
export function conv(x: ColumnOrName, from: number, to: number): Column {
  return of('conv', nameToExpression(x), toExpression(from), toExpression(to));
}

/** Shifted to the right with zeros coming in from the left. */
export function shiftRightUnsigned(x: ColumnOrName, bits: number): Column {
  return of('shiftrightunsigned', nameToExpression(x), toExpression(bits));
}

/** How many bits are set, of 64. */
export const bitCount = unary('bit_count');

/** The bit at a position, from the right and from 0. */
export function bitGet(x: ColumnOrName, at: ColumnOrName): Column {
  return of('bit_get', nameToExpression(x), nameToExpression(at));
}

/** As {@link bitGet}. */
export function getbit(x: ColumnOrName, at: ColumnOrName): Column {
  return of('getbit', nameToExpression(x), nameToExpression(at));
}
