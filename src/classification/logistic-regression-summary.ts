import { requireMade } from '../error.ts';
import type { Frame } from '../frame/frame.ts';
import type { StopReason } from '../optim/minimize.ts';
import { ClassificationSummary, type MetricsSource } from './classification-summary.ts';
import type { ScoredRows } from './scored-rows.ts';
import type { SummaryColumns } from './summary-columns.ts';

/** How a logistic regression fares on rows. */
export class LogisticRegressionSummary extends ClassificationSummary {}

/** How the search for the minimum went. */
export interface TrainingHistory {
  /** The objective (mean loss and penalty) at the start and after each iteration. */
  readonly objectiveHistory: readonly number[];
  /** False when the search stopped for another reason than its tolerance. */
  readonly converged: boolean;
  /** Why it stopped; `constantLabel` when there was nothing to search for, null where a cluster does not tell. */
  readonly reason: StopReason | 'constantLabel' | null;
}

/** The summary of the rows that a model was fitted to, and how the fit went. */
export class LogisticRegressionTrainingSummary extends LogisticRegressionSummary {
  /** The objective (mean loss and penalty) at the start and after each iteration. */
  readonly objectiveHistory: readonly number[];
  /** Iterations: one less than the history has entries. */
  readonly totalIterations: number;
  /** False when the search stopped for another reason than its tolerance. */
  readonly converged: boolean;
  /** Why it stopped; `constantLabel` when there was nothing to search for, null where a cluster does not tell. */
  readonly reason: TrainingHistory['reason'];
  readonly #parts: [SummaryColumns, ScoredRows | MetricsSource];

  constructor(columns: SummaryColumns, rows: ScoredRows | MetricsSource, history: TrainingHistory, predictions: (() => Frame) | null = null) {
    super(columns, rows, predictions);
    requireMade('LogisticRegressionTrainingSummary', history?.objectiveHistory?.length !== undefined, 'fit makes summaries');
    this.objectiveHistory = Object.freeze([...history.objectiveHistory]);
    this.totalIterations = this.objectiveHistory.length - 1;
    this.converged = history.converged;
    this.reason = history.reason;
    this.#parts = [columns, rows];
  }

  /** The same summary with its frame of predictions. */
  withPredictions(predictions: () => Frame): LogisticRegressionTrainingSummary {
    return new LogisticRegressionTrainingSummary(...this.#parts, this, predictions);
  }
}
