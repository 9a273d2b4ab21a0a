import type { ClassColumns } from '../predictor/score-columns.ts';
import type { TreeOutput } from '../predictor/tree-scoring.ts';
import type { Decision } from '../scoring/decision.ts';

/** What a classifier of trees can put out, and in which columns. */
export function treeOutputs(params: ClassColumns & { readonly leafCol: string }): readonly (readonly [TreeOutput, string])[] {
  return [
    ['rawPrediction', params.rawPredictionCol],
    ['probability', params.probabilityCol],
    ['prediction', params.predictionCol],
    ['leaf', params.leafCol],
  ];
}

/** The class of the largest raw prediction (without a column of them: probability), or of the largest probability / threshold. */
export function classDecision(params: ClassColumns & { readonly thresholds?: readonly number[] }): Decision {
  return { by: params.rawPredictionCol ? 'margin' : 'probability', above: null, thresholds: params.thresholds ?? null };
}
