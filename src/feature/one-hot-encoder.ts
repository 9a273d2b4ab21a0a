import type { Binder, Step } from '../block/binder.ts';
import { type CodePart, codesFor, type VectorColumn } from '../block/column.ts';
import { NumberReader } from '../block/numbers.ts';
import type { TrainingContext } from '../engine/engine.ts';
import type { StageName } from '../engine/stage-name.ts';
import { MlError, show } from '../error.ts';
import { attributeOf, groupMetadata } from '../frame/attributes.ts';
import type { Field, Metadata, Schema } from '../frame/schema.ts';
import { VECTOR } from '../frame/types.ts';
import { flag, oneOf } from '../param/param.ts';
import { inputCol, inputCols, outputCol, outputCols } from '../param/shared.ts';
import * as z from '../param/zod.ts';
import type { Codec } from '../persistence/codec.ts';
import { Estimator } from '../pipeline/estimator.ts';
import { Model } from '../pipeline/model.ts';
import { columnCounts, type InOutColumn, inOutColumns, inputNames, refineInOut } from './in-out-columns.ts';
import { invalidValue, isKept, type Site } from './invalid-value.ts';

/** Params of OneHotEncoder and its model. */
export const OneHotEncoderParams = z
  .strictObject({
    inputCol,
    inputCols,
    outputCol,
    outputCols,
    dropLast: flag().default(true).describe('whether the last category gets no slot (all of its slots are 0)'),
    handleInvalid: oneOf('error', 'keep')
      .default('error')
      .describe('what transform does with an index beyond those of fitting: error, or keep (a category of its own, the last); fit always refuses'),
  })
  .superRefine(refineInOut);
export type OneHotEncoderParams = z.input<typeof OneHotEncoderParams>;

/** Beyond so many categories slots get no names: a count may come from a file that lies, and names take memory. */
const MOST_NAMES = 1_000_000;

/** State of a {@link OneHotEncoderModel}: the number of categories of each input column, before `dropLast` and `keep`. */
export interface OneHotEncoderState {
  readonly categorySizes: readonly number[];
}

/**
 * Turns an index into a vector with a single 1 in its category's slot. The number of categories comes from the column's attribute
 * (as `StringIndexer` leaves it), else it is the largest index + 1. null stays null.
 */
export class OneHotEncoder extends Estimator<typeof OneHotEncoderParams, OneHotEncoderModel> {
  static readonly type: string = 'org.apache.spark.ml.feature.OneHotEncoder';
  static readonly paramSchema = OneHotEncoderParams;

  protected outputSchema(schema: Schema): Schema {
    return inOutColumns(this).reduce((current, { input, output }) => {
      const known = categoryNames(this.owner, schema.require(this.owner, input, 'numeric'));
      if (!known) return current.add(this.owner, output, VECTOR);
      requireTwo(this, input, known);
      return current.add(this.owner, output, VECTOR, { metadata: slotMetadata(known, this.params) });
    }, schema);
  }

  protected async train(context: TrainingContext): Promise<OneHotEncoderModel> {
    const columns = inOutColumns(this).map(({ input }) => input);
    const sizes = columns.map((column) => categoryNames(this.owner, context.schema.require(this.owner, column))?.length);
    const unknown = columns.filter((_, i) => sizes[i] === undefined);
    const counted = unknown.length > 0 ? await this.#countCategories(context, unknown) : [];
    return this.model(OneHotEncoderModel, { categorySizes: sizes.map((size) => size ?? (counted.shift() as number)) });
  }

