import { describe, expect, it } from 'vitest';
import { Vectors } from '#dist/linalg/vectors.js';
import { HistGradientBoostingRegressor, type HistGradientBoostingRegressorParams } from '#dist/regression/index.js';
import { refuses, session } from '../engine/harness.ts';
import { type Example, examples, frameOf } from '../tree/boosting/synthetic.ts';

const open = session(2);
const small = { maxIter: 10, minSamplesLeaf: 2, minChildWeight: 0 };
const fitted = (rows: readonly Example[], params: HistGradientBoostingRegressorParams = {}, options: Parameters<typeof frameOf>[2] = {}) =>
  new HistGradientBoostingRegressor({ ...small, ...params }).fit(frameOf(open(), rows, options));
/** Noise with a long tail to one side. */
const skewed = examples(600, 2, 3, ([a], noise) => 10 * a + noise ** 2);
const counts = examples(600, 2, 4, ([a, b], noise) => Math.max(0, Math.round(Math.exp(2 * a + b) + noise)));
const at = (model: { predict(v: ReturnType<typeof Vectors.dense>): number }, a: number, b = 0.5) => model.predict(Vectors.dense([a, b]));

describe('HistGradientBoostingRegressor', () => {
  it('fits the mean by squared loss, quantiles by quantile loss, and orders them', async () => {
    const params = { maxIter: 60, minSamplesLeaf: 30 };
    const mean = await fitted(skewed, params);
    const median = await fitted(skewed, { ...params, loss: 'absolute' });
    const [low, high] = [
      await fitted(skewed, { ...params, loss: 'quantile', alpha: 0.1 }),
      await fitted(skewed, { ...params, loss: 'quantile', alpha: 0.9 }),
    ];
    const covered = (model: typeof mean) => skewed.filter(({ x, label }) => label <= at(model, x[0], x[1])).length / skewed.length;
    for (const [model, share] of [
      [low, 0.1],
      [median, 0.5],
      [high, 0.9],
    ] as const)
      expect(Math.abs(covered(model) - share)).toBeLessThan(0.06);
    for (const a of [0.2, 0.5, 0.8]) {
      expect(at(low, a)).toBeLessThan(at(median, a));
      expect(at(median, a)).toBeLessThan(at(mean, a));
      expect(at(mean, a)).toBeLessThan(at(high, a));
    }
  });

  it('lets outliers of huber pull no more than alpha', async () => {
    const rows = skewed.map((row, i) => ({ ...row, label: i % 50 === 0 ? 1e6 : row.label }));
    const params = { maxIter: 40, minSamplesLeaf: 30 };
    const largest = async (more: HistGradientBoostingRegressorParams) => {
      const model = await fitted(rows, { ...params, ...more });
      return Math.max(...rows.map(({ x }) => at(model, x[0], x[1])));
    };
    expect(await largest({ loss: 'huber', alpha: 2 })).toBeLessThan(20);
    expect(await largest({ loss: 'squared' })).toBeGreaterThan(1000);
  });

  for (const loss of ['poisson', 'gamma', 'tweedie'] as const) {
    it(`predicts e to the raw score under ${loss}`, async () => {
      const rows = counts.map((row) => ({ ...row, label: loss === 'gamma' ? row.label + 0.5 : row.label }));
      const model = await fitted(rows, { loss, maxIter: 60, minSamplesLeaf: 20 });
      const errors = rows.map(({ x, label }) => Math.abs(at(model, x[0], x[1]) - label));
      expect(errors.reduce((a, b) => a + b) / rows.length).toBeLessThan(1.2);
      const sum = (f: (row: Example) => number) => rows.reduce((total, row) => total + f(row), 0);
      expect(sum(({ x }) => at(model, x[0], x[1])) / sum(({ label }) => label)).toBeCloseTo(1, 1);
    });
  }

  it('predicts the constant of a constant label', async () => {
    for (const loss of ['squared', 'absolute', 'huber', 'quantile', 'poisson', 'gamma', 'tweedie'] as const) {
      const model = await fitted(
        skewed.map((row) => ({ ...row, label: 3 })),
        { loss },
      );
      expect(at(model, 0.3)).toBeCloseTo(3, 5);
    }
  });

  it('stands labels of any size', async () => {
    for (const scale of [1e-90, 1e-12, 1e12, 1e90]) {
      const model = await fitted(
        skewed.map((row) => ({ ...row, label: scale * row.label })),
        { maxIter: 40 },
      );
      expect(at(model, 0.9) / scale).toBeGreaterThan(at(model, 0.1) / scale + 5);
    }
  });

  it('shrinks leaves by l1 and l2, and splits no more than minSplitGain, maxDepth and maxLeafNodes let it', async () => {
    const spread = async (params: HistGradientBoostingRegressorParams) => {
      const model = await fitted(skewed, params);
      return at(model, 0.9) - at(model, 0.1);
    };
    const free = await spread({});
    expect(await spread({ l2: 100 })).toBeLessThan(free);
    expect(await spread({ l1: 100 })).toBeLessThan(free);
    expect((await fitted(skewed, { minSplitGain: 1e9 })).totalNumNodes).toBe(10);
    expect(Math.max(...(await fitted(skewed, { maxDepth: 2 })).trees.map((tree) => tree.depth))).toBe(2);
    expect(Math.max(...(await fitted(skewed, { maxLeafNodes: 5 })).trees.map((tree) => tree.numLeaves))).toBe(5);
  });

  it('takes memory for the leaves that rows and depth allow only', async () => {
    const { trees } = await fitted(skewed, { maxLeafNodes: 2 ** 31 - 1, maxDepth: 3 });
    expect(Math.max(...trees.map((tree) => tree.numLeaves))).toBe(8);
    expect((await fitted(skewed, { maxLeafNodes: 2 ** 31 - 1, maxIter: 1 })).trees[0].numLeaves).toBeLessThanOrEqual(skewed.length);
  });

  it('keeps minSamplesLeaf rows in every leaf', async () => {
    const model = await fitted(skewed, { minSamplesLeaf: 40, maxIter: 3 });
    const leaves = skewed.map(({ x }) => model.predictLeaf(Vectors.dense([...x])).toArray());
    for (let t = 0; t < 3; t++) {
      const sizes = new Map<number, number>();
      for (const leaf of leaves) sizes.set(leaf[t], (sizes.get(leaf[t]) ?? 0) + 1);
      expect(Math.min(...sizes.values())).toBeGreaterThanOrEqual(40);
      expect(sizes.size).toBeGreaterThan(5);
    }
  });

  it('draws rows and features by its seed', async () => {
    const wide = examples(400, 6, 5, (x, noise) => x[0] + x[1] * x[2] + x[5] + noise / 10);
    for (const params of [{ subsamplingRate: 0.5 }, { featureFraction: 0.5 }, { featureFractionByNode: 0.5 }]) {
      const [a, again, b] = [
        await fitted(wide, { ...params, seed: 1 }),
        await fitted(wide, { ...params, seed: 1 }),
        await fitted(wide, { ...params, seed: 2 }),
      ];
      expect(again.state.trees).toEqual(a.state.trees);
      expect(b.state.trees).not.toEqual(a.state.trees);
    }
    const { trees } = (await fitted(wide, { featureFraction: 0.34, seed: 3 })).state;
    for (let t = 0; t < 10; t++) {
      const used = new Set(trees.feature.subarray(trees.starts[t], trees.starts[t + 1]).filter((j) => j >= 0));
      expect(used.size).toBeLessThanOrEqual(3);
    }
  });

  it('grows deeper than bytes count: 1,000 bins tell 1,000 values apart', async () => {
    const rows = Array.from({ length: 1000 }, (_, i) => ({ x: [i], label: i % 2 }));
    const params = { maxBins: 1000, maxLeafNodes: 1000, minSamplesLeaf: 1, learningRate: 1, maxIter: 1 };
    const model = await fitted(rows, params);
    expect([at1(model, 500), at1(model, 501)].map(Math.round)).toEqual([0, 1]);
  });

  it('refuses labels outside of the loss, and alpha outside of quantiles', async () => {
    const bad = (label: number) => [{ ...counts[0], label }, ...counts.slice(1)];
    await refuses(
      () => fitted(bad(-1), { loss: 'poisson' }),
      'VALUE_INVALID',
      { column: 'label', row: 0, value: -1 },
      'a number in [0, 1e+100] (loss poisson)',
    );
    await refuses(
      () => fitted(bad(0), { loss: 'gamma' }),
      'VALUE_INVALID',
      { column: 'label', row: 0, value: 0 },
      'a number > 0, at most 1e+100 (loss gamma)',
    );
    await refuses(() => fitted(bad(-2e100)), 'VALUE_INVALID', { column: 'label', row: 0, value: -2e100 }, 'a number in [-1e+100, 1e+100]');
    const heavy = counts.map((row) => ({ ...row, w: 1e200 }));
    await refuses(() => fitted(heavy, { weightCol: 'w' }, { more: { w: 'double' } }), 'VALUE_INVALID', { column: 'w' }, 'divide all weights by it');
    const zeros = counts.map((row) => ({ ...row, label: 0 }));
    await refuses(() => fitted(zeros, { loss: 'tweedie' }), 'VALUE_INVALID', { column: 'label' }, 'above 0 in some row');
    await refuses(() => new HistGradientBoostingRegressor({ loss: 'quantile', alpha: 1.5 }), 'PARAM_INVALID', { param: 'alpha' });
    expect(new HistGradientBoostingRegressor({ loss: 'huber', alpha: 1.5 }).params.alpha).toBe(1.5);
  });
});

function at1(model: { predict(v: ReturnType<typeof Vectors.dense>): number }, a: number): number {
  return model.predict(Vectors.dense([a]));
}
