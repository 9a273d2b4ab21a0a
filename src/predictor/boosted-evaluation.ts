import { MlError, show } from '../error.ts';
import type { ActionOptions } from '../frame/executor.ts';
import type { Frame } from '../frame/frame.ts';
import { softplus } from '../kernels/js/math.ts';
import { treeScorer } from '../tree/scoring.ts';
import { visitLabelledRows } from './labelled-rows.ts';
import type { TrainingColumns } from './score-columns.ts';
import type { EnsembleState } from './tree-codec.ts';

export type BoostedLoss = 'squared' | 'absolute' | 'logistic';

/** Loss of a row with label y (logistic: 0 or 1) and the trees' sum f. */
const LOSSES: Readonly<Record<BoostedLoss, (f: number, y: number) => number>> = {
  squared: (f, y) => (y - f) * (y - f),
  absolute: (f, y) => Math.abs(y - f),
  // 2 log(1 + e^(-2 y f)) with y as -1 or 1
  logistic: (f, y) => 2 * softplus(-2 * (2 * y - 1) * f),
};

/** The loss of that name, whatever its case; logistic is no loss of regression. */
export function boostedLoss({ owner, uid }: { readonly owner: string; readonly uid: string }, name: string): 'squared' | 'absolute' {
  const loss = String(name).toLowerCase();
  if (loss === 'squared' || loss === 'absolute') return loss;
  throw new MlError('PARAM_INVALID', `${owner}: loss must be squared or absolute, got ${show(name)}`, { stage: uid, param: 'lossType', value: name });
}

interface BoostedModel {
  readonly owner: string;
  readonly uid: string;
  readonly params: TrainingColumns;
  readonly state: EnsembleState;
  readonly numFeatures: number;
}

/** The weighted mean loss over the rows of `frame` of the first tree, of the first two, and so on. */
export async function lossByIteration(model: BoostedModel, frame: Frame, loss: BoostedLoss, options: ActionOptions): Promise<number[]> {
  const { trees, treeWeights } = model.state;
  const scorer = treeScorer(trees, model.numFeatures);
  const lossOf = LOSSES[loss];
  const sums = new Float64Array(scorer.count);
  let total = 0;
  await visitLabelledRows(model, frame, options, ({ rows, features, labels, weights }) => {
    const leaves = scorer.leaves(features, rows);
    for (let i = 0, p = 0; i < rows; i++) {
      const weight = weights ? weights[i] : 1;
      let f = 0;
      for (let t = 0; t < scorer.count; t++, p++) {
        f += treeWeights[t] * trees.value[leaves[p]];
        sums[t] += weight * lossOf(f, labels[i]);
      }
      total += weight;
    }
  });
  if (total === 0) {
    throw new MlError('VALUE_INVALID', `${model.owner}: some row to evaluate on must have a weight above 0, all are 0`, { stage: model.uid });
  }
  return Array.from(sums, (sum) => sum / total);
}
