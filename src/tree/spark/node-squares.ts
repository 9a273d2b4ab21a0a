import type { FitContext } from '../../engine/local/workers/contract.ts';
import type { Aggregator, AggregatorSpec } from '../../kernels/contract.ts';
import { instantiate } from '../../kernels/kernels.ts';
import { type GrowthArgs, growthSizes } from './growth-args.ts';

/** A node's Σ y² is summed in four parts. */
const PARTS = 4;

/** Nodes of one call at most. */
function nodesAtOnce(args: GrowthArgs): number {
  return 2 * growthSizes(args).movedNodes;
}

/** Input: a lane, the first of some nodes of its tree, and how many. Gives Σ y² of the rows that stand at each. */
export const addSquares: Aggregator<GrowthArgs> = {
  inputLength: () => 3,
  outputLength: nodesAtOnce,
  scratchBytes: (_, args) => 8 * PARTS * (nodesAtOnce(args) + 1),
  bind(partition, { ptr }, _, args) {
    const kernels = instantiate(partition.memory);
    const ptrOf = (column: number | undefined) => (column === undefined ? 0 : partition.columns[column].ptr);
    let input = new Float64Array(3);
    return {
      load: (next) => {
        input = next as Float64Array<ArrayBuffer>;
      },
      block(lo, hi, output) {
        const [lane, first, count] = input;
        const parts = new Float64Array(partition.memory.buffer, ptr, PARTS * count).fill(0);
        const nodes = partition.columns[args.nodes[lane]];
        const width = nodes.type === 'u16' ? 2 : 4;
        kernels.add_squares(ptr, ptrOf(args.label), nodes.ptr, width, ptrOf(args.counts?.[lane]), first, count, lo, hi - lo);
        for (let n = 0; n < count; n++) {
          const [a, b, c, d] = parts.subarray(PARTS * n, PARTS * (n + 1));
          output[n] = a + b + (c + d);
        }
      },
    };
  },
};

export function addSquaresSpec(args: GrowthArgs): AggregatorSpec<GrowthArgs> {
  return { module: import.meta.url, name: 'addSquares', args, local: addSquares };
}

/** Σ y² of the rows that stand at each of the nodes `0 … count - 1`, by the aggregator `squares`. */
export function squaresOf(ctx: FitContext, args: GrowthArgs, lane: number, count: number): Float64Array {
  const squares = new Float64Array(count);
  const most = nodesAtOnce(args);
  for (let first = 0; first < count; first += most) {
    const some = Math.min(most, count - first);
    squares.set(ctx.aggregate('squares', Float64Array.of(lane, first, some)).subarray(0, some), first);
  }
  return squares;
}
