/**
 * Sums of gradients and hessians by bin code. The plain definitions are in `js/boosting.ts`.
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
