import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, posix } from 'node:path';
import { MlError, show } from '../../error.ts';
import type { FolderOptions, ServerFolders } from '../../frame/open-sessions.ts';
import type { Plan } from '../../frame/plan.ts';
import { Schema } from '../../frame/schema.ts';
import type { SparkEngine } from './engine.ts';
import type { RelType } from './plan.ts';

const OVERWRITE = 2;
const METADATA = 'metadata';
/** A saved stage's own text, of one line. */
const OWN_TEXT = /^metadata\/part-[^/]*$/;

/** Folders of the server's as it sees them: read as binary rows, written as the rows and lines of the files that they are to hold. */
export class SparkFolders implements ServerFolders {
  readonly #engine: SparkEngine;

  constructor(engine: SparkEngine) {
    this.#engine = engine;
  }

  async read(path: string, { owner, signal }: FolderOptions): Promise<Map<string, Uint8Array>> {
    const rows = await this.#engine.rows(filesBelow(path), { owner, signal });
    const names = namesBelow(
      path,
      rows.map((row) => String(row.path)),
    );
    return new Map(rows.map((row, i) => [names[i], row.content as Uint8Array]));
  }

  async write(path: string, files: ReadonlyMap<string, Uint8Array>, options: FolderOptions & { overwrite: boolean }): Promise<void> {
    await this.#requireFree(path, options);
    const folders = new Map<string, [name: string, bytes: Uint8Array][]>();
    for (const [name, bytes] of files) {
      const [folder, file] = [dirname(name), name.slice(dirname(name).length + 1)];
      if (/^[._]/.test(file)) continue; // marks that the server makes itself
      folders.set(folder, [...(folders.get(folder) ?? []), [file, bytes]]);
    }
    const own = folders.get(METADATA) ?? [];
    folders.delete(METADATA);
    const home = await mkdtemp(join(tmpdir(), 'millstream-folder-'));
    try {
      await Promise.all([...folders].map(([folder, parts]) => this.#writeFolder(`${path}/${folder}`, join(home, folder), parts, options)));
      // What makes the folder a saved stage comes last.
      await this.#writeFolder(`${path}/${METADATA}`, join(home, METADATA), own, options);
    } finally {
      await rm(home, { recursive: true, force: true });
    }
  }

  /** `overwrite` replaces a saved stage only: whatever else is there is not ours to remove. */
  async #requireFree(path: string, { owner, signal, overwrite }: FolderOptions & { overwrite: boolean }): Promise<void> {
    const found = await this.#names(path, { owner, signal });
    if (found.length === 0 || (overwrite && found.some((name) => OWN_TEXT.test(name)))) return;
    const reason = overwrite ? 'it is no saved stage, and only those are replaced' : 'use { overwrite: true }, or another path';
    throw new MlError('ALREADY_EXISTS', `${owner}: ${show(path)} must be free, but there are files; ${reason}`, { path });
  }

  /** Names of the files at a path, none where there is no such folder. */
  async #names(path: string, options: FolderOptions): Promise<string[]> {
    const column = { exprType: { case: 'unresolvedAttribute' as const, value: { unparsedIdentifier: 'path' } } };
    try {
      const rows = await this.#engine.rows({ case: 'project', value: { input: { relType: filesBelow(path) }, expressions: [column] } }, options);
      return namesBelow(
        path,
        rows.map((row) => String(row.path)),
      );
    } catch (error) {
      if (error instanceof MlError && error.code === 'NOT_FOUND') return [];
      throw error;
    }
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
    await this.#engine.command({ commandType: { case: 'writeOperation', value } }, options);
  }
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
