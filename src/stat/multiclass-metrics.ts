import { MlError, requireMade, show } from '../error.ts';
import { log, log1p } from '../kernels/js/math.ts';
import { DenseMatrix } from '../linalg/matrices.ts';
import { fMeasure } from './binary-metrics.ts';

interface ClassCounts {
  /** Weight of the rows of this label, and of those predicted right. */
  weight: number;
  truePositives: number;
}

/**
 * How predictions agree with labels, by class and on average; sums are of weights (absent: all 1). As in Spark's `MulticlassMetrics` the
 * classes are the labels that occur; a prediction that is no label counts as wrong only. `weighted…` averages weigh classes by their labels.
 */
export class MulticlassMetrics {
  /** The labels that occur, ascending. */
  readonly labels: readonly number[];
  readonly #classes = new Map<number, ClassCounts>();
  readonly #falsePositives = new Map<number, number>();
  /** By label, then by prediction. */
  readonly #confusions = new Map<number, Map<number, number>>();
  readonly #total: number;

  constructor(predictions: Float64Array, labels: Float64Array, weights?: Float64Array) {
    requireMade('MulticlassMetrics', ArrayBuffer.isView(predictions) && ArrayBuffer.isView(labels), 'predictions and labels are Float64Arrays');
    if (predictions.length !== labels.length || (weights && weights.length !== labels.length)) {
      throw new MlError(
        'VALUE_INVALID',
        `MulticlassMetrics: predictions, labels and weights must have one entry a row, got ${predictions.length}, ${labels.length}, ${weights?.length ?? labels.length}`,
      );
    }
    for (let i = 0; i < labels.length; i++) {
      let row = this.#confusions.get(labels[i]);
      if (!row) this.#confusions.set(labels[i], (row = new Map()));
      row.set(predictions[i], (row.get(predictions[i]) ?? 0) + (weights ? weights[i] : 1));
    }
    this.labels = Object.freeze([...this.#confusions.keys()].sort((a, b) => a - b));
    let total = 0;
    for (const label of this.labels) {
      const own: ClassCounts = { weight: 0, truePositives: 0 };
      for (const [prediction, weight] of this.#confusions.get(label)!) {
        own.weight += weight;
        if (prediction === label) own.truePositives += weight;
        else this.#falsePositives.set(prediction, (this.#falsePositives.get(prediction) ?? 0) + weight);
      }
      this.#classes.set(label, own);
      total += own.weight;
    }
    this.#total = total;
  }

  /** (i, j): the weight of the rows of label `labels[i]` predicted as `labels[j]`. */
  get confusionMatrix(): DenseMatrix {
    const n = this.labels.length;
    const values = this.labels.flatMap((prediction) => this.labels.map((label) => this.#confusions.get(label)?.get(prediction) ?? 0));
    return new DenseMatrix(n, n, values);
  }

  /** Share of rows predicted right; NaN without rows. */
  get accuracy(): number {
    let right = 0;
    for (const { truePositives } of this.#classes.values()) right += truePositives;
    return right / this.#total;
  }

  /** Share of rows predicted wrong. */
  get hammingLoss(): number {
    let wrong = 0;
    for (const [label, row] of this.#confusions) for (const [prediction, weight] of row) if (prediction !== label) wrong += weight;
    return wrong / this.#total;
  }

  /** Rows of other labels predicted as `label`, of all rows of other labels. */
  falsePositiveRate(label: number): number {
    return (this.#falsePositives.get(label) ?? 0) / (this.#total - this.#of(label).weight);
  }

  /** The same as {@link recall}. */
  truePositiveRate(label: number): number {
    return this.recall(label);
  }

  /** Rows of `label` among those predicted so; 0 where none is. */
  precision(label: number): number {
    const { truePositives } = this.#of(label);
    const predicted = truePositives + (this.#falsePositives.get(label) ?? 0);
    return predicted === 0 ? 0 : truePositives / predicted;
  }

  /** Rows predicted right among those of `label`. */
  recall(label: number): number {
    const { truePositives, weight } = this.#of(label);
    return truePositives / weight;
  }

  /** `(1 + beta²) · precision · recall / (beta² · precision + recall)` of `label`; 0 where both are 0. */
  fMeasure(label: number, beta = 1): number {
    return fMeasure(this.precision(label), this.recall(label), beta);
  }

  /** Mean of the labels’ false positive rates, weighted by their rows. */
  get weightedFalsePositiveRate(): number {
    return this.#weighted((label) => this.falsePositiveRate(label));
  }

  /** The same as {@link weightedRecall}. */
  get weightedTruePositiveRate(): number {
    return this.weightedRecall;
  }

  /** Mean of the labels’ recalls, weighted by their rows. */
  get weightedRecall(): number {
    return this.#weighted((label) => this.recall(label));
  }

  /** Mean of the labels’ precisions, weighted by their rows. */
  get weightedPrecision(): number {
    return this.#weighted((label) => this.precision(label));
  }

  /** Mean of the labels’ F measures, weighted by their rows. */
  weightedFMeasure(beta = 1): number {
    return this.#weighted((label) => this.fMeasure(label, beta));
  }

  #weighted(metric: (label: number) => number): number {
    return this.labels.reduce((sum, label) => sum + (metric(label) * this.#of(label).weight) / this.#total, 0);
  }

  #of(label: number): ClassCounts {
    const own = this.#classes.get(label);
    if (!own) {
      throw new MlError('VALUE_INVALID', `MulticlassMetrics: label ${show(label)} must be one that occurs (${this.labels.join(', ')})`, {
        value: label,
      });
    }
    return own;
  }
}

/**
 * Mean of `-log p[label]`, p cut to `[eps, 1 - eps]`. `probabilities` is (n, numClasses) row-major; labels must be 0 … numClasses-1.
 */
export function logLoss(labels: Float64Array, probabilities: Float64Array, numClasses: number, weights?: Float64Array, eps = 1e-15): number {
  if (!(eps > 0 && eps < 0.5))
    throw new MlError('PARAM_INVALID', `logLoss: eps must be above 0 and below 0.5, got ${eps}`, { param: 'eps', value: eps });
  if (labels.length === 0) throw new MlError('EMPTY_DATASET', 'logLoss: there must be at least one row, got none');
  const atZero = -log(eps);
  const atOne = -log1p(-eps);
  let loss = 0;
  let total = 0;
  for (let i = 0; i < labels.length; i++) {
    const label = labels[i];
    if (!Number.isInteger(label) || label < 0 || label >= numClasses) {
      throw new MlError('VALUE_INVALID', `logLoss: a label must be an integer in 0 … ${numClasses - 1}, row ${i} has ${show(label)}`, {
        row: i,
        value: label,
      });
    }
    const weight = weights ? weights[i] : 1;
    const p = probabilities[i * numClasses + label];
    loss += weight * (p < eps ? atZero : p > 1 - eps ? atOne : -log(p));
    total += weight;
  }
  return loss / total;
}
