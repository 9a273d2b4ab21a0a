import type { SolveTask } from '../../engine/engine.ts';
import type { FitContext } from '../../engine/local/workers/contract.ts';
import type { FeatureBins } from '../bins.ts';
import { type BoostRowsArgs, boostInput, boostRowsSpec } from './boost-rows.ts';
import { growthWork } from './forest.ts';
import { growTrees, makeBundles } from './grow.ts';
import type { GrowingTree } from './growing-tree.ts';
import { impurityOf } from './impurity.ts';
import type { SparkTrees } from './spark-trees.ts';
import { TreeBuilder } from './tree-builder.ts';

/** Plain data that goes to the workers. */
export interface BoostedArgs extends BoostRowsArgs {
  readonly features: readonly FeatureBins[];
  readonly maxIter: number;
  readonly stepSize: number;
  readonly validationTol: number;
}

export interface BoostedTrees {
  readonly trees: SparkTrees;
  /** 1 of the first tree, `stepSize` of the others. */
  readonly treeWeights: Float64Array;
}

/**
 * Boosting itself, on the leading worker. With rows held out it stops when their mean loss has not fallen by `validationTol · max(loss, 0.01)`
 * since its best, and keeps the trees up to the best.
 */
export function runBoosted(ctx: FitContext, args: BoostedArgs): BoostedTrees {
  const { maxIter, stepSize, validationTol, heldOut } = args;
  const trees: GrowingTree[] = [];
  const weightOf = (m: number) => (m === 0 ? 1 : stepSize);
  let best = Number.POSITIVE_INFINITY;
  let keep = 0;
  makeBundles(ctx, args);
  ctx.aggregate('boost', boostInput(0, Number.NaN, new Float64Array(0), args));
  for (let m = 0; m < maxIter; m++) {
    const [tree] = growTrees(ctx, args, [m], true, (level) => ctx.report({ iteration: m + 1, level })) as [GrowingTree];
    trees.push(tree);
    if (heldOut === undefined) {
      ctx.report({ iteration: m + 1, trees: m + 1 });
      if (m + 1 < maxIter) ctx.aggregate('boost', boostInput(m + 1, weightOf(m), tree.values(), args));
      continue;
    }
    const [loss, weight] = ctx.aggregate('boost', boostInput(m + 1, weightOf(m), tree.values(), args));
    const current = loss / weight;
    ctx.report({ iteration: m + 1, trees: m + 1, validation: current });
    if (m > 0 && best - current < validationTol * Math.max(current, 0.01)) {
      trees.length = keep;
      break;
    }
    if (m === 0 || current < best) {
      best = current;
      keep = m + 1;
    }
  }
  const builder = new TreeBuilder(impurityOf('variance', 0), args.features, true);
  for (const tree of trees) builder.add(tree);
  return { trees: builder.finish(), treeWeights: Float64Array.from(trees, (_, m) => weightOf(m)) };
}

export function boostedTask(args: BoostedArgs): SolveTask<BoostedArgs, BoostedTrees> {
  const { aggregators, rounds } = growthWork(args);
  return { module: import.meta.url, name: 'runBoosted', local: runBoosted, aggregators: { ...aggregators, boost: boostRowsSpec(args) }, rounds };
}
