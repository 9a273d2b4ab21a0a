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
function cellCodeBytes({ rows }: PartitionHandle): number {
  return Math.ceil((2 * rows) / 64) * 64;
}

/** Bytes that threads share in a partition: the codes of cells. */
export function sharedBytes(partition: PartitionHandle, { bundled }: GrowthArgs, { bundles }: GrowthSizes): number {
  return bundled ? (bundles.length - 1) * cellCodeBytes(partition) : 0;
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
  /** Where the codes of cells lie. */
  readonly #shared: number;
  readonly #scratch: Scratch;
  readonly #args: GrowthArgs;
  readonly #sizes: GrowthSizes;

  constructor(handle: PartitionHandle, shared: number, scratch: Scratch, args: GrowthArgs, sizes: GrowthSizes) {
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
    const numbers = [...summed.keys()];
    const first = Math.min(...numbers);
    const span = Math.max(...numbers) - first + 1;
    const table = new Uint32Array(handle.memory.buffer, scratch.table, span + 1).fill(0);
    if (task.bundled) {
      numbers.forEach((number, k) => {
        table[number - first] = scratch.cells + k * sizes.cellBytes;
      });
      this.#addBundles(task, [...summed.values()], first, span);
      return sums;
    }
    for (const [number, slot] of summed) {
      const at = scratch.sums + slot * sizes.slotBytes;
      table[number - first] = at;
      this.#writeAddresses(at, features[slot] ?? features[0]);
    }
    this.#addRows(task, features[0], first, span);
    return sums;
  }

  #addRows({ lane }: NodeTask, features: Int32Array, first: number, span: number): void {
    const args = this.#args;
    const sizes = this.#sizes;
    const kernels = this.#kernels;
    const labels = this.#column(args.label);
    const weights = this.#column(args.weight);
    const counts = this.#column(args.counts?.[lane]);
    const columns = sizes.whole && this.#areBytes(features) ? this.#scratch.columns : 0;
    if (columns) this.#writeAddresses(columns, features);
    const { rows, slots, values, classes } = this.#scratch;
    this.#eachTile(lane, first, span, (n) => {
      if (args.impurity === 'variance') {
        kernels.node_moments(values, rows, labels, weights, counts, args.bundled ? 0 : 1, n);
        if (columns) kernels.add_moments_u8(rows, slots, values, n, columns, features.length, sizes.featureBytes);
        else kernels.add_moments(rows, slots, values, n, features.length, sizes.featureBytes);
      } else {
        kernels.node_classes(values, classes, rows, labels, weights, counts, n);
        kernels.add_classes(rows, slots, values, classes, n, features.length, sizes.featureBytes, args.numClasses);
      }
    });
  }

  /** Sums by the cells of bundles, then of those by the bins of their features. */
  #addBundles({ lane, level, from, to }: NodeTask, sumSlots: readonly number[], first: number, span: number): void {
    const args = this.#args;
    const sizes = this.#sizes;
    const kernels = this.#kernels;
    const scratch = this.#scratch;
    const handle = this.#handle;
    const { bins } = args;
    const words: number[] = [];
    const margins: { feature: number; stride: number; total: number; at: number }[] = [];
    let top = 0;
    for (let b = sizes.bundles.indexOf(from); sizes.bundles[b] < to; b++) {
      const [start, end] = sizes.bundles.subarray(b, b + 2);
      words.push(this.#cellCodes(b), top);
      const total = cellCount(bins, start, end);
      for (let j = start; j < end; j++) margins.push({ feature: j, stride: cellCount(bins, start, j), total, at: top });
      top += total * CELL_BYTES;
    }
    new Uint32Array(handle.memory.buffer, scratch.columns, words.length).set(words);
    new Float64Array(handle.memory.buffer, scratch.cells, (sizes.cellBytes / 8) * sumSlots.length).fill(0);
    const labels = this.#column(args.label);
    const count = words.length / BUNDLE_WORDS;
    if (level === 0 && !args.counts) {
      for (let lo = 0; lo < handle.rows; lo += TILE_ROWS) {
        kernels.add_bundles_run(lo, scratch.cells, labels, Math.min(TILE_ROWS, handle.rows - lo), scratch.columns, count);
      }
    } else this.#eachTile(lane, first, span, (n) => kernels.add_bundles(scratch.rows, scratch.slots, labels, n, scratch.columns, count));
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
    return this.#shared + bundle * cellCodeBytes(this.#handle);
  }

  /** Gathers the rows of the nodes in the table, some thousands at a time. */
  #eachTile(lane: number, first: number, span: number, add: (n: number) => void): void {
    const handle = this.#handle;
    const kernels = this.#kernels;
    const scratch = this.#scratch;
    const args = this.#args;
    const nodes = handle.columns[args.nodes[lane]];
    const width = nodes.type === 'u16' ? 2 : 4;
    const counts = this.#column(args.counts?.[lane]);
    for (let lo = 0; lo < handle.rows; lo += TILE_ROWS) {
      const rows = Math.min(TILE_ROWS, handle.rows - lo);
      const n = kernels.gather_nodes(scratch.rows, scratch.slots, nodes.ptr, width, counts, scratch.table, first, span, lo, rows);
      if (n > 0) add(n);
    }
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
