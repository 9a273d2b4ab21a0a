import { MlError, show } from '../../error.ts';
import type { ModelLoss } from './link.ts';

/** What a model from elsewhere is read as. */
export type ModelKind = 'classes' | 'numbers';

/** What an objective of another library is here, as a classifier's and as a regression's; some may be read as either. */
export interface Objective {
  readonly classes?: ModelLoss;
  readonly numbers?: ModelLoss;
}

/**
 * The loss of a model that is read as `kind`. Throws MlError NOT_SUPPORTED, naming the class to use, where the objective `said` is of the other kind
 * only.
 */
export function lossOf(owner: string, kind: ModelKind, objective: Objective, method: string, said: string): ModelLoss {
  const loss = objective[kind];
  if (loss) return loss;
  const [needed, is, Other] =
    kind === 'classes'
      ? ['classifies', 'predicts numbers', 'HistGradientBoostingRegressionModel']
      : ['predicts numbers', 'classifies', 'HistGradientBoostingClassificationModel'];
  throw new MlError(
    'NOT_SUPPORTED',
    `${owner}: ${method} needs a model that ${needed}, this one ${is} (objective ${show(said)}); use ${Other}.${method}`,
  );
}
