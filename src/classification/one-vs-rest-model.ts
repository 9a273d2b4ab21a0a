import type { Binder, Step } from '../block/binder.ts';
import { denseValues, denseVectors, type NumberColumn, type VectorColumn, writeDenseRow } from '../block/column.ts';
import { MlError, show } from '../error.ts';
import { groupMetadata } from '../frame/attributes.ts';
import { col } from '../frame/column.ts';
import type { Frame } from '../frame/frame.ts';
import { array, arrayMax, arrayPosition, arrayToVector, vectorToArray } from '../frame/functions/collection.ts';
import type { Metadata, Schema } from '../frame/schema.ts';
import { type ParamSchema, param } from '../param/param.ts';
import { ParamMap } from '../param/param-map.ts';
import { featuresCol, labelCol, predictionCol, rawPredictionCol, weightCol } from '../param/shared.ts';
import * as z from '../param/zod.ts';
import type { CompositeLayout } from '../persistence/composite.ts';
import { childModel } from '../pipeline/children.ts';
import { Estimator } from '../pipeline/estimator.ts';
import { FittedThere } from '../pipeline/fitted-there.ts';
import { Model } from '../pipeline/model.ts';
import type { AnyEstimator, AnyStage, AnyTransformer } from '../pipeline/pipeline.ts';
import type { Changes, PipelineStage } from '../pipeline/stage.ts';

/** Params of OneVsRest and its model. */
export const oneVsRestParams = {
  featuresCol,
  labelCol,
  weightCol,
  predictionCol,
  rawPredictionCol,
  classifier: param<AnyEstimator>(
    'stage',
    'a classifier (an estimator with featuresCol, labelCol, predictionCol and rawPredictionCol)',
    (v) => v instanceof Estimator && ['featuresCol', 'labelCol', 'predictionCol', 'rawPredictionCol'].every((name) => v.hasParam(name)),
  )
    .optional()
    .describe('the classifier of two classes that is fitted once a class; its columns are set by this stage'),
};

/** Params of OneVsRestModel. */
export const OneVsRestModelParams = z.strictObject(oneVsRestParams);
export type OneVsRestModelParams = z.input<typeof OneVsRestModelParams>;

/** State of a {@link OneVsRestModel}. */
export interface OneVsRestState {
  /** Model c tells class c (as its class 1) from all others. */
  readonly models: readonly AnyTransformer[];
  /** What the prediction column says of its classes: the label column's attribute. */
  readonly labelMetadata: Metadata;
}

/**
 * Fitted by `OneVsRest`. Entry c of `rawPrediction` is what model c gives for its class 1, and the prediction is the first class with
 * the largest entry. The models' own columns of probabilities, predictions and leaves are not made.
 */
export class OneVsRestModel extends Model<typeof OneVsRestModelParams, OneVsRestState> {
  static readonly type: string = 'org.apache.spark.ml.classification.OneVsRestModel';
  static readonly paramSchema = OneVsRestModelParams;
  static readonly layout: CompositeLayout<OneVsRestState> = {
    children: ({ models }) => models.map((stage, c) => ({ folder: `model_${c}`, stage })),
    metadata: ({ models, labelMetadata }) => ({ labelMetadata: JSON.stringify(labelMetadata), numClasses: models.length }),
    rebuild: async (children, metadata) => {
      const numClasses = metadata.get('numClasses');
      if (!Number.isInteger(numClasses)) throw format(`numClasses in metadata must be an integer, got ${show(numClasses)}`);
      const models: AnyTransformer[] = [];
      while (models.length < (numClasses as number)) {
        const model = await childModel('OneVsRestModel', children, `model_${models.length}`);
        if (!model.hasParam('rawPredictionCol')) throw format(`model_${models.length} must be a classifier's model, is ${model}`);
        models.push(model);
      }
      return { models, labelMetadata: readMetadata(metadata.get('labelMetadata') ?? '{}') };
    },
  };

  #scorers: readonly AnyTransformer[] | undefined;

  constructor(params: OneVsRestModelParams, state: OneVsRestState, uid?: string, parent: PipelineStage<ParamSchema> | null = null) {
    super(params, state, uid, parent);
    if (state.models.length === 0) throw format('there must be a model of at least one class, got none');
  }

  /** The models of two classes, one a class. */
  get models(): readonly AnyTransformer[] {
    return this.state.models;
  }

  /** Number of classes. */
  get numClasses(): number {
    return this.models.length;
  }

  /** Number of features. */
  get numFeatures(): number {
    return (this.models[0] as { numFeatures?: number }).numFeatures ?? 0;
  }

