import type { PartitionHandle } from '../../kernels/contract.ts';
import { instantiate, type Kernels } from '../../kernels/kernels.ts';
import { CELL_BYTES, cellCount } from './feature-bundles.ts';
import { type GrowthArgs, type GrowthSizes, headerBytes } from './growth-args.ts';
import type { NodeTask } from './node-tasks.ts';

/** Rows that are gathered and summed at a time. */
const TILE_ROWS = 4096;
/** Of a bundle: the address of its codes, and where its cells lie. */
const BUNDLE_WORDS = 2;

/** Which node's sums are in which slot: those of the task's nodes in their order, then those of siblings that are only subtracted. */
export interface Slots {
  /** By node number. */
  readonly summed: ReadonlyMap<number, number>;
  readonly count: number;
}

/** Codes of the cells of one bundle, of all rows. */
function cellCodeBytes(rows: number): number {
  return Math.ceil((2 * rows) / 64) * 64;
}

/** Where things lie that threads share in a partition, where rows are summed by bundles: the codes of cells, then rows that a task sums up. */
export class Shared {
  readonly codes: number;
  readonly rows: number;
  readonly slots: number;
  readonly counts: number;
  readonly end: number;

  constructor(ptr: number, { rows }: PartitionHandle, { bundled }: GrowthArgs, { bundles }: GrowthSizes) {
    const listed = bundled ? Math.ceil(rows / TILE_ROWS) * TILE_ROWS : 0;
    this.codes = ptr;
    this.rows = this.codes + (bundled ? (bundles.length - 1) * cellCodeBytes(rows) : 0);
    this.slots = this.rows + 4 * listed;
    this.counts = this.slots + 4 * listed;
    this.end = this.counts + Math.ceil((4 * listed) / TILE_ROWS / 64) * 64;
  }
}

/** Rows of one piece when the rows of a task are listed: whole tiles. */
export const LIST_ROWS = 8 * TILE_ROWS;

/** Whether a task takes all rows in their order, so that they need not be listed. */
export function takesAllRows({ counts }: GrowthArgs, level: number): boolean {
  return level === 0 && !counts;
}

/** Where things lie in one thread's scratch of one partition. */
export class Scratch {
  readonly rows: number;
  readonly slots: number;
  readonly classes: number;
  readonly values: number;
  readonly columns: number;
  readonly table: number;
  readonly sums: number;
  readonly cells: number;
  readonly end: number;

  constructor(ptr: number, { taskFeatures, taskSpan, taskNodes, cellNodes, slotBytes, cellBytes }: GrowthSizes) {
    let top = ptr;
    const take = (bytes: number) => {
      const at = top;
      top += Math.ceil(bytes / 64) * 64;
      return at;
    };
    this.rows = take(4 * TILE_ROWS);
    this.slots = take(4 * TILE_ROWS);
    this.classes = take(4 * TILE_ROWS);
    this.values = take(32 * TILE_ROWS);
    this.columns = take(4 * BUNDLE_WORDS * taskFeatures);
    this.table = take(4 * (taskSpan + 3));
    this.sums = take(slotBytes * taskNodes);
    this.cells = take(cellBytes * cellNodes);
    this.end = top;
  }
}

/** Sums up one partition's rows by node, feature and bin. */
export class PartitionSums {
  readonly #handle: PartitionHandle;
  readonly #kernels: Kernels;
  readonly #shared: Shared;
  readonly #scratch: Scratch;
  readonly #args: GrowthArgs;
  readonly #sizes: GrowthSizes;

  constructor(handle: PartitionHandle, shared: Shared, scratch: Scratch, args: GrowthArgs, sizes: GrowthSizes) {
    this.#handle = handle;
    this.#kernels = instantiate(handle.memory);
    this.#shared = shared;
    this.#scratch = scratch;
    this.#args = args;
    this.#sizes = sizes;
  }

