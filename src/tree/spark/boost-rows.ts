import type { Aggregator, AggregatorSpec } from '../../kernels/contract.ts';
import { boostingLosses } from './boosting-loss.ts';
import { RowDraw, treeSeed } from './draws.ts';
import { countsOf, type DrawArgs, doublesOf, nodesOf } from './row-nodes.ts';

/** What boosting needs of the rows beside growing; `label` of the growth is the column of residuals. */
export interface BoostRowsArgs extends DrawArgs {
  readonly loss: keyof typeof boostingLosses;
  /** Columns: labels as given, predictions, and one that is not 0 in rows held out. */
  readonly target: number;
  readonly predictions: number;
  readonly heldOut?: number;
  /** Nodes of a tree at most. */
  readonly mostNodes: number;
}

/** Sums that a call gives: weight · loss and weight of the rows that train, and of those held out. */
export const LOSS_SUMS = 4;

/** Input of a call: the number of the tree that comes (it is grown from the residuals), the weight of the tree just grown (NaN: there is none), then what its nodes predict. */
export function boostInput(next: number, weight: number, values: Float64Array, { mostNodes }: BoostRowsArgs): Float64Array {
  const input = new Float64Array(2 + mostNodes);
  input[0] = next;
  input[1] = weight;
  input.set(values, 2);
  return input;
}

/** Adds a tree to the predictions, and prepares the rows for the next one: residuals, all rows at the root, and drawn anew. */
export const boostRows: Aggregator<BoostRowsArgs> = {
  inputLength: ({ mostNodes }) => 2 + mostNodes,
  outputLength: () => LOSS_SUMS,
  scratchBytes: () => 0,
  bind(partition, _, __, args) {
    const loss = boostingLosses[args.loss];
    const classes = args.loss === 'logistic';
    const draw = args.subsamplingRate < 1 || args.bootstrap ? new RowDraw(args.subsamplingRate, args.bootstrap) : null;
    const optional = (column: number | undefined) => (column === undefined ? null : doublesOf(partition, column));
    let input: Float64Array = new Float64Array(2);
    return {
      load: (next) => {
        input = next;
      },
      block(lo, hi, output) {
        const [next = 0, treeWeight = 0] = input;
        const values = input.subarray(2);
        const starts = Number.isNaN(treeWeight);
        const targets = doublesOf(partition, args.target);
        const predictions = doublesOf(partition, args.predictions);
        const residuals = doublesOf(partition, args.label);
        const weights = optional(args.weight);
        const held = optional(args.heldOut);
        const nodes = nodesOf(partition, args.nodes[0] as number);
        const counts = args.counts ? countsOf(partition, args.counts[0] as number) : null;
        const seed = treeSeed(args.seed, next);
        for (let i = lo; i < hi; i++) {
          const y = classes ? 2 * (targets[i] as number) - 1 : (targets[i] as number);
          const isHeld = held !== null && held[i] !== 0;
          if (starts) {
            predictions[i] = 0;
            residuals[i] = y;
          } else {
            const f = (predictions[i] as number) + (values[nodes[i] as number] as number) * treeWeight;
            const w = weights ? (weights[i] as number) : 1;
            const at = isHeld ? 2 : 0;
            predictions[i] = f;
            residuals[i] = loss.residual(f, y);
            output[at] = (output[at] as number) + loss.of(f, y) * w;
            output[at + 1] = (output[at + 1] as number) + w;
          }
          nodes[i] = 0;
          if (counts) counts[i] = isHeld ? 0 : draw ? draw.count(seed, partition.firstRow + i) : 1;
        }
      },
    };
  },
};

export function boostRowsSpec(args: BoostRowsArgs): AggregatorSpec<BoostRowsArgs> {
  return { module: import.meta.url, name: 'boostRows', args, local: boostRows };
}
