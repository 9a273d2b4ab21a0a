import { giveBack } from '../engine/kept-models.ts';
import { MlError, show } from '../error.ts';
import type { ParamSchema } from '../param/param.ts';
import type * as z from '../param/zod.ts';
import type { Codec, StreamedCodec } from '../persistence/codec.ts';
import { type CompositeLayout, stagesOf } from '../persistence/composite.ts';
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
    this.parent = parent;
    requireState(this.constructor, this.owner, state);
    this.state = this.arranged(state);
  }

  /** The state as the params ask for it. Runs in the constructor, before the class's own fields are there. */
  protected arranged(state: State): State {
    return state;
  }

  override close(): Promise<void> {
    return giveBack(this.state as object);
  }

  protected override recreate(params: Record<string, unknown>): PipelineStage<P> {
    const Class = this.constructor as new (
      params: Record<string, unknown>,
      state: State,
      uid: string,
      parent: PipelineStage<ParamSchema> | null,
    ) => PipelineStage<P>;
    return new Class(params, this.state, this.uid, this.parent);
  }
}

/** Refuses what is no state of such a model, whoever called `new`: one that has nothing to save where its class's codec or layout looks. */
function requireState<State>({ codec, layout }: Partial<ModelClass<State>> & { layout?: CompositeLayout<State> }, owner: string, state: State): void {
  if (!codec && !layout) return;
  let isWhole: boolean;
  try {
    const [row = []] = codec?.encode(state) ?? [];
    const values = [...row, ...Object.values(codec?.metadata?.(state) ?? {})];
    const children = stagesOf(layout?.children(state, {}) ?? []);
    isWhole = typeof state === 'object' && !values.includes(undefined) && children.every((child) => typeof child.uid === 'string');
  } catch {
    isWhole = false;
  }
  if (isWhole) return;
  throw new MlError('PARAM_INVALID', `${owner}: state must be that of a fitted model, got ${show(state)}; fit makes such models, and load`, {
    stage: owner,
  });
}
