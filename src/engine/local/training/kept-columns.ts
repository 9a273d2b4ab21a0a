import { type CodeColumn, type Column, codesFor, type NumberColumn, nullCode, unseenCode } from '../../../block/column.ts';
import { type DataType, isNumeric } from '../../../frame/types.ts';
import type { ProgramInput } from '../../../scoring/program.ts';
import type { Level } from '../../engine.ts';
import { withViews } from '../duck/bindings.ts';
import type { Database, QueryOptions } from '../duck/database.ts';
import { inputColumn } from '../ml/chain.ts';
import { inputReader, type LabelTypes } from '../ml/program-inputs.ts';
import type { Relation } from '../sql/relation.ts';
import { levels } from './aggregates.ts';

/** Texts are kept as codes of a byte: of so many labels at most, beside the codes of null and of what is unseen. */
const MOST_LABELS = 254;

type KeptColumn = NumberColumn | CodeColumn;
/** What a program reads of rows `lo … hi - 1`. */
type Slice = (lo: number, hi: number) => KeptColumn;

/**
 * Columns of a cached frame of few rows as programs read them: numbers, and texts as codes. A query over so few rows costs more than all else that a
 * fit does with them; so each column is read once, when a fit first asks for it, and lies here for the next.
 */
export class KeptColumns {
  readonly rows: number;
  readonly #database: Database;
  readonly #labelTypes: LabelTypes;
  readonly #relation: Relation;
  /** By column of texts: all that occur. */
  readonly #labels = new Map<string, readonly string[]>();
  readonly #columns = new Map<string, Promise<KeptColumn>>();

  constructor(database: Database, labelTypes: LabelTypes, relation: Relation & { readonly rows: number }) {
    this.rows = relation.rows;
    this.#database = database;
    this.#labelTypes = labelTypes;
    this.#relation = relation;
  }

  /** Distinct values of columns as texts with their counts, nulls left out, in any order. */
  async levels(names: readonly string[], options: QueryOptions): Promise<Level[][]> {
    const kept = await Promise.all(names.map((name) => this.#columns.get(name)));
    if (kept.every((column) => column?.kind === 'codes')) return kept.map((column) => counted(column, this.rows));
    const found = await levels(this.#database, this.#relation, names, true, options);
    for (const [j, name] of names.entries()) {
      if (this.#type(name).kind !== 'string') continue;
      this.#labels.set(
        name,
        found[j].map(({ text }) => text),
      );
    }
    return found;
  }

  /** How a program reads these inputs; null where one of them is not kept. */
  async slices(inputs: readonly Omit<ProgramInput, 'slot'>[], options: QueryOptions): Promise<Slice[] | null> {
    const suits = ({ column, form }: Omit<ProgramInput, 'slot'>) => form === formOf(this.#type(column));
    if (!inputs.every(suits)) return null;
    // No signal: others may be waiting for the same columns.
    const query = { owner: options.owner };
    const texts = inputs.filter(({ column, form }) => form === 'codes' && !this.#labels.has(column)).map(({ column }) => column);
    if (texts.length > 0) await this.levels([...new Set(texts)], query);
    if (inputs.some(({ column }) => (this.#labels.get(column)?.length ?? 0) > MOST_LABELS)) return null;
    const missing = [...new Set(inputs.map(({ column }) => column))].filter((name) => !this.#columns.has(name));
    if (missing.length > 0) this.#read(missing, query);
    const columns = (await Promise.all(inputs.map(({ column }) => this.#columns.get(column)))) as KeptColumn[];
    return columns.map((column, k) => (column.kind === 'codes' ? codeSlices(column, inputs[k].labels ?? []) : numberSlices(column)));
  }

  #type(name: string): DataType {
    return inputColumn(this.#relation, name).field.type;
  }

  #read(names: readonly string[], options: QueryOptions): void {
    const all = this.#readAll(names, options);
    for (const [j, name] of names.entries()) {
      const column = all.then((columns) => columns[j]);
      this.#columns.set(name, column);
      column.catch(() => this.#columns.delete(name));
    }
  }

  async #readAll(names: readonly string[], options: QueryOptions): Promise<KeptColumn[]> {
    const relation = this.#relation;
    const readers = await Promise.all(
      names.map((name) => {
        const { field, sql } = inputColumn(relation, name);
        const labels = this.#labels.get(name) ?? null;
        return inputReader({ column: name, form: labels ? 'codes' : 'numbers', labels, slot: 0 }, field, sql, this.#labelTypes, options);
      }),
    );
    const columns = names.map((name) => emptyColumn(this.#labels.get(name), this.rows));
    let from = 0;
    const sql = `SELECT ${readers.map((reader) => reader.sql).join(', ')} FROM (${relation.sql}) AS t`;
    for await (const chunk of this.#database.whole(sql, options)) {
      withViews(() => {
        for (const [j, column] of columns.entries()) put(column, readers[j].read(chunk.column(j), chunk.rows, from), from, chunk.rows);
      });
      from += chunk.rows;
      chunk.release();
    }
    return columns;
  }
}

function formOf(type: DataType): 'codes' | 'numbers' | null {
  if (type.kind === 'string') return 'codes';
  return isNumeric(type) || type.kind === 'boolean' ? 'numbers' : null;
}

function emptyColumn(labels: readonly string[] | undefined, rows: number): KeptColumn {
  if (!labels) return { kind: 'numbers', values: new Float64Array(rows), valid: null };
  return { kind: 'codes', codes: new Uint8Array(rows), size: labels.length, labels };
}

function put(to: KeptColumn, column: Column, from: number, rows: number): void {
  if (to.kind === 'codes') {
    to.codes.set((column as CodeColumn).codes.subarray(0, rows), from);
    return;
  }
  const { values, valid } = column as NumberColumn;
  to.values.set(values.subarray(0, rows), from);
  if (!valid) return;
  to.valid ??= new Uint8Array(to.values.length).fill(1);
  to.valid.set(valid.subarray(0, rows), from);
}

function counted({ codes, labels }: CodeColumn, rows: number): Level[] {
  const counts = new Uint32Array(256);
  for (let i = 0; i < rows; i++) counts[codes[i]]++;
  return (labels ?? []).map((text, code) => ({ text, count: counts[code] }));
}

function numberSlices({ values, valid }: NumberColumn): Slice {
  return (lo, hi) => ({ kind: 'numbers', values: values.subarray(lo, hi), valid: valid?.subarray(lo, hi) ?? null });
}

/** Codes of `labels`, which may be others than those of the column. */
function codeSlices(column: CodeColumn, labels: readonly string[]): Slice {
  const size = labels.length;
  const codeOf = codesFor(unseenCode(size), 256);
  const numbers = new Map(labels.map((label, code) => [label, code]));
  for (const [code, label] of (column.labels ?? []).entries()) codeOf[code] = numbers.get(label) ?? unseenCode(size);
  codeOf[nullCode(column.size)] = nullCode(size);
  const seen = !codeOf.subarray(0, column.size).includes(unseenCode(size));
  let codes = codesFor(unseenCode(size), 0);
  return (lo, hi) => {
    if (codes.length < hi - lo) codes = codesFor(unseenCode(size), hi - lo);
    for (let i = lo; i < hi; i++) codes[i - lo] = codeOf[column.codes[i]];
    return { kind: 'codes', codes, size, labels, seen };
  };
}
