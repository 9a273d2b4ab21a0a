import type { FitContext } from '../../engine/local/workers/contract.ts';
import { hash32 } from '../../random.ts';
import { binCount } from '../bins.ts';
import { MAX_DEPTH } from '../check-trees.ts';
import * as commands from './commands.ts';
import { drawn, everyFeature } from './feature-draws.ts';
import type { BoostingHand } from './hand.ts';
import { MOST_PIECES, NARROW_ROWS, RESULT } from './memory.ts';
import { allowedFeatures, type GrowingNode, leafValue, noiseGain, type Split, sideBounds } from './split.ts';
import type { GrownNode } from './tree-list.ts';
import { unseenCategories } from './unseen-categories.ts';

/** A leaf of the tree under way. */
interface Leaf extends GrowingNode {
  readonly node: GrownNode;
  readonly depth: number;
  /** Features split on above, of interaction constraints. */
  readonly path: readonly number[];
  /** Where its histogram is; null when it is not wanted. */
  slot: Slot | null;
  best: { feature: number; split: Split } | null;
}

interface Slot {
  readonly at: number;
  readonly isWide: boolean;
}

/** A piece of a round has at least so much to do, in additions or so: less is not worth waking a thread. */
const LEAST_ROWS_WORK = 1 << 17;
const LEAST_SUMS = 2048;

/** Grows trees leaf by leaf, always splitting the leaf of the largest gain: the leader's part. */
export class Grower {
  readonly #ctx: FitContext;
  readonly #hand: BoostingHand;
  readonly #monotone: readonly number[] | undefined;
  readonly #unseen: readonly (Uint32Array | null)[];
  readonly #free: [number[], number[]] = [[], []];
  #turn = 0;
  #leaves: Leaf[] = [];
  /** Features drawn for the tree; null: all. */
  #drawn: readonly number[] | null = null;
  #seed = 0;

  constructor(ctx: FitContext, own: BoostingHand) {
    this.#ctx = ctx;
    this.#hand = own;
    this.#unseen = unseenCategories(own.memory, own.args);
    this.#monotone = own.args.spec.growth.monotone?.some((m) => m !== 0) ? own.args.spec.growth.monotone : undefined;
  }

