import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { BinaryClassificationEvaluator, type Evaluator, MulticlassClassificationEvaluator, RegressionEvaluator } from '#dist/evaluation/index.js';
import { array, col, type Frame, lit, load, Session, Vectors, vectorToArray } from '#dist/index.js';
import type { ParamSchema } from '#dist/param/param.js';

let session: Session;
beforeAll(async () => {
  session = await Session.local({ workers: 2 });
});
afterAll(() => session?.close());

interface Scored {
  label: number | null;
  score?: number | null;
  prediction?: number | null;
  weight?: number | null;
}

const scores: Scored[] = Array.from({ length: 30 }, (_, i) => ({
  label: (i * 7) % 3 === 0 ? 1 : 0,
  score: ((i * 11) % 17) / 4,
  prediction: (i * 5) % 2,
  weight: (i % 4) / 2,
}));

function frame(rows: readonly Scored[], types: Record<string, string> = {}): Frame {
  const full = rows.map((row) => {
    const p = 1 / (1 + Math.exp(-(row.score ?? 0)));
    const vectors = { rawPrediction: Vectors.dense([-(row.score ?? 0), row.score ?? 0]), probability: Vectors.dense([1 - p, p]) };
    return { score: 0, prediction: 0, weight: 1, ...row, ...vectors };
  });
  const schema = { label: 'double', score: 'double', prediction: 'double', weight: 'double', rawPrediction: 'vector', probability: 'vector' };
  return session.createFrame(full, { ...schema, ...types });
}

const evaluators = (params: object): Evaluator<ParamSchema>[] => [
  new BinaryClassificationEvaluator(params),
  new BinaryClassificationEvaluator({ ...params, metricName: 'areaUnderPR' }),
  new MulticlassClassificationEvaluator(params),
  new MulticlassClassificationEvaluator({ ...params, metricName: 'logLoss' }),
  new RegressionEvaluator(params),
];
const named = (params: object) =>
  evaluators(params).map((e) => [`${e.constructor.name} ${(e.params as { metricName: string }).metricName}`, e] as const);

describe.each(named({ weightCol: 'weight' }))('weights of %s', (_, evaluator) => {
  it('of 0 are rows left out', async () => {
    const kept = scores.filter(({ weight }) => weight !== 0);
    expect(await evaluator.evaluate(frame(scores))).toBeCloseTo(await evaluator.evaluate(frame(kept)), 13);
  });

  it('may all be scaled', async () => {
    const scaled = scores.map((row) => ({ ...row, weight: 3 * (row.weight as number) }));
    expect(await evaluator.evaluate(frame(scaled))).toBeCloseTo(await evaluator.evaluate(frame(scores)), 13);
  });

  it('of 2 are rows that stand there twice', async () => {
    const base = scores.map((row, i) => ({ ...row, weight: 1 + (i % 2) }));
    const twice = base.flatMap((row) => Array.from({ length: row.weight }, () => ({ ...row, weight: 1 })));
    expect(await evaluator.evaluate(frame(base))).toBeCloseTo(await evaluator.evaluate(frame(twice)), 13);
  });

  it.each([[-1], [Number.NaN], [Number.POSITIVE_INFINITY], [null]])('of %s are errors', async (weight) => {
    const rows = scores.with(4, { ...scores[4], weight });
    await expect(evaluator.evaluate(frame(rows))).rejects.toMatchObject({ code: 'VALUE_INVALID', details: { column: 'weight', row: 4 } });
  });
});

describe.each(named({}))('%s', (_, evaluator) => {
  it('does not depend on the types of its numbers', async () => {
    const types = { label: 'int', weight: 'float' };
    expect(await evaluator.evaluate(frame(scores, types))).toBe(await evaluator.evaluate(frame(scores)));
  });

  it('refuses a null label, a frame without rows, and a frame without its columns', async () => {
    const rows = scores.with(7, { ...scores[7], label: null });
    await expect(evaluator.evaluate(frame(rows))).rejects.toMatchObject({ code: 'VALUE_INVALID', details: { column: 'label', row: 7 } });
    await expect(evaluator.evaluate(frame([]))).rejects.toMatchObject({ code: 'EMPTY_DATASET' });
    await expect(evaluator.evaluate(frame(scores).drop('label'))).rejects.toMatchObject({ code: 'COLUMN_NOT_FOUND' });
    const text = frame(scores).withColumn('label', col('label').cast('string'));
    await expect(evaluator.evaluate(text)).rejects.toMatchObject({ code: 'COLUMN_TYPE', details: { column: 'label' } });
  });

  it('can be called off', async () => {
    await expect(evaluator.evaluate(frame(scores), { signal: AbortSignal.abort() })).rejects.toMatchObject({ code: 'ABORTED' });
  });
});

