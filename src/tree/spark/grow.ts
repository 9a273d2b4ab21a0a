import type { FitContext } from '../../engine/local/workers/contract.ts';
import { BUNDLE_SLACK, gainOf, gainScale } from './best-split.ts';
import { treeSeed } from './draws.ts';
import { GrowingTree } from './growing-tree.ts';
import { type GrowthArgs, type GrowthSizes, growthSizes, MOST_GROUPS } from './growth-args.ts';
import { type Impurity, impurityOf } from './impurity.ts';
import type { Long } from './jvm-streams.ts';
import { NodeSeeds } from './node-seeds.ts';
import { BUNDLE_PHASE, LIST_PHASE, SPLIT_PHASE } from './node-splits.ts';
import { squaresOf } from './node-squares.ts';
import { type NodeRecord, type NodeTask, readRecord, type TaskNode, writeTasks } from './node-tasks.ts';
import { LIST_ROWS, takesAllRows } from './partition-sums.ts';
import { type RowMoves, writeMoves } from './row-nodes.ts';

/** One of the trees that grow together, and the nodes that it has to split. */
interface Lane {
  readonly lane: number;
  readonly growing: GrowingTree;
  /** What a node draws its features by. */
  seedOf(number: number): Long;
  open: number[];
  /** Nodes of the level before whose sums are kept, by number: where. */
  kept: ReadonlyMap<number, number>;
}

/** To be called before trees are grown. */
export function makeBundles(ctx: FitContext, args: GrowthArgs): void {
  if (args.bundled) ctx.round(BUNDLE_PHASE, growthSizes(args).bundles.length - 1);
}

/**
 * Grows trees together, level by level: sums and best splits of all open nodes, then the rows move on. Rows must be at the roots, see `beginTrees`.
 * `leaves`: rows are to be at their leaves in the end. Lane i grows tree number `trees[i]`; where features are drawn as in Spark, these are all trees of the forest or one of boosting.
 */
export function growTrees(
  ctx: FitContext,
  args: GrowthArgs,
  trees: readonly number[],
  leaves: boolean,
  onLevel?: (level: number) => void,
): GrowingTree[] {
  const impurity = impurityOf(args.impurity, args.numClasses);
  const sizes = growthSizes(args);
  const grown = trees.map(() => new GrowingTree(impurity, args.maxDepth, args.bundled));
  const seeds = args.asSpark && !sizes.whole ? new NodeSeeds(args.seed + BigInt(trees[0]), grown) : null;
  const lanes = grown.map((growing, lane): Lane => {
    const own = treeSeed(args.seed, trees[lane]);
    const seedOf = (number: number): Long => (seeds ? seeds.of(lane, number) : [own, growing.nodes[number].heap]);
    return { lane, growing, seedOf, open: [0], kept: new Map() };
  });
  for (let level = 0; lanes.some(({ open }) => open.length > 0); level++) {
    const before = lanes.map(({ growing, open }) => (open.length > 0 ? growing.nodes.length : -1));
    const first = lanes.map(({ open }) => open[0] ?? 0);
    splitNodes(ctx, args, sizes, lanes, level);
    for (const lane of lanes) lane.open = lane.open.filter((number) => lane.growing.isOpen(number));
    if (leaves || args.bundled || lanes.some(({ open }) => open.length > 0)) {
      const moved = lanes.filter((_, i) => before[i] >= 0);
      moveOn(
        ctx,
        args,
        moved.map((lane) => ({ lane, from: first[lane.lane], to: before[lane.lane] })),
      );
    }
    seeds?.advance();
    onLevel?.(level);
  }
  if (args.bundled) for (const { lane, growing } of lanes) growing.setSquares(squaresOf(ctx, args, lane, growing.nodes.length));
  return grown;
}

/** Splits all open nodes; their children are then open. */
function splitNodes(ctx: FitContext, args: GrowthArgs, sizes: GrowthSizes, lanes: readonly Lane[], level: number): void {
  const lots = lanes.flatMap((lane) => cut(lane, args, sizes));
  const { bundles } = sizes;
  const few = args.bundled || lanes.length < 2 * ctx.workers;
  const groups = sizes.whole && args.shared ? Math.min(bundles.length - 1, MOST_GROUPS, Math.max(2, few ? ctx.workers : 1)) : 1;
  const start = (g: number) => bundles[Math.floor((g * (bundles.length - 1)) / groups)];
  for (const lane of lanes) lane.open = [];
  const outcome = new Float64Array(args.desk.records);
  const impurity = impurityOf(args.impurity, args.numClasses);
  for (const round of rounds(lots, Math.max(1, Math.floor(sizes.tasks / groups)))) {
    const tasks = round.flatMap(({ lane: { lane }, bundled, nodes }): NodeTask[] =>
      Array.from({ length: groups }, (_, g) => ({ lane, level, from: start(g), to: start(g + 1), bundled, nodes })),
    );
    writeTasks(new Float64Array(args.desk.tasks), tasks, sizes);
    if (round[0].bundled && !takesAllRows(args, level)) ctx.round(LIST_PHASE, Math.ceil(ctx.rows / LIST_ROWS));
    ctx.round(SPLIT_PHASE, tasks.length);
    round.forEach(({ lane, nodes }, b) => {
      nodes.forEach(({ number }, k) => {
        const at = (g: number) => ((b * groups + g) * sizes.taskNodes + k) * sizes.recordLength;
        const records = Array.from({ length: groups }, (_, g) => readRecord(outcome, at(g), sizes));
        const isKnown = !args.bundled && !Number.isNaN(lane.growing.nodes[number].impurity);
        const found = isKnown ? records : withGains(records, impurity);
        lane.open.push(...lane.growing.split(number, bestOf(found, args.bundled ? BUNDLE_SLACK : 0)));
      });
    });
  }
}

