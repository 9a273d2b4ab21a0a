import { MlError } from '../../../error.ts';
import type { ColumnBuffers } from '../../../frame/arrow-batches.ts';
import { isYearMonth } from '../../../frame/interval.ts';
import type { DataType } from '../../../frame/types.ts';
import { list, low, type RawVector, view } from './bindings.ts';
import { grown, type NumberArray, trimmed } from './growing-array.ts';
import { texts } from './read-vector.ts';

const INTS: DataType = { kind: 'array', element: { kind: 'int' } };
const DOUBLES: DataType = { kind: 'array', element: { kind: 'double' } };
const VECTOR: readonly DataType[] = [{ kind: 'byte' }, { kind: 'int' }, INTS, DOUBLES];
const MATRIX: readonly DataType[] = [{ kind: 'byte' }, { kind: 'int' }, { kind: 'int' }, INTS, INTS, DOUBLES, { kind: 'boolean' }];

/** What gathers a column of this type. */
export function columnGatherer(type: DataType): ColumnGatherer {
  switch (type.kind) {
    case 'boolean':
      return new Bits();
    case 'byte':
      return new Numbers(Int8Array);
    case 'short':
      return new Numbers(Int16Array);
    case 'int':
    case 'void':
    case 'date':
      return new Numbers(Int32Array);
    case 'long':
    case 'timestamp':
      return new Numbers(BigInt64Array);
    case 'float':
      return new Numbers(Float32Array);
    case 'double':
      return new Numbers(Float64Array);
    case 'interval':
      if (type.from === undefined)
        throw new MlError('NOT_SUPPORTED', 'toArrow: a column cannot be an interval of months, days and microseconds; cast it to string');
      return isYearMonth(type) ? new Numbers(Int32Array) : new Numbers(BigInt64Array);
    case 'decimal':
      return type.precision > 18 ? new Numbers(BigInt64Array, 2) : new Decimals(type.precision);
    case 'string':
    case 'binary':
      return new Texts();
    case 'array':
      return new Lists(columnGatherer(type.element));
    case 'map':
      return new Lists(structOf([type.key, type.value]));
    case 'struct':
      return structOf(type.fields.map((field) => field.type));
    case 'vector':
      return structOf(VECTOR);
    case 'matrix':
      return structOf(MATRIX);
  }
}

function structOf(types: readonly DataType[]): ColumnGatherer {
  return new Structs(types.map(columnGatherer));
}

/** Takes values `[lo, hi)` of a vector. */
type Take = (lo: number, hi: number) => void;

/** Gathers a column of a result, chunk after chunk, as Arrow lays it out: no value becomes an object. */
export abstract class ColumnGatherer {
  protected length = 0;
  #validity: Uint8Array = new Uint8Array(0);
  #nulls = 0;

  /** Adds the first `rows` values of a vector. */
  add(vector: RawVector, rows: number): void {
    this.open(vector, rows)(0, rows);
  }

  /** Of a vector with `size` values, which are taken range by range. */
  open(vector: RawVector, size: number): Take {
    const mask = maskOf(vector, size);
    const take = this.read(vector, size, mask);
    return (lo, hi) => {
      this.#mark(mask, lo, hi);
      take(lo, hi);
      this.length += hi - lo;
    };
  }

  /** The column as gathered so far; nothing may be added afterwards. */
  finish(): ColumnBuffers {
    const { length } = this;
    const validity = this.#nulls === 0 ? null : trimmed(this.#validity, (length + 7) >> 3);
    return { length, nulls: this.#nulls, validity, ...this.buffers() };
  }

  /** Puts values behind the `length` ones that there are. */
  protected abstract read(vector: RawVector, size: number, mask: Uint8Array | null): Take;

  protected abstract buffers(): Pick<ColumnBuffers, 'values' | 'offsets' | 'children'>;

  /** Bits are kept from the first null on. */
  #mark(mask: Uint8Array | null, lo: number, hi: number): void {
    if (mask === null && this.#nulls === 0) return;
    const { length } = this;
    const first = this.#nulls === 0 ? 0 : length;
    this.#validity = grown(this.#validity, (length + hi - lo + 7) >> 3, this.#validity.length);
    for (let at = first; at < length + hi - lo; at++) {
      const i = lo + at - length;
      if (at < length || isSet(mask, i)) this.#validity[at >> 3] |= 1 << (at & 7);
      else this.#nulls++;
    }
  }
}

type NumberArrayType = {
  new (length: number): NumberArray;
  new (buffer: ArrayBufferLike, byteOffset: number, length: number): NumberArray;
  readonly BYTES_PER_ELEMENT: number;
};

/** Values as they lie, `width` numbers each. */
class Numbers extends ColumnGatherer {
  readonly #Type: NumberArrayType;
  readonly #width: number;
  #values: NumberArray;

  constructor(Type: NumberArrayType, width = 1) {
    super();
    this.#Type = Type;
    this.#width = width;
    this.#values = new Type(0);
  }

