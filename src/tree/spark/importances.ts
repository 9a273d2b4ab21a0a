import { SparseVector } from '../../linalg/vectors.ts';
import { treeCount } from '../trees.ts';
import type { SparkTrees } from './spark-trees.ts';

/**
 * How much each feature reduces impurity: the gain of its splits, each times the weight of the rows at its node, summed over the trees, all features
 * summing to 1 (0 where no tree splits). With `perTree` each tree's sums are made to add up to 1 first, as in forests.
 */
export function featureImportances(trees: SparkTrees, perTree: boolean): SparseVector {
  const total = new Map<number, number>();
  for (let t = 0; t < treeCount(trees); t++) {
    const own = new Map<number, number>();
    for (let i = trees.starts[t]; i < trees.starts[t + 1]; i++) {
      if (trees.feature[i] >= 0) add(own, trees.feature[i], trees.gain[i] * trees.cover[i]);
    }
    const norm = perTree ? sum(own) : 1;
    if (norm !== 0) for (const [j, importance] of own) add(total, j, importance / norm);
  }
  const norm = sum(total);
  const indices = [...total.keys()].sort((a, b) => a - b);
  return new SparseVector(
    trees.numFeatures,
    indices,
    indices.map((j) => (norm === 0 ? 0 : total.get(j)! / norm)),
  );
}

function add(sums: Map<number, number>, j: number, value: number): void {
  sums.set(j, (sums.get(j) ?? 0) + value);
}

function sum(values: ReadonlyMap<number, number>): number {
  let total = 0;
  for (const value of values.values()) total += value;
  return total;
}
