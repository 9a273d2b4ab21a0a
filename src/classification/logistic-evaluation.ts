import type { Column, NumberColumn, VectorColumn } from '../block/column.ts';
import type { Engine } from '../engine/engine.ts';
import { MlError, show } from '../error.ts';
import type { ActionOptions } from '../frame/executor.ts';
import type { Frame } from '../frame/frame.ts';
import { frameOf } from '../pipeline/stage.ts';
import type { LogisticRegressionModel } from './logistic-regression-model.ts';
import type { ScoredRows } from './logistic-regression-summary.ts';

/** Scores the rows of a frame that has the model's features, its label column and, if one is set, its weight column. */
export async function scoreFrame(model: LogisticRegressionModel, frame: Frame, options: ActionOptions): Promise<ScoredRows> {
  const { owner, uid, numClasses } = model;
  const { featuresCol, labelCol, weightCol } = model.params;
  const schema = await frameOf(owner, frame).schema();
  schema.require(owner, featuresCol, 'vector');
  schema.require(owner, labelCol, 'numeric');
  if (weightCol) schema.require(owner, weightCol, 'numeric');

  const predictions = new Numbers();
  const scores = new Numbers();
  const labels = new Numbers();
  const weights = new Numbers();
  const isLabel = { column: labelCol, accepts: Number.isFinite, rule: 'a finite number' };
  const isWeight = { column: weightCol ?? '', accepts: (w: number) => w >= 0 && w < Number.POSITIVE_INFINITY, rule: 'a finite number >= 0' };
  const score = model.blockScorer();
  const columns = [featuresCol, labelCol, ...(weightCol ? [weightCol] : [])];
  await (frame.executor as Engine).train(frame.plan, uid, options, (context) =>
    context.scan(columns, ({ rows, firstRow, columns: [features, label, weight] }) => {
      const [, probability, prediction] = score([features], { rows, firstRow, columns: [], keep: null });
      const { values, size } = (probability as VectorColumn).parts[0] as { values: Float64Array; size: number };
      for (let i = 0; i < rows; i++) {
        predictions.push((prediction as NumberColumn).values[i]);
        if (numClasses <= 2) scores.push(values[i * size + 1]);
        labels.push(numberAt(label, i, firstRow + i, isLabel));
        if (weight) weights.push(numberAt(weight, i, firstRow + i, isWeight));
      }
    }),
  );
  if (labels.length === 0) throw new MlError('EMPTY_DATASET', `${owner}: evaluate needs at least one row, got none`, { stage: uid });
  return {
    predictions: predictions.done(),
    labels: labels.done(),
    weights: weightCol ? weights.done() : undefined,
    scores: numClasses <= 2 ? scores.done() : null,
  };

  function numberAt(column: Column, i: number, row: number, want: { column: string; accepts: (value: number) => boolean; rule: string }): number {
    let value: number | null = null;
    if (column.kind === 'numbers' && column.valid?.[i] !== 0) value = column.values[i];
    if (column.kind === 'codes' && column.codes[i] < column.size) value = column.codes[i];
    if (value !== null && want.accepts(value)) return value;
    const message = `${owner}: column ${show(want.column)} must be ${want.rule}, row ${row} has ${show(value)}`;
    throw new MlError('VALUE_INVALID', message, { stage: uid, column: want.column, row, value });
  }
}

/** A growing list of doubles. */
class Numbers {
  #values = new Float64Array(1024);
  length = 0;

  push(value: number): void {
    if (this.length === this.#values.length) {
      const grown = new Float64Array(2 * this.length);
      grown.set(this.#values);
      this.#values = grown;
    }
    this.#values[this.length++] = value;
  }

  done(): Float64Array {
    return this.#values.slice(0, this.length);
  }
}
