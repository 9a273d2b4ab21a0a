import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { candidateRows, thresholdsOf } from '#dist/tree/spark/candidates.js';
import { featuresPerNode, splitKinds } from '#dist/tree/spark/tree-features.js';

const numbers = fc.array(fc.integer({ min: -6, max: 9 }), { minLength: 1, maxLength: 60 });
const of = (values: readonly number[], numSplits: number, weights?: readonly number[]) => [
  ...thresholdsOf(Float64Array.from(values), weights ? Float64Array.from(weights) : null, numSplits),
];

describe('thresholds of a continuous feature', () => {
  it('are all midpoints where there are no more than asked for', () => {
    expect(of([3, 1, 1, 2.5, 0], 3)).toEqual([0.5, 1.75, 2.75]);
    expect(of([-2, 5, 0, 0], 31)).toEqual([-1, 2.5]);
    fc.assert(
      fc.property(numbers, (values) => {
        const distinct = [...new Set(values)].sort((a, b) => a - b);
        expect(of(values, 40)).toEqual(distinct.slice(1).map((value, i) => ((distinct[i] as number) + value) / 2));
      }),
    );
  });

  it('cut many values into about equal shares, after the value that comes nearest', () => {
    // Spark's own documentation of the rule: values 1 … 5 with counts 8, 1, 1, 2, 2 and two splits (stride 14 / 3)
    const counts = [2, 1, 1, 2, 2];
    expect(
      of(
        counts.flatMap((count, v) => new Array(count).fill(v + 1)),
        2,
      ),
    ).toEqual([2.5, 4.5]);
    fc.assert(
      fc.property(numbers, fc.integer({ min: 1, max: 6 }), (values, numSplits) => {
        const thresholds = of(values, numSplits);
        expect([...thresholds].sort((a, b) => a - b)).toEqual(thresholds);
        expect(new Set(thresholds).size).toBe(thresholds.length);
        for (const t of thresholds) expect(values.some((v) => v < t) && values.some((v) => v > t)).toBe(true);
      }),
    );
  });

  it('take a value of weight 2 for the value twice, in any order of the rows', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.integer({ min: -6, max: 9 }), fc.integer({ min: 1, max: 3 })), { minLength: 1, maxLength: 40 }),
        fc.integer({ min: 1, max: 6 }),
        (rows, n) => {
          const repeated = rows.flatMap(([value, weight]) => new Array<number>(weight).fill(value));
          const values = rows.map(([value]) => value);
          const weights = rows.map(([, weight]) => weight);
          expect(of(values, n, weights)).toEqual(of(repeated, n));
          expect(of([...values].reverse(), n, [...weights].reverse())).toEqual(of(repeated, n));
        },
      ),
    );
  });

  it('are none of a constant feature; zeros without weight are no value, other values are', () => {
    expect(of([4, 4, 4], 31)).toEqual([]);
    expect(of([0, 0], 31)).toEqual([]);
    expect(of([], 31)).toEqual([]);
    expect(of([0, 2, 4], 31, [0, 1, 1])).toEqual([3]);
    expect(of([0, 2, 4], 31, [1, 0, 1])).toEqual([1, 3]);
    expect(of([-0, 0, 3], 31)).toEqual([1.5]);
  });

  it('stand once where midpoints of neighbours coincide', () => {
    expect(of([1, 1 + 2 ** -52, 1 + 2 ** -51], 31)).toEqual([1, 1 + 2 ** -51]);
  });

  it('come from 10,000 rows or more', () => {
    expect(candidateRows(32)).toBe(10_000);
    expect(candidateRows(256)).toBe(65_536);
    expect(candidateRows(10_000)).toBe(524_288);
  });
});

describe('features', () => {
  it('of few categories are split by subsets when there are three classes', () => {
    const categories = (count: number) => ({ kind: 'categories' as const, categories: count });
    const bins = [1, 2, 5, 6].map(categories);
    expect(splitKinds(bins, 2, 32, 100)).toEqual(['none', 'ordered', 'ordered', 'ordered']);
    expect(splitKinds(bins, 0, 32, 100)).toEqual(['none', 'ordered', 'ordered', 'ordered']);
    expect(splitKinds(bins, 3, 32, 100)).toEqual(['none', 'unordered', 'unordered', 'ordered']);
    expect(splitKinds(bins, 3, 32, 9)).toEqual(['none', 'unordered', 'ordered', 'ordered']);
    expect(splitKinds([{ kind: 'numeric', edges: new Float64Array(0) }], 3, 32, 9)).toEqual(['none']);
  });

  it('per node follow the strategy', () => {
    const of = (strategy: string, d = 28, numTrees = 20, classification = true) => featuresPerNode(strategy, d, numTrees, classification);
    expect([of('auto'), of('auto', 28, 20, false), of('auto', 28, 1), of('all')]).toEqual([6, 10, 28, 28]);
    expect([of('sqrt'), of('log2'), of('onethird'), of('log2', 1)]).toEqual([6, 5, 10, 1]);
    expect([of('5'), of('40'), of('0.5'), of('1.0'), of('1'), of('1e-9')]).toEqual([5, 28, 14, 28, 1, 1]);
    for (const wrong of ['', 'most', '0', '-1', '1.5', 'NaN']) expect(() => of(wrong), wrong).toThrow('featureSubsetStrategy must be');
  });
});
