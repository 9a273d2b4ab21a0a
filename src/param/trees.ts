import { double, flag, int, param, text } from './param.ts';
import { featuresCol, labelCol, predictionCol, probabilityCol, rawPredictionCol, seed, thresholds, weightCol } from './shared.ts';

/** Params of Spark's decision trees, forests and boosted trees, with Spark's names, defaults and meaning. */
const SUBSETS = ['auto', 'all', 'onethird', 'sqrt', 'log2'] as const;
type FeatureSubset = (typeof SUBSETS)[number] | `${number}`;

const includes = (values: readonly string[], v: string) => values.includes(v.toLowerCase());
const insensitive = <const T extends string>(...values: readonly T[]) =>
  param<T>('string', `one of ${values.join(', ')}`, (v) => typeof v === 'string' && includes(values, v));

const isSubset = (v: unknown): boolean => {
  if (typeof v !== 'string') return false;
  if (includes(SUBSETS, v)) return true;
  return /^\+?\d+$/.test(v)
    ? Number(v) > 0 && Number(v) <= 0x7fffffff
    : /^\+?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(v) && Number(v) > 0 && Number(v) <= 1;
};

/** What every tree has. */
export const treeParams = {
  featuresCol,
  labelCol,
  predictionCol,
  weightCol,
  seed,
  leafCol: text()
    .default('')
    .describe('column of the leaf that a row reaches (one number a tree, leaves counted from the left); empty: no such column'),
  maxDepth: int({ min: 0, max: 30 }).default(5).describe('depth of a tree at most, in [0, 30]; 0 is a single leaf'),
  maxBins: int({ min: 2 })
    .default(32)
    .describe('bins of a continuous feature at most (>= 2); must not be less than the categories of any categorical feature'),
  minInstancesPerNode: int({ min: 1 }).default(1).describe('rows that each side of a split must have (>= 1)'),
  minWeightFractionPerNode: double({ min: 0, below: 0.5 })
    .default(0)
    .describe('share of all weight that each side of a split must have, in [0, 0.5)'),
  minInfoGain: double({ min: 0 }).default(0).describe('gain that a split must have (>= 0)'),
  maxMemoryInMB: int({ min: 0 }).default(256).describe('memory for histograms in MB; kept for Spark'),
  cacheNodeIds: flag().default(false).describe('whether to cache the node of each row; kept for Spark'),
  checkpointInterval: param<number>(
    'int',
    'an integer >= 1, or -1',
    (v) => Number.isInteger(v) && ((v as number) >= 1 || v === -1) && (v as number) <= 0x7fffffff,
  )
    .default(10)
    .describe('iterations between checkpoints, or -1 for none; kept for Spark'),
};

/** What classifying trees and forests of them have besides. */
export const treeClassifierParams = {
  rawPredictionCol,
  probabilityCol,
  thresholds,
  impurity: insensitive('gini', 'entropy').default('gini').describe('what a split reduces: gini or entropy'),
  pruneTree: flag().default(true).describe('whether to merge sibling leaves that predict the same class'),
};

/** What regression trees and forests of them have besides. */
export const treeRegressorParams = {
  impurity: insensitive('variance').default('variance').describe('what a split reduces: variance'),
};

/** What ensembles have besides. */
const ensembleParams = {
  subsamplingRate: double({ above: 0, max: 1 }).default(1).describe('share of the rows drawn for each tree, in (0, 1]'),
};
const featureSubsetStrategy = param<FeatureSubset>(
  'string',
  `one of ${SUBSETS.join(', ')}, a number of features, or a share in (0.0, 1.0]`,
  isSubset,
);
const subsetDoc = 'features drawn for each node: auto, all, onethird, sqrt, log2, a number of them, or a share such as 0.5';

/** What random forests have besides. */
export const forestParams = {
  ...ensembleParams,
  featureSubsetStrategy: featureSubsetStrategy.default('auto').describe(`${subsetDoc}; auto is sqrt to classify and onethird for regression`),
  numTrees: int({ min: 1 }).default(20).describe('number of trees (>= 1)'),
  bootstrap: flag().default(true).describe('whether rows are drawn with replacement'),
};

/** What boosted trees have besides. */
export const boostedParams = {
  ...ensembleParams,
  featureSubsetStrategy: featureSubsetStrategy.default('all').describe(subsetDoc),
  impurity: insensitive('variance').default('variance').describe('kept for Spark: boosted trees always reduce variance'),
  maxIter: int({ min: 0 }).default(20).describe('number of trees at most (>= 1; Spark takes 0 too, and fails to fit)'),
  stepSize: double({ above: 0, max: 1 }).default(0.1).describe('weight of every tree but the first, in (0, 1]'),
  validationIndicatorCol: text()
    .optional()
    .describe('boolean column: true for rows that do not train, but stop the fit when they no longer improve; unset: none'),
  validationTol: double({ min: 0 })
    .default(0.01)
    .describe('the fit stops when the loss of the rows held out falls by less than this share of it (>= 0)'),
};

/** What a boosted classifier minimises. */
export const logisticLoss = insensitive('logistic').default('logistic').describe('loss that is minimised: logistic');
/** What a boosted regressor minimises. */
export const regressionLoss = insensitive('squared', 'absolute').default('squared').describe('loss that is minimised: squared or absolute');