  async #countCategories(context: TrainingContext, columns: readonly string[]): Promise<number[]> {
    const largest = columns.map(() => -1);
    const readers = columns.map(() => new NumberReader());
    await context.scan(columns, (block) => {
      for (const [c, column] of columns.entries()) {
        const { values, valid } = readers[c].read(block.columns[c], block.rows);
        for (let i = 0; i < block.rows; i++) {
          const value = valid && valid[i] === 0 ? null : values[i];
          if (value === null || !(value >= 0 && value <= 0x7ffffffe && Number.isInteger(value))) {
            const site = { owner: this.owner, stage: this.uid, column };
            const { rows, firstRow } = block;
            throw invalidValue(site, { rows, firstRow, columns: [], keep: null }, i, 'hold indices 0, 1, …', value, 'index it with StringIndexer');
          }
          if (value > largest[c]) largest[c] = value;
        }
      }
    });
    if (largest.includes(-1)) {
      throw new MlError('EMPTY_DATASET', `${this.owner}: the frame must have rows to count the categories of ${columns.map(show).join(', ')}`, {
        stage: this.uid,
      });
    }
    return largest.map((index) => index + 1);
  }
}

const codec: Codec<OneHotEncoderState> = {
  columns: { categorySizes: 'array<int!>' },
  encode: ({ categorySizes }) => [[categorySizes]],
  decode(rows) {
    const sizes: unknown = rows[0]?.[0];
    const categorySizes = sizes === null || typeof sizes !== 'object' ? [] : Array.from(sizes as ArrayLike<number>);
    if (rows.length !== 1 || categorySizes.length === 0 || !categorySizes.every((n) => Number.isInteger(n) && n >= 0)) {
      throw new MlError('MODEL_FORMAT', 'OneHotEncoderModel: data must hold one row with an array of category counts');
    }
    return { categorySizes };
  },
};

/** Fitted by {@link OneHotEncoder}. The vectors keep the categories' codes: nothing is spread out until a vector leaves the engine. */
export class OneHotEncoderModel extends Model<typeof OneHotEncoderParams, OneHotEncoderState> {
  static readonly type: string = 'org.apache.spark.ml.feature.OneHotEncoderModel';
  static readonly paramSchema = OneHotEncoderParams;
  static readonly codec = codec;

  /** The number of categories of each column, before `dropLast` and `keep`. */
  get categorySizes(): readonly number[] {
    return this.state.categorySizes;
  }

  bind(binder: Binder): void {
    const { owner, uid: stage } = this;
    const keep = this.params.handleInvalid === 'keep';
    for (const { input, output, size } of this.#columns()) {
      const args: EncodeArgs = { owner, stage, column: input, categories: size, keep, slots: slotCount(size, this.params) };
      binder.step(import.meta.url, encodeOneHot, args, [binder.numbers(input)], [output]);
    }
  }

  protected override facts() {
    const { dropLast, handleInvalid } = this.params;
    return { dropLast, handleInvalid, ...columnCounts(this.params) };
  }

  protected outputSchema(schema: Schema): Schema {
    return this.#columns().reduce((current, { input, output, size }) => {
      const known = categoryNames(this.owner, schema.require(this.owner, input, 'numeric'));
      if (known && known.length !== size) {
        throw new MlError(
          'SCHEMA_INVALID',
          `${this.owner}: column ${show(input)} must have the ${size} categories of fitting, it has ${known.length}`,
          {
            stage: this.uid,
            column: input,
            value: known.length,
          },
        );
      }
      if (known) requireTwo(this, input, known);
      if (!known && size > MOST_NAMES) {
        return current.add(this.owner, output, VECTOR, { metadata: groupMetadata({ size: slotCount(size, this.params) }) });
      }
      const categories = known ?? Array.from({ length: size }, (_, i) => String(i));
      return current.add(this.owner, output, VECTOR, { metadata: slotMetadata(categories, this.params) });
    }, schema);
  }

  #columns(): (InOutColumn & { size: number })[] {
    const { categorySizes } = this;
    const columns = inOutColumns(this);
    if (columns.length !== categorySizes.length) {
      throw new MlError('PARAM_INVALID', `${this.owner}: inputCols must name the ${categorySizes.length} columns of fitting, got ${columns.length}`, {
        stage: this.uid,
        param: 'inputCols',
        value: inputNames(this.params),
      });
    }
    return columns.map((column, i) => ({ ...column, size: categorySizes[i] }));
  }
}

