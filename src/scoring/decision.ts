import { log } from '../kernels/js/math.ts';

/**
 * How a class is chosen. Binary: class 1 where its margin (or, without a raw prediction column, its probability) exceeds `above`.
 * Else the first class with the largest margin (or probability), or probability / threshold.
 */
export type Decision =
  | { readonly by: 'margin' | 'probability'; readonly above: number }
  | { readonly by: 'margin' | 'probability'; readonly above: null; readonly thresholds: readonly number[] | null };

/** The rule of binary models: `p > t`, said of margins as `z > log(t / (1 - t))`. */
export function binaryDecision(threshold: number, by: 'margin' | 'probability'): Decision {
  return { by, above: by === 'margin' ? log(threshold / (1 - threshold)) : threshold };
}

/** The class chosen for the row whose k margins and probabilities begin at `at`. */
export function decide(decision: Decision, raw: Float64Array, probability: Float64Array, at: number, k: number): number {
  const scores = decision.by === 'margin' ? raw : probability;
  if (decision.above !== null) return scores[at + 1] > decision.above ? 1 : 0;
  const { thresholds } = decision;
  let best = 0;
  let most = thresholds ? Number.NEGATIVE_INFINITY : scores[at];
  for (let c = thresholds ? 0 : 1; c < k; c++) {
    const score = thresholds ? probability[at + c] / thresholds[c] : scores[at + c];
    if (score > most) {
      most = score;
      best = c;
    }
  }
  return best;
}
