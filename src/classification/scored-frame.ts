import type { Step } from '../block/binder.ts';
import type { NumberColumn, VectorColumn } from '../block/column.ts';
import { denseValues } from '../block/column.ts';
import { Numbers } from '../block/growing-numbers.ts';
import type { StageName } from '../engine/stage-name.ts';
import type { ActionOptions } from '../frame/executor.ts';
import type { Frame } from '../frame/frame.ts';
import { visitLabelledRows } from '../predictor/labelled-rows.ts';
import type { TrainingColumns } from '../predictor/score-columns.ts';
import type { ScoredRows } from './scored-rows.ts';

/** What scoring for a summary needs of a classification model. */
interface ScorableModel extends StageName {
  readonly params: TrainingColumns;
  readonly numClasses: number;
  /** Scores blocks whose one input is the features; gives probabilities and predictions. */
  summaryScorer(): Step;
}

/** Scores the rows of a frame that has the model's features, its label column and, if one is set, its weight column. */
export async function scoreFrame(model: ScorableModel, frame: Frame, options: ActionOptions): Promise<ScoredRows> {
  const { numClasses } = model;
  const predictions = new Numbers();
  const scores = new Numbers();
  const labels = new Numbers();
  const weights = new Numbers();
  const score = model.summaryScorer();
  await visitLabelledRows(model, frame, options, ({ rows, firstRow, features, labels: own, weights: ownWeights }) => {
    const [probability, prediction] = score([features], { rows, firstRow, columns: [], keep: null });
    const values = denseValues(probability as VectorColumn);
    const { size } = probability as VectorColumn;
    for (let i = 0; i < rows; i++) {
      predictions.push((prediction as NumberColumn).values[i]);
      if (numClasses <= 2) scores.push(size > 1 ? values[i * size + 1] : 0);
      labels.push(own[i]);
      if (ownWeights) weights.push(ownWeights[i]);
    }
  });
  return {
    predictions: predictions.done(),
    labels: labels.done(),
    weights: model.params.weightCol ? weights.done() : undefined,
    scores: numClasses <= 2 ? scores.done() : null,
  };
}
