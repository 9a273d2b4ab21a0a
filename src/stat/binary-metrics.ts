import { MlError, requireMade, show } from '../error.ts';
import { descendingOrder } from './order.ts';

/** Points of a curve: [x, y], or [threshold, value]. */
export type Curve = readonly (readonly [number, number])[];

/**
 * How well scores tell positives (label > 0.5) from negatives, for every score taken as threshold: a row counts as predicted positive when its score
 * is at least the threshold. Sums are of weights. Conventions are those of Spark's `BinaryClassificationMetrics`: precision is 1 where nothing is
 * predicted positive; recall is 0 without positives and the false positive rate 0 without negatives.
 */
export class BinaryMetrics {
  /** Distinct scores, descending. */
  readonly thresholds: Float64Array;
  /** Weight of the positives, and of the negatives, with a score of at least the threshold. */
  readonly #truePositives: Float64Array;
  readonly #falsePositives: Float64Array;
  readonly #positives: number;
  readonly #negatives: number;

  /**
   * `weights` absent: all 1. With `numBins` > 0 curves of more than `2 · numBins` distinct scores are thinned: each `⌊distinct / numBins⌋` neighbours
   * become one point, at the least of their scores.
   */
  constructor(scores: Float64Array, labels: Float64Array, weights?: Float64Array, numBins = 0) {
    requireMade('BinaryMetrics', ArrayBuffer.isView(scores) && ArrayBuffer.isView(labels), 'scores and labels are Float64Arrays');
    if (scores.length !== labels.length || (weights && weights.length !== scores.length)) {
      throw new MlError(
        'VALUE_INVALID',
        `BinaryMetrics: scores, labels and weights must have one entry a row, got ${scores.length}, ${labels.length}, ${weights?.length ?? scores.length}`,
      );
    }
    const points = distinctScores(scores, labels, weights);
    const perPoint = numBins > 0 ? Math.floor(points.scores.length / numBins) : 1;
    const { thresholds, truePositives, falsePositives } = cumulate(points, Math.max(perPoint, 1));
    this.thresholds = thresholds;
    this.#truePositives = truePositives;
    this.#falsePositives = falsePositives;
    this.#positives = truePositives.at(-1) ?? 0;
    this.#negatives = falsePositives.at(-1) ?? 0;
  }

  /** [false positive rate, true positive rate], with [0, 0] before and [1, 1] after. */
  get roc(): Curve {
    return [[0, 0], ...this.#points((i) => [this.#falsePositiveRate(i), this.#recall(i)]), [1, 1]];
  }

  /** [recall, precision], after a first point at recall 0 with the precision of the highest threshold. */
  get pr(): Curve {
    if (this.thresholds.length === 0)
      throw new MlError('EMPTY_DATASET', 'BinaryMetrics: the precision-recall curve needs at least one row, got none');
    return [[0, this.#precision(0)], ...this.#points((i) => [this.#recall(i), this.#precision(i)])];
  }

  /** By the trapezoidal rule, as {@link areaUnderPR}. */
  get areaUnderROC(): number {
    return areaUnder(this.roc);
  }

  /** Area under {@link pr}, by trapezoids. */
  get areaUnderPR(): number {
    return areaUnder(this.pr);
  }

  /** [threshold, precision], from the highest threshold down. */
  get precisionByThreshold(): Curve {
    return this.#points((i) => [this.thresholds[i], this.#precision(i)]);
  }

  /** [threshold, recall], from the highest threshold down. */
  get recallByThreshold(): Curve {
    return this.#points((i) => [this.thresholds[i], this.#recall(i)]);
  }

  /** `(1 + beta²) · precision · recall / (beta² · precision + recall)`; 0 where both are 0. */
  fMeasureByThreshold(beta = 1): Curve {
    return this.#points((i) => [this.thresholds[i], fMeasure(this.#precision(i), this.#recall(i), beta)]);
  }

  #points(point: (i: number) => readonly [number, number]): Curve {
    return Array.from(this.thresholds, (_, i) => point(i));
  }

  #precision(i: number): number {
    const predicted = this.#truePositives[i] + this.#falsePositives[i];
    return predicted === 0 ? 1 : this.#truePositives[i] / predicted;
  }

  #recall(i: number): number {
    return this.#positives === 0 ? 0 : this.#truePositives[i] / this.#positives;
  }

  #falsePositiveRate(i: number): number {
    return this.#negatives === 0 ? 0 : this.#falsePositives[i] / this.#negatives;
  }
}

/** `(1 + beta²) · p · r / (beta² · p + r)`; 0 where p and r are 0. */
export function fMeasure(precision: number, recall: number, beta: number): number {
  if (typeof beta !== 'number')
    throw new MlError('PARAM_INVALID', `fMeasure: beta must be a number, got ${show(beta)}`, { param: 'beta', value: beta });
  if (precision + recall === 0) return 0;
  return ((1 + beta * beta) * precision * recall) / (beta * beta * precision + recall);
}

/** Trapezoidal rule over neighbouring points. */
export function areaUnder(curve: Curve): number {
  let area = 0;
  for (let i = 1; i < curve.length; i++) area += ((curve[i][0] - curve[i - 1][0]) * (curve[i][1] + curve[i - 1][1])) / 2;
  return area;
}

interface ScorePoints {
  scores: Float64Array;
  positives: Float64Array;
  negatives: Float64Array;
}

function distinctScores(scores: Float64Array, labels: Float64Array, weights: Float64Array | undefined): ScorePoints {
  const order = descendingOrder(scores);
  const points: ScorePoints = {
    scores: new Float64Array(scores.length),
    positives: new Float64Array(scores.length),
    negatives: new Float64Array(scores.length),
  };
  let count = 0;
  for (const i of order) {
    if (count === 0 || !sameScore(scores[i], points.scores[count - 1])) points.scores[count++] = scores[i] + 0;
    const side = labels[i] > 0.5 ? points.positives : points.negatives;
    side[count - 1] += weights ? weights[i] : 1;
  }
  return { scores: points.scores.slice(0, count), positives: points.positives.slice(0, count), negatives: points.negatives.slice(0, count) };
}

function cumulate({ scores, positives, negatives }: ScorePoints, perPoint: number) {
  const count = Math.ceil(scores.length / perPoint);
  const thresholds = new Float64Array(count);
  const truePositives = new Float64Array(count);
  const falsePositives = new Float64Array(count);
  let positive = 0;
  let negative = 0;
  for (let i = 0; i < count; i++) {
    const end = Math.min((i + 1) * perPoint, scores.length);
    for (let p = i * perPoint; p < end; p++) {
      positive += positives[p];
      negative += negatives[p];
    }
    thresholds[i] = scores[end - 1];
    truePositives[i] = positive;
    falsePositives[i] = negative;
  }
  return { thresholds, truePositives, falsePositives };
}

function sameScore(a: number, b: number): boolean {
  return a === b || (Number.isNaN(a) && Number.isNaN(b));
}
