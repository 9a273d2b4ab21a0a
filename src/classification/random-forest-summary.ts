import type { Frame } from '../frame/frame.ts';
import { toShares } from '../predictor/tree-scoring.ts';
import { type Decision, decide } from '../scoring/decision.ts';
import type { VotedRows } from '../tree/spark/fit.ts';
import { ClassificationSummary, type MetricsSource } from './classification-summary.ts';
import { type ScoredRows, scoredLater } from './scored-rows.ts';
import type { SummaryColumns } from './summary-columns.ts';

/** How a random forest fares on rows. */
export class RandomForestClassificationSummary extends ClassificationSummary {}

/** The summary of the rows that a forest was fitted to. */
export class RandomForestClassificationTrainingSummary extends RandomForestClassificationSummary {
  /** A single 0, as in Spark: a forest has no objective. */
  readonly objectiveHistory: readonly number[] = Object.freeze([0]);
  /** 0: a forest is not iterated. */
  readonly totalIterations: number = 0;
  readonly #parts: [SummaryColumns, ScoredRows | MetricsSource];

  constructor(columns: SummaryColumns, rows: ScoredRows | MetricsSource, predictions: (() => Frame) | null = null) {
    super(columns, rows, predictions);
    this.#parts = [columns, rows];
  }

  /** The same summary with its frame of predictions. */
  withPredictions(predictions: () => Frame): RandomForestClassificationTrainingSummary {
    return new RandomForestClassificationTrainingSummary(...this.#parts, predictions);
  }
}

/** What the metrics need of rows that a forest has voted on, made when the first one is asked for. */
export function scoredByVotes({ votes, ...common }: VotedRows, numClasses: number, decision: Decision): ScoredRows {
  return scoredLater(common, () => {
    const { length } = common.labels;
    const shares = new Float64Array(numClasses);
    const raw = new Float64Array(numClasses);
    const predictions = new Float64Array(length);
    const scores = numClasses <= 2 ? new Float64Array(length) : null;
    for (let i = 0; i < length; i++) {
      raw.set(votes.subarray(i * numClasses, (i + 1) * numClasses));
      toShares(raw, shares, 0, numClasses);
      predictions[i] = decide(decision, raw, shares, 0, numClasses);
      if (scores && numClasses > 1) scores[i] = shares[1];
    }
    return { predictions, scores };
  });
}
