import * as z from '../param/zod.ts';
import type { CompositeLayout } from '../persistence/composite.ts';
import { childModel } from '../pipeline/children.ts';
import type { AnyTransformer } from '../pipeline/pipeline.ts';
import { type BestModelState, numbersOf, SearchModel } from './search-model.ts';
import { crossValidatorParams, searchModelParams } from './search-params.ts';

/** Params of CrossValidatorModel. */
export const CrossValidatorModelParams = z.strictObject({ ...searchModelParams, ...crossValidatorParams });

/** State of a {@link CrossValidatorModel}. */
export interface CrossValidatorState extends BestModelState {
  /** Mean over the folds, one a point. */
  readonly avgMetrics: readonly number[];
  /** Population standard deviation over the folds, one a point; empty when loaded from a directory without them. */
  readonly stdMetrics: readonly number[];
  /** `subModels[fold][point]`, or null when they were not collected. */
  readonly subModels: readonly (readonly AnyTransformer[])[] | null;
}

/** Fitted by `CrossValidator`: transforms by the best point's model, fitted to all rows. */
export class CrossValidatorModel extends SearchModel<typeof CrossValidatorModelParams, CrossValidatorState> {
  static readonly type: string = 'org.apache.spark.ml.tuning.CrossValidatorModel';
  static readonly paramSchema = CrossValidatorModelParams;
  static readonly layout: CompositeLayout<CrossValidatorState> = {
    children: ({ bestModel, subModels }, { persistSubModels = subModels !== null }) => [
      { folder: 'bestModel', stage: bestModel },
      ...(persistSubModels && subModels ? subModels : []).flatMap((fold, f) =>
        fold.map((stage, p) => ({ folder: `subModels/fold${f}/${p}`, stage })),
      ),
    ],
    metadata: ({ avgMetrics, stdMetrics, subModels }, { persistSubModels = subModels !== null }) => ({
      avgMetrics: Float64Array.from(avgMetrics),
      stdMetrics: Float64Array.from(stdMetrics),
      persistSubModels,
    }),
    rebuild: async (children, metadata) => {
      const avgMetrics = numbersOf('CrossValidatorModel', 'avgMetrics', metadata);
      const subModels: AnyTransformer[][] = [];
      while (await children.has(`subModels/fold${subModels.length}`)) {
        const fold = `subModels/fold${subModels.length}`;
        subModels.push(await Promise.all(avgMetrics.map((_, p) => childModel('CrossValidatorModel', children, `${fold}/${p}`))));
      }
      return {
        bestModel: await childModel('CrossValidatorModel', children, 'bestModel'),
        avgMetrics,
        stdMetrics: metadata.has('stdMetrics') ? numbersOf('CrossValidatorModel', 'stdMetrics', metadata) : [],
        subModels: subModels.length > 0 ? subModels : null,
      };
    },
  };

  /** For each point of the grid the mean of its metric over the folds. */
  get avgMetrics(): readonly number[] {
    return this.state.avgMetrics;
  }

  /** For each point of the grid the standard deviation of its metric over the folds. */
  get stdMetrics(): readonly number[] {
    return this.state.stdMetrics;
  }

  /** `subModels[fold][point]`; an error unless `collectSubModels` was true. */
  get subModels(): readonly (readonly AnyTransformer[])[] {
    return this.requireSubModels(this.state.subModels);
  }

  protected get subModelList(): readonly AnyTransformer[] {
    return this.state.subModels?.flat() ?? [];
  }

  get hasSubModels(): boolean {
    return this.state.subModels !== null;
  }

  protected override facts() {
    return { bestModel: this.bestModel, numFolds: this.params.numFolds };
  }

  protected get metrics(): readonly number[] {
    return this.state.avgMetrics;
  }
}
