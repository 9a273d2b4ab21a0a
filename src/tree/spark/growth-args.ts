import type { SplitRules } from './best-split.ts';
import { bundleStarts, mostOf } from './feature-bundles.ts';
import type { ImpurityKind } from './impurity.ts';
import type { SplitKind } from './tree-features.ts';

/** What the workers must know to grow trees on a binned set. Plain data. */
export interface GrowthArgs {
  readonly impurity: ImpurityKind;
  /** 0 in regression. */
  readonly numClasses: number;
  readonly rules: SplitRules;
  readonly maxDepth: number;
  /** By feature. */
  readonly kinds: readonly SplitKind[];
  readonly bins: readonly number[];
  /** Column of each feature's codes. */
  readonly codes: readonly number[];
  /** Features a node looks at; all of them, or drawn by {@link featureSubset}. */
  readonly perNode: number;
  readonly seed: bigint;
  /** Whether chance decides by Spark's own streams, as it does there in a single partition. */
  readonly asSpark: boolean;
  /** Columns: label, weight, and of each tree that grows at a time the node of each row, and how often the row counts (absent: once). */
  readonly label: number;
  readonly weight?: number;
  readonly nodes: readonly number[];
  readonly counts?: readonly number[];
  /**
   * Whether there are so many rows that the work of one tree is shared out by features, and that what a node's sibling has is taken from what their
   * parent had.
   */
  readonly shared: boolean;
  /**
   * Whether rows are summed by bundles of features, as (count, Σ y): of many rows that all weigh 1, in regression. Σ y² is then summed by node alone.
   * Nodes of few rows are summed by features all the same.
   */
  readonly bundled: boolean;
  readonly desk: GrowthDesk;
}

/** Memory that the threads of a fit share beside the rows. */
interface GrowthDesk {
  /** Tasks of a round, and what came of them: see `node-tasks.ts`. */
  readonly tasks: SharedArrayBuffer;
  readonly records: SharedArrayBuffer;
  /** Sums of the open nodes of two levels: see `KeptSums`. */
  readonly kept: SharedArrayBuffer;
}

/** Sizes that follow from the args, the same on every thread. */
export interface GrowthSizes {
  /** Numbers of a bin: those of the impurity, and the rows. */
  readonly binLength: number;
  /** Whether nodes look at all features, so that a task may see to some of them. */
  readonly whole: boolean;
  /**
   * The first feature of each bundle, then the number of features (see `feature-bundles.ts`); each is one by itself where rows are not summed by
   * bundles. Tasks have whole bundles.
   */
  readonly bundles: Int32Array;
  /** Bytes of the cells of a task's bundles, of one node; 0 where rows are not summed by bundles. */
  readonly cellBytes: number;
  /** Features of one task at most. */
  readonly taskFeatures: number;
  /** Bytes of one feature's bins, and of a node's slot. */
  readonly featureBytes: number;
  readonly slotBytes: number;
  /** u32 words of a category split. */
  readonly words: number;
  /** Nodes whose cells and sums stay in a core's second cache: those of a task that sums by bundles. */
  readonly cellNodes: number;
  /** Nodes of one task whose sums stay in a core's cache; nodes of one task at most, and the node numbers that they may span. */
  readonly cachedNodes: number;
  readonly taskNodes: number;
  readonly taskSpan: number;
  /** Tasks of one round at most. */
  readonly tasks: number;
  /** Numbers that a task tells of one node: see `NodeRecord`. */
  readonly recordLength: number;
  /** Nodes of a level whose sums are kept for the next one. */
  readonly keptNodes: number;
  /** Nodes whose rows move on in one call, all trees together. */
  readonly movedNodes: number;
}

/** Groups that the features of a tree are cut into at most. */
export const MOST_GROUPS = 16;
/** Numbers of a task, and of each of its nodes. */
export const TASK_WORDS = 7;
export const NODE_WORDS = 7;
/** Sums of one task: what a core's cache holds, and the most. */
const CACHE_BYTES = 1 << 20;
const TASK_BYTES = 1 << 23;
/** Cells and sums of one task that sums by bundles. */
const CELLS_BYTES = 1 << 21;
/** Bytes of kept sums at most. */
const KEPT_BYTES = 1 << 26;

export function growthSizes({ impurity, numClasses, kinds, bins, perNode, nodes, shared, bundled, maxDepth }: Omit<GrowthArgs, 'desk'>): GrowthSizes {
  const d = kinds.length;
  const binLength = (impurity === 'variance' ? 3 : numClasses) + 1;
  const whole = perNode === d;
  const bundles = bundled ? bundleStarts(bins) : Int32Array.from({ length: d + 1 }, (_, j) => j);
  const half = mostOf(bins, bundles, Math.ceil((bundles.length - 1) / 2));
  const taskFeatures = whole && shared ? half.features : perNode;
  const cellBytes = bundled ? half.bytes : 0;
  const featureBytes = 8 * binLength * Math.max(1, ...bins);
  const slotBytes = Math.ceil((headerBytes(taskFeatures) + taskFeatures * featureBytes) / 16) * 16;
  const words = Math.ceil(Math.max(0, ...bins.filter((_, j) => kinds[j] === 'ordered' || kinds[j] === 'unordered')) / 32);
  const nodesIn = (budget: number, bytes = slotBytes) => Math.max(2, Math.min(4096, 2 ** maxDepth, Math.floor(budget / bytes)));
  const taskNodes = nodesIn(TASK_BYTES);
  const recordLength = 4 + 3 * binLength + words;
  return {
    binLength,
    whole,
    bundles,
    cellBytes,
    taskFeatures,
    featureBytes,
    slotBytes,
    words,
    cellNodes: Math.min(taskNodes, nodesIn(CELLS_BYTES, slotBytes + cellBytes)),
    cachedNodes: nodesIn(CACHE_BYTES),
    taskNodes,
    taskSpan: 4 * taskNodes,
    tasks: Math.max(nodes.length * (whole ? MOST_GROUPS : 1), Math.min(64, Math.floor((1 << 21) / (taskNodes * recordLength)))),
    recordLength,
    keptNodes: whole && shared ? Math.min(2 ** Math.max(0, maxDepth - 2), Math.floor(KEPT_BYTES / (2 * nodes.length * d * featureBytes))) : 0,
    movedNodes: Math.max(64, Math.min(8192, nodes.length * 2 ** maxDepth, Math.floor((1 << 18) / (4 + words)))),
  };
}

/** Bytes before the bins of a node that looks at so many features: the addresses of their codes. */
export function headerBytes(features: number): number {
  return Math.ceil(features / 4) * 16;
}

/** A desk for a fit of these args. */
export function growthDesk(args: Omit<GrowthArgs, 'desk'>): GrowthDesk {
  const { tasks, taskNodes, recordLength, keptNodes, featureBytes } = growthSizes(args);
  const kept = 2 * args.nodes.length * keptNodes * args.kinds.length * featureBytes;
  return {
    tasks: new SharedArrayBuffer(8 * tasks * (TASK_WORDS + NODE_WORDS * taskNodes)),
    records: new SharedArrayBuffer(8 * tasks * taskNodes * recordLength),
    kept: new SharedArrayBuffer(kept),
  };
}
