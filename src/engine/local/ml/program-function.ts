import type { Slot } from '../../../block/binder.ts';
import { type Block, type CodeColumn, type Column, denseValues } from '../../../block/column.ts';
import { MlError, show } from '../../../error.ts';
import { groupOf } from '../../../frame/attributes.ts';
import { decimalText } from '../../../frame/decimal-text.ts';
import type { Field } from '../../../frame/schema.ts';
import { isNumeric } from '../../../frame/types.ts';
import { type Program, type RunningProgram, startProgram } from '../../../scoring/program.ts';
import {
  copyInto,
  copyValidity,
  type LogicalType,
  logicalType,
  low,
  type RawChunk,
  type RawVector,
  rawType,
  view,
  withViews,
} from '../duck/bindings.ts';
import type { Database, QueryOptions } from '../duck/database.ts';
import { DenseForm } from '../duck/dense-form.ts';
import { writeVectorColumn } from '../duck/vector-form.ts';
import { writeValues } from '../duck/write-vector.ts';
import { denseVector, duckType } from '../sql/duck-type.ts';
import type { InputReader } from './program-inputs.ts';

/** A column that the function puts out, as a field of its struct: numbers as doubles, vectors that are always dense as arrays, the rest as they are. */
interface Output {
  readonly field: Field;
  readonly slot: number;
  readonly place: 'number' | 'text' | 'dense' | 'vector' | 'value';
  /** Slots of a vector that is always dense. */
  readonly size: number;
  /** What chunk after chunk is written from. */
  readonly scratch: Scratch;
}

interface Scratch {
  numbers: Float64Array;
  readonly dense: DenseForm;
}

/** A field of the struct: its type as a key and as DuckDB's object. */
interface StructField {
  readonly key: string;
  readonly logical: () => LogicalType;
}

/** A program as SQL may call it. */
export interface ProgramCall {
  /** The call itself: a struct. */
  readonly sql: string;
  /** The output columns' SQL, given the struct's. */
  columns(struct: string): readonly { readonly field: Field; readonly sql: string }[];
  /** True for the rows that stay; null when all do. */
  readonly keep: ((struct: string) => string) | null;
  /** Number of the program, for {@link ProgramFunctions.forget}. */
  readonly id: number;
}

interface Bound {
  readonly running: RunningProgram;
  readonly readers: readonly InputReader[];
  readonly outputs: readonly Output[];
  /** Whether the struct's last field says which rows stay. */
  readonly keeps: boolean;
}

/**
 * Programs as DuckDB scalar functions: `f(program, inputs …) → STRUCT(o0, o1 …)`. DuckDB calls them on this thread with up to
 * 2048 rows. There is one function for each list of input and output types; which program is meant is its first argument.
 * They are declared volatile: DuckDB would otherwise repeat a call in every filter that it pushes down.
 */
export class ProgramFunctions {
  readonly #database: Database;
  readonly #functions = new Map<string, Promise<string>>();
  readonly #programs = new Map<number, Bound>();

  constructor(database: Database) {
    this.#database = database;
  }

