import { leavesSparse, type VectorColumn } from '../../../block/column.ts';
import { FilledSlots } from '../../../block/filled-slots.ts';
import { copyInto, copyValidity, listChild, low, type RawVector } from './bindings.ts';

/** Rows of the vector struct, collected for one chunk: sparse rows and dense ones mixed as they come. */
export class VectorForm {
  readonly #types: Int8Array;
  readonly #sizes: Int32Array;
  readonly #valid: Uint8Array;
  readonly #sparse: Uint8Array;
  readonly #indexEntries: Uint32Array;
  readonly #valueEntries: Uint32Array;
  #indices = new Int32Array(1024);
  #values = new Float64Array(1024);
  #numIndices = 0;
  #numValues = 0;
  #nulls = false;
  #anySparse = false;

  constructor(rows: number) {
    this.#types = new Int8Array(rows).fill(1);
    this.#sizes = new Int32Array(rows);
    this.#valid = new Uint8Array(rows).fill(1);
    this.#sparse = new Uint8Array(rows);
    this.#indexEntries = new Uint32Array(4 * rows);
    this.#valueEntries = new Uint32Array(4 * rows);
  }

  none(i: number): void {
    this.#valid[i] = 0;
    this.#nulls = true;
    this.#indexEntries[4 * i] = this.#numIndices;
    this.#valueEntries[4 * i] = this.#numValues;
  }

  dense(i: number, values: Float64Array, from: number, size: number): void {
    this.#room(0, size);
    this.#indexEntries[4 * i] = this.#numIndices;
    this.#valueEntries[4 * i] = this.#numValues;
    this.#valueEntries[4 * i + 2] = size;
    if (size > 16) this.#values.set(values.subarray(from, from + size), this.#numValues);
    else for (let j = 0; j < size; j++) this.#values[this.#numValues + j] = values[from + j];
    this.#numValues += size;
  }

  sparse(i: number, size: number, indices: ArrayLike<number>, values: ArrayLike<number>, from = 0, to = indices.length): void {
    this.#room(to - from, to - from);
    this.#startSparse(i, size, to - from);
    for (let p = from; p < to; p++) {
      this.#indices[this.#numIndices++] = indices[p];
      this.#values[this.#numValues++] = values[p];
    }
  }

  /** One filled slot, or none when `slot` is outside. */
  oneHot(i: number, size: number, slot: number, value: number): void {
    this.#room(1, 1);
    const count = slot < size ? 1 : 0;
    this.#startSparse(i, size, count);
    if (count === 0) return;
    this.#indices[this.#numIndices++] = slot;
    this.#values[this.#numValues++] = value;
  }

  copyTo(vector: RawVector, rows: number): void {
    const child = (k: number) => low.struct_vector_get_child(vector, k);
    if (this.#nulls) {
      copyValidity(vector, this.#valid, rows);
      for (const k of [0, 3]) copyValidity(child(k), this.#valid, rows);
    }
    copyInto(child(0), this.#types, rows);
    copyValidity(child(1), this.#sparse, rows);
    copyValidity(child(2), this.#sparse, rows);
    if (this.#anySparse) copyInto(child(1), this.#sizes, rows);
    copyInto(listChild(child(2), this.#indexEntries, rows, this.#numIndices), this.#indices, this.#numIndices);
    copyInto(listChild(child(3), this.#valueEntries, rows, this.#numValues), this.#values, this.#numValues);
  }

  #startSparse(i: number, size: number, count: number): void {
    this.#types[i] = 0;
    this.#sparse[i] = 1;
    this.#anySparse = true;
    this.#sizes[i] = size;
    this.#indexEntries[4 * i] = this.#numIndices;
    this.#indexEntries[4 * i + 2] = count;
    this.#valueEntries[4 * i] = this.#numValues;
    this.#valueEntries[4 * i + 2] = count;
  }

  #room(indices: number, values: number): void {
    if (this.#numIndices + indices > this.#indices.length) {
      const grown = new Int32Array(Math.max(2 * this.#indices.length, this.#numIndices + indices));
      grown.set(this.#indices);
      this.#indices = grown;
    }
    if (this.#numValues + values > this.#values.length) {
      const grown = new Float64Array(Math.max(2 * this.#values.length, this.#numValues + values));
      grown.set(this.#values);
      this.#values = grown;
    }
  }
}

/** Writes a block's vector column in the form that Spark gives it. */
export function writeVectorColumn(vector: RawVector, column: VectorColumn, rows: number, keep: Uint8Array | null): void {
  const { parts, size, valid } = column;
  const form = new VectorForm(rows);
  const skip = (i: number) => (valid !== null && valid[i] === 0) || (keep !== null && keep[i] === 0);
  const single = parts.length === 1 && column.form === undefined ? parts[0] : null;
  if (single?.kind === 'dense') {
    for (let i = 0; i < rows; i++) skip(i) ? form.none(i) : form.dense(i, single.values, i * size, size);
  } else if (single?.kind === 'codes') {
    const { codes, table } = single;
    for (let i = 0; i < rows; i++) {
      const code = codes[i];
      skip(i) ? form.none(i) : form.oneHot(i, size, code, table && code < size ? table[code] : 1);
    }
  } else if (single?.kind === 'sparse') {
    const { starts, indices, values } = single;
    for (let i = 0; i < rows; i++) skip(i) ? form.none(i) : form.sparse(i, size, indices, values, starts[i], starts[i + 1]);
  } else {
    const filled = new FilledSlots();
    let dense: Float64Array | null = null;
    for (let i = 0; i < rows; i++) {
      if (skip(i)) {
        form.none(i);
        continue;
      }
      filled.collect(parts, i);
      if (leavesSparse(column, i, filled.count)) form.sparse(i, size, filled.slots, filled.numbers, 0, filled.count);
      else {
        dense ??= new Float64Array(size);
        filled.spread(dense, size);
        form.dense(i, dense, 0, size);
      }
    }
  }
  form.copyTo(vector, rows);
}
