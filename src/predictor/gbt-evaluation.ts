import type { StageName } from '../engine/stage-name.ts';
import { MlError, show } from '../error.ts';
import type { ActionOptions } from '../frame/executor.ts';
import type { Frame } from '../frame/frame.ts';
import { treeScorer } from '../tree/scoring.ts';
import { boostingLosses } from '../tree/spark/boosting-loss.ts';
import { visitWeighedRows } from './labelled-rows.ts';
import type { TrainingColumns } from './score-columns.ts';
import type { EnsembleState } from './tree-codec.ts';

/** The loss of that name, whatever its case; logistic is no loss of regression. */
export function gbtLoss({ owner, uid }: StageName, name: string): 'squared' | 'absolute' {
  const loss = typeof name === 'string' ? name.toLowerCase() : name;
  if (loss === 'squared' || loss === 'absolute') return loss;
  throw new MlError('PARAM_INVALID', `${owner}: loss must be squared or absolute, got ${show(name)}`, { stage: uid, param: 'lossType', value: name });
}

interface GBTModel extends StageName {
  readonly params: TrainingColumns;
  readonly state: EnsembleState;
  readonly numFeatures: number;
}

/** The weighted mean loss over the rows of `frame` of the first tree, of the first two, and so on. */
export async function lossByIteration(model: GBTModel, frame: Frame, loss: keyof typeof boostingLosses, options: ActionOptions): Promise<number[]> {
  const { trees, treeWeights } = model.state;
  const scorer = treeScorer(trees, model.numFeatures);
  const { of } = boostingLosses[loss];
  const sums = new Float64Array(scorer.count);
  const total = await visitWeighedRows(model, frame, options, ({ rows, features, labels, weights }) => {
    const leaves = scorer.leaves(features, rows);
    for (let i = 0, p = 0; i < rows; i++) {
      const weight = weights ? weights[i] : 1;
      let f = 0;
      for (let t = 0; t < scorer.count; t++, p++) {
        f += treeWeights[t] * trees.value[leaves[p]];
        sums[t] += weight * of(f, labels[i]);
      }
    }
  });
  return Array.from(sums, (sum) => sum / total);
}
