import type { Aggregator, AggregatorSpec } from '../../kernels/contract.ts';
import { instantiate } from '../../kernels/kernels.ts';
import { boostingLosses } from './boosting-loss.ts';
import { drawnRows } from './drawn-rows.ts';
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

/**
 * Input of a call: the number of the tree that comes (it is grown from the residuals), the weight of the tree just grown (NaN: there is none), then
 * what its nodes predict.
 */
export function boostInput(next: number, weight: number, values: Float64Array, { mostNodes }: BoostRowsArgs): Float64Array {
  const input = new Float64Array(2 + mostNodes);
  input[0] = next;
  input[1] = weight;
  input.set(values, 2);
  return input;
}

/**
 * Adds a tree to the predictions, and prepares the rows for the next one: residuals, all rows at the root, and drawn anew. Gives Σ weight · loss and
 * Σ weight of the rows held out, after the tree was added.
 */
export const boostRows: Aggregator<BoostRowsArgs> = {
  inputLength: ({ mostNodes }) => 2 + mostNodes,
  outputLength: () => 2,
  scratchBytes: (_, { mostNodes }) => 8 * mostNodes,
  bind(partition, { ptr }, __, args) {
    const kernels = instantiate(partition.memory);
    const values = new Float64Array(partition.memory.buffer, ptr, args.mostNodes);
    const column = (at: number) => partition.columns[at];
    const loss = boostingLosses[args.loss];
    const draw = args.subsamplingRate < 1 ? new RowDraw(args.subsamplingRate, false) : null;
    const optional = (column: number | undefined) => (column === undefined ? null : doublesOf(partition, column));
    let next = 0;
    let isFirst = true;
    return {
      load(input) {
        const [comes, treeWeight] = input;
        next = comes;
        isFirst = Number.isNaN(treeWeight);
        if (!isFirst) values.set(input.subarray(2).map((value) => value * treeWeight));
      },
      block(lo, hi, output) {
        const labels = doublesOf(partition, args.target);
        const predictions = doublesOf(partition, args.predictions);
        const residuals = doublesOf(partition, args.label);
        const nodes = nodesOf(partition, args.nodes[0]);
        const held = optional(args.heldOut);
        if (isFirst) {
          predictions.fill(0, lo, hi);
          for (let i = lo; i < hi; i++) residuals[i] = args.loss === 'logistic' ? 2 * labels[i] - 1 : labels[i];
        } else {
          const nodesAt = column(args.nodes[0]).ptr + nodes.BYTES_PER_ELEMENT * lo;
          kernels.add_node_values(column(args.predictions).ptr + 8 * lo, ptr, nodesAt, nodes.BYTES_PER_ELEMENT, hi - lo);
          if (args.shared && args.loss === 'logistic') {
            // So many rows that last digits are not Spark's anyway.
            kernels.logistic_residuals(
              column(args.label).ptr + 8 * lo,
              column(args.predictions).ptr + 8 * lo,
              column(args.target).ptr + 8 * lo,
              hi - lo,
            );
          } else loss.residuals(residuals, predictions, labels, lo, hi);
          const weights = optional(args.weight);
          for (let i = lo; held && i < hi; i++) {
            if (held[i] === 0) continue;
            const weight = weights ? weights[i] : 1;
            output[0] += loss.of(predictions[i], labels[i]) * weight;
            output[1] += weight;
          }
        }
        nodes.fill(0, lo, hi);
        if (!args.counts) return;
        const counts = countsOf(partition, args.counts[0]);
        if (args.drawn) {
          counts.set(drawnRows(args.drawn, next, partition.firstRow + lo, partition.firstRow + hi), lo);
          return;
        }
        const seed = treeSeed(args.seed, next);
        for (let i = lo; i < hi; i++) counts[i] = held && held[i] !== 0 ? 0 : draw ? draw.count(seed, partition.firstRow + i) : 1;
      },
    };
  },
};

export function boostRowsSpec(args: BoostRowsArgs): AggregatorSpec<BoostRowsArgs> {
  return { module: import.meta.url, name: 'boostRows', args, local: boostRows };
}
