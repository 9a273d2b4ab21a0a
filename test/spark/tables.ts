import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import type { Session } from '#dist/engine/session.js';
import type { Frame } from '#dist/frame/frame.js';
import { Schema } from '#dist/frame/schema.js';
import { Vectors } from '#dist/linalg/index.js';
import { isVector } from '#dist/linalg/vectors.js';
import { FIXTURES } from '../persistence/files.ts';

/** Rows in a fixture's file. */
export interface Table {
  readonly columns: readonly { readonly name: string; readonly type: string; readonly metadata?: unknown }[];
  readonly rows: readonly Record<string, unknown>[];
}

export const fixture = (name: string, file: string): Table => JSON.parse(readFileSync(join(FIXTURES, name, file), 'utf8'));

/** NaN and the infinities are texts in the files. */
export const number = (value: unknown) => (value === 'NaN' || value === 'Infinity' || value === '-Infinity' ? Number(value) : value);

/** A fixture's row with vectors and numbers for what stands in its file. */
export function rowOf(columns: Table['columns'], row: Record<string, unknown>): Record<string, unknown> {
  const cell = (value: unknown, type: string) => {
    if (value === null || type === 'string') return value;
    return type === 'vector' ? Vectors.dense((value as unknown[]).map(number) as number[]) : number(value);
  };
  return Object.fromEntries(columns.map(({ name, type }) => [name, cell(row[name], type)]));
}

export function frameOf(session: Session, { columns, rows }: Table): Frame {
  const schema = Schema.from(Object.fromEntries(columns.map(({ name, type, metadata }) => [name, { type, metadata }])) as never);
  return session.createFrame(
    rows.map((row) => rowOf(columns, row)),
    schema,
  );
}

export function expectClose(ours: unknown, theirs: unknown, what: string): void {
  if (Array.isArray(theirs)) {
    const values = isVector(ours) ? [...ours.toArray()] : (ours as unknown[]);
    expect(values, what).toHaveLength(theirs.length);
    for (const [i, value] of theirs.entries()) expectClose(values[i], value, `${what}[${i}]`);
  } else if (typeof ours === 'number') {
    const x = number(theirs) as number;
    expect(Object.is(ours, x) || ours === x || Math.abs(ours - x) <= 1e-12 * Math.max(1, Math.abs(x)), `${what}: ${ours} is ${x}`).toBe(true);
  } else expect(ours, what).toEqual(theirs);
}
