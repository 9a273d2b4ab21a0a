/**
 * Thrift's compact protocol, as far as Parquet's headers need it. Structs are Maps from field number to value. The reader trusts nothing: every
 * length is held against the bytes that are left.
 */
export type ThriftValue = boolean | number | Uint8Array | ThriftValue[] | ThriftStruct;
export type ThriftStruct = Map<number, ThriftValue>;

const MAX_DEPTH = 32;
const [STOP, TRUE, FALSE, BYTE, I16, I32, I64, DOUBLE, BINARY, LIST, SET, , STRUCT] = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12];

/** Bytes with a position that only moves forward, and never past the end. */
export class ByteReader {
  readonly bytes: Uint8Array;
  readonly view: DataView;
  at = 0;

  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  get left(): number {
    return this.bytes.length - this.at;
  }

  /** The position of the next `count` bytes, which are taken. */
  take(count: number): number {
    if (!(count >= 0 && count <= this.left)) throw new Error(`Parquet data ends too early: ${count} bytes are due, ${this.left} are left`);
    const start = this.at;
    this.at += count;
    return start;
  }

  byte(): number {
    return this.bytes[this.take(1)];
  }

  slice(count: number): Uint8Array {
    const start = this.take(count);
    return this.bytes.subarray(start, start + count);
  }

  uint32(): number {
    return this.view.getUint32(this.take(4), true);
  }

  /** An unsigned number of at most 32 bits, 7 bits a byte. */
  varint(): number {
    let value = 0;
    for (let shift = 0; shift < 35; shift += 7) {
      const byte = this.byte();
      value += (byte & 0x7f) * 2 ** shift;
      if (byte < 0x80) return value;
    }
    throw new Error('Parquet data has a number that is too long');
  }

  /** A number of at most 64 bits; inexact beyond 2^53, where no count or offset lies. */
  varint64(): number {
    let value = 0;
    for (let scale = 1; scale < 2 ** 70; scale *= 128) {
      const byte = this.byte();
      value += (byte & 0x7f) * scale;
      if (byte < 0x80) return value;
    }
    throw new Error('Parquet data has a number that is too long');
  }

  /** An unsigned number of at most 64 bits, exactly. */
  bigVarint(): bigint {
    let value = 0n;
    for (let shift = 0n; shift < 70n; shift += 7n) {
      const byte = this.byte();
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return value;
    }
    throw new Error('Parquet data has a number that is too long');
  }
}

/** Reads one struct. */
export function readStruct(reader: ByteReader, depth = 0): ThriftStruct {
  if (depth > MAX_DEPTH) throw new Error('Parquet header is nested too deeply');
  const struct: ThriftStruct = new Map();
  let id = 0;
  while (true) {
    const head = reader.byte();
    const type = head & 0x0f;
    if (type === STOP) return struct;
    id = head >> 4 ? id + (head >> 4) : zigzag(reader.varint());
    struct.set(id, readValue(reader, type, depth));
  }
}

function readValue(reader: ByteReader, type: number, depth: number): ThriftValue {
  switch (type) {
    case TRUE:
      return true;
    case FALSE:
      return false;
    case BYTE:
      return reader.view.getInt8(reader.take(1));
    case I16:
    case I32:
      return zigzag(reader.varint());
    case I64: {
      const value = reader.varint64();
      return value % 2 === 0 ? value / 2 : -(value + 1) / 2;
    }
    case DOUBLE:
      return reader.view.getFloat64(reader.take(8), true);
    case BINARY:
      return reader.slice(reader.varint());
    case LIST:
    case SET:
      return readList(reader, depth);
    case STRUCT:
      return readStruct(reader, depth + 1);
    default:
      throw new Error(`Parquet header has a field of unknown type ${type}`);
  }
}

