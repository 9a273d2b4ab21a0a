import type * as Fs from 'node:fs';
import type * as FsPromises from 'node:fs/promises';
import type * as Path from 'node:path';
import type * as Url from 'node:url';
import { MlError, show, systemReason } from '../error.ts';
import { formatError, type ModelFiles, nodeModule, tooLarge } from './files.ts';

/** The path on this machine that `path` means; URLs of another scheme than `file:` are refused. */
export function localPath(what: string, path: string | URL): string {
  const isUrl = path instanceof URL || (typeof path === 'string' && /^[a-z][a-z0-9+.-]+:\//i.test(path));
  if (typeof path !== 'string' && !isUrl) throw new MlError('PARAM_INVALID', `${what}: path must be a string or a URL, got ${show(path)}`);
  if (path === '' || String(path).includes('\0')) {
    throw new MlError('PARAM_INVALID', `${what}: path must be a path without NUL characters, got ${show(String(path))}`);
  }
  const { resolve } = nodeModule<typeof Path>('node:path', what);
  if (!isUrl) return resolve(path);
  if (!/^file:/i.test(String(path))) {
    throw new MlError(
      'NOT_SUPPORTED',
      `${what}: path must be on this machine, got ${show(String(path))}; for one of a cluster's open a session with Session.connect`,
      {
        path: String(path),
      },
    );
  }
  try {
    return nodeModule<typeof Url>('node:url', what).fileURLToPath(path);
  } catch (error) {
    throw new MlError('PARAM_INVALID', `${what}: path must be a file URL of this machine, got ${show(String(path))}: ${(error as Error).message}`, {
      path: String(path),
    });
  }
}

/** The names that a save uses beside its target: what it writes, and what it sets aside. */
export const temporaryName = (name: string, pid: number | string, count: number | string): string => `.${name}.saving-${pid}-${count}`;
export const setAsideName = (name: string, pid: number | string, count: number | string): string => `.${name}.replaced-${pid}-${count}`;

/** Names in `folder` of what saves of `name` that did not come to their end have left there, newest last. */
export async function leftovers(
  fs: { readdir(folder: string): Promise<string[]> },
  folder: string,
  name: string,
  kind: 'saving' | 'replaced',
): Promise<string[]> {
  const names = await fs.readdir(folder).catch(() => [] as string[]);
  const prefix = `.${name}.${kind}-`;
  return names.filter((entry) => entry.startsWith(prefix) && /^\d+-\d+$/.test(entry.slice(prefix.length))).sort();
}

/**
 * Opens a folder for reading. When the folder itself is missing because a save that was to replace it ended between its two renames,
 * the version that was set aside is read in its place. NOT_FOUND when there is none either.
 */
export async function openFolder(source: string | URL): Promise<ModelFiles> {
  if (typeof source !== 'string' && !(source instanceof URL)) {
    throw new MlError('PARAM_INVALID', `load: source must be a path, a URL or a Map from file name to bytes, got ${show(source)}`, { value: source });
  }
  const path = localPath('load', source);
  const fs = nodeModule<typeof FsPromises>('node:fs/promises', 'load');
  const { basename, dirname, join } = nodeModule<typeof Path>('node:path', 'load');
  for (let attempt = 0; ; attempt++) {
    for (const candidate of [path, ...(await setAsides())]) {
      try {
        return Folder.open(path, candidate);
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw asMlError(error, path);
      }
    }
    // A save may have put the folder back between the two looks.
    if (attempt === 2) throw new MlError('NOT_FOUND', `load: there is no ${show(path)}`, { path });
  }

  async function setAsides(): Promise<string[]> {
    if (await fs.stat(path).catch(() => null)) return [];
    return (await leftovers(fs, dirname(path), basename(path), 'replaced')).reverse().map((name) => join(dirname(path), name));
  }
}

/** What a folder is known by; the number of a removed one goes to another soon, its birth does not. */
function identityOf({ dev, ino, birthtimeNs }: Fs.BigIntStats): string {
  return `${dev}:${ino}:${birthtimeNs}`;
}

/** Files up to this size are read at once: for a model's many small ones, waiting costs more than reading. */
const SMALL_BYTES = 1 << 18;

class Folder implements ModelFiles {
  readonly root: string;
  /** The folder read, without links. */
  readonly #real: string;
  readonly #identity: string;
  readonly #fs: typeof Fs;
  readonly #path: typeof Path;

  private constructor(root: string, real: string, identity: string, fs: typeof Fs) {
    this.root = root;
    this.#real = real;
    this.#identity = identity;
    this.#fs = fs;
    this.#path = nodeModule('node:path', 'load');
  }

  static open(root: string, candidate: string): Folder {
    const fs = nodeModule<typeof Fs>('node:fs', 'load');
    const real = fs.realpathSync(candidate);
    const stats = fs.statSync(real, { bigint: true });
    if (!stats.isDirectory()) throw formatError(root, '', 'a saved stage is a folder, this is a file');
    return new Folder(root, real, identityOf(stats), fs);
  }

  async list(folder: string): Promise<readonly string[] | null> {
    try {
      return this.#fs.readdirSync(this.#resolve(folder)).sort();
    } catch (error) {
      const code = (error as NodeJS.ErrnoException).code;
      if (code === 'ENOENT' || code === 'ENOTDIR') return null;
      throw asMlError(error, `${this.root}/${folder}`);
    }
  }

  async isFolder(name: string): Promise<boolean> {
    try {
      return this.#fs.statSync(this.#resolve(name)).isDirectory();
    } catch (error) {
      throw asMlError(error, `${this.root}/${name}`);
    }
  }

  async read(file: string, maxBytes: number): Promise<Uint8Array> {
    try {
      const path = this.#resolve(file);
      const stats = this.#fs.statSync(path);
      if (!stats.isFile()) throw formatError(this.root, file, 'it must be a file');
      if (stats.size > maxBytes) throw tooLarge(this.root, file, stats.size, maxBytes);
      const buffer = stats.size <= SMALL_BYTES ? this.#fs.readFileSync(path) : await this.#fs.promises.readFile(path);
      return new Uint8Array(buffer.buffer, buffer.byteOffset, buffer.length);
    } catch (error) {
      const code = (error as NodeJS.ErrnoException).code;
      if (code === 'ENOENT' || code === 'ENOTDIR') throw formatError(this.root, file, 'the file is missing', error);
      throw asMlError(error, `${this.root}/${file}`);
    }
  }

  async replaced(): Promise<boolean> {
    const now = (path: string): string | null => {
      const stats = this.#fs.statSync(path, { bigint: true, throwIfNoEntry: false });
      return stats ? identityOf(stats) : null;
    };
    return now(this.#real) !== this.#identity || (now(this.root) ?? this.#identity) !== this.#identity;
  }

  /** The file's real path, which must lie in the folder: a link may not lead out. */
  #resolve(file: string): string {
    const real = this.#fs.realpathSync(this.#path.join(this.#real, ...file.split('/')));
    if (real !== this.#real && !real.startsWith(this.#real + this.#path.sep)) {
      throw formatError(this.root, file, 'it must lie in the model’s folder, but is a link that leads out of it');
    }
    return real;
  }
}

/** An error of the file system as one of ours, with path and errno. */
export function asMlError(error: unknown, path: string, what = 'load'): MlError {
  if (error instanceof MlError) return error;
  const { code, errno } = error as NodeJS.ErrnoException;
  return new MlError('IO_FAILED', `${what}: ${show(path)}: ${systemReason(error)}`, { path, errno: code ?? errno }, { cause: error });
}
