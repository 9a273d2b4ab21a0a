import type { Column, VectorColumn, VectorPart } from '../../../block/column.ts';
import { MlError, show } from '../../../error.ts';
import { featureNames } from '../../../frame/attributes.ts';
import type { Schema } from '../../../frame/schema.ts';
import type { ColumnSpec, FeaturePart, LinearArgs } from '../../../kernels/contract.ts';
import { type ColumnData, ColumnStore, type MemoryLedger, type SparseData } from '../workers/store.ts';
import type { Scanned } from './scan.ts';

export interface TrainingColumns {
  readonly features: string;
  readonly label?: string;
  readonly weight?: string;
  /** Further columns of numbers. */
  readonly numbers?: readonly string[];
  /** Whether NaN and ±Inf among features are refused (default) or kept. */
  readonly missing?: 'refuse' | 'keep';
}

/** Rows in memory, and where things lie in their columns; `label` is -1 where none was asked for. */
export interface Loaded {
  readonly store: ColumnStore;
  readonly layout: LinearArgs;
  /** Columns of the further numbers. */
  readonly numbers: readonly number[];
}

/** The frame's columns that are loaded, in the order in which a loader takes them. */
export function loadedColumns({ features, label, weight, numbers = [] }: TrainingColumns): string[] {
  return [features, label, weight, ...numbers].filter((name) => name !== undefined);
}

/** Where one part of a vector goes in the store. */
interface Place {
  readonly kind: VectorPart['kind'];
  readonly size: number;
  readonly offset: number;
  readonly columns: readonly number[];
}

/** Fills a store with features (in their parts), label and weight, block by block; refuses what no trainer can use. */
export class TrainingLoader {
  readonly #owner: string;
  readonly #names: TrainingColumns;
  readonly #schema: Schema;
  readonly #ledger: MemoryLedger;
  readonly #spillTo: (() => string) | undefined;
  #store: ColumnStore | null = null;
  #specs: ColumnSpec[] | null = null;
  #places: Place[] = [];
  #layout: LinearArgs | null = null;
  #numbers: number[] = [];

  /** `spillTo`: the folder for what does not fit into memory; without it that is an error. */
  constructor(owner: string, names: TrainingColumns, schema: Schema, ledger: MemoryLedger, spillTo?: () => string) {
    this.#owner = owner;
    this.#names = names;
    this.#schema = schema;
    this.#ledger = ledger;
    this.#spillTo = spillTo;
  }

