/**
 * What growing trees level by level does with rows: to which node each belongs, and sums by node, feature and bin. The plain definitions are in
 * `js/nodes.ts`.
 *
 * A slot is where a node's sums lie: at first the u32 addresses of its features' codes (column + 1 where codes are u16), padded to 16 bytes; then
 * `featureBytes` a feature.
 */

/**
 * Rows lo … lo + n - 1 whose node has a slot: writes row numbers and slots, returns how many. `table` holds the slots of the nodes first … first +
 * span - 1 (u32, 0 = none), then a 0. `counts` (or 0): rows that count 0 are left out.
 */
export function gather_nodes(
  rows: usize, slots: usize, nodes: usize, width: i32, counts: usize, table: usize, first: u32, span: u32, lo: i32, n: i32,
): i32 {
  return width == 2
    ? gather<u16>(rows, slots, nodes, counts, table, first, span, lo, n)
    : gather<u32>(rows, slots, nodes, counts, table, first, span, lo, n);
}

// @ts-ignore: decorator
@inline
function gather<T>(rows: usize, slots: usize, nodes: usize, counts: usize, table: usize, first: u32, span: u32, lo: i32, n: i32): i32 {
  let kept = 0;
  for (let i = lo, end = lo + n; i < end; i++) {
    const at = min<u32>(nodeOf<T>(nodes, i) - first, span);
    let slot = load<u32>(table + (<usize>at << 2));
    if (counts) slot = select<u32>(slot, 0, load<u8>(counts + i) != 0);
    store<i32>(rows + (<usize>kept << 2), i);
    store<u32>(slots + (<usize>kept << 2), slot);
    kept += i32(slot != 0);
  }
  return kept;
}

/** values[k] = (w, w y, w y y, c) of row rows[k], w = c · weight; `weights` and `counts` may be 0: all 1. `squares` 0: 0 in the place of w y y. */
export function node_moments(values: usize, rows: usize, labels: usize, weights: usize, counts: usize, squares: i32, n: i32): void {
  for (let k = 0; k < n; k++) {
    const i = <usize>load<i32>(rows + (<usize>k << 2));
    const at = values + (<usize>k << 5);
    const y = load<f64>(labels + (i << 3));
    const c: f64 = counts ? <f64>load<u8>(counts + i) : 1;
    const w: f64 = weights ? c * load<f64>(weights + (i << 3)) : c;
    store<f64>(at, w);
    store<f64>(at, w * y, 8);
    store<f64>(at, squares ? w * y * y : 0, 16);
    store<f64>(at, c, 24);
  }
}

/** values[k] = (w, c) of row rows[k], classes[k] = 8 · its label. */
export function node_classes(values: usize, classes: usize, rows: usize, labels: usize, weights: usize, counts: usize, n: i32): void {
  for (let k = 0; k < n; k++) {
    const i = <usize>load<i32>(rows + (<usize>k << 2));
    const at = values + (<usize>k << 4);
    const c: f64 = counts ? <f64>load<u8>(counts + i) : 1;
    store<f64>(at, weights ? c * load<f64>(weights + (i << 3)) : c);
    store<f64>(at, c, 8);
    store<i32>(classes + (<usize>k << 2), i32(load<f64>(labels + (i << 3))) << 3);
  }
}

// @ts-ignore: decorator
@inline
function code(column: usize, i: usize): usize {
  return column & 1 ? <usize>load<u16>(column - 1 + (i << 1)) : <usize>load<u8>(column + i);
}

