import type { TrainingContext, TrainingSet } from '../engine/engine.ts';
import type { FitContext } from '../engine/local/workers/contract.ts';
import type { StageName } from '../engine/stage-name.ts';
import { MlError, show } from '../error.ts';
import type { LinearArgs } from '../kernels/contract.ts';
import { linearAggregator } from '../kernels/linear.ts';
import { momentsAggregator } from '../kernels/moments.ts';
import { type LogisticSettings, type LogisticSolution, type LogisticSums, solveLogistic } from './logistic-problem.ts';

/** Plain data that goes to the workers. */
interface LogisticFitArgs {
  readonly settings: LogisticSettings;
  readonly classWeights: Float64Array;
  /** 1 for each feature that has one value in all rows: its deviation is 0, whatever rounding makes of it. */
  readonly constant: Uint8Array;
  /** For messages. */
  readonly stage: StageName & { readonly featuresCol: string };
  readonly featureNames: readonly string[];
}

/** Fits on the workers; the training set stays the caller's. */
export function fitLogistic(context: TrainingContext, set: TrainingSet, args: LogisticFitArgs): Promise<LogisticSolution> {
  const linear: LinearArgs = { ...set.layout, numClasses: args.classWeights.length };
  const loss = args.settings.multinomial ? 'multinomialLogistic' : 'binaryLogistic';
  const aggregators = { moments: momentsAggregator(linear), loss: linearAggregator(loss, linear) };
  const task = { module: import.meta.url, name: 'runLogistic', local: runLogistic, aggregators };
  return context.solve(task, set, args);
}

/** The fit itself, on the leading worker: one pass for means and deviations, then one for each evaluation of the objective. */
export function runLogistic(ctx: FitContext, args: LogisticFitArgs): LogisticSolution {
  const { settings, classWeights, constant } = args;
  const d = constant.length;
  const moments = ctx.aggregate('moments'); // [rows, Σ w, Σ w², mean (d), Σ w (x - mean)² (d)]
  const mean = moments.slice(3, 3 + d);
  const freedom = moments[1] - moments[2] / moments[1];
  const std = moments.slice(3 + d).map((m2, j) => (constant[j] === 0 && freedom > 0 ? Math.sqrt(m2 / freedom) : 0));
  requireFinite(args, mean, std);
  const sums: LogisticSums = (coefficients, intercepts, gradient, interceptGradient) => {
    const input = new Float64Array(coefficients.length + intercepts.length);
    input.set(coefficients);
    input.set(intercepts, coefficients.length);
    const output = ctx.aggregate('loss', input);
    gradient.set(output.subarray(2, 2 + gradient.length));
    interceptGradient.set(output.subarray(2 + gradient.length));
    return output[0];
  };
  return solveLogistic({ mean, std, classWeights }, settings, sums, (iteration, objective) => ctx.report({ iteration, objective }));
}

/** Finite features whose squares overflow would end in coefficients of NaN. */
function requireFinite({ stage, featureNames }: LogisticFitArgs, mean: Float64Array, std: Float64Array): void {
  const j = mean.findIndex((m, i) => !Number.isFinite(m) || !Number.isFinite(std[i]));
  if (j < 0) return;
  const { owner, uid, featuresCol } = stage;
  throw new MlError(
    'VALUE_INVALID',
    `${owner}: column ${show(featuresCol)} must hold numbers whose squares add up to a finite number, those of ${show(featureNames[j])} do not; divide them by 1e150 or more`,
    { stage: uid, column: featuresCol, feature: featureNames[j] },
  );
}
