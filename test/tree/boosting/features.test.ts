import { describe, expect, it } from 'vitest';
import { groupMetadata } from '#dist/frame/attributes.js';
import type { Field } from '#dist/frame/schema.js';
import type { FeatureSample } from '#dist/tree/bins.js';
import { numericEdges } from '#dist/tree/boosting/edges.js';
import { chooseBins, type FeatureRules, planFeatures } from '#dist/tree/boosting/features.js';
import type { Trees } from '#dist/tree/trees.js';

const FIELD: Field = {
  name: 'features',
  type: { kind: 'vector' },
  nullable: true,
  metadata: groupMetadata({
    attributes: [
      { type: 'numeric', name: 'age' },
      { type: 'nominal', name: '__proto__', values: ['a', 'b', 'c'] },
      { type: 'binary', name: 'a.b' },
      { type: 'nominal', name: '😀' },
      { type: 'numeric' },
    ],
  }),
};
const rules = (params: Partial<FeatureRules['params']> = {}): FeatureRules => ({
  owner: 'Booster',
  uid: 'Booster_1',
  params: { maxBins: 255, categoricalFeatures: 'auto', ...params },
});
const plan = (params: Partial<FeatureRules['params']> = {}) => planFeatures(rules(params), FIELD, 5);
const sampleOf = (...columns: number[][]): FeatureSample => ({
  rows: columns[0].length,
  sampled: columns[0].length,
  numFeatures: columns.length,
  column: (j) => Float64Array.from(columns[j]),
  weights: null,
  numbers: [],
  summary: (j) => numericEdges(Float64Array.from(columns[j]), null, 255),
});
const ages = [1, 2, 3];

describe('planFeatures', () => {
  it('takes nominal attributes as categories, or none, or those listed by name or index', () => {
    expect(plan().categories).toEqual([0, 3, 0, null, 0]);
    expect(plan({ categoricalFeatures: 'none' }).categories).toEqual([0, 0, 0, 0, 0]);
    expect(plan({ categoricalFeatures: ['a.b', 4, '__proto__'] }).categories).toEqual([0, 3, 2, 0, null]);
  });

  it('finds constraints by name', () => {
    expect(plan({ monotoneConstraints: { age: -1, features_4: 1, '😀': 0 } }).monotone).toEqual([-1, 0, 0, 0, 1]);
    expect(plan({ categoricalFeatures: 'none', monotoneConstraints: JSON.parse('{"__proto__": 1}') }).monotone).toEqual([0, 1, 0, 0, 0]);
    expect(plan().monotone).toBeUndefined();
    expect(
      plan({
        interactionConstraints: [
          ['age', 1],
          ['a.b', '__proto__', 'age', 'age'],
        ],
      }).interactions,
    ).toEqual([
      [0, 1],
      [0, 1, 2],
      [3, 4],
    ]);
  });

  it('refuses features that are not there and names those that are', () => {
    const known = '(age, __proto__, a.b, 😀, features_4)';
    for (const [param, value, got] of [
      ['monotoneConstraints', { Age: 1 }, '"Age"'],
      ['monotoneConstraints', { constructor: 1 }, '"constructor"'],
      ['interactionConstraints', [['age', 'toString']], '"toString"'],
      ['interactionConstraints', [[5]], '5'],
      ['categoricalFeatures', ['nobody'], '"nobody"'],
    ] as const) {
      expect(() => plan({ [param]: value })).toThrow(`Booster: ${param} must be about features of column "features" ${known}, got ${got}`);
    }
  });

  it('refuses a monotone constraint on categories', () => {
    expect(() => plan({ monotoneConstraints: JSON.parse('{"__proto__": 1}') })).toThrow(
      'must be about numeric features, "__proto__" is split by category',
    );
  });

  it('names the first of many features only', () => {
    const wide: Field = { ...FIELD, metadata: {} };
    expect(() => planFeatures(rules({ monotoneConstraints: { x: 1 } }), wide, 5000)).toThrow('features_29 and 4970 more)');
  });
});

describe('chooseBins', () => {
  it('gives edges to numbers and their own codes to categories, counted in the sample where nothing else tells', () => {
    const bins = chooseBins(rules(), plan(), sampleOf(ages, [0, 1, 2], [0, 1, Number.NaN], [7, 0, Number.NaN], [4, 4, 4]));
    expect(bins).toEqual([
      { kind: 'numeric', edges: Float64Array.of(1.5, 2.5) },
      { kind: 'categories', categories: 3 },
      { kind: 'numeric', edges: Float64Array.of(0.5) },
      { kind: 'categories', categories: 8 },
      { kind: 'numeric', edges: Float64Array.of() },
    ]);
  });

  it('leaves room for categories of rows that the sample lacks, where it has more than a few', () => {
    const sample = { ...sampleOf(ages, [0, 1, 2], [0, 1, 1], [7, 0, 4], [4, 3, 4]), rows: 1_000_000 };
    const categoriesOf = (changes: Parameters<typeof rules>[0]) =>
      chooseBins(rules(changes), plan({ categoricalFeatures: [2, 3] }), sample).flatMap((bins) =>
        bins.kind === 'categories' ? [bins.categories] : [],
      );
    expect(categoriesOf({})).toEqual([2, 255]);
    expect(categoriesOf({ maxBins: 100 })).toEqual([2, 100]);
    expect(categoriesOf({ maxBins: 1000 })).toEqual([2, 255]);
  });

  it('takes the thresholds of a model to go on from as edges too', () => {
    const trees = { feature: Int32Array.of(0, 2, -1, 2, 1), threshold: Float64Array.of(2.2, 0.5, Number.NaN, Infinity, Number.NaN) };
    const [age, , flag] = chooseBins(rules(), plan(), sampleOf(ages, ages, [0, 1, 0], [0, 1, 2], ages), trees as unknown as Trees);
    expect([age, flag]).toEqual([
      { kind: 'numeric', edges: Float64Array.of(1.5, 2.2, 2.5) },
      { kind: 'numeric', edges: Float64Array.of(0.5) },
    ]);
  });

  it('refuses more categories than maxBins and values that are no categories', () => {
    const sample = (value: number) => sampleOf(ages, [0, 1, 2], [0, 1, 1], [0, value, 1], ages);
    expect(() => chooseBins(rules({ maxBins: 2 }), plan(), sample(1))).toThrow(
      'Booster: maxBins must be at least the number of categories of every categorical feature, "__proto__" has 3, maxBins is 2; raise maxBins to 3 or more',
    );
    for (const value of [-1, 0.5, Infinity]) expect(() => chooseBins(rules(), plan(), sample(value))).toThrow(`must hold categories 0, 1, 2 …`);
  });
});
