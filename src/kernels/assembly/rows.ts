/** Lists of the rows of a block (u16), and what is done to the rows of a leaf. The plain definitions are in `js/boosting.ts`. */

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

/** out[i] = i, n <= 65,536 */
export function count_up_u16(out: usize, n: i32): void {
  let rows = i16x8(0, 1, 2, 3, 4, 5, 6, 7);
  const end = <usize>n << 1;
  let i: usize = 0;
  for (; i + 16 <= end; i += 16) {
    v128.store(out + i, rows);
    rows = i16x8.add(rows, i16x8.splat(8));
  }
  for (; i < end; i += 2) store<u16>(out + i, <u16>(i >> 1));
}

/** out[rows[i]] += value */
export function add_at_f64(out: usize, rows: usize, value: f64, n: i32): void {
  for (let i = 0; i < n; i++) {
    const at = out + (<usize>load<u16>(rows + (<usize>i << 1)) << 3);
    store<f64>(at, load<f64>(at) + value);
  }
}

/** Puts the rows whose code's entry in `sides` is 1 first, both parts in their order; returns how many they are. `spare` has room for n rows. */
export function divide_u8(codes: usize, sides: usize, rows: usize, spare: usize, n: i32): i32 {
  return divide<u8>(codes, sides, rows, spare, n);
}

/** {@link divide_u8} for codes of two bytes. */
export function divide_u16(codes: usize, sides: usize, rows: usize, spare: usize, n: i32): i32 {
  return divide<u16>(codes, sides, rows, spare, n);
}

// @ts-ignore: decorator
@inline
function divide<T>(codes: usize, sides: usize, rows: usize, spare: usize, n: i32): i32 {
  let left = rows;
  const end = rows + (<usize>n << 1);
  for (let at = rows; at < end; at += 2) {
    const row = load<u16>(at);
    store<u16>(left, row);
    store<u16>(spare + (at - left), row);
    left += <usize>load<u8>(sides + load<T>(codes + <usize>row * sizeof<T>())) << 1;
  }
  memory.copy(left, spare, end - left);
  return <i32>((left - rows) >> 1);
}

/** values[i] = values[rows[i]] as it was before, i < n: values of `width` bytes. `spare` has room for n values. */
export function arrange(values: usize, width: i32, rows: usize, spare: usize, n: i32): void {
  if (width == 1) arrangeOf<u8>(values, rows, spare, n);
  else if (width == 2) arrangeOf<u16>(values, rows, spare, n);
  else if (width == 4) arrangeOf<u32>(values, rows, spare, n);
  else arrangeOf<u64>(values, rows, spare, n);
}

// @ts-ignore: decorator
@inline
function arrangeOf<T>(values: usize, rows: usize, spare: usize, n: i32): void {
  for (let i = 0; i < n; i++) {
    store<T>(spare + <usize>i * sizeof<T>(), load<T>(values + <usize>load<u16>(rows + (<usize>i << 1)) * sizeof<T>()));
  }
  memory.copy(values, spare, <usize>n * sizeof<T>());
}
