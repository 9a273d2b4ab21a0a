/** What the module exports; signatures for the caller stand in `kernels.ts`. */
export {
  axpy_columns_f64,
  centred_squares_f64,
  dot_columns_f64,
  fill_f64,
  shifted_sum_f64,
  sum_f64,
} from './columns';
export {
  csr_axpy,
  csr_scatter,
  lookup_columns_u8,
  lookup_u16,
  lookup_u32,
  pack_codes,
  scatter_columns_u8,
  scatter_u16,
  scatter_u32,
  widen_codes,
} from './codes';
export { logistic_f64, logistic_residuals, logistic_rows, softmax_f64 } from './losses';
export { code_cells_f64, code_f64, sort_f64, spread_u8 } from './binning';
export { logistic_pairs } from './gradients';
export { histogram_u16, histogram_u8 } from './histograms';
export { add_at_f64, arrange, count_up_u16, count_up_u32, divide_u16, divide_u8 } from './rows';
export { scan_numeric } from './splits';
export { add_scaled_f64, drain_i64, narrow_sums, subtract_i64, widen_sums } from './sums';
export {
  add_classes,
  add_moments,
  add_moments_u8,
  add_node_values,
  add_squares,
  advance_nodes,
  gather_nodes,
  node_classes,
  node_moments,
} from './nodes';
export { add_bundles, add_bundles_run, add_codes_u16, add_margin } from './bundles';
export { add_leaves_u8, add_leaves_u32, code_categories_u8, code_numbers_u8, tree_leaves_u8, walk_leaves_u32 } from './trees';
