export { ParamMap } from '../param/param-map.ts';
export { CrossValidator, CrossValidatorParams } from './cross-validator.ts';
export { CrossValidatorModel, CrossValidatorModelParams } from './cross-validator-model.ts';
export { ParamGridBuilder, type ParamValue } from './param-grid-builder.ts';
export type { SearchSaveOptions } from './search-model.ts';
export { TrainValidationSplit, TrainValidationSplitParams } from './train-validation-split.ts';
export { TrainValidationSplitModel, TrainValidationSplitModelParams } from './train-validation-split-model.ts';