/** Adds values[k] (four f64) to the bin of row rows[k] in each of the `count` features of its slot; a bin takes 32 bytes. */
export function add_moments(rows: usize, slots: usize, values: usize, n: i32, count: i32, featureBytes: usize): void {
  const header = (<usize>count * 4 + 15) & ~15;
  for (let k = 0; k < n; k++) {
    const i = <usize>load<i32>(rows + (<usize>k << 2));
    const slot = <usize>load<u32>(slots + (<usize>k << 2));
    const at = values + (<usize>k << 5);
    const low = v128.load(at);
    const high = v128.load(at, 16);
    let sums = slot + header;
    for (let f: usize = 0, end = slot + (<usize>count << 2); slot + f < end; f += 4) {
      const bin = sums + (code(<usize>load<u32>(slot + f), i) << 5);
      v128.store(bin, f64x2.add(v128.load(bin), low));
      v128.store(bin, f64x2.add(v128.load(bin, 16), high), 16);
      sums += featureBytes;
    }
  }
}

/**
 * The same where all features' codes are u8 and lie at the same addresses for all slots: four features at a time. `columns` points at their u32
 * addresses.
 */
export function add_moments_u8(rows: usize, slots: usize, values: usize, n: i32, columns: usize, count: i32, featureBytes: usize): void {
  const header = (<usize>count * 4 + 15) & ~15;
  let f = 0;
  for (; f + 4 <= count; f += 4) {
    const c0 = <usize>load<u32>(columns + (<usize>f << 2));
    const c1 = <usize>load<u32>(columns + (<usize>f << 2), 4);
    const c2 = <usize>load<u32>(columns + (<usize>f << 2), 8);
    const c3 = <usize>load<u32>(columns + (<usize>f << 2), 12);
    const o0 = header + <usize>f * featureBytes;
    const o1 = o0 + featureBytes;
    const o2 = o1 + featureBytes;
    const o3 = o2 + featureBytes;
    for (let k = 0; k < n; k++) {
      const i = <usize>load<i32>(rows + (<usize>k << 2));
      const slot = <usize>load<u32>(slots + (<usize>k << 2));
      const at = values + (<usize>k << 5);
      const low = v128.load(at);
      const high = v128.load(at, 16);
      add4(slot + o0 + (<usize>load<u8>(c0 + i) << 5), low, high);
      add4(slot + o1 + (<usize>load<u8>(c1 + i) << 5), low, high);
      add4(slot + o2 + (<usize>load<u8>(c2 + i) << 5), low, high);
      add4(slot + o3 + (<usize>load<u8>(c3 + i) << 5), low, high);
    }
  }
  for (; f < count; f++) {
    const c0 = <usize>load<u32>(columns + (<usize>f << 2));
    const o0 = header + <usize>f * featureBytes;
    for (let k = 0; k < n; k++) {
      const i = <usize>load<i32>(rows + (<usize>k << 2));
      const at = values + (<usize>k << 5);
      add4(<usize>load<u32>(slots + (<usize>k << 2)) + o0 + (<usize>load<u8>(c0 + i) << 5), v128.load(at), v128.load(at, 16));
    }
  }
}

// @ts-ignore: decorator
@inline
function add4(bin: usize, low: v128, high: v128): void {
  v128.store(bin, f64x2.add(v128.load(bin), low));
  v128.store(bin, f64x2.add(v128.load(bin, 16), high), 16);
}

/** Adds w to the class, and c to the last number, of the bin of row rows[k] in each feature of its slot; a bin takes 8 · (numClasses + 1) bytes. */
export function add_classes(
  rows: usize, slots: usize, values: usize, classes: usize, n: i32, count: i32, featureBytes: usize, numClasses: i32,
): void {
  const header = (<usize>count * 4 + 15) & ~15;
  const last = <usize>numClasses << 3;
  const binBytes = last + 8;
  for (let k = 0; k < n; k++) {
    const i = <usize>load<i32>(rows + (<usize>k << 2));
    const slot = <usize>load<u32>(slots + (<usize>k << 2));
    const at = values + (<usize>k << 4);
    const w = load<f64>(at);
    const c = load<f64>(at, 8);
    const own = <usize>load<i32>(classes + (<usize>k << 2));
    let sums = slot + header;
    for (let f: usize = 0, end = slot + (<usize>count << 2); slot + f < end; f += 4) {
      const bin = sums + code(<usize>load<u32>(slot + f), i) * binBytes;
      store<f64>(bin + own, load<f64>(bin + own) + w);
      store<f64>(bin + last, load<f64>(bin + last) + c);
      sums += featureBytes;
    }
  }
}

