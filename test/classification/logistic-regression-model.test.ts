import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { LogisticRegression, LogisticRegressionModel } from '#dist/classification/index.js';
import { MlError, Session, type Vector, Vectors } from '#dist/index.js';
import { ParamGridBuilder } from '#dist/tuning/index.js';
import { matrixOf, vectorOf } from './goldens.ts';

const root = new URL('../fixtures/spark-4.3.0/', import.meta.url);
const saved = readdirSync(root).filter((name) => name.startsWith('LogisticRegressionModel') && existsSync(new URL(`${name}/expected.json`, root)));
const read = (folder: string, file: string) => JSON.parse(readFileSync(new URL(`${folder}/${file}`, root), 'utf8'));

/** z = 2 x0 - x1 + 0.5. */
const binary = (params = {}) =>
  new LogisticRegressionModel(params, {
    numClasses: 2,
    isMultinomial: false,
    coefficientMatrix: matrixOf([[2, -1]]),
    interceptVector: Vectors.dense([0.5]),
  });
/** Margins [x0, x1, 0]. */
const threeClasses = (params = {}) =>
  new LogisticRegressionModel(params, {
    numClasses: 3,
    isMultinomial: true,
    coefficientMatrix: matrixOf([
      [1, 0],
      [0, 1],
      [0, 0],
    ]),
    interceptVector: Vectors.dense([0, 0, 0]),
  });

let session: Session;
beforeAll(async () => {
  session = await Session.local({ workers: 1 });
});
afterAll(() => session?.close());

describe('a model saved by Spark 4.3', () => {
  it.each(saved)('%s scores as there', async (folder) => {
    const model = await LogisticRegressionModel.load(new URL(folder, root).pathname);
    const { columns, rows } = read(folder, 'input.json') as { columns: { name: string; type: string }[]; rows: Record<string, unknown>[] };
    const expected = read(folder, 'expected.json') as { columns: { name: string; metadata?: object }[]; rows: Record<string, unknown>[] };
    const frame = session.createFrame(
      rows.map((row) =>
        Object.fromEntries(columns.map(({ name, type }) => [name, type === 'vector' ? Vectors.dense(row[name] as number[]) : row[name]])),
      ),
      Object.fromEntries(columns.map(({ name, type }) => [name, type])),
    );
    const scored = model.transform(frame);
    const schema = await scored.schema();
    for (const { name, metadata } of expected.columns) if (metadata) expect(schema.find(name)?.metadata).toEqual(metadata);
    for (const [i, row] of (await scored.collect()).entries()) {
      for (const { name } of expected.columns) {
        const [found, want] = [row[name], expected.rows[i][name]];
        if (typeof want === 'number') expect(found).toBe(want);
        else (want as number[]).forEach((v, c) => void expect((found as Vector).toArray()[c]).toBeCloseTo(v, 12));
      }
    }
    expect(model.hasSummary).toBe(false);
    expect(() => model.summary).toThrow(expect.objectContaining({ code: 'NOT_SUPPORTED' }));
  });
});

