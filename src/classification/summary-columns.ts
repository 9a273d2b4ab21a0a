import type { StageName } from '../engine/stage-name.ts';
import { MlError } from '../error.ts';
import type { ParamSchema } from '../param/param.ts';
import type { Transformer } from '../pipeline/transformer.ts';

/** The columns that a summary of a classifier names. */
export interface SummaryColumns {
  readonly featuresCol: string;
  readonly labelCol: string;
  readonly predictionCol: string;
  readonly probabilityCol: string;
  readonly weightCol: string | undefined;
}

type SummaryParams = Omit<SummaryColumns, 'weightCol'> & Partial<SummaryColumns>;

/** The model with names for the columns of predictions and of probabilities that it leaves out: the frame of a summary has them all. */
export function withAllColumns<M extends Transformer<ParamSchema>>(model: M): M {
  const { predictionCol, probabilityCol } = model.params as { readonly predictionCol: string; readonly probabilityCol: string };
  if (predictionCol && probabilityCol) return model;
  return model.copy({ predictionCol: predictionCol || `prediction_${model.uid}`, probabilityCol: probabilityCol || `probability_${model.uid}` });
}

/** What the summaries of a model name. */
export function summaryColumns(model: Transformer<ParamSchema> & { readonly params: SummaryParams }): SummaryColumns {
  const { featuresCol, labelCol, predictionCol, probabilityCol, weightCol } = withAllColumns(model).params;
  return { featuresCol, labelCol, predictionCol, probabilityCol, weightCol };
}

/** The training summary in a model's state; an error where it has none. */
export function requireSummary<S>({ owner, uid, state: { summary } }: StageName & { state: { readonly summary?: S } }): S {
  if (summary) return summary;
  throw new MlError('NOT_SUPPORTED', `${owner}: no training summary is at hand; a loaded model has none`, { stage: uid });
}
