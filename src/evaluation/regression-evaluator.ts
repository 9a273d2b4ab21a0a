import type { ActionOptions } from '../frame/executor.ts';
import type { Frame } from '../frame/frame.ts';
import type { Schema } from '../frame/schema.ts';
import { flag, name, oneOf } from '../param/param.ts';
import { labelCol, weightCol } from '../param/shared.ts';
import * as z from '../param/zod.ts';
import { Evaluator } from '../pipeline/evaluator.ts';
import { frameOf } from '../pipeline/transformer.ts';
import { weightNumber } from '../stat/number-column.ts';
import { type RegressionMetrics, regressionMetrics } from '../stat/regression-metrics.ts';
import { readScoredRows } from './scored-rows.ts';

/** Params of RegressionEvaluator. */
export const RegressionEvaluatorParams = z.strictObject({
  labelCol,
  metricName: oneOf('mse', 'rmse', 'r2', 'mae', 'var').default('rmse').describe('metric to evaluate (mse|rmse|r2|mae|var)'),
  predictionCol: name().default('prediction').describe('prediction column name'),
  throughOrigin: flag().default(false).describe('whether the regression goes through the origin, which r2 then takes as its baseline'),
  weightCol,
});
export type RegressionEvaluatorParams = z.input<typeof RegressionEvaluatorParams>;

const FIELDS = {
  mse: 'meanSquaredError',
  rmse: 'rootMeanSquaredError',
  r2: 'r2',
  mae: 'meanAbsoluteError',
  var: 'explainedVariance',
} as const;

/** Judges predicted numbers: `rmse` (default), `mse`, `mae`, for which smaller is better; `r2`, `var` (explained variance), for which larger is. */
export class RegressionEvaluator extends Evaluator<typeof RegressionEvaluatorParams> {
  static readonly type: string = 'org.apache.spark.ml.evaluation.RegressionEvaluator';
  static readonly paramSchema = RegressionEvaluatorParams;

  protected override facts() {
    const { metricName, throughOrigin } = this.params;
    return { metricName, throughOrigin };
  }

  get isLargerBetter(): boolean {
    return this.params.metricName === 'r2' || this.params.metricName === 'var';
  }

  async evaluate(frame: Frame, options: ActionOptions = {}): Promise<number> {
    return this.evaluateThere(frame, options) ?? (await this.getMetrics(frame, options))[FIELDS[this.params.metricName]];
  }

  /** All metrics at once. */
  async getMetrics(frame: Frame, options: ActionOptions = {}): Promise<RegressionMetrics> {
    this.transformSchema(await frameOf(this.owner, frame).schema(options));
    const { predictionCol, labelCol, weightCol, throughOrigin } = this.params;
    const wanted = {
      prediction: { column: predictionCol },
      label: { column: labelCol },
      weight: weightCol ? { column: weightCol, rule: weightNumber } : undefined,
    };
    const { prediction, label, weight } = await readScoredRows(this, frame, wanted, options);
    return regressionMetrics(prediction.values, label.values, weight?.values, { throughOrigin, owner: this.owner });
  }

  protected override outputSchema(schema: Schema): Schema {
    schema.require(this.owner, this.params.predictionCol, 'double', 'float');
    schema.require(this.owner, this.params.labelCol, 'numeric');
    if (this.params.weightCol) schema.require(this.owner, this.params.weightCol, 'numeric');
    return schema;
  }
}
