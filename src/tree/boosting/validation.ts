import { BinaryMetrics } from '../../stat/binary-metrics.ts';
import { MulticlassMetrics } from '../../stat/multiclass-metrics.ts';
import { regressionMetrics } from '../../stat/regression-metrics.ts';
import type { BoostingSpec, ValidationMetric } from './contract.ts';
import { linkOf, predictionOf } from './link.ts';
import type { BoostingMemory } from './memory.ts';

const SMALLER_IS_BETTER: ReadonlySet<ValidationMetric> = new Set([
  ...(['loss', 'logLoss', 'hammingLoss', 'weightedFalsePositiveRate', 'falsePositiveRateByLabel'] as const),
  ...(['rmse', 'mse', 'mae'] as const),
]);

/** The metric of the rows held out after each iteration, and whether it still gets better. */
export class Validation {
  readonly history: number[] = [];
  readonly #memory: BoostingMemory;
  readonly #spec: BoostingSpec;
  #best = 0;
  #weight: number | undefined;

  constructor(memory: BoostingMemory, spec: BoostingSpec) {
    this.#memory = memory;
    this.#spec = spec;
  }

  /** Iterations up to the best one; undefined when all are kept. */
  get best(): number | undefined {
    return this.#spec.patience === undefined || this.history.length === 0 ? undefined : this.#best + 1;
  }

  get isOver(): boolean {
    const { patience } = this.#spec;
    return patience !== undefined && this.history.length > 0 && this.history.length - 1 - this.#best >= patience;
  }

  /** Takes down the next iteration; `loss` is summed over the rows held out. */
  record(loss: number): number | undefined {
    if (!this.#memory.dims.held) return undefined;
    this.#weight ??= this.#rows().weights.reduce((sum, w) => sum + w, 0);
    if (!(this.#weight > 0)) return undefined;
    const { metric = 'loss', tol = 0 } = this.#spec;
    const value = metric === 'loss' || metric === 'logLoss' ? loss / this.#weight : this.#measure(metric);
    const before = this.history[this.#best];
    const gained = SMALLER_IS_BETTER.has(metric) ? before - value : value - before;
    if (this.history.length === 0 || gained > tol) this.#best = this.history.length;
    this.history.push(value);
    return value;
  }

  /** Labels, weights and raw scores (an array a score) of the rows held out, as they lie. */
  #rows(): { labels: Float64Array; weights: Float64Array; scores: Float64Array[] } {
    const { partitions, dims } = this.#memory;
    let n = 0;
    for (const { handle, f64, places } of partitions) for (let i = 0; i < handle.rows; i++) if (f64[places.heldWeights / 8 + i] !== 0) n++;
    const labels = new Float64Array(n);
    const weights = new Float64Array(n);
    const scores = Array.from({ length: dims.scores }, () => new Float64Array(n));
    let at = 0;
    for (const { handle, f64, places, labels: all } of partitions) {
      for (let i = 0; i < handle.rows; i++) {
        const w = f64[places.heldWeights / 8 + i];
        if (w === 0) continue;
        labels[at] = all[i];
        weights[at] = w;
        for (let c = 0; c < dims.scores; c++) scores[c][at] = f64[places.scores / 8 + c * handle.rows + i];
        at++;
      }
    }
    return { labels, weights, scores };
  }

  #measure(metric: Exclude<ValidationMetric, 'loss' | 'logLoss'>): number {
    const { labels, weights, scores } = this.#rows();
    const { loss, metricLabel = 0 } = this.#spec;
    const classes = () => new MulticlassMetrics(classesOf(scores), labels, weights);
    switch (metric) {
      case 'areaUnderROC':
      case 'areaUnderPR':
        return new BinaryMetrics(scores[0], labels, weights)[metric];
      case 'f1':
      case 'weightedFMeasure':
        return classes().weightedFMeasure();
      case 'truePositiveRateByLabel':
      case 'recallByLabel':
        return classes().recall(metricLabel);
      case 'falsePositiveRateByLabel':
        return classes().falsePositiveRate(metricLabel);
      case 'precisionByLabel':
        return classes().precision(metricLabel);
      case 'fMeasureByLabel':
        return classes().fMeasure(metricLabel);
      case 'accuracy':
      case 'hammingLoss':
      case 'weightedPrecision':
      case 'weightedRecall':
      case 'weightedTruePositiveRate':
      case 'weightedFalsePositiveRate':
        return classes()[metric];
      default: {
        const link = linkOf(loss);
        const metrics = regressionMetrics(
          scores[0].map((score) => predictionOf(link, score)),
          labels,
          weights,
        );
        const { rootMeanSquaredError: rmse, meanSquaredError: mse, meanAbsoluteError: mae, r2, explainedVariance } = metrics;
        return { rmse, mse, mae, r2, var: explainedVariance }[metric];
      }
    }
  }
}

/** The class of the largest score, the first of equal ones; of one score, 1 where it is above 0. */
function classesOf(scores: readonly Float64Array[]): Float64Array {
  const [first] = scores;
  if (scores.length === 1) return first.map((score) => (score > 0 ? 1 : 0));
  return first.map((_, i) => scores.reduce((best, own, c) => (own[i] > scores[best][i] ? c : best), 0));
}
