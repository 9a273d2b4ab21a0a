import { type Column, leavesSparse, type VectorColumn } from '../block/column.ts';
import { FilledSlots } from '../block/filled-slots.ts';
import type { Field } from '../frame/schema.ts';
import { DenseVector, SparseVector, type Vector } from '../linalg/vectors.ts';

/** Reads the value of the one row that a column holds, as `collect` gives it. */
export type RowOutput = (column: Column) => unknown;

/** What reads a column of that field; vectors it has made it may give out again, so nobody may write to them. */
export function rowOutput(field: Field): RowOutput {
  const isText = field.type.kind === 'string';
  const isBoolean = field.type.kind === 'boolean';
  const vectors = vectorReader();
  return (column) => {
    switch (column.kind) {
      case 'numbers':
        if (column.valid !== null && column.valid[0] === 0) return null;
        return isBoolean ? column.values[0] !== 0 : column.values[0];
      case 'codes': {
        const code = column.codes[0];
        if (code >= column.size) return null;
        return isText ? (column.labels?.[code] ?? null) : code;
      }
      case 'vectors':
        return column.valid !== null && column.valid[0] === 0 ? null : vectors(column);
      default:
        return column.values[0];
    }
  };
}

/** One-hot vectors are made once a category; others anew for each row. */
function vectorReader(): (column: VectorColumn) => Vector {
  const oneHot: SparseVector[] = [];
  const filled = new FilledSlots();
  const room = new Room();
  let scratch = new Float64Array(0);
  return (column) => {
    const { parts, size } = column;
    const part = parts[0];
    const asIs = parts.length === 1 && column.form === undefined;
    if (asIs && part.kind === 'codes' && part.table === null) {
      const code = Math.min(part.codes[0], size);
      return (oneHot[code] ??= code < size ? new SparseVector(size, [code], [1]) : new SparseVector(size, [], []));
    }
    if (asIs && part.kind === 'dense') return new DenseVector(room.doubles(part.values, size));
    filled.collect(parts, 0);
    const { count } = filled;
    if (leavesSparse(column, 0, count)) return new SparseVector(size, room.ints(filled.slots, count), room.doubles(filled.numbers, count));
    if (count === size) return new DenseVector(room.doubles(filled.numbers, size));
    if (scratch.length < size) scratch = new Float64Array(size);
    filled.spread(scratch, size);
    return new DenseVector(room.doubles(scratch, size));
  };
}

/** Arrays of more bytes than this lie outside the engine's heap, where each allocation costs more than a row's whole arithmetic. */
const SMALL_BYTES = 64;
const SLAB_BYTES = 8192;

/** Copies the first numbers of arrays: few of them into an array of their own, more side by side into buffers that they share. */
class Room {
  #slab = new ArrayBuffer(0);
  #used = 0;

  doubles(values: Float64Array, length: number): Float64Array {
    const at = this.#reserve(8 * length);
    const out = at < 0 ? new Float64Array(length) : new Float64Array(this.#slab, at, length);
    for (let i = 0; i < length; i++) out[i] = values[i];
    return out;
  }

  ints(values: Int32Array, length: number): Int32Array {
    const at = this.#reserve(4 * length);
    const out = at < 0 ? new Int32Array(length) : new Int32Array(this.#slab, at, length);
    for (let i = 0; i < length; i++) out[i] = values[i];
    return out;
  }

  /** Where the next `bytes` lie in the slab, or -1 for what gets a buffer of its own. */
  #reserve(bytes: number): number {
    if (bytes <= SMALL_BYTES || bytes > SLAB_BYTES / 8) return -1;
    if (this.#used + bytes > this.#slab.byteLength) {
      this.#slab = new ArrayBuffer(SLAB_BYTES);
      this.#used = 0;
    }
    const at = this.#used;
    this.#used += (bytes + 7) & ~7;
    return at;
  }
}
