import type { AggregatorSpec, BoundTasks, ColumnHandle, PartitionHandle, Region, TaskSet } from '../../kernels/contract.ts';
import { instantiate, type Kernels } from '../../kernels/kernels.ts';
import { BestSplit } from './best-split.ts';
import { featureSubset, treeSeed } from './draws.ts';
import { type GrowthArgs, type GrowthSizes, groupOfFeatures, growthSizes, headerBytes } from './growth-args.ts';
import { type Impurity, impurityOf } from './impurity.ts';

/** Rows that are gathered and summed at a time. */
const TILE_ROWS = 1024;

/** A task: nodes of one tree, and one group of features. `tree` counts all trees, `lane` those that grow together. */
export interface NodeTask {
  readonly lane: number;
  readonly tree: number;
  readonly group: number;
  readonly nodes: readonly TaskNode[];
}

/** A node to split: its number in the tree, its place in a heap (the root is 1), and its impurity, NaN where not known. Numbers ascend in a task. */
export interface TaskNode {
  readonly number: number;
  readonly heap: number;
  readonly impurity: number;
}

const TASK_WORDS = 5;
const NODE_WORDS = 3;

/** Numbers of the input of a run. */
export function inputLength({ tasks, taskNodes }: GrowthSizes): number {
  return tasks * (TASK_WORDS + NODE_WORDS * taskNodes);
}

/** Tasks as the input of a run. Tasks that share a list of nodes share its numbers. */
export function writeTasks(tasks: readonly NodeTask[], sizes: GrowthSizes): Float64Array {
  const input = new Float64Array(inputLength(sizes));
  const placed = new Map<readonly TaskNode[], number>();
  let top = sizes.tasks * TASK_WORDS;
  tasks.forEach(({ lane, tree, group, nodes }, t) => {
    let at = placed.get(nodes);
    if (at === undefined) {
      at = top;
      for (const { number, heap, impurity } of nodes) {
        input[top++] = number;
        input[top++] = heap;
        input[top++] = impurity;
      }
      placed.set(nodes, at);
    }
    input.set([lane, tree, group, at, nodes.length], t * TASK_WORDS);
  });
  return input;
}

/** The best split of a node among the features of one task. */
export interface NodeRecord {
  /** -1: none is good enough. */
  readonly feature: number;
  readonly gain: number;
  readonly bin: number;
  /** Whether any feature could be split at all; `whole` is the sum of one feature's bins where not. */
  readonly searched: boolean;
  /** Statistics of the node, and of both sides. */
  readonly whole: Float64Array;
  readonly left: Float64Array;
  readonly right: Float64Array;
  /** Bits of the categories on the left; empty where there are no categories. */
  readonly words: Uint32Array;
}

/** Record `index` of a run's outputs. */
export function readRecord(outputs: Float64Array, at: number, { binLength, words }: GrowthSizes): NodeRecord {
  const stats = at + 4;
  return {
    feature: outputs[at] as number,
    gain: outputs[at + 1] as number,
    bin: outputs[at + 2] as number,
    searched: outputs[at + 3] === 1,
    whole: outputs.slice(stats, stats + binLength),
    left: outputs.slice(stats + binLength, stats + 2 * binLength),
    right: outputs.slice(stats + 2 * binLength, stats + 3 * binLength),
    words: Uint32Array.from(outputs.subarray(stats + 3 * binLength, stats + 3 * binLength + words)),
  };
}

/** Sums up the rows of some nodes by feature and bin, in row order, and finds the best split of each. */
export const nodeSplits: TaskSet<GrowthArgs> = {
  mostTasks: (args) => growthSizes(args).tasks,
  inputLength: (args) => inputLength(growthSizes(args)),
  outputLength: (args) => {
    const { taskNodes, recordLength } = growthSizes(args);
    return taskNodes * recordLength;
  },
  scratchBytes: (_, args) => new Scratch({ ptr: 0, bytes: 0 }, growthSizes(args)).end,
  bindTasks: (partitions, scratch, args) => new NodeSplits(partitions, scratch, args),
};

export function nodeSplitsSpec(args: GrowthArgs): AggregatorSpec<GrowthArgs> {
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

  constructor({ ptr }: Region, { taskFeatures, taskSpan, taskNodes, slotBytes }: GrowthSizes) {
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
    this.table = take(4 * (taskSpan + 1));
    this.sums = take(slotBytes * taskNodes);
    this.end = top;
  }
}

interface BoundPartition {
  readonly handle: PartitionHandle;
  readonly kernels: Kernels;
  readonly scratch: Scratch;
}

class NodeSplits implements BoundTasks {
  private readonly args: GrowthArgs;
  private readonly sizes: GrowthSizes;
  private readonly impurity: Impurity;
  private readonly best: BestSplit;
  private readonly parts: readonly BoundPartition[];
  private input: Float64Array = new Float64Array(0);

  constructor(partitions: readonly PartitionHandle[], scratch: readonly Region[], args: GrowthArgs) {
    this.args = args;
    this.sizes = growthSizes(args);
    this.impurity = impurityOf(args.impurity, args.numClasses);
    this.best = new BestSplit(this.impurity, args.numClasses, args.rules, this.sizes.words);
    this.parts = partitions.map((handle, p) => ({
      handle,
      kernels: instantiate(handle.memory),
      scratch: new Scratch(scratch[p] as Region, this.sizes),
    }));
  }

  load(input: Float64Array): void {
    this.input = input;
  }