describe('BinaryClassificationEvaluator', () => {
  it('reads the second slot of a vector, or a double', async () => {
    const [vector, double] = [new BinaryClassificationEvaluator(), new BinaryClassificationEvaluator({ rawPredictionCol: 'score' })];
    expect(await vector.evaluate(frame(scores))).toBe(await double.evaluate(frame(scores)));
  });

  it('takes vectors of any size above 1 whose metadata does not tell it', async () => {
    const of = (rawPrediction: unknown, size: number) =>
      session.createFrame(
        scores.map(({ score, label }) => ({ rawPrediction: Vectors.dense([7, score as number, 5].slice(0, size)), label })),
        { rawPrediction, label: 'double' } as never,
      );
    const evaluator = new BinaryClassificationEvaluator();
    expect(await evaluator.evaluate(of('vector', 3))).toBe(await evaluator.evaluate(frame(scores)));
    await expect(evaluator.evaluate(of('vector', 1))).rejects.toMatchObject({ code: 'VALUE_INVALID', details: { column: 'rawPrediction', row: 0 } });
    const told = of({ type: 'vector', attributes: { num_attrs: 3 } }, 3);
    await expect(evaluator.evaluate(told)).rejects.toMatchObject({ code: 'SCHEMA_INVALID', details: { column: 'rawPrediction', value: 3 } });
  });

  it('refuses infinite labels and null scores', async () => {
    const of = (rows: object[]) => session.createFrame(rows as Record<string, unknown>[], { rawPrediction: 'vector', label: 'double' });
    const infinite = of([{ rawPrediction: Vectors.dense([1, 2]), label: Number.POSITIVE_INFINITY }]);
    await expect(new BinaryClassificationEvaluator().evaluate(infinite)).rejects.toMatchObject({ details: { column: 'label', row: 0 } });
    const none = of([{ rawPrediction: null, label: 1 }]);
    await expect(new BinaryClassificationEvaluator().evaluate(none)).rejects.toMatchObject({ details: { column: 'rawPrediction', row: 0 } });
  });

  it('gives the curves behind its areas', async () => {
    const metrics = await new BinaryClassificationEvaluator().getMetrics(frame(scores));
    expect(metrics.areaUnderROC).toBe(await new BinaryClassificationEvaluator().evaluate(frame(scores)));
    expect([metrics.roc[0], metrics.roc.at(-1), metrics.pr[0][0]]).toEqual([[0, 0], [1, 1], 0]);
  });
});

