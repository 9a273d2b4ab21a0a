import { MlError, show } from '../error.ts';
import type { ActionOptions } from '../frame/executor.ts';
import type { Frame } from '../frame/frame.ts';
import type { ParamSchema } from '../param/param.ts';
import type { Evaluator } from '../pipeline/evaluator.ts';
import type { AnyTransformer } from '../pipeline/pipeline.ts';
import { frameOf, Transformer } from '../pipeline/transformer.ts';
import { PredictionModel } from '../predictor/prediction-model.ts';
import { Random } from '../random.ts';
import { readFeatureSlots, readInputColumns } from './permutable-rows.ts';

/** What `permutationImportance` takes besides model, frame and evaluator. */
export interface PermutationOptions extends ActionOptions {
  /** How often each feature is permuted; default 5. */
  repeats?: number;
  /** Default 0. */
  seed?: number | bigint;
}

/** How much worse the metric gets when a feature's values are permuted among the rows. */
export interface PermutationImportance {
  /** The feature's. */
  readonly name: string;
  /** Mean over the repeats; below 0 where the permuted values did better. */
  readonly mean: number;
  /** Over the repeats (of the population). */
  readonly standardDeviation: number;
  /** One a repeat. */
  readonly values: readonly number[];
}

/**
 * Permutation importance (Breiman 2001): by how much the evaluator's metric gets worse when one feature's values are permuted among the rows of
 * `frame`, for each feature in turn. Of a model of a vector column the features are the slots of its vectors; of any other transformer, a fitted
 * pipeline above all, they are the columns that it reads, but for those of which it makes the label and the weight. Works with any evaluator. The
 * rows are held in memory; take a sample of a large frame.
 */
export async function permutationImportance(
  model: AnyTransformer,
  frame: Frame,
  evaluator: Evaluator<ParamSchema>,
  { repeats = 5, seed = 0, ...options }: PermutationOptions = {},
): Promise<PermutationImportance[]> {
  const owner = 'permutationImportance';
  if (!Number.isInteger(repeats) || repeats < 1) {
    throw new MlError('PARAM_INVALID', `${owner}: repeats must be an integer >= 1, got ${show(repeats)}`, { param: 'repeats', value: repeats });
  }
  if (!(model instanceof Transformer))
    throw new MlError('PARAM_INVALID', `${owner}: model must be a fitted model, got ${show(model)}`, { param: 'model' });
  const random = new Random(seed);
  const rows =
    model instanceof PredictionModel
      ? await readFeatureSlots(owner, model, frameOf(owner, frame), evaluator, options)
      : await readInputColumns(owner, model, frameOf(owner, frame), evaluator, options);
  const score = (permuted: Frame) => evaluator.evaluate(model.transform(permuted), options);
  const whole = await score(rows.frame());
  const importances: PermutationImportance[] = [];
  for (const [j, name] of rows.names.entries()) {
    const values: number[] = [];
    for (let repeat = 0; repeat < repeats; repeat++) {
      const permuted = await score(rows.frame(j, shuffled(rows.count, random)));
      values.push(evaluator.isLargerBetter ? whole - permuted : permuted - whole);
    }
    const mean = values.reduce((a, b) => a + b, 0) / repeats;
    const variance = values.reduce((a, b) => a + (b - mean) ** 2, 0) / repeats;
    importances.push({ name, mean, standardDeviation: Math.sqrt(variance), values });
  }
  return importances;
}

/** The numbers below `count` in an order drawn by Fisher and Yates. */
function shuffled(count: number, random: Random): Uint32Array {
  const order = Uint32Array.from({ length: count }, (_, i) => i);
  for (let i = count - 1; i > 0; i--) {
    const k = random.nextInt(i + 1);
    [order[i], order[k]] = [order[k], order[i]];
  }
  return order;
}
