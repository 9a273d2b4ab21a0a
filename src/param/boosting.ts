import { double, int, isArray, oneOf, param, text } from './param.ts';
import { isRecord } from './record.ts';
import { featuresCol, labelCol, maxIter, predictionCol, probabilityCol, rawPredictionCol, seed, thresholds, weightCol } from './shared.ts';
import * as z from './zod.ts';

/** A feature by its name or its index. */
export type FeatureKey = string | number;
/** `auto`: those whose attributes say that they are; `none`; or a list. */
type CategoricalFeatures = 'auto' | 'none' | readonly FeatureKey[];
/** -1, 0 or 1 by feature name. */
type MonotoneConstraints = Readonly<Record<string, number>>;
type InteractionConstraints = readonly (readonly FeatureKey[])[];
/** `balanced`: rows / (classes · rows of the class), rows counted by weight; or a weight for each class. */
type ClassWeight = 'balanced' | readonly number[];

const isKey = (v: unknown): v is FeatureKey => (typeof v === 'string' ? v !== '' : Number.isInteger(v) && (v as number) >= 0);
const isKeys = (v: unknown) => isArray(v, isKey) && v.length > 0;
const isSigns = (v: unknown) => isRecord(v) && Object.values(v).every((sign) => sign === -1 || sign === 0 || sign === 1);
const share = () => double({ above: 0, max: 1 });

const CLASS_METRICS = [
  ...(['loss', 'areaUnderROC', 'areaUnderPR', 'f1', 'accuracy', 'weightedPrecision', 'weightedRecall'] as const),
  ...(['weightedTruePositiveRate', 'weightedFalsePositiveRate', 'weightedFMeasure', 'hammingLoss', 'logLoss'] as const),
  ...(['truePositiveRateByLabel', 'falsePositiveRateByLabel', 'precisionByLabel', 'recallByLabel', 'fMeasureByLabel'] as const),
] as const;
const NUMBER_METRICS = ['loss', 'rmse', 'mse', 'mae', 'r2', 'var'] as const;

/** Params of both HistGradientBoosting estimators and of their models. */
const boostingParams = {
  featuresCol,
  labelCol,
  weightCol,
  predictionCol,
  leafCol: text()
    .default('')
    .describe('column of the leaf that a row reaches (one number a tree, leaves counted from the left); empty: no such column'),
  contributionsCol: text()
    .default('')
    .describe('column of exact SHAP values: one a feature and the expected value, which add up to the raw prediction; empty: no such column'),
  maxIter: maxIter.default(100),
  learningRate: double({ above: 0 }).default(0.1).describe('factor of every tree (> 0); what Spark calls stepSize'),
  maxLeafNodes: int({ min: 2 }).default(31).describe('leaves of a tree at most (>= 2); the leaf of the largest gain is split next'),
  maxDepth: int({ min: 0 }).default(0).describe('depth of a tree at most; 0: no limit'),
  minSamplesLeaf: int({ min: 1 }).default(20).describe('rows that each side of a split must have (>= 1)'),
  minChildWeight: double({ min: 0 }).default(1e-3).describe('sum of hessians that each side of a split must have (>= 0)'),
  minSplitGain: double({ min: 0 }).default(0).describe('gain that a split must exceed (>= 0)'),
  l1: double({ min: 0 }).default(0).describe('L1 penalty on leaf values (>= 0)'),
  l2: double({ min: 0 }).default(0).describe('L2 penalty on leaf values (>= 0)'),
  maxBins: int({ min: 2, max: 65_535 })
    .default(255)
    .describe('bins of a feature at most, in [2, 65535]; must not be less than the categories of any categorical feature'),
  categoricalFeatures: param<CategoricalFeatures>(
    'json',
    'auto, none, or a non-empty array of feature names or indices',
    (v) => v === 'auto' || v === 'none' || isKeys(v),
  )
    .default('auto')
    .describe('features split by category: auto (those of nominal attributes, as StringIndexer makes), none, or a list of names or indices'),
  categorySmoothing: double({ min: 0 })
    .default(10)
    .describe('more than 4 categories are ordered by gradient / (hessian + this); those of fewer rows than this are not told apart (>= 0)'),
  categoryL2: double({ min: 0 }).default(10).describe('further L2 penalty in splits of more than 4 categories (>= 0)'),
  maxCategoryThreshold: int({ min: 1 }).default(32).describe('categories on the smaller side of a split at most (>= 1)'),
  subsamplingRate: share().default(1).describe('share of the rows drawn for each iteration, in (0, 1]'),
  featureFraction: share().default(1).describe('share of the features drawn for each tree, in (0, 1]'),
  featureFractionByNode: share().default(1).describe('share of those features drawn for each split, in (0, 1]'),
  monotoneConstraints: param<MonotoneConstraints>('json', 'an object such as { age: 1, price: -1 }, with 1, 0 or -1 by feature name', isSigns)
    .optional()
    .describe('1: the raw prediction does not fall as the feature grows, -1: it does not rise; by feature name; 0 or unset: free'),
  interactionConstraints: param<InteractionConstraints>(
    'json',
    'a non-empty array of arrays of feature names or indices, such as [["age", "income"], ["price"]]',
    (v) => isArray(v, isKeys) && v.length > 0,
  )
    .optional()
    .describe('sets of features that may stand on one path of a tree together; features in none of them form one more'),
  validationIndicatorCol: text()
    .optional()
    .describe('boolean (or 0/1) column: true for rows that do not train but are scored after each iteration; unset: none'),
  validationFraction: double({ above: 0, below: 1 })
    .optional()
    .describe('share of the rows held out for validation, drawn by seed, in (0, 1); unset: none'),
  patience: int({ min: 1 })
    .optional()
    .describe('stop after so many iterations in which the rows held out did not improve, and keep the best iteration (>= 1); unset: never'),
  tol: double({ min: 0 }).default(0).describe('what counts as an improvement: more than this (>= 0)'),
  seed,
};

