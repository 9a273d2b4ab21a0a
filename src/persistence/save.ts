import { MlError, show, throwIfAborted } from '../error.ts';
import { foldersOf } from '../frame/open-sessions.ts';
import { nameHint, type ParamSchema } from '../param/param.ts';
import type { PipelineStage, SaveOptions } from '../pipeline/stage.ts';
import { localPath } from './folder.ts';
import { stageTable } from './load.ts';
import { nodeFileSystem, replaceFolder } from './replace-folder.ts';
import { classesOf, stageFiles } from './stage-files.ts';

/**
 * Saves `stage` as the folder `path` in Spark ML's layout, all or nothing: a folder that is complete takes the place of what was there by
 * a rename. ALREADY_EXISTS for a path in use, unless it is a saved stage or an empty folder and `overwrite` is true; IO_FAILED with path
 * and errno for what the disk refuses. With a scheme, on a connected session, the path is the server's: what makes the folder a saved stage is
 * written last.
 */
export async function saveStage(stage: PipelineStage<ParamSchema>, path: string | URL, options: SaveOptions = {}): Promise<void> {
  checkOptions(stage, options);
  const server = foldersOf(path);
  const target = server ? String(path) : localPath('save', path);
  const { signal, overwrite = false } = options;
  throwIfAborted(signal, 'save');
  await requireLoadable(stage);
  const files = stageFiles(stage, options as Readonly<Record<string, unknown>>, Date.now());
  if (server) await server.write(target, files, { owner: 'save', overwrite, signal });
  else await replaceFolder(nodeFileSystem(), target, files, { overwrite, signal });
}

/** `persistSubModels` is for searches, however deep in pipelines they lie. */
const OPTIONS: ReadonlyMap<string, [rule: string, isValid: (value: unknown) => boolean]> = new Map([
  ['overwrite', ['true or false', (value) => typeof value === 'boolean']],
  ['persistSubModels', ['true or false', (value) => typeof value === 'boolean']],
  ['signal', ['an AbortSignal', (value) => typeof (value as AbortSignal)?.aborted === 'boolean']],
]);

function checkOptions(stage: PipelineStage<ParamSchema>, options: unknown): void {
  if (typeof options !== 'object' || options === null || Array.isArray(options)) {
    throw new MlError('PARAM_INVALID', `save: options must be an object such as { overwrite: true }, got ${show(options)}`, { stage: stage.uid });
  }
  for (const [name, value] of Object.entries(options)) {
    const [rule, isValid] = OPTIONS.get(name) ?? [];
    if (!isValid) throw new MlError('PARAM_UNKNOWN', `save: unknown option ${name}; ${nameHint([...OPTIONS.keys()], name)}`, { param: name });
    if (value === undefined || isValid(value)) continue;
    throw new MlError('PARAM_INVALID', `save: option ${name} must be ${rule}, got ${show(value)}`, { param: name, value });
  }
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
