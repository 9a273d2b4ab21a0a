const single = new Float32Array(1);
const bits = new Uint32Array(single.buffer);

/** The largest double that rounds to a 32-bit float below `threshold`: x <= that just where float(x) < threshold. */
export function lastBelow(threshold: number): number {
  const above = Math.fround(threshold);
  if (!Number.isFinite(above)) return above === Number.POSITIVE_INFINITY ? MIDDLE_OF_OVERFLOW : above;
  const below = floatBefore(above);
  // -Infinity is what is below the least float; values round to that float from half a step below it.
  const middle = below === Number.NEGATIVE_INFINITY ? -MIDDLE_OF_OVERFLOW : below / 2 + above / 2;
  single[0] = below;
  const isEven = (bits[0] & 1) === 0;
  // The middle itself rounds to the one of the two whose last bit is 0.
  return isEven ? middle : doubleBefore(middle);
}

/** Doubles from here on round to an infinite float. */
const MIDDLE_OF_OVERFLOW = 3.4028235677973366e38;

function floatBefore(x: number): number {
  single[0] = x;
  if (x === 0) bits[0] = 0x80000001;
  else bits[0] += x > 0 ? -1 : 1;
  return single[0];
}

const double = new Float64Array(1);
const words = new BigInt64Array(double.buffer);

function doubleBefore(x: number): number {
  if (x === 0) return -Number.MIN_VALUE;
  double[0] = x;
  words[0] += x > 0 ? -1n : 1n;
  return double[0];
}
