import type { VectorColumn } from '../block/column.ts';
import { writeDenseRow } from '../block/column.ts';
import { Numbers } from '../block/growing-numbers.ts';
import type { Engine } from '../engine/engine.ts';
import { MlError, show } from '../error.ts';
import type { ActionOptions } from '../frame/executor.ts';
import { Frame } from '../frame/frame.ts';
import type { LocalTable } from '../frame/plan.ts';
import { Schema } from '../frame/schema.ts';
import { DenseVector } from '../linalg/vectors.ts';
import type { ParamSchema } from '../param/param.ts';
import type { Evaluator } from '../pipeline/evaluator.ts';
import { frameOf, Transformer } from '../pipeline/transformer.ts';
import type { PredictionModel } from '../predictor/prediction-model.ts';
import { Random } from '../random.ts';
import { readScoredRows } from './scored-rows.ts';

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
 * `frame`, for each feature in turn. Works with any model of a vector column and any evaluator. The rows' features are held in memory; take a sample
 * of a large frame.
 */
export async function permutationImportance(
  // biome-ignore lint/suspicious/noExplicitAny: models of all params and states
  model: PredictionModel<any, any>,
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
  const rows = await readRows(owner, model, frameOf(owner, frame), evaluator, options);
  const score = (features: Float64Array) => evaluator.evaluate(model.transform(rows.withFeatures(features)), options);
  const whole = await score(rows.features);
  const { count, size } = rows;
  const importances: PermutationImportance[] = [];
  for (const [j, name] of model.featureNames.entries()) {
    const values: number[] = [];
    for (let repeat = 0; repeat < repeats; repeat++) {
      const features = rows.features.slice();
      // Fisher and Yates.
      for (let i = count - 1; i > 0; i--) {
        const k = random.nextInt(i + 1);
        const held = features[i * size + j];
        features[i * size + j] = features[k * size + j];
        features[k * size + j] = held;
      }
      const permuted = await score(features);
      values.push(evaluator.isLargerBetter ? whole - permuted : permuted - whole);
    }
    const mean = values.reduce((a, b) => a + b, 0) / repeats;
    const variance = values.reduce((a, b) => a + (b - mean) ** 2, 0) / repeats;
    importances.push({ name, mean, standardDeviation: Math.sqrt(variance), values });
  }
  return importances;
}

interface Rows {
  readonly count: number;
  readonly size: number;
  /** Row-major. */
  readonly features: Float64Array;
  withFeatures(features: Float64Array): Frame;
}

/** The model's features and the numeric columns that the evaluator names. */
async function readRows(
  owner: string,
  // biome-ignore lint/suspicious/noExplicitAny: models of all params and states
  model: PredictionModel<any, any>,
  frame: Frame,
  evaluator: Evaluator<ParamSchema>,
  options: ActionOptions,
): Promise<Rows> {
  const stage = { owner, uid: model.uid };
  const { featuresCol } = model.params as { featuresCol: string };
  const { labelCol, weightCol } = evaluator.params as { labelCol?: string; weightCol?: string };
  const schema = await frame.schema(options);
  const field = schema.require(owner, featuresCol, 'vector');
  const names = [...new Set([labelCol, weightCol].filter((name): name is string => Boolean(name)))];
  const fields = names.map((name) => schema.require(owner, name, 'numeric'));
  const wanted = Object.fromEntries(names.map((name, k) => [`column${k}`, { column: name }]));
  const numbers = names.length > 0 ? await readScoredRows(stage, frame, wanted, options) : {};
  const size = model.numFeatures;
  const found = new Numbers();
  await (frame.executor as Engine).train(frame.plan, stage, options, (context) =>
    context.scan([featuresCol], ({ rows, firstRow, columns: [column] }) => {
      const vectors = column as VectorColumn;
      for (let i = 0; i < rows; i++) {
        if (vectors.valid?.[i] !== 0 && vectors.size === size) continue;
        const got = vectors.valid?.[i] === 0 ? 'null' : `one of ${vectors.size}`;
        throw new MlError(
          'VALUE_INVALID',
          `${owner}: column ${show(featuresCol)} must hold vectors of ${size} slots, row ${firstRow + i} has ${got}`,
          {
            column: featuresCol,
            row: firstRow + i,
          },
        );
      }
      const block = found.extend(rows * size);
      for (let i = 0; i < rows; i++) writeDenseRow(vectors, i, block, i * size);
    }),
  );
  const features = found.done();
  const count = features.length / size;
  const others = names.map((_, k) => (numbers as Record<string, { values: Float64Array }>)[`column${k}`].values);
  return {
    count,
    size,
    features,
    withFeatures(values) {
      const vectors = Array.from({ length: count }, (_, i) => new DenseVector(values.subarray(i * size, (i + 1) * size)));
      const doubles = fields.map((old) => ({ ...old, type: { kind: 'double' as const } }));
      const table: LocalTable = { schema: new Schema([field, ...doubles]), rows: count, partitions: null, columns: [vectors, ...others] };
      return new Frame(frame.executor, { op: 'local', table });
    },
  };
}
