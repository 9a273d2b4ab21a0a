import { describe, expect, it } from 'vitest';
import type { Engine } from '#dist/engine/engine.js';
import type { Frame } from '#dist/frame/frame.js';
import { fitForest, fitGradientBoostedTrees } from '#dist/tree/spark/fit.js';
import type { ForestRequest } from '#dist/tree/spark/request.js';
import { leftCategories, type SparkTrees } from '#dist/tree/spark/spark-trees.js';
import { session } from '../../engine/harness.ts';
import { framesOf, type GoldenCase, type GoldenTree, goldenTrees } from '../../predictor/tree-goldens.ts';

type Split = GoldenTree['split'][number];
const open = session(2);
const tables = new Map<string, Frame>();

async function frameOf(name: string): Promise<Frame> {
  const frame = tables.get(name) ?? (await framesOf(open(), name)).fitted;
  tables.set(name, frame);
  return frame;
}

async function grown({ estimator, params, table, result }: GoldenCase): Promise<{ trees: SparkTrees; treeWeights?: Float64Array }> {
  const frame = await frameOf(table);
  const common = {
    columns: { features: 'features', label: 'label', ...(params.weightCol ? { weight: 'weight' } : {}) },
    maxDepth: 5,
    maxBins: 32,
    minInstancesPerNode: 1,
    minWeightFractionPerNode: 0,
    minInfoGain: 0,
    featureSubsetStrategy: estimator.startsWith('Random') ? 'auto' : 'all',
    subsamplingRate: 1,
    seed: 1,
  };
  const engine = frame.executor as Engine;
  if (estimator.startsWith('GBT')) {
    const request = { ...common, maxIter: 20, stepSize: 0.1, validationTol: 0.01, ...params };
    const loss = estimator === 'GBTClassifier' ? 'logistic' : ((params.lossType ?? 'squared') as 'squared' | 'absolute');
    return engine.train(frame.plan, { owner: estimator, uid: 'uid' }, {}, (context) => fitGradientBoostedTrees(context, { ...request, loss }));
  }
  const impurity = estimator.endsWith('Classifier') ? 'gini' : 'variance';
  const numTrees = estimator.startsWith('Random') ? 20 : 1;
  const request = { ...common, impurity, numTrees, bootstrap: estimator.startsWith('Random'), ...params } as ForestRequest;
  const trees = await engine.train(frame.plan, { owner: estimator, uid: 'uid' }, {}, (context) =>
    fitForest(context, { ...request, numClasses: result?.numClasses }),
  );
  return { trees };
}

function close(actual: number, expected: number, what: string): void {
  if (Math.abs(actual - expected) > 1e-12 * Math.max(1, Math.abs(expected))) expect(actual, what).toBe(expected);
}

function same(trees: SparkTrees, t: number, tree: GoldenTree): void {
  const start = trees.starts[t] as number;
  const count = (trees.starts[t + 1] as number) - start;
  const splits = Array.from({ length: count }, (_, k): Split => {
    const i = start + k;
    const feature = trees.feature[i] as number;
    if (feature < 0) return null;
    return (trees.numCategories[i] as number) < 0
      ? [feature, trees.threshold[i] as number]
      : [feature, leftCategories(trees, i), trees.numCategories[i] as number];
  });
  const sorted = tree.split.map(
    (split): Split => (split && Array.isArray(split[1]) ? [split[0], [...split[1]].sort((a, b) => a - b), split[2] as number] : split),
  );
  expect(splits).toEqual(sorted);
  expect(Array.from(trees.right.subarray(start, start + count), (right) => (right < 0 ? -1 : right - start))).toEqual(tree.right);
  expect([...trees.rawCount.subarray(start, start + count)]).toEqual(tree.rawCount);
  for (let k = 0; k < count; k++) {
    const i = start + k;
    close(trees.value[i] as number, tree.prediction[k] as number, `prediction of node ${k}`);
    close(trees.impurity[i] as number, tree.impurity[k] as number, `impurity of node ${k}`);
    close(trees.gain[i] as number, tree.gain[k] as number, `gain of node ${k}`);
    const stats = tree.impurityStats[k] as number[];
    expect(stats).toHaveLength(trees.statsSize);
    for (const [s, stat] of stats.entries()) close(trees.impurityStats[i * trees.statsSize + s] as number, stat, `statistic ${s} of node ${k}`);
  }
}

describe('trees without randomness are those of Spark 4.3, node by node', () => {
  // Weights that are all 0 are refused here, see fit.test.ts; Spark grows empty trees.
  for (const one of goldenTrees.filter(({ result, name }) => result && name !== 'weights all 0')) {
    it(`${one.estimator}: ${one.name} (${one.table})`, async () => {
      const { trees, treeWeights } = await grown(one);
      const expected = one.result as NonNullable<GoldenCase['result']>;
      if (treeWeights) expect([...treeWeights]).toEqual(expected.treeWeights);
      for (const [t, tree] of expected.trees.entries()) same(trees, t, tree);
      if (treeWeights) expect(trees.starts).toHaveLength(expected.trees.length + 1);
    });
  }
});