  /** Goes on from the sums over the partitions before, so that all rows are summed one after the other. */
  sumUp(task: NodeTask, { summed, count }: Slots, features: readonly Int32Array[], before: Float64Array | undefined): Float64Array {
    const sizes = this.#sizes;
    const handle = this.#handle;
    const scratch = this.#scratch;
    const sums = new Float64Array(handle.memory.buffer, scratch.sums, (sizes.slotBytes / 8) * count);
    if (before) sums.set(before);
    else sums.fill(0);
    if (task.bundled) {
      this.#addBundles(task, [...summed.values()]);
      return sums;
    }
    const nodes = this.#writeTable(summed, (slot) => scratch.sums + slot * sizes.slotBytes);
    for (const slot of summed.values()) this.#writeAddresses(scratch.sums + slot * sizes.slotBytes, features[slot] ?? features[0]);
    this.#addRows(task, features[0], nodes);
    return sums;
  }

  /** Lists those of the frame's rows from `row` on, {@link LIST_ROWS} of them, that a task by bundles sums up, with the slots of their cells. */
  list({ lane }: NodeTask, { summed }: Slots, row: number): void {
    const { rows, firstRow, memory } = this.#handle;
    const shared = this.#shared;
    const from = Math.max(0, row - firstRow);
    const to = Math.min(rows, row - firstRow + LIST_ROWS);
    if (from >= to) return;
    const order = new Map([...summed.keys()].map((number, k) => [number, k]));
    const nodes = this.#writeTable(order, (k) => CELL_BYTES + k * this.#sizes.cellBytes);
    const counts = new Uint32Array(memory.buffer, shared.counts);
    for (let lo = from; lo < to; lo += TILE_ROWS) counts[lo / TILE_ROWS] = this.#gather(shared.rows + 4 * lo, shared.slots + 4 * lo, lane, nodes, lo);
  }

  /** Writes the slots of nodes; gives the first of the nodes, and how many it spans. */
  #writeTable(nodes: ReadonlyMap<number, number>, slotOf: (at: number) => number): { first: number; span: number } {
    const numbers = [...nodes.keys()];
    const first = Math.min(...numbers);
    const span = Math.max(...numbers) - first + 1;
    const table = new Uint32Array(this.#handle.memory.buffer, this.#scratch.table, span + 1).fill(0);
    for (const [number, at] of nodes) table[number - first] = slotOf(at);
    return { first, span };
  }

