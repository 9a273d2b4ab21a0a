/** Edges of bins and bin codes. The plain definitions are in `js/boosting.ts` and `js/bins.ts`. */

/** codes[i] = how many of the ascending edges are below values[i]; `count` + 1 where it is NaN. Codes of `width` bytes. Two values at a time. */
export function code_f64(codes: usize, values: usize, edges: usize, count: i32, width: i32, n: i32): void {
  let top = 1;
  while (top <= count) top <<= 1;
  let i = 0;
  for (; i + 4 <= n; i += 4) {
    const at = values + (<usize>i << 3);
    const a = load<f64>(at);
    const b = load<f64>(at, 8);
    const c = load<f64>(at, 16);
    const d = load<f64>(at, 24);
    let ia = 0;
    let ib = 0;
    let ic = 0;
    let id = 0;
    for (let step = top >> 1; step > 0; step >>= 1) {
      ia = advance(edges, count, ia, step, a);
      ib = advance(edges, count, ib, step, b);
      ic = advance(edges, count, ic, step, c);
      id = advance(edges, count, id, step, d);
    }
    put(codes, i, a == a ? ia : count + 1, width);
    put(codes, i + 1, b == b ? ib : count + 1, width);
    put(codes, i + 2, c == c ? ic : count + 1, width);
    put(codes, i + 3, d == d ? id : count + 1, width);
  }
  for (; i < n; i++) {
    const x = load<f64>(values + (<usize>i << 3));
    let at = 0;
    for (let step = top >> 1; step > 0; step >>= 1) at = advance(edges, count, at, step, x);
    put(codes, i, x == x ? at : count + 1, width);
  }
}

/** Edges `[0, at)` are below x: `at + step` if so many are, else `at`. */
// @ts-ignore: decorator
@inline
function advance(edges: usize, count: i32, at: i32, step: i32, x: f64): i32 {
  const next = at + step;
  const probe = min<i32>(next, count) - 1;
  return i32(load<f64>(edges + (<usize>probe << 3)) < x) & i32(next <= count) ? next : at;
}

// @ts-ignore: decorator
@inline
function put(codes: usize, i: i32, code: i32, width: i32): void {
  if (width == 1) store<u8>(codes + i, <u8>code);
  else store<u16>(codes + (<usize>i << 1), <u16>code);
}

/** Writes a column's codes into their place in the rows: rows[i · stride] = codes[i]. Four at a time. */
export function spread_u8(rows: usize, stride: i32, codes: usize, n: i32): void {
  let to = rows;
  let i = 0;
  for (; i + 4 <= n; i += 4) {
    const four = load<u32>(codes + i);
    store<u8>(to, <u8>four);
    store<u8>(to + stride, <u8>(four >> 8));
    store<u8>(to + 2 * stride, <u8>(four >> 16));
    store<u8>(to + 3 * stride, <u8>(four >> 24));
    to += 4 * stride;
  }
  for (; i < n; i++) {
    store<u8>(to, load<u8>(codes + i));
    to += stride;
  }
}

/**
 * Sorts doubles, none of them NaN, in ascending order, -0 before 0: radix sort by six digits of up to 11 bits, from the lowest on, of the bits turned about so that they
 * order as the numbers do. `spare` has room for n doubles, `counts` for 6 · 2048 words.
 */
export function sort_f64(values: usize, spare: usize, counts: usize, n: i32): void {
  memory.fill(counts, 0, 6 << 13);
  const end = <usize>n << 3;
  for (let i: usize = 0; i < end; i += 8) {
    const bits = load<i64>(values + i);
    const key = bits ^ ((bits >> 63) | 0x8000000000000000);
    store<i64>(values + i, key);
    for (let digit = 0; digit < 6; digit++) tally(counts, digit, key);
  }
  let from = values;
  let to = spare;
  for (let digit = 0; digit < 6; digit++) {
    const starts = counts + (<usize>digit << 13);
    if (n == 0 || load<u32>(starts + bucket(load<i64>(from), digit)) == <u32>n) continue; // all share this digit
    let at: u32 = 0;
    for (let b: usize = 0; b < 8192; b += 4) {
      const size = load<u32>(starts + b);
      store<u32>(starts + b, at);
      at += size;
    }
    for (let i: usize = 0; i < end; i += 8) {
      const key = load<i64>(from + i);
      const place = starts + bucket(key, digit);
      const next = load<u32>(place);
      store<u32>(place, next + 1);
      store<i64>(to + (<usize>next << 3), key);
    }
    const other = from;
    from = to;
    to = other;
  }
  for (let i: usize = 0; i < end; i += 8) {
    const key = load<i64>(from + i);
    store<i64>(values + i, key ^ (~(key >> 63) | 0x8000000000000000));
  }
}

/** Byte offset of a key's bucket. */
// @ts-ignore: decorator
@inline
function bucket(key: i64, digit: i32): usize {
  return (<usize>(<u64>key >> (11 * digit)) & 2047) << 2;
}

// @ts-ignore: decorator
@inline
function tally(counts: usize, digit: i32, key: i64): void {
  const at = counts + (<usize>digit << 13) + bucket(key, digit);
  store<u32>(at, load<u32>(at) + 1);
}
