export { Evaluator } from '../pipeline/evaluator.ts';
export { BinaryMetrics, type Curve } from '../stat/binary-metrics.ts';
export type { RegressionMetrics } from '../stat/regression-metrics.ts';
export { BinaryClassificationEvaluator, BinaryClassificationEvaluatorParams } from './binary-classification-evaluator.ts';
export {
  ClassificationMetrics,
  MulticlassClassificationEvaluator,
  MulticlassClassificationEvaluatorParams,
} from './multiclass-classification-evaluator.ts';
export { type PermutationImportance, type PermutationOptions, permutationImportance } from './permutation-importance.ts';
export { RegressionEvaluator, RegressionEvaluatorParams } from './regression-evaluator.ts';
