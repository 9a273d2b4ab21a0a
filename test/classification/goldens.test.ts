import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { LogisticRegressionModel } from '#dist/classification/index.js';
import { MlError, Session, type Vector, Vectors } from '#dist/index.js';
import { dataset, estimatorOf, frameOf, type GoldenFit, type GoldenResult, goldenFits, matrixOf, silent } from './goldens.ts';

/** Class 1 has no rows, so its intercept sinks without end: where the search stops is a matter of rounding. */
const LOOSE = 'labels 0 and 2 only';
const named = (cases: readonly GoldenFit[]) => cases.map((c) => [c.name, c] as const);
const fits = goldenFits.filter((c) => c.result !== undefined) as readonly (GoldenFit & { result: GoldenResult })[];

describe('as Spark 4.3', () => {
  let session: Session;
  beforeAll(async () => {
    session = await Session.local({ workers: 2, logger: silent });
  });
  afterAll(() => session?.close());

  it.each(fits.map((c) => [c.name, c] as const))('fits: %s', async (name, { dataset: from, params, result }) => {
    const model = await estimatorOf(params).fit(frameOf(session, dataset(from)));
    expect([model.numClasses, model.numFeatures]).toEqual([result.numClasses, result.numFeatures]);
    const within = name === LOOSE ? 1e-4 : 1e-6;
    expectClose(rowsOf(model), result.coefficientMatrix, within);
    expectClose([...model.interceptVector.toArray()], result.interceptVector, within);
    const { objectiveHistory, totalIterations } = model.summary;
    expect(totalIterations).toBe(objectiveHistory.length - 1);
    if (name === LOOSE) return expectClose(objectiveHistory.at(-1), result.objectiveHistory.at(-1), 1e-9);
    expect(totalIterations).toBe(result.totalIterations);
    expectClose(objectiveHistory, result.objectiveHistory, 1e-9);
    expectMetrics(model.summary, result.metrics, 1e-6);
  });

  it.each(fits.map((c) => [c.name, c] as const))('scores, given the coefficients: %s', async (_, { dataset: from, params, result }) => {
    const model = scoredBy(params, result);
    const frame = frameOf(session, dataset(from));
    const rows = await model.transform(frame).collect();
    const plain = rows.map((row) => [row.rawPrediction, row.probability].map((v) => [...(v as Vector).toArray()]));
    expectClose(
      plain,
      rows.map((_, i) => [result.rawPrediction[i], result.probability[i]]),
      1e-9,
    );
    expect(rows.map((row) => row.prediction)).toEqual(result.prediction);
    expectMetrics(await model.evaluate(frame), result.metrics, 1e-9);
  });

  it.each(named(goldenFits.filter((c) => c.error !== undefined)))('refuses: %s', async (_, { dataset: from, params }) => {
    const refused = async () => estimatorOf(params).fit(frameOf(session, dataset(from)));
    await expect(refused()).rejects.toBeInstanceOf(MlError);
    await expect(refused()).rejects.toMatchObject({ code: expect.stringMatching(/^(PARAM|VALUE)_INVALID$/) });
  });
});

function scoredBy(params: GoldenFit['params'], result: GoldenResult): LogisticRegressionModel {
  const isMultinomial = result.coefficientMatrix.length > 1;
  const state = {
    numClasses: result.numClasses,
    isMultinomial,
    coefficientMatrix: matrixOf(result.coefficientMatrix),
    interceptVector: Vectors.dense(result.interceptVector),
  };
  return new LogisticRegressionModel(Object.fromEntries(estimatorOf(params).setParams()), state);
}

function rowsOf({ coefficientMatrix }: LogisticRegressionModel): number[][] {
  return Array.from({ length: coefficientMatrix.numRows }, (_, c) => [...coefficientMatrix.row(c).toArray()]);
}

/** Metrics by Spark's names; a beta of 2 is in brackets. */
function expectMetrics(summary: object, metrics: Readonly<Record<string, unknown>>, tolerance: number): void {
  for (const [name, expected] of Object.entries(metrics)) {
    const [plain, beta] = name.split(/[()]/);
    const found = (summary as Record<string, unknown>)[plain];
    expectClose(typeof found === 'function' ? found.call(summary, beta ? Number(beta) : 1) : found, expected, tolerance, name);
  }
}

/** Numbers, and arrays of them to any depth, equal within `tolerance` of the larger of 1 and the expected one. */
function expectClose(found: unknown, expected: unknown, tolerance: number, at = ''): void {
  if (Array.isArray(expected)) {
    expect(found, at).toHaveLength(expected.length);
    expected.forEach((part, i) => {
      expectClose((found as unknown[])[i], part, tolerance, `${at}[${i}]`);
    });
  } else if (typeof expected !== 'number' || !Number.isFinite(expected)) {
    expect(found, at).toEqual(expected);
  } else if (!(Math.abs((found as number) - expected) <= tolerance * Math.max(1, Math.abs(expected)))) {
    expect.fail(`${at}: ${found} is not within ${tolerance} of ${expected}`);
  }
}
