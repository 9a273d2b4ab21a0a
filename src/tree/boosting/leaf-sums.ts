import type { ColumnHandle } from '../../kernels/contract.ts';
import { type CodeColumn, type CodeColumns, planColumns } from './code-columns.ts';
import { LARGE, LARGE_WIDE, PARENT, PARENT_WIDE, SMALL, SMALL_WIDE } from './commands.ts';
import { type BoostingArgs, type BoostingMemory, GATHERED, NARROW_ROWS, type PartitionView, strideOf } from './memory.ts';

/** Sums of leaves by code: each thread's own of the rows that it sees to, then those of both sides of a split in their slots. */
export class LeafSums {
  readonly #memory: BoostingMemory;
  readonly #args: BoostingArgs;
  readonly #thread: number;
  readonly #threads: number;
  #columns: CodeColumns | undefined;

  constructor(memory: BoostingMemory, args: BoostingArgs, thread: number, threads: number) {
    this.#memory = memory;
    this.#args = args;
    this.#thread = thread;
    this.#threads = threads;
    for (const { u8, places } of memory.partitions) {
      const { sums } = places.own[thread];
      u8.fill(0, sums, sums + 8 * memory.dims.sums);
    }
  }

  /** How the features lie in the histograms; known once all codes that occur are. */
  get columns(): CodeColumns {
    this.#columns ??= planColumns(this.#args.layout.bins, this.#memory.board.occurs);
    return this.#columns;
  }

  /** Adds a leaf's rows of a block to this thread's sums. */
  add(p: number, b: number, leaf: number, score: number): void {
    const { board, dims, partitions } = this.#memory;
    const at = dims.leaves * b + leaf;
    const n = board.count[0][at];
    if (n === 0) return;
    const { kernels, places, handle, u8 } = partitions[p];
    const { sums, wide, spare } = places.own[this.#thread];
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
    const { lo } = dims.blocks[b];
    const rows = places.order + 2 * board.begin[0][at];
    const pairs = places.pairs + 4 * (handle.rows * score + lo);
    const stride = strideOf(narrow);
    if (narrow > 0) kernels.histogram_u8(sums, places.codes + stride * lo, stride, narrow, pairs, rows, n, spare, GATHERED);
    for (let k = narrow; k < columns.length; k++) {
      const { offset, feature } = columns[k];
      const { ptr } = handle.columns[this.#args.layout.features[feature]] as ColumnHandle;
      kernels.histogram_u16(sums + 8 * offset, ptr + 2 * lo, pairs, rows, n);
    }
  }

  /** Address of the column's sums in a slot. */
  slot(slot: number, isWide: boolean, { offset }: CodeColumn): number {
    const { slots, wideSlots, dims } = this.#memory;
    return isWide ? wideSlots + 16 * (dims.sums * slot + offset) : slots + 8 * (dims.sums * slot + offset);
  }

  /** The column's sums of all threads and partitions go into the slot of the side that was summed; the threads' are 0 again. */
  merge(column: CodeColumn): void {
    const { board, partitions, home } = this.#memory;
    const { size, offset } = column;
    const isWide = board.command[SMALL_WIDE] === 1;
    const to = this.slot(board.command[SMALL], isWide, column);
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
    const { home, staging } = this.#memory;
    if (view === home) return from;
    const to = staging[this.#thread];
    home.u8.set(view.u8.subarray(from, from + bytes), to);
    return to;
  }

  /** The other side is the parent less the one that was summed. It takes the parent's slot, unless it is narrow and the parent wide. */
  subtract(column: CodeColumn): void {
    const { command } = this.#memory.board;
    const { kernels } = this.#memory.home;
    const { size } = column;
    const [smallWide, parentWide, largeWide] = [command[SMALL_WIDE] === 1, command[PARENT_WIDE] === 1, command[LARGE_WIDE] === 1];
    const small = this.slot(command[SMALL], smallWide, column);
    const parent = this.slot(command[PARENT], parentWide, column);
    if (!parentWide) {
      kernels.subtract_i64(parent, small, size);
      return;
    }
    if (smallWide) kernels.add_scaled_f64(parent, small, -1, 2 * size);
    else kernels.widen_sums(parent, small, -1, size);
    if (!largeWide) kernels.narrow_sums(this.slot(command[LARGE], false, column), parent, size);
  }
}
