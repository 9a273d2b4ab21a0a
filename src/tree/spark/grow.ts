import type { FitContext } from '../../engine/local/workers/contract.ts';
import { type GrowingNode, GrowingTree } from './growing-tree.ts';
import { type GrowthArgs, type GrowthSizes, growthSizes, MOST_GROUPS } from './growth-args.ts';
import { impurityOf } from './impurity.ts';
import { type NodeRecord, type NodeTask, readRecord, type TaskNode, writeTasks } from './node-tasks.ts';
import { type RowMoves, writeMoves } from './row-nodes.ts';

/** One of the trees that grow together, and the nodes that it has to split. */
interface Lane {
  readonly lane: number;
  readonly tree: number;
  readonly growing: GrowingTree;
  open: number[];
  /** Nodes of the level before whose sums are kept, by number: where. */
  kept: ReadonlyMap<number, number>;
}

/**
 * Grows trees together, level by level: sums and best splits of all open nodes, then the rows move on. Rows must be at the roots, see `beginTrees`.
 * `leaves`: rows are to be at their leaves in the end. Lane i grows tree number `trees[i]`.
 */
export function growTrees(
  ctx: FitContext,
  args: GrowthArgs,
  trees: readonly number[],
  leaves: boolean,
  onLevel?: (level: number) => void,
): GrowingTree[] {
  const impurity = impurityOf(args.impurity, args.numClasses);
  const lanes = trees.map((tree, lane): Lane => ({ lane, tree, growing: new GrowingTree(impurity, args.maxDepth), open: [0], kept: new Map() }));
  const sizes = growthSizes(args);
  for (let level = 0; lanes.some(({ open }) => open.length > 0); level++) {
    const before = lanes.map(({ growing, open }) => (open.length > 0 ? growing.nodes.length : -1));
    const first = lanes.map(({ open }) => open[0] ?? 0);
    splitNodes(ctx, args, sizes, lanes, level);
    if (leaves || lanes.some(({ open }) => open.length > 0)) {
      const moved = lanes.filter((_, i) => (before[i] as number) >= 0);
      moveOn(
        ctx,
        args,
        moved.map((lane) => ({ lane, from: first[lane.lane] as number, to: before[lane.lane] as number })),
      );
    }
    onLevel?.(level);
  }
  return lanes.map(({ growing }) => growing);
}

/** Splits all open nodes; their children that are to be split are then open. */
function splitNodes(ctx: FitContext, args: GrowthArgs, sizes: GrowthSizes, lanes: readonly Lane[], level: number): void {
  const batches = lanes.flatMap((lane) => cut(lane, sizes));
  const d = args.kinds.length;
  const groups = sizes.whole && args.shared ? Math.min(d, MOST_GROUPS, Math.max(2, lanes.length < 2 * ctx.workers ? ctx.workers : 1)) : 1;
  const tasks = batches.flatMap(({ lane, nodes }): NodeTask[] =>
    Array.from({ length: groups }, (_, g) => ({
      lane: lane.lane,
      tree: lane.tree,
      level,
      from: Math.floor((g * d) / groups),
      to: Math.floor(((g + 1) * d) / groups),
      nodes,
    })),
  );
  for (const lane of lanes) lane.open = [];
  const outcome = new Float64Array(args.desk.records);
  const perRound = Math.max(1, Math.floor(sizes.tasks / groups)) * groups;
  for (let t = 0; t < tasks.length; t += perRound) {
    const round = tasks.slice(t, t + perRound);
    writeTasks(new Float64Array(args.desk.tasks), round, sizes);
    ctx.round(0, round.length);
    for (let b = 0; b < round.length; b += groups) {
      const { lane, nodes } = batches[(t + b) / groups] as (typeof batches)[number];
      nodes.forEach(({ number }, k) => {
        const records = Array.from({ length: groups }, (_, g) => readRecord(outcome, ((b + g) * sizes.taskNodes + k) * sizes.recordLength, sizes));
        lane.open.push(...lane.growing.split(number, bestOf(records)));
      });
    }
  }
}

/** Open nodes in lots that one task can hold. Of siblings the one of fewer rows is summed up, where the parent's sums are known. */
function cut(lane: Lane, { cachedNodes, taskNodes, taskSpan, keptNodes }: GrowthSizes): { lane: Lane; nodes: TaskNode[] }[] {
  const { open, kept, growing } = lane;
  // Every lot reads all rows: a few more of them to stay in the cache, but not many.
  const most = Math.min(taskNodes, Math.max(cachedNodes, Math.ceil(open.length / 16)));
  const keeps = open.length <= keptNodes;
  const lots: TaskNode[][] = [];
  let slots = 0;
  open.forEach((number, place) => {
    const { heap, impurity, parent, stats } = growing.nodes[number] as GrowingNode;
    const split = growing.nodes[parent]?.split;
    const sibling = split ? split.left + split.right - number : -1;
    const rows = (stats.at(-1) ?? 0) - (growing.nodes[sibling]?.stats.at(-1) ?? 0);
    const from = rows > 0 || (rows === 0 && number > sibling) ? (kept.get(parent) ?? -1) : -1;
    const node: TaskNode = { number, heap, impurity, keep: keeps ? place : -1, parent: from, sibling };
    const lot = lots.at(-1);
    const needed = from < 0 ? 1 : 2;
    if (lot && slots + needed <= most && number - (lot[0] as TaskNode).number < taskSpan) {
      lot.push(node);
      slots += needed;
    } else {
      lots.push([node]);
      slots = needed;
    }
  });
  lane.kept = new Map(keeps ? open.map((number, place) => [number, place]) : []);
  return lots.map((nodes) => ({ lane, nodes }));
}

/** The first of the best; the node's statistics come from the first feature that could be split. */
function bestOf(records: readonly NodeRecord[]): NodeRecord {
  let best = records[0] as NodeRecord;
  for (const record of records) if (record.feature >= 0 && record.gain > best.gain) best = record;
  const { whole } = records.find(({ searched }) => searched) ?? best;
  return best.whole === whole ? best : { ...best, whole };
}

/** Moves the rows of nodes `[from, to)` of each lane to the children. */
function moveOn(ctx: FitContext, args: GrowthArgs, ranges: readonly { lane: Lane; from: number; to: number }[]): void {
  const { movedNodes } = growthSizes(args);
  let moves: RowMoves[] = [];
  let room = movedNodes;
  const flush = () => {
    if (moves.length > 0) ctx.aggregate('move', writeMoves(moves, args));
    moves = [];
    room = movedNodes;
  };
  for (const { lane, from, to } of ranges) {
    for (let first = from; first < to; ) {
      const count = Math.min(room, to - first);
      const splits = lane.growing.nodes.slice(first, first + count).map(({ split }) => split);
      if (splits.some((split) => split !== null)) moves.push({ lane: lane.lane, first, splits });
      first += count;
      room -= count;
      if (room === 0) flush();
    }
  }
  flush();
}
