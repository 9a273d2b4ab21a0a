import { existsSync, readdirSync } from 'node:fs';
import type { ParamSchema } from '#dist/param/param.js';
import { PipelineStage, type StageClass } from '#dist/pipeline/stage.js';

const dist = new URL('../../dist/', import.meta.url);

/** A stage's class as users construct it. */
export interface AnyStageClass extends StageClass {
  new (params?: Record<string, unknown>, ...rest: unknown[]): PipelineStage<ParamSchema>;
  load?(path: string): Promise<PipelineStage<ParamSchema>>;
}

/** Every stage that some folder's index exports, by class name; the contracts themselves (no `type`) are not among them. */
export async function exportedStages(): Promise<ReadonlyMap<string, AnyStageClass>> {
  const found = new Map<string, AnyStageClass>();
  for (const folder of readdirSync(dist).sort()) {
    const index = new URL(`${folder}/index.js`, dist);
    if (!existsSync(index)) continue;
    for (const value of Object.values(await import(index.href))) {
      if (typeof value !== 'function' || !(value.prototype instanceof PipelineStage) || !('type' in value)) continue;
      found.set(value.name, value as unknown as AnyStageClass);
    }
  }
  return found;
}
