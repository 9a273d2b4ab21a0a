import type { RoundHand, RoundSetting, Rounds } from '../../engine/local/workers/contract.ts';
import type { ColumnHandle } from '../../kernels/contract.ts';
import { hash32 } from '../../random.ts';
import { binCount } from '../bins.ts';
import { type BundleMember, type CodeColumn, type CodeColumns, isNarrow, MOST_LEVELS, planColumns, TABLE } from './code-columns.ts';
import { type FeatureSums, findSplit, isPlain, numericSplit } from './find-split.ts';
import { GradientPass } from './gradient-pass.ts';
import { renewedValue } from './losses.ts';
import { type BoostingArgs, BoostingMemory, bytesOf, NARROW_ROWS, type PartitionView, RESULT, type RowBlock, strideOf } from './memory.ts';
import type { GrowingNode, Split, SplitRules } from './split.ts';

/** Phases of rounds; what a piece is stands in brackets. */
export const OCCURS = 0; // [block] which codes of features with few occur
export const PACK = 1; // [block] codes by row; weights
export const STEP = 2; // [block] a selection of the steps below
export const SPLIT = 3; // [run of blocks] a leaf's rows go to its two sides; sums of one of them
export const SEARCH = 4; // [run of columns] sums of all threads and of the other side; best splits
export const RENEW = 5; // [leaf] its value from its rows' residuals
export const WARM = 6; // [block] scores of the model that is gone on from

/** Steps between two trees. */
export const APPLY = 1; // the last tree's leaves to the scores
export const LARGEST = 2; // the largest gradient and hessian
export const GRADIENTS = 4; // pairs and losses
export const ROOT = 8; // all rows to the root, and its sums

/** Words of the board's command. */
export const STEPS = 0;
export const LEAVES = 1;
export const APPLY_SCORE = 2;
export const SCORE = 3;
export const SEED = 4;
export const SAMPLE_SEED = 5;
export const LEAF = 6;
export const NEW_LEAF = 7;
export const FEATURE = 8;
/** 0: the rows that stay in the leaf are summed, 1: those of the new one, -1: none. */
export const SUMMED = 9;
export const TURN = 10;
export const PIECES = 11;
/** Slot and width (1: wide) of the side that was summed, of its parent (slot -1: it has none), of the other side; whether each is searched. */
export const SMALL = 12;
export const SMALL_WIDE = 13;
export const PARENT = 14;
export const PARENT_WIDE = 15;
export const LARGE = 16;
export const LARGE_WIDE = 17;
export const SEARCH_SMALL = 18;
export const SEARCH_LARGE = 19;

/** Numbers of the board: the scales of the pairs, then g, h, count, low, high of the two nodes. */
export const G_SCALE = 0;
export const H_SCALE = 1;
export const SMALL_NODE = 2;
export const LARGE_NODE = 7;

/** Leaves whose rows are so thinly spread within a block are summed with touches ahead. */
const THIN = 0.15;

/** One thread's side of a boosting fit. */
export class BoostingHand implements RoundHand {
  readonly memory: BoostingMemory;
  readonly args: BoostingArgs;
  readonly #thread: number;
  readonly #threads: number;
  readonly #gradients: GradientPass;
  #columns: CodeColumns | undefined;
  #g: Float64Array;
  #h: Float64Array;
  #spare: [Float64Array, Float64Array];
  readonly #rules: { -readonly [K in keyof SplitRules]: SplitRules[K] };
  /** By partition: the turn whose sides are copied there. */
  readonly #sidesOf: Int32Array;

  constructor({ thread, threads, partitions, regions }: RoundSetting, args: BoostingArgs) {
    this.args = args;
    this.memory = new BoostingMemory(partitions, regions, args, threads);
    this.#thread = thread;
    this.#threads = threads;
    this.#gradients = new GradientPass(this.memory, args);
    const { dims } = this.memory;
    this.#g = new Float64Array(dims.mostCodes);
    this.#h = new Float64Array(dims.mostCodes);
    this.#spare = [new Float64Array(dims.mostCodes), new Float64Array(dims.mostCodes)];
    this.#rules = { ...args.spec.growth };
    this.#sidesOf = new Int32Array(partitions.length).fill(-1);
    for (const { u8, places } of this.memory.partitions) {
      const { sums } = places.own[thread];
      u8.fill(0, sums, sums + 8 * dims.sums);
    }
  }

