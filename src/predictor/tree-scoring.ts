import type { Binder, Slot, Step } from '../block/binder.ts';
import { denseValues, denseVectors, type NumberColumn, type VectorColumn } from '../block/column.ts';
import { checkFeatures, type ExpectedFeatures } from '../block/features.ts';
import { exp } from '../kernels/js/math.ts';
import { type Decision, decide } from '../scoring/decision.ts';
import { addLeafVectors, leafNumbers, treeScorer } from '../tree/scoring.ts';
import type { Trees } from '../tree/trees.ts';

export type TreeOutput = 'rawPrediction' | 'probability' | 'prediction' | 'variance' | 'leaf';

/** A fitted model of Spark's tree family as the row loop needs it; plain data. */
export interface TreeScoring extends ExpectedFeatures {
  readonly trees: Trees;
  readonly rule: TreeRule;
  /** Whether leaves come as a vector, one number a tree, or as the number of the only tree. */
  readonly leafVectors: boolean;
  /** Which columns to make, in this order. */
  readonly outputs: readonly TreeOutput[];
}

/**
 * What the trees say together.
 * - `votes`: raw prediction = sum over the trees of their leaf's votes, (nodes, k) row-major; probability = its share of their sum.
 * - `margin`: F = sum of weight · value; raw prediction [-F, F], probability of class 1 = 1 / (1 + e^(-2F)).
 * - `number`: prediction = sum of weight · value, divided by `divisor`; `variances` by node, of a single tree.
 */
export type TreeRule =
  | { readonly kind: 'votes'; readonly votes: Float64Array; readonly numClasses: number; readonly decision: Decision }
  | { readonly kind: 'margin'; readonly weights: Float64Array; readonly decision: Decision }
  | { readonly kind: 'number'; readonly weights: Float64Array | null; readonly divisor: number; readonly variances: Float64Array | null };

const ZERO = new Float64Array(1);

/** Adds the scoring step to a program. */
export function bindTrees(binder: Binder, features: Slot, scoring: TreeScoring, names: readonly string[]): void {
  binder.step(import.meta.url, scoreTrees, scoring, [features], names);
}

/** Scores blocks whose one input is the features. */
export function scoreTrees(scoring: TreeScoring): Step {
  const { trees, rule, numFeatures, outputs, leafVectors } = scoring;
  const scorer = treeScorer(trees, numFeatures, { weights: (rule.kind !== 'votes' && rule.weights) || undefined });
  const numbers = outputs.includes('leaf') ? leafNumbers(trees) : null;
  const needsLeaves = rule.kind === 'votes' || numbers !== null || outputs.includes('variance');
  const k = rule.kind === 'votes' ? rule.numClasses : 2;
  let capacity = 0;
  let columns: Record<TreeOutput, VectorColumn | NumberColumn>;

  const grow = (rows: number) => {
    capacity = rows;
    const number = (): NumberColumn => ({ kind: 'numbers', values: new Float64Array(rows), valid: null });
    const classes = rule.kind === 'number' ? 0 : k;
    columns = {
      rawPrediction: denseVectors(classes, rows),
      probability: denseVectors(classes, rows),
      prediction: number(),
      variance: number(),
      leaf: leafVectors ? denseVectors(numbers ? scorer.count : 0, rows) : number(),
    };
  };

  return (inputs, block) => {
    const { rows } = block;
    if (rows > capacity || capacity === 0) grow(Math.max(rows, 1));
    const features = inputs[0] as VectorColumn;
    checkFeatures(features, block, scoring);
    const leaves = needsLeaves ? scorer.leaves(features, rows) : null;
    const prediction = (columns.prediction as NumberColumn).values;
    if (rule.kind === 'number') {
      const sums = scorer.sums(features, rows, ZERO);
      for (let i = 0; i < rows; i++) prediction[i] = sums[i] / rule.divisor;
      const variance = (columns.variance as NumberColumn).values;
      if (leaves && rule.variances) for (let i = 0; i < rows; i++) variance[i] = rule.variances[leaves[i]];
    } else {
      const raw = denseValues(columns.rawPrediction as VectorColumn);
      const probability = denseValues(columns.probability as VectorColumn);
      if (rule.kind === 'votes') {
        addLeafVectors(leaves!, scorer.count, rows, rule.votes, k, raw);
        for (let i = 0; i < rows; i++) toShares(raw, probability, i * k, k);
      } else {
        const sums = scorer.sums(features, rows, ZERO);
        for (let i = 0; i < rows; i++) {
          raw[2 * i] = -sums[i];
          raw[2 * i + 1] = sums[i];
          probability[2 * i] = 1 / (1 + exp(2 * sums[i]));
          probability[2 * i + 1] = 1 - probability[2 * i];
        }
      }
      for (let i = 0; i < rows; i++) prediction[i] = decide(rule.decision, raw, probability, i * k, k);
    }
    if (leaves && numbers) {
      const leaf = leafVectors ? denseValues(columns.leaf as VectorColumn) : (columns.leaf as NumberColumn).values;
      for (let p = 0; p < rows * scorer.count; p++) leaf[p] = numbers[leaves[p]];
    }
    return outputs.map((name) => columns[name]);
  };
}

/** Shares of the k votes from `at` on; equal ones where a leaf saw no weight. */
export function toShares(votes: Float64Array, shares: Float64Array, at: number, k: number): void {
  let sum = 0;
  for (let c = at; c < at + k; c++) sum += votes[c];
  for (let c = at; c < at + k; c++) shares[c] = sum > 0 ? votes[c] / sum : 1 / k;
}