  #addRows({ lane }: NodeTask, features: Int32Array, nodes: { first: number; span: number }): void {
    const args = this.#args;
    const sizes = this.#sizes;
    const kernels = this.#kernels;
    const labels = this.#column(args.label);
    const weights = this.#column(args.weight);
    const counts = this.#column(args.counts?.[lane]);
    const columns = sizes.whole && this.#areBytes(features) ? this.#scratch.columns : 0;
    if (columns) this.#writeAddresses(columns, features);
    const { rows, slots, values, classes } = this.#scratch;
    for (let lo = 0; lo < this.#handle.rows; lo += TILE_ROWS) {
      const n = this.#gather(rows, slots, lane, nodes, lo);
      if (n === 0) continue;
      if (args.impurity === 'variance') {
        kernels.node_moments(values, rows, labels, weights, counts, args.bundled ? 0 : 1, n);
        if (columns) kernels.add_moments_u8(rows, slots, values, n, columns, features.length, sizes.featureBytes);
        else kernels.add_moments(rows, slots, values, n, features.length, sizes.featureBytes);
      } else {
        kernels.node_classes(values, classes, rows, labels, weights, counts, n);
        kernels.add_classes(rows, slots, values, classes, n, features.length, sizes.featureBytes, args.numClasses);
      }
    }
  }

  /** Sums by the cells of bundles, then of those by the bins of their features. */
  #addBundles({ level, from, to }: NodeTask, sumSlots: readonly number[]): void {
    const args = this.#args;
    const sizes = this.#sizes;
    const kernels = this.#kernels;
    const scratch = this.#scratch;
    const handle = this.#handle;
    const shared = this.#shared;
    const { bins } = args;
    const words: number[] = [];
    const margins: { feature: number; stride: number; total: number; at: number }[] = [];
    let top = 0;
    for (let b = sizes.bundles.indexOf(from); sizes.bundles[b] < to; b++) {
      const [start, end] = sizes.bundles.subarray(b, b + 2);
      words.push(this.#cellCodes(b), scratch.cells - CELL_BYTES + top);
      const total = cellCount(bins, start, end);
      for (let j = start; j < end; j++) margins.push({ feature: j, stride: cellCount(bins, start, j), total, at: top });
      top += total * CELL_BYTES;
    }
    new Uint32Array(handle.memory.buffer, scratch.columns, words.length).set(words);
    new Float64Array(handle.memory.buffer, scratch.cells, (sizes.cellBytes / 8) * sumSlots.length).fill(0);
    const labels = this.#column(args.label);
    const count = words.length / BUNDLE_WORDS;
    const all = takesAllRows(args, level);
    const listed = new Uint32Array(handle.memory.buffer, shared.counts);
    for (let lo = 0; lo < handle.rows; lo += TILE_ROWS) {
      if (all) kernels.add_bundles_run(lo, CELL_BYTES, labels, Math.min(TILE_ROWS, handle.rows - lo), scratch.columns, count);
      else kernels.add_bundles(shared.rows + 4 * lo, shared.slots + 4 * lo, labels, listed[lo / TILE_ROWS], scratch.columns, count);
    }
    sumSlots.forEach((slot, k) => {
      const sums = scratch.sums + slot * sizes.slotBytes + headerBytes(to - from);
      const cells = scratch.cells + k * sizes.cellBytes;
      for (const { feature, stride, total, at } of margins) {
        kernels.add_margin(sums + (feature - from) * sizes.featureBytes, cells + at, bins[feature], stride, total);
      }
    });
  }

  /** Makes the codes of the cells of one bundle. */
  bundle(b: number): void {
    const kernels = this.#kernels;
    const handle = this.#handle;
    const args = this.#args;
    const sizes = this.#sizes;
    const [start, end] = sizes.bundles.subarray(b, b + 2);
    const to = this.#cellCodes(b);
    new Uint16Array(handle.memory.buffer, to, handle.rows).fill(0);
    for (let j = start; j < end; j++) {
      kernels.add_codes_u16(to, this.#column(args.codes[j]), CELL_BYTES * cellCount(args.bins, start, j), handle.rows);
    }
  }

  #cellCodes(bundle: number): number {
    return this.#shared.codes + bundle * cellCodeBytes(this.#handle.rows);
  }

  /** Gathers a tile's rows of the nodes in the table, and their slots; gives how many. */
  #gather(rows: number, slots: number, lane: number, { first, span }: { first: number; span: number }, lo: number): number {
    const handle = this.#handle;
    const args = this.#args;
    const { ptr, type } = handle.columns[args.nodes[lane]];
    const width = type === 'u16' ? 2 : 4;
    const counts = this.#column(args.counts?.[lane]);
    return this.#kernels.gather_nodes(rows, slots, ptr, width, counts, this.#scratch.table, first, span, lo, Math.min(TILE_ROWS, handle.rows - lo));
  }

  #column(at: number | undefined): number {
    return at === undefined ? 0 : this.#handle.columns[at].ptr;
  }

  /** Writes the addresses of features' codes, those of u16 marked by 1. */
  #writeAddresses(at: number, features: Int32Array): void {
    const addresses = new Uint32Array(this.#handle.memory.buffer, at, features.length);
    features.forEach((j, f) => {
      const { ptr, type } = this.#handle.columns[this.#args.codes[j]];
      addresses[f] = type === 'u16' ? ptr + 1 : ptr;
    });
  }

  #areBytes(features: Int32Array): boolean {
    return features.every((j) => this.#handle.columns[this.#args.codes[j]]?.type === 'u8');
  }
}
