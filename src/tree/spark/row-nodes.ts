import type { Aggregator, AggregatorSpec, ColumnHandle, PartitionHandle } from '../../kernels/contract.ts';
import { instantiate } from '../../kernels/kernels.ts';
import { type DrawnRows, drawnRows } from './drawn-rows.ts';
import { RowDraw, treeSeed } from './draws.ts';
import { type GrowthArgs, growthSizes } from './growth-args.ts';

/** Where the rows of some nodes of one tree go: nodes `first … first + splits.length - 1`. */
export interface RowMoves {
  readonly lane: number;
  readonly first: number;
  readonly splits: readonly (RowMove | null)[];
}

export interface RowMove {
  readonly feature: number;
  /** Highest bin on the left; -1 of a category split. */
  readonly bin: number;
  readonly words: Uint32Array;
  readonly left: number;
  readonly right: number;
}

const LANE_WORDS = 4;
const NODE_WORDS = 4;
const ENTRY_BYTES = 16;

function inputLength(args: GrowthArgs): number {
  const { movedNodes, words } = growthSizes(args);
  return 1 + LANE_WORDS * args.nodes.length + movedNodes * (NODE_WORDS + words);
}

/** Moves as the input of `moveRows`; no more nodes than one call takes. */
export function writeMoves(moves: readonly RowMoves[], args: GrowthArgs): Float64Array {
  const { words } = growthSizes(args);
  const input = new Float64Array(inputLength(args));
  input[0] = moves.length;
  const start = 1 + LANE_WORDS * args.nodes.length;
  let at = 0;
  moves.forEach(({ lane, first, splits }, m) => {
    input.set([lane, first, splits.length, at], 1 + LANE_WORDS * m);
    for (const split of splits) {
      const from = start + at++ * (NODE_WORDS + words);
      input[from] = -1;
      if (!split) continue;
      input.set([split.feature, split.bin, split.left, split.right], from);
      input.set(split.words, from + NODE_WORDS);
    }
  });
  return input;
}

/** Sends every row of the nodes that were split to one of the children. Gives nothing. */
export const moveRows: Aggregator<GrowthArgs> = {
  inputLength,
  outputLength: () => 0,
  scratchBytes(_, args) {
    const { movedNodes, words } = growthSizes(args);
    return movedNodes * (ENTRY_BYTES + 4 * words);
  },
  bind(partition, { ptr }, _, args) {
    const kernels = instantiate(partition.memory);
    const { movedNodes, words } = growthSizes(args);
    const bits = ptr + movedNodes * ENTRY_BYTES;
    let lanes: { nodes: ColumnHandle; first: number; span: number; table: number }[] = [];
    return {
      load(input) {
        const start = 1 + LANE_WORDS * args.nodes.length;
        lanes = Array.from({ length: input[0] }, (_, m) => {
          const [lane, first, span, at] = input.subarray(1 + LANE_WORDS * m, 1 + LANE_WORDS * (m + 1));
          const table = new Uint32Array(partition.memory.buffer, ptr + at * ENTRY_BYTES, 4 * span);
          for (let k = 0; k < span; k++) {
            const move = start + (at + k) * (NODE_WORDS + words);
            const [feature, bin, left, right] = input.subarray(move, move + NODE_WORDS);
            if (feature < 0) {
              table[4 * k] = 0;
              continue;
            }
            const own = bits + 4 * words * (at + k);
            if (bin < 0) new Uint32Array(partition.memory.buffer, own, words).set(input.subarray(move + NODE_WORDS, move + NODE_WORDS + words));
            const codes = partition.columns[args.codes[feature]];
            table.set([codes.ptr + (codes.type === 'u16' ? 1 : 0) + (bin < 0 ? 2 : 0), left, right, bin < 0 ? own : bin], 4 * k);
          }
          return { nodes: partition.columns[args.nodes[lane]], first, span, table: ptr + at * ENTRY_BYTES };
        });
      },
      block(lo, hi) {
        for (const { nodes, first, span, table } of lanes) {
          kernels.advance_nodes(nodes.ptr, nodes.type === 'u16' ? 2 : 4, table, first, span, lo, hi - lo);
        }
      },
    };
  },
};

export function moveRowsSpec(args: GrowthArgs): AggregatorSpec<GrowthArgs> {
  return { module: import.meta.url, name: 'moveRows', args, local: moveRows };
}

/** How rows are drawn for trees. */
export interface DrawArgs extends GrowthArgs {
  /** How often rows count, where that was drawn as Spark draws it. */
  readonly drawn?: DrawnRows;
  readonly subsamplingRate: number;
  readonly bootstrap: boolean;
}

/** Puts all rows at the root of the trees that begin, and draws them anew. Input: the number of each lane's tree, -1 for none. */
export const beginTrees: Aggregator<DrawArgs> = {
  inputLength: ({ nodes }) => nodes.length,
  outputLength: () => 0,
  scratchBytes: () => 0,
  bind(partition, _, __, args) {
    const draw = new RowDraw(args.subsamplingRate, args.bootstrap);
    let trees: Float64Array = new Float64Array(0);
    return {
      load: (input) => {
        trees = input;
      },
      block(lo, hi) {
        trees.forEach((tree, lane) => {
          if (tree < 0) return;
          nodesOf(partition, args.nodes[lane]).fill(0, lo, hi);
          if (!args.counts) return;
          const counts = countsOf(partition, args.counts[lane]);
          const { firstRow } = partition;
          if (args.drawn) {
            counts.set(drawnRows(args.drawn, tree, firstRow + lo, firstRow + hi), lo);
            return;
          }
          const seed = treeSeed(args.seed, tree);
          for (let i = lo; i < hi; i++) counts[i] = draw.count(seed, firstRow + i);
        });
      },
    };
  },
};

export function beginTreesSpec(args: DrawArgs): AggregatorSpec<DrawArgs> {
  return { module: import.meta.url, name: 'beginTrees', args, local: beginTrees };
}

/** The node of each row, as a view. */
export function nodesOf({ memory, columns }: PartitionHandle, column: number): Uint16Array | Uint32Array {
  const { ptr, length, type } = columns[column];
  return type === 'u16' ? new Uint16Array(memory.buffer, ptr, length) : new Uint32Array(memory.buffer, ptr, length);
}

/** How often each row counts, as a view. */
export function countsOf({ memory, columns }: PartitionHandle, column: number): Uint8Array {
  const { ptr, length } = columns[column];
  return new Uint8Array(memory.buffer, ptr, length);
}

/** Doubles by row, as a view. */
export function doublesOf({ memory, columns }: PartitionHandle, column: number): Float64Array {
  const { ptr, length } = columns[column];
  return new Float64Array(memory.buffer, ptr, length);
}
