import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { RandomForestClassifier } from '#dist/classification/index.js';
import { type Frame, Session, Vectors } from '#dist/index.js';
import { RandomForestRegressor } from '#dist/regression/index.js';
import { silent } from '../classification/goldens.ts';

const POINT = Vectors.dense(0, 5);
const PARAMS = { numTrees: 3, maxDepth: 2, leafCol: 'leaf', seed: 1 };

/** Constants of Spark's own tests, python/pyspark/ml/tests/test_classification.py and test_regression.py, which fit on one partition. */
describe('a forest drawn by seed has what Spark’s tests say', () => {
  let session: Session;
  beforeAll(async () => {
    session = await Session.local({ workers: 1, logger: silent });
  });
  afterAll(() => session?.close());

  const frame = (rows: readonly (readonly [label: number, x: number, y: number])[]): Frame =>
    session.createFrame(
      rows.map(([label, x, y]) => ({ label, features: Vectors.dense(x, y) })),
      { label: 'double', features: 'vector' },
    );
  const rounded = (values: Iterable<number>) => Array.from(values, (value) => Math.round(value * 1e4) / 1e4);

  it('of two classes', async () => {
    const model = await new RandomForestClassifier(PARAMS).fit(
      frame([
        [1, 0, 5],
        [0, 1, 2],
        [1, 2, 1],
        [0, 3, 3],
      ]),
    );
    expect([model.totalNumNodes, model.predict(POINT)]).toEqual([9, 1]);
    expect(rounded(model.featureImportances.toArray())).toEqual([0.7778, 0.2222]);
    expect([...model.predictRaw(POINT).toArray()]).toEqual([1, 2]);
    expect([...model.predictLeaf(POINT).toArray()]).toEqual([0, 0, 1]);
    expect([model.summary.accuracy, model.binarySummary.areaUnderROC]).toEqual([0.75, 0.875]);
    expect(model.toDebugString).toContain('If (feature 0 <= 0.5)');
  });

  it('of three classes', async () => {
    const model = await new RandomForestClassifier(PARAMS).fit(
      frame([
        [1, 0, 5],
        [0, 1, 2],
        [1, 2, 1],
        [2, 3, 3],
      ]),
    );
    expect([model.totalNumNodes, model.predict(POINT), model.summary.accuracy]).toEqual([9, 0, 0.5]);
    expect([...model.featureImportances.toArray()]).toEqual([1, 0]);
    expect([...model.predictRaw(POINT).toArray()]).toEqual([1.5, 1.5, 0]);
    expect([...model.predictLeaf(POINT).toArray()]).toEqual([0, 0, 0]);
    expect(model.toDebugString).toContain('If (feature 0 <= 1.5)');
  });

  it('in regression', async () => {
    const model = await new RandomForestRegressor(PARAMS).fit(
      frame([
        [1, 0, 5],
        [0, 1, 2],
        [1.5, 2, 1],
        [0.7, 1.5, 3],
      ]),
    );
    expect(model.totalNumNodes).toBe(11);
    expect(rounded(model.featureImportances.toArray())).toEqual([0.5615, 0.4385]);
    expect(model.predict(POINT)).toBeCloseTo(0.6166666666666667, 12);
    expect([...model.predictLeaf(POINT).toArray()]).toEqual([1, 0, 1]);
    expect(model.toDebugString).toContain('If (feature 0 <= 1.75)');
  });
});
