import type { StageName } from '../engine/stage-name.ts';
import { MlError, show } from '../error.ts';
import { isMatrix, type Matrix } from '../linalg/matrices.ts';
import { isVector, type Vector } from '../linalg/vectors.ts';
import { double, type ParamSchema, param } from '../param/param.ts';
import { ParamMap } from '../param/param-map.ts';
import {
  aggregationDepth,
  elasticNetParam,
  featuresCol,
  fitIntercept,
  labelCol,
  maxBlockSizeInMB,
  maxIter,
  predictionCol,
  probabilityCol,
  rawPredictionCol,
  regParam,
  standardization,
  thresholds,
  tol,
  weightCol,
} from '../param/shared.ts';
import * as z from '../param/zod.ts';
import type { Changes } from '../pipeline/stage.ts';

export type LogisticFamily = 'auto' | 'binomial' | 'multinomial';
const FAMILIES = ['auto', 'binomial', 'multinomial'];

const family = param<LogisticFamily>('string', `one of ${FAMILIES.join(', ')}`, (v) => typeof v === 'string' && FAMILIES.includes(v.toLowerCase()));
const matrix = () => param<Matrix>('matrix', 'a matrix without NaN (Matrices.dense(…))', (v) => isMatrix(v) && !v.toArray().some(Number.isNaN));
const vector = () => param<Vector>('vector', 'a vector without NaN (Vectors.dense(…))', (v) => isVector(v) && !v.toArray().some(Number.isNaN));
const shape = '(1, features) for binomial, (classes, features) for multinomial models';
const size = '1 for binomial, one a class for multinomial models';

/** Params of LogisticRegression and its model, with Spark's names and defaults. */
export const LogisticRegressionParams = z.strictObject({
  featuresCol,
  labelCol,
  predictionCol,
  rawPredictionCol,
  probabilityCol,
  weightCol,
  regParam: regParam.default(0),
  elasticNetParam: elasticNetParam.default(0),
  maxIter: maxIter.default(100),
  tol: tol.default(1e-6),
  fitIntercept,
  standardization,
  family: family.default('auto').describe('label distribution: binomial, multinomial, or auto (binomial up to two classes)'),
  threshold: double({ min: 0, max: 1 })
    .default(0.5)
    .describe('binary models predict 1 where its probability exceeds this, in [0, 1]; the same as thresholds [1 - t, t]'),
  thresholds,
  lowerBoundsOnCoefficients: matrix().optional().describe(`least coefficients, ${shape}`),
  upperBoundsOnCoefficients: matrix().optional().describe(`greatest coefficients, ${shape}`),
  lowerBoundsOnIntercepts: vector().optional().describe(`least intercepts, ${size}`),
  upperBoundsOnIntercepts: vector().optional().describe(`greatest intercepts, ${size}`),
  aggregationDepth,
  maxBlockSizeInMB,
});
export type LogisticRegressionParams = z.input<typeof LogisticRegressionParams>;
type CheckedLogisticParams = Readonly<z.output<typeof LogisticRegressionParams>>;

/** What the checks below need of a stage. */
interface Owner extends StageName {
  readonly params: CheckedLogisticParams;
  isSet(name: string): boolean;
}

/** `threshold` and `thresholds`, when both are set, must say the same. */
export function checkThresholds(stage: Owner): void {
  const { owner, uid, params } = stage;
  const { threshold } = params;
  const both = thresholdsSet(stage);
  if (!both || !stage.isSet('threshold')) return;
  if (both.length !== 2 || !(Math.abs(1 / (1 + both[0] / both[1]) - threshold) < 1e-5)) {
    throw new MlError(
      'PARAM_INVALID',
      `${owner}: threshold and thresholds must agree (thresholds = [1 - threshold, threshold]), got ${threshold} and ${show(both)}; clear one of them`,
      { stage: uid, param: 'thresholds', value: both },
    );
  }
}

/** Fills in which of `threshold` and `thresholds` is not set from the other, as Spark's getters do. */
export function fillThreshold(values: Record<string, unknown>, set: ReadonlyMap<string, unknown>): void {
  const { threshold, thresholds } = values as { threshold: number; thresholds?: readonly number[] };
  if (set.has('threshold')) values.thresholds ??= [1 - threshold, threshold];
  else if (thresholds?.length === 2) values.threshold = 1 / (1 + thresholds[0] / thresholds[1]);
}

/** The `thresholds` that were set themselves: those that only follow from `threshold` mean nothing to more than two classes. */
export function thresholdsSet(stage: Owner): readonly number[] | undefined {
  return stage.isSet('thresholds') ? stage.params.thresholds : undefined;
}

/** Of `threshold` and `thresholds` the one that a copy sets clears the other, as Spark's setters do. */
export function clearOtherThreshold<P extends ParamSchema>(changes: Changes<P>, params: Record<string, unknown>): Record<string, unknown> {
  if (changes instanceof ParamMap) return params;
  const { threshold, thresholds } = changes as { threshold?: unknown; thresholds?: unknown };
  if (threshold !== undefined && thresholds === undefined) delete params.thresholds;
  if (thresholds !== undefined && threshold === undefined) delete params.threshold;
  return params;
}

/** Bounds go with L2 alone, and bounds on intercepts with intercepts; lower ones must not exceed upper ones. */
export function checkBounds({ owner, uid, params }: Owner): void {
  const { elasticNetParam: alpha, fitIntercept: hasIntercept } = params;
  const { lowerBoundsOnCoefficients: lowC, upperBoundsOnCoefficients: highC, lowerBoundsOnIntercepts: lowI, upperBoundsOnIntercepts: highI } = params;
  const fail = (name: string, rule: string) => {
    throw new MlError('PARAM_INVALID', `${owner}: ${rule}`, { stage: uid, param: name });
  };
  if ((lowC || highC || lowI || highI) && alpha !== 0) fail('elasticNetParam', `elasticNetParam must be 0 with bounds (L2 only), got ${alpha}`);
  if ((lowI || highI) && !hasIntercept) fail('lowerBoundsOnIntercepts', 'bounds on intercepts must be left out when fitIntercept is false');
  if (lowC && highC) {
    if (lowC.numRows !== highC.numRows || lowC.numCols !== highC.numCols) {
      fail(
        'lowerBoundsOnCoefficients',
        `lower and upper bounds on coefficients must have one shape, got (${lowC.numRows}, ${lowC.numCols}) and (${highC.numRows}, ${highC.numCols})`,
      );
    }
    if (isAbove(lowC.toArray(), highC.toArray()))
      fail('lowerBoundsOnCoefficients', 'lowerBoundsOnCoefficients must not exceed upperBoundsOnCoefficients');
  }
  if (lowI && highI) {
    if (lowI.size !== highI.size)
      fail('lowerBoundsOnIntercepts', `lower and upper bounds on intercepts must have one size, got ${lowI.size} and ${highI.size}`);
    if (isAbove(lowI.toArray(), highI.toArray())) fail('lowerBoundsOnIntercepts', 'lowerBoundsOnIntercepts must not exceed upperBoundsOnIntercepts');
  }
}

function isAbove(low: Float64Array, high: Float64Array): boolean {
  return low.some((v, i) => v > high[i]);
}
