import type { VectorColumn } from '../block/column.ts';
import type { Engine } from '../engine/engine.ts';
import type { StageName } from '../engine/stage-name.ts';
import { MlError } from '../error.ts';
import type { ActionOptions } from '../frame/executor.ts';
import type { Frame } from '../frame/frame.ts';
import { frameOf } from '../pipeline/transformer.ts';
import { finiteNumber, numbersOf, weightNumber } from '../stat/number-column.ts';
import { requireTrainingColumns, type TrainingColumns } from './score-columns.ts';

/** A slice of rows with labels; weights are null without a weight column. Valid until the visit returns. */
export interface LabelledRows {
  readonly rows: number;
  readonly firstRow: number;
  readonly features: VectorColumn;
  readonly labels: Float64Array;
  readonly weights: Float64Array | null;
}

interface Visitor extends StageName {
  readonly params: TrainingColumns;
}

/**
 * Visits the rows of a frame that has a model's features, labels and, if a column of them is set, weights, in row order. Labels must be finite,
 * weights finite and >= 0; at least one row must be there.
 */
export async function visitLabelledRows(
  { owner, uid, params }: Visitor,
  frame: Frame,
  options: ActionOptions,
  visit: (rows: LabelledRows) => void,
): Promise<void> {
  const { featuresCol, labelCol, weightCol } = params;
  requireTrainingColumns(owner, await frameOf(owner, frame).schema(options), params);
  const wanted = [featuresCol, labelCol, ...(weightCol ? [weightCol] : [])];
  let seen = 0;
  const stage = { owner, uid };
  await (frame.executor as Engine).train(frame.plan, stage, options, (context) =>
    context.scan(wanted, (block) => {
      const { rows, firstRow, columns } = block;
      const [features, label, weight] = columns;
      const labels = numbersOf(stage, label, labelCol, block, finiteNumber);
      const weights = weight ? numbersOf(stage, weight, weightCol as string, block, weightNumber) : null;
      visit({ rows, firstRow, features: features as VectorColumn, labels, weights });
      seen += rows;
    }),
  );
  if (seen === 0) throw new MlError('EMPTY_DATASET', `${owner}: there must be at least one row to evaluate on, got none`, { stage: uid });
}

/** {@link visitLabelledRows} for a mean over the rows; gives the weight of them all, which must not be 0. */
export async function visitWeighedRows(model: Visitor, frame: Frame, options: ActionOptions, visit: (rows: LabelledRows) => void): Promise<number> {
  let total = 0;
  await visitLabelledRows(model, frame, options, (rows) => {
    visit(rows);
    for (let i = 0; i < rows.rows; i++) total += rows.weights ? rows.weights[i] : 1;
  });
  if (total > 0) return total;
  throw new MlError('VALUE_INVALID', `${model.owner}: some row to evaluate on must have a weight above 0, all are 0`, { stage: model.uid });
}
