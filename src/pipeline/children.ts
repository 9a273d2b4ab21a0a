import type { ParamSchema } from '../param/param.ts';
import { PipelineStage } from './stage.ts';

/** `stage` and all stages that it holds, in its params or in its state, depth first; not a model of its own that it is to go on from, which bears its uid. */
export function* descendants(stage: PipelineStage<ParamSchema>): Generator<PipelineStage<ParamSchema>> {
  yield stage;
  const state = (stage as { state?: unknown }).state;
  const held = isHolder(state) ? [state.stages] : Object.values(stage.params);
  for (const value of held.flat()) if (value instanceof PipelineStage && value.uid !== stage.uid) yield* descendants(value);
}

function isHolder(state: unknown): state is { stages: readonly unknown[] } {
  return typeof state === 'object' && state !== null && Array.isArray((state as { stages?: unknown }).stages);
}
