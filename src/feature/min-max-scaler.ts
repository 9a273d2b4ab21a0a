import type { Binder, Step } from '../block/binder.ts';
import { type Column, type DensePart, formLike, type VectorColumn, writeDenseRow } from '../block/column.ts';
import type { TrainingContext } from '../engine/engine.ts';
import { MlError } from '../error.ts';
import type { Schema } from '../frame/schema.ts';
import { javaDouble } from '../linalg/format.ts';
import { isVector, type Vector, Vectors } from '../linalg/vectors.ts';
import { double } from '../param/param.ts';
import { inputCol, outputCol } from '../param/shared.ts';
import * as z from '../param/zod.ts';
import type { Codec } from '../persistence/codec.ts';
import { Estimator } from '../pipeline/estimator.ts';
import { Model } from '../pipeline/model.ts';
import type { Site } from './invalid-value.ts';
import { checkVectors, forEachNonzero, refuseOverflow, type ScalerSummary, scaledSchema, summarize } from './scaling.ts';

/** Params of MinMaxScaler and its model. */
export const MinMaxScalerParams = z
  .strictObject({
    inputCol,
    outputCol,
    min: double().default(0).describe('lower end of the output range'),
    max: double().default(1).describe('upper end of the output range'),
  })
  .refine((p) => p.min < p.max, { path: ['max'], message: 'must be greater than min' });
export type MinMaxScalerParams = z.input<typeof MinMaxScalerParams>;

/** State of a {@link MinMaxScalerModel}: the extremes of each feature, each of length d. */
export interface MinMaxScalerState {
  readonly originalMin: Float64Array;
  readonly originalMax: Float64Array;
}

/**
 * Rescales each feature linearly to `[min, max]`:
 *
 *     x' = (x - lo) · ((max - min) / (hi - lo)) + min
 *
 * `lo` and `hi` are that feature's extremes over the fitted rows. A feature that does not vary maps to the middle of the range.
 * NaN is skipped by `fit` and kept by `transform`.
 */
export class MinMaxScaler extends Estimator<typeof MinMaxScalerParams, MinMaxScalerModel> {
  static readonly type: string = 'org.apache.spark.ml.feature.MinMaxScaler';
  static readonly paramSchema = MinMaxScalerParams;

  protected outputSchema(schema: Schema): Schema {
    return scaledSchema(this, schema);
  }

  protected async train(context: TrainingContext): Promise<MinMaxScalerModel> {
    const site = { owner: this.owner, stage: this.uid, column: this.getOrDefault('inputCol') };
    const state = (await summarize(site, context, Extremes)).result();
    // A slot of NaN alone keeps the starting values, whose difference overflows the same way.
    const overflown = [...state.originalMin.keys()].filter((j) => state.originalMax[j] - state.originalMin[j] === Number.POSITIVE_INFINITY);
    await refuseOverflow(site, context, overflown);
    return this.model(MinMaxScalerModel, state);
  }
}

/** Extremes over the nonzero values, with the zeros added at the end. A slot of NaN alone keeps the starting values, as in Spark. */
class Extremes implements ScalerSummary {
  readonly size: number;
  #rows = 0;
  readonly #nonzeros: Float64Array;
  readonly #min: Float64Array;
  readonly #max: Float64Array;

  constructor(size: number) {
    this.size = size;
    this.#nonzeros = new Float64Array(size);
    this.#min = new Float64Array(size).fill(Number.MAX_VALUE);
    this.#max = new Float64Array(size).fill(-Number.MAX_VALUE);
  }

  add(vectors: VectorColumn, rows: number): void {
    const nonzeros = this.#nonzeros;
    const min = this.#min;
    const max = this.#max;
    forEachNonzero(vectors, rows, (j, x) => {
      if (x < min[j]) min[j] = x;
      if (x > max[j]) max[j] = x;
      nonzeros[j]++;
    });
    this.#rows += rows;
  }

