import type { Binder, Step } from '../block/binder.ts';
import {
  type Block,
  type Column,
  dropRow,
  type NumberColumn,
  type NumberPart,
  type VectorColumn,
  type VectorPart,
  writeDenseRow,
} from '../block/column.ts';
import { NumberReader } from '../block/numbers.ts';
import { MlError, show } from '../error.ts';
import { type Attribute, attributeOf, groupMetadata, groupOf } from '../frame/attributes.ts';
import type { Field, Schema } from '../frame/schema.ts';
import { VECTOR } from '../frame/types.ts';
import { names } from '../param/param.ts';
import { handleInvalid, outputCol } from '../param/shared.ts';
import * as z from '../param/zod.ts';
import { Transformer } from '../pipeline/transformer.ts';
import { invalidValue, isKept, type Site } from './invalid-value.ts';

/** Params of VectorAssembler. */
export const VectorAssemblerParams = z.strictObject({
  inputCols: names({ least: 0 }).optional().describe('input column names; none: vectors of size 0'),
  outputCol,
  handleInvalid: handleInvalid
    .default('error')
    .describe('what to do with null and NaN in number columns and with null vectors: error, skip (drop the row) or keep (NaN in their slots)'),
});
export type VectorAssemblerParams = z.input<typeof VectorAssemblerParams>;

/**
 * Puts columns of numbers, booleans and vectors side by side into one vector column. Nothing is copied: the vectors are made of
 * their inputs' parts. Slots are named `column` (numbers) or `column_slot` (vectors). NaN inside a vector is let through.
 */
export class VectorAssembler extends Transformer<typeof VectorAssemblerParams> {
  static readonly type: string = 'org.apache.spark.ml.feature.VectorAssembler';
  static readonly paramSchema = VectorAssemblerParams;

  bind(binder: Binder, schema: Schema): void {
    const fields = this.#fields(schema);
    const sizes = fields.map(slotCount);
    const args: AssembleArgs = {
      owner: this.owner,
      stage: this.uid,
      handleInvalid: this.params.handleInvalid,
      inputs: fields.map(({ name, type }, i) => ({ column: name, isVector: type.kind === 'vector', size: sizes[i] ?? null })),
    };
    const slots = fields.map(({ name, type }) => (type.kind === 'vector' ? binder.vectors(name) : binder.numbers(name)));
    binder.step(import.meta.url, assemble, args, slots, [this.params.outputCol]);
  }

  /** Input vectors whose size only the rows tell: with `skip` an engine looks for it before the stage is bound. */
  sizedByRows(schema: Schema): readonly string[] {
    return this.#fields(schema).flatMap((field) => (slotCount(field) === undefined ? [field.name] : []));
  }

  protected override facts() {
    const { handleInvalid, inputCols } = this.params;
    return { handleInvalid, numInputCols: inputCols?.length };
  }

  protected outputSchema(schema: Schema): Schema {
    const fields = this.#fields(schema);
    const sizes = fields.map(slotCount);
    if (sizes.includes(undefined)) return schema.add(this.owner, this.params.outputCol, VECTOR);
    const attributes = fields.flatMap((field, i) => slotAttributes(field, sizes[i] as number));
    const slotNames = fields.some((f) => f.slotNames) ? fields.flatMap((field, i) => namesOf(field, sizes[i] as number)) : undefined;
    return schema.add(this.owner, this.params.outputCol, VECTOR, { metadata: groupMetadata({ attributes }), ...(slotNames && { slotNames }) });
  }

  #fields(schema: Schema): Field[] {
    return this.getOrDefault('inputCols').map((name) => schema.require(this.owner, name, 'number', 'vector'));
  }
}

/** How many slots a column fills, if its attributes or rows tell. */
function slotCount(field: Field): number | undefined {
  return field.type.kind === 'vector' ? (groupOf(field).size ?? field.size) : 1;
}

function slotAttributes(field: Field, size: number): Attribute[] {
  const { name } = field;
  if (field.type.kind === 'vector') {
    const { attributes } = groupOf(field);
    return Array.from({ length: size }, (_, j) => ({ type: 'numeric', ...attributes?.[j], name: `${name}_${attributes?.[j]?.name ?? j}` }));
  }
  const attribute = field.type.kind === 'double' ? attributeOf(field) : undefined;
  return [{ type: 'numeric', ...attribute, name }];
}

/** The slots' names, those included that attributes do not tell. */
function namesOf(field: Field, size: number): string[] {
  const { name } = field;
  if (field.type.kind !== 'vector') return [name];
  const { attributes } = groupOf(field);
  return Array.from({ length: size }, (_, j) => `${name}_${field.slotNames?.[j] ?? attributes?.[j]?.name ?? j}`);
}

interface AssembleArgs {
  readonly owner: string;
  readonly stage: string;
  readonly handleInvalid: 'error' | 'skip' | 'keep';
  readonly inputs: readonly { readonly column: string; readonly isVector: boolean; readonly size: number | null }[];
}

