/**
 * Row numbers by descending value, equal values in row order. NaN comes first; 0 and -0 are equal.
 * A radix sort on the bits, with digits of a byte, or of two where there are more values than such digits.
 */
export function descendingOrder(values: Float64Array): Uint32Array {
  const n = values.length;
  const low = new Uint32Array(n);
  const high = new Uint32Array(n);
  sortKeys(values, low, high);
  let order = Uint32Array.from(values.keys());
  let spare = new Uint32Array(n);
  const bits = n > 0x10000 ? 16 : 8;
  const mask = 2 ** bits - 1;
  const counts = new Uint32Array(mask + 1);
  for (let from = 0; from < 64; from += bits) {
    const keys = from < 32 ? low : high;
    const shift = from & 31;
    counts.fill(0);
    for (let i = 0; i < n; i++) counts[(keys[i] >>> shift) & mask]++;
    if (counts[(keys[0] >>> shift) & mask] === n) continue;
    for (let digit = 0, sum = 0; digit < counts.length; digit++) {
      const count = counts[digit];
      counts[digit] = sum;
      sum += count;
    }
    for (let i = 0; i < n; i++) spare[counts[(keys[order[i]] >>> shift) & mask]++] = order[i];
    [order, spare] = [spare, order];
  }
  return order;
}

/** Unsigned 64-bit keys, in two halves, that ascend as the values descend. */
function sortKeys(values: Float64Array, low: Uint32Array, high: Uint32Array): void {
  const bits = new DataView(new ArrayBuffer(8));
  for (let i = 0; i < values.length; i++) {
    bits.setFloat64(0, Number.isNaN(values[i]) ? Number.NaN : values[i] + 0);
    const top = bits.getUint32(0);
    const negative = top >>> 31 === 1;
    high[i] = negative ? top : ~(top | 0x80000000);
    low[i] = negative ? bits.getUint32(4) : ~bits.getUint32(4);
  }
}
