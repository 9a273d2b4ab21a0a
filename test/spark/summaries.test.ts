import { afterAll, beforeAll, describe, expect, inject, it, vi } from 'vitest';
import {
  type ClassificationSummary,
  LogisticRegression,
  type LogisticRegressionModel,
  LogisticRegressionTrainingSummary,
  RandomForestClassifier,
} from '#dist/classification/index.js';
import { Session } from '#dist/engine/session.js';
import type { SparkEngine } from '#dist/engine/spark/engine.js';
import type { Frame } from '#dist/frame/frame.js';
import { row, SCHEMA } from '../checks/registry.ts';
import { refuses } from '../engine/harness.ts';

const ROWS = Array.from({ length: 160 }, (_, i) => ({ ...row(i), kind: (i + ((i * 7919) % 5 > 3 ? 1 : 0)) % 3 }));
const COLUMNS = { ...SCHEMA, kind: 'double' };
const lr = new LogisticRegression({ maxIter: 200, tol: 1e-12, regParam: 0.05 });

const shown = (s: ClassificationSummary) => [
  ...[s.labels, s.accuracy, s.truePositiveRateByLabel, s.falsePositiveRateByLabel, s.precisionByLabel, s.recallByLabel, s.fMeasureByLabel(2)],
  ...[s.weightedTruePositiveRate, s.weightedFalsePositiveRate, s.weightedPrecision, s.weightedRecall, s.weightedFMeasure(), s.weightedFMeasure(0.5)],
];
const curves = (s: ClassificationSummary) => [s.areaUnderROC, s.roc, s.pr, s.precisionByThreshold, s.recallByThreshold, s.fMeasureByThreshold];

function expectNear(there: unknown, here: unknown): void {
  if (Array.isArray(here)) {
    expect(there).toHaveLength(here.length);
    for (const [i, value] of here.entries()) expectNear((there as unknown[])[i], value);
  } else expect(there).toBeCloseTo(here as number, 6);
}

describe('the training summary of a fit on a cluster', { timeout: 300_000 }, () => {
  let cluster: Session;
  let local: Session;
  let there: Frame;
  let here: Frame;
  const kept = async () => (await (there.executor as SparkEngine).stages.kept()).length;

  beforeAll(async () => {
    cluster = await Session.connect(inject('sparkAddress'));
    local = await Session.local({ workers: 1 });
    there = cluster.createFrame(ROWS, COLUMNS);
    here = local.createFrame(ROWS, COLUMNS);
  });
  afterAll(async () => {
    await cluster?.close();
    await local?.close();
  });

  it.each([
    ['two classes', lr],
    ['weights, and columns without names', lr.copy({ weightCol: 'weight', predictionCol: '', probabilityCol: '' })],
  ])('has the history at once, and after fetch the metrics of the rows: %s', async (_, estimator) => {
    const [theirs, ours] = [await estimator.fit(there), await estimator.fit(here)];
    const { summary } = theirs;
    expect(summary).toBeInstanceOf(LogisticRegressionTrainingSummary);
    expect([theirs.hasSummary, summary.converged, summary.reason]).toEqual([true, true, null]);
    expect(summary.totalIterations).toBe(summary.objectiveHistory.length - 1);
    expect(summary.objectiveHistory.at(-1)).toBeCloseTo(ours.summary.objectiveHistory.at(-1) as number, 6);
    expect(() => summary.accuracy).toThrow(expect.objectContaining({ code: 'NOT_SUPPORTED', message: expect.stringContaining('fetch()') }));
    expect(await summary.fetch()).toBe(summary);
    expectNear(shown(summary), shown(ours.summary));
    expectNear(curves(summary), curves(ours.summary));
    expect(await summary.predictions.count()).toBe(ROWS.length);
    expect(await kept()).toBe(1);
    await theirs.close();
    expect(theirs.summary.accuracy).toBe(summary.accuracy);
  });

  it('has no curves of more than two classes', async () => {
    const estimator = lr.copy({ labelCol: 'kind' });
    const [theirs, ours] = [await estimator.fit(there), await estimator.fit(here)];
    expectNear(shown(await theirs.summary.fetch()), shown(ours.summary));
    expect(() => theirs.summary.roc).toThrow(expect.objectContaining({ code: 'NOT_SUPPORTED', message: expect.stringContaining('two classes') }));
    await theirs.close();
  });

  it('says when the search was cut short', async () => {
    const { summary } = await lr.copy({ maxIter: 2 }).fit(there);
    expect([summary.totalIterations, summary.converged, summary.reason]).toEqual([2, false, 'maxIter']);
  });

  it('is there of forests', async () => {
    const forest = new RandomForestClassifier({ numTrees: 3, maxDepth: 3, bootstrap: false, featureSubsetStrategy: 'all' });
    const [theirs, ours] = [await forest.fit(there), await forest.fit(here)];
    expect([theirs.hasSummary, theirs.summary.objectiveHistory, theirs.summary.totalIterations]).toEqual([true, [0], 0]);
    await theirs.summary.fetch();
    expectNear(shown(theirs.summary), shown(ours.summary));
    expectNear(curves(theirs.summary), curves(ours.summary));
  });

  it('is made anew by a server that had to put the model aside', async () => {
    const model = await lr.fit(there);
    const engine = there.executor as SparkEngine;
    const objRefs = (await engine.stages.kept()).map((told) => ({ id: JSON.parse(told).id as string }));
    const command = { case: 'delete', value: { objRefs, evictOnly: true } } as const;
    await engine.command({ commandType: { case: 'mlCommand', value: { command } } }, { owner: 'test' });
    const sent = vi.spyOn(engine.client.calls, 'executePlan');
    await model.summary.fetch();
    const commands = sent.mock.calls.map(([{ plan }]) => JSON.stringify(plan, (_, v) => (typeof v === 'bigint' ? Number(v) : v)));
    sent.mockRestore();
    expect(commands.filter((text) => text.includes('"createSummary"')).length).toBeGreaterThan(0);
    expectNear(shown(model.summary), shown((await lr.fit(here)).summary));
  });

  it('of a model that was given back is refused', async () => {
    const model: LogisticRegressionModel = await lr.fit(there);
    const { summary } = model;
    await model.close();
    await refuses(() => summary.fetch(), 'NOT_FOUND', {}, 'no longer on the server');
    expect(summary.totalIterations).toBeGreaterThan(0);
    expect((await model.evaluate(there)).accuracy).toBeGreaterThan(0.5);
  });
});
