import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { HistGradientBoostingClassifier } from '#dist/classification/index.js';
import { Vectors } from '#dist/linalg/vectors.js';
import { HistGradientBoostingRegressor } from '#dist/regression/index.js';
import type { Trees } from '#dist/tree/trees.js';
import { session } from '../../engine/harness.ts';
import { examples, frameOf } from './synthetic.ts';

const open = session(2);
const small = { maxIter: 12, minSamplesLeaf: 1, minChildWeight: 0, maxLeafNodes: 12 };
const GRID = Array.from({ length: 21 }, (_, i) => i / 20);
const sign = fc.constantFrom(-1, 0, 1);

/** The largest step against the sign, along feature j, from anywhere on the grid. */
function worstStep(predict: (x: number[]) => number, d: number, j: number, direction: number): number {
  let worst = 0;
  for (const base of [0, 0.25, 0.5, 0.75, 1, Number.NaN]) {
    const x = new Array<number>(d).fill(base);
    let before = Number.NaN;
    for (const value of GRID) {
      x[j] = value;
      const after = predict(x);
      if (direction * (after - before) < worst) worst = direction * (after - before);
      before = after;
    }
  }
  return worst;
}

/** The sets of features on the paths from the root to each leaf. */
function paths({ starts, feature, left, right }: Trees): Set<number>[] {
  const found: Set<number>[] = [];
  const visit = (node: number, path: ReadonlySet<number>) => {
    if (feature[node] < 0) return void found.push(new Set(path));
    const below = new Set([...path, feature[node]]);
    visit(left[node], below);
    visit(right[node], below);
  };
  for (const root of starts.subarray(0, -1)) visit(root, new Set());
  return found;
}

describe('monotone constraints', () => {
  it('hold everywhere, whatever the rows, missing values too', async () => {
    const cases = fc.record({
      signs: fc.tuple(sign, sign, sign),
      seed: fc.nat(1000),
      loss: fc.constantFrom('squared', 'absolute', 'huber', 'quantile', 'poisson', 'tweedie'),
    });
    await fc.assert(
      fc.asyncProperty(cases, async ({ signs, seed, loss }) => {
        const rows = examples(120, 3, seed, ([a, b, c], noise) => Math.abs(4 * Math.sin(6 * a) + b * c + noise));
        const holed = rows.map(({ x, label }, i) => ({ x: x.map((v, j) => ((i + j) % 7 === 0 ? Number.NaN : v)), label }));
        const monotoneConstraints = { f0: signs[0], f1: signs[1], f2: signs[2] };
        const model = await new HistGradientBoostingRegressor({ ...small, loss, monotoneConstraints }).fit(frameOf(open(), holed));
        for (const [j, direction] of signs.entries()) {
          if (direction !== 0) expect(worstStep((x) => model.predict(Vectors.dense(x)), 3, j, direction)).toBe(0);
        }
      }),
      { numRuns: 40 },
    );
  });

  it('cost medians and quantiles what they must only, whatever the unit of the labels', async () => {
    const rows = examples(500, 2, 4, ([a, b], noise) => 1e4 * (3 * a - b + noise / 4 + (noise > 2.3 ? 40 : 0)));
    for (const loss of ['absolute', 'huber', 'quantile'] as const) {
      const lossOf = async (monotoneConstraints?: Record<string, number>) => {
        const estimator = new HistGradientBoostingRegressor({
          loss,
          ...(loss !== 'absolute' && { alpha: loss === 'huber' ? 5e3 : 0.4 }),
          maxIter: 60,
          monotoneConstraints,
        });
        return (await estimator.fit(frameOf(open(), rows))).objectiveHistory.at(-1) as number;
      };
      const free = await lossOf();
      expect(await lossOf({ f0: 1, f1: -1 })).toBeLessThan(1.3 * free);
      expect(await lossOf({ f0: -1 })).toBeGreaterThan(1.5 * free);
    }
  });

  it('hold for raw predictions of classifiers, and cost what they must only', async () => {
    const rows = examples(400, 2, 9, ([a, b], noise) => (a + b / 3 + noise / 10 > 0.6 ? 1 : 0));
    const accuracy = async (monotoneConstraints?: Record<string, number>) => {
      const model = await new HistGradientBoostingClassifier({ ...small, monotoneConstraints }).fit(frameOf(open(), rows));
      const raw = (x: number[]) => model.predictRaw(Vectors.dense(x)).toArray()[1];
      for (const [name, direction] of Object.entries(monotoneConstraints ?? {})) expect(worstStep(raw, 2, Number(name[1]), direction)).toBe(0);
      return rows.filter(({ x, label }) => model.predict(Vectors.dense([...x])) === label).length / rows.length;
    };
    const free = await accuracy();
    expect(await accuracy({ f0: 1, f1: 1 })).toBeGreaterThan(free - 0.06);
    expect(await accuracy({ f0: -1 })).toBeLessThan(free - 0.1);
  });
});

describe('interaction constraints', () => {
  it('hold on every path of every tree', async () => {
    const set = fc.uniqueArray(fc.nat(4), { minLength: 1, maxLength: 3 });
    await fc.assert(
      fc.asyncProperty(fc.array(set, { minLength: 1, maxLength: 3 }), fc.nat(1000), async (sets, seed) => {
        const rows = examples(150, 5, seed, ([a, b, c, d, e], noise) => a * b + c * d + e * a + noise / 10);
        const model = await new HistGradientBoostingRegressor({ ...small, interactionConstraints: sets }).fit(frameOf(open(), rows));
        const rest = [0, 1, 2, 3, 4].filter((j) => !sets.flat().includes(j));
        for (const path of paths(model.state.trees)) {
          expect([...sets, rest].some((allowed) => [...path].every((j) => allowed.includes(j)))).toBe(true);
        }
      }),
      { numRuns: 25 },
    );
  });

  it('of one feature each give a sum of functions of one feature', async () => {
    const rows = examples(200, 2, 4, ([a, b]) => a * b);
    const model = await new HistGradientBoostingRegressor({ ...small, interactionConstraints: [['f0'], ['f1']] }).fit(frameOf(open(), rows));
    const at = (a: number, b: number) => model.predict(Vectors.dense([a, b]));
    expect(at(0.9, 0.9) - at(0.1, 0.9)).toBeCloseTo(at(0.9, 0.1) - at(0.1, 0.1), 9);
  });
});
