import { log, log1p } from '../kernels/js/math.ts';
import { dot } from '../optim/arrays.ts';
import { type Minimum, minimize, type Objective } from '../optim/minimize.ts';

/** What the rows say before a fit: weighted means, standard deviations (unbiased), and the weight of each class. */
interface LogisticData {
  readonly mean: Float64Array;
  readonly std: Float64Array;
  /** Σ weight of the rows of class c, for c = 0 … numClasses-1. */
  readonly classWeights: Float64Array;
}

/** The params that shape the objective. Bounds are (sets, d) row-major, or one a set; ±Infinity where there is none. */
export interface LogisticSettings {
  readonly multinomial: boolean;
  readonly fitIntercept: boolean;
  readonly standardization: boolean;
  readonly regParam: number;
  readonly elasticNetParam: number;
  readonly maxIter: number;
  readonly tol: number;
  readonly lowerCoefficients?: Float64Array;
  readonly upperCoefficients?: Float64Array;
  readonly lowerIntercepts?: Float64Array;
  readonly upperIntercepts?: Float64Array;
}

/**
 * Sums the loss over all rows at these coefficients ((sets, d) row-major) and intercepts, in the units of the data; writes the sum's
 * gradient into `gradient` (as `coefficients`) and `interceptGradient`.
 */
export type LogisticSums = (coefficients: Float64Array, intercepts: Float64Array, gradient: Float64Array, interceptGradient: Float64Array) => number;

/** Coefficients ((sets, d) row-major) and intercepts in the units of the data, and how the search went. */
export interface LogisticSolution extends Pick<Minimum, 'history' | 'converged' | 'reason'> {
  coefficients: Float64Array;
  intercepts: Float64Array;
}

/**
 * Minimises, over one coefficient set (binomial) or one a class (multinomial),
 *
 *     Σ weight · loss / Σ weight + regParam · ((1 - elasticNetParam) / 2 · ‖u‖² + elasticNetParam · ‖u‖₁)
 *
 * where u are the coefficients of the features divided by their standard deviations (`standardization`), or of the features as they
 * are. The search runs on divided and, where the intercept is free, centred features either way, as in Spark; both are folded into
 * the coefficients, the data stays as it is. Intercepts bear no penalty. A constant feature gets coefficient 0.
 */
export function solveLogistic(
  data: LogisticData,
  settings: LogisticSettings,
  sums: LogisticSums,
  onIteration?: (iteration: number, value: number) => void,
): LogisticSolution {
  const { mean, std, classWeights } = data;
  const { multinomial, fitIntercept, standardization, regParam, elasticNetParam, maxIter, tol } = settings;
  const d = mean.length;
  const sets = multinomial ? classWeights.length : 1;
  const inverseStd = std.map((s) => (s === 0 ? 0 : 1 / s));
  const scaledMean = mean.map((m, j) => m * inverseStd[j]);
  const box = bounds(settings, std, sets);
  const centred =
    fitIntercept && isFree(settings.lowerIntercepts, Number.NEGATIVE_INFINITY) && isFree(settings.upperIntercepts, Number.POSITIVE_INFINITY);

  const start = new Float64Array(sets * (d + (fitIntercept ? 1 : 0)));
  if (fitIntercept) start.set(multinomial ? multinomialPriors(classWeights) : binomialPrior(classWeights), sets * d);
  if (box) for (let i = 0; i < start.length; i++) start[i] = Math.min(Math.max(start[i], box.lower[i]), box.upper[i]);
  if (centred) shiftIntercepts(start, scaledMean, sets, 1);

  const l2 = (1 - elasticNetParam) * regParam;
  const l1 = elasticNetParam * regParam;
  const penaltyScale = standardization ? std.map(() => 1) : inverseStd;
  const total = classWeights.reduce((a, b) => a + b, 0);
  const loss = scaledLoss(sums, { inverseStd, scaledMean: centred ? scaledMean : null, sets, fitIntercept, total });
  const objective: Objective = l2 === 0 ? loss : (x, gradient) => loss(x, gradient) + addRidge(x, gradient, penaltyScale, sets, l2);
  const { x, history, converged, reason } = minimize(objective, start, {
    maxIter,
    tol,
    l1: l1 === 0 ? undefined : start.map((_, i) => (i < sets * d ? l1 * penaltyScale[Math.floor(i / sets)] : 0)),
    ...box,
    onIteration,
  });

  if (centred) shiftIntercepts(x, scaledMean, sets, -1);
  const coefficients = new Float64Array(sets * d);
  for (let j = 0; j < d; j++) for (let c = 0; c < sets; c++) coefficients[c * d + j] = std[j] === 0 ? 0 : x[j * sets + c] / std[j];
  const intercepts = fitIntercept ? x.slice(sets * d) : new Float64Array(sets);
  if (multinomial && !box) {
    if (regParam === 0) for (let j = 0; j < d; j++) centre(coefficients, j, d);
    if (fitIntercept) centre(intercepts, 0, 1);
  }
  return { coefficients, intercepts, history, converged, reason };
}

/** True for the params that ask for the bounded search. */
export function isBounded({ lowerCoefficients, upperCoefficients, lowerIntercepts, upperIntercepts }: LogisticSettings): boolean {
  return [lowerCoefficients, upperCoefficients, lowerIntercepts, upperIntercepts].some((b) => b !== undefined);
}

