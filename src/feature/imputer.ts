import type { Binder } from '../block/binder.ts';
import type { Block, Column, NumberColumn } from '../block/column.ts';
import { NumberReader } from '../block/numbers.ts';
import type { AggregateRequest, TrainingContext } from '../engine/engine.ts';
import type { StageName } from '../engine/stage-name.ts';
import { MlError, show } from '../error.ts';
import { decimalText } from '../frame/decimal-text.ts';
import type { Frame } from '../frame/frame.ts';
import { latestSession } from '../frame/open-sessions.ts';
import type { Schema } from '../frame/schema.ts';
import type { DataType } from '../frame/types.ts';
import { javaDouble } from '../linalg/format.ts';
import { anyDouble, double, oneOf } from '../param/param.ts';
import { inputCol, inputCols, outputCol, outputCols } from '../param/shared.ts';
import * as z from '../param/zod.ts';
import type { Codec } from '../persistence/codec.ts';
import { Estimator } from '../pipeline/estimator.ts';
import { Model } from '../pipeline/model.ts';
import { columnCounts, type InOutParams, inOutColumns, inputNames, refineInOut } from './in-out-columns.ts';

/** Params of Imputer and its model. */
export const ImputerParams = z
  .strictObject({
    inputCol,
    inputCols,
    outputCol,
    outputCols,
    missingValue: anyDouble().default(Number.NaN).describe('the number that stands for a missing one; null always does'),
    strategy: oneOf('mean', 'median', 'mode')
      .default('mean')
      .describe('what fills the holes: mean, median (an element of the column) or mode (the most frequent, the smallest of them)'),
    relativeError: double({ min: 0, max: 1 }).default(0.001).describe('precision of the median, kept for Spark: the median here is exact'),
  })
  .superRefine(refineInOut);
export type ImputerParams = z.input<typeof ImputerParams>;

/** State of an {@link ImputerModel}: what fills the holes of each input column. `columns` is filled in from the params where it is absent. */
export interface ImputerState {
  /** The input columns. */
  readonly columns?: readonly string[];
  /** What fills the holes of each. */
  readonly values: Float64Array;
}

/**
 * Fills missing numbers by the mean, median or mode of the others in their column. Missing are null and `missingValue`; NaN never
 * counts towards the filling. The output has the input's type, to which the filling is cast (2.75 fills an int column as 2). An
 * output may take the place of its own input.
 */
export class Imputer extends Estimator<typeof ImputerParams, ImputerModel> {
  static readonly type: string = 'org.apache.spark.ml.feature.Imputer';
  static readonly paramSchema = ImputerParams;

  protected outputSchema(schema: Schema): Schema {
    return addOutputs(this, schema);
  }

  protected async train(context: TrainingContext): Promise<ImputerModel> {
    const columns = inOutColumns(this).map(({ input }) => input);
    const found = this.params.strategy === 'mean' ? await this.#means(context, columns) : await this.#elements(context, columns);
    const fail = (column: string, must: string) => {
      throw new MlError('VALUE_INVALID', `${this.owner}: column ${show(column)} must ${must}`, { stage: this.uid, column });
    };
    for (const [c, column] of columns.entries()) {
      const all = `all are null, NaN or ${this.params.missingValue}`;
      if (found[c] === null) fail(column, `have a value that is not missing, ${all}; leave it out`);
      if (Number.isNaN(found[c])) fail(column, 'not hold both Infinity and -Infinity, which have no mean; take the median or the mode');
    }
    return this.model(ImputerModel, { columns, values: Float64Array.from(found as number[]) });
  }

  /** Sums run in row order, as Spark's on one partition. */
  async #means(context: TrainingContext, columns: readonly string[]): Promise<(number | null)[]> {
    const { missingValue } = this.params;
    const sums = new Float64Array(columns.length);
    const counts = new Float64Array(columns.length);
    const readers = columns.map(() => new NumberReader());
    await context.scan(columns, (block) => {
      for (let c = 0; c < columns.length; c++) {
        const { values, valid } = readers[c].read(block.columns[c], block.rows);
        for (let i = 0; i < block.rows; i++) {
          const x = values[i];
          if (Number.isNaN(x) || x === missingValue || (valid && valid[i] === 0)) continue;
          sums[c] += x;
          counts[c]++;
        }
      }
    });
    return columns.map((_, c) => (counts[c] > 0 ? sums[c] / counts[c] : null));
  }

  #elements(context: TrainingContext, columns: readonly string[]): Promise<(number | null)[]> {
    const { missingValue, strategy } = this.params;
    const request: Omit<AggregateRequest, 'column'> = strategy === 'median' ? { of: 'quantile', p: 0.5 } : { of: 'mode' };
    const except = Number.isNaN(missingValue) ? undefined : missingValue;
    return context.aggregate(columns.map((column) => ({ column, ...request, except })));
  }
}

