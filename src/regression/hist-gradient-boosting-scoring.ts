import type { Binder, Slot, Step } from '../block/binder.ts';
import type { NumberColumn, VectorColumn } from '../block/column.ts';
import { checkFeatures } from '../block/features.ts';
import { type Link, predictionOf } from '../tree/boosting/link.ts';
import { BoostedScores, type BoostedScoring } from '../tree/boosting/scoring.ts';

/** What a boosted regression can put out. */
export type BoostedNumberOutput = 'prediction' | 'leaf' | 'contributions';

/** A boosted regression as the row loop needs it; plain data. */
export interface BoostedNumberScoring extends BoostedScoring {
  readonly link: Link;
  /** Which columns to make, in this order. */
  readonly outputs: readonly BoostedNumberOutput[];
}

/** Adds the scoring step to a program. */
export function bindBoostedNumbers(binder: Binder, features: Slot, scoring: BoostedNumberScoring, names: readonly string[]): void {
  binder.step(import.meta.url, scoreBoostedNumbers, scoring, [features], names);
}

/** Scores blocks: the prediction is f, the start score and the leaves' values added in tree order, or what `link` makes of it. */
export function scoreBoostedNumbers(scoring: BoostedNumberScoring): Step {
  const { link, outputs } = scoring;
  const scores = new BoostedScores(scoring);
  let prediction: NumberColumn = { kind: 'numbers', values: new Float64Array(0), valid: null };
  return (inputs, block) => {
    const { rows } = block;
    const features = inputs[0] as VectorColumn;
    checkFeatures(features, block, scoring);
    if (outputs.includes('prediction')) {
      if (prediction.values.length < rows) prediction = { kind: 'numbers', values: new Float64Array(rows), valid: null };
      const f = scores.raw(features, rows);
      for (let i = 0; i < rows; i++) prediction.values[i] = predictionOf(link, f[i]);
    }
    return outputs.map((name) => {
      if (name === 'leaf') return scores.leaf(features, rows);
      return name === 'contributions' ? scores.contributions(features, rows) : prediction;
    });
  };
}
