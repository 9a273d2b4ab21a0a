/** m · v for a square row-major m as wide as v is long. */
export function multiply(m: Float64Array, v: Float64Array): Float64Array {
  const k = v.length;
  const out = new Float64Array(k);
  for (let i = 0; i < k; i++) {
    let sum = 0;
    for (let j = 0; j < k; j++) sum += m[i * k + j] * v[j];
    out[i] = sum;
  }
  return out;
}

/** The inverse of a (k, k) row-major matrix by elimination with row pivots; null when it is singular or not finite. For small k. */
export function invert(matrix: Float64Array, k: number): Float64Array | null {
  const a = matrix.slice();
  const inverse = new Float64Array(k * k);
  for (let i = 0; i < k; i++) inverse[i * k + i] = 1;
  for (let column = 0; column < k; column++) {
    let pivot = column;
    for (let i = column + 1; i < k; i++) if (Math.abs(a[i * k + column]) > Math.abs(a[pivot * k + column])) pivot = i;
    const head = a[pivot * k + column];
    if (head === 0 || !Number.isFinite(head)) return null;
    for (const rows of [a, inverse]) {
      for (let j = 0; j < k; j++) {
        const swapped = rows[pivot * k + j];
        rows[pivot * k + j] = rows[column * k + j];
        rows[column * k + j] = swapped / head;
      }
    }
    for (let i = 0; i < k; i++) {
      const factor = a[i * k + column];
      if (i === column || factor === 0) continue;
      for (let j = 0; j < k; j++) {
        a[i * k + j] -= factor * a[column * k + j];
        inverse[i * k + j] -= factor * inverse[column * k + j];
      }
    }
  }
  return inverse;
}
