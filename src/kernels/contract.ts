/**
 * What kernels see of a training set, and what an aggregator is. Everything named Handle or Spec is plain data that crosses threads.
 *
 * A training set is cut into partitions, each in one shared memory, its columns one after the other (column-major). A partition is
 * cut into blocks of {@link BLOCK_ROWS} rows. Sums are made block by block and merged in block order, so that neither the number of
 * workers nor the order in which they work shows in the result.
 */

import type { SharedMemory } from './memory.ts';

/** Rows of one block of partial sums. Part of what a model's bits depend on: changing it changes the last digits of every fit. */
export const BLOCK_ROWS = 8192;

/** `f64` numbers; `u8`, `u16`, `u32` codes; `csr` sparse rows. */
export type ColumnType = 'f64' | 'u8' | 'u16' | 'u32' | 'csr';

export interface ColumnSpec {
  name?: string;
  type: ColumnType;
  /** Elements a row, side by side (default 1): element k of row i is number `i * width + k`. Not of `csr`. */
  width?: number;
}

/**
 * Where a column lies in its partition's memory: byte address `ptr`, `length` elements.
 * Of `csr`, `ptr` is the u32 row starts (`rows + 1`), `indices` the u32 feature indices and `values` the f64 values, `length` of each.
 */
export interface ColumnHandle extends ColumnSpec {
  ptr: number;
  length: number;
  indices?: number;
  values?: number;
}

/** One partition: rows `[firstRow, firstRow + rows)` of the training set. Survives `postMessage`; the memory is shared, not copied. */
export interface PartitionHandle {
  index: number;
  firstRow: number;
  rows: number;
  memory: SharedMemory;
  columns: ColumnHandle[];
}

/**
 * One part of the feature vector; `offset` is the feature index of its first slot, `column(s)` are positions in `partition.columns`.
 * A code `c < size` means "slot offset + c is values[c] (or 1), the others are 0"; a code >= size means that all are 0.
 * `levels`: codes from `levels - 1` on mean the same (default `size + 1`); u8 columns whose levels multiply to at most 256 are bundled.
 */
export type FeaturePart =
  | { kind: 'dense'; columns: number[]; offset: number }
  | { kind: 'codes'; column: number; offset: number; size: number; levels?: number; values?: Float64Array }
  | { kind: 'csr'; column: number; offset: number; size: number };

/** Arguments of the linear aggregators and of `moments`: which columns are features, label and weight (absent: all 1). */
export interface LinearArgs {
  parts: FeaturePart[];
  numFeatures: number;
  /** `f64` or a code column holding the class (or the target). */
  label: number;
  /** `f64`, >= 0. Rows of weight 0 change nothing. */
  weight?: number;
  /** Of `multinomialLogistic`. */
  numClasses?: number;
}

/** A run of bytes in a partition's memory that is lent to one user. */
export interface Region {
  ptr: number;
  bytes: number;
}

/** A function of a partition's rows, bound to one partition in one worker. */
export interface BoundAggregator {
  /** Takes the input of the coming blocks (coefficients …); called before the first block of each `aggregate`. */
  load(input: Float64Array): void;
  /** Writes the partial result of the partition's rows `[lo, hi)` into `output` (which arrives zeroed). */
  block(lo: number, hi: number, output: Float64Array): void;
}

/**
 * How to sum something over rows. Exported from a module under a name; `args` is plain data.
 * `bind` runs in each worker for each partition that it meets; `scratch` is that worker's own, `prepared` is one per partition, filled
 * block by block by `prepare` before the first `aggregate`.
 */
export interface Aggregator<Args = never> {
  inputLength(args: Args): number;
  /** Numbers that a block gives. */
  outputLength(args: Args): number;
  scratchBytes(partition: PartitionHandle, args: Args): number;
  preparedBytes?(partition: PartitionHandle, args: Args): number;
  prepare?(partition: PartitionHandle, prepared: Region, args: Args, lo: number, hi: number): void;
  bind(partition: PartitionHandle, scratch: Region, prepared: Region | undefined, args: Args): BoundAggregator;
  /** Adds `part` into `into`; absent: element-wise sum. Called in block order, the first `into` is all zeros. */
  merge?(into: Float64Array, part: Float64Array): void;
}

/** An aggregator by address: module URL and export name. `local` is the export itself, for the case without worker threads. */
export interface AggregatorSpec<Args = unknown> {
  module: string;
  name: string;
  args: Args;
  local?: Aggregator<Args>;
}