/**
 * Moves rows lo … lo + n - 1 on, out of the nodes first … first + span - 1. `table` holds 16 bytes a node: address of the feature's codes (+ 1: u16,
 * + 2: categories; 0: a leaf), left and right node, and the highest code that goes left or the address of the bits of the categories that do.
 */
export function advance_nodes(nodes: usize, width: i32, table: usize, first: u32, span: u32, lo: i32, n: i32): void {
  if (width == 2) for (let i = lo, end = lo + n; i < end; i++) advance<u16>(nodes, table, first, span, i);
  else for (let i = lo, end = lo + n; i < end; i++) advance<u32>(nodes, table, first, span, i);
}

// @ts-ignore: decorator
@inline
function advance<T>(nodes: usize, table: usize, first: u32, span: u32, i: i32): void {
  const at = nodeOf<T>(nodes, i) - first;
  if (at >= span) return;
  const entry = table + (<usize>at << 4);
  const column = <usize>load<u32>(entry);
  if (column == 0) return;
  const c = code(column & ~2, i);
  const split = load<u32>(entry, 12);
  const left = column & 2 ? ((load<u32>(<usize>split + ((c >> 5) << 2)) >> (<u32>c & 31)) & 1) != 0 : <u32>c <= split;
  store<T>(nodes + <usize>i * sizeof<T>(), <T>select<u32>(load<u32>(entry, 4), load<u32>(entry, 8), left));
}

/**
 * sums[4 (node - first) + i mod 4] += y² for each of the rows i = lo … lo + n - 1 that counts; a row of none of the nodes first … first + span - 1
 * adds to the four sums behind theirs.
 * `counts` may be 0: all count. (Done while rows move it takes longer than by itself: where to add is then known too late.)
 */
export function add_squares(sums: usize, labels: usize, nodes: usize, width: i32, counts: usize, first: u32, span: u32, lo: i32, n: i32): void {
  if (width == 2) addSquares<u16>(sums, labels, nodes, counts, first, span, lo, n);
  else addSquares<u32>(sums, labels, nodes, counts, first, span, lo, n);
}

// @ts-ignore: decorator
@inline
function addSquares<T>(sums: usize, labels: usize, nodes: usize, counts: usize, first: u32, span: u32, lo: i32, n: i32): void {
  for (let i = lo, end = lo + n; i < end; i++) {
    let at = min<u32>(nodeOf<T>(nodes, i) - first, span);
    if (counts) at = select<u32>(at, span, load<u8>(counts + i) != 0);
    const y = load<f64>(labels + (<usize>i << 3));
    const sum = sums + ((<usize>at << 5) | ((i & 3) << 3));
    store<f64>(sum, load<f64>(sum) + y * y);
  }
}

/** predictions[i] += values[nodes[i]] */
export function add_node_values(predictions: usize, values: usize, nodes: usize, width: i32, n: i32): void {
  if (width == 2) for (let i = 0; i < n; i++) addValue(predictions, values, nodeOf<u16>(nodes, i), i);
  else for (let i = 0; i < n; i++) addValue(predictions, values, nodeOf<u32>(nodes, i), i);
}

// @ts-ignore: decorator
@inline
function addValue(predictions: usize, values: usize, node: u32, i: i32): void {
  const to = predictions + (<usize>i << 3);
  store<f64>(to, load<f64>(to) + load<f64>(values + (<usize>node << 3)));
}

// @ts-ignore: decorator
@inline
function nodeOf<T>(nodes: usize, i: i32): u32 {
  return <u32>load<T>(nodes + <usize>i * sizeof<T>());
}
