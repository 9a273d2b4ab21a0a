import type { BinnedLayout } from '../../engine/engine.ts';
import type { ColumnHandle, PartitionHandle, Region } from '../../kernels/contract.ts';
import { instantiate, type Kernels } from '../../kernels/kernels.ts';
import { binCount } from '../bins.ts';
import { isNarrow, mostSums, TABLE } from './code-columns.ts';
import type { BoostingSpec } from './contract.ts';
import { scoreCount } from './losses.ts';

/** What every thread of a boosting fit is told. Plain data. */
export interface BoostingArgs {
  readonly layout: BinnedLayout;
  readonly spec: BoostingSpec;
  /** Rows of each partition. */
  readonly rows: readonly number[];
}

/** Rows `[lo, lo + rows)` of a partition, whose row numbers are kept in order by leaf: what a leaf has of a block is one run. */
export interface RowBlock {
  readonly partition: number;
  readonly lo: number;
  readonly rows: number;
}

/** Sums of more rows do not fit into 64 bits: see `assembly/histograms.ts`. */
export const NARROW_ROWS = 65536;
/** Rows that are gathered at a time before they are summed. */
export const GATHERED = 256;
const BLOCKS = 16;
const LEAST_BLOCK = 4096;

/** Everything that follows from the arguments alone. */
export interface Dimensions {
  readonly features: number;
  readonly total: number;
  /** Scores a row. */
  readonly scores: number;
  /** Room for sums. */
  readonly sums: number;
  readonly leaves: number;
  readonly blockRows: number;
  readonly blocks: readonly RowBlock[];
  /** Whether rows have weights of their own (0: not in training). */
  readonly weighted: boolean;
  readonly held: boolean;
  /** Whether some rows do not train. */
  readonly hasOthers: boolean;
  readonly narrowFeatures: number;
  /** Words of the largest set of categories. */
  readonly categoryWords: number;
  readonly mostCodes: number;
  /** Slots of histograms: only leaves that may be split keep one. Slots of wide ones. */
  readonly slots: number;
  readonly wideSlots: number;
}

function dimensionsOf({ layout, spec, rows }: BoostingArgs): Dimensions {
  const { bins } = layout;
  const total = rows.reduce((sum, n) => sum + n, 0);
  const blockRows = Math.min(NARROW_ROWS, Math.max(LEAST_BLOCK, Math.ceil(total / BLOCKS / 1024) * 1024));
  const held = spec.heldOut !== undefined || (spec.validationFraction ?? 0) > 0;
  const weighted = held || layout.weight !== undefined || spec.classWeights !== undefined;
  const leaves = Math.min(spec.growth.maxLeaves, Math.max(total, 1));
  return {
    features: bins.length,
    total,
    scores: scoreCount(spec.loss),
    sums: mostSums(bins),
    leaves,
    blockRows,
    blocks: rows.flatMap((n, partition) =>
      Array.from({ length: Math.ceil(n / blockRows) }, (_, b) => ({ partition, lo: b * blockRows, rows: Math.min(blockRows, n - b * blockRows) })),
    ),
    weighted,
    held,
    hasOthers: weighted || spec.rowFraction < 1,
    narrowFeatures: bins.filter(isNarrow).length,
    categoryWords: bins.reduce((most, one) => Math.max(most, one.kind === 'categories' ? (one.categories + 31) >> 5 : 0), 0),
    mostCodes: bins.reduce((most, one) => Math.max(most, binCount(one) + 1), TABLE),
    slots: Math.min(leaves + 1, Math.floor(total / (2 * Math.max(spec.growth.minSamplesLeaf, 1))) + 3),
    wideSlots: total > NARROW_ROWS ? Math.floor(total / (NARROW_ROWS + 1)) + 1 : 0,
  };
}

/** Hands out addresses one after the other, each at the begin of a cache line. */
class Addresses {
  at: number;

  constructor(at: number) {
    this.at = at;
  }

  take(bytes: number): number {
    const found = this.at;
    this.at += Math.ceil(bytes / 64) * 64;
    return found;
  }
}

