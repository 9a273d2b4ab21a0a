import type { TrainingContext } from '../../engine/engine.ts';
import { MlError } from '../../error.ts';
import type { BoostedRequest, ForestRequest } from './request.ts';
import type { SparkTrees } from './spark-trees.ts';

/** Fits one tree or a forest as Spark does. */
export async function fitForest(context: TrainingContext, request: ForestRequest): Promise<SparkTrees> {
  throw new MlError('NOT_SUPPORTED', `${context.owner}: trees are not grown here yet`, { stage: request.uid });
}

/** Boosts regression trees as Spark does; the prediction is the sum of `treeWeights[t]` · tree t. */
export async function fitGradientBoostedTrees(
  context: TrainingContext,
  request: BoostedRequest,
): Promise<{ trees: SparkTrees; treeWeights: Float64Array }> {
  throw new MlError('NOT_SUPPORTED', `${context.owner}: trees are not grown here yet`, { stage: request.uid });
}
