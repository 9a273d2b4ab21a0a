import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DecisionTreeClassifier } from '#dist/classification/index.js';
import { Session } from '#dist/engine/session.js';
import { BinaryClassificationEvaluator, permutationImportance, RegressionEvaluator } from '#dist/evaluation/index.js';
import { StringIndexer, VectorAssembler } from '#dist/feature/index.js';
import { Vectors } from '#dist/linalg/vectors.js';
import { Pipeline, PipelineModel } from '#dist/pipeline/index.js';
import { HistGradientBoostingRegressionModel } from '#dist/regression/index.js';
import { treesOf } from './arbitrary-trees.ts';
import { binary, multiclass, poisson, state } from './boosted-models.ts';

let session: Session;
beforeAll(async () => {
  session = await Session.local({ workers: 2 });
});
afterAll(() => session?.close());

const X = Array.from({ length: 150 }, (_, i) => [Math.sin(i), i % 40, i % 9 === 0 ? Number.NaN : Math.cos(5 * i) * 2]);
const label = (i: number) => (Math.sin(i) > 0.3 !== (i % 11 === 0) ? 1 : 0);
const rows = X.map((x, i) => ({ features: Vectors.dense(x), label: label(i), weight: i % 3, classes: i % 3, name: `row ${i}` }));
const SCHEMA = { features: 'vector', label: 'double', weight: 'double', classes: 'double', name: 'string' } as const;
const frame = () => session.createFrame(rows, SCHEMA);
const mean = (values: readonly number[], weights?: readonly number[]) => {
  const total = weights?.reduce((a, b) => a + b, 0) ?? values.length;
  return values.reduce((a, v, i) => a + v * (weights?.[i] ?? 1), 0) / total;
};

describe('a boosted model judges itself', () => {
  it('by the metrics of a classifier', async () => {
    const summary = await binary().evaluate(frame());
    const predicted = X.map((x) => binary().predict(Vectors.dense(x)));
    expect(summary.accuracy).toBeCloseTo(mean(predicted.map((p, i) => (p === rows[i].label ? 1 : 0))), 12);
    const auc = await new BinaryClassificationEvaluator().evaluate(binary().transform(frame()));
    expect(summary.areaUnderROC).toBeCloseTo(auc, 2);
    expect((await summary.predictions.columns()).includes('prediction')).toBe(true);
    expect((await multiclass({ labelCol: 'classes' }).evaluate(frame())).labels).toEqual([0, 1, 2]);
  });

  it('by the metrics of a regression', async () => {
    const metrics = await poisson({ weightCol: 'weight' }).evaluate(frame());
    const errors = X.map((x, i) => (poisson().predict(Vectors.dense(x)) - rows[i].label) ** 2);
    expect(metrics.meanSquaredError).toBeCloseTo(
      mean(
        errors,
        rows.map((row) => row.weight),
      ),
      12,
    );
  });

  it('by the loss after each iteration', async () => {
    const logistic = await binary({ weightCol: 'weight' }).evaluateEachIteration(frame());
    const weights = rows.map((row) => row.weight);
    [1, 2, 3].forEach((n, m) => {
      const losses = X.map((x, i) => {
        const [, p] = binary().firstIterations(n).predictProbability(Vectors.dense(x)).values;
        return -Math.log(rows[i].label === 1 ? p : 1 - p);
      });
      expect(logistic[m]).toBeCloseTo(mean(losses, weights), 12);
    });
    const [softmax] = await multiclass({ labelCol: 'classes' }).evaluateEachIteration(frame());
    expect(softmax).toBeCloseTo(mean(X.map((x, i) => -Math.log(multiclass().predictProbability(Vectors.dense(x)).values[rows[i].classes]))), 12);
    const counts = await poisson().evaluateEachIteration(frame());
    expect(counts.at(-1)).toBeCloseTo(
      mean(
        X.map((x, i) => {
          const mu = poisson().predict(Vectors.dense(x));
          return mu - rows[i].label * Math.log(mu);
        }),
      ),
      12,
    );
  });

  it('and refuses labels that its loss does not know, and features of another size', async () => {
    await expect(
      multiclass({ labelCol: 'weight' }).evaluateEachIteration(session.createFrame([{ ...rows[0], weight: 3 }], SCHEMA)),
    ).rejects.toMatchObject({
      code: 'VALUE_INVALID',
      message: expect.stringMatching(/"weight" must be a class number 0 … 2, row 0 has 3/),
    });
    const small = session.createFrame([{ ...rows[0], features: Vectors.dense(1, 2) }], SCHEMA);
    for (const work of [() => binary().evaluate(small), () => poisson().evaluate(small), () => binary().evaluateEachIteration(small)]) {
      await expect(work()).rejects.toThrow(/the 3 features of the fit, row 0 has 2/);
    }
  });
});

