/**
 * Scoring by trees: features become codes of one byte, and a tree's splits look at the codes of 64 rows at once. The plain definitions are in
 * `js/trees.ts`. Rows are worked on 64 at a time, so columns of codes and leaves have room for a multiple of 64 rows. A node is four u32: see
 * `js/trees.ts`.
 */

/** Bytes of the constant slots, one for each leaf number, before the slots of splits. */
const CONSTANT_SLOTS: usize = 256 * 64;

/** The last of the buckets that values are looked up by. */
const LAST_BUCKET: i32 = 1023;

/**
 * out[i] = how many edges are below values[i]; `missing` for NaN. `edges` ascend, +Infinity behind the last; a byte a bucket at `starts` says where
 * to begin, and no bucket has more than 2 · top - 1 edges, top a power of two. See `codeBuckets`.
 */
export function code_numbers_u8(
  out: usize,
  values: usize,
  edges: usize,
  starts: usize,
  lowest: f64,
  scale: f64,
  top: i32,
  missing: i32,
  n: i32,
): void {
  let i = 0;
  const half = <usize>top << 3;
  for (; i + 4 <= n; i += 4) {
    const at = values + (<usize>i << 3);
    const low = buckets(v128.load(at), lowest, scale);
    const high = buckets(v128.load(at, 16), lowest, scale);
    const x0 = load<f64>(at);
    const x1 = load<f64>(at, 8);
    const x2 = load<f64>(at, 16);
    const x3 = load<f64>(at, 24);
    let p0 = edges + (<usize>load<u8>(starts + <usize>i32x4.extract_lane(low, 0)) << 3);
    let p1 = edges + (<usize>load<u8>(starts + <usize>i32x4.extract_lane(low, 1)) << 3);
    let p2 = edges + (<usize>load<u8>(starts + <usize>i32x4.extract_lane(high, 0)) << 3);
    let p3 = edges + (<usize>load<u8>(starts + <usize>i32x4.extract_lane(high, 1)) << 3);
    for (let step = half; step >= 8; step >>= 1) {
      const before = step - 8;
      p0 += step & -(<usize>(load<f64>(p0 + before) < x0));
      p1 += step & -(<usize>(load<f64>(p1 + before) < x1));
      p2 += step & -(<usize>(load<f64>(p2 + before) < x2));
      p3 += step & -(<usize>(load<f64>(p3 + before) < x3));
    }
    const to = out + <usize>i;
    store<u8>(to, x0 == x0 ? (p0 - edges) >> 3 : missing);
    store<u8>(to, x1 == x1 ? (p1 - edges) >> 3 : missing, 1);
    store<u8>(to, x2 == x2 ? (p2 - edges) >> 3 : missing, 2);
    store<u8>(to, x3 == x3 ? (p3 - edges) >> 3 : missing, 3);
  }
  for (; i < n; i++) {
    const x = load<f64>(values + (<usize>i << 3));
    let p = edges + (<usize>load<u8>(starts + <usize>i32x4.extract_lane(buckets(f64x2.splat(x), lowest, scale), 0)) << 3);
    for (let step = half; step >= 8; step >>= 1) p += step & -(<usize>(load<f64>(p + step - 8) < x));
    store<u8>(out + <usize>i, x == x ? (p - edges) >> 3 : missing);
  }
}

/** The buckets of two values, in the first two lanes. */
// @ts-ignore: decorator
@inline
function buckets(x: v128, lowest: f64, scale: f64): v128 {
  const place = i32x4.trunc_sat_f64x2_s_zero(f64x2.mul(f64x2.sub(x, f64x2.splat(lowest)), f64x2.splat(scale)));
  return i32x4.min_s(i32x4.max_s(place, i32x4.splat(0)), i32x4.splat(LAST_BUCKET));
}

/** out[i] = values[i] where that is a whole number in 0 … 254, else 255. */
export function code_categories_u8(out: usize, values: usize, n: i32): void {
  for (let i = 0; i < n; i++) {
    const x = load<f64>(values + (<usize>i << 3));
    const c: u32 = x >= 0 && x < 255 ? <u32>x : 255;
    store<u8>(out + <usize>i, <f64>c == x ? c : 255);
  }
}

/**
 * leaves[i] = number of the leaf of row i, of a tree of at most 256 leaves: splits pick between the leaves below them, from the last split up to the
 * root. `nodes` has the splits in that order; slots of 64 bytes hold what they picked, behind those of the constants.
 */
