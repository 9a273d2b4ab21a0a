/**
 * Sums of gradients and hessians by bin code, and what grows trees out of them. The plain definitions are in `js/boosting.ts`.
 *
 * A pair is one word a row: gradient (i16) above hessian (u16). A sum is 64 bits, the gradients' (i32) above the hessians' (u32): one addition moves both. They stay
 * apart while at most 65,536 rows are summed.
 */

/** A row's pair as 64 bits. */
// @ts-ignore: decorator
@inline
function pairOf(pairs: usize, row: u32): i64 {
  const pair = load<i32>(pairs + (<usize>row << 2));
  return (<i64>(pair >> 16) << 32) + <i64>(pair & 0xffff);
}

/** Adds to the sum of the code in byte `c` of the row, in table `c` of the group. */
// @ts-ignore: decorator
@inline
function count(table: usize, row: usize, c: usize, pair: i64): void {
  const at = table + (c << 11) + (<usize>load<u8>(row + c) << 3);
  store<i64>(at, load<i64>(at) + pair);
}

/** The first 24 columns without a loop: one after the other would wait for the loop's own additions. */
// @ts-ignore: decorator
@inline
function countRow(sums: usize, row: usize, eights: i32, rest: i32, pair: i64): void {
  if (eights > 0) {
    count(sums, row, 0, pair);
    count(sums, row, 1, pair);
    count(sums, row, 2, pair);
    count(sums, row, 3, pair);
    count(sums, row, 4, pair);
    count(sums, row, 5, pair);
    count(sums, row, 6, pair);
    count(sums, row, 7, pair);
    if (eights > 1) {
      count(sums, row, 8, pair);
      count(sums, row, 9, pair);
      count(sums, row, 10, pair);
      count(sums, row, 11, pair);
      count(sums, row, 12, pair);
      count(sums, row, 13, pair);
      count(sums, row, 14, pair);
      count(sums, row, 15, pair);
      if (eights > 2) {
        count(sums, row, 16, pair);
        count(sums, row, 17, pair);
        count(sums, row, 18, pair);
        count(sums, row, 19, pair);
        count(sums, row, 20, pair);
        count(sums, row, 21, pair);
        count(sums, row, 22, pair);
        count(sums, row, 23, pair);
      }
    }
  }
  let table = sums + (<usize>min<i32>(eights, 3) << 14);
  row += <usize>min<i32>(eights, 3) << 3;
  for (let k = 3; k < eights; k++) {
    count(table, row, 0, pair);
    count(table, row, 1, pair);
    count(table, row, 2, pair);
    count(table, row, 3, pair);
    count(table, row, 4, pair);
    count(table, row, 5, pair);
    count(table, row, 6, pair);
    count(table, row, 7, pair);
    table += 8 << 11;
    row += 8;
  }
  if (rest & 4) {
    count(table, row, 0, pair);
    count(table, row, 1, pair);
    count(table, row, 2, pair);
    count(table, row, 3, pair);
    table += 4 << 11;
    row += 4;
  }
  if (rest & 2) {
    count(table, row, 0, pair);
    count(table, row, 1, pair);
    table += 2 << 11;
    row += 2;
  }
  if (rest & 1) count(table, row, 0, pair);
}