/** Lots that are worked on together: at most so many, and a bundled one by itself, since its rows are listed before. */
function rounds(lots: readonly Lot[], most: number): Lot[][] {
  const together: Lot[][] = [];
  for (const lot of lots) {
    const last = together.at(-1);
    if (last && last.length < most && !last[0].bundled && !lot.bundled) last.push(lot);
    else together.push([lot]);
  }
  return together;
}

/**
 * Rows that the nodes of a level must have on average for bundles, whose cells are many more than bins, and lots of nodes that such a level may take:
 * every lot reads all rows.
 */
const BUNDLE_ROWS = 2048;
const BUNDLE_LOTS = 2;

interface Lot {
  readonly lane: Lane;
  readonly bundled: boolean;
  readonly nodes: readonly TaskNode[];
}

/** Open nodes in lots that one task can hold. Of siblings the one of fewer rows is summed up, where the parent's sums are known. */
function cut(lane: Lane, args: GrowthArgs, { cellNodes, cachedNodes, taskNodes, taskSpan, keptNodes }: GrowthSizes): Lot[] {
  const { open, kept, growing } = lane;
  // Every lot reads all rows: a few more of them to stay in the cache, but not many.
  const rows = open.reduce((sum, number) => sum + (growing.nodes[number].stats.at(-1) ?? Number.POSITIVE_INFINITY), 0);
  const bundled = args.bundled && open.length <= BUNDLE_LOTS * cellNodes && rows >= BUNDLE_ROWS * open.length;
  const most = bundled ? cellNodes : Math.min(taskNodes, Math.max(cachedNodes, Math.ceil(open.length / 16)));
  const keeps = open.length <= keptNodes;
  const lots: TaskNode[][] = [];
  let slots = 0;
  open.forEach((number, place) => {
    const { impurity, parent, stats } = growing.nodes[number];
    const split = growing.nodes[parent]?.split;
    const sibling = split ? split.left + split.right - number : -1;
    const more = (stats.at(-1) ?? 0) - (growing.nodes[sibling]?.stats.at(-1) ?? 0);
    const from = more > 0 || (more === 0 && number > sibling) ? (kept.get(parent) ?? -1) : -1;
    const node: TaskNode = {
      number,
      seed: lane.seedOf(number),
      impurity: args.bundled ? Number.NaN : impurity,
      keep: keeps ? place : -1,
      parent: from,
      sibling,
    };
    const lot = lots.at(-1);
    const before = lot?.at(-1);
    const near = before?.number === sibling;
    // A sibling that is only subtracted takes a slot too.
    const needed = from < 0 ? Number(!(near && before.parent >= 0)) : near ? 1 : 2;
    if (lot && slots + needed <= most && number - lot[0].number < taskSpan) {
      lot.push(node);
      slots += needed;
    } else {
      lots.push([node]);
      slots = from < 0 ? 1 : 2;
    }
  });
  lane.kept = new Map(keeps ? open.map((number, place) => [number, place]) : []);
  return lots.map((nodes) => ({ lane, bundled, nodes }));
}

/**
 * Records whose gains are all told by the first whole. Where a task is not told a node's impurity, it goes by the sums of its own first feature, and
 * those differ in last digits: gains would depend on how many tasks there are, and so on the number of workers.
 */
function withGains(records: readonly NodeRecord[], impurity: Impurity): NodeRecord[] {
  const whole = records.find(({ searched }) => searched)?.whole;
  return records.map((record) => {
    if (record.feature < 0 || !whole) return record;
    const { left, right } = record;
    const sides = Float64Array.of(...left, ...right);
    return { ...record, gain: gainOf(impurity, impurity.of(whole, 0), sides, impurity.weight(left, 0), impurity.weight(right, 0)) };
  });
}

/** The first of the best; the node's statistics come from the first feature that could be split. */
function bestOf(records: readonly NodeRecord[], slack: number): NodeRecord {
  let best = records[0];
  for (const record of records) {
    const needed = slack > 0 && best.feature >= 0 ? best.gain + slack * gainScale(best.left, best.right) : best.gain;
    if (record.feature >= 0 && record.gain > needed) best = record;
  }
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
