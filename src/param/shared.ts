import { double, doubles, flag, int, long, name, names, oneOf, text } from './param.ts';

/**
 * Params that many stages share, with Spark's names, defaults and meaning. `<uid>` in a default becomes the stage's uid, `<class>` its class's hash.
 */
export const inputCol = name().optional().describe('input column name');
export const inputCols = names().optional().describe('input column names');
export const outputCol = name().default('<uid>__output').describe('output column name');
export const outputCols = names().optional().describe('output column names');
export const featuresCol = name().default('features').describe('features column name');
export const labelCol = name().default('label').describe('label column name');
export const weightCol = text().optional().describe('weight column name; unset or empty: every row weighs 1');
export const predictionCol = text().default('prediction').describe('prediction column name; empty: no such column');
export const rawPredictionCol = text().default('rawPrediction').describe('raw prediction (confidence) column name; empty: no such column');
export const probabilityCol = text().default('probability').describe('column of the classes’ probabilities; empty: no such column');
export const handleInvalid = oneOf('error', 'skip', 'keep');
export const maxIter = int({ min: 0 }).describe('maximum number of iterations (>= 0)');
export const tol = double({ min: 0 }).describe('convergence tolerance (>= 0)');
export const regParam = double({ min: 0 }).describe('regularization strength (>= 0)');
export const elasticNetParam = double({ min: 0, max: 1 }).describe('share of the L1 penalty: 0 is ridge, 1 is lasso');
export const fitIntercept = flag().default(true).describe('whether to fit an intercept');
export const standardization = flag().default(true).describe('whether to penalise coefficients of standardized features');
export const aggregationDepth = int({ min: 2 }).default(2).describe('suggested depth of the aggregation tree (>= 2); kept for Spark');
export const maxBlockSizeInMB = double({ min: 0 }).default(0).describe('maximum memory of a stacked block in MB; kept for Spark');
export const thresholds = doubles(
  'an array of numbers >= 0, at most one of them 0',
  (t) => t.length > 0 && t.every((x) => x >= 0) && t.filter((x) => x === 0).length <= 1,
)
  .optional()
  .describe('class thresholds: the class with the largest probability / threshold is predicted');
export const seed = long()
  .default('<class>' as never)
  .describe('random seed');
export const parallelism = int({ min: 1 }).default(1).describe('how many fits may go on at once (>= 1)');
