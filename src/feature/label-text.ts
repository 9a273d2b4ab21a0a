import { javaDouble } from '../linalg/format.ts';

/** Kinds of numeric columns. */
export type NumberKind = 'byte' | 'short' | 'int' | 'long' | 'float' | 'double' | 'decimal';

/** A number of a column of that kind as Spark's cast to string prints it; a decimal's trailing zeros are not known here. */
export function numberText(x: number, kind: NumberKind): string {
  if (kind === 'double') return javaDouble(x);
  if (kind === 'float') return javaFloat(x);
  return Object.is(x, -0) ? '0' : String(x);
}

/** A float as Java prints it: the fewest digits that give back the same float. */
function javaFloat(x: number): string {
  const float = Math.fround(x);
  if (!Number.isFinite(float) || float === 0) return javaDouble(float);
  for (let digits = 1; digits < 9; digits++) {
    const short = Number(float.toPrecision(digits));
    if (Math.fround(short) === float) return javaDouble(short);
  }
  return javaDouble(Number(float.toPrecision(9)));
}

/** Order by code points, which is that of Spark's strings (UTF-8 bytes); JavaScript's own order differs beyond U+FFFF. */
export function compareText(a: string, b: string): number {
  const length = Math.min(a.length, b.length);
  for (let i = 0; i < length; i++) {
    const x = a.charCodeAt(i);
    const y = b.charCodeAt(i);
    if (x !== y) return rank(x) - rank(y);
  }
  return a.length - b.length;
}

/** Surrogates stand for code points above all others. */
function rank(unit: number): number {
  return unit >= 0xd800 && unit <= 0xdfff ? unit + 0x10000 : unit;
}
