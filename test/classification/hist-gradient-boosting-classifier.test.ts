import { describe, expect, it } from 'vitest';
import {
  HistGradientBoostingClassificationModel,
  HistGradientBoostingClassifier,
  type HistGradientBoostingClassifierParams,
} from '#dist/classification/index.js';
import { Vectors } from '#dist/linalg/vectors.js';
import { folder, refuses, session } from '../engine/harness.ts';
import { type Example, examples, frameOf } from '../tree/boosting/synthetic.ts';

const open = session(2);
const path = folder();
const small = { maxIter: 10, minSamplesLeaf: 2, minChildWeight: 0 };
const fitted = (rows: readonly Example[], params: HistGradientBoostingClassifierParams = {}, options: Parameters<typeof frameOf>[2] = {}) =>
  new HistGradientBoostingClassifier({ ...small, ...params }).fit(frameOf(open(), rows, options));
const circle = examples(300, 2, 1, ([a, b], noise) => ((a - 0.5) ** 2 + (b - 0.5) ** 2 + noise / 50 < 0.1 ? 1 : 0));
const thirds = examples(300, 2, 2, ([a, b]) => Math.min(Math.floor(3 * a) + (b > 0.9 ? 1 : 0), 2));

describe('HistGradientBoostingClassifier', () => {
  it('learns two classes: raw prediction [-z, z], probability of z, the likelier class', async () => {
    const model = await fitted(circle, { maxIter: 40 });
    expect([model.numClasses, model.numFeatures, model.numIterations]).toEqual([2, 2, 40]);
    const right = circle.filter(({ x, label }) => model.predict(Vectors.dense([...x])) === label).length;
    expect(right / circle.length).toBeGreaterThan(0.97);
    const [low, high] = model.predictRaw(Vectors.dense([0.5, 0.5])).toArray();
    expect(low).toBe(-high);
    expect(model.predictProbability(Vectors.dense([0.5, 0.5])).toArray()[1]).toBeCloseTo(1 / (1 + Math.exp(-high)), 12);
  });

  it('learns more classes: a tree a class in every iteration, probabilities that add up to 1', async () => {
    const model = await fitted(thirds);
    expect([model.numClasses, model.numTrees]).toEqual([3, 30]);
    const p = model.predictProbability(Vectors.dense([0.1, 0.1])).toArray();
    expect(p.indexOf(Math.max(...p))).toBe(0);
    expect(p.reduce((a, b) => a + b)).toBeCloseTo(1, 12);
  });

  it('takes the number of classes from the label’s categories, if it has some', async () => {
    const rows = circle.map((row, i) => ({ ...row, ix: i % 2 }));
    const frame = frameOf(open(), rows, { more: { ix: { type: 'double', attributes: { type: 'nominal', vals: ['a', 'b', 'c'] } } as never } });
    expect((await new HistGradientBoostingClassifier({ ...small, labelCol: 'ix' }).fit(frame)).numClasses).toBe(3);
    const bad = frameOf(open(), [{ ...rows[0], ix: 3 }, ...rows.slice(1)], {
      more: { ix: { type: 'double', attributes: { type: 'nominal', vals: ['a', 'b', 'c'] } } as never },
    });
    const details = { column: 'ix', row: 0, value: 3 };
    await refuses(() => new HistGradientBoostingClassifier({ labelCol: 'ix' }).fit(bad), 'VALUE_INVALID', details, 'a class number 0 … 2');
  });

  it('predicts a single class, from one row too', async () => {
    for (const rows of [circle.map((row) => ({ ...row, label: 1 })), [{ x: [1, 2], label: 1 }]]) {
      const model = await fitted(rows);
      expect([model.numClasses, model.predict(Vectors.dense([0.2, 0.7]))]).toEqual([2, 1]);
    }
  });

  it('learns from what is missing', async () => {
    const rows = circle.map(({ x }, i) => ({ x: [i % 3 === 0 ? Number.NaN : x[0], x[1]], label: i % 3 === 0 ? 1 : 0 }));
    const model = await fitted(rows, { maxIter: 30 });
    for (const b of [0.1, 0.9]) {
      expect(model.predict(Vectors.dense([Number.NaN, b]))).toBe(1);
      for (const a of [-Infinity, 0.2, 0.8, Infinity]) expect(model.predict(Vectors.dense([a, b]))).toBe(0);
    }
  });

  it('takes nulls of assembled columns for missing, as NaN', async () => {
    const data = circle.map(({ x }, i) => ({ a: i % 3 === 0 ? null : x[0], b: x[1], label: i % 3 === 0 ? 1 : 0 }));
    const { VectorAssembler } = await import('#dist/feature/index.js');
    const frame = open().createFrame(data, { a: 'double', b: 'double', label: 'double' });
    const assembled = new VectorAssembler({ inputCols: ['a', 'b'], outputCol: 'features', handleInvalid: 'keep' }).transform(frame);
    const model = await new HistGradientBoostingClassifier(small).fit(assembled);
    expect(model.featureNames).toEqual(['a', 'b']);
    expect(model.predict(Vectors.dense([Number.NaN, 0.5]))).toBe(1);
  });

  it('splits by category, and takes unseen categories for missing', async () => {
    const good = new Set([1, 4, 6]);
    const rows = Array.from({ length: 400 }, (_, i) => ({ x: [(i * 7) % 9, (i % 10) / 10], label: good.has((i * 7) % 9) ? 1 : 0 }));
    const model = await fitted(rows, { categorySmoothing: 1, categoryL2: 0 }, { categories: [9] });
    const at = (c: number) => model.predictRaw(Vectors.dense([c, 0.5])).toArray()[1];
    expect(Array.from({ length: 9 }, (_, c) => at(c) > 0)).toEqual(Array.from({ length: 9 }, (_, c) => good.has(c)));
    const { split } = model.trees[0].rootNode;
    expect([...(split as { leftCategories: readonly number[] }).leftCategories].sort()).toEqual([1, 4, 6]);
    for (const unseen of [99, 9, 31, 32, -1, 0.5]) expect(at(unseen)).toBe(at(Number.NaN));
    const asNumbers = await fitted(rows, { categoricalFeatures: 'none' }, { categories: [9] });
    expect(asNumbers.trees[0].rootNode.split).toHaveProperty('threshold');
    const byName = await fitted(rows, { categoricalFeatures: ['f0'], categorySmoothing: 1, categoryL2: 0 });
    expect(byName.state.trees).toEqual(model.state.trees);
  });

  it('takes for missing what no row that trains has, though the attributes count it', async () => {
    // Missing values mean 3, category 0 means 0: they go different ways. Category 6 is in a row of weight 0, 7 in none, 8 and 20 are not counted.
    const rows = Array.from({ length: 1800 }, (_, i) => {
      const c = i % 9 === 0 ? Number.NaN : i % 6;
      return { x: [i === 5 ? 6 : c], label: Number.isNaN(c) || c > 2 ? 1 : 0, weight: i === 5 ? 0 : 1 };
    });
    const model = await fitted(rows, { weightCol: 'weight', minSamplesLeaf: 5 }, { categories: [8], more: { weight: 'double' } });
    const at = (c: number) => model.predictRaw(Vectors.dense([c])).toArray()[1];
    expect(at(Number.NaN)).toBeGreaterThan(1);
    expect(at(0)).toBeLessThan(-1);
    for (const unseen of [6, 7, 8, 20, 31, 32, 99]) expect(at(unseen), String(unseen)).toBe(at(Number.NaN));
    for (const tree of model.trees) expect(tree.toDebugString).not.toMatch(/\b(8|9|1\d|2\d|3\d)\.0[,}]/);
    const again = HistGradientBoostingClassificationModel.fromLightGBM(model.toLightGBM());
    for (const c of [0, 1, 2, 3, 4, 5, 6, 7, 8, 31, 32, Number.NaN]) {
      expect(again.predictRaw(Vectors.dense([c])).toArray()[1]).toBeCloseTo(at(c), 9);
    }
  });

  it('grows the same trees from dense and sparse vectors, cached or read from files, in any number of partitions', async () => {
    const rows = circle.map(({ x, label }, i) => ({ x: [i % 3 === 0 ? 0 : x[0], x[1], i % 11 === 0 ? Number.NaN : 0], label }));
    const stage = new HistGradientBoostingClassifier(small);
    const frame = frameOf(open(), rows);
    const { trees } = (await stage.fit(frame)).state;
    const sparse = open().createFrame(
      rows.map(({ x, label }) => {
        const indices = [0, 1, 2].filter((j) => x[j] !== 0);
        return {
          features: Vectors.sparse(
            3,
            indices,
            indices.map((j) => x[j]),
          ),
          label,
        };
      }),
      { features: 'vector', label: 'double' },
    );
    await frame.write.parquet(path('rows'));
    for (const other of [sparse, frame.cache(), open().read.parquet(path('rows')), frameOf(open(), rows, { partitions: 5 })]) {
      expect((await stage.fit(other)).state.trees).toEqual(trees);
    }
  });

  it('does not split rows that are alike', async () => {
    const rows = examples(2000, 3, 7, ([a]) => (a > 0.5 ? 1 : 0));
    const model = await fitted(rows, { maxIter: 30 });
    expect(model.totalNumNodes).toBe(3 * 30);
    expect([...model.featureImportances.toArray()]).toEqual([1, 0, 0]);
  });

  it('is the same with constant features, or one that is missing in all rows, beside', async () => {
    const model = await fitted(circle);
    const wide = await fitted(circle.map(({ x, label }) => ({ x: [...x, 7, Number.NaN], label })));
    expect(wide.state.trees).toEqual(model.state.trees);
    const none = await fitted(circle.map(({ label }) => ({ x: [7, Number.NaN], label })));
    const share = circle.filter(({ label }) => label === 1).length / circle.length;
    expect(none.totalNumNodes).toBe(none.numTrees);
    expect(none.predictProbability(Vectors.dense([0, 0])).toArray()[1]).toBeCloseTo(share, 4);
  });

  it('balances classes, or weighs them as told, as a weight column would', async () => {
    const ones = circle.filter(({ label }) => label === 1).length;
    const balanced = [circle.length / (2 * (circle.length - ones)), circle.length / (2 * ones)];
    const weighted = await fitted(
      circle.map((row) => ({ ...row, w: balanced[row.label] })),
      { weightCol: 'w' },
      { more: { w: 'double' } },
    );
    expect((await fitted(circle, { classWeight: balanced })).state.trees).toEqual(weighted.state.trees);
    expect((await fitted(circle, { classWeight: 'balanced' })).state.trees).toEqual(weighted.state.trees);
    const p = weighted.predictProbability(Vectors.dense([0.5, 0.5])).toArray()[1];
    expect(p).toBeGreaterThan((await fitted(circle)).predictProbability(Vectors.dense([0.5, 0.5])).toArray()[1]);
  });

  it('predicts by thresholds', async () => {
    const model = await fitted(circle, { thresholds: [1e-6, 1] });
    expect(model.predict(Vectors.dense([0.5, 0.5]))).toBe(0);
  });

  it('reports every iteration, with falling loss, and can be aborted', async () => {
    const seen: unknown[] = [];
    const frame = frameOf(open(), circle);
    const model = await new HistGradientBoostingClassifier(small).fit(frame, {
      onProgress: ({ iteration, objective }) => seen.push([iteration, objective]),
    });
    expect(seen.length).toBeGreaterThanOrEqual(10);
    const { objectiveHistory } = model.state;
    for (let i = 1; i < objectiveHistory.length; i++) expect(objectiveHistory[i]).toBeLessThan(objectiveHistory[i - 1]);
    const stop = new AbortController();
    const long = new HistGradientBoostingClassifier({ ...small, maxIter: 100_000 });
    const aborted = long.fit(frame, { signal: stop.signal, onProgress: () => stop.abort('enough') });
    await expect(aborted).rejects.toMatchObject({ code: 'ABORTED', cause: 'enough' });
  });

  it('refuses labels, weights, classes and categories that it cannot use', async () => {
    const bad = (change: object) => [{ ...circle[0], ...change }, ...circle.slice(1)];
    await refuses(() => fitted(bad({ label: 0.5 })), 'VALUE_INVALID', { column: 'label', row: 0, value: 0.5 });
    await refuses(() => fitted(bad({ label: 5000 })), 'VALUE_INVALID', { column: 'label', value: 5000 }, 'at most 1024 classes');
    await refuses(() => fitted(thirds, { thresholds: [0.5, 0.5] }), 'PARAM_INVALID', { param: 'thresholds' });
    await refuses(() => fitted(thirds, { classWeight: [1, 2] }), 'PARAM_INVALID', { param: 'classWeight' }, 'one entry a class, that is 3');
    await refuses(() => fitted(thirds, { metric: 'areaUnderROC' }), 'PARAM_INVALID', { param: 'metric' }, 'needs two classes, the labels have 3');
    const coded = circle.map((row, i) => ({ ...row, x: [i % 12, 0] }));
    await refuses(
      () => fitted(coded, { maxBins: 8 }, { categories: [12] }),
      'PARAM_INVALID',
      { feature: 'f0', value: 12 },
      '"f0" has 12, maxBins is 8',
    );
    await refuses(
      () =>
        fitted(
          circle.map((row) => ({ ...row, w: 0 })),
          { weightCol: 'w' },
          { more: { w: 'double' } },
        ),
      'VALUE_INVALID',
      { column: 'w' },
      'all are 0',
    );
  });

  it('refuses unknown features in constraints before it reads data', async () => {
    const { schema } = { schema: await frameOf(open(), circle).schema() };
    const stage = new HistGradientBoostingClassifier({ monotoneConstraints: { f9: 1 } });
    await refuses(() => stage.transformSchema(schema), 'PARAM_INVALID', { param: 'monotoneConstraints', value: 'f9' }, '(f0, f1), got "f9"');
  });
});