/** Two rows at once: their additions overlap. */
// @ts-ignore: decorator
@inline
function countTwo(sums: usize, row: usize, other: usize, eights: i32, rest: i32, pair: i64, otherPair: i64): void {
  let table = sums;
  for (let k = 0; k < eights; k++) {
    count(table, row, 0, pair);
    count(table, other, 0, otherPair);
    count(table, row, 1, pair);
    count(table, other, 1, otherPair);
    count(table, row, 2, pair);
    count(table, other, 2, otherPair);
    count(table, row, 3, pair);
    count(table, other, 3, otherPair);
    count(table, row, 4, pair);
    count(table, other, 4, otherPair);
    count(table, row, 5, pair);
    count(table, other, 5, otherPair);
    count(table, row, 6, pair);
    count(table, other, 6, otherPair);
    count(table, row, 7, pair);
    count(table, other, 7, otherPair);
    table += 8 << 11;
    row += 8;
    other += 8;
  }
  if (rest & 4) {
    count(table, row, 0, pair);
    count(table, other, 0, otherPair);
    count(table, row, 1, pair);
    count(table, other, 1, otherPair);
    count(table, row, 2, pair);
    count(table, other, 2, otherPair);
    count(table, row, 3, pair);
    count(table, other, 3, otherPair);
    table += 4 << 11;
    row += 4;
    other += 4;
  }
  if (rest & 2) {
    count(table, row, 0, pair);
    count(table, other, 0, otherPair);
    count(table, row, 1, pair);
    count(table, other, 1, otherPair);
    table += 2 << 11;
    row += 2;
    other += 2;
  }
  if (rest & 1) {
    count(table, row, 0, pair);
    count(table, other, 0, otherPair);
  }
}

/**
 * sums[c][codes[rows[i] · stride + c]] += pair of rows[i], c < columns; a table has 256 sums. `apart`: the rows lie far from one another, so sixteen of them are
 * touched before they are worked on, that the waits for memory overlap. What it returns keeps the touches alive.
 */
export function histogram_u8(sums: usize, codes: usize, stride: i32, columns: i32, pairs: usize, rows: usize, n: i32, apart: i32): i32 {
  const eights = columns >> 3;
  const rest = columns & 7;
  let touched = 0;
  let i = 0;
  if (apart) {
    for (; i + 16 <= n; i += 16) {
      const some = rows + (<usize>i << 2);
      for (let k: usize = 0; k < 64; k += 4) {
        const row = load<u32>(some + k);
        touched += load<u8>(codes + <usize>row * stride);
        touched += load<u8>(pairs + (<usize>row << 2));
      }
      for (let k: usize = 0; k < 64; k += 4) {
        const row = load<u32>(some + k);
        countRow(sums, codes + <usize>row * stride, eights, rest, pairOf(pairs, row));
      }
    }
  }
  for (; i + 2 <= n; i += 2) {
    const row = load<u32>(rows + (<usize>i << 2));
    const other = load<u32>(rows + (<usize>i << 2), 4);
    countTwo(sums, codes + <usize>row * stride, codes + <usize>other * stride, eights, rest, pairOf(pairs, row), pairOf(pairs, other));
  }
  for (; i < n; i++) {
    const row = load<u32>(rows + (<usize>i << 2));
    countRow(sums, codes + <usize>row * stride, eights, rest, pairOf(pairs, row));
  }
  return touched;
}

/** sums[codes[rows[i]]] += pair of rows[i], codes of two bytes. */
export function histogram_u16(sums: usize, codes: usize, pairs: usize, rows: usize, n: i32): void {
  for (let i = 0; i < n; i++) {
    const row = load<u32>(rows + (<usize>i << 2));
    const at = sums + (<usize>load<u16>(codes + (<usize>row << 1)) << 3);
    store<i64>(at, load<i64>(at) + pairOf(pairs, row));
  }
}

/** Puts the rows whose code's entry in `sides` is 1 first, both parts in their order; returns how many they are. `spare` has room for n rows. */
export function divide_u8(codes: usize, sides: usize, rows: usize, spare: usize, n: i32): i32 {
  let left = rows;
  let right = spare;
  const end = rows + (<usize>n << 2);
  for (let at = rows; at < end; at += 4) {
    const row = load<u32>(at);
    const side = <usize>load<u8>(sides + load<u8>(codes + row)) << 2;
    store<u32>(left, row);
    store<u32>(right, row);
    left += side;
    right += 4 - side;
  }
  memory.copy(left, spare, right - spare);
  return <i32>((left - rows) >> 2);
}

