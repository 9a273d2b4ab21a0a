import type { Block, CodeColumn, Column, VectorColumn } from '../../../block/column.ts';
import { MlError, show } from '../../../error.ts';
import type { Field } from '../../../frame/schema.ts';
import { isNumeric } from '../../../frame/types.ts';
import { type Program, type RunningProgram, startProgram } from '../../../scoring/program.ts';
import { copyInto, copyValidity, type LogicalType, logicalType, low, type RawChunk, type RawVector, rawType, view } from '../duck/bindings.ts';
import type { Database, QueryOptions } from '../duck/database.ts';
import { writeVectorColumn } from '../duck/vector-form.ts';
import { writeValues } from '../duck/write-vector.ts';
import { duckType } from '../sql/duck-type.ts';
import type { InputReader } from './program-inputs.ts';

/** A column that the function puts out: `numbers` share one fixed-size array of doubles, others have a struct field each. */
interface Output {
  readonly field: Field;
  readonly slot: number;
  readonly place: 'number' | 'text' | 'vector' | 'value';
  /** Position in the array, or the struct field's number. */
  readonly index: number;
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
  readonly numbers: number;
  readonly keepAt: number;
}

/**
 * Programs as DuckDB scalar functions: `f(program, inputs …) → STRUCT(n DOUBLE[k], …)`. DuckDB calls them on this thread with up to
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
    const outputs: Output[] = [];
    let numbers = 0;
    const others: { name: string; key: string; logical: () => LogicalType }[] = [];
    for (const field of fields) {
      const slot = program.outputs.get(field.name) as number;
      const place = placeOf(field);
      if (place === 'number') outputs.push({ field, slot, place, index: numbers++ });
      else {
        const logical = () => logicalType(field.type);
        outputs.push({ field, slot, place, index: others.length });
        others.push({ name: `o${others.length}`, key: duckType(field.type), logical });
      }
    }
    const keepAt = dropsRows ? numbers++ : -1;
    const width = Math.max(numbers, 1);
    const key = JSON.stringify([readers.map((r) => r.typeKey), width, others.map((o) => o.key)]);
    let name = this.#functions.get(key);
    if (!name) {
      name = this.#define(readers, width, others, options);
      this.#functions.set(key, name);
      name.catch(() => this.#functions.delete(key));
    }
    const id = this.#database.number();
    this.#programs.set(id, { running: startProgram(program), readers, outputs, numbers: width, keepAt });
    return {
      id,
      sql: `${await name}(${[id, ...readers.map((r) => r.sql)].join(', ')})`,
      keep: keepAt < 0 ? null : (struct) => `${struct}.n[${keepAt + 1}] = 1`,
      columns: (struct) =>
        outputs.map(({ field, place, index }) => {
          if (place !== 'number') return { field, sql: `${struct}.o${index}` };
          const number = `${struct}.n[${index + 1}]`;
          return { field, sql: field.type.kind === 'double' ? number : `CAST(${number} AS ${duckType(field.type)})` };
        }),
    };
  }

  /** Nobody will call the program again. */
  forget(id: number): void {
    this.#programs.delete(id);
  }

  async #define(
    readers: readonly InputReader[],
    width: number,
    others: readonly { name: string; logical: () => LogicalType }[],
    options: QueryOptions,
  ): Promise<string> {
    const name = `program${this.#database.number()}`;
    await this.#database.register(() => {
      const f = low.create_scalar_function();
      low.scalar_function_set_name(f, name);
      low.scalar_function_set_special_handling(f);
      low.scalar_function_set_volatile(f);
      low.scalar_function_add_parameter(f, rawType('int'));
      for (const reader of readers) low.scalar_function_add_parameter(f, reader.logical());
      const array = low.create_array_type(rawType('double'), width);
      low.scalar_function_set_return_type(f, low.create_struct_type([array, ...others.map((o) => o.logical())], ['n', ...others.map((o) => o.name)]));
      low.scalar_function_set_function(f, (info, input, output) => {
        try {
          this.#run(input, output);
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
    const id = view(low.data_chunk_get_vector(input, 0), 1, Int32Array)[0] as number;
    const bound = this.#programs.get(id);
    if (!bound) throw new MlError('SQL_FAILED', `transform: program ${id} is gone; build the frame anew`);
    const { running, readers, outputs, numbers, keepAt } = bound;
    const block: Block = { rows, firstRow: 0, columns: new Array(running.program.slots), keep: null };
    for (const [k, { slot }] of running.program.inputs.entries()) {
      block.columns[slot] = (readers[k] as InputReader).read(low.data_chunk_get_vector(input, k + 1), rows, 0);
    }
    running.run(block);
    const array = new Float64Array(rows * numbers);
    let valid: Uint8Array | null = null;
    for (const { field, slot, place, index } of outputs) {
      const column = block.columns[slot] as Column;
      if (place === 'number') valid = putNumbers(column, array, index, numbers, rows, field, valid);
      else putOther(low.struct_vector_get_child(output, index + 1), column, place, field, block);
    }
    if (keepAt >= 0) for (let i = 0; i < rows; i++) array[i * numbers + keepAt] = block.keep ? (block.keep[i] as number) : 1;
    const child = low.array_vector_get_child(low.struct_vector_get_child(output, 0));
    copyInto(child, array, array.length);
    if (valid) copyValidity(child, valid, array.length);
  }
}

function placeOf({ type }: Field): Output['place'] {
  if (type.kind === 'vector') return 'vector';
  if (type.kind === 'string') return 'text';
  return type.kind === 'boolean' || (isNumeric(type) && type.kind !== 'decimal' && type.kind !== 'long') ? 'number' : 'value';
}

/** Writes a column of numbers or codes into position `at` of each row's array; returns the mask of valid entries once there is a null. */
function putNumbers(
  column: Column,
  out: Float64Array,
  at: number,
  width: number,
  rows: number,
  field: Field,
  valid: Uint8Array | null,
): Uint8Array | null {
  if (column.kind === 'codes') {
    const { codes, size } = column;
    let mask = valid;
    for (let i = 0, p = at; i < rows; i++, p += width) {
      out[p] = codes[i] as number;
      if ((codes[i] as number) < size) continue;
      mask ??= new Uint8Array(out.length).fill(1);
      mask[p] = 0;
    }
    return mask;
  }
  if (column.kind === 'values') {
    const values = Float64Array.from({ length: rows }, (_, i) => Number(column.values[i] ?? Number.NaN));
    const present = Uint8Array.from({ length: rows }, (_, i) => (column.values[i] == null ? 0 : 1));
    return putNumbers({ kind: 'numbers', values, valid: present }, out, at, width, rows, field, valid);
  }
  if (column.kind !== 'numbers') throw wrongKind(field, column);
  const { values } = column;
  for (let i = 0, p = at; i < rows; i++, p += width) out[p] = values[i] as number;
  if (!column.valid) return valid;
  const mask = valid ?? new Uint8Array(out.length).fill(1);
  for (let i = 0; i < rows; i++) mask[i * width + at] = column.valid[i] as number;
  return mask;
}

function putOther(vector: RawVector, column: Column, place: Output['place'], field: Field, { rows, keep }: Block): void {
  if (place === 'vector') {
    if (column.kind === 'values') writeValues(vector, field.type, column.values, rows, field.name);
    else if (column.kind === 'vectors') writeVectorColumn(vector, column as VectorColumn, rows, keep);
    else throw wrongKind(field, column);
  } else if (place === 'text' && column.kind === 'codes') writeValues(vector, field.type, labelTexts(column, rows), rows, field.name);
  else if (column.kind === 'strings' || column.kind === 'values') writeValues(vector, field.type, column.values, rows, field.name);
  else if (column.kind === 'numbers') writeValues(vector, field.type, numberValues(column.values, column.valid, field, rows), rows, field.name);
  else throw wrongKind(field, column);
}

function labelTexts({ codes, labels }: CodeColumn, rows: number): (string | null)[] {
  return Array.from({ length: rows }, (_, i) => labels?.[codes[i] as number] ?? null);
}

function numberValues(values: Float64Array, valid: Uint8Array | null, field: Field, rows: number): unknown[] {
  const convert = field.type.kind === 'long' ? (x: number) => BigInt(Math.trunc(x)) : (x: number) => x;
  return Array.from({ length: rows }, (_, i) => (valid && valid[i] === 0 ? null : convert(values[i] as number)));
}

function wrongKind(field: Field, column: Column): MlError {
  return new MlError('COLUMN_TYPE', `transform: column ${show(field.name)} must be made as ${field.type.kind}, its stage made ${column.kind}`, {
    column: field.name,
  });
}
