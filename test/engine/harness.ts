import { type Dirent, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect } from 'vitest';
import { Session } from '#dist/engine/session.js';
import { MlError, type MlErrorCode, type MlErrorDetails } from '#dist/error.js';

export const SILENT = { debug() {}, info() {}, warn() {}, error() {} };

/** A session for the tests of one file. */
export function session(workers = 2): () => Session {
  let open: Session;
  beforeAll(async () => {
    open = await Session.local({ workers, logger: SILENT });
  });
  afterAll(() => open?.close());
  return () => open;
}

/** Paths below a fresh folder, which goes when the file's tests are over. */
export function folder(): (...names: string[]) => string {
  const root = mkdtempSync(join(tmpdir(), 'engine-test-'));
  afterAll(() => rmSync(root, { recursive: true, force: true }));
  return (...names) => join(root, ...names);
}

/** All files below a folder, relative to it, sorted. */
export function filesIn(path: string): string[] {
  return (readdirSync(path, { recursive: true, withFileTypes: true }) as Dirent[])
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(path.length + 1))
    .sort();
}

/** Writes a file and gives back its path. */
export function written(path: string, content: string | Uint8Array): string {
  writeFileSync(path, content);
  return path;
}

/** The error that `action` ends with, now or later. */
export async function failure(action: () => unknown): Promise<MlError> {
  try {
    await action();
  } catch (error) {
    if (!(error instanceof MlError)) throw error;
    return error;
  }
  throw new Error('nothing was refused');
}

/** `action` must fail with this code, these details among others, and a message that holds the texts. */
export async function refuses(action: () => unknown, code: MlErrorCode, details: MlErrorDetails = {}, ...texts: (string | RegExp)[]): Promise<void> {
  const error = await failure(action);
  expect(error.code, error.message).toBe(code);
  expect(error.details, error.message).toMatchObject(details);
  for (const text of texts) expect(error.message).toMatch(text);
}