/** {@link divide_u8} for codes of two bytes. */
export function divide_u16(codes: usize, sides: usize, rows: usize, spare: usize, n: i32): i32 {
  let left = rows;
  let right = spare;
  const end = rows + (<usize>n << 2);
  for (let at = rows; at < end; at += 4) {
    const row = load<u32>(at);
    const side = <usize>load<u8>(sides + load<u16>(codes + (<usize>row << 1))) << 2;
    store<u32>(left, row);
    store<u32>(right, row);
    left += side;
    right += 4 - side;
  }
  memory.copy(left, spare, right - spare);
  return <i32>((left - rows) >> 2);
}

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

/** out[i] = first + i */
export function count_up_u32(out: usize, first: u32, n: i32): void {
  let numbers = i32x4.add(i32x4.splat(first), i32x4(0, 1, 2, 3));
  const end = <usize>n << 2;
  let i: usize = 0;
  for (; i + 16 <= end; i += 16) {
    v128.store(out + i, numbers);
    numbers = i32x4.add(numbers, i32x4.splat(4));
  }
  for (; i < end; i += 4) store<u32>(out + i, first + <u32>(i >> 2));
}

/** out[rows[i]] += value */
export function add_at_f64(out: usize, rows: usize, value: f64, n: i32): void {
  for (let i = 0; i < n; i++) {
    const at = out + (<usize>load<u32>(rows + (<usize>i << 2)) << 3);
    store<f64>(at, load<f64>(at) + value);
  }
}

/**
 * The best numeric split of a feature by its sums (`bins` codes, then the missing one's), if it gains more than `best`: writes gain, last code on the left, whether missing
 * goes left, gradient and hessian of the left side to `out` and returns 1. All that is asked of it stands in doubles at `ask`: units of gradients and hessians, the
 * node's gradient, hessian, rows and rows a unit of hessian, the least rows and hessian of a side, l2.
 */
export function scan_numeric(sums: usize, bins: i32, ask: usize, best: f64, out: usize): i32 {
  const gUnit = load<f64>(ask);
  const hUnit = load<f64>(ask, 8);
  const nodeG = load<f64>(ask, 16);
  const nodeH = load<f64>(ask, 24);
  const share = load<f64>(ask, 40);
  const least = load<f64>(ask, 48);
  const leastH = load<f64>(ask, 56);
  const l2 = load<f64>(ask, 64);
  // Rows are a rounded number, so that "at least this many are left" is a bound of what was rounded.
  const most = load<f64>(ask, 32) - least + 1;
  const whole = gain(nodeG, nodeH, l2);
  const missing = load<i64>(sums + (<usize>bins << 3));
  const hasMissing = <u32>missing > 0;
  const end = hasMissing ? bins : bins - 1;
  const missings = i64x2.splat(missing);
  const zeros = i64x2.splat(0);
  // Sums up to the bin, in both lanes.
  let lefts = zeros;
  let found = 0;
  for (let bin = 0; bin < end; ) {
    // Two bins at a time as long as neither may be better than the best.
    if (bin + 2 <= end) {
      const two = v128.load(sums + (<usize>bin << 3));
      const next = i64x2.add(i64x2.add(two, i8x16.shuffle(zeros, two, 0, 1, 2, 3, 4, 5, 6, 7, 16, 17, 18, 19, 20, 21, 22, 23)), lefts);
      let hopes = hopeful(next, gUnit, hUnit, nodeG, nodeH, share, least, most, leastH, l2, whole, best);
      if (hasMissing) {
        const withMissing = i64x2.add(next, missings);
        hopes = v128.or(hopes, hopeful(withMissing, gUnit, hUnit, nodeG, nodeH, share, least, most, leastH, l2, whole, best));
      }
      if (!v128.any_true(hopes)) {
        lefts = i8x16.shuffle(next, next, 8, 9, 10, 11, 12, 13, 14, 15, 8, 9, 10, 11, 12, 13, 14, 15);
        bin += 2;
        if (!hasMissing) {
          const h = <f64>(<u32>i64x2.extract_lane(next, 0)) * hUnit;
          if (h * share + 0.5 >= most || nodeH - h < leastH) break;
        }
        continue;
      }
    }
    lefts = i64x2.add(lefts, v128.load64_splat(sums + (<usize>bin << 3)));
    const left = i64x2.extract_lane(lefts, 0);
    let g = <f64>(<i32>(left >> 32)) * gUnit;
    let h = <f64>(<u32>left) * hUnit;
    let rows = h * share + 0.5;
    if (rows >= most || nodeH - h < leastH) {
      if (!hasMissing) break;
    } else if (rows >= least && h >= leastH) {
      const value = gain(g, h, l2) + gain(nodeG - g, nodeH - h, l2) - whole;
      if (value > best) {
        best = value;
        found = 1;
        tell(out, value, bin, 0, g, h);
      }
    }
    if (hasMissing && bin < bins - 1) {
      const both = left + missing;
      g = <f64>(<i32>(both >> 32)) * gUnit;
      h = <f64>(<u32>both) * hUnit;
      rows = h * share + 0.5;
      if (rows < most && rows >= least && h >= leastH && nodeH - h >= leastH) {
        const value = gain(g, h, l2) + gain(nodeG - g, nodeH - h, l2) - whole;
        if (value > best) {
          best = value;
          found = 1;
          tell(out, value, bin, 1, g, h);
        }
      }
    }
    bin++;
  }
  return found;
}

