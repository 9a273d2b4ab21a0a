import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { LogisticRegression, type LogisticRegressionSummary } from '#dist/classification/index.js';
import { Session } from '#dist/engine/session.js';
import { VectorAssembler } from '#dist/feature/index.js';
import type { Frame } from '#dist/frame/frame.js';
import { col, when } from '#dist/frame/functions.js';
import { refuses, SILENT } from '../harness.ts';

const ROWS = 500_000;
const FEATURES = Array.from({ length: 12 }, (_, j) => `x${j}`);

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'spilled-fit-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const open = (memoryLimit?: string, workers = 2) =>
  Session.local({ workers, logger: SILENT, tempDirectory: folder, ...(memoryLimit && { memoryLimit }) });
const lr = new LogisticRegression({ maxIter: 4, regParam: 0.01 });

function frameOf(session: Session): Frame {
  const made = session
    .range(ROWS)
    .selectExpr(...FEATURES.map((name, j) => `sin(id * ${j + 1}) AS ${name}`), 'CAST(hash(id) % 3 = 0 OR sin(id * 2) > 0.5 AS INTEGER) AS label');
  return new VectorAssembler({ inputCols: FEATURES, outputCol: 'features' }).transform(made);
}

const spilledFiles = () => (readdirSync(folder, { recursive: true }) as string[]).filter((name) => name.includes('training-'));

describe('the summary of many rows', () => {
  it.each(['binomial', 'multinomial'] as const)('has the metrics that evaluate gives: %s', async (family) => {
    const session = await open();
    const frame = frameOf(session)
      .filter(col('label').gt(-1))
      .limit(150_000)
      .withColumn('w', when(col('x0').gt(0), 2).otherwise(0.5));
    const model = await lr.copy({ family, weightCol: 'w' }).fit(frame);
    const evaluated = await model.evaluate(frame);
    expect(model.summary.areaUnderROC).toBeCloseTo(evaluated.areaUnderROC, 10);
    expect(model.summary.accuracy).toBeCloseTo(evaluated.accuracy, 10);
    expect(model.summary.roc.length).toBe(evaluated.roc.length);
    await session.close();
  });
});

describe('a fit beyond memoryLimit', () => {
  it('gives the same model, also of a cached frame, and its file goes with the rows', async () => {
    const large = await open();
    const wanted = await lr.fit(frameOf(large));
    const metrics = (of: LogisticRegressionSummary) => [of.areaUnderROC, of.accuracy, of.weightedFMeasure(), of.labels];
    // The kernels of the fit add up in another order than transform.
    const [[auc, ...own], [again, ...evaluated]] = [metrics(wanted.summary), metrics(await wanted.evaluate(frameOf(large)))];
    expect(own).toEqual(evaluated);
    expect(auc).toBeCloseTo(again as number, 12);
    await large.close();
    const small = await open('40MB');
    const frame = frameOf(small);
    const model = await lr.fit(frame);
    expect(model.coefficients).toEqual(wanted.coefficients);
    expect(model.intercept).toBe(wanted.intercept);
    expect(model.summary.objectiveHistory).toEqual(wanted.summary.objectiveHistory);
    expect(metrics(model.summary)).toEqual(metrics(wanted.summary));
    expect(spilledFiles()).toEqual([]);
    const cached = frame.cache();
    for (const maxIter of [4, 2]) await lr.copy({ maxIter }).fit(cached);
    expect(spilledFiles()).toHaveLength(1);
    await cached.unpersist();
    expect(spilledFiles()).toEqual([]);
    await small.close();
  });

  it('leaves no file when it is aborted, and none when the session closes', async () => {
    const session = await open('40MB');
    const cached = frameOf(session).cache();
    const abort = new AbortController();
    await refuses(
      () => lr.copy({ maxIter: 200, tol: 0 }).fit(frameOf(session), { signal: abort.signal, onProgress: () => abort.abort() }),
      'ABORTED',
    );
    expect(spilledFiles()).toEqual([]);
    await lr.copy({ maxIter: 1 }).fit(cached);
    expect(spilledFiles()).toHaveLength(1);
    await session.close();
    expect(readdirSync(folder)).toEqual([]);
  });
});
