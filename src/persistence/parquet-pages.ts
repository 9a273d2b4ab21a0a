import { snappyUncompress } from 'hyparquet/src/snappy.js';
import { crc32 } from './crc32.ts';
import { bitsFor, readHybrid } from './parquet-levels.ts';
import { ByteReader, readStruct, type ThriftStruct } from './thrift.ts';

/** Physical types by Parquet's number. */
export const PHYSICAL_TYPES = ['BOOLEAN', 'INT32', 'INT64', 'INT96', 'FLOAT', 'DOUBLE', 'BYTE_ARRAY', 'FIXED_LEN_BYTE_ARRAY'] as const;
export type PhysicalType = (typeof PHYSICAL_TYPES)[number];
const CODECS = ['uncompressed', 'snappy', 'gzip', 'lzo', 'brotli', 'lz4', 'zstd', 'lz4_raw'];
const ENCODINGS = [
  'PLAIN',
  '',
  'PLAIN_DICTIONARY',
  'RLE',
  'BIT_PACKED',
  'DELTA_BINARY_PACKED',
  'DELTA_LENGTH_BYTE_ARRAY',
  'DELTA_BYTE_ARRAY',
  'RLE_DICTIONARY',
];
/** What a page may grow to when it is unpacked: this many bytes whatever its size, or this many times its size. */
const FREE_BYTES = 1 << 24;
const MAX_RATIO = 100;

/** A column's chunk as the footer describes it, and its levels as the schema has them. */
export interface ChunkInfo {
  readonly type: PhysicalType;
  readonly codec: number;
  readonly start: number;
  readonly end: number;
  readonly numValues: number;
  readonly maxRep: number;
  readonly maxDef: number;
}

/** A column's entries in Dremel's form; levels that cannot vary are null. */
export interface LeafData {
  readonly count: number;
  readonly reps: Int32Array | null;
  readonly defs: Int32Array | null;
  readonly values: unknown[];
}

/** Decodes one chunk. Throws an Error whose message is the reason; nothing is allocated by a number that the file's size does not bear out. */
export async function readChunk(file: Uint8Array, chunk: ChunkInfo, budget: { values: number }): Promise<LeafData> {
  budget.values -= chunk.numValues;
  if (budget.values < 0) throw new Error(`Parquet says ${chunk.numValues} values in a column, more than a file of ${file.length} bytes may hold`);
  const reader = new ByteReader(file.subarray(chunk.start, chunk.end));
  const reps = chunk.maxRep > 0 ? new Int32Array(chunk.numValues) : null;
  const defs = chunk.maxDef > 0 ? new Int32Array(chunk.numValues) : null;
  const values: unknown[] = [];
  let dictionary: unknown[] | null = null;
  let count = 0;
  while (count < chunk.numValues) {
    const header = readStruct(reader);
    const kind = number(header, 1);
    const body = reader.slice(number(header, 3));
    const size = number(header, 2);
    if (header.has(4) && header.get(4) !== crc32(body)) throw new Error('Parquet page does not match its checksum: the file is damaged');
    if (kind === 2) {
      const page = new ByteReader(await unpackBytes(body, size, chunk.codec));
      dictionary = readPlain(page, chunk.type, number(struct(header, 7), 1));
      continue;
    }
    if (kind !== 0 && kind !== 3) continue;
    const info = struct(header, kind === 0 ? 5 : 8);
    const n = number(info, 1);
    if (n > chunk.numValues - count) throw new Error('Parquet page holds more values than its column');
    const levels = { reps: reps?.subarray(count, count + n) ?? null, defs: defs?.subarray(count, count + n) ?? null };
    const page = kind === 0 ? await openPageV1(body, size, chunk, levels) : await openPageV2(body, size, chunk, levels, info);
    const due = levels.defs ? countOf(levels.defs, chunk.maxDef) : n;
    readValues(page, chunk.type, ENCODINGS[number(info, kind === 0 ? 2 : 4)] ?? 'unknown', due, dictionary, values);
    count += n;
  }
  return { count, reps, defs, values };
}

interface Levels {
  readonly reps: Int32Array | null;
  readonly defs: Int32Array | null;
}

/** Version 1: levels and values are packed together, each run of levels after its length. */
async function openPageV1(body: Uint8Array, size: number, chunk: ChunkInfo, { reps, defs }: Levels): Promise<ByteReader> {
  const page = new ByteReader(await unpackBytes(body, size, chunk.codec));
  if (reps) readHybrid(new ByteReader(page.slice(page.uint32())), bitsFor(chunk.maxRep), reps);
  if (defs) readHybrid(new ByteReader(page.slice(page.uint32())), bitsFor(chunk.maxDef), defs);
  checkLevels(chunk, { reps, defs });
  return page;
}

/** Version 2: levels lie unpacked before the values, their lengths in the header. */
async function openPageV2(body: Uint8Array, size: number, chunk: ChunkInfo, { reps, defs }: Levels, info: ThriftStruct): Promise<ByteReader> {
  const page = new ByteReader(body);
  const [defBytes, repBytes] = [number(info, 5), number(info, 6)];
  const repReader = new ByteReader(page.slice(repBytes));
  const defReader = new ByteReader(page.slice(defBytes));
  if (reps) readHybrid(repReader, bitsFor(chunk.maxRep), reps);
  if (defs) readHybrid(defReader, bitsFor(chunk.maxDef), defs);
  checkLevels(chunk, { reps, defs });
  const rest = page.slice(page.left);
  return new ByteReader(info.get(7) === false ? rest : await unpackBytes(rest, size - defBytes - repBytes, chunk.codec));
}