/** Lanes whose sums on the left make a split that may be made and gains more than `best`. (Where it may be made, both sides have a hessian.) */
// @ts-ignore: decorator
@inline
function hopeful(
  sums: v128,
  gUnit: f64,
  hUnit: f64,
  nodeG: f64,
  nodeH: f64,
  share: f64,
  least: f64,
  most: f64,
  leastH: f64,
  l2: f64,
  whole: f64,
  best: f64,
): v128 {
  // Words as the low bits of doubles beyond 2^52; those of gradients are made unsigned by adding 2^31.
  const high = i64x2.splat(0x4330000000000000);
  const words = v128.or(v128.and(sums, i64x2.splat(0xffffffff)), high);
  const h = f64x2.mul(f64x2.sub(words, f64x2.splat(4503599627370496.0)), f64x2.splat(hUnit));
  const signed = v128.or(v128.xor(i64x2.shr_u(sums, 32), i64x2.splat(0x80000000)), high);
  const g = f64x2.mul(f64x2.sub(signed, f64x2.splat(4503601774854144.0)), f64x2.splat(gUnit));
  const otherG = f64x2.sub(f64x2.splat(nodeG), g);
  const otherH = f64x2.sub(f64x2.splat(nodeH), h);
  const rows = f64x2.add(f64x2.mul(h, f64x2.splat(share)), f64x2.splat(0.5));
  const gains = f64x2.sub(
    f64x2.add(
      f64x2.div(f64x2.mul(g, g), f64x2.add(h, f64x2.splat(l2))),
      f64x2.div(f64x2.mul(otherG, otherG), f64x2.add(otherH, f64x2.splat(l2))),
    ),
    f64x2.splat(whole),
  );
  const enough = v128.and(f64x2.ge(rows, f64x2.splat(least)), f64x2.lt(rows, f64x2.splat(most)));
  const heavy = v128.and(f64x2.ge(h, f64x2.splat(leastH)), f64x2.ge(otherH, f64x2.splat(leastH)));
  return v128.and(v128.and(enough, heavy), f64x2.gt(gains, f64x2.splat(best)));
}

// @ts-ignore: decorator
@inline
function gain(g: f64, h: f64, l2: f64): f64 {
  const d = h + l2;
  return d > 0 ? (g * g) / d : 0;
}

