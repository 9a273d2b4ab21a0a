import type * as FsPromises from 'node:fs/promises';
import type * as Path from 'node:path';
import { keepAtEnd, removeAtEnd } from '../engine/process-end.ts';
import { MlError, show, throwIfAborted } from '../error.ts';
import { nodeModule } from './files.ts';
import { asMlError, leftovers, setAsideName, temporaryName } from './folder.ts';
import { reasonToKeepStage } from './saved-folder.ts';

/** What a save asks of the file system; tests put one that fails or dies at the n-th call in its place. */
export interface FileSystem {
  /** Makes a folder; EEXIST when it is there. */
  mkdir(folder: string): Promise<void>;
  /** Writes a new file and forces it to the disk. */
  write(file: string, bytes: Uint8Array): Promise<void>;
  /** Forces a folder's entries to the disk. */
  sync(folder: string): Promise<void>;
  rename(from: string, to: string): Promise<void>;
  remove(folder: string): Promise<void>;
  readdir(folder: string): Promise<string[]>;
  /** When it last changed, in milliseconds; null when it does not exist. */
  changed(path: string): Promise<number | null>;
  /** Why what is at a path must not be replaced by a save, as the end of "it is …"; null when it may be. */
  reasonToKeep(path: string): Promise<string | null>;
}

interface Replacement {
  /** Whether a saved stage or an empty folder at the target is replaced. */
  readonly overwrite: boolean;
  /** Honoured until the new folder takes its place. */
  readonly signal?: AbortSignal;
}

export function nodeFileSystem(): FileSystem {
  const fs = nodeModule<typeof FsPromises>('node:fs/promises', 'save');
  const forced = async (path: string, flags: string, work: (handle: FsPromises.FileHandle) => Promise<void>) => {
    const handle = await fs.open(path, flags);
    try {
      await work(handle);
      await handle.sync();
    } finally {
      await handle.close();
    }
  };
  return {
    mkdir: (folder) => fs.mkdir(folder),
    write: (file, bytes) => forced(file, 'wx', (handle) => handle.writeFile(bytes)),
    // Windows has no way to force a folder, and needs none.
    sync: (folder) => (process.platform === 'win32' ? Promise.resolve() : forced(folder, 'r', async () => {})),
    rename: (from, to) => fs.rename(from, to),
    remove: (folder) => fs.rm(folder, { recursive: true, force: true }),
    readdir: (folder) => fs.readdir(folder),
    changed: async (path) => {
      try {
        return (await fs.lstat(path)).mtimeMs;
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
        throw error;
      }
    },
    reasonToKeep: async (path) => reasonToKeepStage(path),
  };
}

/** A leftover younger than this may belong to a save on another machine. */
const STALE_MS = 600_000;
const MAX_ATTEMPTS = 20;
let saves = 0;
/** Names that saves of this process are using. */
const active = new Set<string>();

/**
 * Puts a folder of `files` at `target`, all or nothing. It is written in full beside the target, forced to the disk and renamed; with
 * `overwrite`, the stage that was there is set aside by a rename first and removed last, so that at any moment either version can be
 * loaded (see `openFolder`); anything else there is ALREADY_EXISTS. Of two that write the same new path, one gets ALREADY_EXISTS.
 */
