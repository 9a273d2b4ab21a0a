import { MlError, requireMade } from '../error.ts';
import type { ActionOptions } from '../frame/executor.ts';
import type { Frame } from '../frame/frame.ts';
import { BinaryMetrics, type Curve } from '../stat/binary-metrics.ts';
import { MulticlassMetrics } from '../stat/multiclass-metrics.ts';
import type { ScoredRows } from './scored-rows.ts';
import type { SummaryColumns } from './summary-columns.ts';

/** Curves of two classes. */
export type BinaryCurves = Pick<BinaryMetrics, 'roc' | 'areaUnderROC' | 'pr' | 'precisionByThreshold' | 'recallByThreshold' | 'fMeasureByThreshold'>;

/** What summaries show; `curves` is null of more than two classes. */
interface SummaryMetrics {
  readonly classes: MulticlassMetrics;
  readonly curves: BinaryCurves | null;
}

/** Makes the metrics of rows that were not scored in passing. */
export type MetricsSource = (options: ActionOptions) => Promise<SummaryMetrics>;

/** Points of the curves that summaries show; as Spark, which thins them beyond this many bins. */
const CURVE_BINS = 1000;

/** How a classifier fares on rows: metrics by label (in the order of `labels`) and on average, weighted by `weightCol`. */
export class ClassificationSummary {
  /** The features' column. */
  readonly featuresCol: string;
  /** The labels' column. */
  readonly labelCol: string;
  /** The predictions' column. */
  readonly predictionCol: string;
  /** The probabilities' column. */
  readonly probabilityCol: string;
  /** The weights' column, if there is one. */
  readonly weightCol: string | undefined;
  readonly #predictions: (() => Frame) | null;
  readonly #source: MetricsSource | null;
  #made: SummaryMetrics | null;

  /**
   * Where rows were not scored in passing there is a source of the metrics, which {@link ClassificationSummary.fetch} asks; until then they throw.
   */
  constructor(columns: SummaryColumns, rows: ScoredRows | MetricsSource, predictions: (() => Frame) | null = null) {
    requireMade('ClassificationSummary', typeof columns?.featuresCol === 'string' && rows !== undefined, 'fit and evaluate make summaries');
    this.featuresCol = columns.featuresCol;
    this.labelCol = columns.labelCol;
    this.predictionCol = columns.predictionCol;
    this.probabilityCol = columns.probabilityCol;
    this.weightCol = columns.weightCol;
    this.#predictions = predictions;
    this.#source = typeof rows === 'function' ? rows : null;
    this.#made = typeof rows === 'function' ? null : metricsOf(rows);
  }

  /**
   * This summary with its metrics at hand. After a fit in this process they are there already, but for a forest of very many rows and classes. A
   * cluster is asked for those of the rows that it fitted to, while it keeps the model (NOT_FOUND after `model.close()`).
   */
  async fetch(options: ActionOptions = {}): Promise<this> {
    this.#made ??= (await this.#source?.(options)) ?? null;
    return this;
  }

  /** The frame with the model's columns. */
  get predictions(): Frame {
    if (!this.#predictions)
      throw new MlError('NOT_SUPPORTED', 'ClassificationSummary: predictions are at hand in the process that fitted the model only');
    return this.#predictions();
  }

  /** The labels that occur, ascending. */
  get labels(): readonly number[] {
    return this.#metrics().labels;
  }

  /** The weighted share of rows predicted right. */
  get accuracy(): number {
    return this.#metrics().accuracy;
  }

  /** Recall of each label. */
  get truePositiveRateByLabel(): number[] {
    return this.#byLabel((m, label) => m.truePositiveRate(label));
  }

  /** Of the rows of other labels the share predicted as this one, for each label. */
  get falsePositiveRateByLabel(): number[] {
    return this.#byLabel((m, label) => m.falsePositiveRate(label));
  }

  /** Of the rows predicted as a label the share that have it, for each label. */
  get precisionByLabel(): number[] {
    return this.#byLabel((m, label) => m.precision(label));
  }

  /** Of the rows of a label the share predicted as it, for each label. */
  get recallByLabel(): number[] {
    return this.#byLabel((m, label) => m.recall(label));
  }

  /** `(1 + β²) · precision · recall / (β² · precision + recall)`, for each label. */
  fMeasureByLabel(beta = 1): number[] {
    return this.#byLabel((m, label) => m.fMeasure(label, beta));
  }

  /** Mean of the labels’ recalls, weighted by their rows. */
  get weightedTruePositiveRate(): number {
    return this.#metrics().weightedTruePositiveRate;
  }

  /** Mean of the labels’ false positive rates, weighted by their rows. */
  get weightedFalsePositiveRate(): number {
    return this.#metrics().weightedFalsePositiveRate;
  }

  /** Mean of the labels’ precisions, weighted by their rows. */
  get weightedPrecision(): number {
    return this.#metrics().weightedPrecision;
  }

  /** Mean of the labels’ recalls, weighted by their rows. */
  get weightedRecall(): number {
    return this.#metrics().weightedRecall;
  }

  /** Mean of the labels’ F measures, weighted by their rows. */
  weightedFMeasure(beta = 1): number {
    return this.#metrics().weightedFMeasure(beta);
  }

  /** This summary, where its model has at most two classes; an error else. */
  get asBinary(): this {
    this.#binary();
    return this;
  }

  /** The column whose slot 1 the curves are made of. */
  get scoreCol(): string {
    return this.probabilityCol;
  }

  /** [false positive rate, true positive rate]; of two classes only, as all curves below. */
  get roc(): Curve {
    return this.#binary().roc;
  }

  /** Area under {@link ClassificationSummary.roc}. */
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

  #metrics(): MulticlassMetrics {
    return this.#all().classes;
  }

  #binary(): BinaryCurves {
    const { curves } = this.#all();
    if (curves) return curves;
    throw new MlError('NOT_SUPPORTED', 'ClassificationSummary: curves need a model of two classes, this one has more');
  }

  #all(): SummaryMetrics {
    if (this.#made) return this.#made;
    throw new MlError(
      'NOT_SUPPORTED',
      'ClassificationSummary: metrics of this fit are made when they are asked for; call await summary.fetch() first',
    );
  }

  #byLabel(metric: (metrics: MulticlassMetrics, label: number) => number): number[] {
    const metrics = this.#metrics();
    return metrics.labels.map((label) => metric(metrics, label));
  }
}

/** The metrics of scored rows, each part made when it is first needed. */
export function metricsOf(rows: ScoredRows): SummaryMetrics {
  const classes = once(() => new MulticlassMetrics(rows.predictions, rows.labels, rows.weights));
  const curves = once(() => rows.scores && new BinaryMetrics(rows.scores, rows.labels, rows.weights, CURVE_BINS));
  return {
    get classes() {
      return classes();
    },
    get curves() {
      return curves();
    },
  };
}

function once<T>(make: () => T): () => T {
  let made: { value: T } | undefined;
  return () => (made ??= { value: make() }).value;
}