  /**
   * Grows the tree of a score whose root is summed already; `seed` is that of its draws. Leaf l of the result stands for leaf l of the board's
   * ranges.
   */
  grow(score: number, seed: number): { root: GrownNode; leaves: readonly GrownNode[] } {
    const { dims } = this.#hand.memory;
    const { growth } = this.#hand.args.spec;
    this.#seed = seed;
    this.#drawn = growth.featureFraction < 1 ? drawn(everyFeature(dims.features), growth.featureFraction, hash32(this.#seed, 0)) : null;
    this.#free[0] = Array.from({ length: dims.slots }, (_, slot) => slot).reverse();
    this.#free[1] = Array.from({ length: dims.wideSlots }, (_, slot) => slot).reverse();
    this.#leaves = [];
    this.#plantRoot(score);
    const [{ node: root }] = this.#leaves;
    while (this.#leaves.length < dims.leaves) {
      let best: Leaf | null = null;
      let at = -1;
      this.#leaves.forEach((leaf, l) => {
        if (leaf.best && (!best?.best || leaf.best.split.gain > best.best.split.gain)) {
          best = leaf;
          at = l;
        }
      });
      if (!best) break;
      this.#split(best, at, score);
    }
    return { root, leaves: this.#leaves.map(({ node }) => node) };
  }

  #plantRoot(score: number): void {
    const { growth } = this.#hand.args.spec;
    const { board } = this.#hand.memory;
    const { g, h } = this.#rootSums();
    const count = this.#rowsOf(0);
    const root: Leaf = {
      ...{ g, h, count, low: Number.NEGATIVE_INFINITY, high: Number.POSITIVE_INFINITY },
      node: { split: null, value: count > 0 ? leafValue({ g, h }, growth.l1, growth.l2) : 0, cover: h },
      depth: 0,
      path: [],
      slot: this.#take(count),
      best: null,
    };
    this.#leaves = [root];
    board.command[commands.SCORE] = score;
    board.command[commands.PARENT] = -1;
    this.#search(root, null);
  }

  /** Sums over all rows of the root, from what the threads have of the first column. */
  #rootSums(): { g: number; h: number } {
    const { board, partitions } = this.#hand.memory;
    const [column] = this.#hand.columns.columns;
    let [g, h] = [0, 0];
    for (let own = 0; column && own < board.filled.length; own++) {
      const { places, i32, u32, f64 } = partitions[own % partitions.length];
      const { sums, wide } = places.own[Math.floor(own / partitions.length)];
      for (let c = 0; c < column.size; c++) {
        if (board.filled[own] > 0) {
          h += u32[(sums >>> 2) + 2 * (column.offset + c)];
          g += i32[(sums >>> 2) + 2 * (column.offset + c) + 1];
        }
        if (board.widened[own] === 0) continue;
        g += f64[wide / 8 + 2 * (column.offset + c)];
        h += f64[wide / 8 + 2 * (column.offset + c) + 1];
      }
    }
    return { g: g / board.numbers[commands.G_SCALE], h: h / board.numbers[commands.H_SCALE] };
  }

  /** Splits leaf `at` by its best split, and finds the best splits of its two sides unless the tree is full. */
  #split(leaf: Leaf, at: number, score: number): void {
    const { board, dims } = this.#hand.memory;
    const { command } = board;
    const { growth } = this.#hand.args.spec;
    const { feature, split } = leaf.best as NonNullable<Leaf['best']>;
    const added = this.#leaves.length;
    const goesOn = added + 1 < dims.leaves && (growth.maxDepth === 0 || leaf.depth + 1 < growth.maxDepth);
    const isLeftSmall = split.left.count <= split.right.count;
    this.#writeSides(feature, split);
    command[commands.LEAF] = at;
    command[commands.NEW_LEAF] = added;
    command[commands.FEATURE] = feature;
    command[commands.SUMMED] = goesOn ? (isLeftSmall ? 0 : 1) : -1;
    command[commands.SCORE] = score;
    command[commands.TURN] = ++this.#turn;
    this.#ctx.round(commands.SPLIT, this.#cutBlocks(at));

    const bounds = sideBounds(split, this.#monotone?.[feature] ?? 0, leaf);
    const path = leaf.path.includes(feature) ? leaf.path : [...leaf.path, feature];
    const side = ({ g, h, value }: Split['left'], [low, high]: [number, number], count: number): Leaf => {
      return { g, h, count, low, high, path, slot: null, best: null, node: { split: null, value, cover: h }, depth: leaf.depth + 1 };
    };
    const left = side(split.left, bounds.left, this.#rowsOf(at));
    const right = side(split.right, bounds.right, this.#rowsOf(added));
    leaf.node.split = { feature, of: split, left: left.node, right: right.node };
    this.#leaves[at] = left;
    this.#leaves.push(right);
    const parent = leaf.slot as Slot;
    if (!goesOn) {
      this.#give(parent);
      return;
    }
    const [small, large] = isLeftSmall ? [left, right] : [right, left];
    command[commands.PARENT] = parent.at;
    command[commands.PARENT_WIDE] = parent.isWide ? 1 : 0;
    small.slot = this.#take(small.count);
    large.slot = parent.isWide && large.count <= NARROW_ROWS ? this.#take(large.count) : parent;
    this.#search(small, large);
    if (large.slot !== parent) this.#give(parent);
    for (const one of [small, large]) {
      if (one.best || !one.slot) continue;
      this.#give(one.slot);
      one.slot = null;
    }
  }

  /** Has the sums put together, those of the larger side subtracted, and the best splits found. */
  #search(small: Leaf, large: Leaf | null): void {
    const { memory, columns } = this.#hand;
    const { board } = memory;
    const { command, numbers } = board;
    command[commands.SMALL] = (small.slot as Slot).at;
    command[commands.SMALL_WIDE] = (small.slot as Slot).isWide ? 1 : 0;
    command[commands.LARGE] = large?.slot?.at ?? -1;
    command[commands.LARGE_WIDE] = large?.slot?.isWide ? 1 : 0;
    [small, large].forEach((leaf, side) => {
      const can = leaf !== null && this.#mayBeSplit(leaf);
      command[side === 0 ? commands.SEARCH_SMALL : commands.SEARCH_LARGE] = can ? 1 : 0;
      if (!can) return;
      numbers.set([leaf.g, leaf.h, leaf.count, leaf.low, leaf.high], side === 0 ? commands.SMALL_NODE : commands.LARGE_NODE);
      this.#allow(leaf, side);
    });
    const most = this.#ctx.workers === 1 ? 1 : Math.min(4 * this.#ctx.workers, MOST_PIECES, Math.max(1, Math.floor(columns.sums / LEAST_SUMS)));
    const pieces = Math.min(columns.columns.length, most);
    command[commands.PIECES] = pieces;
    this.#ctx.round(commands.SEARCH, pieces);
    board.filled.fill(0);
    board.widened.fill(0);
    [small, large].forEach((leaf, side) => {
      const best = this.#found(side, pieces);
      if (leaf) leaf.best = best && best.split.gain > noiseGain(leaf, numbers[commands.G_SCALE]) ? best : null;
    });
  }

  #mayBeSplit({ count, depth }: Leaf): boolean {
    const { maxDepth, minSamplesLeaf } = this.#hand.args.spec.growth;
    return (
      count >= 2 * Math.max(minSamplesLeaf, 1) &&
      depth < (maxDepth === 0 ? MAX_DEPTH : Math.min(maxDepth, MAX_DEPTH)) &&
      this.#hand.memory.dims.leaves > 1
    );
  }

  /** The best of the pieces' splits; of equal ones that of the first feature. */
  #found(side: number, pieces: number): Leaf['best'] {
    const { board, dims } = this.#hand.memory;
    const { results } = board;
    let best = -1;
    for (let piece = 0; piece < pieces; piece++) {
      const at = RESULT * (2 * piece + side);
      if (results[at] === Number.NEGATIVE_INFINITY) continue;
      if (best < 0 || results[at] > results[best] || (results[at] === results[best] && results[at + 1] < results[best + 1])) best = at;
    }
    if (best < 0) return null;
    const [gain, feature, bin, missingLeft, lg, lh, lcount, lvalue, rg, rh, rcount, rvalue, words] = results.subarray(best, best + RESULT);
    const from = Math.max(1, dims.categoryWords) * (best / RESULT);
    const unseen = missingLeft === 1 ? this.#unseen[feature] : null;
    const categories = words < 0 ? null : board.categories.slice(from, from + words).map((word, i) => word | (unseen?.[i] ?? 0));
    return {
      feature,
      split: {
        gain,
        bin,
        categories,
        missingLeft: missingLeft === 1,
        left: { g: lg, h: lh, count: lcount, value: lvalue },
        right: { g: rg, h: rh, count: rcount, value: rvalue },
      },
    };
  }

  /** Which codes of the feature go left. */
  #writeSides(feature: number, { bin, categories, missingLeft }: Split): void {
    const { sides } = this.#hand.memory.board;
    const bins = binCount(this.#hand.args.layout.bins[feature]);
    for (let c = 0; c < bins; c++) sides[c] = categories ? (categories[c >> 5] >>> (c & 31)) & 1 : c <= bin ? 1 : 0;
    sides[bins] = missingLeft ? 1 : 0;
  }

  /** Cuts the blocks into runs that hold near-equal shares of the leaf's rows; returns how many. */
  #cutBlocks(leaf: number): number {
    const { board, dims } = this.#hand.memory;
    const blocks = dims.blocks.length;
    const rowsOf = (b: number) => board.count[0][dims.leaves * b + leaf] + (dims.hasOthers ? board.count[1][dims.leaves * b + leaf] : 0);
    let total = 0;
    for (let b = 0; b < blocks; b++) total += rowsOf(b);
    const share = Math.max(LEAST_ROWS_WORK / (this.#hand.columns.columns.length + 8), total / (8 * this.#ctx.workers));
    let pieces = 0;
    let filled = 0;
    board.pieces[0] = 0;
    for (let b = 0; b < blocks; b++) {
      filled += rowsOf(b);
      if (filled < share && b < blocks - 1) continue;
      board.pieces[++pieces] = b + 1;
      filled = 0;
    }
    return pieces;
  }

  /** Training rows of a leaf. */
  #rowsOf(leaf: number): number {
    const { board, dims } = this.#hand.memory;
    const blocks = dims.blocks.length;
    let rows = 0;
    for (let b = 0; b < blocks; b++) rows += board.count[0][dims.leaves * b + leaf];
    return rows;
  }

  /** Says which features the leaf may be split on. */
  #allow(leaf: Leaf, side: number): void {
    const { board, dims } = this.#hand.memory;
    const { interactions, featureFractionByNode } = this.#hand.args.spec.growth;
    const allowed = board.allowed.subarray(side * dims.features, (side + 1) * dims.features);
    if (!this.#drawn && !interactions && featureFractionByNode >= 1) {
      allowed.fill(1);
      return;
    }
    const together = allowedFeatures(interactions, leaf.path, dims.features);
    const able = (this.#drawn ?? everyFeature(dims.features)).filter((j) => !together || together[j] === 1);
    const chosen = featureFractionByNode < 1 ? drawn(able, featureFractionByNode, hash32(this.#seed, 2 * this.#turn + side + 1)) : able;
    allowed.fill(0);
    for (const j of chosen) allowed[j] = 1;
  }

  #take(rows: number): Slot {
    const isWide = rows > NARROW_ROWS;
    const at = this.#free[isWide ? 1 : 0].pop();
    if (at === undefined) throw new Error('boosting: no room for a histogram');
    return { at, isWide };
  }

  #give({ at, isWide }: Slot): void {
    this.#free[isWide ? 1 : 0].push(at);
  }
}
