import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import * as evaluation from '#dist/evaluation/index.js';
import { type Frame, MlError, Session, Vectors } from '#dist/index.js';
import type { ParamSchema } from '#dist/param/param.js';

type Params = Readonly<Record<string, unknown>>;
type Judge = new (params: Params) => evaluation.Evaluator<ParamSchema>;
interface GoldenCase {
  readonly dataset: string;
  readonly evaluator: string;
  readonly params: Params;
  readonly value?: number;
  readonly error?: string;
}

/** Made by Spark 4.3.0, see `goldens/README.md`. */
const golden: { columns: Record<string, string[]>; datasets: Record<string, unknown[][]>; cases: GoldenCase[] } = JSON.parse(
  readFileSync(new URL('../goldens/evaluation.json', import.meta.url), 'utf8'),
  (_, value) => (value === 'NaN' || value === 'Infinity' || value === '-Infinity' ? Number(value) : value),
);
golden.datasets['binary long'] = Array.from({ length: 2500 }, (_, i) => [(i % 7) % 2, ((i * 37) % 2503) / 2503, 1]);
const cases = golden.cases.map((c) => [`${c.dataset}: ${c.evaluator} ${JSON.stringify(c.params)}`, c] as const);
/** There a few metrics of no rows are numbers: 0, 1 or NaN. */
const isEmpty = ({ dataset }: GoldenCase) => dataset.endsWith('empty');

let session: Session;
const frames = new Map<string, Frame>();
beforeAll(async () => {
  session = await Session.local({ workers: 1 });
  for (const [name, rows] of Object.entries(golden.datasets)) frames.set(name, frameOf(name, rows));
});
afterAll(() => session?.close());

function frameOf(dataset: string, rows: readonly (readonly unknown[])[]): Frame {
  const names = golden.columns[dataset.split(' ')[0]];
  const made = rows.map((row) => Object.fromEntries(row.map((v, i) => [names[i], Array.isArray(v) ? Vectors.dense(v) : v])));
  const types: Record<string, string> = Object.fromEntries(names.map((name) => [name, name === 'probability' ? 'vector' : 'double']));
  if (!names.includes('score')) return session.createFrame(made, types);
  const withRaw = made.map((row) => ({ ...row, rawPrediction: Vectors.dense([-(row.score as number), row.score as number]) }));
  return session.createFrame(withRaw, { ...types, rawPrediction: 'vector' });
}

function evaluate({ dataset, evaluator, params }: GoldenCase): Promise<number> {
  const Evaluator = (evaluation as unknown as Record<string, Judge>)[evaluator];
  return new Evaluator(params).evaluate(frames.get(dataset) as Frame);
}

describe('as Spark 4.3', () => {
  it.each(cases.filter(([, c]) => c.error === undefined && !isEmpty(c)))('%s', async (_, c) => {
    const [found, expected] = [await evaluate(c), c.value as number];
    if (Number.isFinite(expected)) expect(Math.abs(found - expected)).toBeLessThanOrEqual(1e-12 * Math.max(1, Math.abs(expected)));
    else expect(found).toBe(expected);
  });

  it.each(cases.filter(([, c]) => c.error !== undefined && !isEmpty(c)))('%s: an error', async (_, c) => {
    await expect(evaluate(c)).rejects.toBeInstanceOf(MlError);
  });

  it.each(cases.filter(([, c]) => isEmpty(c)))('but an empty frame is always an error: %s', async (_, c) => {
    await expect(evaluate(c)).rejects.toMatchObject({ code: 'EMPTY_DATASET' });
  });
});
