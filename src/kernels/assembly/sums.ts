/**
 * What is done with sums of gradients and hessians once they are made; see `histograms.ts` for what they are. The plain definitions are in
 * `js/boosting.ts`.
 */

/** out[i] += x[i], x[i] = 0; `fresh`: out[i] = x[i]. */
export function drain_i64(out: usize, x: usize, fresh: i32, n: i32): void {
  const end = <usize>n << 3;
  const zeros = i64x2.splat(0);
  let i: usize = 0;
  if (fresh) {
    for (; i + 16 <= end; i += 16) {
      v128.store(out + i, v128.load(x + i));
      v128.store(x + i, zeros);
    }
    if (i < end) store<i64>(out + i, load<i64>(x + i));
  } else {
    for (; i + 16 <= end; i += 16) {
      v128.store(out + i, i64x2.add(v128.load(out + i), v128.load(x + i)));
      v128.store(x + i, zeros);
    }
    if (i < end) store<i64>(out + i, load<i64>(out + i) + load<i64>(x + i));
  }
  if (i < end) store<i64>(x + i, 0);
}

/** out[i] -= x[i] */
export function subtract_i64(out: usize, x: usize, n: i32): void {
  const end = <usize>n << 3;
  let i: usize = 0;
  for (; i + 16 <= end; i += 16) v128.store(out + i, i64x2.sub(v128.load(out + i), v128.load(x + i)));
  if (i < end) store<i64>(out + i, load<i64>(out + i) - load<i64>(x + i));
}

/** Adds sums to wide ones: out[2i] += gradients, out[2i + 1] += hessians, as doubles, which hold them exactly. `sign`: 1, or -1 to subtract. */
export function widen_sums(out: usize, sums: usize, sign: f64, n: i32): void {
  const signs = f64x2.splat(sign);
  for (let i = 0; i < n; i++) {
    const sum = load<i64>(sums + (<usize>i << 3));
    const at = out + (<usize>i << 4);
    const wide = f64x2.replace_lane(f64x2.splat(<f64>(<i32>(sum >> 32))), 1, <f64>(<u32>sum));
    v128.store(at, f64x2.add(v128.load(at), f64x2.mul(signs, wide)));
  }
}

/** Sums out of wide ones that fit. */
export function narrow_sums(sums: usize, wide: usize, n: i32): void {
  for (let i = 0; i < n; i++) {
    const at = wide + (<usize>i << 4);
    store<i64>(sums + (<usize>i << 3), (<i64>load<f64>(at) << 32) + <i64>load<f64>(at, 8));
  }
}

/** out[i] += sign · x[i] */
export function add_scaled_f64(out: usize, x: usize, sign: f64, n: i32): void {
  const signs = f64x2.splat(sign);
  const end = <usize>n << 3;
  let i: usize = 0;
  for (; i + 16 <= end; i += 16) v128.store(out + i, f64x2.add(v128.load(out + i), f64x2.mul(signs, v128.load(x + i))));
  if (i < end) store<f64>(out + i, load<f64>(out + i) + sign * load<f64>(x + i));
}
