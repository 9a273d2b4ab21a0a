import { type Column, type ColumnOrName, nameToExpression, toExpression } from '../column.ts';
import { of } from './of.ts';

export function bitwiseNot(x: ColumnOrName): Column {
  return of('bitwise_not', nameToExpression(x));
}

export function shiftLeft(x: ColumnOrName, bits: number): Column {
  return of('shiftleft', nameToExpression(x), toExpression(bits));
}

export function shiftRight(x: ColumnOrName, bits: number): Column {
  return of('shiftright', nameToExpression(x), toExpression(bits));
}

/** The number in base 2, as text. */
export function bin(x: ColumnOrName): Column {
  return of('bin', nameToExpression(x));
}

/** The number that digits of base `from` are, in digits of base `to` (with its sign when `to` is negative). */
export function conv(x: ColumnOrName, from: number, to: number): Column {
  return of('conv', nameToExpression(x), toExpression(from), toExpression(to));
}

/** Shifted to the right with zeros coming in from the left. */
export function shiftRightUnsigned(x: ColumnOrName, bits: number): Column {
  return of('shiftrightunsigned', nameToExpression(x), toExpression(bits));
}

/** How many bits are set, of 64. */
export function bitCount(x: ColumnOrName): Column {
  return of('bit_count', nameToExpression(x));
}

/** The bit at a position, from the right and from 0. */
export function bitGet(x: ColumnOrName, at: ColumnOrName): Column {
  return of('bit_get', nameToExpression(x), nameToExpression(at));
}

export function getbit(x: ColumnOrName, at: ColumnOrName): Column {
  return of('getbit', nameToExpression(x), nameToExpression(at));
}
