import type { RoundHand, RoundSetting, Rounds, RoundsSpec } from '../../engine/local/workers/contract.ts';
import { BestSplit, BUNDLE_SLACK } from './best-split.ts';
import { featureReservoir, featureSubset } from './draws.ts';
import { type GrowthArgs, type GrowthSizes, growthSizes, headerBytes } from './growth-args.ts';
import { impurityOf } from './impurity.ts';
import { KeptSums } from './kept-sums.ts';
import { type NodeTask, readTask, writeRecord } from './node-tasks.ts';
import { LIST_ROWS, PartitionSums, Scratch, Shared, type Slots } from './partition-sums.ts';

/** Phases: a piece is one task of the desk; or, once at the beginning where rows are summed by bundles, one bundle whose codes are made. */
export const SPLIT_PHASE = 0;
export const BUNDLE_PHASE = 1;
/** Before tasks by bundles, which are of the same nodes: a piece is {@link LIST_ROWS} rows, which are listed for them. */
export const LIST_PHASE = 2;

/** Sums up the rows of some nodes by feature and bin, in row order, and finds the best split of each. */
export const nodeSplits: Rounds<GrowthArgs> = {
  bytes(partition, args, threads) {
    const sizes = growthSizes(args);
    return new Shared(0, partition, args, sizes).end + threads * new Scratch(0, sizes).end;
  },
  bind: (setting, args) => new NodeSplits(setting, args),
};

export function nodeSplitsSpec(args: GrowthArgs): RoundsSpec<GrowthArgs> {
  return { module: import.meta.url, name: 'nodeSplits', args, local: nodeSplits };
}

class NodeSplits implements RoundHand {
  readonly #args: GrowthArgs;
  readonly #sizes: GrowthSizes;
  readonly #kept: KeptSums;
  readonly #best: BestSplit;
  readonly #parts: readonly PartitionSums[];
  readonly #tasks: Float64Array;
  readonly #records: Float64Array;

  constructor({ thread, partitions, regions }: RoundSetting, args: GrowthArgs) {
    this.#args = args;
    this.#sizes = growthSizes(args);
    this.#kept = new KeptSums(args, this.#sizes);
    this.#best = new BestSplit(
      impurityOf(args.impurity, args.numClasses),
      args.numClasses,
      args.rules,
      this.#sizes.words,
      args.bundled ? BUNDLE_SLACK : 0,
    );
    this.#tasks = new Float64Array(args.desk.tasks);
    this.#records = new Float64Array(args.desk.records);
    const { end } = new Scratch(0, this.#sizes);
    this.#parts = partitions.map((handle, p) => {
      const shared = new Shared(regions[p]?.ptr ?? 0, handle, args, this.#sizes);
      const own = shared.end + thread * end;
      return new PartitionSums(handle, shared, new Scratch(own, this.#sizes), args, this.#sizes);
    });
  }

  run(phase: number, piece: number): void {
    if (phase === BUNDLE_PHASE) {
      for (const part of this.#parts) part.bundle(piece);
      return;
    }
    if (phase === LIST_PHASE) {
      const task = readTask(this.#tasks, 0);
      const slots = slotsOf(task);
      for (const part of this.#parts) part.list(task, slots, piece * LIST_ROWS);
      return;
    }
    const task = readTask(this.#tasks, piece);
    const features = this.#featuresOf(task);
    const slots = slotsOf(task);
    let sums: Float64Array | undefined;
    for (const part of this.#parts) sums = part.sumUp(task, slots, features, sums);
    if (!sums) return;
    this.#deriveAndKeep(task, slots, sums);
    this.#findSplits(task, features, sums, piece * this.#sizes.taskNodes);
  }

  /** Features that each node looks at: all nodes at the same ones, or each at its own. */
  #featuresOf({ from, to, nodes }: NodeTask): Int32Array[] {
    const { kinds, perNode, asSpark } = this.#args;
    const draw = asSpark ? featureReservoir : featureSubset;
    const all = Int32Array.from({ length: to - from }, (_, f) => from + f);
    return nodes.map(({ seed }) => (this.#sizes.whole ? all : draw(seed, kinds.length, perNode)));
  }

  /** Sums of nodes that were not summed up, from their parent's and their sibling's; and what the next level will want. */
  #deriveAndKeep({ lane, level, from, to, nodes }: NodeTask, { summed }: Slots, sums: Float64Array): void {
    const place = (slot: number, feature: number) =>
      (slot * this.#sizes.slotBytes + headerBytes(to - from) + (feature - from) * this.#sizes.featureBytes) / 8;
    nodes.forEach(({ parent, sibling, keep }, k) => {
      for (let j = from; j < to && (parent >= 0 || keep >= 0); j++) {
        if (parent >= 0) this.#kept.subtract(sums, place(k, j), place(summed.get(sibling) as number, j), level - 1, lane, parent, j);
        if (keep >= 0) this.#kept.keep(sums, place(k, j), level, lane, keep, j);
      }
    });
  }

  /** The first record of the task is number `first`. */
  #findSplits({ nodes }: NodeTask, features: readonly Int32Array[], stats: Float64Array, first: number): void {
    const best = this.#best;
    const sizes = this.#sizes;
    const args = this.#args;
    nodes.forEach(({ impurity }, k) => {
      const own = features[k];
      const from = (k * sizes.slotBytes + headerBytes(own.length)) / 8;
      const binsOf = (f: number) => ({
        stats,
        at: from + (f * sizes.featureBytes) / 8,
        stride: sizes.binLength,
        bins: args.bins[own[f]],
      });
      best.begin(impurity);
      own.forEach((j, f) => {
        best.search(j, args.kinds[j], binsOf(f));
      });
      const { searched } = best;
      if (!searched) best.sumUp(binsOf(0));
      const { feature, gain, bin, whole, left, right, words } = best;
      writeRecord(this.#records, (first + k) * sizes.recordLength, { feature, gain, bin, searched, whole, left, right, words });
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
