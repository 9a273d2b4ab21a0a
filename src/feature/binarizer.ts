import type { Binder, Step } from '../block/binder.ts';
import type { NumberColumn, VectorColumn, VectorPart } from '../block/column.ts';
import { NumberReader } from '../block/numbers.ts';
import { MlError } from '../error.ts';
import { attributeMetadata, groupMetadata, groupOf } from '../frame/attributes.ts';
import type { Field, Metadata, Schema } from '../frame/schema.ts';
import { DOUBLE, VECTOR } from '../frame/types.ts';
import { anyDouble, doubles } from '../param/param.ts';
import { inputCol, inputCols, outputCol, outputCols } from '../param/shared.ts';
import * as z from '../param/zod.ts';
import { Transformer } from '../pipeline/transformer.ts';
import { columnCounts, type InOutColumn, inOutColumns, refineInOut } from './in-out-columns.ts';

/** Params of Binarizer. */
export const BinarizerParams = z
  .strictObject({
    inputCol,
    inputCols,
    outputCol,
    outputCols,
    threshold: anyDouble().default(0).describe('values greater than this become 1, others 0'),
    thresholds: doubles().optional().describe('threshold of each input column'),
  })
  .superRefine((params, context) => {
    refineInOut(params, context);
    const fail = (message: string) => context.addIssue({ code: 'custom', message, path: [] });
    if (params.inputCol !== undefined && params.thresholds !== undefined) fail('inputCol goes with threshold, not with thresholds');
    const { inputCols: inputs, thresholds } = params;
    if (inputs !== undefined && thresholds !== undefined && inputs.length !== thresholds.length) {
      fail(`inputCols and thresholds must be of one length, got ${inputs.length} and ${thresholds.length}`);
    }
  });
export type BinarizerParams = z.input<typeof BinarizerParams>;

/**
 * Turns each number, or each slot of a vector, into 1 when it is greater than the threshold and into 0 otherwise (NaN and null too, but NaN in
 * a vector into 1 below 0, as in Spark; a null vector stays null). Several columns take `thresholds`, or all of them `threshold`.
 */
export class Binarizer extends Transformer<typeof BinarizerParams> {
  static readonly type: string = 'org.apache.spark.ml.feature.Binarizer';
  static readonly paramSchema = BinarizerParams;

  bind(binder: Binder, schema: Schema): void {
    for (const { input, output, threshold } of this.#columns()) {
      const isVector = schema.require(this.owner, input).type.kind === 'vector';
      if (isVector) binder.step(import.meta.url, binarizeVectors, { threshold }, [binder.vectors(input)], [output]);
      else binder.step(import.meta.url, binarize, { threshold }, [binder.numbers(input)], [output]);
    }
  }

  sizedByRows(schema: Schema): readonly string[] {
    const inputs = this.#columns().map(({ input }) => schema.require(this.owner, input));
    return inputs.flatMap((field) => (field.type.kind === 'vector' && sizeOf(field).size === undefined ? [field.name] : []));
  }

  protected override facts() {
    return columnCounts(this.params);
  }

  protected outputSchema(schema: Schema): Schema {
    return this.#columns().reduce((current, { input, output }) => {
      const field = schema.require(this.owner, input, 'number', 'vector');
      if (field.type.kind === 'vector') return current.add(this.owner, output, VECTOR, sizeOf(field));
      return current.add(this.owner, output, DOUBLE, { nullable: false, metadata: attributeMetadata({ type: 'binary' }) });
    }, schema);
  }

  #columns(): (InOutColumn & { threshold: number })[] {
    const { threshold, thresholds } = this.params;
    if (thresholds !== undefined && this.params.inputCols === undefined) {
      throw new MlError('PARAM_INVALID', `${this.owner}: thresholds goes with inputCols, which is not set`, { stage: this.uid, param: 'thresholds' });
    }
    if (thresholds !== undefined && this.isSet('threshold')) {
      const message = `${this.owner}: exactly one of threshold and thresholds must be set, both are`;
      throw new MlError('PARAM_INVALID', message, { stage: this.uid, param: 'thresholds' });
    }
    return inOutColumns(this).map((column, i) => ({ ...column, threshold: thresholds?.[i] ?? threshold }));
  }
}

/** What is known of the number of slots, by attributes or else by rows. */
function sizeOf(field: Field): { metadata?: Metadata; size?: number } {
  const { size } = groupOf(field);
  if (size !== undefined) return { metadata: groupMetadata({ size }) };
  return field.size === undefined ? {} : { size: field.size };
}

interface BinarizeArgs {
  readonly threshold: number;
}

/** Numbers → 0 or 1; null is not greater than anything. */
export function binarize({ threshold }: BinarizeArgs): Step {
  const reader = new NumberReader();
  const out: NumberColumn = { kind: 'numbers', values: new Float64Array(0), valid: null };
  const outputs = [out];
  return ([input], { rows }) => {
    const { values, valid } = reader.read(input, rows);
    if (out.values.length < rows) out.values = new Float64Array(rows);
    for (let i = 0; i < rows; i++) out.values[i] = valid?.[i] !== 0 && values[i] > threshold ? 1 : 0;
    return outputs;
  };
}

/** Vectors → vectors of 0 and 1. A slot that a sparse part leaves out is 0, which a threshold below 0 turns into 1, as it does NaN. */
export function binarizeVectors({ threshold }: BinarizeArgs): Step {
  const bit = threshold < 0 ? (x: number) => (x <= threshold ? 0 : 1) : (x: number) => (x > threshold ? 1 : 0);
  const binarized = (part: VectorPart, rows: number): VectorPart => {
    switch (part.kind) {
      case 'numbers':
        return { ...part, values: part.values.slice(0, rows).map(bit) };
      case 'dense':
        return { ...part, values: part.values.slice(0, rows * part.size).map(bit) };
      case 'codes':
        if (bit(0) === 0) return { ...part, table: Float64Array.from({ length: part.size }, (_, code) => bit(part.table?.[code] ?? 1)) };
        return denseOnes(part.size, rows, (values, i) => {
          if (part.codes[i] < part.size) values[i * part.size + part.codes[i]] = bit(part.table?.[part.codes[i]] ?? 1);
        });
      case 'sparse':
        if (bit(0) === 0) return { ...part, values: part.values.map(bit) };
        return denseOnes(part.size, rows, (values, i) => {
          for (let p = part.starts[i]; p < part.starts[i + 1]; p++) values[i * part.size + part.indices[p]] = bit(part.values[p]);
        });
    }
  };
  return ([input], { rows }) => {
    const column = input as VectorColumn;
    return [{ ...column, form: 'compressed', parts: column.parts.map((part) => binarized(part, rows)) }];
  };
}

function denseOnes(size: number, rows: number, setRow: (values: Float64Array, i: number) => void): VectorPart {
  const values = new Float64Array(size * rows).fill(1);
  for (let i = 0; i < rows; i++) setRow(values, i);
  return { kind: 'dense', size, values };
}
