import type { SparkTrees } from './spark-trees.ts';

/** The biased variance of the labels at each node of regression trees; 0 where no weight is. */
export function nodeVariances({ feature, impurityStats }: SparkTrees): Float64Array {
  return Float64Array.from(feature, (_, i) => {
    const [weight, sum, squares] = impurityStats.subarray(3 * i, 3 * i + 3);
    return weight === 0 ? 0 : (squares - (sum * sum) / weight) / weight;
  });
}

/** The share of each class among the weights at each node, (nodes, classes) row-major; 0 where no weight is. */
export function classShares({ feature, impurityStats, statsSize }: SparkTrees): Float64Array {
  const shares = new Float64Array(impurityStats.length);
  for (let i = 0; i < feature.length; i++) {
    let total = 0;
    for (let p = i * statsSize; p < (i + 1) * statsSize; p++) total += impurityStats[p];
    if (total !== 0) for (let p = i * statsSize; p < (i + 1) * statsSize; p++) shares[p] = impurityStats[p] / total;
  }
  return shares;
}
