import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect } from 'vitest';
import { MlError, type MlErrorCode, type MlErrorDetails } from '#dist/error.js';
import type { Frame } from '#dist/frame/frame.js';
import { Session } from '#dist/index.js';

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

/** A fresh folder for the tests of one file, gone afterwards. */
export function folder(): { path(name: string): string; file(name: string, content: string | Uint8Array): string } {
  const root = mkdtempSync(join(tmpdir(), 'faults-'));
  afterAll(() => rmSync(root, { recursive: true, force: true }));
  const path = (name: string) => join(root, name);
  const file = (name: string, content: string | Uint8Array) => {
    writeFileSync(path(name), content);
    return path(name);
  };
  return { path, file };
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

export const SCHEMA = { a: 'double', b: 'double', label: 'double', w: 'double', c: 'string' } as const;

/** `n` healthy rows, those of `changes` (by row number) changed. */
export function rowsOf(n: number, changes: Record<number, Record<string, unknown>> = {}): Record<string, unknown>[] {
  return Array.from({ length: n }, (_, i) => ({ a: Math.sin(i), b: i % 7, label: i % 2, w: 1, c: ['x', 'y', 'z'][i % 3], ...changes[i] }));
}

export function frameOf(session: Session, n: number, changes: Record<number, Record<string, unknown>> = {}, partitions?: number): Frame {
  return session.createFrame(rowsOf(n, changes), SCHEMA, partitions === undefined ? {} : { partitions });
}