// @ts-ignore: decorator
@inline
function tell(out: usize, value: f64, bin: i32, missingLeft: i32, g: f64, h: f64): void {
  store<f64>(out, value);
  store<f64>(out, <f64>bin, 8);
  store<f64>(out, <f64>missingLeft, 16);
  store<f64>(out, g, 24);
  store<f64>(out, h, 32);
}

/**
 * Pairs of the logistic loss by the scores, and the loss: p = 1 / (1 + e^-z), gradient w (p - y), hessian w p (1 - p), w (log(1 + e^z) - y z), in single precision.
 * Scaled by `gradients` and `hessians` and rounded up or down as a number says that follows from seed and row: so their expectation is what they stand for.
 * `weights` 0: all 1. `pairs` 0: the loss only.
 */
export function logistic_pairs(
  pairs: usize,
  scores: usize,
  labels: usize,
  weights: usize,
  gradients: f32,
  hessians: f32,
  seed: i32,
  first: i32,
  n: i32,
): f64 {
  let sum = f64x2.splat(0);
  let i = 0;
  const ones = f32x4.splat(1);
  const zeros = f32x4.splat(0);
  let rows = i32x4.add(i32x4.splat(first), i32x4(0, 1, 2, 3));
  for (; i < n; i += 4) {
    const at = <usize>i << 3;
    const whole = i + 4 <= n;
    const z = whole ? four(scores + at) : some(scores + at, n - i);
    const y = whole ? four(labels + at) : some(labels + at, n - i);
    const w = weights ? (whole ? four(weights + at) : some(weights + at, n - i)) : whole ? ones : someOnes(n - i);
    const e = exp(f32x4.max(f32x4.neg(f32x4.abs(z)), f32x4.splat(-87)));
    const d = f32x4.div(ones, f32x4.add(ones, e));
    const loss = f32x4.mul(w, f32x4.add(f32x4.sub(f32x4.max(z, zeros), f32x4.mul(y, z)), log1p(e)));
    sum = f64x2.add(sum, f64x2.promote_low_f32x4(loss));
    sum = f64x2.add(sum, f64x2.promote_low_f32x4(i8x16.shuffle(loss, loss, 8, 9, 10, 11, 12, 13, 14, 15, 0, 1, 2, 3, 4, 5, 6, 7)));
    if (pairs) {
      const ed = f32x4.mul(e, d);
      const p = v128.bitselect(ed, d, f32x4.lt(z, zeros));
      const noise = noiseOf(rows, seed);
      const g = rounded(f32x4.mul(f32x4.mul(w, f32x4.sub(p, y)), f32x4.splat(gradients)), i32x4.shr_u(noise, 16));
      const h = rounded(f32x4.mul(f32x4.mul(w, f32x4.mul(ed, d)), f32x4.splat(hessians)), v128.and(noise, i32x4.splat(0xffff)));
      const pair = v128.or(i32x4.shl(g, 16), h);
      const to = pairs + (<usize>i << 2);
      if (whole) v128.store(to, pair);
      else {
        store<i32>(to, i32x4.extract_lane(pair, 0));
        if (n - i > 1) store<i32>(to, i32x4.extract_lane(pair, 1), 4);
        if (n - i > 2) store<i32>(to, i32x4.extract_lane(pair, 2), 8);
      }
    }
    rows = i32x4.add(rows, i32x4.splat(4));
  }
  return f64x2.extract_lane(sum, 0) + f64x2.extract_lane(sum, 1);
}

/** Four doubles in single precision. */
// @ts-ignore: decorator
@inline
function four(at: usize): v128 {
  const low = f32x4.demote_f64x2_zero(v128.load(at));
  const high = f32x4.demote_f64x2_zero(v128.load(at, 16));
  return i8x16.shuffle(low, high, 0, 1, 2, 3, 4, 5, 6, 7, 16, 17, 18, 19, 20, 21, 22, 23);
}

