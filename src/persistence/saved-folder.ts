import { foreignEntry, isSideFile, type NodeModules, reasonToKeep } from '../engine/replaceable.ts';
import { nodeModule } from './files.ts';
import { parseJson } from './json.ts';

/**
 * Why what is at `target` must not be replaced by a save, as the end of "it is …"; null when it may be: a saved stage whose class can be
 * read and that holds part files only, an empty folder, or nothing.
 */
export function reasonToKeepStage(target: string): string | null {
  const modules: NodeModules = { fs: nodeModule('node:fs', 'save'), path: nodeModule('node:path', 'save'), os: nodeModule('node:os', 'save') };
  return reasonToKeep(modules, target, (folder) => {
    const foreign = foreignEntry(modules, folder, {
      file: (name) => name.startsWith('part-') || isSideFile(name),
      folder: (name) => !name.startsWith('.'),
    });
    return foreign ?? (hasClass(modules, folder) ? null : 'a folder without the metadata of a saved stage');
  });
}

/** Whether the folder's metadata names a class, known here or not. */
function hasClass({ fs, path }: NodeModules, folder: string): boolean {
  try {
    const metadata = path.join(folder, 'metadata');
    const part = fs.readdirSync(metadata).find((name) => name.startsWith('part-'));
    const [line] = fs.readFileSync(path.join(metadata, part ?? ''), 'utf8').split('\n', 1);
    const json = parseJson(line);
    return json instanceof Map && typeof json.get('class') === 'string' && typeof json.get('uid') === 'string';
  } catch {
    return false;
  }
}
