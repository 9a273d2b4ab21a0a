export { HistGradientBoostingClassificationModel } from './hist-gradient-boosting-classification-model.ts';
export type { LogisticRegressionParams } from './logistic-params.ts';
export { LogisticRegression } from './logistic-regression.ts';
export { LogisticRegressionModel } from './logistic-regression-model.ts';
export { LogisticRegressionSummary, LogisticRegressionTrainingSummary } from './logistic-regression-summary.ts';
