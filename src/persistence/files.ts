import { MlError, show } from '../error.ts';

/** Where a saved stage may be: a folder by its path or `file:` URL, or its files by name (`metadata/part-00000` …) in a Map. */
export type ModelSource = string | URL | ReadonlyMap<string, Uint8Array>;

/** The files of one saved stage, by paths below its folder with `/` between names. */
export interface ModelFiles {
  /** The folder, for messages. */
  readonly root: string;
  /** Names of the files and folders in `folder`, sorted; null when there is no such folder. */
  list(folder: string): Promise<readonly string[] | null>;
  /** Whether there is a folder of that name. */
  isFolder(name: string): Promise<boolean>;
  /** The bytes of a file; MODEL_FORMAT when there are more than `maxBytes`. */
  read(file: string, maxBytes: number): Promise<Uint8Array>;
  /** Whether another save has taken the place of these files since they were opened. */
  replaced(): Promise<boolean>;
}

/** By its shape: a Map from another realm (a frame, a test's sandbox) is a Map too. */
export function isFileMap(source: ModelSource): source is ReadonlyMap<string, Uint8Array> {
  return typeof source === 'object' && source !== null && 'keys' in source && 'get' in source;
}

/** An error about what a folder holds: it names the file and the reason. */
export function formatError(root: string, file: string, reason: string, cause?: unknown): MlError {
  const path = file === '' ? root : `${root}/${file}`;
  return new MlError('MODEL_FORMAT', `load: ${show(path)}: ${reason}`, { path }, cause === undefined ? undefined : { cause });
}

/** A module of Node's own, or nothing elsewhere. */
export function builtinModule<T>(name: string): T | undefined {
  return (globalThis as { process?: { getBuiltinModule?: (name: string) => T } }).process?.getBuiltinModule?.(name);
}

/** A module of Node's own, where there are any: never by an import, so that bundles for browsers hold none. */
export function nodeModule<T>(name: string, what: string): T {
  const module = builtinModule<T>(name);
  if (module) return module;
  throw new MlError('NOT_SUPPORTED', `${what}: a path needs Node’s file system, which this platform lacks; pass a Map of file names to bytes`);
}

/** Files held in memory. */
export class MapFiles implements ModelFiles {
  readonly root: string;
  readonly #files: ReadonlyMap<string, Uint8Array>;

  constructor(files: ReadonlyMap<string, Uint8Array>, root = 'the file map') {
    this.root = root;
    for (const [name, bytes] of files) {
      if (typeof name !== 'string' || Object.prototype.toString.call(bytes) !== '[object Uint8Array]') {
        throw new MlError('PARAM_INVALID', `load: a file map must hold Uint8Arrays by name, got ${show(name)}: ${show(bytes)}`);
      }
    }
    this.#files = files;
  }

  async list(folder: string): Promise<readonly string[] | null> {
    const names = new Set<string>();
    for (const name of this.#files.keys()) {
      if (name.startsWith(`${folder}/`)) names.add(name.slice(folder.length + 1).split('/', 1)[0]);
    }
    return names.size === 0 ? null : [...names].sort();
  }

  async isFolder(name: string): Promise<boolean> {
    return !this.#files.has(name);
  }

  async read(file: string, maxBytes: number): Promise<Uint8Array> {
    const bytes = this.#files.get(file);
    if (!bytes) throw formatError(this.root, file, 'the file is missing');
    if (bytes.length > maxBytes) throw tooLarge(this.root, file, bytes.length, maxBytes);
    // One of this realm's own.
    return new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.length);
  }

  async replaced(): Promise<boolean> {
    return false;
  }
}

export function tooLarge(root: string, file: string, size: number, maxBytes: number): MlError {
  return formatError(root, file, `the file must have at most ${maxBytes} bytes, has ${size}`);
}
