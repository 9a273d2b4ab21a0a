import { giveBack } from '../engine/kept-models.ts';
import type { ParamSchema } from '../param/param.ts';
import type * as z from '../param/zod.ts';
import type { Codec, StreamedCodec } from '../persistence/codec.ts';
import type { PipelineStage, StageClass } from './stage.ts';
import { Transformer } from './transformer.ts';

/** What a model's class declares besides. */
// biome-ignore lint/suspicious/noExplicitAny: codecs of all states lie in one table
export interface ModelClass<State = any> extends StageClass {
  /** How the state is saved and loaded. */
  readonly codec: Codec<State> | StreamedCodec<State>;
}

/** A fitted transformer: params and a frozen state of plain data (typed arrays, numbers, texts). */
export abstract class Model<P extends ParamSchema, State> extends Transformer<P> {
  /** What was learned; plain data, not to be changed. */
  readonly state: State;
  /** The estimator that made it, when made in this process. */
  readonly parent: PipelineStage<ParamSchema> | null;

  constructor(params: z.input<P>, state: State, uid?: string, parent: PipelineStage<ParamSchema> | null = null) {
    super(params, uid);
    this.state = state;
    this.parent = parent;
  }

  override close(): Promise<void> {
    return giveBack(this.state as object);
  }

  protected override recreate(params: Record<string, unknown>): PipelineStage<P> {
    const Class = this.constructor as unknown as new (
      params: Record<string, unknown>,
      state: State,
      uid: string,
      parent: PipelineStage<ParamSchema> | null,
    ) => PipelineStage<P>;
    return new Class(params, this.state, this.uid, this.parent);
  }
}
