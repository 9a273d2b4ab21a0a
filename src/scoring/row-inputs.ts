import { type CodeColumn, type Column, codesFor, nullCode, type SparsePart, unseenCode, type VectorColumn } from '../block/column.ts';
import { javaDouble } from '../linalg/format.ts';
import { DenseVector, SparseVector } from '../linalg/vectors.ts';
import type { ProgramInput } from './program.ts';
import { isInherited } from './row-schema.ts';

/** A column of one row, and what puts a value there; `set` says false for a value that the column cannot hold. */
export interface RowInput {
  readonly name: string;
  /** Whether the value is more than the row's property of that name: rows must own `constructor`, and `a.b` may be a path. */
  readonly lookedUp: boolean;
  readonly column: Column;
  set(value: unknown): boolean;
}

export function rowInput({ column: name, form, labels }: ProgramInput): RowInput {
  return { name, lookedUp: isInherited(name) || name.includes('.'), ...columnOf(form, labels) };
}

function columnOf(form: ProgramInput['form'], labels: readonly string[] | null): Pick<RowInput, 'column' | 'set'> {
  switch (form) {
    case 'numbers':
      return numbers();
    case 'codes':
      return codes(labels ?? []);
    case 'vectors':
      return vectors();
    default: {
      const values: unknown[] = [null];
      const column = { kind: form, values } as Column;
      const set = (value: unknown) => {
        values[0] = value;
        return form === 'values' || value === null || typeof value === 'string';
      };
      return { column, set };
    }
  }
}

function numbers(): Pick<RowInput, 'column' | 'set'> {
  const values = new Float64Array(1);
  const missing = new Uint8Array(1);
  const column = { kind: 'numbers' as const, values, valid: null as Uint8Array | null };
  const set = (value: unknown) => {
    if (typeof value === 'number') values[0] = value;
    else if (value === null) {
      values[0] = 0;
      column.valid = missing;
      return true;
    } else if (typeof value === 'boolean' || typeof value === 'bigint') values[0] = Number(value);
    else return false;
    column.valid = null;
    return true;
  };
  return { column, set };
}

/** Texts, and numbers by their text: as Spark prints a double, or else a whole number. */
function codes(labels: readonly string[]): Pick<RowInput, 'column' | 'set'> {
  const size = labels.length;
  const [none, unseen] = [nullCode(size), unseenCode(size)];
  const known = new Map(labels.map((label, code) => [label, code]));
  const column: CodeColumn = { kind: 'codes', codes: codesFor(unseen, 1), size, labels };
  const found = column.codes;
  const set = (value: unknown) => {
    if (typeof value === 'string') found[0] = known.get(value) ?? unseen;
    else if (value === null) found[0] = none;
    else if (typeof value === 'number') found[0] = known.get(javaDouble(value)) ?? known.get(Object.is(value, -0) ? '0' : String(value)) ?? unseen;
    else if (typeof value === 'bigint') found[0] = known.get(String(value)) ?? unseen;
    else return false;
    return true;
  };
  return { column, set };
}

function vectors(): Pick<RowInput, 'column' | 'set'> {
  const missing = new Uint8Array(1);
  const column: VectorColumn = { kind: 'vectors', size: 0, parts: [], valid: missing };
  const set = (value: unknown) => {
    if (value === null) {
      column.valid = missing;
      return true;
    }
    if (!(value instanceof DenseVector || value instanceof SparseVector)) return false;
    column.valid = null;
    column.size = value.size;
    column.parts = [value instanceof DenseVector ? { kind: 'dense', size: value.size, values: value.values } : sparsePart(value)];
    return true;
  };
  return { column, set };
}

function sparsePart({ size, indices, values }: SparseVector): SparsePart {
  return { kind: 'sparse', size, starts: Uint32Array.of(0, indices.length), indices: Uint32Array.from(indices), values };
}