export function tree_leaves_u8(leaves: usize, nodes: usize, count: i32, codes: usize, slots: usize, tables: usize, n: i32): void {
  const last = slots + CONSTANT_SLOTS + (<usize>count << 6);
  for (let lo: usize = 0; lo < <usize>n; lo += 64) {
    let at = last;
    let node = nodes;
    for (let k = 0; k < count; k++, node += 16) {
      at -= 64;
      const column = codes + lo + <usize>load<u32>(node);
      const left = slots + <usize>load<u32>(node, 4);
      const right = slots + <usize>load<u32>(node, 8);
      const test = load<u32>(node, 12);
      if (test < 256) {
        const most = i8x16.splat(<i8>test);
        v128.store(at, v128.bitselect(v128.load(left), v128.load(right), i8x16.le_u(v128.load(column), most)));
        v128.store(at, v128.bitselect(v128.load(left, 16), v128.load(right, 16), i8x16.le_u(v128.load(column, 16), most)), 16);
        v128.store(at, v128.bitselect(v128.load(left, 32), v128.load(right, 32), i8x16.le_u(v128.load(column, 32), most)), 32);
        v128.store(at, v128.bitselect(v128.load(left, 48), v128.load(right, 48), i8x16.le_u(v128.load(column, 48), most)), 48);
      } else {
        const table = tables + <usize>(test - 256);
        const low = v128.load(table);
        const high = v128.load(table, 16);
        v128.store(at, v128.bitselect(v128.load(left), v128.load(right), members(v128.load(column), low, high)));
        v128.store(at, v128.bitselect(v128.load(left, 16), v128.load(right, 16), members(v128.load(column, 16), low, high)), 16);
        v128.store(at, v128.bitselect(v128.load(left, 32), v128.load(right, 32), members(v128.load(column, 32), low, high)), 32);
        v128.store(at, v128.bitselect(v128.load(left, 48), v128.load(right, 48), members(v128.load(column, 48), low, high)), 48);
      }
    }
    // Without splits the first slot of the constants is the answer.
    const root = count > 0 ? at : slots;
    const to = leaves + lo;
    v128.store(to, v128.load(root));
    v128.store(to, v128.load(root, 16), 16);
    v128.store(to, v128.load(root, 32), 32);
    v128.store(to, v128.load(root, 48), 48);
  }
}

/** leaves[i] = number of the leaf of row i, of a tree of any size, row by row from the root; `nodes` in any order, the root first. */
export function walk_leaves_u32(leaves: usize, nodes: usize, codes: usize, tables: usize, n: i32): void {
  for (let i = 0; i < n; i++) {
    const row = codes + <usize>i;
    let next: u32 = 0;
    while (next < 0x80000000) {
      const node = nodes + <usize>next;
      const code = <u32>load<u8>(row + <usize>load<u32>(node));
      const test = load<u32>(node, 12);
      const left = test < 256 ? code <= test : ((load<u8>(tables + <usize>(test - 256) + <usize>(code >> 3)) >> (code & 7)) & 1) == 1;
      next = load<u32>(node + (left ? 4 : 8));
    }
    store<u32>(leaves + (<usize>i << 2), next & 0x7fffffff);
  }
}

/** sums[i · stride] += values[leaves[i]] */
export function add_leaves_u8(sums: usize, stride: i32, leaves: usize, values: usize, n: i32): void {
  const step = <usize>stride << 3;
  let at = sums;
  for (let i = 0; i < n; i++, at += step) store<f64>(at, load<f64>(at) + load<f64>(values + (<usize>load<u8>(leaves + <usize>i) << 3)));
}

export function add_leaves_u32(sums: usize, stride: i32, leaves: usize, values: usize, n: i32): void {
  const step = <usize>stride << 3;
  let at = sums;
  for (let i = 0; i < n; i++, at += step) {
    store<f64>(at, load<f64>(at) + load<f64>(values + (<usize>load<u32>(leaves + (<usize>i << 2)) << 3)));
  }
}

/** All bits of a lane are set where the code's bit is set in the table of 256 bits. */
// @ts-ignore: decorator
@inline
function members(codes: v128, low: v128, high: v128): v128 {
  const byte = i8x16.shr_u(codes, 3);
  const word = v128.or(i8x16.swizzle(low, byte), i8x16.swizzle(high, i8x16.sub(byte, i8x16.splat(16))));
  const bit = i8x16.swizzle(i8x16(1, 2, 4, 8, 16, 32, 64, -128, 0, 0, 0, 0, 0, 0, 0, 0), v128.and(codes, i8x16.splat(7)));
  return i8x16.eq(v128.and(word, bit), bit);
}