/**
 * The mean loss as the search sees it: `x[j · sets + c]` belongs to feature j divided by its deviation, in set c; intercepts come
 * last. With `scaledMean` the features are centred too, which moves the intercepts by `Σ x · scaledMean`.
 */
function scaledLoss(
  sums: LogisticSums,
  {
    inverseStd,
    scaledMean,
    sets,
    fitIntercept,
    total,
  }: { inverseStd: Float64Array; scaledMean: Float64Array | null; sets: number; fitIntercept: boolean; total: number },
): Objective {
  const d = inverseStd.length;
  const coefficients = new Float64Array(sets * d);
  const gradient = new Float64Array(sets * d);
  const intercepts = new Float64Array(sets);
  const multipliers = new Float64Array(sets);
  return (x, out) => {
    for (let c = 0; c < sets; c++) {
      let shift = 0;
      for (let j = 0; j < d; j++) {
        coefficients[c * d + j] = x[j * sets + c] * inverseStd[j];
        if (scaledMean) shift += x[j * sets + c] * scaledMean[j];
      }
      intercepts[c] = fitIntercept ? x[sets * d + c] - shift : 0;
    }
    gradient.fill(0);
    multipliers.fill(0);
    const loss = sums(coefficients, intercepts, gradient, multipliers);
    for (let j = 0; j < d; j++) {
      const mean = scaledMean ? scaledMean[j] : 0;
      for (let c = 0; c < sets; c++) out[j * sets + c] = (gradient[c * d + j] * inverseStd[j] - mean * multipliers[c]) / total;
    }
    if (fitIntercept) for (let c = 0; c < sets; c++) out[sets * d + c] = multipliers[c] / total;
    return loss / total;
  };
}

/** Adds the ridge penalty's gradient, returns its value: `l2 / 2 · Σ (x · scale)²`, intercepts left out. */
function addRidge(x: Float64Array, gradient: Float64Array, scale: Float64Array, sets: number, l2: number): number {
  let sum = 0;
  for (let i = 0; i < scale.length * sets; i++) {
    const s = scale[Math.floor(i / sets)];
    const slope = x[i] * s * s;
    sum += x[i] * slope;
    gradient[i] += l2 * slope;
  }
  return 0.5 * l2 * sum;
}

/** Intercepts += sign · Σ coefficient · mean: from the problem as posed to the centred one, or back. */
function shiftIntercepts(x: Float64Array, scaledMean: Float64Array, sets: number, sign: number): void {
  const d = scaledMean.length;
  const own = new Float64Array(d);
  for (let c = 0; c < sets; c++) {
    for (let j = 0; j < d; j++) own[j] = x[j * sets + c];
    x[sets * d + c] += sign * dot(own, scaledMean);
  }
}

/** log odds of the classes; with one class, which only a bounded search meets, those of log(1 + weight), as infinity is no place to start from. */
function binomialPrior(classWeights: Float64Array): number[] {
  const [zeros, ones] = [classWeights[0], classWeights[1] ?? 0];
  return [zeros > 0 && ones > 0 ? log(ones / zeros) : log1p(ones) - log1p(zeros)];
}

/** Centred log(1 + weight of the class); 0 for those beyond the last that has rows, which Spark does not count. */
function multinomialPriors(classWeights: Float64Array): Float64Array {
  const priors = classWeights.map(log1p);
  centre(priors.subarray(0, classWeights.findLastIndex((w) => w > 0) + 1), 0, 1);
  return priors;
}

/** Bounds in the order and units of the search; undefined when no bound is set. A bound of a constant feature holds nothing unless it is 0. */
function bounds(settings: LogisticSettings, std: Float64Array, sets: number): { lower: Float64Array; upper: Float64Array } | undefined {
  if (!isBounded(settings)) return undefined;
  const { fitIntercept, lowerCoefficients, upperCoefficients, lowerIntercepts, upperIntercepts } = settings;
  const d = std.length;
  const side = (coefficients: Float64Array | undefined, intercepts: Float64Array | undefined, none: number) => {
    const out = new Float64Array(sets * (d + (fitIntercept ? 1 : 0))).fill(none);
    if (coefficients) {
      for (let j = 0; j < d; j++) {
        for (let c = 0; c < sets; c++) {
          const bound = coefficients[c * d + j];
          out[j * sets + c] = Number.isFinite(bound) ? bound * std[j] : bound;
        }
      }
    }
    if (intercepts && fitIntercept) out.set(intercepts, sets * d);
    return out;
  };
  return {
    lower: side(lowerCoefficients, lowerIntercepts, Number.NEGATIVE_INFINITY),
    upper: side(upperCoefficients, upperIntercepts, Number.POSITIVE_INFINITY),
  };
}

function isFree(intercepts: Float64Array | undefined, none: number): boolean {
  return intercepts === undefined || intercepts.every((b) => b === none);
}

/** Subtracts the mean of `values[offset], values[offset + stride], …`. */
function centre(values: Float64Array, offset: number, stride: number): void {
  let sum = 0;
  let count = 0;
  for (let i = offset; i < values.length; i += stride, count++) sum += values[i];
  for (let i = offset; i < values.length; i += stride) values[i] -= sum / count;
}