/** The first `n` of four, the others 0. */
function some(at: usize, n: i32): v128 {
  let x = f32x4.splat(0);
  x = f32x4.replace_lane(x, 0, <f32>load<f64>(at));
  if (n > 1) x = f32x4.replace_lane(x, 1, <f32>load<f64>(at, 8));
  if (n > 2) x = f32x4.replace_lane(x, 2, <f32>load<f64>(at, 16));
  return x;
}

function someOnes(n: i32): v128 {
  let x = f32x4.splat(0);
  x = f32x4.replace_lane(x, 0, 1);
  if (n > 1) x = f32x4.replace_lane(x, 1, 1);
  if (n > 2) x = f32x4.replace_lane(x, 2, 1);
  return x;
}

/** 32 bits that look random. */
// @ts-ignore: decorator
@inline
function noiseOf(rows: v128, seed: i32): v128 {
  let x = v128.xor(i32x4.mul(rows, i32x4.splat(0x9e3779b1)), i32x4.splat(seed));
  x = i32x4.mul(v128.xor(x, i32x4.shr_u(x, 15)), i32x4.splat(0x85ebca77));
  x = i32x4.mul(v128.xor(x, i32x4.shr_u(x, 13)), i32x4.splat(0xc2b2ae3d));
  return v128.xor(x, i32x4.shr_u(x, 16));
}

/** x + (bits + 1/2) / 65536 - 1/2, rounded to the nearest integer, |x| < 2^21: adding 1.5 · 2^23 rounds to an integer, which then stands in the low bits. */
// @ts-ignore: decorator
@inline
function rounded(x: v128, bits: v128): v128 {
  const noise = f32x4.add(f32x4.mul(f32x4.convert_i32x4_s(bits), f32x4.splat(0.0000152587890625)), f32x4.splat(-0.49999237060546875));
  return i32x4.sub(f32x4.add(f32x4.add(x, noise), f32x4.splat(12582912.0)), i32x4.splat(0x4b400000));
}

/** e^x for -87 <= x <= 0 in single precision: x = k ln 2 + r. */
// @ts-ignore: decorator
@inline
function exp(x: v128): v128 {
  const magic = f32x4.splat(12582912.0);
  const t = f32x4.add(f32x4.mul(x, f32x4.splat(1.44269502)), magic);
  const k = f32x4.sub(t, magic);
  const r = f32x4.sub(f32x4.sub(x, f32x4.mul(k, f32x4.splat(0.693359375))), f32x4.mul(k, f32x4.splat(-2.12194442e-4)));
  const r2 = f32x4.mul(r, r);
  const a = f32x4.add(f32x4.splat(5.0000001201e-1), f32x4.mul(f32x4.splat(1.6666665459e-1), r));
  const b = f32x4.add(f32x4.splat(4.1665795894e-2), f32x4.mul(f32x4.splat(8.3334519073e-3), r));
  const c = f32x4.add(f32x4.splat(1.3981999507e-3), f32x4.mul(f32x4.splat(1.9875691500e-4), r));
  const q = f32x4.add(a, f32x4.mul(r2, f32x4.add(b, f32x4.mul(r2, c))));
  const p = f32x4.add(f32x4.add(f32x4.mul(q, r2), r), f32x4.splat(1));
  return f32x4.mul(p, i32x4.shl(i32x4.add(t, i32x4.splat(127)), 23));
}

/** log(1 + e) for e in [0, 1] in single precision: 2 atanh(e / (2 + e)). */
// @ts-ignore: decorator
@inline
function log1p(e: v128): v128 {
  const s = f32x4.div(e, f32x4.add(f32x4.splat(2), e));
  const z = f32x4.mul(s, s);
  const q = f32x4.add(
    f32x4.splat(0.66666669),
    f32x4.mul(z, f32x4.add(f32x4.splat(0.4), f32x4.mul(z, f32x4.add(f32x4.splat(0.28571430), f32x4.mul(z, f32x4.splat(0.24)))))),
  );
  return f32x4.add(f32x4.add(s, s), f32x4.mul(f32x4.mul(s, z), q));
}

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