/** Columns → one vector column over the same arrays. Only `keep` copies, and only columns that have holes. */
export function assemble({ owner, stage, handleInvalid, inputs }: AssembleArgs): Step {
  const sources = inputs.map(({ column, isVector, size }) => {
    const site = { owner, stage, column };
    return isVector ? new VectorSource(site, handleInvalid, size) : new NumberSource(site, handleInvalid);
  });
  const parts: VectorPart[] = [];
  const out: VectorColumn = { kind: 'vectors', size: 0, parts, valid: null, form: 'compressed' };
  const outputs = [out];
  return (columns, block) => {
    let count = 0;
    out.size = 0;
    for (let c = 0; c < sources.length; c++) {
      const source = sources[c];
      source.read(columns[c], block);
      out.size += source.size;
      for (let p = 0; p < source.parts.length; p++) parts[count++] = source.parts[p];
    }
    parts.length = count;
    return outputs;
  };
}

/** From so many rows on a native search for NaN is worth its call. */
const MANY_ROWS = 64;

/** A column of numbers as one part. */
class NumberSource {
  readonly size = 1;
  readonly parts: readonly VectorPart[];
  readonly #part: NumberPart = { kind: 'numbers', size: 1, values: new Float64Array(0) };
  readonly #site: Site;
  readonly #handleInvalid: 'error' | 'skip' | 'keep';
  readonly #reader = new NumberReader();
  #filled = new Float64Array(0);

  constructor(site: Site, handleInvalid: 'error' | 'skip' | 'keep') {
    this.#site = site;
    this.#handleInvalid = handleInvalid;
    this.parts = [this.#part];
  }

  read(input: Column, block: Block): void {
    const numbers = this.#reader.read(input, block.rows);
    this.#part.values = numbers.values;
    if (this.#handleInvalid !== 'keep') this.#check(numbers, block);
    else if (numbers.valid) this.#fill(numbers.values, numbers.valid, block.rows);
  }

  #check({ values, valid }: NumberColumn, block: Block): void {
    if (block.rows >= MANY_ROWS && valid === null && !values.subarray(0, block.rows).includes(Number.NaN)) return;
    for (let i = 0; i < block.rows; i++) {
      const x = values[i];
      if (!Number.isNaN(x) && (valid === null || valid[i] !== 0)) continue;
      if (this.#handleInvalid === 'skip') dropRow(block, i);
      else if (isKept(block, i)) throw hole(this.#site, block, i, valid !== null && valid[i] === 0 ? null : x);
    }
  }

  #fill(values: Float64Array, valid: Uint8Array, rows: number): void {
    if (this.#filled.length < rows) this.#filled = new Float64Array(rows);
    for (let i = 0; i < rows; i++) this.#filled[i] = valid[i] === 0 ? Number.NaN : values[i];
    this.#part.values = this.#filled;
  }
}

/** A column of vectors as its own parts. */
class VectorSource {
  size: number;
  parts: readonly VectorPart[] = [];
  readonly #site: Site;
  readonly #handleInvalid: 'error' | 'skip' | 'keep';
  #known: boolean;
  #filled = new Float64Array(0);

  constructor(site: Site, handleInvalid: 'error' | 'skip' | 'keep', size: number | null) {
    this.#site = site;
    this.#handleInvalid = handleInvalid;
    this.size = size ?? 0;
    this.#known = size !== null;
  }

  read(input: Column, block: Block): void {
    const vectors = input as VectorColumn;
    const none = block.rows > 0 && vectors.valid?.subarray(0, block.rows).includes(1) === false;
    if (none && !this.#known && this.#handleInvalid !== 'error') throw unsized(this.#site);
    if (!none && this.#known && vectors.size !== this.size) throw otherSize(this.#site, this.size, vectors.size);
    if (!none) {
      this.#known = true;
      this.size = vectors.size;
    }
    this.parts = vectors.parts;
    if (vectors.valid === null) return;
    if (this.#handleInvalid === 'keep' || vectors.size !== this.size) this.#fill(vectors, vectors.valid, block.rows);
    if (this.#handleInvalid === 'keep') return;
    for (let i = 0; i < block.rows; i++) {
      if (vectors.valid[i] !== 0) continue;
      if (this.#handleInvalid === 'skip') dropRow(block, i);
      else if (isKept(block, i)) throw hole(this.#site, block, i, null);
    }
  }

  #fill(vectors: VectorColumn, valid: Uint8Array, rows: number): void {
    const { size } = this;
    if (this.#filled.length < rows * size) this.#filled = new Float64Array(rows * size);
    for (let i = 0; i < rows; i++) {
      if (valid[i] === 0) this.#filled.fill(Number.NaN, i * size, (i + 1) * size);
      else writeDenseRow(vectors, i, this.#filled, i * size);
    }
    this.parts = [{ kind: 'dense', size, values: this.#filled }];
  }
}

function hole(site: Site, block: Block, i: number, value: number | null): MlError {
  return invalidValue(site, block, i, `hold no ${show(value)}`, value, 'fill or drop such rows, or set handleInvalid to "keep" or "skip"');
}

function unsized({ owner, stage, column }: Site): MlError {
  const remedy = 'say the size in its attributes (as VectorSizeHint does)';
  const message = `${owner}: column ${show(column)} must hold a vector in some row, all are null; ${remedy}`;
  return new MlError('VALUE_INVALID', message, { stage, column });
}

function otherSize({ owner, stage, column }: Site, expected: number, size: number): MlError {
  return new MlError('VALUE_INVALID', `${owner}: column ${show(column)} must hold vectors of size ${expected}, got one of size ${size}`, {
    stage,
    column,
    value: size,
  });
}
