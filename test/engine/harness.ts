import { type Dirent, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect } from 'vitest';
import { Session } from '#dist/engine/local/session.js';
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

/** `action` must fail with this code and these details, among others. */
export async function refuses(action: () => unknown, code: MlErrorCode, details: MlErrorDetails = {}, text: string | RegExp = ''): Promise<void> {
  try {
    await action();
  } catch (error) {
    if (!(error instanceof MlError)) throw error;
    expect(error.code, error.message).toBe(code);
    expect(error.details, error.message).toMatchObject(details);
    expect(error.message).toMatch(text);
    return;
  }
  expect.fail(`must be refused with ${code}`);
}