/** Where the fit's own data of one partition lie in its memory: byte addresses. */
export interface PartitionPlaces {
  /** f64, score c of row i at `c * rows + i`. */
  readonly scores: number;
  /** u32 pairs, of score c likewise. */
  readonly pairs: number;
  /** u16 rows of each block, counted from its first: training rows by leaf, then the others by leaf. */
  readonly order: number;
  /** u32, of each row the number that it has in the frame. */
  readonly numbers: number;
  /** Codes by row, `stride` bytes a row at most. */
  readonly codes: number;
  /** f64; 0 for rows that do not train. Address 0 where all weights are 1. */
  readonly weights: number;
  /** f64, not 0 for rows held out. Address 0 where none is. */
  readonly heldWeights: number;
  /**
   * By thread: its sums, its wide sums (address 0 where none are needed), room for a block's values of a column or for gathered rows, and for sides
   * of codes.
   */
  readonly own: readonly { readonly sums: number; readonly wide: number; readonly spare: number; readonly sides: number }[];
}

/** What the threads tell each other, in the first partition's memory. */
export interface Board {
  /** By thread and partition: rows in its sums, and whether its wide sums hold any. */
  readonly filled: Int32Array;
  readonly widened: Int32Array;
  /** By block and leaf, of training rows (0) and others (1): where the leaf's rows begin in the block's order, and how many they are. */
  readonly begin: readonly [Int32Array, Int32Array];
  readonly count: readonly [Int32Array, Int32Array];
  readonly command: Int32Array;
  /** First block of each piece, and the end. */
  readonly pieces: Int32Array;
  readonly allowed: Uint8Array;
  readonly occurs: Uint8Array;
  readonly sides: Uint8Array;
  readonly numbers: Float64Array;
  readonly leafValues: Float64Array;
  /** By block: training loss, its weight, held-out loss, its weight. */
  readonly losses: Float64Array;
  /** By block: largest gradient and hessian. */
  readonly largest: Float64Array;
  readonly results: Float64Array;
  readonly categories: Uint32Array;
}

/** Bytes of what a scan is asked and of what it answers, side by side. */
const ASK_BYTES = 256;
export const COMMANDS = 32;
export const NUMBERS = 32;
/** Numbers of one found split. */
export const RESULT = 16;
/** Pieces in which columns are searched at most. */
export const MOST_PIECES = 64;

export function bytesOf(partition: PartitionHandle, args: BoostingArgs, threads: number): number {
  return placesOf(partition, 0, args, threads).end;
}

interface Places extends PartitionPlaces {
  readonly home: Home | null;
  readonly end: number;
}

interface Home {
  readonly slots: number;
  readonly wideSlots: number;
  readonly staging: readonly number[];
  readonly asks: readonly number[];
  readonly board: Record<keyof Omit<Board, 'begin' | 'count'> | 'ranges', number>;
}

function placesOf({ rows, index }: PartitionHandle, ptr: number, args: BoostingArgs, threads: number): Places {
  const dims = dimensionsOf(args);
  const { scores, sums, weighted, held, blockRows, narrowFeatures, mostCodes, total } = dims;
  const stride = strideOf(narrowFeatures);
  const addresses = new Addresses(ptr);
  const take = (bytes: number) => addresses.take(bytes);
  const places: PartitionPlaces = {
    scores: take(8 * scores * rows),
    pairs: take(4 * scores * rows),
    order: take(2 * rows),
    numbers: take(4 * rows),
    codes: take(stride * rows),
    weights: weighted ? take(8 * rows) : 0,
    heldWeights: held ? take(8 * rows) : 0,
    own: Array.from({ length: threads }, () => ({
      sums: take(8 * sums),
      wide: total > NARROW_ROWS ? take(16 * sums) : 0,
      spare: take(Math.max(8 * blockRows, GATHERED * (stride + 4) + 24)),
      sides: take(mostCodes),
    })),
  };
  const home = index === 0 ? homeOf(take, dims, args, threads) : null;
  return { ...places, home, end: addresses.at };
}

