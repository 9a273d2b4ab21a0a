import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Session } from '#dist/engine/session.js';
import { MlError } from '#dist/error.js';
import { Column, col, lit } from '#dist/frame/column.js';
import type { Frame } from '#dist/frame/frame.js';
import { parseType, typeName } from '#dist/frame/types.js';
import { evaluate } from './python.ts';

type Cells = readonly unknown[];
interface Case {
  readonly expr: string;
  readonly frame?: string;
  readonly columns?: readonly string[];
  readonly input?: { readonly x: Cells };
  readonly inputType?: string;
  readonly type?: string;
  readonly result?: Cells;
  readonly output?: { readonly columns: readonly { readonly name: string; readonly type: string }[]; readonly rows: readonly Cells[] };
  readonly value?: unknown;
  readonly error?: string;
}
interface Goldens {
  readonly frames: Record<string, { readonly columns: readonly [string, string][]; readonly rows: readonly Cells[] }>;
  readonly cases: readonly Case[];
}

/** Made by Spark 4.3.0, see `goldens/make.py`. */
const { frames: tables, cases }: Goldens = JSON.parse(readFileSync(new URL('../../goldens/expressions.json', import.meta.url), 'utf8'));

/** Times come as text, since a Date has no microseconds. */
function frameOf(session: Session, columns: readonly (readonly [string, string])[], rows: readonly Cells[]): Frame {
  const given = columns.map(([name, type]) => [name, type === 'timestamp' ? 'string' : type] as const);
  const values = rows.map((row) => row.map((v, j) => cell(v, columns[j][1])));
  const times = columns.filter(([, type]) => type === 'timestamp').map(([name]) => [name, col(name).cast('timestamp')] as const);
  return session.createFrame(values, Object.fromEntries(given)).withColumns(times);
}

function cell(value: unknown, type: string): unknown {
  if (type === 'bigint' && value !== null) return BigInt(value as number);
  return type === 'double' || type === 'float' ? number(value) : value;
}

function number(value: unknown): unknown {
  return value === 'NaN' || value === 'Infinity' || value === '-Infinity' ? Number(value) : value;
}

const spelled = (type: string) => typeName(parseType(type));

/** A value of Spark's as a row here holds it: longs are bigints, times to the millisecond. */
function wanted(value: unknown, type: string): unknown {
  const element = /^array<(.*)>$/.exec(type)?.[1];
  if (value === null) return null;
  if (element) return (value as Cells).map((v) => wanted(v, element));
  const fields = /^struct<(.*)>$/.exec(type)?.[1].split(',');
  if (fields) return Object.fromEntries(fields.map((f, j) => [f.split(':')[0], wanted((value as Cells)[j], f.split(':')[1])]));
  const entries = /^map<(\w+),(.*)>$/.exec(type);
  if (entries)
    return new Map(
      Object.entries(value as object).map(([k, v]) => [wanted(entries[1] === 'string' ? k : Number(k), entries[1]), wanted(v, entries[2])]),
    );
  if (type === 'binary') return new Uint8Array(Buffer.from(value as string, 'hex'));
  if (type.startsWith('timestamp')) return new Date(`${(value as string).slice(0, 23)}Z`);
  return cell(value, type);
}