  /** On a cluster each model scores there, and expressions put their scores together. */
  composed(frame: Frame): Frame {
    const { rawPredictionCol: raw, predictionCol: prediction } = this.params;
    if (!raw && !prediction) return frame;
    const names = this.models.map((_, c) => scoreCol(this.uid, c));
    const all = col(`${this.uid}$scores`);
    let scored = this.#scoring.reduce((current, model) => model.transform(current), frame);
    scored = scored.withColumn(`${this.uid}$scores`, array(...names.map((name) => vectorToArray(col(name)).getItem(1)))).drop(...names);
    if (raw) scored = scored.withColumn(raw, arrayToVector(all).alias(raw, { metadata: this.#rawMetadata }));
    if (prediction) {
      const largest = arrayPosition(all, arrayMax(all)).minus(1).cast('double');
      scored = scored.withColumn(prediction, largest.alias(prediction, { metadata: this.state.labelMetadata }));
    }
    return scored.drop(`${this.uid}$scores`);
  }

  override async close(): Promise<void> {
    await Promise.all(this.models.map((model) => model.close()));
  }

  bind(binder: Binder, schema: Schema): void {
    const { rawPredictionCol: raw, predictionCol: prediction } = this.params;
    if (!raw && !prediction) return;
    for (const model of this.#scoring) model.bind(binder, schema);
    const scores = this.models.map((_, c) => binder.vectors(scoreCol(this.uid, c)));
    const outputs = (['raw', 'prediction'] as const).filter((output) => (output === 'raw' ? raw : prediction));
    const names = [raw, prediction].filter((name) => name !== '');
    binder.step(import.meta.url, putTogether, { owner: this.owner, stage: this.uid, outputs }, scores, names);
  }

  /** A grid's map reaches the models. */
  override copy(changes: Changes<typeof OneVsRestModelParams> = {}): this {
    if (!(changes instanceof ParamMap)) return super.copy(changes);
    const state = { ...this.state, models: this.models.map((model) => model.copy(changes)) };
    return new OneVsRestModel(this.changedParams(changes), state, this.uid, this.parent) as this;
  }

  protected override facts() {
    return { classifier: this.params.classifier, numClasses: this.numClasses, numFeatures: this.numFeatures };
  }

  protected outputSchema(schema: Schema): Schema {
    const { featuresCol, rawPredictionCol: raw, predictionCol: prediction } = this.params;
    schema.require(this.owner, featuresCol, 'vector');
    this.#scoring[0].transformSchema(schema);
    let out = schema;
    if (raw) out = out.add(this.owner, raw, { kind: 'vector' }, { metadata: this.#rawMetadata });
    if (prediction) out = out.add(this.owner, prediction, { kind: 'double' }, { nullable: false, metadata: this.state.labelMetadata });
    return out;
  }

  get #rawMetadata(): Metadata {
    return groupMetadata({ size: this.numClasses });
  }

  /** The models, each with its raw prediction for its only column. */
  get #scoring(): readonly AnyTransformer[] {
    const { featuresCol } = this.params;
    this.#scorers ??= this.models.map((model, c) =>
      // One that is on a cluster only was fitted with these columns.
      model instanceof FittedThere ? model : model.copy({ featuresCol, ...scoresOnly(model, scoreCol(this.uid, c)) }),
    );
    return this.#scorers;
  }
}

/** The column of model c's raw prediction while the stage `uid` scores. */
export function scoreCol(uid: string, c: number): string {
  return `${uid}$${c}`;
}

/** Params under which a classifier or its model makes its raw prediction alone, as the column `name`. */
export function scoresOnly(stage: AnyStage, name: string): Record<string, string> {
  const unwanted = ['predictionCol', 'probabilityCol', 'leafCol', 'contributionsCol'].filter((param) => stage.hasParam(param));
  return Object.fromEntries([['rawPredictionCol', name], ...unwanted.map((param) => [param, ''])]);
}

interface OneVsRestScoring {
  readonly owner: string;
  readonly stage: string;
  /** Which columns to make, in this order. */
  readonly outputs: readonly ('raw' | 'prediction')[];
}

/** Puts the models' scores of class 1 side by side; the prediction is the first of the largest. */
export function putTogether({ owner, stage, outputs }: OneVsRestScoring): Step {
  let capacity = 0;
  let raw: VectorColumn;
  let prediction: NumberColumn;
  return (inputs, { rows }) => {
    const k = inputs.length;
    if (rows > capacity || capacity === 0) {
      capacity = Math.max(rows, 1);
      raw = denseVectors(k, capacity);
      prediction = { kind: 'numbers', values: new Float64Array(capacity), valid: null };
    }
    const scores = denseValues(raw);
    for (let c = 0; c < k; c++) {
      const column = inputs[c] as VectorColumn;
      if (column.size < 2) {
        throw new MlError('VALUE_INVALID', `${owner}: model ${c} must tell two classes apart, its raw prediction has size ${column.size}`, { stage });
      }
      const pair = new Float64Array(column.size);
      for (let i = 0; i < rows; i++) {
        writeDenseRow(column, i, pair);
        scores[i * k + c] = pair[1];
      }
    }
    for (let i = 0; i < rows; i++) {
      let best = 0;
      for (let c = 1; c < k; c++) if (scores[i * k + c] > scores[i * k + best]) best = c;
      prediction.values[i] = best;
    }
    return outputs.map((output) => (output === 'raw' ? raw : prediction));
  };
}

function readMetadata(text: unknown): Metadata {
  try {
    const json: unknown = JSON.parse(text as string);
    if (typeof json === 'object' && json !== null && !Array.isArray(json)) return json as Metadata;
  } catch {}
  throw format(`labelMetadata must be the text of a JSON object, got ${show(text)}`);
}

function format(problem: string): MlError {
  return new MlError('MODEL_FORMAT', `OneVsRestModel: ${problem}`);
}
