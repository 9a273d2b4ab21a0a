import { MlError } from './error.ts';
import type { ModelSource } from './persistence/files.ts';
import { loadStage } from './persistence/load.ts';
import { Transformer } from './pipeline/transformer.ts';
import type { RowScore, RowScorer, ScorableRow } from './scoring/row-scorer.ts';

export type { ModelSource, RowScore, RowScorer, ScorableRow };

/**
 * A function that scores one row by the transformer or model saved at `source`: a folder by its path or `file:` URL, or (in a browser)
 * its files by name in a Map. No session, no threads, no native module; the same bits as `transform`. Errors are those of `load`.
 */
export async function loadScorer(source: ModelSource): Promise<RowScorer> {
  const stage = await loadStage(source);
  if (stage instanceof Transformer) return stage.rowScorer();
  throw new MlError(
    'NOT_SUPPORTED',
    `loadScorer: ${stage.uid} must be a transformer or a fitted model; an estimator or an evaluator scores no rows`,
    {
      stage: stage.uid,
    },
  );
}
