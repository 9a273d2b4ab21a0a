import { unpackPage } from './codecs.ts';
import { crc32 } from './crc32.ts';
import { readPlain, readValues } from './parquet-encodings.ts';
import { bitsFor, readHybrid } from './parquet-levels.ts';
import { ByteReader, readStruct, type ThriftStruct } from './thrift.ts';

/** Physical types by Parquet's number. */
export const PHYSICAL_TYPES = ['BOOLEAN', 'INT32', 'INT64', 'INT96', 'FLOAT', 'DOUBLE', 'BYTE_ARRAY', 'FIXED_LEN_BYTE_ARRAY'] as const;
export type PhysicalType = (typeof PHYSICAL_TYPES)[number];

/** A column's chunk as the footer describes it, and its levels as the schema has them. */
interface ChunkInfo {
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
    const kind = numberOf(header, 1);
    const body = reader.slice(numberOf(header, 3));
    const size = numberOf(header, 2);
    if (header.has(4) && header.get(4) !== crc32(body)) throw new Error('Parquet page does not match its checksum: the file is damaged');
    if (kind === 2) {
      const page = new ByteReader(await unpackPage(body, size, chunk.codec));
      const entries = numberOf(struct(header, 7), 1);
      budget.values -= entries;
      if (budget.values < 0) throw new Error(`Parquet says ${entries} entries in a dictionary, more than a file of ${file.length} bytes may hold`);
      dictionary = readPlain(page, chunk.type, entries);
      continue;
    }
    if (kind !== 0 && kind !== 3) continue;
    const info = struct(header, kind === 0 ? 5 : 8);
    const n = numberOf(info, 1);
    if (n > chunk.numValues - count) throw new Error('Parquet page holds more values than its column');
    const levels = { reps: reps?.subarray(count, count + n) ?? null, defs: defs?.subarray(count, count + n) ?? null };
    const page = kind === 0 ? await openPageV1(body, size, chunk, levels) : await openPageV2(body, size, chunk, levels, info);
    const due = levels.defs ? countOf(levels.defs, chunk.maxDef) : n;
    for (const value of readValues(page, chunk.type, numberOf(info, kind === 0 ? 2 : 4), due, dictionary)) values.push(value);
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
  const page = new ByteReader(await unpackPage(body, size, chunk.codec));
  if (reps) readHybrid(new ByteReader(page.slice(page.uint32())), bitsFor(chunk.maxRep), reps);
  if (defs) readHybrid(new ByteReader(page.slice(page.uint32())), bitsFor(chunk.maxDef), defs);
  checkLevels(chunk, { reps, defs });
  return page;
}

/** Version 2: levels lie unpacked before the values, their lengths in the header. */
async function openPageV2(body: Uint8Array, size: number, chunk: ChunkInfo, { reps, defs }: Levels, info: ThriftStruct): Promise<ByteReader> {
  const page = new ByteReader(body);
  const [defBytes, repBytes] = [numberOf(info, 5), numberOf(info, 6)];
  const repReader = new ByteReader(page.slice(repBytes));
  const defReader = new ByteReader(page.slice(defBytes));
  if (reps) readHybrid(repReader, bitsFor(chunk.maxRep), reps);
  if (defs) readHybrid(defReader, bitsFor(chunk.maxDef), defs);
  checkLevels(chunk, { reps, defs });
  const rest = page.slice(page.left);
  return new ByteReader(info.get(7) === false ? rest : await unpackPage(rest, size - defBytes - repBytes, chunk.codec));
}

function checkLevels({ maxRep, maxDef }: ChunkInfo, { reps, defs }: Levels): void {
  if (reps?.some((level) => level < 0 || level > maxRep) || defs?.some((level) => level < 0 || level > maxDef)) {
    throw new Error('Parquet page has a level beyond its column’s');
  }
}

function countOf(levels: Int32Array, level: number): number {
  let count = 0;
  for (let i = 0; i < levels.length; i++) if (levels[i] === level) count++;
  return count;
}

/** A field that must be a whole number >= 0. */
export function numberOf(fields: ThriftStruct, id: number): number {
  const n = fields.get(id);
  if (typeof n !== 'number' || !Number.isSafeInteger(n) || n < 0) throw new Error(`Parquet header lacks field ${id}, or has nonsense there`);
  return n;
}

export function struct(fields: ThriftStruct, id: number): ThriftStruct {
  const value = fields.get(id);
  if (!(value instanceof Map)) throw new Error(`Parquet header lacks field ${id}`);
  return value;
}
