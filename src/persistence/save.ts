import { MlError, show } from '../error.ts';
import type { ParamSchema } from '../param/param.ts';
import type { PipelineStage, SaveOptions } from '../pipeline/stage.ts';
import { localPath } from './folder.ts';
import { stageTable } from './load.ts';
import { nodeFileSystem, replaceFolder } from './replace-folder.ts';
import { classesOf, stageFiles } from './stage-files.ts';

/**
 * Saves `stage` as the folder `path` in Spark ML's layout, all or nothing: a folder that is complete takes the place of what was there by
 * a rename. ALREADY_EXISTS for a path in use, unless `overwrite`; IO_FAILED with path and errno for what the disk refuses.
 */
export async function saveStage(stage: PipelineStage<ParamSchema>, path: string | URL, options: SaveOptions = {}): Promise<void> {
  const target = localPath('save', path);
  await requireLoadable(stage);
  const files = stageFiles(stage, options as Readonly<Record<string, unknown>>, Date.now());
  await replaceFolder(nodeFileSystem(), target, files, options.overwrite === true);
}

/** What could not be loaded again is not saved; what Spark could not load is told. */
async function requireLoadable(stage: PipelineStage<ParamSchema>): Promise<void> {
  const { findStage } = await stageTable();
  for (const Class of classesOf(stage)) {
    const found = await findStage(Class.type).catch(() => undefined);
    if (found !== Class) {
      throw new MlError(
        'NOT_SUPPORTED',
        `save: ${Class.name} must be loadable again under its type ${show(Class.type)}; call registerStage(${Class.name}) where it is defined`,
        { stage: stage.uid },
      );
    }
    if (!Class.type.startsWith('org.apache.spark.') && !warned.has(Class.type)) {
      warned.add(Class.type);
      process.emitWarning(`save: Spark has no class ${Class.type}, so ${stage.uid} loads in Millstream only`, 'MillstreamWarning');
    }
  }
}

const warned = new Set<string>();