  result(): MinMaxScalerState {
    const hasZeros = (j: number) => this.#nonzeros[j] < this.#rows;
    return {
      originalMin: this.#min.map((x, j) => (hasZeros(j) && x > 0 ? 0 : x)),
      originalMax: this.#max.map((x, j) => (hasZeros(j) && x < 0 ? 0 : x)),
    };
  }
}

const codec: Codec<MinMaxScalerState> = {
  columns: { originalMin: 'vector', originalMax: 'vector' },
  encode: ({ originalMin, originalMax }) => [[Vectors.dense(originalMin).compressed, Vectors.dense(originalMax).compressed]],
  decode(rows) {
    const [min, max] = rows[0] ?? [];
    if (rows.length !== 1 || !isVector(min) || !isVector(max) || min.size !== max.size) {
      throw new MlError('MODEL_FORMAT', 'MinMaxScalerModel: data must hold one row with the vectors originalMin and originalMax, of one size');
    }
    return { originalMin: min.toArray(), originalMax: max.toArray() };
  },
};

/** Fitted by {@link MinMaxScaler}. */
export class MinMaxScalerModel extends Model<typeof MinMaxScalerParams, MinMaxScalerState> {
  static readonly type: string = 'org.apache.spark.ml.feature.MinMaxScalerModel';
  static readonly paramSchema = MinMaxScalerParams;
  static readonly codec = codec;

  /** Least value of each feature. */
  get originalMin(): Vector {
    return Vectors.dense(this.state.originalMin).compressed;
  }

  /** Largest value of each feature. */
  get originalMax(): Vector {
    return Vectors.dense(this.state.originalMax).compressed;
  }

  bind(binder: Binder): void {
    const column = this.getOrDefault('inputCol');
    const { originalMin: lo, originalMax } = this.state;
    const { min, max, outputCol: output } = this.params;
    const factors = lo.map((l, j) => (originalMax[j] - l === 0 ? 0 : (max - min) / (originalMax[j] - l)));
    const args: RescaleArgs = { owner: this.owner, stage: this.uid, column, lo, factors, min, middle: (min + max) / 2 };
    binder.step(import.meta.url, rescale, args, [binder.vectors(column)], [output]);
  }

  protected override facts() {
    const { min, max } = this.params;
    return { numFeatures: this.state.originalMin.length, min: javaDouble(min), max: javaDouble(max) };
  }

  protected outputSchema(schema: Schema): Schema {
    return scaledSchema(this, schema, this.state.originalMin.length);
  }
}

interface RescaleArgs extends Site {
  readonly lo: Float64Array;
  /** 0 for a feature that does not vary. */
  readonly factors: Float64Array;
  readonly min: number;
  readonly middle: number;
}

/** Vectors → `(x - lo) · factor + min`: in the form of the input where 0 stays 0 in all slots, else dense. */
export function rescale(args: RescaleArgs): Step {
  const { lo, factors, min, middle } = args;
  const size = lo.length;
  const part: DensePart = { kind: 'dense', size, values: new Float64Array(0) };
  const out: VectorColumn = { kind: 'vectors', size, parts: [part], valid: null };
  const outputs: readonly Column[] = [out];
  const keepsZeros = lo.every((l, j) => (factors[j] !== 0 ? -l * factors[j] + min : middle) === 0);
  return ([input], block) => {
    const vectors = input as VectorColumn;
    checkVectors(args, vectors, block, size);
    out.form = keepsZeros ? formLike(vectors, block.rows) : undefined;
    if (part.values.length < block.rows * size) part.values = new Float64Array(block.rows * size);
    const { values } = part;
    for (let i = 0, p = 0; i < block.rows; i++) {
      writeDenseRow(vectors, i, values, p);
      for (let j = 0; j < size; j++, p++) {
        const x = values[p];
        if (!Number.isNaN(x)) values[p] = factors[j] !== 0 ? (x - lo[j]) * factors[j] + min : middle;
      }
    }
    return outputs;
  };
}