describe('permutation importance', () => {
  const model = () =>
    new HistGradientBoostingRegressionModel(
      {},
      state(
        {
          trees: treesOf({ feature: 0, threshold: 0, left: { value: -1 }, right: { value: 1 } }),
          loss: { name: 'squared' },
          numClasses: 1,
          start: [0],
          objectiveHistory: [],
        },
        [],
      ),
    );

  it('is what a metric loses, feature by feature, the same for the same seed', async () => {
    const evaluator = new RegressionEvaluator({ labelCol: 'label', metricName: 'rmse' });
    const exact = session.createFrame(
      X.map((x) => ({ features: Vectors.dense(x), label: x[0] <= 0 ? -1 : 1 })),
      { features: 'vector', label: 'double' },
    );
    const [first, city, other] = await permutationImportance(model(), exact, evaluator, { repeats: 3, seed: 4 });
    expect([first.name, city.name, other.name]).toEqual(['__proto__', 'city', '😀']);
    expect(first.mean).toBeGreaterThan(0.5);
    expect(first.values.length).toBe(3);
    expect([city.mean, city.standardDeviation, other.mean]).toEqual([0, 0, 0]);
    expect((await permutationImportance(model(), exact, evaluator, { repeats: 3, seed: 4 }))[0]).toEqual(first);
    const byR2 = await permutationImportance(model(), exact, evaluator.copy({ metricName: 'r2' }), { repeats: 2 });
    expect(byR2[0].mean).toBeGreaterThan(0.5);
  });

  it('is told of the columns that a whole pipeline reads, but for the one of which it makes the label', async () => {
    const table = session.createFrame(
      X.map((x, i) => ({ city: x[0] <= 0 ? 'low' : 'high', 'a.b': i, unread: i, churn: x[0] <= 0 ? 'no' : 'yes', weight: 1 + (i % 2) })),
      { city: 'string', 'a.b': 'long', unread: 'int', churn: 'string', weight: 'double' },
    );
    const fitted = await new Pipeline({
      stages: [
        new StringIndexer({ inputCols: ['city', 'churn'], outputCols: ['cityIndex', 'label'] }),
        new VectorAssembler({ inputCols: ['cityIndex', 'a.b'], outputCol: 'features' }),
        new DecisionTreeClassifier({ maxDepth: 2, labelCol: 'label' }),
      ],
    }).fit(table);
    const evaluator = new BinaryClassificationEvaluator({ weightCol: 'weight' });
    const found = await permutationImportance(fitted, table, evaluator, { repeats: 3 });
    expect(found.map(({ name }) => name)).toEqual(['city', 'a.b']);
    expect(found[0].mean).toBeGreaterThan(0.3);
    expect(found[1]).toMatchObject({ mean: 0, standardDeviation: 0 });
    expect(await permutationImportance(fitted, table, evaluator, { repeats: 3 })).toEqual(found);
    await expect(permutationImportance(fitted, table.limit(0), evaluator)).rejects.toMatchObject({ code: 'EMPTY_DATASET' });
    await expect(permutationImportance(new PipelineModel({}, { stages: [] }), table, evaluator)).rejects.toThrow(/must read a column of the frame/);
  });

  it('refuses what it cannot work on', async () => {
    const evaluator = new RegressionEvaluator();
    await expect(permutationImportance(model(), frame(), evaluator, { repeats: 0 })).rejects.toThrow(/repeats must be an integer >= 1, got 0/);
    await expect(
      permutationImportance(model(), session.createFrame([{ features: null, label: 1 }], { features: 'vector', label: 'double' }), evaluator),
    ).rejects.toThrow(/must hold vectors of 3 slots, row 0 has null/);
    await expect(permutationImportance(model(), frame().drop('label'), evaluator)).rejects.toThrow(/label/);
  });
});