describe('MulticlassClassificationEvaluator', () => {
  it('gives all metrics at once, and log-loss where there are probabilities', async () => {
    const metrics = await new MulticlassClassificationEvaluator().getMetrics(frame(scores));
    for (const metricName of ['accuracy', 'weightedPrecision', 'weightedRecall', 'hammingLoss', 'weightedFalsePositiveRate'] as const) {
      expect(metrics[metricName]).toBe(await new MulticlassClassificationEvaluator({ metricName }).evaluate(frame(scores)));
    }
    expect(metrics.logLoss()).toBe(await new MulticlassClassificationEvaluator({ metricName: 'logLoss' }).evaluate(frame(scores)));
    const bare = await new MulticlassClassificationEvaluator().getMetrics(frame(scores).drop('probability'));
    expect(bare.accuracy).toBe(metrics.accuracy);
    expect(() => bare.logLoss()).toThrow(expect.objectContaining({ code: 'COLUMN_NOT_FOUND' }));
  });

  it('reads probabilities for log-loss from vectors and from arrays of doubles or floats', async () => {
    const evaluator = new MulticlassClassificationEvaluator({ metricName: 'logLoss' });
    const data = frame(scores);
    const arrays = data.withColumn('probability', vectorToArray('probability'));
    const expected = await evaluator.evaluate(data);
    expect(await evaluator.evaluate(arrays)).toBe(expected);
    expect((await evaluator.getMetrics(arrays)).logLoss()).toBe(expected);
    expect(await evaluator.evaluate(arrays.withColumn('probability', col('probability').cast('array<float>')))).toBeCloseTo(expected, 6);
    const odd = (probability: (number | null)[] | null) =>
      evaluator.evaluate(
        session.createFrame(
          [
            { label: 0, prediction: 0, probability: [0.5, 0.5] },
            { label: 0, prediction: 0, probability },
          ] as never,
          { label: 'double', prediction: 'double', probability: 'array<double>' },
        ),
      );
    for (const bad of [null, [0.5], [0.5, null]])
      await expect(odd(bad)).rejects.toMatchObject({ code: 'VALUE_INVALID', details: { column: 'probability', row: 1 } });
    await expect(evaluator.evaluate(data.withColumn('probability', array(lit('a'))))).rejects.toMatchObject({ code: 'COLUMN_TYPE' });
  });

  it('refuses labels that are not classes for log-loss, and a label that does not occur', async () => {
    const judge = (params: object, label: number) => new MulticlassClassificationEvaluator(params).evaluate(frame([{ label, score: 1 }]));
    for (const label of [2, -1, 0.5]) await expect(judge({ metricName: 'logLoss' }, label)).rejects.toMatchObject({ code: 'VALUE_INVALID' });
    await expect(judge({ metricName: 'recallByLabel', metricLabel: 5 }, 1)).rejects.toMatchObject({ code: 'VALUE_INVALID' });
    await expect(judge({}, Number.NaN)).rejects.toMatchObject({ details: { column: 'label', row: 0 } });
  });
});

describe('RegressionEvaluator', () => {
  it('gives all metrics at once, of predictions in float too', async () => {
    const metrics = await new RegressionEvaluator().getMetrics(frame(scores, { prediction: 'float' }));
    expect(metrics.rootMeanSquaredError).toBe(await new RegressionEvaluator().evaluate(frame(scores)));
    expect(metrics.meanAbsoluteError).toBe(await new RegressionEvaluator({ metricName: 'mae' }).evaluate(frame(scores)));
  });
});

describe('params are checked when made', () => {
  it.each([
    ['a metric that is none', () => new BinaryClassificationEvaluator({ metricName: 'f1' as 'areaUnderPR' })],
    ['numBins below 0', () => new BinaryClassificationEvaluator({ numBins: -1 })],
    ['beta 0', () => new MulticlassClassificationEvaluator({ beta: 0 })],
    ['eps 0.5', () => new MulticlassClassificationEvaluator({ eps: 0.5 })],
    ['a negative metricLabel', () => new MulticlassClassificationEvaluator({ metricLabel: -1 })],
  ])('%s', (_, make) => {
    expect(make).toThrow(expect.objectContaining({ code: 'PARAM_INVALID' }));
  });
});

describe('an evaluator saved by Spark 4.3', () => {
  const root = new URL('../fixtures/spark-4.3.0/', import.meta.url);
  it.each(readdirSync(root).filter((name) => name.endsWith('Evaluator')))('%s judges as there', async (folder) => {
    const read = (file: string) => JSON.parse(readFileSync(new URL(`${folder}/${file}`, root), 'utf8'));
    const evaluator = (await load(fileURLToPath(new URL(folder, root)))) as unknown as Evaluator<ParamSchema>;
    const { columns, rows } = read('input.json') as { columns: { name: string; type: string }[]; rows: Record<string, unknown>[] };
    const input = rows.map((row) => Object.fromEntries(Object.entries(row).map(([k, v]) => [k, Array.isArray(v) ? Vectors.dense(v) : v])));
    const data = session.createFrame(input, Object.fromEntries(columns.map(({ name, type }) => [name, type])));
    const { metrics, isLargerBetter } = read('expected.json') as { metrics: Record<string, number>; isLargerBetter: Record<string, boolean> };
    for (const [metricName, value] of Object.entries(metrics)) {
      const judge = evaluator.copy({ metricName });
      expect(await judge.evaluate(data), metricName).toBeCloseTo(value, 12);
      expect(judge.isLargerBetter, metricName).toBe(isLargerBetter[metricName]);
    }
  });
});
