import type { Engine } from '#dist/engine/engine.js';
import type { Session } from '#dist/engine/session.js';
import type { FitOptions } from '#dist/frame/executor.js';
import type { Frame } from '#dist/frame/frame.js';
import { Vectors } from '#dist/linalg/vectors.js';
import { fitForest, fitGradientBoostedTrees } from '#dist/tree/spark/fit.js';
import type { BoostedRequest, ForestRequest } from '#dist/tree/spark/request.js';
import { leftCategories, type SparkTrees } from '#dist/tree/spark/spark-trees.js';

/** A row of the tables here. `w` is its weight, `held` says that it is held out. */
export interface Row {
  readonly x: readonly number[];
  readonly y: number;
  readonly w?: number;
  readonly held?: boolean;
}

/** Rows as a frame; `counts[j] > 0`: feature j has so many categories. */
export function frameOf(session: Session, rows: readonly Row[], counts: readonly number[] = [], partitions = 1): Frame {
  const nominal = counts.flatMap((count, idx) => (count > 0 ? [{ idx, name: `c${idx}`, num_vals: count }] : []));
  const numeric = counts.flatMap((count, idx) => (count > 0 ? [] : [{ idx, name: `x${idx}` }]));
  const attributes = { attrs: { ...(nominal.length > 0 && { nominal }), ...(numeric.length > 0 && { numeric }) }, num_attrs: counts.length };
  const data = rows.map(({ x, y, w = 1, held = false }) => ({ features: Vectors.dense([...x]), label: y, weight: w, held }));
  return session.createFrame(
    data,
    { features: counts.length > 0 ? { type: 'vector', attributes } : 'vector', label: 'double', weight: 'double', held: 'boolean' },
    { partitions },
  );
}

export const COLUMNS = { features: 'features', label: 'label' } as const;
const GROWTH = {
  columns: COLUMNS,
  maxDepth: 5,
  maxBins: 32,
  minInstancesPerNode: 1,
  minWeightFractionPerNode: 0,
  minInfoGain: 0,
  featureSubsetStrategy: 'all',
  subsamplingRate: 1,
  seed: 7,
} as const;
export const TREE: ForestRequest = { ...GROWTH, impurity: 'gini', numTrees: 1, bootstrap: false };
export const BOOSTED: BoostedRequest = { ...GROWTH, loss: 'squared', maxIter: 5, stepSize: 0.1, validationTol: 0.01 };

export function grow(frame: Frame, changes: Partial<ForestRequest> = {}, options: FitOptions = {}): Promise<SparkTrees> {
  return (frame.executor as Engine).train(frame.plan, { owner: 'Trees', uid: 'trees' }, options, (context) =>
    fitForest(context, { ...TREE, ...changes }),
  );
}

export function boost(frame: Frame, changes: Partial<BoostedRequest> = {}, options: FitOptions = {}) {
  return (frame.executor as Engine).train(frame.plan, { owner: 'Boosting', uid: 'boosting' }, options, (context) =>
    fitGradientBoostedTrees(context, { ...BOOSTED, ...changes }),
  );
}

/** The leaf of a row in tree t. */
export function leafOf(trees: SparkTrees, t: number, x: readonly number[]): number {
  let i = trees.starts[t] as number;
  while ((trees.feature[i] as number) >= 0) i = goesLeft(trees, i, x) ? (trees.left[i] as number) : (trees.right[i] as number);
  return i;
}

export function goesLeft(trees: SparkTrees, i: number, x: readonly number[]): boolean {
  const value = x[trees.feature[i] as number] as number;
  return (trees.numCategories[i] as number) < 0 ? value <= (trees.threshold[i] as number) : leftCategories(trees, i).includes(value);
}

export interface Plain {
  /** 0 in regression. */
  readonly numClasses: number;
  readonly impurity: ForestRequest['impurity'];
  readonly counts: readonly number[];
  readonly minInstancesPerNode: number;
  readonly maxDepth: number;
  /** All thresholds between values, or those given. */
  readonly thresholds?: readonly (readonly number[])[];
}

/** Σ w by class, or Σ w, Σ w y, Σ w y². */
export function statsOf(rows: readonly Row[], numClasses: number): number[] {
  if (numClasses > 0) return Array.from({ length: numClasses }, (_, c) => sum(rows.filter(({ y }) => y === c).map(({ w = 1 }) => w)));
  return [0, 1, 2].map((power) => sum(rows.map(({ y, w = 1 }) => w * y ** power)));
}

export function impurityOf(rows: readonly Row[], { impurity, numClasses }: Plain): number {
  const stats = statsOf(rows, numClasses);
  const total = numClasses > 0 ? sum(stats) : (stats[0] as number);
  if (total === 0) return 0;
  if (impurity === 'variance') return sum(rows.map(({ y, w = 1 }) => w * (y - (stats[1] as number) / total) ** 2)) / total;
  const shares = stats.map((own) => own / total).filter((p) => p > 0);
  return impurity === 'gini' ? 1 - sum(shares.map((p) => p * p)) : -sum(shares.map((p) => p * Math.log2(p)));
}

/** The most gain that any split of these rows has, by trying them all; -Infinity when none may be. */
export function mostGain(rows: readonly Row[], all: readonly Row[], plain: Plain): number {
  let best = Number.NEGATIVE_INFINITY;
  const tryOut = (left: (row: Row) => boolean) => {
    const sides = [rows.filter(left), rows.filter((row) => !left(row))] as const;
    if (sides.some((side) => side.length < plain.minInstancesPerNode)) return;
    best = Math.max(best, gainOf(rows, sides, plain));
  };
  const d = all[0]?.x.length ?? 0;
  for (let j = 0; j < d; j++) {
    const count = plain.counts[j] ?? 0;
    if (count > 0) {
      for (const subset of subsetsOf(rows, j, count, plain)) tryOut(({ x }) => subset.includes(x[j] as number));
    } else {
      const values = [...new Set(all.map(({ x }) => x[j] as number))].sort((a, b) => a - b);
      const middles = plain.thresholds?.[j] ?? values.slice(1).map((value, i) => ((values[i] as number) + value) / 2);
      for (const threshold of middles) tryOut(({ x }) => (x[j] as number) <= threshold);
    }
  }
  return best;
}

export function gainOf(rows: readonly Row[], sides: readonly (readonly Row[])[], plain: Plain): number {
  const weight = (some: readonly Row[]) => sum(some.map(({ w = 1 }) => w));
  return impurityOf(rows, plain) - sum(sides.map((side) => (weight(side) / weight(rows)) * impurityOf(side, plain)));
}

/** Three classes or more: all subsets. Otherwise those at the beginning of the categories' order by weight of class 1 or by mean, those without rows last. */
function subsetsOf(rows: readonly Row[], j: number, count: number, { numClasses }: Plain): number[][] {
  const all = Array.from({ length: count }, (_, c) => c);
  if (numClasses > 2) return Array.from({ length: 2 ** (count - 1) - 1 }, (_, n) => all.filter((c) => ((n + 1) >> c) & 1));
  const centroids = all.map((c) => {
    const own = rows.filter(({ x }) => x[j] === c);
    if (own.length === 0) return Number.MAX_VALUE;
    const stats = statsOf(own, numClasses);
    return numClasses === 2 ? (stats[1] as number) : (stats[1] as number) / (stats[0] as number);
  });
  all.sort((a, b) => (centroids[a] as number) - (centroids[b] as number));
  return all.slice(1).map((_, k) => all.slice(0, k + 1));
}

export function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
