import { readdir, readFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import type { ParamSchema } from '../../param/param.ts';
import type { PipelineStage } from '../../pipeline/stage.ts';
import { TempFolder } from '../temp-files.ts';
import type { PlainNames } from './plain-names.ts';

export type AnyStage = PipelineStage<ParamSchema> & { readonly state?: object };

/** What saving a model writes, by path in its folder. Bounds are left out, they go with each transform: Spark cannot read infinite ones. */
export async function modelFiles(model: AnyStage, names: PlainNames | null): Promise<Map<string, Uint8Array>> {
  const home = new TempFolder(`${model.owner}: the folder for temporary files`);
  try {
    const saved = join(home.path, 'model');
    await called(model.copy(withoutTensors(model)), names).save(saved);
    return await filesOf(saved);
  } finally {
    home.remove();
  }
}

/** Changes that clear the params which are vectors or matrices. */
function withoutTensors(stage: AnyStage): Record<string, undefined> {
  const tensors = [...stage.remote().params].filter(([, { type }]) => type === 'vector' || type === 'matrix');
  return Object.fromEntries(tensors.map(([name]) => [name, undefined]));
}

/** The model as one whose state tells columns by name was fitted to plain ones. */
function called(model: AnyStage, names: PlainNames | null): AnyStage {
  const { columns } = model.state as { columns?: readonly string[] };
  if (!names || !columns) return model;
  const Class = model.constructor as new (params: object, state: object, uid: string) => AnyStage;
  const params = Object.fromEntries([...names.stage(model.remote()).params].map(([name, { value }]) => [name, value]));
  return new Class(params, { ...model.state, columns: columns.map((name) => names.plain(name)) }, model.uid);
}

/** The files below a folder, by their path in it. */
async function filesOf(root: string): Promise<Map<string, Uint8Array>> {
  const entries = (await readdir(root, { recursive: true, withFileTypes: true })).filter((entry) => entry.isFile());
  const read = entries.map(async ({ parentPath, name }): Promise<[string, Uint8Array]> => {
    const file = join(parentPath, name);
    return [relative(root, file).replaceAll('\\', '/'), await readFile(file)];
  });
  return new Map(await Promise.all(read));
}
