import type { Engine } from '../engine/engine.ts';
import { MlError } from '../error.ts';
import type { Frame } from '../frame/frame.ts';
import type { ParamSchema } from '../param/param.ts';
import type { ChildReader } from '../persistence/composite.ts';
import { Evaluator } from './evaluator.ts';
import { PipelineStage } from './stage.ts';
import { Transformer } from './transformer.ts';

/**
 * `stage` and all stages that it holds, in its params or in its state, depth first; not a model of its own that it is to go on from, which bears its
 * uid.
 */
export function* descendants(stage: PipelineStage<ParamSchema>): Generator<PipelineStage<ParamSchema>> {
  yield stage;
  const state = (stage as { state?: unknown }).state;
  const held = isHolder(state) ? [state.stages] : Object.values(stage.params);
  for (const value of held.flat()) if (value instanceof PipelineStage && value.uid !== stage.uid) yield* descendants(value);
}

/** Fails, before any work, when the frame is a cluster's that lacks one of the stages. Evaluators of users' own run in this process. */
export function requireThere(stage: PipelineStage<ParamSchema>, frame: Frame): void {
  const { stages } = frame.executor as Engine;
  if (!stages) return;
  for (const held of descendants(stage)) if (!(held instanceof Evaluator)) stages.require(held.remote());
}

/** The model that a saved composite keeps in `folder`. */
export async function childModel(owner: string, children: ChildReader, folder: string): Promise<Transformer<ParamSchema>> {
  const stage = await children.stage(folder);
  if (stage instanceof Transformer) return stage;
  throw new MlError('MODEL_FORMAT', `${owner}: ${folder} must be a model, is ${String(stage)}`);
}

function isHolder(state: unknown): state is { stages: readonly unknown[] } {
  return typeof state === 'object' && state !== null && Array.isArray((state as { stages?: unknown }).stages);
}
