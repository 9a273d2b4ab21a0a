import { HistGradientBoostingClassificationModel } from '#dist/classification/index.js';
import { HistGradientBoostingRegressionModel } from '#dist/regression/index.js';
import type { BoostingState } from '#dist/tree/boosting/model-state.js';
import { type Node, treesOf } from './arbitrary-trees.ts';

/** Small models on three features, of which the second is a category. */
export const ROOTS: readonly Node[] = [
  {
    feature: 0,
    threshold: 0.5,
    missingLeft: true,
    gain: 8,
    left: { value: -0.4, cover: 30 },
    right: { feature: 1, categories: [1, 33], words: 2, gain: 3, left: { value: 0.7, cover: 12 }, right: { value: 0.1, cover: 8 } },
  },
  { feature: 2, threshold: -1, missingLeft: false, gain: 2.5, left: { value: 0.25, cover: 20 }, right: { value: -0.125, cover: 30 } },
  { feature: 0, threshold: 0.5, missingLeft: true, gain: 1, left: { value: -0.1, cover: 30 }, right: { value: 0.2, cover: 20 } },
];

export function state(changes: Partial<BoostingState> = {}, roots: readonly Node[] = ROOTS): BoostingState {
  return {
    trees: treesOf(...roots),
    start: [0.1],
    loss: { name: 'logistic' },
    numFeatures: 3,
    numClasses: 2,
    categorySizes: [0, 40, 0],
    featureNames: ['__proto__', 'city', '😀'],
    objectiveHistory: [0.6, 0.5, 0.4],
    validationHistory: [],
    ...changes,
  };
}

export const binary = (params = {}) => new HistGradientBoostingClassificationModel(params, state(), 'hgb');
export const multiclass = (params = {}) =>
  new HistGradientBoostingClassificationModel(
    params,
    state({ start: [0.1, 0.2, -0.3], loss: { name: 'softmax', numClasses: 3 }, numClasses: 3, objectiveHistory: [1] }),
    'hgbs',
  );
export const poisson = (params = {}) =>
  new HistGradientBoostingRegressionModel(params, state({ loss: { name: 'poisson' }, numClasses: 1, validationHistory: [1, 0.9, 1.1] }), 'hgbr');
