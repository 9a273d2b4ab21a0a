import { MlError, throwIfAborted } from '../error.ts';
import type { Executor, FitOptions } from '../frame/executor.ts';
import type { Frame } from '../frame/frame.ts';
import type { Schema } from '../frame/schema.ts';
import { isArray, type ParamSchema, param } from '../param/param.ts';
import { ParamMap } from '../param/param-map.ts';
import * as z from '../param/zod.ts';
import { descendants, requireThere } from './children.ts';
import { Estimator } from './estimator.ts';
import { PipelineModel } from './pipeline-model.ts';
import type { Changes, PipelineStage } from './stage.ts';
import { Transformer } from './transformer.ts';

/** A stage of any class. */
export type AnyStage = PipelineStage<ParamSchema>;
/** A transformer or model of any class. */
export type AnyTransformer = Transformer<ParamSchema>;
/** An estimator of any class. */
export type AnyEstimator = Estimator<ParamSchema, AnyTransformer>;

/** Params of Pipeline. */
export const PipelineParams = z.strictObject({
  stages: param<readonly (AnyEstimator | AnyTransformer)[]>('stages', 'an array of estimators and transformers', (v) =>
    isArray(v, (stage) => stage instanceof Estimator || stage instanceof Transformer),
  )
    .optional()
    .describe('the stages, in the order in which they run'),
});
export type PipelineParams = z.input<typeof PipelineParams>;

/**
 * A chain of stages that is fitted as one. `fit` goes through the stages in order: an estimator is fitted to the frame as the stages
 * before it left it, and its model transforms the frame for the stages after it. Nothing is transformed after the last estimator.
 * Stages must have distinct uids; a pipeline may be a stage of another.
 */
export class Pipeline extends Estimator<typeof PipelineParams, PipelineModel> {
  static readonly type: string = 'org.apache.spark.ml.Pipeline';
  static readonly paramSchema = PipelineParams;

  constructor(params?: PipelineParams, uid?: string) {
    super(params, uid);
    requireDistinct(this, this.params.stages ?? []);
  }

  /**
   * The fitted chain. Folds the frame's schema through all stages before any data is read. Events tell `done` of `total` stages
   * under this pipeline's uid, and what the stages themselves report.
   */
  override async fit(frame: Frame, options: FitOptions = {}): Promise<PipelineModel> {
    await this.checkFit(frame, options);
    const stages = this.getOrDefault('stages');
    const last = stages.findLastIndex((stage) => stage instanceof Estimator);
    const fitted: AnyTransformer[] = [];
    let current = frame;
    requireThere(this, frame);
    try {
      for (const [i, stage] of stages.entries()) {
        throwIfAborted(options.signal, this.owner);
        const transformer = stage instanceof Estimator ? await stage.fit(current, options) : stage;
        fitted.push(transformer);
        if (i < last) current = transformer.transform(current);
        options.onProgress?.({ stage: this.uid, done: i + 1, total: stages.length });
      }
    } catch (error) {
      for (const [i, transformer] of fitted.entries()) if (stages[i] instanceof Estimator) await transformer.close();
      throw error;
    }
    return new PipelineModel({}, { stages: fitted }, this.uid, this);
  }

  override async resolveSchema(schema: Schema, executor: Executor): Promise<Schema> {
    let current = schema;
    for (const stage of this.getOrDefault('stages')) current = await stage.resolveSchema(current, executor);
    return current;
  }

  protected outputSchema(schema: Schema): Schema {
    return this.getOrDefault('stages').reduce((current, stage) => stage.transformSchema(current), schema);
  }

  /** Never called: the stages train, each where the frame's engine is. */
  protected train(): Promise<PipelineModel> {
    throw new MlError('NOT_SUPPORTED', 'Pipeline: a pipeline is trained by fit, stage by stage', { stage: this.uid });
  }

  /** A grid's map reaches the stages. */
  protected override changedParams(changes: Changes<typeof PipelineParams>): Record<string, unknown> {
    const params = super.changedParams(changes) as { stages?: readonly AnyStage[] };
    return changes instanceof ParamMap && params.stages ? { ...params, stages: params.stages.map((stage) => stage.copy(changes)) } : params;
  }
}

function requireDistinct(pipeline: Pipeline, stages: readonly AnyStage[]): void {
  const seen = new Set([pipeline.uid]);
  for (const { uid } of stages.flatMap((stage) => [...descendants(stage)])) {
    if (seen.has(uid)) {
      const remedy = 'make a second stage instead of using one twice';
      throw new MlError('PARAM_INVALID', `Pipeline: stages must have distinct uids, ${uid} stands twice; ${remedy}`, {
        stage: pipeline.uid,
        param: 'stages',
        value: uid,
      });
    }
    seen.add(uid);
  }
}
