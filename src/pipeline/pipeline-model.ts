import type { Binder } from '../block/binder.ts';
import { MlError } from '../error.ts';
import type { Executor } from '../frame/executor.ts';
import type { Frame } from '../frame/frame.ts';
import type { Schema } from '../frame/schema.ts';
import type { ParamSchema } from '../param/param.ts';
import { ParamMap } from '../param/param-map.ts';
import * as z from '../param/zod.ts';
import type { CompositeLayout } from '../persistence/composite.ts';
import { Model } from './model.ts';
import type { Changes } from './stage.ts';
import { frameOf, Transformer } from './transformer.ts';

/** PipelineModel has no params of its own. */
export const PipelineModelParams = z.strictObject({});

/** State of a {@link PipelineModel}. */
export interface PipelineModelState {
  readonly stages: readonly Transformer<ParamSchema>[];
}

/** Fitted by `Pipeline`, whose uid it keeps: transforms by its stages, one after another. */
export class PipelineModel extends Model<typeof PipelineModelParams, PipelineModelState> {
  static readonly type: string = 'org.apache.spark.ml.PipelineModel';
  static readonly paramSchema = PipelineModelParams;
  static readonly layout: CompositeLayout<PipelineModelState> = {
    children: ({ stages }) => [{ folder: 'stages', stages }],
    rebuild: async (children) => ({ stages: (await children.stages('stages')).map(requireTransformer) }),
  };

  /** The fitted stages, in order. */
  get stages(): readonly Transformer<ParamSchema>[] {
    return this.state.stages;
  }

  override transform(frame: Frame): Frame {
    return this.stages.reduce((current, stage) => stage.transform(current), frameOf(this.owner, frame));
  }

  override async close(): Promise<void> {
    await Promise.all(this.stages.map((stage) => stage.close()));
  }

  bind(binder: Binder, schema: Schema): void {
    let current = schema;
    for (const stage of this.stages) {
      const next = stage.transformSchema(current);
      stage.bind(binder, current);
      current = next;
    }
  }

  override async resolveSchema(schema: Schema, executor: Executor): Promise<Schema> {
    let current = schema;
    for (const stage of this.stages) current = await stage.resolveSchema(current, executor);
    return current;
  }

  /** A grid's map reaches the stages. */
  override copy(changes: Changes<typeof PipelineModelParams> = {}): this {
    if (!(changes instanceof ParamMap)) return super.copy(changes);
    return new PipelineModel({}, { stages: this.stages.map((stage) => stage.copy(changes)) }, this.uid, this.parent) as this;
  }

  protected outputSchema(schema: Schema): Schema {
    return this.stages.reduce((current, stage) => stage.transformSchema(current), schema);
  }
}

function requireTransformer(stage: unknown): Transformer<ParamSchema> {
  if (stage instanceof Transformer) return stage;
  throw new MlError('MODEL_FORMAT', `PipelineModel: every stage must be a transformer, ${String(stage)} is not`);
}
