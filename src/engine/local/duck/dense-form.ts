import type { VectorColumn } from '../../../block/column.ts';
import { copyInto, listChild, low, type RawVector } from './bindings.ts';

/**
 * Writes chunk after chunk of dense vectors of one size. All but the values are the same each time (type 1, no size, no indices, lists
 * that begin every `size` items), and made once.
 */
export class DenseForm {
  #size = -1;
  #types = new Int8Array(0);
  #entries = new Uint32Array(0);

  /** False, and nothing written, when the column is of another kind: parts side by side, sparse ones, or with nulls. */
  write(vector: RawVector, { parts, size, valid, form }: VectorColumn, rows: number): boolean {
    const [part] = parts;
    if (parts.length !== 1 || part?.kind !== 'dense' || valid || form) return false;
    if (this.#size !== size || this.#types.length < rows) this.#prepare(size, rows);
    const child = (k: number) => low.struct_vector_get_child(vector, k);
    copyInto(child(0), this.#types, rows);
    allNull(child(1), rows);
    const indices = child(2);
    listChild(indices, none(4 * rows), rows, 0);
    allNull(indices, rows);
    copyInto(listChild(child(3), this.#entries, rows, rows * size), part.values, rows * size);
    return true;
  }

  /** List entries are two 64-bit integers, offset and length; both fit in their lower halves. */
  #prepare(size: number, rows: number): void {
    this.#size = size;
    this.#types = new Int8Array(rows).fill(1);
    this.#entries = new Uint32Array(4 * rows);
    for (let i = 0; i < rows; i++) {
      this.#entries[4 * i] = i * size;
      this.#entries[4 * i + 2] = size;
    }
  }
}

let zeros = new Uint32Array(4 * 2048);

/** Zeros: the list entries, and the validity bits, of nulls. */
function none(length: number): Uint32Array {
  if (zeros.length < length) zeros = new Uint32Array(length);
  return zeros;
}

function allNull(vector: RawVector, rows: number): void {
  const words = 2 * Math.ceil(rows / 64);
  low.vector_ensure_validity_writable(vector);
  low.copy_data_to_vector_validity(vector, 0, none(words).buffer as ArrayBuffer, 0, 4 * words);
}
