import { MlError, show } from '../error.ts';
import { groupOf } from '../frame/attributes.ts';
import type { ActionOptions } from '../frame/executor.ts';
import type { Frame } from '../frame/frame.ts';
import type { Schema } from '../frame/schema.ts';
import { int, name, oneOf } from '../param/param.ts';
import { labelCol, weightCol } from '../param/shared.ts';
import * as z from '../param/zod.ts';
import { Evaluator } from '../pipeline/evaluator.ts';
import { frameOf } from '../pipeline/transformer.ts';
import { BinaryMetrics } from '../stat/binary-metrics.ts';
import { finiteNumber, weightNumber } from '../stat/number-column.ts';
import { readScoredRows } from './scored-rows.ts';

/** Params of BinaryClassificationEvaluator. */
export const BinaryClassificationEvaluatorParams = z.strictObject({
  labelCol,
  metricName: oneOf('areaUnderROC', 'areaUnderPR').default('areaUnderROC').describe('metric to evaluate (areaUnderROC|areaUnderPR)'),
  numBins: int({ min: 0 }).default(1000).describe('number of bins to thin the curves to before areas are computed; 0: all points (>= 0)'),
  rawPredictionCol: name().default('rawPrediction').describe('raw prediction (confidence) column name'),
  weightCol,
});
export type BinaryClassificationEvaluatorParams = z.input<typeof BinaryClassificationEvaluatorParams>;

/**
 * Judges scores of two classes by the area under their ROC or precision-recall curve; larger is better. A label above 0.5 is
 * positive. `rawPredictionCol` is a double column, or a vector whose slot 1 scores the positive class; where its metadata tells its size, that must
 * be 2.
 */
export class BinaryClassificationEvaluator extends Evaluator<typeof BinaryClassificationEvaluatorParams> {
  static readonly type: string = 'org.apache.spark.ml.evaluation.BinaryClassificationEvaluator';
  static readonly paramSchema = BinaryClassificationEvaluatorParams;

  protected override facts() {
    const { metricName, numBins } = this.params;
    return { metricName, numBins };
  }

  get isLargerBetter(): boolean {
    return true;
  }

  async evaluate(frame: Frame, options: ActionOptions = {}): Promise<number> {
    return this.evaluateThere(frame, options) ?? (await this.getMetrics(frame, options))[this.params.metricName];
  }

  /** The curves and areas behind {@link evaluate}. */
  async getMetrics(frame: Frame, options: ActionOptions = {}): Promise<BinaryMetrics> {
    this.transformSchema(await frameOf(this.owner, frame).schema(options));
    const { rawPredictionCol, labelCol, weightCol, numBins } = this.params;
    const wanted = {
      score: { column: rawPredictionCol, slot: 1 },
      label: { column: labelCol, rule: finiteNumber },
      weight: weightCol ? { column: weightCol, rule: weightNumber } : undefined,
    };
    const { score, label, weight } = await readScoredRows(this, frame, wanted, options);
    return new BinaryMetrics(score.values, label.values, weight?.values, numBins);
  }

  protected override outputSchema(schema: Schema): Schema {
    const { rawPredictionCol, labelCol, weightCol } = this.params;
    const { size } = groupOf(schema.require(this.owner, rawPredictionCol, 'vector', 'double'));
    if (size !== undefined && size !== 2) {
      throw new MlError('SCHEMA_INVALID', `${this.owner}: column ${show(rawPredictionCol)} must have 2 slots, one a class, has ${size}`, {
        stage: this.uid,
        column: rawPredictionCol,
        value: size,
      });
    }
    schema.require(this.owner, labelCol, 'numeric');
    if (weightCol) schema.require(this.owner, weightCol, 'numeric');
    return schema;
  }
}
