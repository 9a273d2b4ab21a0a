import type { Binder, Op } from '../block/binder.ts';
import type { Schema } from '../frame/schema.ts';
import { type DataType, parseType } from '../frame/types.ts';
import type { ParamSchema } from '../param/param.ts';
import { inputCol, outputCol } from '../param/shared.ts';
import * as z from '../param/zod.ts';
import { Transformer } from './transformer.ts';

/** `inputCol` (required) and `outputCol`; add params of one's own with `UnaryParams.extend({ … })`. */
export const UnaryParams = z.strictObject({ inputCol, outputCol });

/** What a {@link UnaryTransformer} does to each block. */
export interface UnaryStep<Args> {
  /** URL of the module that exports `op`: pass `import.meta.url`. */
  readonly module: string;
  /** The exported function that makes the step. */
  readonly op: Op<Args>;
  /** Plain data: it may cross threads. */
  readonly args: Args;
}

/**
 * A base for one's own stages that make one column from one other:
 *
 *     export const double: Op = () => ([x]) => {
 *       const { values, valid } = x as NumberColumn;
 *       return [{ kind: 'numbers', values: values.map((v) => 2 * v), valid }];
 *     };
 *     class Doubler extends UnaryTransformer<typeof UnaryParams> {
 *       static readonly type = 'acme.Doubler';
 *       static readonly paramSchema = UnaryParams;
 *       protected readonly inputForm = 'numbers';
 *       protected readonly outputType = 'double';
 *       protected step() { return { module: import.meta.url, op: double, args: null }; }
 *     }
 *     registerStage(Doubler);
 */
export abstract class UnaryTransformer<P extends ParamSchema = typeof UnaryParams, Args = unknown> extends Transformer<P> {
  /** In which form the step reads the input column. */
  protected abstract readonly inputForm: 'numbers' | 'strings' | 'vectors' | 'any';
  /** Spark's name of the output column's type (`double`, `string`, `vector`, `array<string>` …). */
  protected abstract readonly outputType: string;

  protected abstract step(): UnaryStep<Args>;

  /** Override to refuse an input type; throws `MlError` COLUMN_TYPE for what the form cannot take. */
  protected validateInputType(_type: DataType): void {}

  bind(binder: Binder): void {
    const { module, op, args } = this.step();
    binder.step(module, op, args, [binder[this.inputForm](this.#columns().input)], [this.#columns().output]);
  }

  protected outputSchema(schema: Schema): Schema {
    const { input, output } = this.#columns();
    const field = schema.require(this.owner, input, ...ACCEPTED[this.inputForm]);
    this.validateInputType(field.type);
    return schema.add(this.owner, output, parseType(this.outputType), { nullable: field.nullable });
  }

  #columns(): { input: string; output: string } {
    return { input: this.getOrDefault('inputCol') as string, output: this.getOrDefault('outputCol') as string };
  }
}

const ACCEPTED = { numbers: ['number'], strings: ['string'], vectors: ['vector'], any: [] } as const;