describe('LogisticRegressionModel', () => {
  it('scores one vector as it scores a frame, dense or sparse', async () => {
    const points = [
      [0, 0],
      [1, 0],
      [-3, 2.5],
      [0, 7],
    ];
    for (const model of [binary(), threeClasses()]) {
      for (const form of ['dense', 'sparse'] as const) {
        const frame = session.createFrame(
          points.map((x) => ({ features: vectorOf(x, form) })),
          { features: 'vector' },
        );
        for (const [i, row] of (await model.transform(frame).collect()).entries()) {
          const x = vectorOf(points[i], form);
          expect([model.predictRaw(x), model.predictProbability(x), model.predict(x)]).toEqual([row.rawPrediction, row.probability, row.prediction]);
        }
      }
    }
  });

  it('gives margins [-z, z] and probabilities that add up to 1', () => {
    expect([
      ...binary()
        .predictRaw(Vectors.dense([1, 1]))
        .toArray(),
    ]).toEqual([-1.5, 1.5]);
    const [p0, p1] = binary()
      .predictProbability(Vectors.dense([1, 1]))
      .toArray();
    expect(p1).toBeCloseTo(1 / (1 + Math.exp(-1.5)), 14);
    expect(p0 + p1).toBe(1);
    const p = threeClasses()
      .predictProbability(Vectors.dense([3, -800]))
      .toArray();
    expect(p[0] + p[1] + p[2]).toBeCloseTo(1, 15);
  });

  it.each([
    [{}, 1],
    [{ threshold: 0.9 }, 0],
    [{ threshold: 0 }, 1],
    [{ threshold: 1 }, 0],
    [{ thresholds: [0.1, 0.9] }, 0],
    [{ thresholds: [0.9, 0.1] }, 1],
  ])('predicts class 1 of p = 0.82 with %o: %d', (params, prediction) => {
    expect(binary(params).predict(Vectors.dense([1, 1]))).toBe(prediction);
    expect(binary({ ...params, rawPredictionCol: '' }).predict(Vectors.dense([1, 1]))).toBe(prediction);
  });

  it.each([
    [{}, 0],
    [{ thresholds: [0.9, 0.05, 0.05] }, 1],
    [{ thresholds: [0.5, 0.5, 0] }, 2],
  ])('predicts the class of the largest probability / threshold with %o', (params, prediction) => {
    expect(threeClasses(params).predict(Vectors.dense([2, 1]))).toBe(prediction);
  });

  it('tells as threshold what its thresholds come to and the other way round, and copies with one of both without the other', () => {
    for (const stage of [new LogisticRegression({ thresholds: [0.3, 0.7] }), binary({ thresholds: [0.3, 0.7] })]) {
      expect([stage.params.threshold, stage.isSet('threshold'), stage.getOrDefault('threshold')]).toEqual([
        expect.closeTo(0.7, 12),
        false,
        expect.closeTo(0.7, 12),
      ]);
      const one = stage.copy({ threshold: 0.9 });
      expect([one.params.threshold, one.isSet('thresholds'), one.isDefined('thresholds')]).toEqual([0.9, false, false]);
      expect(one.params.thresholds).toEqual([1 - 0.9, 0.9]);
      const both = one.copy({ thresholds: [0.4, 0.6] });
      expect([both.params.threshold, both.isSet('threshold')]).toEqual([expect.closeTo(0.6, 12), false]);
      expect(one.copy({ thresholds: undefined }).params.threshold).toBe(0.9);
      const point = new ParamGridBuilder().baseOn(new LogisticRegression({}, stage.uid), 'threshold', 0.9).build()[0];
      expect(() => stage.copy(point)).toThrow(expect.objectContaining({ code: 'PARAM_INVALID' }));
    }
    expect(threeClasses({ thresholds: [0.9, 0.05, 0.05] }).params.threshold).toBe(0.5);
  });

  it('takes the first of equal classes', () => {
    expect(threeClasses().predict(Vectors.dense([0, 0]))).toBe(0);
  });

  it('makes the columns that have a name', async () => {
    const frame = session.createFrame([{ features: Vectors.dense([1, 1]) }], { features: 'vector' });
    const model = binary({ rawPredictionCol: '', probabilityCol: 'p', predictionCol: '' });
    expect((await model.transform(frame).schema()).names).toEqual(['features', 'p']);
    expect(Object.keys((await model.transform(frame).collect())[0])).toEqual(['features', 'p']);
  });

  it('answers for coefficients and intercept where it has one set only', () => {
    expect([...binary().coefficients.toArray(), binary().intercept]).toEqual([2, -1, 0.5]);
    for (const ask of [(m: LogisticRegressionModel) => m.coefficients, (m: LogisticRegressionModel) => m.intercept]) {
      expect(() => ask(threeClasses())).toThrow(expect.objectContaining({ code: 'NOT_SUPPORTED' }));
    }
  });

  it('names coefficients by number until it has names, and keeps them when copied', () => {
    expect(binary().namedCoefficients).toEqual([
      { name: 'features_0', value: 2 },
      { name: 'features_1', value: -1 },
    ]);
    const model = binary().withFeatureNames(['__proto__', 'a.b']);
    expect(model.copy({ threshold: 0.2 }).namedCoefficients.map(({ name }) => name)).toEqual(['__proto__', 'a.b']);
  });

  it.each([
    ['thresholds of another length', () => binary({ thresholds: [0.1, 0.2, 0.7] }), 'PARAM_INVALID'],
    ['threshold against thresholds', () => binary({ threshold: 0.5, thresholds: [0.9, 0.1] }), 'PARAM_INVALID'],
    ['a vector of another size', () => binary().predict(Vectors.dense([1])), 'VALUE_INVALID'],
    ['an array for a vector', () => binary().predict([1, 2] as unknown as Vector), 'VALUE_INVALID'],
  ])('refuses %s', (_, action, code) => {
    expect(action).toThrow(MlError);
    expect(action).toThrow(expect.objectContaining({ code }));
  });

  it('refuses rows of another size and null features, by row', async () => {
    const rows = (...features: (Vector | null)[]) =>
      session.createFrame(
        features.map((v) => ({ features: v })),
        { features: 'vector' },
      );
    await expect(
      binary()
        .transform(rows(Vectors.dense([1])))
        .collect(),
    ).rejects.toMatchObject({ code: 'VALUE_INVALID', details: { row: 0 } });
    const withNull = rows(Vectors.dense([1, 2]), null);
    await expect(binary().transform(withNull).collect()).rejects.toMatchObject({ code: 'VALUE_INVALID', details: { row: 1, column: 'features' } });
  });
});
