import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll } from 'vitest';
import { stageFiles } from '#dist/persistence/stage-files.js';
import type { PipelineStage } from '#dist/pipeline/index.js';

export const FIXTURES = fileURLToPath(new URL('../fixtures/spark-4.3.0/', import.meta.url));

/** Names of the saved stages among the fixtures. */
export const fixtureNames = readdirSync(FIXTURES).filter((name) => existsSync(join(FIXTURES, name, 'metadata')));

/** The files of a folder by name, as `load` takes them. */
export function fileMap(folder: string): Map<string, Uint8Array> {
  const files = new Map<string, Uint8Array>();
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const path = join(entry.parentPath, entry.name);
    files.set(
      path
        .slice(folder.length)
        .replace(/^[/\\]/, '')
        .replaceAll('\\', '/'),
      new Uint8Array(readFileSync(path)),
    );
  }
  return files;
}

/** All that is saved of a stage but the time. */
export function saved(stage: unknown, options: Record<string, unknown> = {}): Map<string, Uint8Array> {
  return stageFiles(stage as PipelineStage<never>, options, 0);
}

/** The files with one of them changed. */
export function withFile(files: ReadonlyMap<string, Uint8Array>, name: string, bytes: Uint8Array | string): Map<string, Uint8Array> {
  return new Map(files).set(name, typeof bytes === 'string' ? new TextEncoder().encode(bytes) : bytes);
}

/** Makes empty folders, which go when the file's tests are over. */
export function folders(): () => string {
  const root = realpathSync(mkdtempSync(join(tmpdir(), 'millstream-files-')));
  afterAll(() => rmSync(root, { recursive: true, force: true }));
  let made = 0;
  return () => {
    const folder = join(root, String(++made));
    mkdirSync(folder);
    return folder;
  };
}
