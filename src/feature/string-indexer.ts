import type { Binder } from '../block/binder.ts';
import type { TrainingContext } from '../engine/engine.ts';
import { MlError, show } from '../error.ts';
import { attributeMetadata } from '../frame/attributes.ts';
import type { Schema } from '../frame/schema.ts';
import { DOUBLE } from '../frame/types.ts';
import { oneOf } from '../param/param.ts';
import { handleInvalid, inputCol, inputCols, outputCol, outputCols } from '../param/shared.ts';
import * as z from '../param/zod.ts';
import type { Codec } from '../persistence/codec.ts';
import { Estimator } from '../pipeline/estimator.ts';
import { Model } from '../pipeline/model.ts';
import { columnCounts, type InOutColumn, inOutColumns, inputNames, refineInOut } from './in-out-columns.ts';
import { bindIndexLabels, type LabelForm } from './label-lookup.ts';
import { compareText, type NumberKind } from './label-text.ts';

/** Params of StringIndexer and its model. */
export const StringIndexerParams = z
  .strictObject({
    inputCol,
    inputCols,
    outputCol,
    outputCols,
    handleInvalid: handleInvalid
      .default('error')
      .describe('what to do with unseen labels, null and NaN: error, skip (drop the row) or keep (give them the index numLabels)'),
    stringOrderType: oneOf('frequencyDesc', 'frequencyAsc', 'alphabetDesc', 'alphabetAsc')
      .default('frequencyDesc')
      .describe('order of the labels; the first gets index 0'),
  })
  .superRefine(refineInOut);
export type StringIndexerParams = z.input<typeof StringIndexerParams>;

/** State of a {@link StringIndexerModel}: the labels of each input column, in the order of their indices. */
export interface StringIndexerState {
  readonly labelsArray: readonly (readonly string[])[];
}

/** Name of the category that `keep` adds for what has no label. */
const UNKNOWN = '__unknown';

/**
 * Numbers the distinct values of one or several columns: 0, 1, … in the order of `stringOrderType`. Numbers are taken as the
 * text that Java prints for them (`1.0E7`). Labels of equal frequency follow each other in the order of their code points.
 * null and NaN have no label. The index column carries its labels as a nominal attribute.
 */
export class StringIndexer extends Estimator<typeof StringIndexerParams, StringIndexerModel> {
  static readonly type: string = 'org.apache.spark.ml.feature.StringIndexer';
  static readonly paramSchema = StringIndexerParams;

  protected outputSchema(schema: Schema): Schema {
    return inOutColumns(this).reduce((current, { input, output }) => {
      schema.require(this.owner, input, 'string', 'numeric');
      return current.add(this.owner, output, DOUBLE, { nullable: false, metadata: attributeMetadata({ type: 'nominal', name: output }) });
    }, schema);
  }

  protected async train(context: TrainingContext): Promise<StringIndexerModel> {
    const columns = inOutColumns(this).map(({ input }) => input);
    const order = ORDERS[this.params.stringOrderType];
    const levels = await context.levels(columns);
    const labelsArray = levels.map((found, i) => {
      const { kind } = context.schema.require(this.owner, columns[i]).type;
      const labels = kind === 'float' || kind === 'double' ? found.filter(({ text }) => text !== 'NaN') : found;
      return [...labels].sort(order).map(({ text }) => text);
    });
    return this.model(StringIndexerModel, { labelsArray });
  }
}

type Counted = { readonly text: string; readonly count: number };
const ORDERS: Readonly<Record<'frequencyDesc' | 'frequencyAsc' | 'alphabetDesc' | 'alphabetAsc', (a: Counted, b: Counted) => number>> = {
  frequencyDesc: (a, b) => b.count - a.count || compareText(a.text, b.text),
  frequencyAsc: (a, b) => a.count - b.count || compareText(a.text, b.text),
  alphabetDesc: (a, b) => compareText(b.text, a.text),
  alphabetAsc: (a, b) => compareText(a.text, b.text),
};

const codec: Codec<StringIndexerState> = {
  columns: { labelsArray: 'array<array<string>>' },
  encode: ({ labelsArray }) => [[labelsArray]],
  decode(rows) {
    const labelsArray = rows[0]?.[0];
    if (rows.length !== 1 || !isLabelsArray(labelsArray)) {
      throw new MlError('MODEL_FORMAT', 'StringIndexerModel: data must hold one row with an array of arrays of distinct labels');
    }
    return { labelsArray };
  },
};

