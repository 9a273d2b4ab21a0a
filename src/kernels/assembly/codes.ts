/**
 * Columns of codes with a table each, and sparse rows. A u8 column has a table of 256 doubles and, for sums, two: even and odd rows apart, since
 * neighbours often have the same code and would wait for each other's store. The plain definitions are in `js/codes.ts`.
 */

/** z[i] += tables[j][columns[j][lo + i]], j in order; four columns a pass. `columns` points at u32 addresses. */
export function lookup_columns_u8(z: usize, columns: usize, tables: usize, count: i32, lo: i32, n: i32): void {
  let j = 0;
  for (; j + 4 <= count; j += 4) {
    const c0 = column(columns, j, lo);
    const c1 = column(columns, j + 1, lo);
    const c2 = column(columns, j + 2, lo);
    const c3 = column(columns, j + 3, lo);
    const t0 = tables + (<usize>j << 11);
    const t1 = t0 + 2048;
    const t2 = t0 + 4096;
    const t3 = t0 + 6144;
    for (let i = 0; i < n; i++) {
      const at = z + (<usize>i << 3);
      let sum = load<f64>(at);
      sum += load<f64>(entry(t0, c0 + i));
      sum += load<f64>(entry(t1, c1 + i));
      sum += load<f64>(entry(t2, c2 + i));
      sum += load<f64>(entry(t3, c3 + i));
      store<f64>(at, sum);
    }
  }
  for (; j + 2 <= count; j += 2) {
    const c0 = column(columns, j, lo);
    const c1 = column(columns, j + 1, lo);
    const t0 = tables + (<usize>j << 11);
    const t1 = t0 + 2048;
    for (let i = 0; i < n; i++) {
      const at = z + (<usize>i << 3);
      store<f64>(at, load<f64>(at) + load<f64>(entry(t0, c0 + i)) + load<f64>(entry(t1, c1 + i)));
    }
  }
  if (j < count) {
    const codes = column(columns, j, lo);
    const table = tables + (<usize>j << 11);
    for (let i = 0; i < n; i++) {
      const at = z + (<usize>i << 3);
      store<f64>(at, load<f64>(at) + load<f64>(entry(table, codes + i)));
    }
  }
}

/** tables[j][i mod 2][columns[j][lo + i]] += multiplier[i]; four columns a pass. */
export function scatter_columns_u8(tables: usize, columns: usize, multiplier: usize, count: i32, lo: i32, n: i32): void {
  let j = 0;
  for (; j + 4 <= count; j += 4) {
    const c0 = column(columns, j, lo);
    const c1 = column(columns, j + 1, lo);
    const c2 = column(columns, j + 2, lo);
    const c3 = column(columns, j + 3, lo);
    const t0 = tables + (<usize>j << 12);
    const t1 = t0 + 4096;
    const t2 = t0 + 8192;
    const t3 = t0 + 12288;
    let i = 0;
    for (; i + 2 <= n; i += 2) {
      const at = multiplier + (<usize>i << 3);
      const even = load<f64>(at);
      const odd = load<f64>(at, 8);
      add(entry(t0, c0 + i), even);
      add(entry(t1, c1 + i), even);
      add(entry(t2, c2 + i), even);
      add(entry(t3, c3 + i), even);
      addOdd(t0, c0 + i, odd);
      addOdd(t1, c1 + i, odd);
      addOdd(t2, c2 + i, odd);
      addOdd(t3, c3 + i, odd);
    }
    if (i < n) {
      const m = load<f64>(multiplier + (<usize>i << 3));
      add(entry(t0, c0 + i), m);
      add(entry(t1, c1 + i), m);
      add(entry(t2, c2 + i), m);
      add(entry(t3, c3 + i), m);
    }
  }
  for (; j < count; j++) {
    const codes = column(columns, j, lo);
    const table = tables + (<usize>j << 12);
    let i = 0;
    for (; i + 2 <= n; i += 2) {
      const at = multiplier + (<usize>i << 3);
      add(entry(table, codes + i), load<f64>(at));
      addOdd(table, codes + i, load<f64>(at, 8));
    }
    if (i < n) add(entry(table, codes + i), load<f64>(multiplier + (<usize>i << 3)));
  }
}

/** z[i] += table[min(column[i], size)] */
export function lookup_u16(z: usize, column: usize, table: usize, size: u32, n: i32): void {
  lookup<u16>(z, column, table, size, n);
}

export function lookup_u32(z: usize, column: usize, table: usize, size: u32, n: i32): void {
  lookup<u32>(z, column, table, size, n);
}

/** table[min(column[i], size)] += multiplier[i] */
export function scatter_u16(table: usize, column: usize, multiplier: usize, size: u32, n: i32): void {
  scatter<u16>(table, column, multiplier, size, n);
}

export function scatter_u32(table: usize, column: usize, multiplier: usize, size: u32, n: i32): void {
  scatter<u32>(table, column, multiplier, size, n);
}

