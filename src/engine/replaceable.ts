import type * as Fs from 'node:fs';
import type * as Os from 'node:os';
import type * as Path from 'node:path';
import { show } from '../error.ts';

/** Node's modules that are needed here; handed in, since what a browser's bundle may reach imports none. */
export interface NodeModules {
  readonly fs: typeof Fs;
  readonly path: typeof Path;
  readonly os: typeof Os;
}

/** Which names a writer of ours, or Spark's, gives to what it writes. */
interface OwnNames {
  file(name: string): boolean;
  folder(name: string): boolean;
}

const MAX_DEPTH = 64;
const MAX_ATTEMPTS = 100;

/**
 * Why what is at `target` must not be replaced, as the end of "it is …"; null when nothing is there, when it is an empty folder, or when
 * `foreign` finds nothing strange in it. The current, the home and the temporary folder and all above them stay whatever they hold.
 */
export function reasonToKeep(modules: NodeModules, target: string, foreign: (folder: string) => string | null): string | null {
  const inode = () => modules.fs.lstatSync(target, { bigint: true, throwIfNoEntry: false })?.ino;
  for (let attempt = 1; ; attempt++) {
    const seen = inode();
    // While it is looked at, another writer may put its own in its place: what was seen then is of two folders.
    const isSame = () => attempt === MAX_ATTEMPTS || inode() === seen;
    try {
      const reason = look(modules, target, foreign);
      if (reason === null || isSame()) return reason;
    } catch (error) {
      if (isSame()) throw error;
    }
  }
}

function look(modules: NodeModules, target: string, foreign: (folder: string) => string | null): string | null {
  const { fs } = modules;
  if (!fs.lstatSync(target, { throwIfNoEntry: false })) return null;
  const stats = fs.statSync(target, { bigint: true, throwIfNoEntry: false });
  if (!stats) return 'a link that leads nowhere';
  if (stats.isFile()) return 'a file';
  if (!stats.isDirectory()) return 'no folder';
  for (const [what, place] of placesInUse(modules)) {
    for (const [i, folder] of upwards(modules, place).entries()) {
      const used = fs.statSync(folder, { bigint: true, throwIfNoEntry: false });
      if (used && used.dev === stats.dev && used.ino === stats.ino) return i === 0 ? `the ${what}` : `a folder above the ${what}`;
    }
  }
  return fs.readdirSync(target).length === 0 ? null : foreign(target);
}

function placesInUse({ os }: NodeModules): [string, string][] {
  return [
    ['current directory', process.cwd()],
    ['home folder', os.homedir()],
    ['folder of temporary files', os.tmpdir()],
  ];
}

/** A folder and those above it, without links. */
function upwards({ fs, path }: NodeModules, place: string): string[] {
  const folders: string[] = [];
  if (place === '' || !fs.existsSync(place)) return folders;
  for (let folder = fs.realpathSync(place); ; folder = path.dirname(folder)) {
    folders.push(folder);
    if (path.dirname(folder) === folder) return folders;
  }
}

/** The first thing in `folder`, however deep, that has none of a writer's names, as the end of "it is …"; null when there is none. */
export function foreignEntry({ fs, path }: NodeModules, folder: string, own: OwnNames): string | null {
  const find = (below: string, depth: number): string | null => {
    if (depth > MAX_DEPTH) return show(below);
    for (const entry of fs.readdirSync(path.join(folder, below), { withFileTypes: true })) {
      const name = path.join(below, entry.name);
      if (entry.isDirectory() && own.folder(entry.name)) {
        const found = find(name, depth + 1);
        if (found) return found;
      } else if (!entry.isFile() || !own.file(entry.name)) return show(name);
    }
    return null;
  };
  const found = find('', 0);
  return found && `a folder with ${found} in it`;
}

/** Files beside the data that Spark and Hadoop write, or a desktop leaves. */
export function isSideFile(name: string): boolean {
  return /^_[A-Za-z]\w*$|^\..*\.crc$|^\.DS_Store$/.test(name);
}