const codec: Codec<ImputerState> = {
  columns: (params) => new Map(inputNames(params).map((name) => [name, 'double!'])),
  encode: ({ values }) => [[...values]],
  decode(rows) {
    if (rows.length !== 1 || !rows[0].every((value) => typeof value === 'number')) {
      throw new MlError('MODEL_FORMAT', 'ImputerModel: data must hold one row of numbers');
    }
    return { values: Float64Array.from(rows[0]) };
  },
};

/** Fitted by {@link Imputer}. */
export class ImputerModel extends Model<typeof ImputerParams, ImputerState> {
  static readonly type: string = 'org.apache.spark.ml.feature.ImputerModel';
  static readonly paramSchema = ImputerParams;
  static readonly codec = codec;

  protected override arranged(state: ImputerState): ImputerState {
    return inOrderOf(inputNames(this.params), state);
  }

  /** What fills the holes, by input column. */
  get surrogates(): ReadonlyMap<string, number> {
    return new Map(this.state.columns?.map((column, i) => [column, this.state.values[i]]));
  }

  /** {@link surrogates} as a frame of one row (Spark's `surrogateDF`), on the session opened last; an error when none is open. */
  get surrogate(): Frame {
    const row: Record<string, unknown> = Object.create(null);
    const schema: Record<string, { type: string; nullable: boolean }> = Object.create(null);
    for (const [column, value] of this.surrogates) {
      row[column] = value;
      schema[column] = { type: 'double', nullable: false };
    }
    return latestSession(this.owner).createFrame([row], schema);
  }

  bind(binder: Binder, schema: Schema): void {
    const columns = inOutColumns(this);
    const slots = columns.map(({ input }) => binder.numbers(input));
    for (const [c, { input, output }] of columns.entries()) {
      const { type } = schema.require(this.owner, input);
      const args = { missingValue: this.params.missingValue, filling: castTo(type, this.state.values[c]) };
      binder.step(import.meta.url, fillHoles, args, [slots[c]], [output]);
    }
  }

  protected override facts() {
    const { strategy, missingValue } = this.params;
    return { strategy, missingValue: javaDouble(missingValue), ...columnCounts(this.params) };
  }

  protected outputSchema(schema: Schema): Schema {
    return addOutputs(this, schema);
  }
}

/** Null and `missingValue` → `filling`; a NaN that is not `missingValue` stays. */
export function fillHoles({ missingValue, filling }: { readonly missingValue: number; readonly filling: number }) {
  const reader = new NumberReader();
  const out: NumberColumn = { kind: 'numbers', values: new Float64Array(0), valid: null };
  const outputs = [out];
  const fillsNaN = Number.isNaN(missingValue);
  return ([input]: readonly Column[], { rows }: Block): readonly Column[] => {
    const { values, valid } = reader.read(input, rows);
    if (out.values.length < rows) out.values = new Float64Array(rows);
    const filled = out.values;
    for (let i = 0; i < rows; i++) {
      const x = values[i];
      filled[i] = x === missingValue || (fillsNaN && Number.isNaN(x)) || (valid !== null && valid[i] === 0) ? filling : x;
    }
    return outputs;
  };
}

function addOutputs(stage: StageName & { params: InOutParams }, schema: Schema): Schema {
  const columns = inOutColumns(stage);
  const twice = columns.find(({ input }, i) => columns.findIndex((other) => other.input === input) !== i);
  if (twice) {
    throw new MlError('PARAM_INVALID', `${stage.owner}: inputCols must name each column once, ${show(twice.input)} stands twice`, {
      stage: stage.uid,
      param: 'inputCols',
    });
  }
  return columns.reduce((current, { input, output }) => {
    const field = schema.require(stage.owner, input, 'numeric');
    const { type } = field;
    const nullable = field.nullable || (type.kind !== 'double' && type.kind !== 'float'); // as Spark has it, though no null is left
    return output === input ? current.with({ name: output, type, nullable }) : current.add(stage.owner, output, type, { nullable });
  }, schema);
}

/** The state's values in the order of the params' columns, which may be some of those fitted. */
function inOrderOf(inputs: readonly string[], { columns = inputs, values }: ImputerState): ImputerState {
  const wanted = inputs.length > 0 ? inputs : columns;
  const at = wanted.map((name) => columns.indexOf(name));
  if (columns.length !== values.length || at.includes(-1)) {
    const got = wanted.map(show).join(', ');
    throw new MlError('PARAM_INVALID', `ImputerModel: inputCols must name columns of fitting (${columns.map(show).join(', ')}), got ${got}`, {
      param: 'inputCols',
    });
  }
  return { columns: wanted, values: Float64Array.from(at, (i) => values[i]) };
}

/** As SQL's cast of a double: toward zero for whole numbers, to the nearest float, half up to the digits of a decimal. */
function castTo(type: DataType, x: number): number {
  if (type.kind === 'float') return Math.fround(x);
  if (type.kind === 'decimal') return Number(decimalText(x, type.scale));
  return type.kind === 'double' ? x : Math.trunc(x) + 0;
}