function homeOf(take: (bytes: number) => number, dims: Dimensions, { rows }: BoostingArgs, threads: number): Home {
  const { sums, leaves, slots, wideSlots, blocks, features, mostCodes, categoryWords } = dims;
  return {
    slots: take(8 * sums * slots),
    wideSlots: take(16 * sums * wideSlots),
    staging: Array.from({ length: threads }, () => take(16 * mostCodes)),
    asks: Array.from({ length: threads }, () => take(ASK_BYTES)),
    board: {
      filled: take(4 * threads * rows.length),
      widened: take(4 * threads * rows.length),
      ranges: take(16 * leaves * blocks.length),
      command: take(4 * COMMANDS),
      pieces: take(4 * (blocks.length + MOST_PIECES + 1)),
      allowed: take(2 * features),
      occurs: take(TABLE * features),
      sides: take(mostCodes),
      numbers: take(8 * NUMBERS),
      leafValues: take(8 * leaves),
      losses: take(32 * blocks.length),
      largest: take(16 * blocks.length),
      results: take(8 * RESULT * 2 * MOST_PIECES),
      categories: take(4 * Math.max(1, categoryWords) * 2 * MOST_PIECES),
    },
  };
}

/** Bytes from one row's codes to the next. */
export function strideOf(columns: number): number {
  return Math.max(8, Math.ceil(columns / 8) * 8);
}

/** One partition as a thread sees it. */
export interface PartitionView {
  readonly handle: PartitionHandle;
  readonly places: PartitionPlaces;
  readonly kernels: Kernels;
  readonly u8: Uint8Array;
  readonly i32: Int32Array;
  readonly u32: Uint32Array;
  readonly f64: Float64Array;
  readonly labels: Float64Array;
}

/** The memory of a fit as a thread sees it. */
export class BoostingMemory {
  readonly dims: Dimensions;
  readonly partitions: readonly PartitionView[];
  readonly home: PartitionView;
  readonly board: Board;
  readonly slots: number;
  readonly wideSlots: number;
  /** By thread, in the home's memory: room for a column of another partition, and for what scans are asked and answer. */
  readonly staging: readonly number[];
  readonly asks: readonly number[];

  constructor(partitions: readonly PartitionHandle[], regions: readonly Region[], args: BoostingArgs, threads: number) {
    this.dims = dimensionsOf(args);
    const places = partitions.map((handle, p) => placesOf(handle, regions[p].ptr, args, threads));
    this.partitions = partitions.map((handle, p): PartitionView => {
      const { buffer } = handle.memory;
      const label = handle.columns[args.layout.label as number] as ColumnHandle;
      return {
        handle,
        places: places[p],
        kernels: instantiate(handle.memory),
        u8: new Uint8Array(buffer),
        i32: new Int32Array(buffer),
        u32: new Uint32Array(buffer),
        f64: new Float64Array(buffer),
        labels: new Float64Array(buffer, label.ptr, handle.rows),
      };
    });
    this.home = this.partitions[0];
    const { slots, wideSlots, staging, asks, board } = places[0].home as Home;
    this.slots = slots;
    this.wideSlots = wideSlots;
    this.staging = staging;
    this.asks = asks;
    const { u8, i32, u32, f64 } = this.home;
    const { blocks, leaves, features, mostCodes, categoryWords } = this.dims;
    const words = (at: number, n: number) => i32.subarray(at >> 2, (at >>> 2) + n);
    const doubles = (at: number, n: number) => f64.subarray(at / 8, at / 8 + n);
    const ranges = leaves * blocks.length;
    const range = (k: number) => words(board.ranges + 4 * ranges * k, ranges);
    const hands = threads * partitions.length;
    this.board = {
      filled: words(board.filled, hands),
      widened: words(board.widened, hands),
      begin: [range(0), range(1)],
      count: [range(2), range(3)],
      command: words(board.command, COMMANDS),
      pieces: words(board.pieces, blocks.length + MOST_PIECES + 1),
      allowed: u8.subarray(board.allowed, board.allowed + 2 * features),
      occurs: u8.subarray(board.occurs, board.occurs + TABLE * features),
      sides: u8.subarray(board.sides, board.sides + mostCodes),
      numbers: doubles(board.numbers, NUMBERS),
      leafValues: doubles(board.leafValues, leaves),
      losses: doubles(board.losses, 4 * blocks.length),
      largest: doubles(board.largest, 2 * blocks.length),
      results: doubles(board.results, RESULT * 2 * MOST_PIECES),
      categories: u32.subarray(board.categories >> 2, (board.categories >>> 2) + Math.max(1, categoryWords) * 2 * MOST_PIECES),
    };
  }
}
