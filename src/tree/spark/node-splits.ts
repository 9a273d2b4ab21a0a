import type { RoundHand, RoundSetting, Rounds, RoundsSpec } from '../../engine/local/workers/contract.ts';
import type { ColumnHandle, PartitionHandle } from '../../kernels/contract.ts';
import { instantiate, type Kernels } from '../../kernels/kernels.ts';
import { BestSplit } from './best-split.ts';
import { featureSubset, treeSeed } from './draws.ts';
import { type GrowthArgs, type GrowthSizes, growthSizes, headerBytes } from './growth-args.ts';
import { impurityOf } from './impurity.ts';
import { KeptSums } from './kept-sums.ts';
import { type NodeTask, readTask, writeRecord } from './node-tasks.ts';

/** Rows that are gathered and summed at a time. */
const TILE_ROWS = 1024;

/** Sums up the rows of some nodes by feature and bin, in row order, and finds the best split of each. One phase; a piece is one task of the desk. */
export const nodeSplits: Rounds<GrowthArgs> = {
  bytes: (_, args, threads) => threads * new Scratch(0, growthSizes(args)).end,
  bind: (setting, args) => new NodeSplits(setting, args),
};

export function nodeSplitsSpec(args: GrowthArgs): RoundsSpec<GrowthArgs> {
  return { module: import.meta.url, name: 'nodeSplits', args, local: nodeSplits };
}

/** Where things lie in one thread's scratch of one partition. */
class Scratch {
  readonly rows: number;
  readonly slots: number;
  readonly classes: number;
  readonly values: number;
  readonly columns: number;
  readonly table: number;
  readonly sums: number;
  readonly end: number;

  constructor(ptr: number, { taskFeatures, taskSpan, taskNodes, slotBytes }: GrowthSizes) {
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
    this.columns = take(4 * taskFeatures);
    this.table = take(4 * (taskSpan + 3));
    this.sums = take(slotBytes * taskNodes);
    this.end = top;
  }
}

interface BoundPartition {
  readonly handle: PartitionHandle;
  readonly kernels: Kernels;
  readonly scratch: Scratch;
}

/** Which node's sums are in which slot: those of the task's nodes in their order, then those of siblings that are only subtracted. */
interface Slots {
  /** By node number. */
  readonly summed: ReadonlyMap<number, number>;
  readonly count: number;
}

class NodeSplits implements RoundHand {
  private readonly args: GrowthArgs;
  private readonly sizes: GrowthSizes;
  private readonly kept: KeptSums;
  private readonly best: BestSplit;
  private readonly parts: readonly BoundPartition[];
  private readonly tasks: Float64Array;
  private readonly records: Float64Array;

  constructor({ thread, partitions, regions }: RoundSetting, args: GrowthArgs) {
    this.args = args;
    this.sizes = growthSizes(args);
    this.kept = new KeptSums(args, this.sizes);
    this.best = new BestSplit(impurityOf(args.impurity, args.numClasses), args.numClasses, args.rules, this.sizes.words);
    this.tasks = new Float64Array(args.desk.tasks);
    this.records = new Float64Array(args.desk.records);
    const { end } = new Scratch(0, this.sizes);
    this.parts = partitions.map((handle, p) => ({
      handle,
      kernels: instantiate(handle.memory),
      scratch: new Scratch((regions[p]?.ptr ?? 0) + thread * end, this.sizes),
    }));
  }

  run(_phase: number, piece: number): void {
    const task = readTask(this.tasks, piece);
    const features = this.featuresOf(task);
    const slots = slotsOf(task);
    let sums: Float64Array | undefined;
    for (const part of this.parts) sums = this.sumUp(part, task, slots, features, sums);
    if (!sums) return;
    this.deriveAndKeep(task, slots, sums);
    this.findSplits(task, features, sums, piece * this.sizes.taskNodes);
  }

  /** Features that each node looks at: all nodes at the same ones, or each at its own. */
  private featuresOf({ tree, from, to, nodes }: NodeTask): Int32Array[] {
    const { kinds, perNode, seed } = this.args;
    const own = treeSeed(seed, tree);
    const all = Int32Array.from({ length: to - from }, (_, f) => from + f);
    return nodes.map(({ heap }) => (this.sizes.whole ? all : featureSubset(own, heap, kinds.length, perNode)));
  }

