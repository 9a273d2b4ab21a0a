import { MlError } from '../../error.ts';
import { checkTrees } from '../check-trees.ts';
import type { FeatureReading } from '../reading.ts';
import { type Trees, treeCount } from '../trees.ts';
import type { BoostingResult, LossSpec } from './contract.ts';
import { classCount, type ModelLoss } from './link.ts';

/** What a fitted HistGradientBoosting model is made of. Plain data. */
export interface BoostingState {
  readonly trees: Trees;
  /**
   * Start scores: one a class for `softmax`, else one. The raw score c is `start[c] + Σ` of the leaves' values of the trees t with
   * `t mod start.length = c`.
   */
  readonly start: readonly number[];
  readonly loss: ModelLoss;
  readonly numFeatures: number;
  /** Classes of a classifier (2 of one score); 1 of a regressor. */
  readonly numClasses: number;
  /** Categories of each feature that is split by category, 0 of a numeric one. */
  readonly categorySizes: readonly number[];
  readonly featureNames?: readonly string[];
  /** Of models from elsewhere. */
  readonly reading?: FeatureReading;
  /** Mean training loss after each iteration; empty where it is not known. */
  readonly objectiveHistory: readonly number[];
  /** Metric of the rows held out after each iteration; empty without any. */
  readonly validationHistory: readonly number[];
}

/** The state of a model fitted here. `categorySizes` has one entry a feature. */
export function boostingState(
  { trees, start, objectiveHistory, validationHistory }: BoostingResult,
  loss: LossSpec,
  categorySizes: readonly number[],
  featureNames?: readonly string[],
  reading?: FeatureReading,
): BoostingState {
  const [numFeatures, numClasses] = [categorySizes.length, classCount(loss, start.length)];
  return {
    trees,
    start,
    loss,
    numFeatures,
    numClasses,
    categorySizes,
    featureNames,
    ...(reading && { reading }),
    objectiveHistory,
    validationHistory,
  };
}

/** Refuses a state that could not score. Throws MlError MODEL_FORMAT. */
export function checkBoostingState(owner: string, state: BoostingState): void {
  const { trees, start, loss, numFeatures, numClasses, categorySizes } = state;
  const fail = (problem: string): never => {
    throw new MlError('MODEL_FORMAT', `${owner}: ${problem}`);
  };
  if (start.length === 0 || !start.every(Number.isFinite)) fail('start scores must be finite numbers, at least one');
  const classes = classCount(loss, start.length);
  if (classes === 0) fail(`loss ${loss.name} does not go with ${start.length} start scores`);
  if (numClasses !== classes) fail(`a model of loss ${loss.name} with ${start.length} start scores must have ${classes} classes, has ${numClasses}`);
  if (treeCount(trees) % start.length !== 0) fail(`the number of trees must be a multiple of ${start.length}, is ${treeCount(trees)}`);
  if (categorySizes.length !== numFeatures) fail(`categorySizes must have ${numFeatures} entries, has ${categorySizes.length}`);
  checkTrees(owner, trees, numFeatures);
}
