import type { FitContext } from '../../engine/local/workers/contract.ts';
import type { Aggregator, AggregatorSpec } from '../../kernels/contract.ts';
import type { GrowingTree } from './growing-tree.ts';
import type { GrowthArgs } from './growth-args.ts';
import { nodesOf } from './row-nodes.ts';

/** What summing up the votes of a forest's trees needs of the rows beside growing. */
export interface VoteArgs extends GrowthArgs {
  /** (rows, classes) row-major, shared by all threads; absent: nobody asks for votes. */
  readonly votes?: Float64Array;
}

/** Input of a call: which tree, the lane that has it, the first of the nodes, and how many; then each node's votes. */
const HEAD = 4;
/** Votes of one call at most. */
const MOST_VOTES = 1 << 16;

const nodesAtOnce = (numClasses: number) => Math.ceil(MOST_VOTES / numClasses);

/** Adds to each row the votes of the node that it stands in; those of tree 0 are the first. Gives nothing. */
export const addVotes: Aggregator<VoteArgs> = {
  inputLength: ({ numClasses }) => HEAD + nodesAtOnce(numClasses) * numClasses,
  outputLength: () => 0,
  scratchBytes: () => 0,
  bind(partition, _, __, { nodes: lanes, numClasses, votes }) {
    let input = new Float64Array(HEAD);
    return {
      load: (next) => {
        input = next as Float64Array<ArrayBuffer>;
      },
      block(lo, hi) {
        const [tree, lane, first, count] = input;
        const nodes = nodesOf(partition, lanes[lane]);
        for (let i = lo; votes && i < hi; i++) {
          const node = nodes[i] - first;
          if (node < 0 || node >= count) continue;
          const from = HEAD + node * numClasses;
          const at = (partition.firstRow + i) * numClasses;
          for (let c = 0; c < numClasses; c++) votes[at + c] = (tree === 0 ? 0 : votes[at + c]) + input[from + c];
        }
      },
    };
  },
};

export function addVotesSpec(args: VoteArgs): AggregatorSpec<VoteArgs> {
  return { module: import.meta.url, name: 'addVotes', args, local: addVotes };
}

/**
 * Sums up the votes of a tree that has been grown; rows must be at their leaves. A node votes as the leaf that it was merged into, if it was:
 * `leafOf` by node.
 */
export function castVotes(ctx: FitContext, args: VoteArgs, lane: number, tree: number, { nodes }: GrowingTree, leafOf: Int32Array): void {
  const k = args.numClasses;
  const most = nodesAtOnce(k);
  for (let first = 0; first < nodes.length; first += most) {
    const count = Math.min(most, nodes.length - first);
    const input = new Float64Array(HEAD + most * k);
    input.set([tree, lane, first, count]);
    for (let n = 0; n < count; n++) {
      const { stats } = nodes[leafOf[first + n]];
      let total = 0;
      for (let c = 0; c < k; c++) total += stats[c];
      if (total !== 0) for (let c = 0; c < k; c++) input[HEAD + n * k + c] = stats[c] / total;
    }
    ctx.aggregate('vote', input);
  }
}
