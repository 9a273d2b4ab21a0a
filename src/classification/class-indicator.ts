import type { Binder } from '../block/binder.ts';
import type { Column, NumberColumn } from '../block/column.ts';
import type { Engine } from '../engine/engine.ts';
import { attributeMetadata } from '../frame/attributes.ts';
import { col } from '../frame/column.ts';
import type { Frame } from '../frame/frame.ts';
import { when } from '../frame/functions/conditional.ts';
import { Schema } from '../frame/schema.ts';
import type { ParamSchema } from '../param/param.ts';
import * as z from '../param/zod.ts';
import { Transformer } from '../pipeline/transformer.ts';

/**
 * Keeps the columns `kept`, the label column among them, and adds one that is 1 where the label is class `c` and else 0. In this process it is one
 * more step after the stages before it, so that features stay in parts and keep their names; on a cluster an expression.
 */
export class ClassIndicator extends Transformer<ParamSchema> {
  static readonly type = 'millstream.ClassIndicator';
  static readonly paramSchema = z.strictObject({});
  readonly #kept: readonly string[];
  readonly #labelCol: string;
  readonly #c: number;
  readonly #outputCol: string;

  constructor(kept: readonly string[], labelCol: string, c: number, outputCol: string) {
    super();
    this.#kept = kept;
    this.#labelCol = labelCol;
    this.#c = c;
    this.#outputCol = outputCol;
  }

  override transform(frame: Frame): Frame {
    if (!(frame.executor as Engine).stages) return super.transform(frame);
    const isClass = when(col(this.#labelCol).equalTo(this.#c), 1).otherwise(0).cast('double');
    return frame.select(...this.#kept).withColumn(this.#outputCol, isClass.alias(this.#outputCol, { metadata: BINARY }));
  }

  bind(binder: Binder): void {
    binder.step(import.meta.url, indicate, { c: this.#c }, [binder.numbers(this.#labelCol)], [this.#outputCol]);
  }

  protected outputSchema(schema: Schema): Schema {
    const kept = new Schema(this.#kept.map((name) => schema.require(this.owner, name)));
    return kept.add(this.owner, this.#outputCol, { kind: 'double' }, { nullable: false, metadata: BINARY });
  }
}

const BINARY = attributeMetadata({ type: 'binary', name: 'label' });

/** Labels are known to be numbers, not null. */
export function indicate({ c }: { readonly c: number }): (inputs: readonly Column[], block: { readonly rows: number }) => readonly NumberColumn[] {
  let values = new Float64Array(0);
  return ([label], { rows }) => {
    if (values.length < rows) values = new Float64Array(rows);
    const labels = label.kind === 'codes' ? label.codes : (label as NumberColumn).values;
    for (let i = 0; i < rows; i++) values[i] = labels[i] === c ? 1 : 0;
    return [{ kind: 'numbers', values, valid: null }];
  };
}
