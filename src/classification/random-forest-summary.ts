import type { Frame } from '../frame/frame.ts';
import { ClassificationSummary, type ScoredRows, type SummaryColumns } from './classification-summary.ts';

/** How a random forest fares on rows. */
export class RandomForestClassificationSummary extends ClassificationSummary {}

/** The summary of the rows that a forest was fitted to. */
export class RandomForestClassificationTrainingSummary extends RandomForestClassificationSummary {
  /** A single 0, as in Spark: a forest has no objective. */
  readonly objectiveHistory: readonly number[] = Object.freeze([0]);
  readonly totalIterations: number = 0;
  readonly #parts: [SummaryColumns, ScoredRows | null];

  constructor(columns: SummaryColumns, rows: ScoredRows | null, predictions: Frame | null = null) {
    super(columns, rows, predictions);
    this.#parts = [columns, rows];
  }

  /** The same summary with its frame of predictions. */
  withPredictions(predictions: Frame): RandomForestClassificationTrainingSummary {
    return new RandomForestClassificationTrainingSummary(...this.#parts, predictions);
  }
}