  /** How the features lie in the histograms; known once all codes that occur are. */
  get columns(): CodeColumns {
    this.#columns ??= planColumns(this.args.layout.bins, this.memory.board.occurs);
    return this.#columns;
  }

  run(phase: number, piece: number): void {
    switch (phase) {
      case OCCURS:
        this.#occurs(this.memory.dims.blocks[piece]);
        break;
      case PACK:
        this.#pack(this.memory.dims.blocks[piece]);
        break;
      case STEP:
        this.#step(piece);
        break;
      case SPLIT:
        for (let b = this.memory.board.pieces[piece]; b < this.memory.board.pieces[piece + 1]; b++) this.#split(b);
        break;
      case SEARCH:
        this.#search(piece);
        break;
      case RENEW:
        this.#renew(piece);
        break;
      default:
        this.#gradients.warm(piece);
    }
  }

  #codesOf({ handle, u8 }: PartitionView, feature: number, { lo, rows }: RowBlock): Uint8Array {
    const { ptr } = handle.columns[this.args.layout.features[feature]];
    return u8.subarray(ptr + lo, ptr + lo + rows);
  }

  #occurs(block: RowBlock): void {
    const { partitions, board } = this.memory;
    const seen = new Uint8Array(TABLE);
    this.args.layout.bins.forEach((bins, feature) => {
      if (binCount(bins) > MOST_LEVELS) return;
      const codes = this.#codesOf(partitions[block.partition], feature, block);
      seen.fill(0);
      for (let i = 0; i < codes.length; i++) seen[codes[i]] = 1;
      for (let c = 0; c <= binCount(bins); c++) if (seen[c] === 1) board.occurs[TABLE * feature + c] = 1;
    });
  }

  #pack(block: RowBlock): void {
    const view = this.memory.partitions[block.partition];
    const { columns, narrow } = this.columns;
    const stride = strideOf(narrow);
    const { lo, rows } = block;
    const at = view.places.codes + lo * stride;
    const packed = view.u8.subarray(at, at + rows * stride);
    for (let k = 0; k < narrow; k++) {
      const { feature, members } = columns[k];
      if (!members) {
        view.kernels.spread_u8(at + k, stride, view.handle.columns[this.args.layout.features[feature]].ptr + lo, rows);
        continue;
      }
      members.forEach(({ feature: member, steps }, m) => {
        const codes = this.#codesOf(view, member, block);
        if (m === 0) for (let i = 0, p = k; i < rows; i++, p += stride) packed[p] = steps[codes[i]];
        else for (let i = 0, p = k; i < rows; i++, p += stride) packed[p] += steps[codes[i]];
      });
    }
    this.#gradients.prepare(block);
  }

  #step(b: number): void {
    const { board, dims, partitions } = this.memory;
    const block = dims.blocks[b];
    const view = partitions[block.partition];
    const steps = board.command[STEPS];
    if (steps & APPLY) this.#apply(view, b);
    if (steps & LARGEST) this.#gradients.largest(b);
    if (steps & GRADIENTS) this.#gradients.pairs(b, board.command[SEED], board.numbers[G_SCALE], board.numbers[H_SCALE]);
    if (steps & ROOT) {
      this.#root(view, b);
      this.#sum(block.partition, b, 0, board.command[SCORE]);
    }
  }

  #apply({ handle, kernels, places }: PartitionView, b: number): void {
    const { board, dims } = this.memory;
    const scores = places.scores + 8 * handle.rows * board.command[APPLY_SCORE];
    for (const list of dims.hasOthers ? [0, 1] : [0]) {
      const counts = board.count[list];
      const begins = board.begin[list];
      for (let leaf = 0, at = dims.leaves * b; leaf < board.command[LEAVES]; leaf++, at++) {
        if (counts[at] > 0) kernels.add_at_f64(scores, places.order + 4 * begins[at], board.leafValues[leaf], counts[at]);
      }
    }
  }

  /** Training rows first, those that a sample leaves out and those without weight after them. */
  #root(view: PartitionView, b: number): void {
    const { board, dims } = this.memory;
    const { lo, rows } = dims.blocks[b];
    const { places, u32, f64, handle } = view;
    const order = u32.subarray((places.order >>> 2) + lo, (places.order >>> 2) + lo + rows);
    const { rowFraction } = this.args.spec;
    let training = rows;
    if (!dims.weighted && rowFraction >= 1) view.kernels.count_up_u32(places.order + 4 * lo, lo, rows);
    else {
      const weights = dims.weighted ? f64.subarray(places.weights / 8 + lo, places.weights / 8 + lo + rows) : null;
      const seed = board.command[SAMPLE_SEED];
      const limit = rowFraction * 4294967296;
      const first = handle.firstRow + lo;
      let others = rows;
      training = 0;
      for (let i = 0; i < rows; i++) {
        const trains = (weights === null || weights[i] > 0) && (rowFraction >= 1 || hash32(seed, first + i) < limit);
        if (trains) order[training++] = lo + i;
        else order[--others] = lo + i;
      }
    }
    const at = dims.leaves * b;
    board.begin[0][at] = lo;
    board.count[0][at] = training;
    board.begin[1][at] = lo + training;
    board.count[1][at] = rows - training;
  }

  /** Adds a leaf's rows of a block to this thread's sums. */
  #sum(p: number, b: number, leaf: number, score: number): void {
    const { board, dims, partitions } = this.memory;
    const at = dims.leaves * b + leaf;
    const n = board.count[0][at];
    if (n === 0) return;
    const { kernels, places, handle, u8 } = partitions[p];
    const { sums, wide } = places.own[this.#thread];
    const { columns, narrow, sums: length } = this.columns;
    const own = this.#thread * partitions.length + p;
    if (board.filled[own] + n > NARROW_ROWS) {
      if (board.widened[own] === 0) u8.fill(0, wide, wide + 16 * length);
      kernels.widen_sums(wide, sums, 1, length);
      u8.fill(0, sums, sums + 8 * length);
      board.widened[own] = 1;
      board.filled[own] = 0;
    }
    board.filled[own] += n;
    const rows = places.order + 4 * board.begin[0][at];
    const pairs = places.pairs + 4 * handle.rows * score;
    const apart = n < THIN * dims.blocks[b].rows ? 1 : 0;
    if (narrow > 0) kernels.histogram_u8(sums, places.codes, strideOf(narrow), narrow, pairs, rows, n, apart);
    for (let k = narrow; k < columns.length; k++) {
      const { offset, feature } = columns[k];
      kernels.histogram_u16(sums + 8 * offset, (handle.columns[this.args.layout.features[feature]] as ColumnHandle).ptr, pairs, rows, n);
    }
  }

  #split(b: number): void {
    const { board, dims, partitions } = this.memory;
    const { command } = board;
    const p = dims.blocks[b].partition;
    const { kernels, places, handle } = partitions[p];
    const feature = command[FEATURE];
    const { ptr } = handle.columns[this.args.layout.features[feature]];
    const sides = this.#sides(p);
    const { spare } = places.own[this.#thread];
    const divide = isNarrow(this.args.layout.bins[feature]) ? kernels.divide_u8 : kernels.divide_u16;
    const at = dims.leaves * b + command[LEAF];
    const to = dims.leaves * b + command[NEW_LEAF];
    for (let list = 0; list < (dims.hasOthers ? 2 : 1); list++) {
      const n = board.count[list][at];
      const begin = board.begin[list][at];
      const left = n === 0 ? 0 : divide(ptr, sides, places.order + 4 * begin, spare, n);
      board.count[list][at] = left;
      board.begin[list][to] = begin + left;
      board.count[list][to] = n - left;
    }
    if (command[SUMMED] >= 0) this.#sum(p, b, command[command[SUMMED] === 0 ? LEAF : NEW_LEAF], command[SCORE]);
  }

  /** Address of the split's sides in a partition's memory. */
  #sides(p: number): number {
    const { board, partitions } = this.memory;
    if (p === 0) return board.sides.byteOffset;
    const { places, u8 } = partitions[p];
    const { sides } = places.own[this.#thread];
    if (this.#sidesOf[p] !== board.command[TURN]) {
      u8.set(board.sides, sides);
      this.#sidesOf[p] = board.command[TURN];
    }
    return sides;
  }

  /** Columns `[from, to)` of a piece. */
  #columnsOf(piece: number): [number, number] {
    const { columns } = this.columns;
    const pieces = this.memory.board.command[PIECES];
    return [Math.floor((piece * columns.length) / pieces), Math.floor(((piece + 1) * columns.length) / pieces)];
  }

  #search(piece: number): void {
    const { board } = this.memory;
    const { command } = board;
    const [from, to] = this.#columnsOf(piece);
    const { columns } = this.columns;
    const hasLarge = command[PARENT] >= 0;
    const found: (Found | null)[] = [null, null];
    const nodes = [this.#node(SMALL_NODE), this.#node(LARGE_NODE)];
    const searched = [command[SEARCH_SMALL] === 1, hasLarge && command[SEARCH_LARGE] === 1];
    for (const side of [0, 1]) if (searched[side]) this.#writeAsk(nodes[side], side);
    for (let k = from; k < to; k++) {
      const column = columns[k];
      this.#merge(column);
      if (hasLarge) this.#subtract(column);
      for (const side of [0, 1]) {
        if (!searched[side]) continue;
        const slot = command[side === 0 ? SMALL : LARGE];
        const isWide = command[side === 0 ? SMALL_WIDE : LARGE_WIDE] === 1;
        found[side] = this.#best(column, slot, isWide, nodes[side], side, found[side]);
      }
    }
    for (const side of [0, 1]) this.#tell(2 * piece + side, found[side]);
  }

  #node(at: number): GrowingNode {
    const { numbers } = this.memory.board;
    return { g: numbers[at], h: numbers[at + 1], count: numbers[at + 2], low: numbers[at + 3], high: numbers[at + 4] };
  }

  #slot(slot: number, isWide: boolean, { offset }: CodeColumn): number {
    const { slots, wideSlots, dims } = this.memory;
    return isWide ? wideSlots + 16 * (dims.sums * slot + offset) : slots + 8 * (dims.sums * slot + offset);
  }

  /** The column's sums of all threads and partitions go into the slot of the side that was summed; the threads' are 0 again. */
  #merge(column: CodeColumn): void {
    const { board, partitions, home } = this.memory;
    const { size, offset } = column;
    const isWide = board.command[SMALL_WIDE] === 1;
    const to = this.#slot(board.command[SMALL], isWide, column);
    const { kernels, u8 } = home;
    let isFresh = true;
    if (isWide) u8.fill(0, to, to + 16 * size);
    for (let t = 0; t < this.#threads; t++) {
      for (let p = 0; p < partitions.length; p++) {
        const own = t * partitions.length + p;
        const view = partitions[p];
        const { sums, wide } = view.places.own[t];
        if (board.widened[own] === 1) kernels.add_scaled_f64(to, this.#atHome(view, wide + 16 * offset, 16 * size), 1, 2 * size);
        if (board.filled[own] === 0) continue;
        const from = sums + 8 * offset;
        const here = this.#atHome(view, from, 8 * size);
        if (isWide) kernels.widen_sums(to, here, 1, size);
        else kernels.drain_i64(to, here, isFresh ? 1 : 0, size);
        if (isWide || p > 0) view.u8.fill(0, from, from + 8 * size);
        isFresh = false;
      }
    }
    if (isFresh && !isWide) u8.fill(0, to, to + 8 * size);
  }

  /** The address of bytes of a partition in the home's memory, copied there if need be. */
  #atHome(view: PartitionView, from: number, bytes: number): number {
    const { home, staging } = this.memory;
    if (view === home) return from;
    const to = staging[this.#thread];
    home.u8.set(view.u8.subarray(from, from + bytes), to);
    return to;
  }

  /** The other side is the parent less the one that was summed. It takes the parent's slot, unless it is narrow and the parent wide. */
  #subtract(column: CodeColumn): void {
    const { command } = this.memory.board;
    const { kernels } = this.memory.home;
    const { size } = column;
    const [smallWide, parentWide, largeWide] = [command[SMALL_WIDE] === 1, command[PARENT_WIDE] === 1, command[LARGE_WIDE] === 1];
    const small = this.#slot(command[SMALL], smallWide, column);
    const parent = this.#slot(command[PARENT], parentWide, column);
    if (!parentWide) {
      kernels.subtract_i64(parent, small, size);
      return;
    }
    if (smallWide) kernels.add_scaled_f64(parent, small, -1, 2 * size);
    else kernels.widen_sums(parent, small, -1, size);
    if (!largeWide) kernels.narrow_sums(this.#slot(command[LARGE], false, column), parent, size);
  }

  /** The better of `found` and the best split of the column's features. */
  #best(column: CodeColumn, slot: number, isWide: boolean, node: GrowingNode, side: number, found: Found | null): Found | null {
    const at = this.#slot(slot, isWide, column);
    const { bins } = this.args.layout;
    const { feature, members } = column;
    if (!members) {
      const one = bins[feature];
      const rules = this.#rulesFor(feature, side, found);
      if (!rules) return found;
      if (!isWide && one.kind === 'numeric' && isPlain(node, rules, this.#monotone(feature))) {
        const split = this.#scan(at, binCount(one), node, side, rules);
        return split ? { feature, split } : found;
      }
      this.#extract(at, isWide, binCount(one) + 1);
      return this.#better(feature, node, rules, found);
    }
    let best = found;
    this.#extract(at, isWide, column.size);
    const combinations = { g: this.#g, h: this.#h };
    [this.#g, this.#h] = this.#spare;
    // Members from the last on: what was summed over is gone for those before it.
    for (let m = members.length - 1; m >= 0; m--) {
      const member = members[m];
      const rules = this.#rulesFor(member.feature, side, best);
      if (rules) {
        this.#marginal(combinations, member, binCount(bins[member.feature]) + 1);
        best = this.#better(member.feature, node, rules, best);
      }
      reduce(combinations, member);
    }
    this.#spare = [this.#g, this.#h];
    this.#g = combinations.g;
    this.#h = combinations.h;
    return best;
  }

  /** The rules by which a split of the feature is better than what was found; null where the feature is not allowed. Ties go to the feature of the lower number. */
  #rulesFor(feature: number, side: number, found: Found | null): SplitRules | null {
    const { board, dims } = this.memory;
    if (board.allowed[dims.features * side + feature] === 0) return null;
    const { minSplitGain } = this.args.spec.growth;
    const gain = !found ? minSplitGain : found.feature < feature ? found.split.gain : lower(found.split.gain);
    this.#rules.minSplitGain = Math.max(minSplitGain, gain);
    return this.#rules;
  }

  #monotone(feature: number): number {
    return this.args.spec.growth.monotone?.[feature] ?? 0;
  }

  /** The better of `found` and the best split by the sums of a feature that are extracted. */
  #better(feature: number, node: GrowingNode, rules: SplitRules, found: Found | null): Found | null {
    const bins = this.args.layout.bins[feature];
    const split = findSplit({ g: this.#g, h: this.#h }, binCount(bins), bins.kind === 'categories', node, rules, this.#monotone(feature));
    return split ? { feature, split } : found;
  }

  /** `bestNumericSplit` on the sums themselves. What is asked of the side is written once a round. */
  #scan(at: number, bins: number, node: GrowingNode, side: number, rules: SplitRules): Split | null {
    const { home, asks } = this.memory;
    const ask = asks[this.#thread] + 128 * side;
    const out = ask + 72;
    if (home.kernels.scan_numeric(at, bins, ask, rules.minSplitGain, out) === 0) return null;
    const { f64 } = home;
    const hasMissing = home.u32[(at >>> 2) + 2 * bins] > 0;
    const told = out / 8;
    return numericSplit(node, rules, f64[told], f64[told + 1], hasMissing ? f64[told + 2] === 1 : null, f64[told + 3], f64[told + 4]);
  }

  #writeAsk(node: GrowingNode, side: number): void {
    const { home, asks, board } = this.memory;
    const { minSamplesLeaf, minChildWeight, l2 } = this.args.spec.growth;
    const at = (asks[this.#thread] + 128 * side) / 8;
    home.f64[at] = 1 / board.numbers[G_SCALE];
    home.f64[at + 1] = 1 / board.numbers[H_SCALE];
    home.f64[at + 2] = node.g;
    home.f64[at + 3] = node.h;
    home.f64[at + 4] = node.count;
    home.f64[at + 5] = node.h > 0 ? node.count / node.h : 0;
    home.f64[at + 6] = Math.max(minSamplesLeaf, 1);
    home.f64[at + 7] = minChildWeight;
    home.f64[at + 8] = l2;
  }

  /** The first `codes` sums, in real units, into the thread's own arrays. */
  #extract(at: number, isWide: boolean, codes: number): void {
    const { home, board } = this.memory;
    const g = this.#g;
    const h = this.#h;
    const gUnit = 1 / board.numbers[G_SCALE];
    const hUnit = 1 / board.numbers[H_SCALE];
    const { i32, u32, f64 } = home;
    if (isWide) {
      for (let c = 0, p = at / 8; c < codes; c++, p += 2) {
        g[c] = f64[p] * gUnit;
        h[c] = f64[p + 1] * hUnit;
      }
    } else {
      for (let c = 0, p = at >>> 2; c < codes; c++, p += 2) {
        g[c] = i32[p + 1] * gUnit;
        h[c] = u32[p] * hUnit;
      }
    }
  }

  /** Sums of a member by code, into the thread's own arrays, out of those by combination of the members up to it. */
  #marginal(combinations: FeatureSums, { factor, codes }: BundleMember, length: number): void {
    this.#g.fill(0, 0, length);
    this.#h.fill(0, 0, length);
    for (let level = 0, p = 0; level < codes.length; level++) {
      let g = 0;
      let h = 0;
      for (const end = p + factor; p < end; p++) {
        g += combinations.g[p];
        h += combinations.h[p];
      }
      this.#g[codes[level]] = g;
      this.#h[codes[level]] = h;
    }
  }

  #tell(place: number, found: Found | null): void {
    const { results, categories } = this.memory.board;
    const at = RESULT * place;
    if (!found) {
      results[at] = Number.NEGATIVE_INFINITY;
      return;
    }
    const { feature, split } = found;
    const { left, right } = split;
    results.set([split.gain, feature, split.bin, split.missingLeft ? 1 : 0], at);
    results.set([left.g, left.h, left.count, left.value, right.g, right.h, right.count, right.value], at + 4);
    results[at + 12] = split.categories ? split.categories.length : -1;
    if (split.categories) categories.set(split.categories, Math.max(1, this.memory.dims.categoryWords) * place);
  }

  #renew(leaf: number): void {
    const { board, dims, partitions } = this.memory;
    const { command, leafValues } = board;
    let n = 0;
    for (let b = 0; b < dims.blocks.length; b++) n += board.count[0][dims.leaves * b + leaf];
    const residuals = new Float64Array(n);
    const weights = dims.weighted ? new Float64Array(n) : null;
    let k = 0;
    dims.blocks.forEach(({ partition }, b) => {
      const { places, u32, f64, labels, handle } = partitions[partition];
      const at = dims.leaves * b + leaf;
      const from = (places.order >>> 2) + board.begin[0][at];
      const scores = places.scores / 8 + handle.rows * command[SCORE];
      for (let i = from; i < from + board.count[0][at]; i++) {
        const row = u32[i];
        residuals[k] = labels[row] - f64[scores + row];
        if (weights) weights[k] = f64[places.weights / 8 + row];
        k++;
      }
    });
    leafValues[leaf] = renewedValue(this.args.spec.loss, residuals, weights);
  }
}

interface Found {
  readonly feature: number;
  readonly split: Split;
}

/** Adds up sums by combination over the levels of the last member. */
function reduce({ g, h }: FeatureSums, { factor, codes }: BundleMember): void {
  for (let p = factor, c = 0; p < factor * codes.length; p++) {
    g[c] += g[p];
    h[c] += h[p];
    if (++c === factor) c = 0;
  }
}

/** The largest number below x > 0. */
function lower(x: number): number {
  DOUBLE[0] = x;
  if (WORDS[0] === 0) WORDS[1]--;
  WORDS[0]--;
  return DOUBLE[0];
}
const DOUBLE = new Float64Array(1);
const WORDS = new Uint32Array(DOUBLE.buffer);

export const boostingRounds: Rounds<BoostingArgs> = {
  bytes: bytesOf,
  bind: (setting, args) => new BoostingHand(setting, args),
};
