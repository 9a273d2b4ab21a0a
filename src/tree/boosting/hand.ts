import type { RoundHand, RoundSetting, Rounds } from '../../engine/local/workers/contract.ts';
import { hash32 } from '../../random.ts';
import { binCount } from '../bins.ts';
import { arrangeRows } from './arrange-rows.ts';
import { type CodeColumns, isNarrow, MOST_LEVELS, TABLE } from './code-columns.ts';
import * as commands from './commands.ts';
import { GradientPass } from './gradient-pass.ts';
import { LeafSums } from './leaf-sums.ts';
import { renewedValue } from './losses.ts';
import { type BoostingArgs, BoostingMemory, bytesOf, type PartitionView, type RowBlock, strideOf } from './memory.ts';
import { SplitSearch } from './split-search.ts';

/** Rows whose codes are put together at a time. */
const PACKED = 4096;

/** One thread's side of a boosting fit. */
export class BoostingHand implements RoundHand {
  readonly memory: BoostingMemory;
  readonly args: BoostingArgs;
  readonly #thread: number;
  readonly #gradients: GradientPass;
  readonly #sums: LeafSums;
  readonly #search: SplitSearch;
  /** By partition: the turn whose sides are copied there. */
  readonly #sidesOf: Int32Array;

  constructor({ thread, threads, partitions, regions }: RoundSetting, args: BoostingArgs) {
    this.args = args;
    this.memory = new BoostingMemory(partitions, regions, args, threads);
    this.#thread = thread;
    this.#gradients = new GradientPass(this.memory, args);
    this.#sums = new LeafSums(this.memory, args, thread, threads);
    this.#search = new SplitSearch(this.memory, args, thread, this.#sums);
    this.#sidesOf = new Int32Array(partitions.length).fill(-1);
  }

  /** How the features lie in the histograms; known once all codes that occur are. */
  get columns(): CodeColumns {
    return this.#sums.columns;
  }

  run(phase: number, piece: number): void {
    switch (phase) {
      case commands.OCCURS:
        this.#occurs(this.memory.dims.blocks[piece]);
        break;
      case commands.PACK:
        this.#prepare(this.memory.dims.blocks[piece]);
        break;
      case commands.STEP:
        this.#step(piece);
        break;
      case commands.SPLIT:
        for (let b = this.memory.board.pieces[piece]; b < this.memory.board.pieces[piece + 1]; b++) this.#split(b);
        break;
      case commands.SEARCH:
        this.#search.search(piece);
        break;
      case commands.RENEW:
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

  #prepare(block: RowBlock): void {
    const { kernels, places, handle } = this.memory.partitions[block.partition];
    kernels.count_up_u32(places.numbers + 4 * block.lo, handle.firstRow + block.lo, block.rows);
    this.#pack(block);
    this.#gradients.prepare(block);
  }

  /** Codes by row, from those by column: some rows at a time, which stay in the cache while one column after the other is written. */
  #pack({ partition, lo, rows }: RowBlock): void {
    for (let from = lo; from < lo + rows; from += PACKED) this.#packSome({ partition, lo: from, rows: Math.min(PACKED, lo + rows - from) });
  }

