import type { Block, NumberColumn, VectorColumn } from '../block/column.ts';
import type { TrainingContext, TrainingSet } from '../engine/engine.ts';
import type { FitContext } from '../engine/local/workers/contract.ts';
import type { Aggregator, LinearArgs } from '../kernels/contract.ts';
import { Features, prepareBundles, preparedBytes, scratchBytes, TILE_ROWS } from '../kernels/features.ts';
import { exp, softmax } from '../kernels/js/math.ts';
import { type Decision, decide } from '../scoring/decision.ts';
import { type LogisticScoring, scoreLogistic } from './logistic-scoring.ts';
import { type ScoredRows, scoredLater } from './scored-rows.ts';
import { featuresOf, slotsOf } from './training-rows.ts';

/** A training set of no more values is scored as `transform` does, on the caller's thread, which takes some milliseconds. */
const FEW_VALUES = 1_000_000;
/** Rows scored at a time; small enough for the caches. */
const SLICE = 4096;

/** Plain data, and the arrays that all threads write to, one entry a row. */
interface RowArgs {
  readonly layout: LinearArgs;
  readonly decision: Decision;
  /** Margins of binary models, predictions of multinomial ones. */
  readonly found: Float64Array;
  readonly multinomial: boolean;
  /** Probabilities of class 1 of multinomial models of two classes. */
  readonly scores: Float64Array | null;
  readonly labels: Float64Array;
  readonly weights: Float64Array | null;
}

/**
 * What the summary's metrics need of the rows just fitted. Many rows get their margins from the kernels of the fit, on the workers, in one pass;
 * these add up in another order than `transform`, so that a probability may differ in its last digits.
 */
export async function scoreTrainingRows(context: TrainingContext, set: TrainingSet, scoring: LogisticScoring): Promise<ScoredRows> {
  const layout = set.layout;
  const stored = layout.parts.reduce((sum, part) => sum + (part.kind === 'dense' ? part.columns.length : 1), 0);
  if (set.rows * stored <= FEW_VALUES) return scoreHere(set, layout, scoring);
  const numbers = () => new Float64Array(new SharedArrayBuffer(8 * set.rows));
  const { multinomial, decision, coefficients, intercepts } = scoring;
  const args: RowArgs = {
    layout: { ...layout, numClasses: intercepts.length },
    decision,
    multinomial,
    found: numbers(),
    scores: multinomial && intercepts.length === 2 ? numbers() : null,
    labels: numbers(),
    weights: layout.weight === undefined ? null : numbers(),
  };
  const module = import.meta.url;
  const aggregators = { rows: { module, name: 'rowScores', args, local: rowScores } };
  const input = new Float64Array(coefficients.length + intercepts.length);
  input.set(coefficients);
  input.set(intercepts, coefficients.length);
  await context.solve({ module, name: 'runRowScores', local: runRowScores, aggregators }, set, input);
  const { found, scores, labels, weights } = args;
  const common = { labels, ...(weights && { weights }) };
  return multinomial ? { ...common, predictions: found, scores } : scoredLater(common, () => binaryScores(found, decision));
}

/** On the leading worker. */
export function runRowScores(ctx: FitContext, input: Float64Array): void {
  ctx.aggregate('rows', input);
}

/** Writes what it finds where the rows stand; sums nothing. */
export const rowScores: Aggregator<RowArgs> = {
  inputLength: ({ layout }) => classesOf(layout) * (layout.numFeatures + 1),
  outputLength: () => 0,
  scratchBytes: (partition, { layout }) => scratchBytes(partition, layout, classesOf(layout)),
  preparedBytes: (partition, { layout }) => preparedBytes(partition, layout),
  prepare: (partition, prepared, { layout }, lo, hi) => prepareBundles(partition, prepared, layout, lo, hi),
  bind(partition, scratch, prepared, { layout, decision, multinomial, found, scores, labels, weights }) {
    const k = classesOf(layout);
    const features = new Features(partition, scratch, prepared, layout, k);
    const margins = new Float64Array(partition.memory.buffer, features.margins, TILE_ROWS * k);
    const [raw, probability] = [new Float64Array(k), new Float64Array(k)];
    return {
      load: (input) => features.load(input),
      block(lo, hi) {
        const row = partition.firstRow;
        labels.set(slotsOf(partition, layout.label, lo, hi), row + lo);
        if (weights && layout.weight !== undefined) weights.set(slotsOf(partition, layout.weight, lo, hi), row + lo);
        for (let from = lo; from < hi; from += TILE_ROWS) {
          const n = Math.min(TILE_ROWS, hi - from);
          features.computeMargins(from, n);
          if (!multinomial) found.set(margins.subarray(0, n), row + from);
          else {
            for (let i = 0; i < n; i++) {
              for (let c = 0; c < k; c++) probability[c] = raw[c] = margins[c * TILE_ROWS + i];
              softmax(probability, 0, k);
              found[row + from + i] = decide(decision, raw, probability, 0, k);
              if (scores) scores[row + from + i] = probability[1];
            }
          }
        }
      },
    };
  },
};

const classesOf = ({ numClasses = 1 }: LinearArgs) => numClasses;

function binaryScores(margins: Float64Array, decision: Decision): { predictions: Float64Array; scores: Float64Array } {
  const [predictions, scores] = [new Float64Array(margins.length), new Float64Array(margins.length)];
  const [raw, probability] = [new Float64Array(2), new Float64Array(2)];
  for (let i = 0; i < margins.length; i++) {
    raw[0] = -margins[i];
    raw[1] = margins[i];
    probability[0] = 1 / (1 + exp(margins[i]));
    probability[1] = scores[i] = 1 - probability[0];
    predictions[i] = decide(decision, raw, probability, 0, 2);
  }
  return { predictions, scores };
}

function scoreHere(set: TrainingSet, { parts, numFeatures, label, weight }: LinearArgs, scoring: LogisticScoring): ScoredRows {
  const numbers = () => new Float64Array(set.rows);
  const [predictions, labels] = [numbers(), numbers()];
  const weights = weight === undefined ? undefined : numbers();
  const scores = scoring.multinomial && scoring.intercepts.length > 2 ? null : numbers();
  const score = scoreLogistic({ ...scoring, outputs: ['probability', 'prediction'] });
  for (const partition of set.partitions) {
    for (let lo = 0; lo < partition.rows; lo += SLICE) {
      const hi = Math.min(lo + SLICE, partition.rows);
      const row = partition.firstRow + lo;
      const block: Block = { rows: hi - lo, firstRow: row, columns: [], keep: null };
      const [probability, prediction] = score([featuresOf(partition, parts, numFeatures, lo, hi)], block);
      predictions.set((prediction as NumberColumn).values.subarray(0, hi - lo), row);
      labels.set(slotsOf(partition, label, lo, hi), row);
      if (weights && weight !== undefined) weights.set(slotsOf(partition, weight, lo, hi), row);
      const { values, size } = (probability as VectorColumn).parts[0] as { values: Float64Array; size: number };
      if (scores) for (let i = 0; i < hi - lo; i++) scores[row + i] = values[i * size + 1];
    }
  }
  return { predictions, labels, weights, scores };
}
