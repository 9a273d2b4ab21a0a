import { readFileSync } from 'node:fs';
import * as feature from '#dist/feature/index.js';
import { Schema } from '#dist/frame/schema.js';
import { Vectors } from '#dist/linalg/vectors.js';
import type { AnyStage, Table } from './mini-engine.ts';

type Json = Record<string, unknown>;
type GoldenColumn = [string, string] | { name: string; type: string; metadata?: Json };

export interface GoldenTable {
  readonly columns: readonly GoldenColumn[];
  readonly rows: readonly unknown[][];
}

export interface GoldenCase {
  readonly name: string;
  readonly stages: readonly { readonly type: string; readonly params: Json }[];
  readonly train: GoldenTable;
  readonly input?: GoldenTable;
  readonly state?: readonly Json[];
  readonly output?: GoldenTable;
  readonly at?: 'fit' | 'transform';
  readonly error?: string;
  readonly message?: string;
}

/** Cases made by Spark 4.3.0, see `goldens/make.py`. */
export const goldens: readonly GoldenCase[] = JSON.parse(readFileSync(new URL('../goldens/feature.json', import.meta.url), 'utf8')).cases;

/** NaN and the infinities are texts in the files. */
export function numbersOf(value: unknown): unknown {
  if (value === 'NaN') return Number.NaN;
  if (value === 'Infinity' || value === '-Infinity') return Number(value);
  if (Array.isArray(value)) return value.map(numbersOf);
  return value;
}

export function tableOf({ columns, rows }: GoldenTable): Table {
  const named = columns.map((c) => (Array.isArray(c) ? { name: c[0], type: c[1], metadata: undefined } : c));
  const schema = Schema.from(Object.fromEntries(named.map(({ name, type, metadata }) => [name, { type, metadata }])));
  return { schema, rows: rows.map((row) => row.map((value, j) => cell(value, named[j].type))) };
}

function cell(value: unknown, type: string): unknown {
  if (value === null || type === 'string') return value;
  if (type !== 'vector') return numbersOf(value);
  if (Array.isArray(value)) return Vectors.dense(numbersOf(value) as number[]);
  const { type: form, size, indices, values } = value as { type: string; size: number; indices: number[]; values: unknown[] };
  return form === 'sparse' ? Vectors.sparse(size, indices, numbersOf(values) as number[]) : Vectors.dense(numbersOf(values) as number[]);
}

export function stageOf({ type, params }: { type: string; params: Json }): AnyStage {
  const Class = (feature as unknown as Record<string, new (params: Json) => AnyStage>)[type];
  return new Class(Object.fromEntries(Object.entries(params).map(([name, value]) => [name, name === 'labels' ? value : numbersOf(value)])));
}