export async function replaceFolder(
  fs: FileSystem,
  target: string,
  files: ReadonlyMap<string, Uint8Array>,
  { overwrite, signal }: Replacement,
): Promise<void> {
  const { basename, dirname, join } = nodeModule<typeof Path>('node:path', 'save');
  const [parent, name] = [dirname(target), basename(target)];
  const count = ++saves;
  const temporary = join(parent, temporaryName(name, process.pid, count));
  const aside = join(parent, setAsideName(name, process.pid, count));
  const discarded = join(parent, temporaryName(name, process.pid, ++saves));
  const used = [temporary, aside, discarded].map((path) => basename(path));
  let written = false;
  for (const entry of used) active.add(entry);
  try {
    throwIfAborted(signal, 'save');
    await makeParents(parent);
    await restore();
    await requireFree();
    written = true;
    await fs.remove(temporary);
    removeAtEnd(temporary);
    await writeAll();
    keepAtEnd(temporary); // a removal in mid-rename would leave half a folder at the target
    await (overwrite ? exchange() : moveIn());
    await fs.sync(parent);
    if (overwrite) await discard().catch(() => {});
    await clean();
  } catch (error) {
    if (written) await fs.remove(temporary).catch(() => {});
    throw asMlError(error, target, 'save');
  } finally {
    for (const entry of used) active.delete(entry);
    for (const folder of [temporary, discarded]) keepAtEnd(folder);
  }

  /** Step by step: Node's own recursive mkdir tries for ever where the system says that a folder does not exist and may not be made. */
  async function makeParents(folder: string): Promise<void> {
    if ((await fs.changed(folder)) !== null || dirname(folder) === folder) return;
    await makeParents(dirname(folder));
    await fs.mkdir(folder).catch((error) => {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    });
  }

  async function requireFree(): Promise<void> {
    if (!overwrite && (await fs.changed(target)) === null) return;
    const reason = await fs.reasonToKeep(target);
    if (reason !== null) throw toBeKept(target, reason);
    if (!overwrite) throw inUse(target);
  }

  /** Undoes a save that was cut off between its two renames, so that the old version counts as existing. */
  async function restore(): Promise<void> {
    const set = await leftovers(fs, parent, name, 'replaced');
    const last = set.filter((entry) => !isRunning(entry)).at(-1);
    if (last === undefined || (await fs.changed(target)) !== null) return;
    await fs.rename(join(parent, last), target).catch(() => {});
  }

  async function writeAll(): Promise<void> {
    const folders = new Set([temporary]);
    for (const file of files.keys()) {
      for (let folder = dirname(join(temporary, file)); folder !== temporary; folder = dirname(folder)) folders.add(folder);
    }
    for (const folder of [...folders].sort()) await fs.mkdir(folder);
    for (const [file, bytes] of files) {
      throwIfAborted(signal, 'save');
      await fs.write(join(temporary, file), bytes);
    }
    for (const folder of [...folders].sort().reverse()) await fs.sync(folder);
    throwIfAborted(signal, 'save');
  }

  async function moveIn(): Promise<void> {
    try {
      await fs.rename(temporary, target);
    } catch (error) {
      throw isInUse(error) ? inUse(target) : error;
    }
  }

  async function exchange(): Promise<void> {
    for (let attempt = 1; ; attempt++) {
      await requireFree();
      const had = await setAside();
      try {
        return await fs.rename(temporary, target);
      } catch (error) {
        if (isInUse(error) && attempt < MAX_ATTEMPTS) {
          // Another save came in between: what was set aside is older than what it put there.
          await discard();
          continue;
        }
        if (had) await fs.rename(aside, target).catch(() => {});
        throw error;
      }
    }
  }

  async function setAside(): Promise<boolean> {
    try {
      await fs.rename(target, aside);
      return true;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false;
      throw error;
    }
  }

  /** Removes what was set aside, by another name: who reads it must not take its remains for a version. */
  async function discard(): Promise<void> {
    await fs.rename(aside, discarded).catch((error) => {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    });
    removeAtEnd(discarded);
    await fs.remove(discarded);
  }

  /** Removes what saves of processes that are gone have left here. */
  async function clean(): Promise<void> {
    for (const kind of ['saving', 'replaced'] as const) {
      for (const entry of await leftovers(fs, parent, name, kind)) {
        if (isRunning(entry)) continue;
        const changed = await fs.changed(join(parent, entry)).catch(() => null);
        if (changed !== null && Date.now() - changed > STALE_MS) await fs.remove(join(parent, entry)).catch(() => {});
      }
    }
  }
}

function isRunning(leftover: string): boolean {
  const pid = Number(/-(\d+)-\d+$/.exec(leftover)?.[1]);
  if (pid === process.pid) return active.has(leftover);
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/** A rename onto a folder that has something in it, or onto a file. */
function isInUse(error: unknown): boolean {
  return ['ENOTEMPTY', 'EEXIST', 'ENOTDIR', 'EISDIR', 'EPERM'].includes((error as NodeJS.ErrnoException).code ?? '');
}

function toBeKept(target: string, reason: string): MlError {
  return new MlError(
    'ALREADY_EXISTS',
    `save: ${show(target)} must be free, a saved stage or an empty folder, but is ${reason}; choose another path`,
    {
      path: target,
    },
  );
}

function inUse(target: string): MlError {
  return new MlError('ALREADY_EXISTS', `save: ${show(target)} must be free, but something is there; pass { overwrite: true } to replace it`, {
    path: target,
  });
}
