export type NumberArray = Int8Array | Int16Array | Int32Array | BigInt64Array | Float32Array | Float64Array;

/** Room for so many elements, of which the first `filled` stay. */
export function grown<T extends NumberArray | Uint8Array>(array: T, length: number, filled: number): T {
  if (length <= array.length) return array;
  const Type = array.constructor as new (length: number) => T;
  const larger = new Type(Math.max(length, 2 * array.length));
  larger.set(array.subarray(0, filled) as never);
  return larger;
}

/** The first elements; a copy when much would be kept for nothing. */
export function trimmed<T extends NumberArray | Uint8Array>(array: T, length: number): T {
  return (length < 0.75 * array.length ? array.slice(0, length) : array.subarray(0, length)) as T;
}