interface EncodeArgs extends Site {
  readonly categories: number;
  readonly slots: number;
  readonly keep: boolean;
}

/** Index → its slot. Codes within range are passed on uncopied; what is invalid gets code `categories`, whose slot `keep` may have added. */
export function encodeOneHot(args: EncodeArgs): Step {
  const { categories, slots: size, keep } = args;
  const part: CodePart = { kind: 'codes', size, codes: codesFor(categories, 0), table: null };
  const out: VectorColumn = { kind: 'vectors', size, parts: [part], valid: null };
  const outputs = [out];
  const reader = new NumberReader();
  let own = part.codes;
  let valid = new Uint8Array(0);
  return ([input], block) => {
    const { rows } = block;
    out.valid = null;
    if (input.kind === 'codes' && ((input.full && input.size <= categories) || allBelow(input.codes, rows, Math.min(categories, input.size)))) {
      part.codes = input.codes;
      return outputs;
    }
    if (own.length < rows) {
      own = codesFor(categories, rows);
      valid = new Uint8Array(rows);
    }
    const numbers = reader.read(input, rows);
    const { values } = numbers;
    for (let i = 0; i < rows; i++) {
      const value = values[i];
      if (numbers.valid && numbers.valid[i] === 0) {
        if (out.valid === null) {
          valid.fill(1, 0, rows);
          out.valid = valid;
        }
        valid[i] = 0;
        own[i] = categories;
      } else if (value >= 0 && value < categories) {
        own[i] = value;
      } else {
        if (!keep && isKept(block, i)) {
          throw invalidValue(args, block, i, `hold indices below ${categories}`, value, 'set handleInvalid to "keep", or fit on all categories');
        }
        own[i] = categories;
      }
    }
    part.codes = own;
    return outputs;
  };
}

function allBelow(codes: ArrayLike<number>, rows: number, limit: number): boolean {
  for (let i = 0; i < rows; i++) if (codes[i] >= limit) return false;
  return true;
}

/** The categories' names that a column carries; undefined when it carries none. */
function categoryNames(owner: string, field: Field): readonly string[] | undefined {
  const attribute = attributeOf(field);
  if (!attribute) return undefined;
  if (attribute.type === 'numeric') {
    throw new MlError('COLUMN_TYPE', `${owner}: column ${show(field.name)} must hold categories, its attribute says numeric`, {
      stage: owner,
      column: field.name,
    });
  }
  if (attribute.values) return attribute.values;
  const count = attribute.type === 'binary' ? 2 : attribute.numValues;
  return count === undefined || count > MOST_NAMES ? undefined : Array.from({ length: count }, (_, i) => String(i));
}

interface Encoding {
  readonly dropLast: boolean;
  readonly handleInvalid: 'error' | 'keep';
}

/** A column whose only category would be dropped cannot be encoded. */
function requireTwo({ owner, uid, params }: StageName & { params: Encoding }, input: string, categories: readonly string[]): void {
  if (!params.dropLast || params.handleInvalid === 'keep' || categories.length > 1) return;
  throw new MlError(
    'SCHEMA_INVALID',
    `${owner}: column ${show(input)} must have at least two categories, it has ${categories.length}; set dropLast to false or leave it out`,
    { stage: uid, column: input },
  );
}

function slotCount(categories: number, { dropLast, handleInvalid }: Encoding): number {
  return categories + (handleInvalid === 'keep' ? 1 : 0) - (dropLast ? 1 : 0);
}

/** The output's attributes: a binary one a slot, named by its category. */
function slotMetadata(categories: readonly string[], { dropLast, handleInvalid }: Encoding): Metadata {
  const all = handleInvalid === 'keep' ? [...categories, 'invalidValues'] : categories;
  const names = dropLast ? all.slice(0, -1) : all;
  return groupMetadata({ attributes: names.map((name) => ({ type: 'binary', name })) });
}
