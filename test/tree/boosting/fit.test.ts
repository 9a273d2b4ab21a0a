import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { BinnedRequest, Engine } from '#dist/engine/engine.js';
import { Session } from '#dist/engine/session.js';
import { Vectors } from '#dist/linalg/vectors.js';
import { Random } from '#dist/random.js';
import { type FeatureBins, missingCode } from '#dist/tree/bins.js';
import type { BoostingResult, BoostingSpec, GrowthRules, LossSpec } from '#dist/tree/boosting/contract.js';
import { fitBoosting } from '#dist/tree/boosting/fit.js';
import { checkTrees } from '#dist/tree/check-trees.js';
import { SILENT, session } from '../../engine/harness.ts';
import { boost, type OracleNode, type OracleRows } from './oracle.ts';

const open = session(2);

const growth: GrowthRules = {
  ...{ maxLeaves: 8, maxDepth: 0, minSamplesLeaf: 5, minChildWeight: 1e-3, minSplitGain: 0, l1: 0, l2: 0 },
  ...{ categorySmoothing: 2, categoryL2: 1, maxCategoryThreshold: 32, featureFraction: 1, featureFractionByNode: 1 },
};
const base: BoostingSpec = { loss: { name: 'logistic' }, iterations: 3, learningRate: 0.3, growth, rowFraction: 1, seed: 1 };

interface Data {
  readonly x: readonly (readonly number[])[];
  readonly y: readonly number[];
  w: readonly number[] | null;
  readonly bins: readonly FeatureBins[];
}

/** Numbers of all kinds of levels, some missing, and two category columns; labels follow from them with noise. */
function data(n: number, seed: number, label: (f: number, random: Random) => number, weighted = false, many = 12): Data {
  const random = new Random(seed);
  const edges = (count: number) => Float64Array.from({ length: count }, (_, k) => (k + 1) / (count + 1));
  const bins: FeatureBins[] = [
    { kind: 'numeric', edges: edges(254) },
    { kind: 'numeric', edges: edges(6) },
    { kind: 'categories', categories: 3 },
    { kind: 'categories', categories: many },
    { kind: 'numeric', edges: edges(2) },
    { kind: 'numeric', edges: new Float64Array(0) },
  ];
  const x = Array.from({ length: n }, () => [
    random.next(),
    random.nextInt(11) === 0 ? Number.NaN : random.next(),
    random.nextInt(3),
    random.nextInt(many + 1) - (random.nextInt(5) === 0 ? 0 : 1),
    random.next(),
    1,
  ]);
  const y = x.map((row) =>
    label(3 * row[0] + (Number.isNaN(row[1]) ? 1.2 : row[1]) + (row[2] === 1 ? 1 : 0) + Math.sin(row[3]) - 2 + random.nextGaussian(), random),
  );
  return { x, y, w: weighted ? y.map(() => random.nextInt(4) / 2) : null, bins };
}

const zeroOne = (f: number) => (f > 0 ? 1 : 0);

async function boosted(own: Session, { x, y, w, bins }: Data, spec: BoostingSpec, more: Partial<BinnedRequest> = {}): Promise<BoostingResult> {
  const frame = own.createFrame(
    x.map((row, i) => ({ v: Vectors.dense([...row]), y: y[i], w: w ? w[i] : 1 })),
    { v: 'vector', y: 'double', w: 'double' },
  );
  return (frame.executor as Engine).train(frame.plan, { owner: 'Fit', uid: 'fit' }, {}, async (context) => {
    const set = await context.binnedSet({
      features: 'v',
      label: 'y',
      ...(w && { weight: 'w' }),
      missing: 'keep',
      sample: { rows: 10, seed: 1 },
      bins: () => bins,
      ...more,
    });
    try {
      return await fitBoosting(context, set, spec);
    } finally {
      set.release();
    }
  });
}

function codesOf({ x, bins, y, w }: Data): OracleRows {
  const codeOf = (one: FeatureBins, value: number) => {
    if (one.kind === 'numeric') return Number.isNaN(value) ? missingCode(one) : one.edges.filter((edge) => edge < value).length;
    return value >= 0 && value < one.categories ? value : missingCode(one);
  };
  return { codes: bins.map((one, j) => x.map((row) => codeOf(one, row[j]))), bins, labels: y, weights: w };
}

/** The trees in the oracle's form. */
function shapes({ trees }: BoostingResult, bins: readonly FeatureBins[]): OracleNode[] {
  const node = (i: number): OracleNode => {
    const feature = trees.feature[i];
    const one = bins[feature];
    const isNumeric = feature >= 0 && trees.categoryStarts[i] === trees.categoryStarts[i + 1];
    const at = isNumeric && one.kind === 'numeric' ? one.edges.indexOf(trees.threshold[i]) : -1;
    return {
      value: trees.value[i],
      feature,
      bin: isNumeric && at < 0 && one.kind === 'numeric' ? one.edges.length : at,
      left: feature < 0 ? null : node(trees.left[i]),
      right: feature < 0 ? null : node(trees.right[i]),
    };
  };
  return Array.from(trees.starts.subarray(0, -1), node);
}