function checkLevels({ maxRep, maxDef }: ChunkInfo, { reps, defs }: Levels): void {
  if (reps?.some((level) => level < 0 || level > maxRep) || defs?.some((level) => level < 0 || level > maxDef)) {
    throw new Error('Parquet page has a level beyond its column’s');
  }
}

async function unpackBytes(body: Uint8Array, size: number, codec: number): Promise<Uint8Array> {
  if (codec === 0) {
    if (body.length !== size) throw new Error('Parquet page has another size than its header says');
    return body;
  }
  if (size > FREE_BYTES && size > MAX_RATIO * body.length) throw new Error(`Parquet page of ${body.length} bytes says that it unpacks to ${size}`);
  if (codec === 1) {
    // No element of snappy's makes more than 64 bytes out of two.
    if (size > 32 * body.length + 64) throw new Error(`Parquet page of ${body.length} bytes says that it unpacks to ${size}`);
    const out = new Uint8Array(size);
    snappyUncompress(body, out);
    return out;
  }
  if (codec === 2) return gunzip(body, size);
  throw new Error(`Parquet codec ${CODECS[codec] ?? codec} is not supported; write the model with snappy, gzip or no compression`);
}

/** The platform's own gunzip, stopped as soon as it gives more than `size` bytes. */
async function gunzip(body: Uint8Array, size: number): Promise<Uint8Array> {
  const out = new Uint8Array(size);
  let at = 0;
  const stream = new Blob([body as Uint8Array<ArrayBuffer>]).stream().pipeThrough(new DecompressionStream('gzip'));
  for await (const chunk of stream as unknown as AsyncIterable<Uint8Array>) {
    if (at + chunk.length > size) throw new Error('Parquet page unpacks to more than its header says');
    out.set(chunk, at);
    at += chunk.length;
  }
  if (at !== size) throw new Error('Parquet page unpacks to less than its header says');
  return out;
}

function readValues(page: ByteReader, type: PhysicalType, encoding: string, count: number, dictionary: unknown[] | null, out: unknown[]): void {
  if (encoding === 'PLAIN') {
    for (const value of readPlain(page, type, count)) out.push(value);
  } else if (encoding.endsWith('_DICTIONARY')) {
    if (!dictionary) throw new Error('Parquet page refers to a dictionary that is not there');
    const codes = new Int32Array(count);
    if (count > 0) readHybrid(page, page.byte(), codes);
    for (const code of codes) {
      if (code < 0 || code >= dictionary.length) throw new Error(`Parquet page refers to entry ${code} of a dictionary of ${dictionary.length}`);
      out.push(dictionary[code]);
    }
  } else if (encoding === 'RLE' && type === 'BOOLEAN') {
    const bits = new Int32Array(count);
    readHybrid(new ByteReader(page.slice(page.uint32())), 1, bits);
    for (const bit of bits) out.push(bit === 1);
  } else throw new Error(`Parquet encoding ${encoding} of ${type} is not supported`);
}

function readPlain(page: ByteReader, type: PhysicalType, count: number): unknown[] {
  const { view } = page;
  const out: unknown[] = [];
  switch (type) {
    case 'BOOLEAN': {
      const bits = page.slice(Math.ceil(count / 8));
      for (let i = 0; i < count; i++) out.push(((bits[i >> 3] >> (i & 7)) & 1) === 1);
      return out;
    }
    case 'INT32':
      for (let i = 0, at = page.take(4 * count); i < count; i++, at += 4) out.push(view.getInt32(at, true));
      return out;
    case 'INT64':
      for (let i = 0, at = page.take(8 * count); i < count; i++, at += 8) out.push(view.getBigInt64(at, true));
      return out;
    case 'FLOAT':
      for (let i = 0, at = page.take(4 * count); i < count; i++, at += 4) out.push(view.getFloat32(at, true));
      return out;
    case 'DOUBLE':
      for (let i = 0, at = page.take(8 * count); i < count; i++, at += 8) out.push(view.getFloat64(at, true));
      return out;
    case 'BYTE_ARRAY':
      if (count > page.left) throw new Error('Parquet page says more texts than it has bytes');
      for (let i = 0; i < count; i++) out.push(decoder.decode(page.slice(page.uint32())));
      return out;
    default:
      throw new Error(`Parquet type ${type} is not supported`);
  }
}

const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

function countOf(levels: Int32Array, level: number): number {
  let count = 0;
  for (let i = 0; i < levels.length; i++) if (levels[i] === level) count++;
  return count;
}

/** A field that must be a whole number >= 0. */
export function number(fields: ThriftStruct, id: number): number {
  const n = fields.get(id);
  if (typeof n !== 'number' || !Number.isSafeInteger(n) || n < 0) throw new Error(`Parquet header lacks field ${id}, or has nonsense there`);
  return n;
}

export function struct(fields: ThriftStruct, id: number): ThriftStruct {
  const value = fields.get(id);
  if (!(value instanceof Map)) throw new Error(`Parquet header lacks field ${id}`);
  return value;
}
