import { randomBytes } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join, posix } from 'node:path';
import { MlError, show } from '../../error.ts';
import type { FolderOptions, ServerFolders } from '../../frame/open-sessions.ts';
import type { Plan } from '../../frame/plan.ts';
import { Schema } from '../../frame/schema.ts';
import { TempFolder } from '../temp-files.ts';
import type { CallOptions } from './client.ts';
import type { SparkEngine } from './engine.ts';
import { attribute } from './expression.ts';
import type { RelType } from './relation.ts';

const OVERWRITE = 2;
const METADATA = 'metadata';
/** What a folder's name has behind it while the stage that replaces it is written. */
const BESIDE = '.saving-';
/** Milliseconds after which nobody is still writing such a folder. */
const STALE = 3_600_000;
/** A saved stage's own text, of one line. */
const OWN_TEXT = /^metadata\/part-[^/]*$/;

/** Folders of the server's as it sees them: read as binary rows, written as the rows and lines of the files that they are to hold. */
export class SparkFolders implements ServerFolders {
  readonly #engine: SparkEngine;

  constructor(engine: SparkEngine) {
    this.#engine = engine;
  }

  async read(path: string, options: FolderOptions): Promise<Map<string, Uint8Array>> {
    const failed: unknown[] = [];
    const found = await this.#files(path, path, options).catch((error: unknown) => {
      failed.push(error);
      return new Map<string, Uint8Array>();
    });
    if (isStage(found)) return found;
    // A save that replaces a stage may have been cut off when the old one was gone already: the new one is whole beside it.
    const beside = await this.#files(`${path}${BESIDE}*`, dirname(path), options).catch(() => new Map<string, Uint8Array>());
    for (const folder of new Set([...beside.keys()].map((name) => name.split('/', 1)[0]))) {
      const saved = new Map(
        [...beside].filter(([name]) => name.startsWith(`${folder}/`)).map(([name, bytes]) => [name.slice(folder.length + 1), bytes]),
      );
      if (!isStage(saved)) continue;
      this.#engine.logger.warn(
        `${options.owner}: a save to ${show(path)} was cut off, what it saved is read from ${show(`${dirname(path)}/${folder}`)}`,
      );
      return saved;
    }
    if (failed.length > 0) throw failed[0];
    return found;
  }

  async write(path: string, files: ReadonlyMap<string, Uint8Array>, options: FolderOptions & { overwrite: boolean }): Promise<void> {
    const replaces = await this.#replaces(path, options);
    if (!replaces) return this.writeNew(path, files, options);
    // Nothing is moved on a server: the new stage is written whole beside the old one, then once more in its place.
    const beside = `${path}${BESIDE}${randomBytes(6).toString('hex')}`;
    await this.writeNew(beside, files, options);
    await this.#remove(path, options);
    await this.writeNew(path, files, options);
    await this.#remove(beside, options);
    await this.#clearBeside(path, options);
  }

  /** Writes a stage where nothing is; nothing is left of one that fails. */
  writeNew(path: string, files: ReadonlyMap<string, Uint8Array>, options: FolderOptions): Promise<void> {
    return this.#engine.client.tidying(this.#writeNew(path, files, options));
  }

  async #writeNew(path: string, files: ReadonlyMap<string, Uint8Array>, options: FolderOptions): Promise<void> {
    const folders = new Map<string, [name: string, bytes: Uint8Array][]>();
    for (const [name, bytes] of files) {
      const [folder, file] = [dirname(name), name.slice(dirname(name).length + 1)];
      if (/^[._]/.test(file)) continue; // marks that the server makes itself
      folders.set(folder, [...(folders.get(folder) ?? []), [file, bytes]]);
    }
    const own = folders.get(METADATA) ?? [];
    folders.delete(METADATA);
    const home = new TempFolder(`${options.owner}: the folder for temporary files`);
    try {
      const writes = [...folders].map(([folder, parts]) => this.#writeFolder(`${path}/${folder}`, join(home.path, folder), parts, options));
      // What one of them writes is removed once all have come to their ends.
      await Promise.allSettled(writes);
      await Promise.all(writes);
      // What makes the folder a saved stage comes last.
      await this.#writeFolder(`${path}/${METADATA}`, join(home.path, METADATA), own, options);
    } catch (error) {
      await this.#remove(path, { owner: options.owner, tidies: true }).catch(() => {});
      throw error;
    } finally {
      home.remove();
    }
  }

  /** Removes what saves to this path left beside it when they were killed; such a save may also be going on, so only what has lain there for long. */
  async #clearBeside(path: string, options: FolderOptions): Promise<void> {
    const columns = ['path', 'modificationTime'].map((name) => attribute(name));
    const input = { relType: filesBelow(`${path}${BESIDE}*`) };
    const rows = await this.#engine.rows({ case: 'project', value: { input, expressions: columns } }, options).catch(() => []);
    const names = namesBelow(
      dirname(path),
      rows.map((row) => String(row.path)),
    );
    const touched = new Map<string, number>();
    for (const [i, row] of rows.entries()) {
      const folder = `${dirname(path)}/${names[i].split('/', 1)[0]}`;
      touched.set(folder, Math.max(touched.get(folder) ?? 0, Number(row.modificationTime)));
    }
    for (const [folder, time] of touched) if (Date.now() - time > STALE) await this.#remove(folder, options);
  }

  /** Whether there is a saved stage to replace; whatever else is there is not ours to remove, and an error. */
  async #replaces(path: string, { owner, signal, overwrite }: FolderOptions & { overwrite: boolean }): Promise<boolean> {
    const found = await this.#names(path, { owner, signal });
    if (found.length === 0 || (overwrite && found.some((name) => OWN_TEXT.test(name)))) return found.length > 0;
    const reason = overwrite ? 'it is no saved stage, and only those are replaced' : 'use { overwrite: true }, or another path';
    throw new MlError('ALREADY_EXISTS', `${owner}: ${show(path)} must be free, but there are files; ${reason}`, { path });
  }

  /** Names of the files at a path, none where there is no such folder. */
  async #names(path: string, options: FolderOptions): Promise<string[]> {
    try {
      const rows = await this.#engine.rows(
        { case: 'project', value: { input: { relType: filesBelow(path) }, expressions: [attribute('path')] } },
        options,
      );
      return namesBelow(
        path,
        rows.map((row) => String(row.path)),
      );
    } catch (error) {
      if (error instanceof MlError && error.code === 'NOT_FOUND') return [];
      throw error;
    }
  }

  async #remove(path: string, options: CallOptions): Promise<void> {
    await this.#engine.stages.removeFolder(path, options);
  }

  /** The files at a path or pattern, by their names below a folder. */
  async #files(path: string, folder: string, { owner, signal }: FolderOptions): Promise<Map<string, Uint8Array>> {
    const rows = await this.#engine.rows(filesBelow(path), { owner, signal });
    const names = namesBelow(
      folder,
      rows.map((row) => String(row.path)),
    );
    return new Map(rows.map((row, i) => [names[i], row.content as Uint8Array]));
  }

  async #writeFolder(path: string, folder: string, parts: readonly (readonly [string, Uint8Array])[], options: FolderOptions): Promise<void> {
    await mkdir(folder, { recursive: true });
    for (const [name, bytes] of parts) await writeFile(join(folder, name), bytes);
    const parquet = parts.every(([name]) => name.endsWith('.parquet'));
    const rows: Plan = parquet
      ? { op: 'read', format: 'parquet', paths: [folder], schema: null, options: {} }
      : linesOf(parts.map(([, bytes]) => bytes));
    const input = await this.#engine.compiler.relation({ op: 'repartition', input: rows, partitions: 1 } as Plan);
    const value = { input, source: parquet ? 'parquet' : 'text', saveType: { case: 'path' as const, value: path }, mode: OVERWRITE };
    await this.#engine.command({ commandType: { case: 'writeOperation', value } }, { ...options, leaves: true });
  }
}

/** Whether these are a saved stage's files: its own text is what is written last. */
function isStage(files: ReadonlyMap<string, unknown>): boolean {
  return [...files.keys()].some((name) => OWN_TEXT.test(name));
}

function filesBelow(path: string): RelType {
  const value = { format: 'binaryFile', paths: [path], options: { recursiveFileLookup: 'true' } };
  return { case: 'read', value: { readType: { case: 'dataSource', value } } };
}

/** The files' paths below the folder; the server may spell scheme and host of the folder in another way. */
function namesBelow(folder: string, paths: readonly string[]): string[] {
  const inside = `${posix.normalize(folder.replace(/^[^/]*:(\/\/[^/]*)?/, '')).replace(/\/$/, '')}/`;
  return paths.map((path) => path.slice(path.indexOf(inside) + inside.length));
}

/** The lines of texts, as rows. */
function linesOf(texts: readonly Uint8Array[]): Plan {
  const lines = texts.flatMap((bytes) => new TextDecoder().decode(bytes).split('\n')).filter((line) => line !== '');
  const schema = new Schema([{ name: 'value', type: { kind: 'string' }, nullable: true }]);
  return { op: 'local', table: { schema, rows: lines.length, partitions: null, columns: [lines] } };
}
