import { ClassificationSummary } from './classification-summary.ts';

/** How a random forest fares on rows. */
export class RandomForestClassificationSummary extends ClassificationSummary {}

/** The summary of the rows that a forest was fitted to. */
export class RandomForestClassificationTrainingSummary extends RandomForestClassificationSummary {
  /** A single 0, as in Spark: a forest has no objective. */
  readonly objectiveHistory: readonly number[] = Object.freeze([0]);
  readonly totalIterations: number = 0;
}
