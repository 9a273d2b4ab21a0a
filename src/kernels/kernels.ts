import { type SharedMemory, wasm } from './memory.ts';
import { KERNELS_BASE64 } from './wasm.ts';

/**
 * The WASM kernels, bound to one memory. Arguments are byte addresses and counts; what each computes stands with its plain twin in `js/`.
 * Nothing is checked here: the caller sees to it that all addresses lie in the memory and codes within their tables.
 */
export interface Kernels {
  fill_f64(out: number, value: number, n: number): void;
  axpy_columns_f64(z: number, columns: number, weights: number, count: number, lo: number, n: number): void;
  dot_columns_f64(out: number, columns: number, multiplier: number, count: number, lo: number, n: number): void;
  sum_f64(x: number, weights: number, n: number): number;
  shifted_sum_f64(x: number, weights: number, shift: number, n: number): number;
  centred_squares_f64(x: number, weights: number, mean: number, n: number): number;
  lookup_columns_u8(z: number, columns: number, tables: number, count: number, lo: number, n: number): void;
  lookup_u16(z: number, column: number, table: number, size: number, n: number): void;
  lookup_u32(z: number, column: number, table: number, size: number, n: number): void;
  scatter_columns_u8(tables: number, columns: number, multiplier: number, count: number, lo: number, n: number): void;
  scatter_u16(table: number, column: number, multiplier: number, size: number, n: number): void;
  scatter_u32(table: number, column: number, multiplier: number, size: number, n: number): void;
  csr_axpy(z: number, starts: number, indices: number, values: number, weights: number, lo: number, n: number): void;
  csr_scatter(g: number, starts: number, indices: number, values: number, multiplier: number, lo: number, n: number): void;
  widen_codes(out: number, column: number, width: number, n: number): void;
  pack_codes(bundle: number, column: number, factor: number, top: number, n: number): void;
  logistic_f64(z: number, labels: number, weights: number, n: number): number;
  histogram_u8(
    sums: number,
    codes: number,
    stride: number,
    columns: number,
    pairs: number,
    rows: number,
    n: number,
    spare: number,
    some: number,
  ): void;
  histogram_u16(sums: number, codes: number, pairs: number, rows: number, n: number): void;
  divide_u8(codes: number, sides: number, rows: number, spare: number, n: number): number;
  divide_u16(codes: number, sides: number, rows: number, spare: number, n: number): number;
  drain_i64(out: number, x: number, fresh: number, n: number): void;
  scan_numeric(sums: number, bins: number, ask: number, best: number, out: number): number;
  code_f64(codes: number, values: number, edges: number, count: number, width: number, n: number): void;
  code_cells_f64(
    codes: number,
    values: number,
    edges: number,
    count: number,
    starts: number,
    from: number,
    scale: number,
    last: number,
    width: number,
    n: number,
  ): void;
  sort_f64(values: number, spare: number, counts: number, n: number): void;
  spread_u8(rows: number, stride: number, codes: number, n: number): void;
  subtract_i64(out: number, x: number, n: number): void;
  widen_sums(out: number, sums: number, sign: number, n: number): void;
  narrow_sums(sums: number, wide: number, n: number): void;
  add_scaled_f64(out: number, x: number, sign: number, n: number): void;
  count_up_u16(out: number, n: number): void;
  count_up_u32(out: number, first: number, n: number): void;
  arrange(values: number, width: number, rows: number, spare: number, n: number): void;
  add_at_f64(out: number, rows: number, value: number, n: number): void;
  logistic_pairs(
    pairs: number,
    scores: number,
    labels: number,
    weights: number,
    gradients: number,
    hessians: number,
    seed: number,
    numbers: number,
    n: number,
  ): number;
  softmax_f64(z: number, stride: number, labels: number, weights: number, classes: number, n: number): number;
  gather_nodes(
    rows: number,
    slots: number,
    nodes: number,
    width: number,
    counts: number,
    table: number,
    first: number,
    span: number,
    lo: number,
    n: number,
  ): number;
  node_moments(values: number, rows: number, labels: number, weights: number, counts: number, squares: number, n: number): void;
  node_classes(values: number, classes: number, rows: number, labels: number, weights: number, counts: number, n: number): void;
  add_moments(rows: number, slots: number, values: number, n: number, count: number, featureBytes: number): void;
  add_moments_u8(rows: number, slots: number, values: number, n: number, columns: number, count: number, featureBytes: number): void;
  add_classes(rows: number, slots: number, values: number, classes: number, n: number, count: number, featureBytes: number, numClasses: number): void;
  advance_nodes(nodes: number, width: number, table: number, first: number, span: number, lo: number, n: number): void;
  add_squares(sums: number, labels: number, nodes: number, width: number, counts: number, first: number, span: number, lo: number, n: number): void;
  add_node_values(predictions: number, values: number, nodes: number, width: number, n: number): void;
  logistic_rows(
    raw: number,
    probabilities: number,
    predictions: number,
    z: number,
    intercept: number,
    byMargin: number,
    above: number,
    n: number,
  ): number;
  logistic_residuals(out: number, predictions: number, labels: number, n: number): void;
  add_codes_u16(cells: number, codes: number, factor: number, n: number): void;
  add_bundles(rows: number, slots: number, labels: number, n: number, bundles: number, count: number): void;
  add_bundles_run(first: number, slot: number, labels: number, n: number, bundles: number, count: number): void;
  add_margin(sums: number, cells: number, bins: number, stride: number, total: number): void;
  code_numbers_u8(
    out: number,
    values: number,
    edges: number,
    starts: number,
    lowest: number,
    scale: number,
    top: number,
    missing: number,
    n: number,
  ): void;
  code_categories_u8(out: number, values: number, n: number): void;
  tree_leaves_u8(leaves: number, nodes: number, count: number, codes: number, slots: number, tables: number, n: number): void;
  walk_leaves_u32(leaves: number, nodes: number, codes: number, tables: number, n: number): void;
  add_leaves_u8(sums: number, stride: number, leaves: number, values: number, n: number): void;
  add_leaves_u32(sums: number, stride: number, leaves: number, values: number, n: number): void;
}

let compiled: object | undefined;
const instances = new WeakMap<SharedMemory, Kernels>();

/** The kernels over `memory` (shared, its maximum at most 65536 pages). Compiled once a thread; an instance costs some 50 µs. */
export function instantiate(memory: SharedMemory): Kernels {
  const known = instances.get(memory);
  if (known) return known;
  compiled ??= new wasm.Module(Uint8Array.from(atob(KERNELS_BASE64), (c) => c.charCodeAt(0)));
  const kernels = new wasm.Instance(compiled, { env: { memory } }).exports as Kernels;
  instances.set(memory, kernels);
  return kernels;
}
