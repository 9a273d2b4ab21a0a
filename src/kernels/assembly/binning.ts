/** Edges of bins and bin codes. The plain definitions are in `js/boosting.ts` and `js/bins.ts`. */

/**
 * codes[i] = how many of the ascending edges are below values[i]; `count` + 1 where it is NaN. Codes of `width` bytes. Eight values at a time, whose
 * searches overlap: each is a chain of loads that wait for one another.
 */
export function code_f64(codes: usize, values: usize, edges: usize, count: i32, width: i32, n: i32): void {
  let i = 0;
  for (; i + 8 <= n; i += 8) {
    const at = values + (<usize>i << 3);
    const a = load<f64>(at);
    const b = load<f64>(at, 8);
    const c = load<f64>(at, 16);
    const d = load<f64>(at, 24);
    const e = load<f64>(at, 32);
    const f = load<f64>(at, 40);
    const g = load<f64>(at, 48);
    const h = load<f64>(at, 56);
    let pa = edges;
    let pb = edges;
    let pc = edges;
    let pd = edges;
    let pe = edges;
    let pf = edges;
    let pg = edges;
    let ph = edges;
    // All edges before a pointer are below its value, and none from `left` edges behind it on.
    let left = <usize>count;
    while (left > 1) {
      const half = left >> 1;
      pa = beyond(pa, half, a);
      pb = beyond(pb, half, b);
      pc = beyond(pc, half, c);
      pd = beyond(pd, half, d);
      pe = beyond(pe, half, e);
      pf = beyond(pf, half, f);
      pg = beyond(pg, half, g);
      ph = beyond(ph, half, h);
      left -= half;
    }
    put(codes, i, codeAt(pa, edges, left, a, count), width);
    put(codes, i + 1, codeAt(pb, edges, left, b, count), width);
    put(codes, i + 2, codeAt(pc, edges, left, c, count), width);
    put(codes, i + 3, codeAt(pd, edges, left, d, count), width);
    put(codes, i + 4, codeAt(pe, edges, left, e, count), width);
    put(codes, i + 5, codeAt(pf, edges, left, f, count), width);
    put(codes, i + 6, codeAt(pg, edges, left, g, count), width);
    put(codes, i + 7, codeAt(ph, edges, left, h, count), width);
  }
  for (; i < n; i++) {
    const x = load<f64>(values + (<usize>i << 3));
    let p = edges;
    let left = <usize>count;
    for (; left > 1; left -= left >> 1) p = beyond(p, left >> 1, x);
    put(codes, i, codeAt(p, edges, left, x, count), width);
  }
}

/**
 * The same by a table, where at most two edges fall into one of its cells: starts[c] (u16) edges are in the cells before c, and x is in the cell
 * next to (x - from) · scale, of 0 … last. Two infinities stand behind the edges.
 */
export function code_cells_f64(
  codes: usize, values: usize, edges: usize, count: i32, starts: usize, from: f64, scale: f64, last: f64, width: i32, n: i32,
): void {
  let i = 0;
  for (; i + 2 <= n; i += 2) {
    const two = v128.load(values + (<usize>i << 3));
    const place = f64x2.mul(f64x2.sub(two, f64x2.splat(from)), f64x2.splat(scale));
    // Whole numbers are the low bits of doubles from 2^52 on; NaN is in cell 0.
    const cells = f64x2.add(f64x2.pmin(f64x2.pmax(f64x2.splat(0), place), f64x2.splat(last)), f64x2.splat(4503599627370496));
    put(codes, i, inCell(edges, starts, i32x4.extract_lane(cells, 0), f64x2.extract_lane(two, 0), count), width);
    put(codes, i + 1, inCell(edges, starts, i32x4.extract_lane(cells, 2), f64x2.extract_lane(two, 1), count), width);
  }
  if (i < n) code_f64(codes + <usize>(i * width), values + (<usize>i << 3), edges, count, width, n - i);
}

// @ts-ignore: decorator
@inline
function inCell(edges: usize, starts: usize, cell: i32, x: f64, count: i32): i32 {
  const before = <i32>load<u16>(starts + (<usize>cell << 1));
  const edge = edges + (<usize>before << 3);
  const below = before + i32(load<f64>(edge) < x) + i32(load<f64>(edge, 8) < x);
  return x == x ? below : count + 1;
}

/** So many edges further where the last edge before that is below x. */
// @ts-ignore: decorator
@inline
function beyond(p: usize, some: usize, x: f64): usize {
  const next = p + (some << 3);
  return select<usize>(next, p, load<f64>(next - 8) < x);
}

/** The code of x, with at most one more edge to look at. */
// @ts-ignore: decorator
@inline
function codeAt(p: usize, edges: usize, left: usize, x: f64, count: i32): i32 {
  const below = <i32>(((left ? beyond(p, 1, x) : p) - edges) >> 3);
  return x == x ? below : count + 1;
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
 * Sorts doubles, none of them NaN, in ascending order, -0 before 0: radix sort by six digits of up to 11 bits, from the lowest on, of the bits turned
 * about so that they order as the numbers do. `spare` has room for n doubles, `counts` for 6 · 2048 words.
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
