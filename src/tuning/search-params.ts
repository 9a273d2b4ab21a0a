import { MlError } from '../error.ts';
import { double, flag, int, isArray, type ParamSchema, param, text } from '../param/param.ts';
import { ParamMap } from '../param/param-map.ts';
import { parallelism, seed } from '../param/shared.ts';
import { descendants } from '../pipeline/children.ts';
import { Estimator } from '../pipeline/estimator.ts';
import { Evaluator } from '../pipeline/evaluator.ts';
import type { AnyEstimator, AnyStage } from '../pipeline/pipeline.ts';
import { PipelineStage } from '../pipeline/stage.ts';

export type AnyEvaluator = Evaluator<ParamSchema>;

const estimator = param<AnyEstimator>('stage', 'an estimator', (v) => v instanceof Estimator).describe('the estimator whose params are searched');
const evaluator = param<AnyEvaluator>('stage', 'an evaluator', (v) => v instanceof Evaluator).describe('the evaluator that judges each model');
const estimatorParamMaps = param<readonly ParamMap[]>(
  'paramMaps',
  'a non-empty array of points as ParamGridBuilder builds them',
  (v) => isArray(v, (map) => map instanceof ParamMap) && v.length > 0,
).describe('the points of the grid');

/** Params of every search. */
export const searchParams = {
  collectSubModels: flag().default(false).describe('whether to keep the model of every fit, not just the best'),
  estimator,
  estimatorParamMaps,
  evaluator,
  parallelism,
  seed,
};

/** Params of every search's model; a model made from parts may lack the three that describe the search. */
export const searchModelParams = {
  estimator: estimator.optional(),
  estimatorParamMaps: estimatorParamMaps.optional(),
  evaluator: evaluator.optional(),
  seed,
};

/** Fails when an entry of the grid is for no stage of the estimator, or has a param or value that the stage refuses. */
export function requireGridFits(owner: string, uid: string, estimator: AnyEstimator, maps: readonly ParamMap[]): void {
  const known = new Set([...descendants(estimator)].map((stage) => stage.uid));
  for (const { entries } of maps) {
    for (const { value } of entries) for (const stage of stagesIn(value)) known.add(stage.uid);
    const stray = entries.find(({ parent }) => !known.has(parent));
    if (stray) {
      throw new MlError(
        'PARAM_INVALID',
        `${owner}: every grid entry must be for a param of the estimator or its stages (${[...known].join(', ')}), got ${stray.parent}.${stray.name}`,
        { stage: uid, param: 'estimatorParamMaps', value: `${stray.parent}.${stray.name}` },
      );
    }
  }
  for (const map of maps) estimator.copy(map);
}

function stagesIn(value: unknown): AnyStage[] {
  const values = Array.isArray(value) ? value : [value];
  return values.filter((v) => v instanceof PipelineStage).flatMap((stage: AnyStage) => [...descendants(stage)]);
}

/** Params of k-fold cross-validation, which its model has too. */
export const crossValidatorParams = {
  foldCol: text().default('').describe('int column with each row’s fold, in [0, numFolds); empty: folds by a hash of seed and row number'),
  numFolds: int({ min: 2 }).default(3).describe('number of folds (>= 2)'),
};

/** Param of the single split, which its model has too. */
export const trainRatio = double({ min: 0, max: 1 }).default(0.75).describe('share of the rows that train; the others judge (>= 0, <= 1)');
