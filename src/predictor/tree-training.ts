import type { TrainingContext } from '../engine/engine.ts';
import type { StageName } from '../engine/stage-name.ts';
import { MlError } from '../error.ts';
import { featureNames } from '../frame/attributes.ts';
import type { Schema } from '../frame/schema.ts';
import type { BoostedRequest, GrowthSettings, TreeColumns } from '../tree/spark/request.ts';
import type { SparkTrees } from '../tree/spark/spark-trees.ts';
import { treeCount } from '../tree/trees.ts';
import { type EnsembleState, type TreeKind, type TreeState, treeUids } from './tree-codec.ts';

/** Params of an estimator of Spark's tree family, as far as they say how trees grow. */
interface TreeParams {
  readonly featuresCol: string;
  readonly labelCol: string;
  readonly weightCol?: string;
  readonly seed: number | bigint;
  readonly maxDepth: number;
  readonly maxBins: number;
  readonly minInstancesPerNode: number;
  readonly minWeightFractionPerNode: number;
  readonly minInfoGain: number;
  readonly featureSubsetStrategy?: string;
  readonly subsamplingRate?: number;
}

/** Params of a boosted one besides. */
interface BoostedParams extends TreeParams {
  readonly maxIter: number;
  readonly stepSize: number;
  readonly validationIndicatorCol?: string;
  readonly validationTol: number;
}

interface TreeEstimator<Params> extends StageName {
  readonly params: Params;
}

/** What the engine must know of an estimator; a single tree sees all rows and features. */
export function growthOf({ params }: TreeEstimator<TreeParams>): GrowthSettings & { columns: TreeColumns } {
  const { featuresCol, labelCol, weightCol, maxDepth, maxBins, minInstancesPerNode, minWeightFractionPerNode, minInfoGain, seed } = params;
  return {
    columns: { features: featuresCol, label: labelCol, weight: weightCol || undefined },
    maxDepth,
    maxBins,
    minInstancesPerNode,
    minWeightFractionPerNode,
    minInfoGain,
    featureSubsetStrategy: (params.featureSubsetStrategy ?? 'all').toLowerCase(),
    subsamplingRate: params.subsamplingRate ?? 1,
    seed,
  };
}

/** The state of a model of these trees, just grown, with the names of the features. */
export function grownState({ owner, params }: TreeEstimator<TreeParams>, { schema }: TrainingContext, trees: SparkTrees): TreeState {
  const field = schema.require(owner, params.featuresCol, 'vector');
  return { trees, featureNames: Object.freeze(featureNames(field, trees.numFeatures)) };
}

/** The state of a model of a forest just grown: every tree counts once. */
export function forestState(estimator: TreeEstimator<TreeParams>, context: TrainingContext, trees: SparkTrees, kind: TreeKind): EnsembleState {
  const count = treeCount(trees);
  return {
    ...grownState(estimator, context, trees),
    treeWeights: new Float64Array(count).fill(1),
    treeUids: treeUids(kind, estimator.uid, count),
  };
}

/** Refuses a schema whose indicator of the rows held out, if one is set, is not boolean. */
export function requireIndicator({ owner, params }: TreeEstimator<BoostedParams>, schema: Schema): void {
  if (params.validationIndicatorCol) schema.require(owner, params.validationIndicatorCol, 'boolean');
}

/** Fits boosted trees and gives the state of their model. */
export async function fitBoosted(
  estimator: TreeEstimator<BoostedParams>,
  context: TrainingContext,
  loss: BoostedRequest['loss'],
): Promise<EnsembleState> {
  const { owner, uid, params } = estimator;
  const { maxIter, stepSize, validationIndicatorCol, validationTol } = params;
  if (maxIter < 1)
    throw new MlError('PARAM_INVALID', `${owner}: maxIter must be at least 1 to fit, got 0`, { stage: uid, param: 'maxIter', value: maxIter });
  const { fitGradientBoostedTrees } = await import('../tree/spark/fit.ts');
  const { trees, treeWeights } = await fitGradientBoostedTrees(context, {
    ...growthOf(estimator),
    loss,
    maxIter,
    stepSize,
    validationIndicatorCol: validationIndicatorCol || undefined,
    validationTol,
  });
  return { ...grownState(estimator, context, trees), treeWeights, treeUids: treeUids('variance', uid, treeWeights.length) };
}
