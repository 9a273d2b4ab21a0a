import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { Session } from '#dist/engine/session.js';
import type { Frame } from '#dist/frame/frame.js';
import { count, sum } from '#dist/frame/functions.js';
import { parseType, typeName } from '#dist/frame/types.js';
import { DenseMatrix } from '#dist/linalg/matrices.js';
import { DenseVector, Vectors } from '#dist/linalg/vectors.js';
import { ANOVATest, ChiSquareTest, Correlation, FValueTest, KolmogorovSmirnovTest, Summarizer } from '#dist/stat/index.js';
import { failure } from '../engine/harness.ts';

export interface Case {
  readonly table: string;
  readonly do: string;
  readonly weight?: boolean;
  readonly method?: 'pearson' | 'spearman';
  readonly flatten?: boolean;
  readonly params?: readonly number[];
  readonly output?: { readonly columns: readonly { readonly name: string; readonly type: string }[]; readonly rows: readonly (readonly unknown[])[] };
  readonly error?: string;
}
type VectorJson = { type: 'dense'; values: unknown[] } | { type: 'sparse'; size: number; indices: number[]; values: unknown[] };

/** Made by Spark 4.3.0, see `goldens/vector_stats.py`. */
export const { tables, cases }: { tables: Record<string, [string | null, VectorJson, number, number][]>; cases: Case[] } = JSON.parse(
  readFileSync(new URL('../goldens/stat.json', import.meta.url), 'utf8'),
);

const METRICS = ['mean', 'sum', 'variance', 'std', 'count', 'numNonZeros', 'max', 'min', 'normL1', 'normL2'] as const;

export function frameOf(session: Session, table: string): Frame {
  if (table.startsWith('sin ')) {
    const n = Number(table.slice(4));
    return session.createFrame(Array.from({ length: n }, (_, i) => ({ x: Math.sin(i) * 1.3 + 0.1 })));
  }
  const vector = (v: VectorJson) =>
    v.type === 'dense' ? Vectors.dense(v.values.map(Number)) : Vectors.sparse(v.size, v.indices, v.values.map(Number));
  const rows = (tables[table] as (typeof tables)[string]).map(([k, v, label, w]) => ({ k, features: vector(v), label, w }));
  return session.createFrame(rows, { k: 'string', features: 'vector', label: 'double', w: 'double' });
}

export async function answer(frame: Frame, { do: what, weight, method, flatten, params = [] }: Case): Promise<Frame> {
  const weights = weight ? ['w'] : [];
  const summary = Summarizer.metrics(...METRICS)
    .summary('features', ...weights)
    .as('s');
  switch (what) {
    case 'summary':
      return frame.select(summary, Summarizer.mean('features', ...weights), count('*'));
    case 'group':
      return frame.groupBy('k').agg(sum('label'), summary).orderBy('k');
    case 'corr':
      return Correlation.corr(frame, 'features', method);
    case 'KolmogorovSmirnovTest':
      return KolmogorovSmirnovTest.test(frame, 'x', 'norm', ...params);
    default:
      return { ChiSquareTest, ANOVATest, FValueTest }[what as 'ChiSquareTest'].test(frame, 'features', 'label', flatten);
  }
}

/** Values as the goldens have them: vectors and matrices as lists, structs as lists of their fields. */
export function plain(value: unknown): unknown {
  if (typeof value === 'bigint') return Number(value);
  if (value instanceof DenseVector) return Array.from(value.values);
  if (value instanceof DenseMatrix)
    return Array.from({ length: value.numRows }, (_, i) => Array.from({ length: value.numCols }, (_, j) => value.at(i, j)));
  if (Array.isArray(value)) return value.map(plain);
  return typeof value === 'object' && value !== null ? Object.values(value).map(plain) : value;
}

export function wanted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(wanted);
  if (typeof value === 'object' && value !== null) return wanted((value as VectorJson).values);
  return value === 'NaN' || value === 'Infinity' || value === '-Infinity' ? Number(value) : value;
}

/** Equal but for what another order of sums and another way to the same tail make. */
function near(found: unknown, want: unknown, relative = 1e-9): void {
  if (Array.isArray(want)) {
    expect(found).toHaveLength(want.length);
    for (const [i, w] of want.entries()) near((found as unknown[])[i], w, relative);
  } else if (typeof want === 'number' && Number.isFinite(want))
    expect(Math.abs((found as number) - want)).toBeLessThanOrEqual(1e-10 + relative * Math.abs(want));
  else expect(found).toEqual(want);
}

const titled = cases.map((c) => [`${c.do} of ${c.table}, ${JSON.stringify(c.method ?? c.flatten ?? c.weight ?? c.params)}`, c] as const);

/** What Spark found, found by the engine of a session; `refusals` says whether it tells what it cannot take in our own codes. */
export function testVectorStats(open: () => Session, { refusals = true } = {}): void {
  describe('as in Spark', () => {
    it.each(titled)('%s', async (_, one) => {
      const run = async () => {
        const made = await answer(frameOf(open(), one.table), one);
        return { fields: (await made.schema()).fields, rows: await made.toDF(...(await made.columns()).map((_, j) => `c${j}`)).collect() };
      };
      // Of no rows Spark's statistic is the least double.
      if (one.error) {
        const error = await failure(run);
        if (refusals) expect(error.code, error.message).toBe(one.table === 'one label' ? 'VALUE_INVALID' : 'EMPTY_DATASET');
        return;
      }
      const { fields, rows } = await run();
      const output = one.output as NonNullable<Case['output']>;
      expect(fields.map((f) => [f.name, typeName(f.type)])).toEqual(output.columns.map((c) => [c.name, typeName(parseType(c.type))]));
      // Spark's rows of features come in any order; its analysis of variance subtracts large sums.
      const want = one.flatten ? output.rows.toSorted(([a], [b]) => (a as number) - (b as number)) : output.rows;
      near(
        rows.map((row) => Object.values(row).map(plain)),
        want.map(wanted),
        one.do === 'ANOVATest' ? 1e-6 : 1e-9,
      );
    });
  });
}
