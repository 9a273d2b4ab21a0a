import type { Frame } from '#dist/frame/frame.js';
import type { Session } from '#dist/index.js';

export const SCHEMA = { a: 'double', b: 'double', label: 'double', w: 'double', c: 'string' } as const;

/** `n` healthy rows, those of `changes` (by row number) changed. */
export function rowsOf(n: number, changes: Record<number, Record<string, unknown>> = {}): Record<string, unknown>[] {
  return Array.from({ length: n }, (_, i) => ({ a: Math.sin(i), b: i % 7, label: i % 2, w: 1, c: ['x', 'y', 'z'][i % 3], ...changes[i] }));
}

export function frameOf(session: Session, n: number, changes: Record<number, Record<string, unknown>> = {}, partitions?: number): Frame {
  return session.createFrame(rowsOf(n, changes), SCHEMA, partitions === undefined ? {} : { partitions });
}