  /** `fields` are the columns wanted of the program's outputs. */
  async call(program: Program, readers: readonly InputReader[], fields: readonly Field[], options: QueryOptions): Promise<ProgramCall> {
    const dropsRows = program.steps.some((step) => (step.args as { handleInvalid?: string } | null)?.handleInvalid === 'skip');
    const outputs = fields.map((field): Output => {
      const slot = program.outputs.get(field.name) as number;
      const size = denseSize(program, slot, field);
      const scratch = { numbers: new Float64Array(0), dense: new DenseForm() };
      return { field, slot, place: size > 0 ? 'dense' : placeOf(field), size, scratch };
    });
    const keeps = dropsRows || outputs.length === 0;
    const made = outputs.map(structField);
    if (keeps) made.push({ key: 'BOOLEAN', logical: () => rawType('boolean') });
    const key = JSON.stringify([readers.map((r) => r.typeKey), made.map((m) => m.key)]);
    let name = this.#functions.get(key);
    if (!name) {
      name = this.#define(readers, made, options);
      this.#functions.set(key, name);
      name.catch(() => this.#functions.delete(key));
    }
    const id = this.#database.number();
    this.#programs.set(id, { running: startProgram(program), readers, outputs, keeps });
    return {
      id,
      sql: `${await name}(${[id, ...readers.map((r) => r.sql)].join(', ')})`,
      keep: dropsRows ? (struct) => `${struct}.o${outputs.length}` : null,
      columns: (struct) =>
        outputs.map(({ field, place }, k) => {
          if (place === 'dense') return { field, sql: denseVector(`${struct}.o${k}`) };
          const plain = place !== 'number' || field.type.kind === 'double';
          return { field, sql: plain ? `${struct}.o${k}` : `CAST(${struct}.o${k} AS ${duckType(field.type)})` };
        }),
    };
  }

  /** Nobody will call the program again. */
  forget(id: number): void {
    this.#programs.delete(id);
  }

  async #define(readers: readonly InputReader[], made: readonly StructField[], options: QueryOptions): Promise<string> {
    const name = `program${this.#database.number()}`;
    await this.#database.register(() => {
      const f = low.create_scalar_function();
      low.scalar_function_set_name(f, name);
      low.scalar_function_set_special_handling(f);
      low.scalar_function_set_volatile(f);
      low.scalar_function_add_parameter(f, rawType('int'));
      for (const reader of readers) low.scalar_function_add_parameter(f, reader.logical());
      const names = made.map((_, k) => `o${k}`);
      const types = made.map((m) => m.logical());
      low.scalar_function_set_return_type(f, low.create_struct_type(types, names));
      low.scalar_function_set_function(f, (info, input, output) => {
        try {
          withViews(() => this.#run(input, output));
        } catch (error) {
          low.scalar_function_set_error(info, this.#database.keepError(error));
        }
      });
      return f;
    }, options);
    return name;
  }

  #run(input: RawChunk, output: RawVector): void {
    const rows = low.data_chunk_get_size(input);
    if (rows === 0) return;
    const id = view(low.data_chunk_get_vector(input, 0), 1, Int32Array)[0];
    const bound = this.#programs.get(id);
    if (!bound) throw new MlError('SQL_FAILED', `transform: program ${id} is gone; build the frame anew`);
    const { running, readers, outputs, keeps } = bound;
    const block: Block = { rows, firstRow: 0, columns: new Array(running.program.slots), keep: null };
    for (const [k, { slot }] of running.program.inputs.entries()) {
      block.columns[slot] = readers[k].read(low.data_chunk_get_vector(input, k + 1), rows, 0);
    }
    running.run(block);
    for (const [k, { field, slot, place, size, scratch }] of outputs.entries()) {
      const column = block.columns[slot];
      const child = low.struct_vector_get_child(output, k);
      if (place === 'number') putNumbers(child, column, rows, field, scratch);
      else if (place === 'dense') putDense(child, column, rows, field, size);
      else putOther(child, column, place, field, block, scratch);
    }
    if (keeps) copyInto(low.struct_vector_get_child(output, outputs.length), block.keep ?? allKept(rows), rows);
  }
}

let ones = new Uint8Array(2048).fill(1);

function allKept(rows: number): Uint8Array {
  if (ones.length < rows) ones = new Uint8Array(rows).fill(1);
  return ones;
}

/** Slots from which on vectors are lists: an array has room for a whole chunk from the start. */
const LARGE = 1000;

/** The size of vectors that are always dense, 0 of all else. */
function denseSize({ steps }: Program, slot: Slot, field: Field): number {
  const size = field.type.kind === 'vector' ? (groupOf(field).size ?? field.size ?? 0) : 0;
  return size < LARGE && steps.some(({ dense, outputs }) => dense && outputs.includes(slot)) ? size : 0;
}

