import type { RemoteSummary } from '../engine/engine.ts';
import { col } from '../frame/column.ts';
import type { ActionOptions } from '../frame/executor.ts';
import type { Frame } from '../frame/frame.ts';
import { count, sum } from '../frame/functions/aggregate.ts';
import { areaUnder, type Curve, fMeasure } from '../stat/binary-metrics.ts';
import { MulticlassMetrics } from '../stat/multiclass-metrics.ts';
import type { BinaryCurves, MetricsSource } from './classification-summary.ts';
import type { SummaryColumns } from './summary-columns.ts';

/** The metrics of a model on the rows that a cluster fitted it to; the cluster counts, and only counts and curves are fetched. */
export function metricsThere(columns: SummaryColumns, predictions: () => Frame, numClasses: number, summary: RemoteSummary): MetricsSource {
  return async (options) => {
    await summary.value('totalIterations', options); // fails where the model is no longer kept, and before any work
    const curves = numClasses <= 2 ? curvesThere(summary, options) : null;
    const [classes, points] = await Promise.all([countsThere(columns, predictions(), options), curves]);
    return { classes, curves: points };
  };
}

/** How often which class was predicted for which. */
async function countsThere({ labelCol, predictionCol, weightCol }: SummaryColumns, frame: Frame, options: ActionOptions): Promise<MulticlassMetrics> {
  const label = col(labelCol).cast('double').alias('label');
  const weight = weightCol ? sum(weightCol) : count('prediction');
  const kept = frame.select(label, col(predictionCol).alias('prediction'), ...(weightCol ? [col(weightCol)] : []));
  const cells = await kept.groupBy('label', 'prediction').agg(weight.alias('rows')).collect(options);
  const numbers = (name: string) => Float64Array.from(cells, (cell) => Number(cell[name]));
  return new MulticlassMetrics(numbers('prediction'), numbers('label'), numbers('rows'));
}

/** Spark thins its curves partition by partition. */
async function curvesThere(summary: RemoteSummary, options: ActionOptions): Promise<BinaryCurves> {
  const curve = async (method: string): Promise<Curve> =>
    (await summary.rows(method, options)).map((row) => Object.values(row).map(Number) as [number, number]);
  const [roc, pr, precisionByThreshold, recallByThreshold] = await Promise.all(['roc', 'pr', 'precisionByThreshold', 'recallByThreshold'].map(curve));
  return {
    roc,
    areaUnderROC: areaUnder(roc),
    pr,
    precisionByThreshold,
    recallByThreshold,
    fMeasureByThreshold: (beta = 1) =>
      precisionByThreshold.map(([threshold, precision], i) => [threshold, fMeasure(precision, recallByThreshold[i][1], beta)]),
  };
}
