import { readdirSync, statSync } from 'node:fs';
import { basename, dirname, isAbsolute, join, relative, resolve, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { MlError, show } from '../../../error.ts';
import { setAside } from '../sinks/staged-folder.ts';

/** A file to read, and the values that the names of its folders (`year=2024`) say. */
export interface SourceFile {
  readonly path: string;
  readonly partition: ReadonlyMap<string, string | null>;
}

interface ListOptions {
  readonly recursive?: boolean;
  /** A glob that the files' names must match. */
  readonly nameFilter?: string;
}

/** Spark's name of the folder that holds rows of a null partition value. */
const NULL_PARTITION = '__HIVE_DEFAULT_PARTITION__';

/** A path on this machine; one with a scheme other than `file:` is none. */
export function localPath(owner: string, path: string): string {
  if (path.includes('\0'))
    throw new MlError('PARAM_INVALID', `${owner}: path must not hold the character NUL, got ${show(path)}`, { param: 'path', value: path });
  if (/^file:\/\//i.test(path)) return fileURLToPath(path);
  const scheme = /^([a-z][a-z0-9+.-]+):\/\//i.exec(path);
  if (!scheme) return resolve(path);
  throw new MlError(
    'NOT_SUPPORTED',
    `${owner}: path must be a file of this machine, got ${show(path)}; a local session reads no ${scheme[1]}: paths`,
    { path },
  );
}

/**
 * The files behind paths: files, globs (`*`, `?`, `[a-z]`, `{a,b}`) and folders, whose files come sorted, without names that begin with `_` or `.`.
 * Folders named `key=value` below a folder given are partitions.
 */
export function listFiles(owner: string, paths: readonly string[], options: ListOptions = {}): SourceFile[] {
  const files: SourceFile[] = [];
  const accepts = options.nameFilter === undefined ? () => true : globPattern(options.nameFilter);
  for (const path of paths) {
    const full = localPath(owner, path);
    const found = exists(full) ? [full] : /[*?[{]/.test(path) ? expand(full) : [setAside(full)].filter((one) => one !== undefined);
    if (found.length === 0) {
      throw new MlError('NOT_FOUND', `${owner}: path must exist, ${show(path)} does not; it is looked up in ${show(process.cwd())}`, { path });
    }
    for (const one of found) {
      if (statSync(one).isDirectory()) walk(one, one, options, files);
      else files.push({ path: one, partition: new Map() });
    }
  }
  return files.filter((file) => accepts(basename(file.path)));
}

function exists(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false }) !== undefined;
}

function walk(folder: string, root: string, options: ListOptions, files: SourceFile[]): void {
  const entries = readdirSync(folder, { withFileTypes: true }).sort((a, b) => (a.name < b.name ? -1 : 1));
  for (const entry of entries) {
    const path = join(folder, entry.name);
    const isFolder = entry.isDirectory() || (entry.isSymbolicLink() && statSync(path).isDirectory());
    if (isFolder) {
      if ((/^[_.]/.test(entry.name) && !entry.name.includes('=')) || !(options.recursive || entry.name.includes('='))) continue;
      walk(path, root, options, files);
    } else if (!/^[_.]/.test(entry.name)) {
      files.push({ path, partition: options.recursive ? new Map() : partitionOf(relative(root, dirname(path))) });
    }
  }
}

function partitionOf(path: string): Map<string, string | null> {
  const values = new Map<string, string | null>();
  for (const part of path.split(sep)) {
    const at = part.indexOf('=');
    if (at <= 0) continue;
    const value = part.slice(at + 1);
    values.set(unescapeName(part.slice(0, at)), value === NULL_PARTITION ? null : unescapeName(value));
  }
  return values;
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what Spark escapes
const SPARK_ESCAPES = /[\x00-\x1f"#%'*/:=?\\\x7f{[\]^]/g;

/** The name of a column, or its value, as a folder spells it. */
export function escapeName(text: string): string {
  return text.replace(SPARK_ESCAPES, (char) => `%${char.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`);
}

function unescapeName(text: string): string {
  return text.replace(/(%[0-9A-Fa-f]{2})+/g, (codes) => {
    try {
      return decodeURIComponent(codes);
    } catch {
      return codes;
    }
  });
}

/** Paths that match a glob, sorted. */
function expand(pattern: string): string[] {
  const [root, ...parts] = isAbsolute(pattern) ? pattern.split(sep) : resolve(pattern).split(sep);
  let folders = [`${root}${sep}`];
  parts.forEach((part, depth) => {
    const last = depth === parts.length - 1;
    if (!/[*?[{]/.test(part)) {
      folders = folders.map((folder) => join(folder, part)).filter(exists);
      return;
    }
    const matches = globPattern(part);
    folders = folders.flatMap((folder) => {
      if (!statSync(folder).isDirectory()) return [];
      return readdirSync(folder)
        .filter((name) => matches(name) && (!/^[_.]/.test(name) || part.startsWith(name[0])))
        .sort()
        .map((name) => join(folder, name))
        .filter((path) => last || statSync(path).isDirectory());
    });
  });
  return folders;
}

function globPattern(glob: string): (name: string) => boolean {
  let source = '';
  let braces = 0;
  for (let i = 0; i < glob.length; i++) {
    const c = glob[i];
    if (c === '*') source += '[^/]*';
    else if (c === '?') source += '[^/]';
    else if (c === '{') {
      source += '(?:';
      braces++;
    } else if (c === '}' && braces > 0) {
      source += ')';
      braces--;
    } else if (c === ',' && braces > 0) source += '|';
    else if (c === '[' && glob.indexOf(']', i + 2) > 0) {
      const end = glob.indexOf(']', i + 2);
      source += `[${glob
        .slice(i + 1, end)
        .replace(/^!/, '^')
        .replaceAll('\\', '\\\\')}]`;
      i = end;
    } else source += c.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&');
  }
  const pattern = new RegExp(`^${source}$`, 'su');
  return (name) => pattern.test(name);
}
