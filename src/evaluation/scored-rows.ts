import { type Column, type VectorColumn, writeDenseRow } from '../block/column.ts';
import { Numbers } from '../block/growing-numbers.ts';
import type { Engine, ScannedBlock } from '../engine/engine.ts';
import type { StageName } from '../engine/stage-name.ts';
import { MlError } from '../error.ts';
import type { ActionOptions } from '../frame/executor.ts';
import type { Frame } from '../frame/frame.ts';
import { badValue, type NumberRule, numbersOf } from '../stat/number-column.ts';

/** What an evaluator reads of a column: a number a row, one slot of a vector a row, or all its slots. */
interface Wanted {
  readonly column: string;
  /** Of vectors: the slot to read; `'all'` for every slot, row-major, of vectors or of arrays of numbers. */
  readonly slot?: number | 'all';
  /** What a value of a column of numbers must be. */
  readonly rule?: NumberRule;
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
    want ? [{ key, want, reader: new Reader(stage, want) }] : [],
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

class Reader {
  readonly #stage: StageName;
  readonly #want: Wanted;
  readonly #values = new Numbers();
  #size = 1;
  rows = 0;

  constructor(stage: StageName, want: Wanted) {
    this.#stage = stage;
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
    else numbersOf(this.#stage, column, this.#want.column, block, this.#want.rule, out);
    this.rows += block.rows;
  }

  /** Of all slots there must be as many in every row. */
  #requireSize(row: number, size: number, rows: number): void {
    if (this.rows > 0 && size !== this.#size) this.#refuse(row, `have ${this.#size} slots in every row`, size);
    if (rows > 0) this.#size = size;
  }

  done(): ReadColumn {
    return { values: this.#values.done(), size: this.#size };
  }

  #readVectors({ rows, firstRow }: ScannedBlock, column: VectorColumn, out: Float64Array): void {
    const slot = this.#want.slot ?? 0;
    if (slot !== 'all' && column.size <= slot) this.#refuse(firstRow, `hold vectors of more than ${slot} slots`, column.size);
    const row = new Float64Array(column.size);
    for (let i = 0; i < rows; i++) {
      if (column.valid?.[i] === 0) this.#refuse(firstRow + i, 'not be null', null);
      writeDenseRow(column, i, row);
      if (slot === 'all') out.set(row, i * this.#size);
      else out[i] = row[slot];
    }
  }

  #readArrays({ rows, firstRow }: ScannedBlock, column: Column, out: Float64Array): void {
    for (let i = 0; i < rows; i++) {
      const values = arrayAt(column, i);
      if (values === null || values.includes(null)) this.#refuse(firstRow + i, 'not be null nor hold a null', values);
      if (values.length !== this.#size) this.#refuse(firstRow + i, `have ${this.#size} slots in every row`, values.length);
      out.set(values as number[], i * this.#size);
    }
  }

  #refuse(row: number, rule: string, value: unknown): never {
    throw badValue(this.#stage.owner, this.#want.column, rule, row, value, this.#stage.uid);
  }
}

function arrayAt(column: Column, i: number): readonly (number | null)[] | null {
  const value = column.kind === 'values' ? column.values[i] : null;
  return Array.isArray(value) ? value : null;
}