function structField({ field, place, size }: Output): StructField {
  if (place === 'number') return { key: 'DOUBLE', logical: () => rawType('double') };
  if (place === 'dense') return { key: `DOUBLE[${size}]`, logical: () => low.create_array_type(rawType('double'), size) };
  return { key: duckType(field.type), logical: () => logicalType(field.type) };
}

function placeOf({ type }: Field): Output['place'] {
  if (type.kind === 'vector') return 'vector';
  if (type.kind === 'string') return 'text';
  return type.kind === 'boolean' || (isNumeric(type) && type.kind !== 'decimal' && type.kind !== 'long') ? 'number' : 'value';
}

/** Writes a column of numbers, or of codes as the numbers they are. */
function putNumbers(vector: RawVector, column: Column, rows: number, field: Field, scratch: Scratch): void {
  if (column.kind === 'numbers') {
    copyInto(vector, column.values, rows);
    if (column.valid) copyValidity(vector, column.valid, rows);
    return;
  }
  if (scratch.numbers.length < rows) scratch.numbers = new Float64Array(rows);
  const out = scratch.numbers;
  let valid: Uint8Array | null = null;
  if (column.kind === 'codes') {
    const { codes, size } = column;
    for (let i = 0; i < rows; i++) {
      out[i] = codes[i];
      if (codes[i] < size) continue;
      valid ??= new Uint8Array(rows).fill(1);
      valid[i] = 0;
    }
  } else if (column.kind === 'values') {
    for (let i = 0; i < rows; i++) {
      out[i] = Number(column.values[i] ?? Number.NaN);
      if (column.values[i] != null) continue;
      valid ??= new Uint8Array(rows).fill(1);
      valid[i] = 0;
    }
  } else throw wrongKind(field, column);
  copyInto(vector, out, rows);
  if (valid) copyValidity(vector, valid, rows);
}

function putDense(vector: RawVector, column: Column, rows: number, field: Field, size: number): void {
  if (column.kind !== 'vectors' || column.size !== size) throw wrongKind(field, column);
  copyInto(low.array_vector_get_child(vector), denseValues(column), rows * size);
}

function putOther(vector: RawVector, column: Column, place: Output['place'], field: Field, { rows, keep }: Block, { dense }: Scratch): void {
  if (place === 'vector') {
    if (column.kind === 'values') writeValues(vector, field.type, column.values, rows, field.name);
    else if (column.kind !== 'vectors') throw wrongKind(field, column);
    else if (!dense.write(vector, column, rows)) writeVectorColumn(vector, column, rows, keep);
  } else if (place === 'text' && column.kind === 'codes') writeValues(vector, field.type, labelTexts(column, rows), rows, field.name);
  else if (column.kind === 'strings' || column.kind === 'values') writeValues(vector, field.type, column.values, rows, field.name);
  else if (column.kind === 'numbers') writeValues(vector, field.type, numberValues(column.values, column.valid, field, rows), rows, field.name);
  else throw wrongKind(field, column);
}

function labelTexts({ codes, labels }: CodeColumn, rows: number): (string | null)[] {
  return Array.from({ length: rows }, (_, i) => labels?.[codes[i]] ?? null);
}

/** Doubles as longs, which end at 2⁶³ - 1, and as decimals, as Spark casts them. */
function numberValues(values: Float64Array, valid: Uint8Array | null, { type }: Field, rows: number): unknown[] {
  const convert =
    type.kind === 'decimal'
      ? (x: number) => decimalText(x, type.scale)
      : type.kind === 'long'
        ? (x: number) => (x === 2 ** 63 ? MOST_LONG : BigInt(Math.trunc(x)))
        : (x: number) => x;
  return Array.from({ length: rows }, (_, i) => (valid && valid[i] === 0 ? null : convert(values[i])));
}

const MOST_LONG = 2n ** 63n - 1n;

function wrongKind(field: Field, column: Column): MlError {
  return new MlError('COLUMN_TYPE', `transform: column ${show(field.name)} must be made as ${field.type.kind}, its stage made ${column.kind}`, {
    column: field.name,
  });
}
