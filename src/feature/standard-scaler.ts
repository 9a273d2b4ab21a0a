import type { Binder, Step } from '../block/binder.ts';
import { type Column, type DensePart, type VectorColumn, type VectorPart, writeDenseRow } from '../block/column.ts';
import type { TrainingContext } from '../engine/engine.ts';
import { MlError } from '../error.ts';
import type { Schema } from '../frame/schema.ts';
import { isVector, type Vector, Vectors } from '../linalg/vectors.ts';
import { flag } from '../param/param.ts';
import { inputCol, outputCol } from '../param/shared.ts';
import * as z from '../param/zod.ts';
import type { Codec } from '../persistence/codec.ts';
import { Estimator } from '../pipeline/estimator.ts';
import { Model } from '../pipeline/model.ts';
import type { Site } from './invalid-value.ts';
import { checkVectors, forEachNonzero, refuseOverflow, type ScalerSummary, scaledSchema, summarize } from './scaling.ts';

/** Params of StandardScaler and its model. */
export const StandardScalerParams = z.strictObject({
  inputCol,
  outputCol,
  withMean: flag().default(false).describe('whether to subtract the mean first; the vectors become dense'),
  withStd: flag().default(true).describe('whether to divide by the standard deviation'),
});
export type StandardScalerParams = z.input<typeof StandardScalerParams>;

/** State of a {@link StandardScalerModel}, each of length d. */
export interface StandardScalerState {
  readonly std: Float64Array;
  readonly mean: Float64Array;
}

/**
 * Scales each feature to unit standard deviation (that of the sample: n - 1) and, with `withMean`, to mean 0:
 *
 *     x' = (x - mean) · (1 / std)
 *
 * A feature that does not vary becomes 0.
 */
export class StandardScaler extends Estimator<typeof StandardScalerParams, StandardScalerModel> {
  static readonly type: string = 'org.apache.spark.ml.feature.StandardScaler';
  static readonly paramSchema = StandardScalerParams;

  protected outputSchema(schema: Schema): Schema {
    return scaledSchema(this, schema);
  }

  protected async train(context: TrainingContext): Promise<StandardScalerModel> {
    const site = { owner: this.owner, stage: this.uid, column: this.getOrDefault('inputCol') };
    const state = (await summarize(site, context, Moments)).result();
    const overflown = [...state.std.keys()].filter((j) => !Number.isFinite(state.std[j]) || !Number.isFinite(state.mean[j]));
    await refuseOverflow(site, context, overflown);
    return this.model(StandardScalerModel, state);
  }
}

/**
 * Mean and variance of each slot by Welford's update over its nonzero values, with the zeros added at the end (Chan et al. 1979), as Spark sums them.
 */
class Moments implements ScalerSummary {
  readonly size: number;
  #rows = 0;
  readonly #count: Float64Array;
  readonly #mean: Float64Array;
  /** Sum of squared distances from the mean. */
  readonly #m2: Float64Array;

  constructor(size: number) {
    this.size = size;
    this.#count = new Float64Array(size);
    this.#mean = new Float64Array(size);
    this.#m2 = new Float64Array(size);
  }

  add(vectors: VectorColumn, rows: number): void {
    const count = this.#count;
    const mean = this.#mean;
    const m2 = this.#m2;
    forEachNonzero(vectors, rows, (j, x) => {
      const distance = x - mean[j];
      mean[j] += distance / (count[j] + 1);
      m2[j] += (x - mean[j]) * distance;
      count[j] += 1;
    });
    this.#rows += rows;
  }

  result(): StandardScalerState {
    const n = this.#rows;
    const mean = this.#mean.map((m, j) => m * (this.#count[j] / n));
    const std = this.#m2.map((m2, j) => {
      const m = this.#mean[j];
      const zeros = (m * m * this.#count[j] * (n - this.#count[j])) / n;
      return n > 1 ? Math.sqrt(Math.max((m2 + zeros) / (n - 1), 0)) : 0;
    });
    return { std, mean };
  }
}

const codec: Codec<StandardScalerState> = {
  columns: { std: 'vector', mean: 'vector' },
  encode: ({ std, mean }) => [[Vectors.dense(std), Vectors.dense(mean)]],
  decode(rows) {
    const [std, mean] = rows[0] ?? [];
    if (rows.length !== 1 || !isVector(std) || !isVector(mean) || std.size !== mean.size) {
      throw new MlError('MODEL_FORMAT', 'StandardScalerModel: data must hold one row with the vectors std and mean, of one size');
    }
    return { std: std.toArray(), mean: mean.toArray() };
  },
};

/** Fitted by {@link StandardScaler}. Without `withMean` the vectors keep their form: sparse stays sparse and codes stay codes. */
export class StandardScalerModel extends Model<typeof StandardScalerParams, StandardScalerState> {
  static readonly type: string = 'org.apache.spark.ml.feature.StandardScalerModel';
  static readonly paramSchema = StandardScalerParams;
  static readonly codec = codec;

  /** Standard deviation of each feature. */
  get std(): Vector {
    return Vectors.dense(this.state.std);
  }

