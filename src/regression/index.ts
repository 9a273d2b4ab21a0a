export type { NamedValue } from '../predictor/prediction-model.ts';
export type { BoostedTree } from '../tree/boosting/ensemble.ts';
export type { TreeNode, TreeSplit } from '../tree/nodes.ts';
export type { SparkTreeNode } from '../tree/spark/tree-node.ts';
export { DecisionTreeRegressionModel, DecisionTreeRegressor, type DecisionTreeRegressorParams } from './decision-tree-regressor.ts';
export { GBTRegressionModel, GBTRegressor, type GBTRegressorParams } from './gbt-regressor.ts';
export { HistGradientBoostingRegressionModel } from './hist-gradient-boosting-regression-model.ts';
export { HistGradientBoostingRegressor, type HistGradientBoostingRegressorParams } from './hist-gradient-boosting-regressor.ts';
export { RandomForestRegressionModel, RandomForestRegressor, type RandomForestRegressorParams } from './random-forest-regressor.ts';
