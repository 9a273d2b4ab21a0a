import type { Trees } from '../trees.ts';

/**
 * What is minimised over the rows i: `sum_i w_i · loss(y_i, f(x_i))`, where f is the raw score (one a class for `softmax`). Names and scales as in
 * LightGBM and scikit-learn: logistic `log(1 + e^f) - y·f`; softmax `log sum_c e^f_c - f_y`; squared `(y - f)² / 2`; absolute `|y - f|`; huber with
 * threshold `alpha`; quantile `alpha` (pinball); poisson `e^f - y·f`, gamma `y·e^-f + f`, tweedie of variance power `power` in (1, 2):
 * `-y·e^((1-p)f)/(1-p) + e^((2-p)f)/(2-p)` (mean `e^f`).
 */
export interface LossSpec {
  readonly name: 'logistic' | 'softmax' | 'squared' | 'absolute' | 'huber' | 'quantile' | 'poisson' | 'gamma' | 'tweedie';
  /** Of softmax. */
  readonly numClasses?: number;
  /** Of huber and quantile. */
  readonly alpha?: number;
  /** Of tweedie. */
  readonly power?: number;
}

/** How one tree grows: leaf-wise, always the leaf of the largest gain. Defaults live in the estimators' params. */
export interface GrowthRules {
  readonly maxLeaves: number;
  /** 0: no limit. */
  readonly maxDepth: number;
  readonly minSamplesLeaf: number;
  readonly minChildWeight: number;
  readonly minSplitGain: number;
  readonly l1: number;
  readonly l2: number;
  /** Of category splits: categories are ordered by `g / (h + smoothing)`; at most so many on the smaller side; l2 is raised by `categoryL2`. */
  readonly categorySmoothing: number;
  readonly categoryL2: number;
  readonly maxCategoryThreshold: number;
  /** -1, 0, 1 a feature; absent: no constraint. */
  readonly monotone?: readonly number[];
  /** Sets of features that may stand on one path together; absent: all. */
  readonly interactions?: readonly (readonly number[])[];
  /** Share of the features drawn for each tree, and for each split. */
  readonly featureFraction: number;
  readonly featureFractionByNode: number;
}

/** `loss`, metrics of the evaluators of two classes, of classes, and of numbers. */
export type ValidationMetric =
  | ('loss' | 'areaUnderROC' | 'areaUnderPR')
  | ('f1' | 'accuracy' | 'weightedPrecision' | 'weightedRecall' | 'weightedTruePositiveRate' | 'weightedFalsePositiveRate')
  | ('weightedFMeasure' | 'hammingLoss' | 'logLoss')
  | ('truePositiveRateByLabel' | 'falsePositiveRateByLabel' | 'precisionByLabel' | 'recallByLabel' | 'fMeasureByLabel')
  | ('rmse' | 'mse' | 'mae' | 'r2' | 'var');

/** Everything a boosting fit on the workers needs beside the rows. Plain data. */
export interface BoostingSpec {
  readonly loss: LossSpec;
  readonly iterations: number;
  readonly learningRate: number;
  readonly growth: GrowthRules;
  /** Share of the rows drawn anew for each iteration by a hash of seed, iteration and row number; 1: all. */
  readonly rowFraction: number;
  readonly seed: number;
  /** Weight a class, multiplied onto the rows' weights; absent: 1. */
  readonly classWeights?: readonly number[];
  /** Index into the layout's `numbers` of a column that is non-zero for rows held out, which do not train. */
  readonly heldOut?: number;
  /** Share of rows held out by a hash of seed and row number; 0 or absent: none. */
  readonly validationFraction?: number;
  /** Stop after so many iterations without an improvement of `metric` by more than `tol` on the rows held out; absent: never. */
  readonly patience?: number;
  readonly tol?: number;
  /** Metric of the rows held out: the loss itself, or one of the evaluators'. */
  readonly metric?: ValidationMetric;
  /** The class of the metrics of one class. */
  readonly metricLabel?: number;
  /** A model to go on from: its trees and start scores. */
  readonly warmStart?: { readonly trees: Trees; readonly start: readonly number[] };
}

/** What a boosting fit gives. Trees stand iteration by iteration, `numClasses` of them each for softmax; leaf values hold the learning rate. */
export interface BoostingResult {
  readonly trees: Trees;
  /** Start score, one a class for softmax, else one. The raw score is `start + sum of the leaves' values`, added in tree order. */
  readonly start: readonly number[];
  /** Mean training loss after each iteration. */
  readonly objectiveHistory: readonly number[];
  /** Metric of the held-out rows after each iteration; empty without any. */
  readonly validationHistory: readonly number[];
  /** Iterations kept (those after the best are dropped when early stopping is on). */
  readonly iterations: number;
}
