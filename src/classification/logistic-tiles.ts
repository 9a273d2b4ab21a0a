import type { CodePart, NumberPart, VectorColumn, VectorPart } from '../block/column.ts';
import { instantiate, type Kernels } from '../kernels/kernels.ts';
import { sharedMemory } from '../kernels/memory.ts';

/** Rows and columns that are brought to the kernels at a time. */
const TILE = 2048;
const TOGETHER = 8;
/** Bytes from column to column: not a multiple of a page, so that they do not fight for the same lines of the cache. */
const STRIDE = 8 * TILE + 64;
const CODES = 256;

interface ByteCodes extends CodePart {
  readonly codes: Uint8Array;
}

/** A binary model: class 1 is predicted where its margin, or else its probability, exceeds `above`. */
export interface BinaryLogistic {
  readonly coefficients: Float64Array;
  readonly intercept: number;
  readonly byMargin: boolean;
  readonly above: number;
}

/** A memory in which the kernels score tile after tile, of any model: the same additions in the same order as in the plain scorer, to the bit. */
export class LogisticTiles {
  readonly #kernels: Kernels;
  readonly #margins: Float64Array;
  readonly #raw: Float64Array;
  readonly #probabilities: Float64Array;
  readonly #predictions: Float64Array;
  /** By column of a run: its numbers, its codes (at the same place), and the addresses of both. */
  readonly #numbers: readonly Float64Array[];
  readonly #codes: readonly Uint8Array[];
  readonly #pointers: number;
  readonly #weights: Float64Array;
  readonly #tables: Float64Array;

  constructor() {
    let top = 64;
    const take = (bytes: number) => {
      const at = top;
      top += Math.ceil(bytes / 64) * 64;
      return at;
    };
    const margins = take(8 * TILE);
    const raw = take(16 * TILE);
    const probabilities = take(16 * TILE);
    const predictions = take(8 * TILE);
    const columns = take(STRIDE * TOGETHER);
    const weights = take(8 * TOGETHER);
    const tables = take(8 * CODES * TOGETHER);
    this.#pointers = take(4 * TOGETHER);
    const memory = sharedMemory(top);
    this.#kernels = instantiate(memory);
    const doubles = (at: number, length: number) => new Float64Array(memory.buffer, at, length);
    this.#margins = doubles(margins, TILE);
    this.#raw = doubles(raw, 2 * TILE);
    this.#probabilities = doubles(probabilities, 2 * TILE);
    this.#predictions = doubles(predictions, TILE);
    this.#weights = doubles(weights, TOGETHER);
    this.#tables = doubles(tables, CODES * TOGETHER);
    const places = Array.from({ length: TOGETHER }, (_, k) => columns + STRIDE * k);
    this.#numbers = places.map((at) => doubles(at, TILE));
    this.#codes = places.map((at) => new Uint8Array(memory.buffer, at, TILE));
    new Uint32Array(memory.buffer, this.#pointers, TOGETHER).set(places);
  }

  /** Whether the features are of the kinds that tiles can hold. */
  static take({ parts }: VectorColumn): boolean {
    return parts.every((part) => part.kind === 'numbers' || isByteCodes(part));
  }

  /** Scores rows `[0, rows)`; false, with nothing to be relied on, when a margin is not an ordinary number. */
  write(
    { coefficients, intercept, byMargin, above }: BinaryLogistic,
    { parts }: VectorColumn,
    rows: number,
    raw: Float64Array,
    probabilities: Float64Array,
    predictions: Float64Array,
  ): boolean {
    for (let lo = 0; lo < rows; lo += TILE) {
      const n = Math.min(TILE, rows - lo);
      this.#addProducts(coefficients, parts, lo, n);
      const [r, p, y, z] = [this.#raw, this.#probabilities, this.#predictions, this.#margins].map(({ byteOffset }) => byteOffset);
      if (!this.#kernels.logistic_rows(r, p, y, z, intercept, Number(byMargin), above, n)) return false;
      raw.set(this.#raw.subarray(0, 2 * n), 2 * lo);
      probabilities.set(this.#probabilities.subarray(0, 2 * n), 2 * lo);
      predictions.set(this.#predictions.subarray(0, n), lo);
    }
    return true;
  }

  /** The margins of rows `[lo, lo + n)`: runs of columns of a kind, slot by slot. */
  #addProducts(coefficients: Float64Array, parts: readonly VectorPart[], lo: number, n: number): void {
    const { byteOffset: z } = this.#margins.fill(0, 0, n);
    let slot = 0;
    for (let p = 0; p < parts.length; ) {
      const { kind } = parts[p];
      let count = 0;
      for (; count < TOGETHER && parts[p]?.kind === kind; count++, p++) {
        const part = parts[p];
        const weights = coefficients.subarray(slot, slot + part.size);
        if (isByteCodes(part)) this.#placeCodes(part, weights, count, lo, n);
        else this.#placeNumbers(part as NumberPart, weights, count, lo, n);
        slot += part.size;
      }
      if (kind === 'codes') this.#kernels.lookup_columns_u8(z, this.#pointers, this.#tables.byteOffset, count, 0, n);
      else this.#kernels.axpy_columns_f64(z, this.#pointers, this.#weights.byteOffset, count, 0, n);
    }
  }

  #placeNumbers({ values }: NumberPart, weights: Float64Array, k: number, lo: number, n: number): void {
    this.#numbers[k].set(values.subarray(lo, lo + n));
    this.#weights[k] = weights[0];
  }

  /** The products of each code; -0, which changes no number when added, where the code has no slot. */
  #placeCodes({ codes, table }: ByteCodes, weights: Float64Array, k: number, lo: number, n: number): void {
    this.#codes[k].set(codes.subarray(lo, lo + n));
    const from = CODES * k;
    const known = Math.min(weights.length, CODES);
    for (let code = 0; code < known; code++) this.#tables[from + code] = table ? weights[code] * table[code] : weights[code];
    this.#tables.fill(-0, from + known, from + CODES);
  }
}

function isByteCodes(part: VectorPart): part is ByteCodes {
  return part.kind === 'codes' && part.codes instanceof Uint8Array;
}