/**
 * Fitted by {@link StringIndexer}. Adds the index of each column's value among its labels. An input column that the frame lacks is
 * passed over, as in Spark: the label is often absent when scoring.
 */
export class StringIndexerModel extends Model<typeof StringIndexerParams, StringIndexerState> {
  static readonly type: string = 'org.apache.spark.ml.feature.StringIndexerModel';
  static readonly paramSchema = StringIndexerParams;
  static readonly codec = codec;

  /** A model of one column from its labels; `inputCol` says which column. */
  static fromLabels(labels: readonly string[], params: StringIndexerParams, uid?: string): StringIndexerModel {
    return StringIndexerModel.fromLabelsArray([labels], params, uid);
  }

  /** {@link StringIndexerModel.fromLabelsArray} by PySpark's name. */
  static fromArraysOfLabels(arraysOfLabels: readonly (readonly string[])[], params: StringIndexerParams, uid?: string): StringIndexerModel {
    return StringIndexerModel.fromLabelsArray(arraysOfLabels, params, uid);
  }

  /** A model of several columns from their labels, in the order of `inputCols`. */
  static fromLabelsArray(labelsArray: readonly (readonly string[])[], params: StringIndexerParams, uid?: string): StringIndexerModel {
    if (!isLabelsArray(labelsArray)) {
      throw new MlError('PARAM_INVALID', `StringIndexerModel: labels must be distinct strings, got ${show(labelsArray)}`, {
        param: 'labels',
        value: labelsArray,
      });
    }
    return new StringIndexerModel(params, { labelsArray: labelsArray.map((labels) => [...labels]) }, uid);
  }

  /** The labels of each column, in the order of their indices. */
  get labelsArray(): readonly (readonly string[])[] {
    return this.state.labelsArray;
  }

  /** The labels, when the model indexes one column. */
  get labels(): readonly string[] {
    if (this.labelsArray.length !== 1) {
      throw new MlError('NOT_SUPPORTED', `StringIndexerModel: labels is for one column, this model has ${this.labelsArray.length}; use labelsArray`, {
        stage: this.uid,
      });
    }
    return this.labelsArray[0];
  }

  bind(binder: Binder, schema: Schema): void {
    const { owner, uid: stage } = this;
    for (const { input, output, labels } of this.#columns()) {
      if (!schema.find(input) || !binder.has(input)) continue;
      const form: LabelForm = binder.made(input) ? { made: schema.require(owner, input).type.kind as NumberKind | 'string' } : 'codes';
      const args = { owner, stage, column: input, labels, form, handleInvalid: this.params.handleInvalid };
      bindIndexLabels(binder, binder.codes(input, labels), args, output);
    }
  }

  protected override facts() {
    const { handleInvalid } = this.params;
    return { handleInvalid, stringOrderType: this.setParams().get('stringOrderType'), ...columnCounts(this.params) };
  }

  protected outputSchema(schema: Schema): Schema {
    return this.#columns().reduce((current, { input, output, labels }) => {
      if (!schema.find(input)) return current.lacks(output, { owner: this.owner, stage: this.uid, column: input });
      schema.require(this.owner, input, 'string', 'numeric');
      const values = this.params.handleInvalid === 'keep' ? [...labels, UNKNOWN] : labels;
      const metadata = attributeMetadata({ type: 'nominal', name: output, values });
      return current.add(this.owner, output, DOUBLE, { nullable: false, metadata });
    }, schema);
  }

  #columns(): (InOutColumn & { labels: readonly string[] })[] {
    const { labelsArray } = this;
    const columns = inOutColumns(this);
    if (columns.length !== labelsArray.length) {
      throw new MlError(
        'PARAM_INVALID',
        `${this.owner}: inputCols must name ${labelsArray.length} columns, one for each list of labels, got ${columns.length}`,
        { stage: this.uid, param: 'inputCols', value: inputNames(this.params) },
      );
    }
    return columns.map((column, i) => ({ ...column, labels: labelsArray[i] }));
  }
}

function isLabelsArray(value: unknown): value is readonly (readonly string[])[] {
  return (
    Array.isArray(value) &&
    value.every((labels) => Array.isArray(labels) && labels.every((label) => typeof label === 'string') && new Set(labels).size === labels.length)
  );
}
