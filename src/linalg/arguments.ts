import { MlError, show } from '../error.ts';

/** The numbers as a Float64Array: itself when it is one; anything that is no number is refused. */
export function doubleArray(values: ArrayLike<number>, owner: string, what: string): Float64Array {
  if (values instanceof Float64Array) return values;
  checkList(owner, what, values);
  const out = new Float64Array(values.length);
  for (let i = 0; i < out.length; i++) {
    const x = values[i];
    if (typeof x !== 'number') throw new MlError('VALUE_INVALID', `${owner}: ${what} must be numbers, got ${show(x)} at ${i}`, { value: x });
    out[i] = x;
  }
  return out;
}

/** `values` must be an array, a typed array, or like one. */
export function checkList(owner: string, what: string, values: ArrayLike<number>): void {
  const length = typeof values === 'object' && values !== null ? values.length : undefined;
  if (Number.isInteger(length) && (length as number) >= 0 && (length as number) <= 0x7fffffff) return;
  throw new MlError('VALUE_INVALID', `${owner}: ${what} must be an array of numbers, got ${show(values)}`, { value: values });
}

export function checkSize(owner: string, what: string, size: number): void {
  if (!Number.isInteger(size) || size < 0 || size > 0x7fffffff) {
    throw new MlError('VALUE_INVALID', `${owner}: ${what} must be an integer in [0, 2147483647], got ${show(size)}`, { value: size });
  }
}

export function checkIndex(owner: string, i: number, size: number): void {
  if (!Number.isInteger(i) || i < 0 || i >= size) {
    throw new MlError('VALUE_INVALID', `${owner}: index must be an integer in [0, ${size}), got ${show(i)}`, { value: i });
  }
}