  #packSome(block: RowBlock): void {
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
  }

  #step(b: number): void {
    const { board, dims, partitions } = this.memory;
    const block = dims.blocks[b];
    const view = partitions[block.partition];
    const steps = board.command[commands.STEPS];
    if (steps & commands.APPLY) this.#apply(view, b);
    if (steps & commands.ARRANGE) {
      arrangeRows(this.memory, this.args, b, this.#thread);
      this.#pack(block);
    }
    if (steps & commands.LARGEST) this.#gradients.largest(b);
    if (steps & commands.GRADIENTS)
      this.#gradients.pairs(b, board.command[commands.SEED], board.numbers[commands.G_SCALE], board.numbers[commands.H_SCALE]);
    if (steps & commands.ROOT) {
      this.#root(view, b);
      this.#sums.add(block.partition, b, 0, board.command[commands.SCORE]);
    }
  }

  #apply({ handle, kernels, places }: PartitionView, b: number): void {
    const { board, dims } = this.memory;
    const scores = places.scores + 8 * (handle.rows * board.command[commands.APPLY_SCORE] + dims.blocks[b].lo);
    for (const list of dims.hasOthers ? [0, 1] : [0]) {
      const counts = board.count[list];
      const begins = board.begin[list];
      for (let leaf = 0, at = dims.leaves * b; leaf < board.command[commands.LEAVES]; leaf++, at++) {
        if (counts[at] > 0) kernels.add_at_f64(scores, places.order + 2 * begins[at], board.leafValues[leaf], counts[at]);
      }
    }
  }

  /** Training rows first, those that a sample leaves out and those without weight after them. */
  #root(view: PartitionView, b: number): void {
    const { board, dims } = this.memory;
    const { lo, rows } = dims.blocks[b];
    const { places, u8, u32, f64 } = view;
    const order = new Uint16Array(u8.buffer, places.order + 2 * lo, rows);
    const { rowFraction } = this.args.spec;
    let training = rows;
    if (!dims.weighted && rowFraction >= 1) view.kernels.count_up_u16(places.order + 2 * lo, rows);
    else {
      const weights = dims.weighted ? f64.subarray(places.weights / 8 + lo, places.weights / 8 + lo + rows) : null;
      const seed = board.command[commands.SAMPLE_SEED];
      const limit = rowFraction * 4294967296;
      const numbers = u32.subarray((places.numbers >>> 2) + lo, (places.numbers >>> 2) + lo + rows);
      let others = rows;
      training = 0;
      for (let i = 0; i < rows; i++) {
        const trains = (weights === null || weights[i] > 0) && (rowFraction >= 1 || hash32(seed, numbers[i]) < limit);
        if (trains) order[training++] = i;
        else order[--others] = i;
      }
    }
    const at = dims.leaves * b;
    board.begin[0][at] = lo;
    board.count[0][at] = training;
    board.begin[1][at] = lo + training;
    board.count[1][at] = rows - training;
  }

  #split(b: number): void {
    const { board, dims, partitions } = this.memory;
    const { command } = board;
    const { partition: p, lo } = dims.blocks[b];
    const { kernels, places, handle } = partitions[p];
    const feature = command[commands.FEATURE];
    const { ptr } = handle.columns[this.args.layout.features[feature]];
    const sides = this.#sides(p);
    const { spare } = places.own[this.#thread];
    const [divide, codes] = isNarrow(this.args.layout.bins[feature]) ? [kernels.divide_u8, ptr + lo] : [kernels.divide_u16, ptr + 2 * lo];
    const at = dims.leaves * b + command[commands.LEAF];
    const to = dims.leaves * b + command[commands.NEW_LEAF];
    for (let list = 0; list < (dims.hasOthers ? 2 : 1); list++) {
      const n = board.count[list][at];
      const begin = board.begin[list][at];
      const left = n === 0 ? 0 : divide(codes, sides, places.order + 2 * begin, spare, n);
      board.count[list][at] = left;
      board.begin[list][to] = begin + left;
      board.count[list][to] = n - left;
    }
    if (command[commands.SUMMED] >= 0)
      this.#sums.add(p, b, command[command[commands.SUMMED] === 0 ? commands.LEAF : commands.NEW_LEAF], command[commands.SCORE]);
  }

  /** Address of the split's sides in a partition's memory. */
  #sides(p: number): number {
    const { board, partitions } = this.memory;
    if (p === 0) return board.sides.byteOffset;
    const { places, u8 } = partitions[p];
    const { sides } = places.own[this.#thread];
    if (this.#sidesOf[p] !== board.command[commands.TURN]) {
      u8.set(board.sides, sides);
      this.#sidesOf[p] = board.command[commands.TURN];
    }
    return sides;
  }

  #renew(leaf: number): void {
    const { board, dims, partitions } = this.memory;
    const { command, leafValues } = board;
    let n = 0;
    for (let b = 0; b < dims.blocks.length; b++) n += board.count[0][dims.leaves * b + leaf];
    const residuals = new Float64Array(n);
    const weights = dims.weighted ? new Float64Array(n) : null;
    let k = 0;
    dims.blocks.forEach(({ partition, lo }, b) => {
      const { places, u8, f64, labels, handle } = partitions[partition];
      const at = dims.leaves * b + leaf;
      const scores = places.scores / 8 + handle.rows * command[commands.SCORE];
      for (const own of new Uint16Array(u8.buffer, places.order + 2 * board.begin[0][at], board.count[0][at])) {
        const row = lo + own;
        residuals[k] = labels[row] - f64[scores + row];
        if (weights) weights[k] = f64[places.weights / 8 + row];
        k++;
      }
    });
    leafValues[leaf] = renewedValue(this.args.spec.loss, residuals, weights);
  }
}

export const boostingRounds: Rounds<BoostingArgs> = {
  bytes: bytesOf,
  bind: (setting, args) => new BoostingHand(setting, args),
};