function readList(reader: ByteReader, depth: number): ThriftValue[] {
  if (depth > MAX_DEPTH) throw new Error('Parquet header is nested too deeply');
  const head = reader.byte();
  const type = head & 0x0f;
  const size = head >> 4 === 15 ? reader.varint() : head >> 4;
  if (size > reader.left) throw new Error(`Parquet header says ${size} items where ${reader.left} bytes are left`);
  const list: ThriftValue[] = [];
  for (let i = 0; i < size; i++) list.push(type === TRUE || type === FALSE ? reader.byte() === 1 : readValue(reader, type, depth + 1));
  return list;
}

/** The signed 32-bit number that an unsigned one stands for. */
export const zigzag = (value: number): number => ((value / 2) >>> 0) ^ -(value % 2);

/** A growing array of bytes. */
export class ByteWriter {
  #bytes = new Uint8Array(1024);
  #view = new DataView(this.#bytes.buffer);
  length = 0;

  /** Makes room for `count` bytes and gives their position. */
  reserve(count: number): number {
    const start = this.length;
    this.length += count;
    if (this.length > this.#bytes.length) {
      const grown = new Uint8Array(Math.max(this.length, 2 * this.#bytes.length));
      grown.set(this.#bytes.subarray(0, start));
      this.#bytes = grown;
      this.#view = new DataView(grown.buffer);
    }
    return start;
  }

  byte(value: number): void {
    const at = this.reserve(1);
    this.#bytes[at] = value;
  }

  int32(value: number): void {
    const at = this.reserve(4);
    this.#view.setInt32(at, value, true);
  }

  int64(value: bigint): void {
    const at = this.reserve(8);
    this.#view.setBigInt64(at, value, true);
  }

  float32(value: number): void {
    const at = this.reserve(4);
    this.#view.setFloat32(at, value, true);
  }

  float64(value: number): void {
    const at = this.reserve(8);
    this.#view.setFloat64(at, value, true);
  }

  put(bytes: Uint8Array): void {
    const at = this.reserve(bytes.length);
    this.#bytes.set(bytes, at);
  }

  varint(value: number): void {
    let rest = value;
    for (; rest >= 0x80; rest = Math.floor(rest / 0x80)) this.byte((rest % 0x80) | 0x80);
    this.byte(rest);
  }

  /** The bytes written so far; a view until the next write. */
  get bytes(): Uint8Array {
    return this.#bytes.subarray(0, this.length);
  }
}

/** A field to write: number, type, value; undefined values are left out. */
export type ThriftField = readonly [id: number, type: 'i32' | 'i64' | 'string' | 'struct' | 'structs' | 'i32s' | 'strings', value: unknown];

const encoder = new TextEncoder();

/** Writes one struct; fields must be in ascending order of their numbers. */
export function writeStruct(writer: ByteWriter, fields: readonly ThriftField[]): void {
  let last = 0;
  for (const [id, type, value] of fields) {
    if (value === undefined) continue;
    writer.byte(((id - last) << 4) | (type.endsWith('s') ? LIST : TYPE_CODES[type as keyof typeof TYPE_CODES]));
    last = id;
    if (!type.endsWith('s')) writeValue(writer, type, value);
    else writeList(writer, type.slice(0, -1), value as readonly unknown[]);
  }
  writer.byte(STOP);
}

const TYPE_CODES = { i32: I32, i64: I64, string: BINARY, struct: STRUCT };

function writeList(writer: ByteWriter, type: string, items: readonly unknown[]): void {
  const code = TYPE_CODES[type as keyof typeof TYPE_CODES];
  if (items.length < 15) writer.byte((items.length << 4) | code);
  else {
    writer.byte(0xf0 | code);
    writer.varint(items.length);
  }
  for (const item of items) writeValue(writer, type, item);
}

function writeValue(writer: ByteWriter, type: string, value: unknown): void {
  if (type === 'struct') writeStruct(writer, value as readonly ThriftField[]);
  else if (type === 'string') {
    const bytes = encoder.encode(value as string);
    writer.varint(bytes.length);
    writer.put(bytes);
  } else {
    const number = value as number;
    writer.varint(number < 0 ? -2 * number - 1 : 2 * number);
  }
}
