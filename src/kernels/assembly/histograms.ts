/**
 * Sums of gradients and hessians by bin code. The plain definitions are in `js/boosting.ts`.
 *
 * A pair is one word a row: gradient (i16) above hessian (u16). A sum is 64 bits, the gradients' (i32) above the hessians' (u32): one addition moves
 * both. They stay apart while at most 65,536 rows are summed.
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

// @ts-ignore: decorator
@inline
function count2(table: usize, row: usize, c: usize, pair: i64): void {
  count(table, row, c, pair);
  count(table, row, c + 1, pair);
}

// @ts-ignore: decorator
@inline
function count4(table: usize, row: usize, c: usize, pair: i64): void {
  count2(table, row, c, pair);
  count2(table, row, c + 2, pair);
}

// @ts-ignore: decorator
@inline
function count8(table: usize, row: usize, c: usize, pair: i64): void {
  count4(table, row, c, pair);
  count4(table, row, c + 4, pair);
}

/** The first 24 columns without a loop: one after the other would wait for the loop's own additions. */
// @ts-ignore: decorator
@inline
function countRow(sums: usize, row: usize, eights: i32, rest: i32, pair: i64): void {
  if (eights > 0) {
    count8(sums, row, 0, pair);
    if (eights > 1) {
      count8(sums, row, 8, pair);
      if (eights > 2) count8(sums, row, 16, pair);
    }
  }
  let table = sums + (<usize>min<i32>(eights, 3) << 14);
  row += <usize>min<i32>(eights, 3) << 3;
  for (let k = 3; k < eights; k++) {
    count8(table, row, 0, pair);
    table += 8 << 11;
    row += 8;
  }
  if (rest & 4) {
    count4(table, row, 0, pair);
    table += 4 << 11;
    row += 4;
  }
  if (rest & 2) {
    count2(table, row, 0, pair);
    table += 2 << 11;
    row += 2;
  }
  if (rest & 1) count(table, row, 0, pair);
}

// @ts-ignore: decorator
@inline
function both(table: usize, row: usize, other: usize, c: usize, pair: i64, otherPair: i64): void {
  count(table, row, c, pair);
  count(table, other, c, otherPair);
}

// @ts-ignore: decorator
@inline
function both2(table: usize, row: usize, other: usize, c: usize, pair: i64, otherPair: i64): void {
  both(table, row, other, c, pair, otherPair);
  both(table, row, other, c + 1, pair, otherPair);
}

// @ts-ignore: decorator
@inline
function both4(table: usize, row: usize, other: usize, c: usize, pair: i64, otherPair: i64): void {
  both2(table, row, other, c, pair, otherPair);
  both2(table, row, other, c + 2, pair, otherPair);
}

/** Two rows at once: their additions overlap. */
// @ts-ignore: decorator
@inline
function countTwo(sums: usize, row: usize, other: usize, eights: i32, rest: i32, pair: i64, otherPair: i64): void {
  let table = sums;
  for (let k = 0; k < eights; k++) {
    both4(table, row, other, 0, pair, otherPair);
    both4(table, row, other, 4, pair, otherPair);
    table += 8 << 11;
    row += 8;
    other += 8;
  }
  if (rest & 4) {
    both4(table, row, other, 0, pair, otherPair);
    table += 4 << 11;
    row += 4;
    other += 4;
  }
  if (rest & 2) {
    both2(table, row, other, 0, pair, otherPair);
    table += 2 << 11;
    row += 2;
    other += 2;
  }
  if (rest & 1) both(table, row, other, 0, pair, otherPair);
}

/**
 * sums[c][codes[rows[i] · stride + c]] += pair of rows[i], c < columns; a table has 256 sums, rows are u16. `some` rows at a time: where they lie far
 * from one another they are gathered first, at `spare` (`stride` + 4 bytes a row, and 24), since copying does little but wait for memory, so that
 * many waits overlap.
 */
export function histogram_u8(
  sums: usize,
  codes: usize,
  stride: i32,
  columns: i32,
  pairs: usize,
  rows: usize,
  n: i32,
  spare: usize,
  some: i32,
): void {
  const eights = columns >> 3;
  const rest = columns & 7;
  const gathered = spare + (<usize>some << 2);
  for (let i = 0; i < n; i += some) {
    const m = min<i32>(some, n - i);
    const own = rows + (<usize>i << 1);
    const span = <i32>load<u16>(own + (<usize>(m - 1) << 1)) - <i32>load<u16>(own);
    if (span < m * SPREAD) countAll(sums, codes, stride, eights, rest, pairs, own, m);
    else {
      gather(gathered, codes, stride, spare, pairs, own, m);
      countRun(sums, gathered, stride, eights, rest, spare, m);
    }
  }
}

/** Rows that lie as far apart as this, on average, are gathered. */
const SPREAD: i32 = 3;

/** Adds n rows where they lie. */
// @ts-ignore: decorator
@inline
function countAll(sums: usize, codes: usize, stride: i32, eights: i32, rest: i32, pairs: usize, rows: usize, n: i32): void {
  let i = 0;
  for (; i + 2 <= n; i += 2) {
    const row = <u32>load<u16>(rows + (<usize>i << 1));
    const other = <u32>load<u16>(rows + (<usize>i << 1), 2);
    countTwo(sums, codes + <usize>row * stride, codes + <usize>other * stride, eights, rest, pairOf(pairs, row), pairOf(pairs, other));
  }
  if (i < n) {
    const row = <u32>load<u16>(rows + (<usize>i << 1));
    countRow(sums, codes + <usize>row * stride, eights, rest, pairOf(pairs, row));
  }
}

/** Copies codes and pairs of n rows. Up to 24 bytes too many are copied behind a row's codes; the next row's take their place. */
// @ts-ignore: decorator
@inline
function gather(gathered: usize, codes: usize, stride: i32, gatheredPairs: usize, pairs: usize, rows: usize, n: i32): void {
  let to = gathered;
  for (let i: usize = 0; i < <usize>n; i++) {
    const row = <u32>load<u16>(rows + (i << 1));
    const from = codes + <usize>row * stride;
    v128.store(to, v128.load(from));
    v128.store(to, v128.load(from, 16), 16);
    for (let c: usize = 32; c < <usize>stride; c += 16) v128.store(to + c, v128.load(from + c));
    store<u32>(gatheredPairs + (i << 2), load<u32>(pairs + (<usize>row << 2)));
    to += stride;
  }
}

/** Adds n rows that lie one after the other. */
// @ts-ignore: decorator
@inline
function countRun(sums: usize, codes: usize, stride: i32, eights: i32, rest: i32, pairs: usize, n: u32): void {
  let row = codes;
  let i: u32 = 0;
  for (; i + 2 <= n; i += 2) {
    countTwo(sums, row, row + stride, eights, rest, pairOf(pairs, i), pairOf(pairs, i + 1));
    row += 2 * stride;
  }
  if (i < n) countRow(sums, row, eights, rest, pairOf(pairs, i));
}

/** sums[codes[rows[i]]] += pair of rows[i], codes of two bytes. */
export function histogram_u16(sums: usize, codes: usize, pairs: usize, rows: usize, n: i32): void {
  for (let i = 0; i < n; i++) {
    const row = <u32>load<u16>(rows + (<usize>i << 1));
    const at = sums + (<usize>load<u16>(codes + (<usize>row << 1)) << 3);
    store<i64>(at, load<i64>(at) + pairOf(pairs, row));
  }
}