  /** Goes on from the sums over the partitions before, so that all rows are summed one after the other. */
  private sumUp(
    { handle, kernels, scratch }: BoundPartition,
    { lane }: NodeTask,
    { summed, count }: Slots,
    features: readonly Int32Array[],
    before: Float64Array | undefined,
  ): Float64Array {
    const { args, sizes } = this;
    const sums = new Float64Array(handle.memory.buffer, scratch.sums, (sizes.slotBytes / 8) * count);
    if (before) sums.set(before);
    else sums.fill(0);
    const numbers = [...summed.keys()];
    const first = Math.min(...numbers);
    const span = Math.max(...numbers) - first + 1;
    const table = new Uint32Array(handle.memory.buffer, scratch.table, span + 1).fill(0);
    for (const [number, slot] of summed) {
      const at = scratch.sums + slot * sizes.slotBytes;
      table[number - first] = at;
      this.writeAddresses(handle, at, (features[slot] ?? features[0]) as Int32Array);
    }
    const column = (at: number | undefined) => (at === undefined ? 0 : (handle.columns[at] as ColumnHandle).ptr);
    const nodes = handle.columns[args.nodes[lane] as number] as ColumnHandle;
    const width = nodes.type === 'u16' ? 2 : 4;
    const counts = column(args.counts?.[lane]);
    const labels = column(args.label);
    const weights = column(args.weight);
    const own = features[0] as Int32Array;
    const columns = this.sizes.whole && this.areBytes(handle, own) ? scratch.columns : 0;
    if (columns) this.writeAddresses(handle, columns, own);
    const { rows, slots, values, classes } = scratch;
    for (let lo = 0; lo < handle.rows; lo += TILE_ROWS) {
      const n = kernels.gather_nodes(rows, slots, nodes.ptr, width, counts, scratch.table, first, span, lo, Math.min(TILE_ROWS, handle.rows - lo));
      if (n === 0) continue;
      if (args.impurity === 'variance' && columns && !weights && !counts) {
        kernels.add_labels_u8(rows, slots, labels, n, columns, own.length, sizes.featureBytes);
      } else if (args.impurity === 'variance') {
        kernels.node_moments(values, rows, labels, weights, counts, n);
        if (columns) kernels.add_moments_u8(rows, slots, values, n, columns, own.length, sizes.featureBytes);
        else kernels.add_moments(rows, slots, values, n, own.length, sizes.featureBytes);
      } else {
        kernels.node_classes(values, classes, rows, labels, weights, counts, n);
        kernels.add_classes(rows, slots, values, classes, n, own.length, sizes.featureBytes, args.numClasses);
      }
    }
    return sums;
  }

  /** Writes the addresses of features' codes, those of u16 marked by 1. */
  private writeAddresses(handle: PartitionHandle, at: number, features: Int32Array): void {
    const addresses = new Uint32Array(handle.memory.buffer, at, features.length);
    features.forEach((j, f) => {
      const { ptr, type } = handle.columns[this.args.codes[j] as number] as ColumnHandle;
      addresses[f] = type === 'u16' ? ptr + 1 : ptr;
    });
  }

  private areBytes({ columns }: PartitionHandle, features: Int32Array): boolean {
    return features.every((j) => columns[this.args.codes[j] as number]?.type === 'u8');
  }

  /** Sums of nodes that were not summed up, from their parent's and their sibling's; and what the next level will want. */
  private deriveAndKeep({ lane, level, from, to, nodes }: NodeTask, { summed }: Slots, sums: Float64Array): void {
    const place = (slot: number, feature: number) =>
      (slot * this.sizes.slotBytes + headerBytes(to - from) + (feature - from) * this.sizes.featureBytes) / 8;
    nodes.forEach(({ parent, sibling, keep }, k) => {
      for (let j = from; j < to && (parent >= 0 || keep >= 0); j++) {
        if (parent >= 0) this.kept.subtract(sums, place(k, j), place(summed.get(sibling) as number, j), level - 1, lane, parent, j);
        if (keep >= 0) this.kept.keep(sums, place(k, j), level, lane, keep, j);
      }
    });
  }

  /** The first record of the task is number `first`. */
  private findSplits({ nodes }: NodeTask, features: readonly Int32Array[], stats: Float64Array, first: number): void {
    const { best, sizes, args } = this;
    nodes.forEach(({ impurity }, k) => {
      const own = features[k] as Int32Array;
      const from = (k * sizes.slotBytes + headerBytes(own.length)) / 8;
      const binsOf = (f: number) => ({
        stats,
        at: from + (f * sizes.featureBytes) / 8,
        stride: sizes.binLength,
        bins: args.bins[own[f] as number] as number,
      });
      best.begin(impurity);
      own.forEach((j, f) => {
        best.search(j, args.kinds[j] as GrowthArgs['kinds'][number], binsOf(f));
      });
      const { searched } = best;
      if (!searched) best.sumUp(binsOf(0));
      const { feature, gain, bin, whole, left, right, words } = best;
      writeRecord(this.records, (first + k) * sizes.recordLength, { feature, gain, bin, searched, whole, left, right, words });
    });
  }
}

function slotsOf({ nodes }: NodeTask): Slots {
  const summed = new Map<number, number>();
  nodes.forEach(({ number, parent }, k) => {
    if (parent < 0) summed.set(number, k);
  });
  let count = nodes.length;
  for (const { parent, sibling } of nodes) if (parent >= 0 && !summed.has(sibling)) summed.set(sibling, count++);
  return { summed, count };
}
