import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { allowedFeatures, bestSplit, type GrowingNode, leafValue, type Split, type SplitRules, sideBounds } from '#dist/tree/boosting/split.js';

const RULES: SplitRules = {
  minSamplesLeaf: 1,
  minChildWeight: 0,
  minSplitGain: 0,
  l1: 0,
  l2: 0,
  categorySmoothing: 0,
  categoryL2: 0,
  maxCategoryThreshold: 32,
};

/** Per code: rows, and their gradient and hessian sums as small whole numbers, so that sums are exact. The last code is the missing one. */
type Codes = readonly { readonly n: number; readonly g: number; readonly h: number }[];
const codes = (maxBins: number): fc.Arbitrary<Codes> =>
  fc.array(
    fc
      .integer({ min: 0, max: 6 })
      .chain((n) =>
        n === 0
          ? fc.constant({ n: 0, g: 0, h: 0 })
          : fc.record({ n: fc.constant(n), g: fc.integer({ min: -20, max: 20 }), h: fc.integer({ min: 1, max: 20 }) }),
      ),
    { minLength: 2, maxLength: maxBins + 1 },
  );
const rulesOf = fc.record({
  minSamplesLeaf: fc.integer({ min: 1, max: 6 }),
  minChildWeight: fc.constantFrom(0, 5),
  minSplitGain: fc.constantFrom(0, 3),
  l1: fc.constantFrom(0, 2),
  l2: fc.constantFrom(0, 1, 10),
});

const histogramOf = (rows: Codes, counted = true) => ({
  g: Float64Array.from(rows, (r) => r.g),
  h: Float64Array.from(rows, (r) => r.h),
  count: counted ? Float64Array.from(rows, (r) => r.n) : null,
});
const sumOf = (rows: Codes) => rows.reduce((a, b) => ({ g: a.g + b.g, h: a.h + b.h, count: a.count + b.n }), { g: 0, h: 0, count: 0 });
const nodeOf = (rows: Codes, low = -Infinity, high = Infinity): GrowingNode => ({ ...sumOf(rows), low, high });

/** The largest gain over these left sides (sets of codes), straight from the formulas. */
function exhaustive(
  rows: Codes,
  sides: readonly ReadonlySet<number>[],
  rules: SplitRules,
  l2: number,
  monotone = 0,
  low = -Infinity,
  high = Infinity,
) {
  const soft = (g: number) => Math.sign(g) * Math.max(Math.abs(g) - rules.l1, 0);
  const value = (s: { g: number; h: number }, ridge: number) => Math.min(Math.max(-soft(s.g) / (s.h + ridge || Infinity), low), high);
  const gain = (s: { g: number; h: number }, ridge: number, v: number) => -(2 * soft(s.g) * v + (s.h + ridge) * v * v);
  const whole = sumOf(rows);
  let best = rules.minSplitGain;
  for (const side of sides) {
    const left = sumOf(rows.filter((_, c) => side.has(c)));
    const right = sumOf(rows.filter((_, c) => !side.has(c)));
    if (Math.min(left.count, right.count) < rules.minSamplesLeaf || Math.min(left.h, right.h) < rules.minChildWeight) continue;
    const [a, b] = [value(left, l2), value(right, l2)];
    if (monotone * (b - a) < 0) continue;
    best = Math.max(best, gain(left, l2, a) + gain(right, l2, b) - gain(whole, rules.l2, value(whole, rules.l2)));
  }
  return best > rules.minSplitGain + 1e-9 ? best : null;
}

const range = (n: number) => Array.from({ length: n }, (_, i) => i);
const numericSides = (bins: number) => range(bins).flatMap((b) => [new Set(range(b + 1)), new Set([...range(b + 1), bins])]);
const allSides = (n: number) => range(2 ** n).map((bits) => new Set(range(n).filter((c) => (bits >> c) & 1)));

/** The codes on the left of a split. */
function leftOf({ bin, categories, missingLeft }: Split, bins: number): Set<number> {
  const known = bin >= 0 ? range(bin + 1) : range(bins).filter((c) => ((categories as Uint32Array)[c >> 5] >> (c & 31)) & 1);
  return new Set(missingLeft ? [...known, bins] : known);
}

