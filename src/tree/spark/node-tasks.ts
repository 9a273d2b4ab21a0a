import { type GrowthSizes, NODE_WORDS, TASK_WORDS } from './growth-args.ts';
import type { Long } from './jvm-streams.ts';

/** A task: nodes of one tree (`lane` of those that grow together), and features `[from, to)` (where nodes look at all). */
export interface NodeTask {
  readonly lane: number;
  readonly level: number;
  readonly from: number;
  readonly to: number;
  /** Whether rows are summed by bundles of features. */
  readonly bundled: boolean;
  readonly nodes: readonly TaskNode[];
}

/** A node to split; numbers ascend in a task. */
export interface TaskNode {
  /** Number in the tree. */
  readonly number: number;
  /** What its features are drawn by, where it does not look at all. */
  readonly seed: Long;
  /** NaN where not known. */
  readonly impurity: number;
  /** Where its sums are kept for the next level; -1: they are not. */
  readonly keep: number;
  /** Where its parent's sums are kept, which less those of the node `sibling` are its own; -1: it is summed up. */
  readonly parent: number;
  readonly sibling: number;
}

/** Lays out the tasks of a round; tasks that share a list of nodes share its numbers. */
export function writeTasks(to: Float64Array, tasks: readonly NodeTask[], sizes: GrowthSizes): void {
  const placed = new Map<readonly TaskNode[], number>();
  let top = sizes.tasks * TASK_WORDS;
  tasks.forEach(({ lane, level, from, to: end, bundled, nodes }, t) => {
    let at = placed.get(nodes);
    if (at === undefined) {
      at = top;
      for (const { number, seed, impurity, keep, parent, sibling } of nodes) {
        to.set([number, ...seed, impurity, keep, parent, sibling], top);
        top += NODE_WORDS;
      }
      placed.set(nodes, at);
    }
    to.set([lane, level, from, end, bundled ? 1 : 0, at, nodes.length], t * TASK_WORDS);
  });
}

/** Task `index` of a round. */
export function readTask(input: Float64Array, index: number): NodeTask {
  const [lane, level, from, to, bundled, at, count] = input.subarray(index * TASK_WORDS, (index + 1) * TASK_WORDS);
  const nodes = Array.from({ length: count }, (_, k): TaskNode => {
    const [number, high, low, impurity, keep, parent, sibling] = input.subarray(at + k * NODE_WORDS, at + (k + 1) * NODE_WORDS);
    return { number, seed: [high, low], impurity, keep, parent, sibling };
  });
  return { lane, level, from, to, bundled: bundled === 1, nodes };
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

export function writeRecord(output: Float64Array, at: number, { feature, gain, bin, searched, whole, left, right, words }: NodeRecord): void {
  output.set([feature, gain, bin, searched ? 1 : 0], at);
  const stats = at + 4;
  output.set(whole, stats);
  output.set(left, stats + whole.length);
  output.set(right, stats + 2 * whole.length);
  output.set(words, stats + 3 * whole.length);
}

export function readRecord(outputs: Float64Array, at: number, { binLength, words }: GrowthSizes): NodeRecord {
  const stats = at + 4;
  return {
    feature: outputs[at],
    gain: outputs[at + 1],
    bin: outputs[at + 2],
    searched: outputs[at + 3] === 1,
    whole: outputs.slice(stats, stats + binLength),
    left: outputs.slice(stats + binLength, stats + 2 * binLength),
    right: outputs.slice(stats + 2 * binLength, stats + 3 * binLength),
    words: Uint32Array.from(outputs.subarray(stats + 3 * binLength, stats + 3 * binLength + words)),
  };
}