  /** Columns of a block, as {@link loadedColumns} names them. */
  add({ rows, firstRow, columns }: Scanned): void {
    const [features, ...others] = columns as [VectorColumn, ...Column[]];
    if (features.kind !== 'vectors') throw this.#error(this.#names.features, 'be a vector', 'another type', undefined);
    this.#specs ??= this.#begin(features);
    this.#store ??= new ColumnStore(this.#specs, { ledger: this.#ledger, owner: this.#owner, ...(this.#spillTo && { spillTo: this.#spillTo }) });
    this.#checkFeatures(features, rows, firstRow);
    const data: ColumnData[] = this.#places.flatMap((place, p) => partData(place, this.#partAt(features, p), rows));
    const weightAt = this.#names.weight === undefined ? -1 : this.#names.label === undefined ? 0 : 1;
    for (const [k, name] of loadedColumns(this.#names).slice(1).entries()) {
      data.push(this.#checkNumbers(others[k] as Column, name, rows, firstRow, k === weightAt));
    }
    this.#store.append(data);
  }

  /** Rows loaded since the last {@link take}. */
  get rows(): number {
    return this.#store?.rows ?? 0;
  }

  /** What was loaded so far, which is the caller's from now on; further rows begin another store of the same columns. */
  take(): Loaded | null {
    const store = this.#store;
    if (!store || !this.#layout) return null;
    this.#store = null;
    store.seal();
    return { store, layout: this.#layout, numbers: this.#numbers };
  }

  finish(): Loaded {
    return this.take() ?? noRows(this.#owner);
  }

  /** Gives back what was loaded, after an error. */
  abandon(): void {
    this.#store?.release();
  }

  #begin(features: VectorColumn): ColumnSpec[] {
    const specs: ColumnSpec[] = [];
    const parts: FeaturePart[] = [];
    let offset = 0;
    for (const part of features.parts) {
      const first = specs.length;
      if (part.kind === 'codes') {
        const type = part.size <= 0xff ? 'u8' : part.size <= 0xffff ? 'u16' : 'u32';
        specs.push({ type });
        parts.push({ kind: 'codes', column: first, offset, size: part.size, ...(part.table && { values: part.table.slice() }) });
      } else if (part.kind === 'sparse') {
        specs.push({ type: 'csr' });
        parts.push({ kind: 'csr', column: first, offset, size: part.size });
      } else {
        for (let j = 0; j < part.size; j++) specs.push({ type: 'f64' });
        const last = parts.at(-1);
        const columns = Array.from({ length: part.size }, (_, j) => first + j);
        if (last?.kind === 'dense' && last.offset + last.columns.length === offset) last.columns.push(...columns);
        else parts.push({ kind: 'dense', columns, offset });
      }
      this.#places.push({ kind: part.kind, size: part.size, offset, columns: specs.slice(first).map((_, j) => first + j) });
      offset += part.size;
    }
    const label = this.#names.label === undefined ? -1 : specs.push({ type: 'f64' }) - 1;
    const weight = this.#names.weight === undefined ? undefined : specs.push({ type: 'f64' }) - 1;
    this.#numbers = (this.#names.numbers ?? []).map(() => specs.push({ type: 'f64' }) - 1);
    this.#layout = { parts, numFeatures: features.size, label, ...(weight !== undefined && { weight }) };
    return specs;
  }

  /** The part of this block that belongs to place `p`: stored vectors may be dense in one block and sparse in the next. */
  #partAt(features: VectorColumn, p: number): VectorPart {
    const part = features.parts[p];
    const place = this.#places[p];
    if (features.parts.length !== this.#places.length || part?.size !== place.size) {
      throw this.#error(this.#names.features, `have ${this.#layout?.numFeatures} slots in all rows`, `${features.size}`, features.size);
    }
    return part;
  }

  #checkFeatures(features: VectorColumn, rows: number, firstRow: number): void {
    const { valid } = features;
    if (valid) {
      const row = valid.subarray(0, rows).indexOf(0);
      if (row >= 0) throw this.#error(this.#names.features, 'not be null', 'null', null, firstRow + row);
    }
    if (this.#names.missing === 'keep') return;
    let offset = 0;
    for (const part of features.parts) {
      if (part.kind === 'codes' ? part.table && !allFinite(part.table, 0, part.table.length) : !partFinite(part, rows)) {
        this.#refuseFeature(part, offset, rows, firstRow);
      }
      offset += part.size;
    }
  }

  #refuseFeature(part: VectorPart, offset: number, rows: number, firstRow: number): void {
    for (let i = 0; i < rows; i++) {
      for (const [slot, value] of slotsOf(part, i)) {
        if (Number.isFinite(value)) continue;
        const field = this.#schema.require(this.#owner, this.#names.features);
        const name = featureNames(field, offset + part.size)[offset + slot];
        throw this.#error(this.#names.features, 'hold finite numbers', `${show(value)} in ${show(name)}`, value, firstRow + i);
      }
    }
  }

  /** A column of numbers, checked: no null, NaN or infinity, and no weight below 0. */
  #checkNumbers(column: Column, name: string, rows: number, firstRow: number, isWeight: boolean): Float64Array {
    let values: Float64Array;
    if (column.kind === 'codes') values = Float64Array.from(column.codes.subarray(0, rows));
    else if (column.kind === 'numbers') values = column.values.subarray(0, rows);
    else throw this.#error(name, 'be numeric', 'another type', undefined);
    const valid = column.kind === 'numbers' ? column.valid : null;
    for (let i = 0; i < rows; i++) {
      if (valid && valid[i] === 0) throw this.#error(name, 'not be null', 'null', null, firstRow + i);
      const x = values[i];
      if (!Number.isFinite(x)) throw this.#error(name, 'hold finite numbers', show(x), x, firstRow + i);
      if (isWeight && x < 0) throw this.#error(name, 'hold weights >= 0', show(x), x, firstRow + i);
    }
    return values;
  }

  #error(column: string, rule: string, got: string, value: unknown, row?: number): MlError {
    const where = row === undefined ? `is ${got}` : `row ${row} has ${got}`;
    return new MlError('VALUE_INVALID', `${this.#owner}: column ${show(column)} must ${rule}, ${where}`, {
      stage: this.#owner,
      column,
      value,
      ...(row !== undefined && { row }),
    });
  }
}