  /** Mean of each feature. */
  get mean(): Vector {
    return Vectors.dense(this.state.mean);
  }

  bind(binder: Binder): void {
    const column = this.getOrDefault('inputCol');
    const { std, mean } = this.state;
    const { withMean, withStd, outputCol: output } = this.params;
    const site = { owner: this.owner, stage: this.uid, column };
    const factors = std.map((s) => (!withStd ? 1 : s === 0 ? 0 : 1 / s));
    const inputs = [binder.vectors(column)];
    if (withMean) binder.step(import.meta.url, standardize, { ...site, mean, factors }, inputs, [output]);
    else binder.step(import.meta.url, scale, { ...site, factors }, inputs, [output]);
  }

  protected override facts() {
    const { withMean, withStd } = this.params;
    return { numFeatures: this.state.std.length, withMean, withStd };
  }

  protected outputSchema(schema: Schema): Schema {
    return scaledSchema(this, schema, this.state.std.length);
  }
}

interface ScaleArgs extends Site {
  readonly factors: Float64Array;
}

/** Vectors → `(x - mean) · factor`, dense. */
export function standardize(args: ScaleArgs & { readonly mean: Float64Array }): Step {
  const { factors, mean } = args;
  const size = factors.length;
  const part: DensePart = { kind: 'dense', size, values: new Float64Array(0) };
  const outputs: readonly Column[] = [{ kind: 'vectors', size, parts: [part], valid: null }];
  return ([input], block) => {
    const vectors = input as VectorColumn;
    checkVectors(args, vectors, block, size);
    if (part.values.length < block.rows * size) part.values = new Float64Array(block.rows * size);
    const { values } = part;
    for (let i = 0, p = 0; i < block.rows; i++) {
      writeDenseRow(vectors, i, values, p);
      for (let j = 0; j < size; j++, p++) values[p] = (values[p] - mean[j]) * factors[j];
    }
    return outputs;
  };
}

/** Vectors → `x · factor`, part by part in the parts' own form. */
export function scale(args: ScaleArgs): Step {
  const { factors } = args;
  const parts: VectorPart[] = [];
  const scalers: PartScaler[] = [];
  const out: VectorColumn = { kind: 'vectors', size: factors.length, parts, valid: null };
  const outputs: readonly Column[] = [out];
  return ([input], block) => {
    const vectors = input as VectorColumn;
    out.form = vectors.form;
    checkVectors(args, vectors, block, factors.length);
    let offset = 0;
    for (let p = 0; p < vectors.parts.length; p++) {
      const part = vectors.parts[p];
      scalers[p] ??= new PartScaler(factors);
      parts[p] = scalers[p].scale(part, offset, block.rows);
      offset += part.size;
    }
    parts.length = vectors.parts.length;
    return outputs;
  };
}

/** Scales the part at one place of a vector, in buffers that it keeps. */
class PartScaler {
  readonly #factors: Float64Array;
  #values = new Float64Array(0);
  #out: VectorPart | null = null;
  /** The code table last scaled; its result is kept while the table stays the same. */
  #table: Float64Array | null | undefined;

  constructor(factors: Float64Array) {
    this.#factors = factors;
  }

  scale(part: VectorPart, offset: number, rows: number): VectorPart {
    const factors = this.#factors;
    switch (part.kind) {
      case 'numbers': {
        const factor = factors[offset];
        const values = this.#room(rows);
        for (let i = 0; i < rows; i++) values[i] = part.values[i] * factor;
        const out = this.#out?.kind === 'numbers' ? this.#out : { kind: part.kind, size: part.size, values };
        out.values = values;
        this.#out = out;
        return out;
      }
      case 'codes': {
        const out = this.#out?.kind === 'codes' ? this.#out : { kind: part.kind, size: part.size, codes: part.codes, table: null };
        if (out !== this.#out || this.#table !== part.table) {
          const table = part.table;
          out.table = Float64Array.from({ length: part.size }, (_, j) => (table ? table[j] : 1) * factors[offset + j]);
          this.#table = table;
          this.#out = out;
        }
        out.codes = part.codes;
        return out;
      }
      case 'dense': {
        const values = this.#room(rows * part.size);
        for (let i = 0, p = 0; i < rows; i++) for (let j = 0; j < part.size; j++, p++) values[p] = part.values[p] * factors[offset + j];
        const out = this.#out?.kind === 'dense' ? this.#out : { kind: part.kind, size: part.size, values };
        out.values = values;
        this.#out = out;
        return out;
      }
      case 'sparse': {
        const values = this.#room(part.starts[rows]);
        for (let p = part.starts[0]; p < part.starts[rows]; p++) values[p] = part.values[p] * factors[offset + part.indices[p]];
        const out = this.#out?.kind === 'sparse' ? this.#out : { ...part, values };
        out.starts = part.starts;
        out.indices = part.indices;
        out.values = values;
        this.#out = out;
        return out;
      }
    }
  }

  #room(length: number): Float64Array {
    if (this.#values.length < length) this.#values = new Float64Array(length);
    return this.#values;
  }
}