  protected read(vector: RawVector, size: number, mask: Uint8Array | null): Take {
    const width = this.#width;
    const source = view(vector, size * width, this.#Type);
    const zero = (this.#Type === BigInt64Array ? 0n : 0) as never;
    return (lo, hi) => {
      const at = this.length * width;
      this.#values = grown(this.#values, at + (hi - lo) * width, at);
      this.#values.set(source.subarray(lo * width, hi * width) as never, at);
      // What lies under a null is anything at all.
      if (mask) for (let p = 0; p < (hi - lo) * width; p++) if (!isSet(mask, lo + Math.floor(p / width))) this.#values[at + p] = zero;
    };
  }

  protected buffers() {
    return { values: trimmed(this.#values, this.length * this.#width) };
  }
}

class Bits extends ColumnGatherer {
  #bits = new Uint8Array(0);

  protected read(vector: RawVector, size: number, mask: Uint8Array | null): Take {
    const source = view(vector, size, Uint8Array);
    return (lo, hi) => {
      this.#bits = grown(this.#bits, (this.length + hi - lo + 7) >> 3, this.#bits.length);
      for (let i = lo, at = this.length; i < hi; i++, at++) if (source[i] !== 0 && isSet(mask, i)) this.#bits[at >> 3] |= 1 << (at & 7);
    };
  }

  protected buffers() {
    return { values: trimmed(this.#bits, (this.length + 7) >> 3) };
  }
}

/** Up to 18 digits, of which DuckDB makes integers of 16, 32 or 64 bits and Arrow ones of 128. */
class Decimals extends ColumnGatherer {
  readonly #Type: typeof Int16Array | typeof Int32Array | typeof BigInt64Array;
  #words = new BigInt64Array(0);

  constructor(precision: number) {
    super();
    this.#Type = precision > 9 ? BigInt64Array : precision > 4 ? Int32Array : Int16Array;
  }

  protected read(vector: RawVector, size: number, mask: Uint8Array | null): Take {
    const source = view<Int16Array | Int32Array | BigInt64Array>(vector, size, this.#Type);
    return (lo, hi) => {
      this.#words = grown(this.#words, 2 * (this.length + hi - lo), 2 * this.length);
      for (let i = lo, at = 2 * this.length; i < hi; i++, at += 2) {
        const word = isSet(mask, i) ? BigInt(source[i]) : 0n;
        this.#words[at] = word;
        this.#words[at + 1] = word < 0n ? -1n : 0n;
      }
    };
  }

  protected buffers() {
    return { values: trimmed(this.#words, 2 * this.length) };
  }
}

class Texts extends ColumnGatherer {
  #offsets = new Int32Array(1);
  #bytes = new Uint8Array(0);

  protected read(vector: RawVector, size: number, mask: Uint8Array | null): Take {
    const text = texts(vector, size);
    return (lo, hi) => {
      this.#offsets = grown(this.#offsets, this.length + hi - lo + 1, this.length + 1);
      let end = this.#offsets[this.length];
      for (let i = lo, at = this.length + 1; i < hi; i++, at++) {
        if (isSet(mask, i)) {
          const bytes = text(i);
          this.#bytes = grown(this.#bytes, end + bytes.length, end);
          this.#bytes.set(bytes, end);
          end += bytes.length;
        }
        this.#offsets[at] = end;
      }
    };
  }

  protected buffers() {
    const offsets = trimmed(this.#offsets, this.length + 1);
    return { offsets, values: trimmed(this.#bytes, offsets[this.length]) };
  }
}

class Structs extends ColumnGatherer {
  readonly #fields: readonly ColumnGatherer[];

  constructor(fields: readonly ColumnGatherer[]) {
    super();
    this.#fields = fields;
  }

  protected read(vector: RawVector, size: number): Take {
    const takes = this.#fields.map((field, k) => field.open(low.struct_vector_get_child(vector, k), size));
    return (lo, hi) => {
      for (const take of takes) take(lo, hi);
    };
  }

  protected buffers() {
    return { children: this.#fields.map((field) => field.finish()) };
  }
}

class Lists extends ColumnGatherer {
  readonly #items: ColumnGatherer;
  #offsets = new Int32Array(1);

  constructor(items: ColumnGatherer) {
    super();
    this.#items = items;
  }

  protected read(vector: RawVector, size: number, mask: Uint8Array | null): Take {
    const { entries, child, size: items } = list(vector, size);
    const take = this.#items.open(child, items);
    return (lo, hi) => {
      this.#offsets = grown(this.#offsets, this.length + hi - lo + 1, this.length + 1);
      let end = this.#offsets[this.length];
      // Items mostly lie in the rows' order, and are taken as one.
      let [from, to] = [0, 0];
      for (let i = lo, at = this.length + 1; i < hi; i++, at++) {
        const count = isSet(mask, i) ? entries[4 * i + 2] : 0;
        if (count > 0) {
          const first = entries[4 * i];
          if (first !== to) {
            if (to > from) take(from, to);
            from = first;
          }
          to = first + count;
        }
        end += count;
        this.#offsets[at] = end;
      }
      if (to > from) take(from, to);
    };
  }

  protected buffers() {
    return { offsets: trimmed(this.#offsets, this.length + 1), children: [this.#items.finish()] };
  }
}

/** A bit a value, 0 for null; null when no value is. */
function maskOf(vector: RawVector, size: number): Uint8Array | null {
  if (size === 0) return null;
  const mask = low.vector_get_validity(vector, Math.ceil(size / 64) * 8);
  if (!mask || mask.length === 0) return null;
  for (let i = 0; i < size; i++) if (!isSet(mask, i)) return mask;
  return null;
}

function isSet(mask: Uint8Array | null, i: number): boolean {
  return mask === null || ((mask[i >> 3] >> (i & 7)) & 1) === 1;
}