/** The split's sums are those of the rows that it sends left and right. */
function expectConsistent(split: Split, rows: Codes): void {
  const left = leftOf(split, rows.length - 1);
  expect(split.left).toMatchObject(sumOf(rows.filter((_, c) => left.has(c))));
  expect(split.right).toMatchObject(sumOf(rows.filter((_, c) => !left.has(c))));
}

const near = (a: number, b: number) => expect(Math.abs(a - b)).toBeLessThan(1e-9 * (1 + Math.abs(b)));

describe('bestSplit', () => {
  it('of a numeric feature has the gain of an exhaustive search, constraints and bounds included', () => {
    const bound = fc.constantFrom([-Infinity, Infinity], [-0.5, Infinity], [-1, 0.25]);
    fc.assert(
      fc.property(codes(8), rulesOf, fc.constantFrom(-1, 0, 1), bound, (rows, some, monotone, [low, high]) => {
        const rules = { ...RULES, ...some };
        const split = bestSplit(histogramOf(rows), false, nodeOf(rows, low, high), rules, monotone);
        const expected = exhaustive(rows, numericSides(rows.length - 1), rules, rules.l2, monotone, low, high);
        if (expected !== null) near(split?.gain ?? Number.NaN, expected);
        else if (split) near(split.gain, rules.minSplitGain);
        if (!split) return;
        expectConsistent(split, rows);
        expect(monotone * (split.right.value - split.left.value)).toBeGreaterThanOrEqual(0);
        expect(Math.min(split.left.value, split.right.value)).toBeGreaterThanOrEqual(low);
        expect(Math.max(split.left.value, split.right.value)).toBeLessThanOrEqual(high);
      }),
      { numRuns: 2000 },
    );
  });

  it('of up to four categories is the best of each against the rest', () => {
    fc.assert(
      fc.property(codes(4), rulesOf, (rows, some) => {
        const rules = { ...RULES, ...some, categoryL2: 10 };
        const split = bestSplit(histogramOf(rows), true, nodeOf(rows), rules);
        const singles = range(rows.length).map((c) => new Set([c]));
        const expected = exhaustive(rows, singles, rules, rules.l2);
        if (expected !== null) near(split?.gain ?? Number.NaN, expected);
        else if (split) near(split.gain, rules.minSplitGain);
        if (split) expectConsistent(split, rows);
      }),
      { numRuns: 1000 },
    );
  });

  it('of more categories is the best of all subsets, where nothing smooths', () => {
    fc.assert(
      fc.property(codes(8), (rows) => {
        fc.pre(rows.length > 5);
        const split = bestSplit(histogramOf(rows), true, nodeOf(rows), RULES);
        const expected = exhaustive(rows, allSides(rows.length), RULES, 0);
        if (expected !== null) near(split?.gain ?? Number.NaN, expected);
        if (split) expectConsistent(split, rows);
      }),
      { numRuns: 300 },
    );
  });

  it('puts at most maxCategoryThreshold categories on the left, none of fewer rows than the smoothing', () => {
    fc.assert(
      fc.property(codes(12), fc.integer({ min: 1, max: 4 }), (rows, maxCategoryThreshold) => {
        fc.pre(rows.length > 5);
        const split = bestSplit(histogramOf(rows), true, nodeOf(rows), { ...RULES, categorySmoothing: 3, maxCategoryThreshold });
        if (!split) return;
        const missing = rows.length - 1;
        const left = [...leftOf(split, missing)].filter((c) => c < missing || rows[missing].n > 0);
        expect(left.length).toBeLessThanOrEqual(maxCategoryThreshold);
        expect(left.every((c) => rows[c].n >= 3)).toBe(true);
      }),
    );
  });

  it('sends missing with the larger side where the node has none', () => {
    const rows = (n: number) => [
      { n, g: -9, h: n },
      { n: 5, g: 9, h: 5 },
      { n: 0, g: 0, h: 0 },
    ];
    expect([4, 5, 6].map((n) => bestSplit(histogramOf(rows(n)), false, nodeOf(rows(n)), RULES)?.missingLeft)).toEqual([false, true, true]);
  });

  it('splits missing from the rest', () => {
    const rows = [
      { n: 5, g: 5, h: 5 },
      { n: 5, g: 5, h: 5 },
      { n: 5, g: -10, h: 5 },
    ];
    expect(bestSplit(histogramOf(rows), false, nodeOf(rows), RULES)).toMatchObject({ bin: 1, missingLeft: false, gain: 30 });
  });

  it('takes the lowest bin of equal gains, missing on the right', () => {
    const split = (...gs: number[]) => {
      const rows = gs.map((g) => ({ n: 2, g, h: 2 }));
      return bestSplit(histogramOf(rows), false, nodeOf(rows), RULES);
    };
    expect(split(3, -3, 3, 0)?.bin).toBe(0);
    expect(split(3, -3, 0)).toMatchObject({ bin: 0, missingLeft: false });
  });

  it('counts rows by their share of the hessian where they are not counted', () => {
    const rows = [
      { n: 3, g: -9, h: 6 },
      { n: 7, g: 9, h: 14 },
      { n: 0, g: 0, h: 0 },
    ];
    const split = (minSamplesLeaf: number) => bestSplit(histogramOf(rows, false), false, nodeOf(rows), { ...RULES, minSamplesLeaf });
    expect(split(3)?.left.count).toBe(3);
    expect(split(4)).toBeNull();
  });

  it('finds none in a constant feature, a single row or rows without gradients', () => {
    const none = (rows: Codes) => expect(bestSplit(histogramOf(rows), false, nodeOf(rows), RULES)).toBeNull();
    none([
      { n: 9, g: 4, h: 9 },
      { n: 0, g: 0, h: 0 },
    ]);
    none([
      { n: 1, g: 4, h: 1 },
      { n: 0, g: 0, h: 0 },
      { n: 0, g: 0, h: 0 },
    ]);
    none([
      { n: 5, g: 0, h: 5 },
      { n: 5, g: 0, h: 5 },
      { n: 0, g: 0, h: 0 },
    ]);
  });
});

