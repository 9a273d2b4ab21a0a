export { HistGradientBoostingRegressionModel } from './hist-gradient-boosting-regression-model.ts';