/** Mathematical functions may differ in the last bit between math libraries; all other numbers are equal. */
const LIBRARY =
  /\b(exp|expm1|log|log10|log2|log1p|pow|sin|cos|tan|cosh|cot|asinh|ln|asin|acos|atan|atan2|sinh|tanh|cbrt|hypot|degrees|radians|skewness|kurtosis|corr|cov|covar_\w+|acosh|atanh|csc|sec|regr_\w+|stddev\w*|variance|var_pop|describe|summary)\(/;

function same(expr: string, found: unknown, want: unknown): void {
  if (!LIBRARY.test(expr)) expect(found).toEqual(want);
  else expect(rounded(found)).toEqual(rounded(want));
}

function rounded(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(rounded);
  if (typeof value === 'string' && value.trim() !== '' && Number.isFinite(Number(value))) return rounded(Number(value));
  return typeof value === 'number' && Number.isFinite(value) && value !== 0 ? Number(value.toPrecision(14)) : value;
}

const isError = (value: unknown): value is { error: string } => typeof value === 'object' && value !== null && 'error' in value;

/** The case must fail with one of our own errors, and not with an internal one. */
async function fails(run: () => unknown): Promise<void> {
  let found: unknown = null;
  try {
    found = await run();
  } catch (error) {
    expect(error).toBeInstanceOf(MlError);
    expect((error as MlError).code).not.toBe('INTERNAL');
    return;
  }
  expect.fail(`must be an error, gave ${JSON.stringify(found, (_, v) => (typeof v === 'bigint' ? `${v}n` : v))}`);
}

const byCase = (list: readonly Case[]) =>
  list.map((c) => [`${c.expr}${c.inputType ? ` of ${c.inputType}` : ''} ${c.frame ?? ''}`.trim(), c] as const);
/** The whole table on one engine; `different` says, by title, which cases it answers otherwise on purpose, and why. */
export function testExpressions(open: () => Promise<Session>, different: ReadonlyMap<string, string>): void {
  let session: Session;
  const frames = new Map<string, Frame>();
  beforeAll(async () => {
    session = await open();
    for (const [name, { columns, rows }] of Object.entries(tables)) frames.set(name, frameOf(session, columns, rows));
  });
  afterAll(() => session?.close());

  const kept = byCase(cases).filter(([title]) => !different.has(title));

  const columnCases = kept.filter(([, c]) => c.columns !== undefined || c.input !== undefined);
  const frameCases = kept.filter(([, c]) => c.output !== undefined || (c.error !== undefined && c.columns === undefined && c.input === undefined));
  const valueCases = kept.filter(([, c]) => c.value !== undefined);

  it('knows every case, and every case that differs', () => {
    const titles = new Set(byCase(cases).map(([title]) => title));
    expect([...different.keys()].filter((title) => !titles.has(title))).toEqual([]);
    expect(columnCases.length + frameCases.length + valueCases.length).toBe(cases.length - different.size);
  });

  describe('a column has the values and the type that Spark gives it', () => {
    it.each(columnCases)('%s', async (_, { expr, columns, input, inputType, type, result, error }) => {
      const main = frames.get('main') as Frame;
      const id = [['id', 'int']] as const;
      const frame = input
        ? frameOf(
            session,
            [...id, ['x', inputType as string]],
            input.x.map((v, i) => [i, v]),
          )
        : columns?.length
          ? main
          : main.filter(col('id').eq(0));
      const r = () => {
        const value = evaluate(expr, frames);
        return (value instanceof Column ? value : lit(value as number)).alias('r');
      };
      if (error) return fails(() => frame.select(r()).collect());
      expect((await frame.select(r()).schema()).find('r')?.type).toEqual(parseType(type as string));
      const want = (result as Cells).map((v) => (isError(v) ? v : wanted(v, type as string)));
      if (!want.some(isError))
        return same(
          expr,
          (await frame.select('id', r()).orderBy('id').collect()).map((row) => row.r),
          want,
        );
      for (const [i, expected] of want.entries()) {
        const one = () => frame.filter(col('id').eq(i)).select(r()).collect();
        if (isError(expected)) await fails(one);
        else same(expr, (await one())[0].r, expected);
      }
    });
  });

  describe('a frame has the columns and the rows that Spark gives it', () => {
    it.each(frameCases)('%s', async (_, { expr, frame, output, error }) => {
      const made = () => evaluate(expr, new Map([...frames, ['df', frames.get(frame as string) as Frame]])) as Frame;
      if (error) return fails(() => made().collect());
      const { columns, rows } = output as NonNullable<Case['output']>;
      const { fields } = await made().schema();
      expect(fields.map((f) => [f.name, typeName(f.type)])).toEqual(columns.map((c) => [c.name, spelled(c.type)]));
      // Names may stand twice: positions do not.
      const found = await made()
        .toDF(...columns.map((_, j) => `c${j}`))
        .collect();
      same(
        expr,
        found.map((row) => Object.values(row)),
        rows.map((row) => row.map((v, j) => wanted(v, columns[j].type))),
      );
    });
  });

  describe('an action gives the value that Spark gives', () => {
    it.each(valueCases)('%s', async (_, { expr, frame, value }) => {
      const found = await evaluate(expr, new Map([...frames, ['df', frames.get(frame as string) as Frame]]));
      const row = typeof found === 'object' && found !== null && !Array.isArray(found) ? Object.values(found) : found;
      const names = (list: unknown): unknown => (Array.isArray(list) ? list.map(names) : number(list));
      same(expr, row, expr.endsWith('dtypes') ? (value as [string, string][]).map(([n, t]) => [n, spelled(t)]) : names(value));
    });
  });
}