describe('constraints', () => {
  it('bound both sides of a constrained split by the middle of their values', () => {
    const side = (value: number) => ({ g: 0, h: 1, count: 1, value });
    const split = { gain: 1, bin: 0, categories: null, missingLeft: true, left: side(1), right: side(3) };
    const node = { g: 0, h: 2, count: 2, low: -5, high: 5 };
    expect(sideBounds(split, 1, node)).toEqual({ left: [-5, 2], right: [2, 5] });
    expect(sideBounds(split, -1, node)).toEqual({ left: [2, 5], right: [-5, 2] });
    expect(sideBounds(split, 0, node)).toEqual({ left: [-5, 5], right: [-5, 5] });
  });

  it('allow below a path what stands in a set with all of it', () => {
    const sets = [[0, 1], [1, 2, 3], [4]];
    const allowed = (...path: number[]) => [...(allowedFeatures(sets, path, 5) ?? [])].flatMap((yes, j) => (yes ? [j] : []));
    expect([allowed(), allowed(0), allowed(1), allowed(1, 2), allowed(4)]).toEqual([[0, 1, 2, 3, 4], [0, 1], [0, 1, 2, 3], [1, 2, 3], [4]]);
    expect(allowedFeatures(undefined, [1], 5)).toBeNull();
  });

  it('draw a leaf to 0 by l1 and l2, and into its bounds', () => {
    expect([leafValue({ g: -6, h: 3 }, 0, 0), leafValue({ g: -6, h: 3 }, 3, 0), leafValue({ g: 2, h: 3 }, 3, 0)]).toEqual([2, 1, -0]);
    expect([leafValue({ g: -6, h: 3 }, 0, 1), leafValue({ g: -6, h: 3 }, 0, 0, -1, 1), leafValue({ g: 0, h: 0 }, 0, 0)]).toEqual([1.5, 1, 0]);
  });
});
