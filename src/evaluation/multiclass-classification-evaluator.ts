import { MlError } from '../error.ts';
import type { ActionOptions } from '../frame/executor.ts';
import type { Frame } from '../frame/frame.ts';
import type { Field, Schema } from '../frame/schema.ts';
import { javaDouble } from '../linalg/format.ts';
import { double, name, oneOf } from '../param/param.ts';
import { labelCol, weightCol } from '../param/shared.ts';
import * as z from '../param/zod.ts';
import { Evaluator } from '../pipeline/evaluator.ts';
import { frameOf } from '../pipeline/transformer.ts';
import { logLoss, MulticlassMetrics } from '../stat/multiclass-metrics.ts';
import { finiteNumber, weightNumber } from '../stat/number-column.ts';
import { type ReadColumn, readScoredRows } from './scored-rows.ts';

const METRICS = [
  'f1',
  'accuracy',
  'weightedPrecision',
  'weightedRecall',
  'weightedTruePositiveRate',
  'weightedFalsePositiveRate',
  'weightedFMeasure',
  'truePositiveRateByLabel',
  'falsePositiveRateByLabel',
  'precisionByLabel',
  'recallByLabel',
  'fMeasureByLabel',
  'logLoss',
  'hammingLoss',
] as const;

/** Params of MulticlassClassificationEvaluator. */
export const MulticlassClassificationEvaluatorParams = z.strictObject({
  beta: double({ above: 0 }).default(1).describe('weight of recall against precision in weightedFMeasure and fMeasureByLabel (> 0)'),
  eps: double({ above: 0, below: 0.5 }).default(1e-15).describe('logLoss cuts probabilities to [eps, 1 - eps] (> 0, < 0.5)'),
  labelCol,
  metricLabel: double({ min: 0 }).default(0).describe('the class that the …ByLabel metrics are about (>= 0)'),
  metricName: oneOf(...METRICS)
    .default('f1')
    .describe(`metric to evaluate (${METRICS.join('|')})`),
  predictionCol: name().default('prediction').describe('prediction column name'),
  probabilityCol: name().default('probability').describe('column of the classes’ probabilities, which logLoss reads'),
  weightCol,
});
export type MulticlassClassificationEvaluatorParams = z.input<typeof MulticlassClassificationEvaluatorParams>;

/** Judges predicted classes. Smaller is better for false positive rates, `logLoss` and `hammingLoss`, larger for the other metrics. */
export class MulticlassClassificationEvaluator extends Evaluator<typeof MulticlassClassificationEvaluatorParams> {
  static readonly type: string = 'org.apache.spark.ml.evaluation.MulticlassClassificationEvaluator';
  static readonly paramSchema = MulticlassClassificationEvaluatorParams;

  protected override facts() {
    const { metricName, metricLabel, beta, eps } = this.params;
    return { metricName, metricLabel: javaDouble(metricLabel), beta: javaDouble(beta), eps: javaDouble(eps) };
  }

  get isLargerBetter(): boolean {
    return !['weightedFalsePositiveRate', 'falsePositiveRateByLabel', 'logLoss', 'hammingLoss'].includes(this.params.metricName);
  }

  async evaluate(frame: Frame, options: ActionOptions = {}): Promise<number> {
    const there = this.evaluateThere(frame, options);
    if (there) return there;
    const { metricName, metricLabel, beta, eps } = this.params;
    const metrics = await this.#read(frame, metricName === 'logLoss', options);
    switch (metricName) {
      case 'f1':
        return metrics.weightedFMeasure();
      case 'weightedFMeasure':
        return metrics.weightedFMeasure(beta);
      case 'truePositiveRateByLabel':
        return metrics.truePositiveRate(metricLabel);
      case 'falsePositiveRateByLabel':
        return metrics.falsePositiveRate(metricLabel);
      case 'precisionByLabel':
        return metrics.precision(metricLabel);
      case 'recallByLabel':
        return metrics.recall(metricLabel);
      case 'fMeasureByLabel':
        return metrics.fMeasure(metricLabel, beta);
      case 'logLoss':
        return metrics.logLoss(eps);
      default:
        return metrics[metricName];
    }
  }

  /** All metrics, by class and on average; `logLoss` where the frame has the column of probabilities. */
  async getMetrics(frame: Frame, options: ActionOptions = {}): Promise<ClassificationMetrics> {
    const probabilities = (await frameOf(this.owner, frame).schema(options)).find(this.params.probabilityCol);
    return this.#read(frame, probabilities !== undefined && isProbabilities(probabilities), options);
  }

  async #read(frame: Frame, withProbabilities: boolean, options: ActionOptions): Promise<ClassificationMetrics> {
    this.transformSchema(await frameOf(this.owner, frame).schema(options));
    const { predictionCol, labelCol, weightCol, probabilityCol } = this.params;
    const wanted = {
      prediction: { column: predictionCol },
      label: { column: labelCol, rule: finiteNumber },
      weight: weightCol ? { column: weightCol, rule: weightNumber } : undefined,
      probability: withProbabilities ? { column: probabilityCol, slot: 'all' as const } : undefined,
    };
    const { prediction, label, weight, probability } = await readScoredRows(this, frame, wanted, options);
    return new ClassificationMetrics(prediction.values, label.values, weight?.values, probability);
  }

  protected override outputSchema(schema: Schema): Schema {
    const { predictionCol, labelCol, weightCol, metricName, probabilityCol } = this.params;
    schema.require(this.owner, predictionCol, 'double');
    schema.require(this.owner, labelCol, 'numeric');
    if (weightCol) schema.require(this.owner, weightCol, 'numeric');
    if (metricName !== 'logLoss') return schema;
    const probabilities = schema.require(this.owner, probabilityCol);
    // An array of other items is refused as what it is.
    if (!isProbabilities(probabilities)) schema.require(this.owner, probabilityCol, 'vector');
    return schema;
  }
}

/** Probabilities come as vectors, or as arrays of doubles or floats. */
function isProbabilities({ type }: Field): boolean {
  return type.kind === 'vector' || (type.kind === 'array' && (type.element.kind === 'double' || type.element.kind === 'float'));
}

/** {@link MulticlassMetrics}, and the log-loss of the probabilities. */
export class ClassificationMetrics extends MulticlassMetrics {
  readonly #logLoss: (eps: number) => number;

  constructor(predictions: Float64Array, labels: Float64Array, weights?: Float64Array, probabilities?: ReadColumn) {
    super(predictions, labels, weights);
    this.#logLoss = (eps) => {
      if (!probabilities) {
        throw new MlError(
          'COLUMN_NOT_FOUND',
          `MulticlassClassificationEvaluator: logLoss needs a vector column of probabilities, the frame has none`,
        );
      }
      return logLoss(labels, probabilities.values, probabilities.size, weights, eps);
    };
  }

  /** Mean of `-log p[label]`, with p cut to `[eps, 1 - eps]`. */
  logLoss(eps = 1e-15): number {
    return this.#logLoss(eps);
  }
}
