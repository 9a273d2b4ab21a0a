import { checkFeatures } from '../block/features.ts';
import type { StageName } from '../engine/stage-name.ts';
import { MlError, show } from '../error.ts';
import type { ActionOptions } from '../frame/executor.ts';
import type { Frame } from '../frame/frame.ts';
import type { LossSpec } from '../tree/boosting/contract.ts';
import { labelRule, scalarLoss, softmaxLoss } from '../tree/boosting/losses.ts';
import type { BoostingState } from '../tree/boosting/model-state.ts';
import type { BoostedScores } from '../tree/boosting/scoring.ts';
import { treeCount } from '../tree/trees.ts';
import { visitWeighedRows } from './labelled-rows.ts';
import type { TrainingColumns } from './score-columns.ts';

interface Model extends StageName {
  readonly params: TrainingColumns;
  readonly state: BoostingState;
}

/** The weighted mean of the model's loss over the rows of `frame` after the first iteration, the second, and so on. */
export async function lossByIteration(model: Model, scores: BoostedScores, frame: Frame, options: ActionOptions): Promise<number[]> {
  const { trees, start, loss } = model.state;
  const width = start.length;
  const count = treeCount(trees);
  if (loss.name === 'foreign') {
    throw new MlError('NOT_SUPPORTED', `${model.owner}: the loss of objective ${show(loss.objective)} is not known here`, { stage: model.uid });
  }
  const lossOf = rowLoss(loss);
  const { accepts, rule } = labelRule({ ...loss, numClasses: width });
  const sums = new Float64Array(count / width);
  const raw = new Float64Array(width);
  const total = await visitWeighedRows(model, frame, options, ({ rows, firstRow, features, labels, weights }) => {
    checkFeatures(features, { rows, firstRow, columns: [], keep: null }, scores.expected);
    const leaves = scores.leafNodes(features, rows);
    for (let i = 0; i < rows; i++) {
      if (!accepts(labels[i])) {
        const { labelCol } = model.params;
        throw new MlError('VALUE_INVALID', `${model.owner}: column ${show(labelCol)} must be ${rule}, row ${firstRow + i} has ${labels[i]}`, {
          stage: model.uid,
          column: labelCol,
          row: firstRow + i,
          value: labels[i],
        });
      }
      const weight = weights ? weights[i] : 1;
      raw.set(start);
      for (let t = 0, p = i * count; t < count; t++, p++) {
        const c = t % width;
        raw[c] += trees.value[leaves[p]];
        if (c === width - 1) sums[(t - c) / width] += weight * lossOf(raw, labels[i]);
      }
    }
  });
  return Array.from(sums, (sum) => sum / total);
}

function rowLoss(loss: LossSpec): (raw: Float64Array, label: number) => number {
  if (loss.name === 'softmax') return softmaxLoss;
  const { value } = scalarLoss(loss);
  return ([f], label) => value(f, label);
}
