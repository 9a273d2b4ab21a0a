import { javaDouble } from '../linalg/format.ts';
import * as z from '../param/zod.ts';
import type { CompositeLayout } from '../persistence/composite.ts';
import { childModel } from '../pipeline/children.ts';
import type { AnyTransformer } from '../pipeline/pipeline.ts';
import { type BestModelState, numbersOf, SearchModel } from './search-model.ts';
import { searchModelParams, trainRatio } from './search-params.ts';

/** Params of TrainValidationSplitModel. */
export const TrainValidationSplitModelParams = z.strictObject({ ...searchModelParams, trainRatio });

/** State of a {@link TrainValidationSplitModel}. */
export interface TrainValidationSplitState extends BestModelState {
  /** One a point. */
  readonly validationMetrics: readonly number[];
  /** One a point, or null when they were not collected. */
  readonly subModels: readonly AnyTransformer[] | null;
}

/** Fitted by `TrainValidationSplit`: transforms by the best point's model, fitted to all rows. */
export class TrainValidationSplitModel extends SearchModel<typeof TrainValidationSplitModelParams, TrainValidationSplitState> {
  static readonly type: string = 'org.apache.spark.ml.tuning.TrainValidationSplitModel';
  static readonly paramSchema = TrainValidationSplitModelParams;
  static readonly layout: CompositeLayout<TrainValidationSplitState> = {
    children: ({ bestModel, subModels }, { persistSubModels = subModels !== null }) => [
      { folder: 'bestModel', stage: bestModel },
      ...(persistSubModels && subModels ? subModels : []).map((stage, p) => ({ folder: `subModels/${p}`, stage })),
    ],
    metadata: ({ validationMetrics, subModels }, { persistSubModels = subModels !== null }) => ({
      validationMetrics: Float64Array.from(validationMetrics),
      persistSubModels,
    }),
    rebuild: async (children, metadata) => {
      const validationMetrics = numbersOf('TrainValidationSplitModel', 'validationMetrics', metadata);
      const kept = await children.has('subModels');
      return {
        bestModel: await childModel('TrainValidationSplitModel', children, 'bestModel'),
        validationMetrics,
        subModels: kept
          ? await Promise.all(validationMetrics.map((_, p) => childModel('TrainValidationSplitModel', children, `subModels/${p}`)))
          : null,
      };
    },
  };

  /** For each point of the grid its metric on the validation part. */
  get validationMetrics(): readonly number[] {
    return this.state.validationMetrics;
  }

  /** One a point; an error unless `collectSubModels` was true. */
  get subModels(): readonly AnyTransformer[] {
    return this.requireSubModels(this.state.subModels);
  }

  protected get subModelList(): readonly AnyTransformer[] {
    return this.state.subModels ?? [];
  }

  get hasSubModels(): boolean {
    return this.state.subModels !== null;
  }

  protected override facts() {
    return { bestModel: this.bestModel, trainRatio: javaDouble(this.params.trainRatio) };
  }

  protected get metrics(): readonly number[] {
    return this.state.validationMetrics;
  }
}
