import { type Column, type NumberColumn, nullCode } from './column.ts';

/** Reads a numeric column in whatever form it comes (codes count as their index) without allocating for blocks up to the largest seen. */
export class NumberReader {
  #values = new Float64Array(0);
  #valid = new Uint8Array(0);
  readonly #view: NumberColumn = { kind: 'numbers', values: this.#values, valid: null };

  /** The column's first `rows` entries as numbers; valid until the next call. */
  read(column: Column, rows: number): NumberColumn {
    if (column.kind === 'numbers') return column;
    if (column.kind !== 'codes') throw new TypeError(`a column of ${column.kind} has no numbers`);
    if (this.#values.length < rows) {
      this.#values = new Float64Array(rows);
      this.#valid = new Uint8Array(rows);
    }
    const { codes } = column;
    const none = nullCode(column.size);
    const values = this.#values;
    let nulls = 0;
    for (let i = 0; i < rows; i++) {
      const code = codes[i];
      values[i] = code;
      if (code >= none) nulls++;
    }
    this.#view.values = values;
    this.#view.valid = nulls > 0 ? this.#mark(codes, none, rows) : null;
    return this.#view;
  }

  #mark(codes: ArrayLike<number>, none: number, rows: number): Uint8Array {
    for (let i = 0; i < rows; i++) this.#valid[i] = codes[i] < none ? 1 : 0;
    return this.#valid;
  }
}
