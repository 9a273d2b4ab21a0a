/** How trees of Spark's family grow; names, defaults and meaning are those of Spark's params. */
export interface GrowthSettings {
  /** 0 … 30; 0 is a single leaf. */
  readonly maxDepth: number;
  /** Bins of a continuous feature at most (fewer rows: as many as rows); no categorical feature may have more categories. */
  readonly maxBins: number;
  readonly minInstancesPerNode: number;
  /** Share of the weight of all rows, in [0, 0.5). */
  readonly minWeightFractionPerNode: number;
  readonly minInfoGain: number;
  /** `all auto sqrt log2 onethird`, a count or a share as text. */
  readonly featureSubsetStrategy: string;
  /** Share of the rows drawn for each tree, in (0, 1]. */
  readonly subsamplingRate: number;
  /** Only its low 64 bits count. */
  readonly seed: number | bigint;
}

/** What a fit reads. Which features are categorical, and their names, is in the attributes of the features column. */
export interface TreeColumns {
  readonly features: string;
  readonly label: string;
  readonly weight?: string;
}

/** What all fits of the family are asked by. */
export interface Request extends GrowthSettings {
  readonly columns: TreeColumns;
}

/** A decision tree (`numTrees` 1, no `bootstrap`, all features) or a random forest. */
export interface ForestRequest extends Request {
  readonly impurity: 'gini' | 'entropy' | 'variance';
  /** Of gini and entropy: labels are 0 … numClasses - 1; absent: the largest label + 1. The classes found are `statsSize` of the result. */
  readonly numClasses?: number;
  readonly numTrees: number;
  /** Draw rows with replacement (Poisson), else without. */
  readonly bootstrap: boolean;
  /** Merge leaves of one parent that predict the same (default true). */
  readonly pruneTree?: boolean;
}

/** Boosted regression trees. `logistic`: labels 0 and 1, taken as -1 and 1. */
export interface BoostedRequest extends Request {
  readonly loss: 'squared' | 'absolute' | 'logistic';
  /** Trees at most, >= 1. */
  readonly maxIter: number;
  readonly stepSize: number;
  /** A boolean column: true = held out for validation, which then ends the fit early. */
  readonly validationIndicatorCol?: string;
  readonly validationTol: number;
}
