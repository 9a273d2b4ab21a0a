import type { Binder, Step } from '../block/binder.ts';
import { type Block, type CodeColumn, codesFor } from '../block/column.ts';
import { NumberReader } from '../block/numbers.ts';
import { MlError, show } from '../error.ts';
import { attributeOf } from '../frame/attributes.ts';
import type { Schema } from '../frame/schema.ts';
import { STRING } from '../frame/types.ts';
import { texts } from '../param/param.ts';
import { inputCol, outputCol } from '../param/shared.ts';
import * as z from '../param/zod.ts';
import { Transformer } from '../pipeline/transformer.ts';
import { invalidValue, isKept, type Site } from './invalid-value.ts';

/** Params of IndexToString. */
export const IndexToStringParams = z.strictObject({
  inputCol,
  outputCol,
  labels: texts().optional().describe('the labels by index; unset or empty: the labels that the input column carries'),
});
export type IndexToStringParams = z.input<typeof IndexToStringParams>;

/** Turns indices back into labels: `labels`, or else those that the index column carries (as `StringIndexer` leaves them). Fractions are cut off. */
export class IndexToString extends Transformer<typeof IndexToStringParams> {
  static readonly type: string = 'org.apache.spark.ml.feature.IndexToString';
  static readonly paramSchema = IndexToStringParams;

  bind(binder: Binder, schema: Schema): void {
    const column = this.getOrDefault('inputCol');
    const args = { owner: this.owner, stage: this.uid, column, labels: this.#labels(schema) };
    binder.step(import.meta.url, labelsOfIndices, args, [binder.numbers(column)], [this.params.outputCol]);
  }

  protected outputSchema(schema: Schema): Schema {
    schema.require(this.owner, this.getOrDefault('inputCol'), 'numeric');
    return schema.add(this.owner, this.params.outputCol, STRING);
  }

  #labels(schema: Schema): readonly string[] {
    const { labels } = this.params;
    if (labels && labels.length > 0) return labels;
    const column = this.getOrDefault('inputCol');
    const carried = attributeOf(schema.require(this.owner, column));
    if (carried?.type === 'nominal' && carried.values) return carried.values;
    throw new MlError('SCHEMA_INVALID', `${this.owner}: column ${show(column)} must carry labels, it has none; set labels`, {
      stage: this.uid,
      column,
    });
  }
}

interface IndexToStringArgs extends Site {
  readonly labels: readonly string[];
}

/** Indices → codes with texts; an index column's codes are passed on as they are. */
export function labelsOfIndices(args: IndexToStringArgs): Step {
  const size = args.labels.length;
  const reader = new NumberReader();
  let own = codesFor(size, 0);
  const out: CodeColumn = { kind: 'codes', codes: own, size, labels: args.labels };
  const outputs = [out];
  return ([input], block) => {
    const { rows } = block;
    if (input.kind === 'codes') {
      const limit = Math.min(size, input.size);
      for (let i = 0; i < rows; i++) {
        const code = input.codes[i];
        if (code >= limit && isKept(block, i)) throw unseen(args, block, i, code < input.size ? code : null);
      }
      out.codes = input.codes;
      return outputs;
    }
    if (own.length < rows) own = codesFor(size, rows);
    const { values, valid } = reader.read(input, rows);
    for (let i = 0; i < rows; i++) {
      const index = Math.trunc(values[i]);
      const known = index >= 0 && index < size && !(valid && valid[i] === 0);
      if (!known && isKept(block, i)) throw unseen(args, block, i, valid && valid[i] === 0 ? null : values[i]);
      own[i] = known ? index : size;
    }
    out.codes = own;
    return outputs;
  };
}

function unseen(args: IndexToStringArgs, block: Block, i: number, value: number | null): MlError {
  return invalidValue(args, block, i, `hold indices of its ${args.labels.length} labels`, value, 'fill or drop such rows first');
}