const shared = z.strictObject(boostingParams);
/** The values in force of what both have. */
export type BoostingParams = z.output<typeof shared>;

/** Params of HistGradientBoostingClassificationModel; the estimator adds `initialModel`. */
export const BoostingClassificationParams = shared.extend({
  rawPredictionCol,
  probabilityCol,
  thresholds,
  classWeight: param<ClassWeight>('json', 'balanced, or an array of numbers > 0, one a class', (v) => v === 'balanced' || isWeights(v))
    .optional()
    .describe('balanced (classes weigh the same in total), or a weight for each class; times the weight column; unset: 1'),
  metric: oneOf(...CLASS_METRICS)
    .default('loss')
    .describe(`judge of the rows held out: ${CLASS_METRICS.join(', ')}; the areas need two classes`),
  metricLabel: double({ min: 0 }).default(0).describe('the class that the …ByLabel metrics are about (>= 0)'),
});

/** The param `initialModel` of the estimator whose models are of `Model`. */
export const initialModel = <M>(Model: abstract new (...args: never[]) => M, name: string) =>
  param<M>('stage', `a ${name}`, (v) => v instanceof Model)
    .optional()
    .describe('a model to go on from: its trees stay, maxIter further iterations follow');

function isWeights(v: unknown): boolean {
  return isArray(v, (w) => typeof w === 'number' && w > 0 && Number.isFinite(w)) && v.length > 0;
}

/** Params of HistGradientBoostingRegressionModel; the estimator adds `initialModel`. */
export const BoostingRegressionParams = shared.extend({
  loss: oneOf('squared', 'absolute', 'huber', 'quantile', 'poisson', 'gamma', 'tweedie')
    .default('squared')
    .describe('what is minimised: squared, absolute, huber, quantile, poisson, gamma or tweedie; the last three predict e to the raw prediction'),
  alpha: double({ above: 0 }).default(0.9).describe('of huber the error from which on it counts linearly (> 0), of quantile the quantile, in (0, 1)'),
  power: double({ above: 1, below: 2 }).default(1.5).describe('variance power of tweedie, in (1, 2)'),
  metric: oneOf(...NUMBER_METRICS)
    .default('loss')
    .describe(`judge of the rows held out: ${NUMBER_METRICS.join(', ')}`),
});
