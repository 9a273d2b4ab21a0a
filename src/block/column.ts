import { sparseIsShorter } from '../linalg/arithmetic.ts';

/**
 * Columns of a slice of rows, as typed arrays. Arrays may be longer than the slice: only the first `rows` entries count.
 * A step owns the columns it puts out and writes them anew at each run, so whoever keeps one copies it.
 */
export type Column = NumberColumn | CodeColumn | StringColumn | VectorColumn | ValueColumn;

/** f64 values; `valid[i] = 0` marks null (`valid` null: none is). NaN is a value, not null. */
export interface NumberColumn {
  kind: 'numbers';
  values: Float64Array;
  valid: Uint8Array | null;
}

export type Codes = Uint8Array | Uint16Array | Uint32Array;

/**
 * Small integers `0 … size-1`, with their texts where they have any. To Spark such a column is a double (an index) or, when a
 * step reads it as text, its label. Two codes beyond the last stand for what has no label: {@link nullCode} and {@link unseenCode}.
 */
export interface CodeColumn {
  kind: 'codes';
  codes: Codes;
  size: number;
  labels: readonly string[] | null;
  /** True when every row is known to have a code below `size`. */
  full?: boolean;
  /** True when no row is {@link unseenCode}. */
  seen?: boolean;
}

/** The code of null in a column of `size` labels. */
export const nullCode = (size: number): number => size;
/** The code of a text that is not among the `size` labels. */
export const unseenCode = (size: number): number => size + 1;

/** Texts; null is null. */
export interface StringColumn {
  kind: 'strings';
  values: (string | null)[];
}

/** Anything else, as rows hold it; passes through. */
export interface ValueColumn {
  kind: 'values';
  values: unknown[];
}

/** Row i of the vector is the parts' rows side by side, `size` slots in all. `valid[i] = 0` marks a null vector. */
export interface VectorColumn {
  kind: 'vectors';
  size: number;
  parts: readonly VectorPart[];
  valid: Uint8Array | null;
  /** The form in which rows leave, where it is not the parts' own. */
  form?: VectorForms | undefined;
}

/**
 * `compressed`: each row in the form that takes less room, as Spark's assembler makes them. A byte a row: 1 sparse, 0 dense. Without a form a single part of codes or
 * sparse rows leaves sparse, a single dense part dense, and parts side by side compressed.
 */
type VectorForms = 'compressed' | Uint8Array;

export type VectorPart = NumberPart | CodePart | DensePart | SparsePart;

/** One slot: a numeric column. */
export interface NumberPart {
  kind: 'numbers';
  size: 1;
  values: Float64Array;
}

/** `size` slots, of which slot `codes[i]` holds `table[codes[i]]` (1 without a table) and the others 0; a code ≥ `size` leaves all 0. */
export interface CodePart {
  kind: 'codes';
  size: number;
  codes: Codes;
  table: Float64Array | null;
}

/** `size` slots, row-major: slot j of row i is `values[i * size + j]`. */
export interface DensePart {
  kind: 'dense';
  size: number;
  values: Float64Array;
}

/** CSR: row i holds `values[p]` in slot `indices[p]` for `p` in `starts[i] … starts[i + 1] - 1`, indices ascending. */
export interface SparsePart {
  kind: 'sparse';
  size: number;
  starts: Uint32Array;
  indices: Uint32Array;
  values: Float64Array;
}

/** A slice of rows: columns by slot (see `scoring/program.ts`), and which rows a step has dropped (`keep[i] = 0`; null: none). */
export interface Block {
  /** How many rows there are. */
  rows: number;
  /** Number of the first row within its scan, for messages. */
  firstRow: number;
  /** By slot. */
  columns: Column[];
  /** 0: a step has dropped the row; null: none is dropped. */
  keep: Uint8Array | null;
}

/** The smallest code array for codes up to `max`. */
export function codesFor(max: number, length: number): Codes {
  if (max <= 0xff) return new Uint8Array(length);
  return max <= 0xffff ? new Uint16Array(length) : new Uint32Array(length);
}

/** Marks row i as dropped. */
export function dropRow(block: Block, i: number): void {
  block.keep ??= new Uint8Array(block.rows).fill(1);
  block.keep[i] = 0;
}

/** Room for `rows` vectors of `size` slots, dense. */
export function denseVectors(size: number, rows: number): VectorColumn {
  return { kind: 'vectors', size, parts: [{ kind: 'dense', size, values: new Float64Array(rows * size) }], valid: null };
}

/** The slots of a column that {@link denseVectors} made, row-major. */
export function denseValues(column: VectorColumn): Float64Array {
  return (column.parts[0] as DensePart).values;
}

/** The form of a column's rows where another column of the same rows, held densely, is to leave alike. */
export function formLike({ form, parts }: VectorColumn, rows: number): VectorForms | undefined {
  if (form !== undefined || parts.length !== 1) return form ?? 'compressed';
  return parts[0].kind === 'codes' || parts[0].kind === 'sparse' ? new Uint8Array(rows).fill(1) : undefined;
}

/** Whether row i of a column leaves as a sparse vector, having so many slots that are not 0. */
export function leavesSparse({ form, parts, size }: VectorColumn, i: number, nonZeros: number): boolean {
  if (form instanceof Uint8Array) return form[i] === 1;
  const only = form === undefined && parts.length === 1 ? parts[0].kind : null;
  if (only === 'dense') return false;
  return only === 'codes' || only === 'sparse' || sparseIsShorter(nonZeros, size);
}

/** The number at row i of a numeric column in whatever form it comes (a code counts as its index); null where there is none. */
export function numberAt(column: Column, i: number): number | null {
  switch (column.kind) {
    case 'numbers':
      return column.valid?.[i] === 0 ? null : column.values[i];
    case 'codes':
      return column.codes[i] < column.size ? column.codes[i] : null;
    case 'values': {
      const value = column.values[i];
      return value === null || value === undefined ? null : Number(value);
    }
    default:
      return null;
  }
}

/** Slot values of one row, written to `out` at `at`; absent slots become 0. */
export function writeDenseRow(column: VectorColumn, i: number, out: Float64Array, at = 0): void {
  out.fill(0, at, at + column.size);
  let slot = at;
  for (const part of column.parts) {
    switch (part.kind) {
      case 'numbers':
        out[slot] = part.values[i];
        break;
      case 'codes': {
        const code = part.codes[i];
        if (code < part.size) out[slot + code] = part.table ? part.table[code] : 1;
        break;
      }
      case 'dense':
        for (let j = 0, p = i * part.size; j < part.size; j++, p++) out[slot + j] = part.values[p];
        break;
      case 'sparse':
        for (let p = part.starts[i]; p < part.starts[i + 1]; p++) out[slot + part.indices[p]] = part.values[p];
        break;
    }
    slot += part.size;
  }
}
