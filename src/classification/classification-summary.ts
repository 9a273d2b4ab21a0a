import { MlError } from '../error.ts';
import type { Frame } from '../frame/frame.ts';
import { BinaryMetrics, type Curve } from '../stat/binary-metrics.ts';
import { MulticlassMetrics } from '../stat/multiclass-metrics.ts';

/** Scored rows, as far as the metrics need them; one entry a row. */
export interface ScoredRows {
  readonly predictions: Float64Array;
  readonly labels: Float64Array;
  /** Absent: all 1. */
  readonly weights?: Float64Array;
  /** Probability of class 1, of models of up to two classes; null else. */
  readonly scores: Float64Array | null;
}

export interface SummaryColumns {
  readonly featuresCol: string;
  readonly labelCol: string;
  readonly predictionCol: string;
  readonly probabilityCol: string;
  readonly weightCol: string | undefined;
}

/** Points of the curves that summaries show; as Spark, which thins them beyond this many bins. */
const CURVE_BINS = 1000;

/** How a classifier fares on rows: metrics by label (in the order of `labels`) and on average, weighted by `weightCol`. */
export class ClassificationSummary {
  readonly featuresCol: string;
  readonly labelCol: string;
  readonly predictionCol: string;
  readonly probabilityCol: string;
  readonly weightCol: string | undefined;
  readonly #predictions: Frame | null;
  readonly #metrics: () => MulticlassMetrics;
  readonly #binary: () => BinaryMetrics;

  /** `rows` is null where there are too many values to score them in passing; then metrics throw and name `evaluate`. */
  constructor(columns: SummaryColumns, rows: ScoredRows | null, predictions: Frame | null = null) {
    this.featuresCol = columns.featuresCol;
    this.labelCol = columns.labelCol;
    this.predictionCol = columns.predictionCol;
    this.probabilityCol = columns.probabilityCol;
    this.weightCol = columns.weightCol;
    this.#predictions = predictions;
    this.#metrics = once(() => {
      const { predictions: predicted, labels, weights } = scored(rows);
      return new MulticlassMetrics(predicted, labels, weights);
    });
    this.#binary = once(() => {
      const { scores, labels, weights } = scored(rows);
      if (!scores) throw new MlError('NOT_SUPPORTED', 'ClassificationSummary: curves need a model of two classes, this one has more');
      return new BinaryMetrics(scores, labels, weights, CURVE_BINS);
    });
  }

  /** The frame with the model's columns. */
  get predictions(): Frame {
    if (!this.#predictions)
      throw new MlError('NOT_SUPPORTED', 'ClassificationSummary: predictions are at hand in the process that fitted the model only');
    return this.#predictions;
  }

  /** The labels that occur, ascending. */
  get labels(): readonly number[] {
    return this.#metrics().labels;
  }

  get accuracy(): number {
    return this.#metrics().accuracy;
  }

  get truePositiveRateByLabel(): number[] {
    return this.#byLabel((m, label) => m.truePositiveRate(label));
  }

  get falsePositiveRateByLabel(): number[] {
    return this.#byLabel((m, label) => m.falsePositiveRate(label));
  }

  get precisionByLabel(): number[] {
    return this.#byLabel((m, label) => m.precision(label));
  }

  get recallByLabel(): number[] {
    return this.#byLabel((m, label) => m.recall(label));
  }

  fMeasureByLabel(beta = 1): number[] {
    return this.#byLabel((m, label) => m.fMeasure(label, beta));
  }

  get weightedTruePositiveRate(): number {
    return this.#metrics().weightedTruePositiveRate;
  }

  get weightedFalsePositiveRate(): number {
    return this.#metrics().weightedFalsePositiveRate;
  }

  get weightedPrecision(): number {
    return this.#metrics().weightedPrecision;
  }

  get weightedRecall(): number {
    return this.#metrics().weightedRecall;
  }

  weightedFMeasure(beta = 1): number {
    return this.#metrics().weightedFMeasure(beta);
  }

  /** [false positive rate, true positive rate]; of two classes only, as all curves below. */
  get roc(): Curve {
    return this.#binary().roc;
  }

  get areaUnderROC(): number {
    return this.#binary().areaUnderROC;
  }

  /** [recall, precision]. */
  get pr(): Curve {
    return this.#binary().pr;
  }

  /** [threshold, precision]. */
  get precisionByThreshold(): Curve {
    return this.#binary().precisionByThreshold;
  }

  /** [threshold, recall]. */
  get recallByThreshold(): Curve {
    return this.#binary().recallByThreshold;
  }

  /** [threshold, F1]. */
  get fMeasureByThreshold(): Curve {
    return this.#binary().fMeasureByThreshold(1);
  }

  #byLabel(metric: (metrics: MulticlassMetrics, label: number) => number): number[] {
    const metrics = this.#metrics();
    return metrics.labels.map((label) => metric(metrics, label));
  }
}

function scored(rows: ScoredRows | null): ScoredRows {
  if (rows) return rows;
  throw new MlError(
    'NOT_SUPPORTED',
    'ClassificationSummary: metrics of a training set of this size are not made by fit; use await model.evaluate(frame)',
  );
}

function once<T>(make: () => T): () => T {
  let made: { value: T } | undefined;
  return () => (made ??= { value: make() }).value;
}