  task(index: number, output: Float64Array): void {
    const [lane = 0, tree = 0, group = 0, at = 0, count = 0] = this.input.subarray(index * TASK_WORDS, (index + 1) * TASK_WORDS);
    const nodes = this.input.subarray(at, at + NODE_WORDS * count);
    const features = this.featuresOf(tree, group, nodes);
    let sums: Float64Array | undefined;
    for (const part of this.parts) sums = this.sumUp(part, lane, nodes, features, sums);
    if (sums) this.findSplits(nodes, features, sums, output);
  }

  /** Features that each node looks at. */
  private featuresOf(tree: number, group: number, nodes: Float64Array): Int32Array[] {
    const { kinds, perNode, seed } = this.args;
    const d = kinds.length;
    const count = nodes.length / NODE_WORDS;
    if (perNode === d) {
      const { from, to } = groupOfFeatures(group, this.sizes, d);
      const all = Int32Array.from({ length: to - from }, (_, j) => from + j);
      return new Array(count).fill(all);
    }
    const own = treeSeed(seed, tree);
    return Array.from({ length: count }, (_, k) => featureSubset(own, nodes[k * NODE_WORDS + 1] as number, d, perNode));
  }

  /** Goes on from the sums over the partitions before, so that all rows are summed one after the other. */
  private sumUp(
    { handle, kernels, scratch }: BoundPartition,
    lane: number,
    nodes: Float64Array,
    features: readonly Int32Array[],
    before: Float64Array | undefined,
  ): Float64Array {
    const { args, sizes } = this;
    const count = features.length;
    const sums = new Float64Array(handle.memory.buffer, scratch.sums, (sizes.slotBytes / 8) * count);
    if (before) sums.set(before);
    else sums.fill(0);
    const first = nodes[0] as number;
    const span = (nodes[(count - 1) * NODE_WORDS] as number) - first + 1;
    const table = new Uint32Array(handle.memory.buffer, scratch.table, span + 1).fill(0);
    for (let k = 0; k < count; k++) {
      const slot = scratch.sums + k * sizes.slotBytes;
      table[(nodes[k * NODE_WORDS] as number) - first] = slot;
      this.writeHeader(handle, slot, features[k] as Int32Array);
    }
    const nodeColumn = handle.columns[args.nodes[lane] as number] as ColumnHandle;
    const width = nodeColumn.type === 'u16' ? 2 : 4;
    const counts = args.counts ? (handle.columns[args.counts[lane] as number] as ColumnHandle).ptr : 0;
    const labels = (handle.columns[args.label] as ColumnHandle).ptr;
    const weights = args.weight === undefined ? 0 : (handle.columns[args.weight] as ColumnHandle).ptr;
    const own = (features[0] as Int32Array).length;
    const columns = this.writeColumns(handle, scratch, features);
    const { rows, slots, values, classes } = scratch;
    for (let lo = 0; lo < handle.rows; lo += TILE_ROWS) {
      const n = kernels.gather_nodes(
        rows,
        slots,
        nodeColumn.ptr,
        width,
        counts,
        scratch.table,
        first,
        span,
        lo,
        Math.min(TILE_ROWS, handle.rows - lo),
      );
      if (n === 0) continue;
      if (args.impurity === 'variance') {
        kernels.node_moments(values, rows, labels, weights, counts, n);
        if (columns) kernels.add_moments_u8(rows, slots, values, n, columns, own, sizes.featureBytes);
        else kernels.add_moments(rows, slots, values, n, own, sizes.featureBytes);
      } else {
        kernels.node_classes(values, classes, rows, labels, weights, counts, n);
        kernels.add_classes(rows, slots, values, classes, n, own, sizes.featureBytes, args.numClasses);
      }
    }
    return sums;
  }

  private writeHeader(handle: PartitionHandle, slot: number, features: Int32Array): void {
    const header = new Uint32Array(handle.memory.buffer, slot, features.length);
    features.forEach((j, f) => {
      const { ptr, type } = handle.columns[this.args.codes[j] as number] as ColumnHandle;
      header[f] = type === 'u16' ? ptr + 1 : ptr;
    });
  }

  /** The address of the codes' addresses where all nodes look at the same features and all codes are u8, else 0. */
  private writeColumns(handle: PartitionHandle, scratch: Scratch, features: readonly Int32Array[]): number {
    const own = features[0] as Int32Array;
    if (this.args.perNode < this.args.kinds.length) return 0;
    const columns = Array.from(own, (j) => handle.columns[this.args.codes[j] as number] as ColumnHandle);
    if (columns.some(({ type }) => type !== 'u8')) return 0;
    new Uint32Array(handle.memory.buffer, scratch.columns, own.length).set(columns.map(({ ptr }) => ptr));
    return scratch.columns;
  }

  private findSplits(nodes: Float64Array, features: readonly Int32Array[], stats: Float64Array, output: Float64Array): void {
    const { best, sizes, args } = this;
    const { binLength, recordLength } = sizes;
    features.forEach((own, k) => {
      const from = (k * sizes.slotBytes + headerBytes(own.length)) / 8;
      best.begin(nodes[k * NODE_WORDS + 2] as number);
      own.forEach((j, f) => {
        best.search(j, args.kinds[j] as GrowthArgs['kinds'][number], {
          stats,
          at: from + (f * sizes.featureBytes) / 8,
          stride: binLength,
          bins: args.bins[j] as number,
        });
      });
      const { searched } = best;
      if (!searched) best.sumUp({ stats, at: from, stride: binLength, bins: args.bins[own[0] as number] as number });
      const at = k * recordLength;
      output.set([best.feature, best.gain, best.bin, searched ? 1 : 0], at);
      output.set(best.whole, at + 4);
      output.set(best.left, at + 4 + binLength);
      output.set(best.right, at + 4 + 2 * binLength);
      output.set(best.words, at + 4 + 3 * binLength);
    });
  }
}
