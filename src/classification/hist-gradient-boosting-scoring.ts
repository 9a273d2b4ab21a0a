import type { Binder, Slot, Step } from '../block/binder.ts';
import { denseValues, denseVectors, type NumberColumn, type VectorColumn } from '../block/column.ts';
import { checkFeatures } from '../block/features.ts';
import type { ClassOutput } from '../predictor/score-columns.ts';
import { type Decision, decide } from '../scoring/decision.ts';
import { type Link, toProbabilities } from '../tree/boosting/link.ts';
import { BoostedScores, type BoostedScoring } from '../tree/boosting/scoring.ts';

/** What a boosted classifier can put out. */
export type BoostedClassOutput = ClassOutput | 'leaf' | 'contributions';

/** A boosted classifier as the row loop needs it; plain data. */
export interface BoostedClassScoring extends BoostedScoring {
  readonly link: Link;
  readonly decision: Extract<Decision, { above: null }>;
  /** Which columns to make, in this order. */
  readonly outputs: readonly BoostedClassOutput[];
}

/** Adds the scoring step to a program. */
export function bindBoostedClasses(binder: Binder, features: Slot, scoring: BoostedClassScoring, names: readonly string[]): void {
  binder.step(import.meta.url, scoreBoostedClasses, scoring, [features], names);
}

/**
 * Scores blocks. Two classes: with f the start score and the leaves' values added in tree order, raw prediction `[-f, f]` and `p1 = 1 / (1 + e^-f)`.
 * More: a raw score a class, probabilities by softmax.
 */
export function scoreBoostedClasses(scoring: BoostedClassScoring): Step {
  const { start, link, decision, outputs } = scoring;
  const k = Math.max(2, start.length);
  const scores = new BoostedScores(scoring);
  const needed = new Set(outputs);
  const needsScores = needed.has('rawPrediction') || needed.has('probability') || needed.has('prediction');
  const needsProbability = needed.has('probability') || (needed.has('prediction') && decision.thresholds !== null);
  let capacity = 0;
  let columns: { rawPrediction: VectorColumn; probability: VectorColumn; prediction: NumberColumn };

  return (inputs, block) => {
    const { rows } = block;
    if (rows > capacity || capacity === 0) {
      capacity = Math.max(rows, 1);
      columns = {
        rawPrediction: denseVectors(k, capacity),
        probability: denseVectors(k, capacity),
        prediction: { kind: 'numbers', values: new Float64Array(capacity), valid: null },
      };
    }
    const features = inputs[0] as VectorColumn;
    checkFeatures(features, block, scoring);
    if (needsScores) {
      const raw = denseValues(columns.rawPrediction);
      const probability = denseValues(columns.probability);
      const prediction = columns.prediction.values;
      const f = scores.raw(features, rows);
      for (let i = 0, at = 0; i < rows; i++, at += k) {
        if (start.length === 1) {
          raw[at] = -f[i];
          raw[at + 1] = f[i];
        } else for (let c = 0; c < k; c++) raw[at + c] = f[at + c];
        if (needsProbability) {
          for (let c = at; c < at + k; c++) probability[c] = raw[c];
          toProbabilities(link, probability, at, k);
        }
        prediction[i] = decide(decision, raw, probability, at, k);
      }
    }
    return outputs.map((name) => {
      if (name === 'leaf') return scores.leaf(features, rows);
      return name === 'contributions' ? scores.contributions(features, rows) : columns[name];
    });
  };
}
