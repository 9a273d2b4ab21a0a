import type { SolveTask } from '../../engine/engine.ts';
import type { FitContext, RoundsSpec } from '../../engine/local/workers/contract.ts';
import type { AggregatorSpec } from '../../kernels/contract.ts';
import type { FeatureBins } from '../bins.ts';
import { growTrees, makeBundles } from './grow.ts';
import { impurityOf } from './impurity.ts';
import { nodeSplitsSpec } from './node-splits.ts';
import { addSquaresSpec } from './node-squares.ts';
import { beginTreesSpec, type DrawArgs, moveRowsSpec } from './row-nodes.ts';
import { addVotesSpec, castVotes, type VoteArgs } from './row-votes.ts';
import type { SparkTrees } from './spark-trees.ts';
import { TreeBuilder } from './tree-builder.ts';

/** Plain data that goes to the workers. */
export interface ForestArgs extends DrawArgs, VoteArgs {
  readonly numTrees: number;
  readonly pruneTree: boolean;
  readonly features: readonly FeatureBins[];
}

/** The forest itself, on the leading worker: as many trees at a time as there are columns for their nodes. */
export function runForest(ctx: FitContext, args: ForestArgs): SparkTrees {
  const builder = new TreeBuilder(impurityOf(args.impurity, args.numClasses), args.features, args.pruneTree);
  const lanes = args.nodes.length;
  let iteration = 0;
  makeBundles(ctx, args);
  for (let first = 0; first < args.numTrees; first += lanes) {
    const trees = Array.from({ length: Math.min(lanes, args.numTrees - first) }, (_, i) => first + i);
    ctx.aggregate('begin', beginInput(trees, lanes));
    const grown = growTrees(ctx, args, trees, args.votes !== undefined, (level) => {
      iteration++;
      ctx.report({ iteration, level, trees: first });
    });
    grown.forEach((tree, lane) => {
      const partOf = builder.add(tree);
      if (args.votes) castVotes(ctx, args, lane, first + lane, tree, partOf);
    });
    ctx.report({ iteration: ++iteration, trees: first + grown.length });
  }
  return builder.finish();
}

export function forestTask(args: ForestArgs): SolveTask<ForestArgs, SparkTrees> {
  const { aggregators, rounds } = growthWork(args);
  return {
    module: import.meta.url,
    name: 'runForest',
    local: runForest,
    rounds,
    aggregators: { ...aggregators, ...(args.votes && { vote: addVotesSpec(args) }) },
  };
}

/** Numbers of the trees that begin, -1 for lanes left empty. */
function beginInput(trees: readonly number[], lanes: number): Float64Array {
  const input = new Float64Array(lanes).fill(-1);
  input.set(trees);
  return input;
}

/** What growing asks of the workers, by the names that `growTrees` uses. */
export function growthWork(args: DrawArgs): { aggregators: Record<string, AggregatorSpec>; rounds: RoundsSpec } {
  return {
    aggregators: { begin: beginTreesSpec(args), move: moveRowsSpec(args), ...(args.bundled && { squares: addSquaresSpec(args) }) },
    rounds: nodeSplitsSpec(args),
  };
}