// @ts-ignore: decorator
@inline
function lookup<T>(z: usize, column: usize, table: usize, size: u32, n: i32): void {
  for (let i = 0; i < n; i++) {
    const code = min<u32>(load<T>(column + <usize>i * sizeof<T>()), size);
    add(z + (<usize>i << 3), load<f64>(table + (<usize>code << 3)));
  }
}

// @ts-ignore: decorator
@inline
function scatter<T>(table: usize, column: usize, multiplier: usize, size: u32, n: i32): void {
  for (let i = 0; i < n; i++) {
    const code = min<u32>(load<T>(column + <usize>i * sizeof<T>()), size);
    add(table + (<usize>code << 3), load<f64>(multiplier + (<usize>i << 3)));
  }
}

/** z[i] += Σ weights[index] · value over the stored values of row lo + i. */
export function csr_axpy(z: usize, starts: usize, indices: usize, values: usize, weights: usize, lo: i32, n: i32): void {
  for (let i = 0; i < n; i++) {
    const row = starts + (<usize>(lo + i) << 2);
    const end = load<u32>(row, 4);
    const at = z + (<usize>i << 3);
    let sum = load<f64>(at);
    for (let k = load<u32>(row); k < end; k++) {
      sum += load<f64>(weights + (<usize>load<u32>(indices + (<usize>k << 2)) << 3)) * load<f64>(values + (<usize>k << 3));
    }
    store<f64>(at, sum);
  }
}

/** g[index] += multiplier[i] · value over the stored values of rows [lo, lo + n). */
export function csr_scatter(g: usize, starts: usize, indices: usize, values: usize, multiplier: usize, lo: i32, n: i32): void {
  for (let i = 0; i < n; i++) {
    const row = starts + (<usize>(lo + i) << 2);
    const end = load<u32>(row, 4);
    const m = load<f64>(multiplier + (<usize>i << 3));
    for (let k = load<u32>(row); k < end; k++) {
      add(g + (<usize>load<u32>(indices + (<usize>k << 2)) << 3), m * load<f64>(values + (<usize>k << 3)));
    }
  }
}

/** out[i] = column[i], codes of 1, 2 or 4 bytes. */
export function widen_codes(out: usize, column: usize, width: i32, n: i32): void {
  if (width == 1) widen<u8>(out, column, n);
  else if (width == 2) widen<u16>(out, column, n);
  else widen<u32>(out, column, n);
}

// @ts-ignore: decorator
@inline
function widen<T>(out: usize, column: usize, n: i32): void {
  for (let i = 0; i < n; i++) store<f64>(out + (<usize>i << 3), <f64>(<u32>load<T>(column + <usize>i * sizeof<T>())));
}

/** bundle[i] += factor · min(column[i], top), all u8; sixteen rows a step where a product is the code itself or one of 16. */
export function pack_codes(bundle: usize, column: usize, factor: u32, top: u32, n: i32): void {
  const end = <usize>n;
  let i: usize = 0;
  if (factor == 1) {
    const most = i8x16.splat(<i8>top);
    for (; i + 16 <= end; i += 16) v128.store(bundle + i, i8x16.add(v128.load(bundle + i), i8x16.min_u(v128.load(column + i), most)));
  } else if (top < 16) {
    const most = i8x16.splat(<i8>top);
    const products = multiples(factor);
    for (; i + 16 <= end; i += 16) {
      const codes = i8x16.min_u(v128.load(column + i), most);
      v128.store(bundle + i, i8x16.add(v128.load(bundle + i), i8x16.swizzle(products, codes)));
    }
  }
  for (; i < end; i++) store<u8>(bundle + i, load<u8>(bundle + i) + factor * min<u32>(load<u8>(column + i), top));
}

/** factor · 0 … 15, the low byte of each. */
// @ts-ignore: decorator
@inline
function multiples(factor: u32): v128 {
  const factors = i16x8.splat(<i16>factor);
  const low = i16x8.splat(0xff);
  return i8x16.narrow_i16x8_u(
    v128.and(i16x8.mul(i16x8(0, 1, 2, 3, 4, 5, 6, 7), factors), low),
    v128.and(i16x8.mul(i16x8(8, 9, 10, 11, 12, 13, 14, 15), factors), low),
  );
}

/** Address of the table's entry for the u8 code at `code`. */
// @ts-ignore: decorator
@inline
function entry(table: usize, code: usize): usize {
  return table + (<usize>load<u8>(code) << 3);
}

/** Adds to the entry for the code after `code`, in the table of odd rows behind `table`. */
// @ts-ignore: decorator
@inline
function addOdd(table: usize, code: usize, x: f64): void {
  const at = table + (<usize>load<u8>(code, 1) << 3);
  store<f64>(at, load<f64>(at, 2048) + x, 2048);
}

// @ts-ignore: decorator
@inline
function add(at: usize, x: f64): void {
  store<f64>(at, load<f64>(at) + x);
}

/** Address of row `lo` of column `j` of bytes. */
// @ts-ignore: decorator
@inline
function column(columns: usize, j: i32, lo: i32): usize {
  return <usize>load<u32>(columns + (<usize>j << 2)) + <usize>lo;
}
