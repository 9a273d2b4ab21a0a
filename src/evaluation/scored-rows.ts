import { type Column, numberAt, type VectorColumn, writeDenseRow } from '../block/column.ts';
import { Numbers } from '../block/growing-numbers.ts';
import type { Engine, ScannedBlock } from '../engine/engine.ts';
import type { StageName } from '../engine/stage-name.ts';
import { MlError, show } from '../error.ts';
import type { ActionOptions } from '../frame/executor.ts';
import type { Frame } from '../frame/frame.ts';

/** What an evaluator reads of a column: a number a row, one slot of a vector a row, or all its slots. */
interface Wanted {
  readonly column: string;
  /** Of vectors: the slot to read; `'all'` for every slot, row-major, of vectors or of arrays of numbers. */
  readonly slot?: number | 'all';
  /** What a value must be; null is never accepted. */
  readonly accepts?: (value: number) => boolean;
  /** `accepts` in words, after "must be". */
  readonly rule?: string;
}

/** A column read whole: `values[i * size + j]` is slot j of row i. */
export interface ReadColumn {
  readonly values: Float64Array;
  readonly size: number;
}

/** Reads the wanted columns of all rows, in row order. A frame without rows is an error. */
export async function readScoredRows<K extends string>(
  stage: StageName,
  frame: Frame,
  wanted: Readonly<Record<K, Wanted | undefined>>,
  options: ActionOptions,
): Promise<{ [key in K]: ReadColumn }> {
  const { owner, uid } = stage;
  const entries = (Object.entries(wanted) as [K, Wanted | undefined][]).flatMap(([key, want]) =>
    want ? [{ key, want, reader: new Reader(owner, want) }] : [],
  );
  const columns = [...new Set(entries.map(({ want }) => want.column))];
  await (frame.executor as Engine).train(frame.plan, stage, options, (context) =>
    context.scan(columns, (block) => {
      for (const { want, reader } of entries) reader.read(block, block.columns[columns.indexOf(want.column)]);
    }),
  );
  const read = Object.create(null) as { [key in K]: ReadColumn };
  for (const { key, reader } of entries) read[key] = reader.done();
  if (entries[0].reader.rows === 0)
    throw new MlError('EMPTY_DATASET', `${owner}: there must be at least one row to evaluate, got none`, { stage: uid });
  return read;
}

/** Numbers that a label of a classification may be. */
export const finiteLabel = { accepts: Number.isFinite, rule: 'a finite number' };
export const weightRule = { accepts: (w: number) => w >= 0 && w < Infinity, rule: 'a finite weight >= 0' };

class Reader {
  readonly #owner: string;
  readonly #want: Wanted;
  readonly #values = new Numbers();
  #size = 1;
  rows = 0;

  constructor(owner: string, want: Wanted) {
    this.#owner = owner;
    this.#want = want;
  }

  read(block: ScannedBlock, column: Column): void {
    if (this.#want.slot === 'all') {
      const size = column.kind === 'vectors' ? column.size : arrayAt(column, 0)?.length;
      this.#requireSize(block.firstRow, size ?? this.#size, block.rows);
    }
    const out = this.#values.extend(block.rows * this.#size);
    if (column.kind === 'vectors') this.#readVectors(block, column, out);
    else if (this.#want.slot === 'all') this.#readArrays(block, column, out);
    else this.#readNumbers(block, column, out);
    this.rows += block.rows;
  }

  /** Of all slots there must be as many in every row. */
  #requireSize(row: number, size: number, rows: number): void {
    if (this.rows > 0 && size !== this.#size) this.#refuse(row, `have ${this.#size} slots in every row`, `${size}`, size);
    if (rows > 0) this.#size = size;
  }

  done(): ReadColumn {
    return { values: this.#values.done(), size: this.#size };
  }

  #readVectors({ rows, firstRow }: ScannedBlock, column: VectorColumn, out: Float64Array): void {
    const slot = this.#want.slot ?? 0;
    if (slot !== 'all' && column.size <= slot) this.#refuse(firstRow, `hold vectors of more than ${slot} slots`, `${column.size}`, column.size);
    const row = new Float64Array(column.size);
    for (let i = 0; i < rows; i++) {
      if (column.valid?.[i] === 0) this.#refuse(firstRow + i, 'not be null', 'null', null);
      writeDenseRow(column, i, row);
      if (slot === 'all') out.set(row, i * this.#size);
      else out[i] = row[slot];
    }
  }

  #readArrays({ rows, firstRow }: ScannedBlock, column: Column, out: Float64Array): void {
    for (let i = 0; i < rows; i++) {
      const values = arrayAt(column, i);
      if (values === null || values.includes(null)) this.#refuse(firstRow + i, 'not be null nor hold a null', show(values), values);
      if (values.length !== this.#size) this.#refuse(firstRow + i, `have ${this.#size} slots in every row`, `${values.length}`, values.length);
      out.set(values as number[], i * this.#size);
    }
  }

  #readNumbers({ rows, firstRow }: ScannedBlock, column: Column, out: Float64Array): void {
    const { accepts, rule } = this.#want;
    for (let i = 0; i < rows; i++) {
      const value = numberAt(column, i);
      if (value === null) this.#refuse(firstRow + i, 'not be null', 'null', null);
      if (accepts && !accepts(value)) this.#refuse(firstRow + i, `be ${rule}`, show(value), value);
      out[i] = value;
    }
  }

  #refuse(row: number, rule: string, got: string, value: unknown): never {
    const { column } = this.#want;
    throw new MlError('VALUE_INVALID', `${this.#owner}: column ${show(column)} must ${rule}, got ${got} in row ${row}`, {
      stage: this.#owner,
      column,
      row,
      value,
    });
  }
}

function arrayAt(column: Column, i: number): readonly (number | null)[] | null {
  const value = column.kind === 'values' ? column.values[i] : null;
  return Array.isArray(value) ? value : null;
}
