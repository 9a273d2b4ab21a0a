import { MlError } from '../error.ts';

/** How far predictions lie from labels, all weighted; as Spark's `RegressionMetrics`. */
export interface RegressionMetrics {
  /** `Σ w (y - ŷ)² / Σ w`. */
  readonly meanSquaredError: number;
  /** The root of {@link meanSquaredError}. */
  readonly rootMeanSquaredError: number;
  /** `Σ w |y - ŷ| / Σ w`. */
  readonly meanAbsoluteError: number;
  /** `1 - Σ w (y - ŷ)² / ((Σ w - 1) · variance(y))`, the variance being the unbiased one; through the origin `1 - Σ w (y - ŷ)² / Σ w y²`. */
  readonly r2: number;
  /** `Σ w (ŷ - mean(y))² / Σ w`. */
  readonly explainedVariance: number;
}

/** `weights` absent: all 1; rows of weight 0 change nothing. */
export function regressionMetrics(
  predictions: Float64Array,
  labels: Float64Array,
  weights?: Float64Array,
  { throughOrigin = false, owner = 'regressionMetrics' }: { throughOrigin?: boolean; owner?: string } = {},
): RegressionMetrics {
  if (predictions.length !== labels.length || (weights && weights.length !== labels.length)) {
    throw new MlError(
      'VALUE_INVALID',
      `regressionMetrics: predictions, labels and weights must have one entry a row, got ${predictions.length}, ${labels.length}, ${weights?.length ?? labels.length}`,
    );
  }
  const n = labels.length;
  const weightOf = (i: number) => (weights ? weights[i] : 1);
  let total = 0;
  let squaredWeights = 0;
  let sum = 0;
  for (let i = 0; i < n; i++) {
    const w = weightOf(i);
    if (w === 0) continue;
    total += w;
    squaredWeights += w * w;
    sum += w * labels[i];
  }
  if (!(total > 0)) throw new MlError('EMPTY_DATASET', `${owner}: there must be at least one row of positive weight, got none`);
  const mean = sum / total;
  let squares = 0;
  let deviations = 0;
  let errors = 0;
  let absolute = 0;
  let regression = 0;
  for (let i = 0; i < n; i++) {
    const w = weightOf(i);
    if (w === 0) continue;
    const y = labels[i];
    squares += w * y * y;
    deviations += w * (y - mean) ** 2;
    errors += w * (y - predictions[i]) ** 2;
    absolute += w * Math.abs(y - predictions[i]);
    regression += w * (predictions[i] - mean) ** 2;
  }
  const freedom = total - squaredWeights / total;
  const variance = freedom > 0 ? deviations / freedom : 0;
  return {
    meanSquaredError: errors / total,
    rootMeanSquaredError: Math.sqrt(errors / total),
    meanAbsoluteError: absolute / total,
    r2: 1 - errors / (throughOrigin ? squares : variance * (total - 1)),
    explainedVariance: regression / total,
  };
}