async function equalsOracle(rows: Data, spec: BoostingSpec, more: Partial<BinnedRequest> = {}): Promise<BoostingResult> {
  const result = await boosted(open(), rows, spec, more);
  checkTrees('fit', result.trees, rows.bins.length);
  expect(shapes(result, rows.bins)).toEqual(boost(codesOf(rows), spec).trees);
  return result;
}

describe('boosting grows the trees of the plain definition', () => {
  it.each<[string, LossSpec, (f: number, random: Random) => number]>([
    ['logistic', { name: 'logistic' }, zeroOne],
    ['squared', { name: 'squared' }, (f) => f],
    ['absolute', { name: 'absolute' }, (f) => f],
    ['huber', { name: 'huber', alpha: 0.5 }, (f) => f],
    ['quantile', { name: 'quantile', alpha: 0.8 }, (f) => f],
    ['poisson', { name: 'poisson' }, (f) => Math.max(0, Math.round(Math.exp(f / 2)))],
    ['gamma', { name: 'gamma' }, (f) => Math.exp(f / 2)],
    ['tweedie', { name: 'tweedie', power: 1.3 }, (f) => Math.max(0, f)],
    ['softmax', { name: 'softmax', numClasses: 3 }, (f) => (f > 0.5 ? 2 : f > -0.5 ? 1 : 0)],
  ])('under %s, with weights and without', async (_, loss, label) => {
    const { trees } = await equalsOracle(data(700, 5, label), { ...base, loss });
    expect(new Set(trees.feature).size).toBeGreaterThan(3);
    await equalsOracle(data(700, 6, label, true), { ...base, loss, rowFraction: 0.7 });
  });

  it('under all rules of growth', () =>
    fc.assert(
      fc.asyncProperty(
        fc.record({
          maxLeaves: fc.integer({ min: 1, max: 20 }),
          maxDepth: fc.integer({ min: 0, max: 4 }),
          minSamplesLeaf: fc.constantFrom(1, 5, 60),
          minChildWeight: fc.constantFrom(0, 1e-3, 10),
          minSplitGain: fc.constantFrom(0, 2),
          l1: fc.constantFrom(0, 0, 1.5),
          l2: fc.constantFrom(0, 3),
          monotone: fc.constantFrom(undefined, [1, -1, 0, 0, 0, 0], [-1, 1, 0, 0, 1, 0]),
        }),
        fc.integer({ min: 2, max: 500 }),
        fc.integer(),
        fc.boolean(),
        async ({ monotone, ...rules }, n, seed, weighted) => {
          const label = seed % 2 === 0 ? zeroOne : (f: number) => f;
          const rows = data(n, seed, label, weighted);
          if (rows.w) rows.w = rows.w.map((w, i) => (i === 0 ? 1 : w));
          const loss: LossSpec = { name: seed % 2 === 0 ? 'logistic' : 'squared' };
          await equalsOracle(rows, { ...base, seed, loss, growth: { ...growth, ...rules, ...(monotone && { monotone }) } });
        },
      ),
      { numRuns: 30 },
    ));

  it('with class weights, and with more categories than a byte can tell', async () => {
    await equalsOracle(data(900, 9, zeroOne), { ...base, classWeights: [0.3, 7] });
    await equalsOracle(data(2000, 10, zeroOne, false, 400), base);
  });

  it('in several partitions', async () => {
    // Rows so wide that a partition holds 8192 of them.
    const scratch = [{ type: 'f64', width: 16384 }] as const;
    await equalsOracle(data(20_000, 12, zeroOne, true, 300), { ...base, rowFraction: 0.8 }, { scratch });
  }, 60_000);

  it('of more rows than 64-bit sums hold', async () => {
    await equalsOracle(data(150_000, 11, zeroOne, false, 300), { ...base, iterations: 2, growth: { ...growth, maxLeaves: 12 } });
  }, 60_000);
});

it('boosting gives the same bits for any number of workers', async () => {
  const rows = data(60_000, 3, zeroOne);
  const results: BoostingResult[] = [];
  for (const workers of [1, 2, 4]) {
    const own = await Session.local({ workers, logger: SILENT });
    try {
      results.push(await boosted(own, rows, { ...base, iterations: 4, growth: { ...growth, maxLeaves: 20 } }));
    } finally {
      await own.close();
    }
  }
  expect(results[1]).toEqual(results[0]);
  expect(results[2]).toEqual(results[0]);
}, 60_000);