/** Refuses a frame without rows. */
export function noRows(owner: string): never {
  throw new MlError('EMPTY_DATASET', `${owner}: the frame must have at least one row to fit, has none`, { stage: owner });
}

function partFinite(part: Exclude<VectorPart, { kind: 'codes' }>, rows: number): boolean {
  if (part.kind === 'numbers') return allFinite(part.values, 0, rows);
  if (part.kind === 'dense') return allFinite(part.values, 0, rows * part.size);
  return allFinite(part.values, part.starts[0], part.starts[rows]);
}

/** x · 0 is 0 for finite numbers only, and NaN stays in a sum. */
function allFinite(values: Float64Array, from: number, to: number): boolean {
  let sum = 0;
  for (let i = from; i < to; i++) sum += values[i] * 0;
  return sum === 0;
}

function* slotsOf(part: VectorPart, i: number): Generator<[number, number]> {
  if (part.kind === 'numbers') yield [0, part.values[i]];
  else if (part.kind === 'dense') for (let j = 0; j < part.size; j++) yield [j, part.values[i * part.size + j]];
  else if (part.kind === 'codes') {
    const code = part.codes[i];
    if (code < part.size && part.table) yield [code, part.table[code]];
  } else for (let p = part.starts[i]; p < part.starts[i + 1]; p++) yield [part.indices[p], part.values[p]];
}

/** The store's columns of one part. */
function partData(place: Place, part: VectorPart, rows: number): ColumnData[] {
  switch (place.kind) {
    case 'numbers':
      return part.kind === 'numbers' ? [part.values.subarray(0, rows)] : denseColumns(part, place.size, rows);
    case 'codes': {
      const { codes, size } = part as Extract<VectorPart, { kind: 'codes' }>;
      const clipped = codes.slice(0, rows);
      for (let i = 0; i < rows; i++) if (clipped[i] > size) clipped[i] = size;
      return [clipped];
    }
    case 'dense':
      return denseColumns(part, place.size, rows);
    case 'sparse':
      return [
        part.kind === 'sparse' ? { starts: part.starts.subarray(0, rows + 1), indices: part.indices, values: part.values } : sparseRows(part, rows),
      ];
  }
}

function denseColumns(part: VectorPart, size: number, rows: number): Float64Array[] {
  const columns = Array.from({ length: size }, () => new Float64Array(rows));
  if (part.kind === 'dense') {
    const { values } = part;
    for (let j = 0; j < size; j++) {
      const column = columns[j];
      for (let i = 0, p = j; i < rows; i++, p += size) column[i] = values[p];
    }
    return columns;
  }
  for (let i = 0; i < rows; i++) for (const [slot, value] of slotsOf(part, i)) columns[slot][i] = value;
  return columns;
}

function sparseRows(part: VectorPart, rows: number): SparseData {
  const starts = new Uint32Array(rows + 1);
  const indices: number[] = [];
  const values: number[] = [];
  for (let i = 0; i < rows; i++) {
    for (const [slot, value] of slotsOf(part, i)) {
      if (value === 0) continue;
      indices.push(slot);
      values.push(value);
    }
    starts[i + 1] = indices.length;
  }
  return { starts, indices, values };
}
