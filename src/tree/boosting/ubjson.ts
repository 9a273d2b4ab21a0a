/**
 * UBJSON, the binary form of JSON that XGBoost writes (draft 12): a marker a value, numbers in big-endian order, arrays and objects whose type and
 * count may stand in front. https://ubjson.org
 */

/** Values within values at most. */
const MAX_DEPTH = 64;
const [OPEN_OBJECT, CLOSE_OBJECT, CLOSE_ARRAY, TYPE, COUNT, NOTHING] = [...'{}]$#N'].map((sign) => sign.charCodeAt(0));

type Fail = (problem: string) => never;

/** Whether bytes that begin an object go on as UBJSON does: with a length or a count, where JSON has a quote, white space or the object's end. */
export function isUbjson(bytes: Uint8Array): boolean {
  return bytes[0] === OPEN_OBJECT && /[iUIlL#$N]/.test(String.fromCharCode(bytes[1]));
}

/**
 * The value that `bytes` hold. Objects have no prototype. `fail` is called for bytes that are cut off or hold something else; memory is taken in
 * proportion to the bytes.
 */
export function readUbjson(bytes: Uint8Array, fail: Fail): unknown {
  return new Cursor(bytes, fail).value(0);
}

class Cursor {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  readonly #fail: Fail;
  #at = 0;

  constructor(bytes: Uint8Array, fail: Fail) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#fail = fail;
  }

  value(depth: number, marker = this.#marker()): unknown {
    switch (marker) {
      case 'Z':
        return null;
      case 'T':
        return true;
      case 'F':
        return false;
      case 'S':
      case 'H':
        return this.#text(this.#length());
      case 'C':
        return this.#text(1);
      case '[':
        return this.#array(depth + 1);
      case '{':
        return this.#object(depth + 1);
      default:
        return this.#number(marker);
    }
  }

  #array(depth: number): unknown[] {
    const { type, count } = this.#container(depth);
    const items: unknown[] = [];
    while (count === null ? !this.#ends(CLOSE_ARRAY) : items.length < count) items.push(this.value(depth, type));
    return items;
  }

  #object(depth: number): unknown {
    const { type, count } = this.#container(depth);
    const object = Object.create(null) as Record<string, unknown>;
    for (let i = 0; count === null ? !this.#ends(CLOSE_OBJECT) : i < count; i++) {
      const key = this.#text(this.#length());
      object[key] = this.value(depth, type);
    }
    return object;
  }

  /** What stands in front of the items: their type, where all are of one, and their count, where it is told. */
  #container(depth: number): { readonly type: string | undefined; readonly count: number | null } {
    if (depth > MAX_DEPTH) this.#fail(`values must lie at most ${MAX_DEPTH} deep`);
    const type = this.#ends(TYPE) ? this.#marker() : undefined;
    if (this.#ends(COUNT)) {
      const count = this.#length();
      // Every item takes a byte at least: items without one (null, true, false) are not written with a type in front.
      if (type !== undefined && 'ZTFN'.includes(type)) this.#fail(`items of type ${type} must not be counted`);
      return { type, count: this.#within(count) };
    }
    if (type !== undefined) this.#fail('a type of items must be followed by their count');
    return { type, count: null };
  }

  #ends(sign: number): boolean {
    if (this.#at >= this.#bytes.length) this.#fail('the bytes are cut off');
    while (this.#bytes[this.#at] === NOTHING) this.#at++;
    if (this.#bytes[this.#at] !== sign) return false;
    this.#at++;
    return true;
  }

  #marker(): string {
    return String.fromCharCode(this.#bytes[this.#take(1)]);
  }

  #length(): number {
    const marker = this.#marker();
    if (!'iUIlL'.includes(marker)) this.#fail(`a length must be a whole number, is of type ${JSON.stringify(marker)} at byte ${this.#at - 1}`);
    return this.#number(marker);
  }

  #number(marker: string): number {
    switch (marker) {
      case 'i':
        return this.#view.getInt8(this.#take(1));
      case 'U':
        return this.#view.getUint8(this.#take(1));
      case 'I':
        return this.#view.getInt16(this.#take(2));
      case 'l':
        return this.#view.getInt32(this.#take(4));
      case 'L':
        return Number(this.#view.getBigInt64(this.#take(8)));
      case 'd':
        return this.#view.getFloat32(this.#take(4));
      case 'D':
        return this.#view.getFloat64(this.#take(8));
      default:
        return this.#fail(`byte ${this.#at - 1} must tell the type of a value, is ${JSON.stringify(marker)}`);
    }
  }

  #text(length: number): string {
    const from = this.#take(this.#within(length));
    return new TextDecoder().decode(this.#bytes.subarray(from, from + length));
  }

  /** `count`, held against the bytes that are left. */
  #within(count: number): number {
    const left = this.#bytes.length - this.#at;
    return count >= 0 && count <= left ? count : this.#fail(`a count must be at most the ${left} bytes that are left, is ${count}`);
  }

  /** Where the next `size` bytes begin. */
  #take(size: number): number {
    const from = this.#at;
    this.#at += size;
    if (this.#at > this.#bytes.length) this.#fail('the bytes are cut off');
    return from;
  }
}
