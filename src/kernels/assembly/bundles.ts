/**
 * Sums by node and by bundles of features, for rows that all weigh 1: one addition serves all features of a bundle, whose own sums are the margins.
 * The plain definitions are in `js/bundles.ts`. A cell is (count, Σ y), 16 bytes; codes of cells count bytes.
 */

/** cells[i] += factor · codes[i] */
export function add_codes_u16(cells: usize, codes: usize, factor: i32, n: i32): void {
  let i: usize = 0;
  const factors = i16x8.splat(<i16>factor);
  for (const end = <usize>n & ~7; i < end; i += 8) {
    const to = cells + (i << 1);
    v128.store(to, i16x8.add(v128.load(to), i16x8.mul(v128.load_ext<u8>(codes + i), factors)));
  }
  for (const end = <usize>n; i < end; i++) store<u16>(cells + (i << 1), load<u16>(cells + (i << 1)) + factor * load<u8>(codes + i));
}

/**
 * Adds (1, y) of rows[k] to its cell of each of `count` bundles, in the slot at slots[k]. A bundle is two u32: the address of its codes, and where
 * its cells lie in a slot.
 */
export function add_bundles(rows: usize, slots: usize, labels: usize, n: i32, bundles: usize, count: i32): void {
  addBundles(false, rows, slots, labels, n, bundles, count);
}

/** The same for the rows first … first + n - 1, all of them in one slot. */
export function add_bundles_run(first: i32, slot: usize, labels: usize, n: i32, bundles: usize, count: i32): void {
  addBundles(true, first, slot, labels, n, bundles, count);
}

/** Three bundles at a time: the cells of more do not stay in the first cache. */
// @ts-ignore: decorator
@inline
function addBundles(run: bool, rows: usize, slots: usize, labels: usize, n: i32, bundles: usize, count: i32): void {
  const last = bundles + (<usize>count << 3);
  let bundle = bundles;
  for (; bundle + 24 <= last; bundle += 24) {
    const c0 = <usize>load<u32>(bundle);
    const o0 = <usize>load<u32>(bundle, 4);
    const c1 = <usize>load<u32>(bundle, 8);
    const o1 = <usize>load<u32>(bundle, 12);
    const c2 = <usize>load<u32>(bundle, 16);
    const o2 = <usize>load<u32>(bundle, 20);
    for (let k: usize = 0, end = <usize>n; k < end; k++) {
      const i = run ? rows + k : <usize>load<u32>(rows + (k << 2));
      const slot = run ? slots : <usize>load<u32>(slots + (k << 2));
      const one = oneRow(labels, i);
      addTo(slot + o0 + <usize>load<u16>(c0 + (i << 1)), one);
      addTo(slot + o1 + <usize>load<u16>(c1 + (i << 1)), one);
      addTo(slot + o2 + <usize>load<u16>(c2 + (i << 1)), one);
    }
  }
  for (; bundle < last; bundle += 8) {
    const c0 = <usize>load<u32>(bundle);
    const o0 = <usize>load<u32>(bundle, 4);
    for (let k: usize = 0, end = <usize>n; k < end; k++) {
      const i = run ? rows + k : <usize>load<u32>(rows + (k << 2));
      const slot = run ? slots : <usize>load<u32>(slots + (k << 2));
      addTo(slot + o0 + <usize>load<u16>(c0 + (i << 1)), oneRow(labels, i));
    }
  }
}

// @ts-ignore: decorator
@inline
function oneRow(labels: usize, i: usize): v128 {
  return f64x2.replace_lane(f64x2.splat(1), 1, load<f64>(labels + (i << 3)));
}

// @ts-ignore: decorator
@inline
function addTo(cell: usize, more: v128): void {
  v128.store(cell, f64x2.add(v128.load(cell), more));
}

/**
 * Adds to each of a feature's bins, (count, Σ y, 0, count), the cells of its code: those of numbers `(k · bins + code) · stride + 0 … stride - 1`, of
 * `total`.
 */
export function add_margin(sums: usize, cells: usize, bins: i32, stride: i32, total: i32): void {
  const run = <usize>stride << 4;
  for (let cell = cells, end = cells + (<usize>total << 4); cell < end; ) {
    for (let bin = sums, last = sums + (<usize>bins << 5); bin < last; bin += 32) {
      let sum = v128.load(cell);
      const next = cell + run;
      for (cell += 16; cell < next; cell += 16) sum = f64x2.add(sum, v128.load(cell));
      addTo(bin, sum);
      store<f64>(bin, load<f64>(bin), 24);
    }
  }
}
