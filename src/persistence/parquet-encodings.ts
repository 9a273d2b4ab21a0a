import { mostUnpacked } from './bytes.ts';
import { bitsAt, readHybrid } from './parquet-levels.ts';
import type { PhysicalType } from './parquet-pages.ts';
import { ByteReader, zigzag } from './thrift.ts';

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
  'BYTE_STREAM_SPLIT',
];

/** Reads `count` values of a page, encoded as Parquet's number says. */
export function readValues(
  page: ByteReader,
  type: PhysicalType,
  encoding: number,
  count: number,
  dictionary: readonly unknown[] | null,
): readonly unknown[] {
  const name = ENCODINGS[encoding] ?? String(encoding);
  if (name === 'PLAIN') return readPlain(page, type, count);
  if (name.endsWith('_DICTIONARY')) return readCodes(page, count, dictionary);
  switch (`${name} of ${type}`) {
    case 'RLE of BOOLEAN': {
      const bits = new Int32Array(count);
      readHybrid(new ByteReader(page.slice(page.uint32())), 1, bits);
      return Array.from(bits, (bit) => bit === 1);
    }
    case 'DELTA_BINARY_PACKED of INT32':
      return readDeltas32(page, count);
    case 'DELTA_BINARY_PACKED of INT64':
      return readDeltas64(page, count);
    case 'DELTA_LENGTH_BYTE_ARRAY of BYTE_ARRAY':
      return readLengths(page, count).map(text);
    case 'DELTA_BYTE_ARRAY of BYTE_ARRAY':
      return readPrefixed(page, count).map(text);
    case 'BYTE_STREAM_SPLIT of INT32':
    case 'BYTE_STREAM_SPLIT of FLOAT':
      return readPlain(new ByteReader(joined(page.slice(4 * count), 4)), type, count);
    case 'BYTE_STREAM_SPLIT of INT64':
    case 'BYTE_STREAM_SPLIT of DOUBLE':
      return readPlain(new ByteReader(joined(page.slice(8 * count), 8)), type, count);
    default:
      throw new Error(`Parquet encoding ${name} of ${type} cannot be read here; write the model's tables with Parquet's default encodings`);
  }
}

function readCodes(page: ByteReader, count: number, dictionary: readonly unknown[] | null): unknown[] {
  if (!dictionary) throw new Error('Parquet page refers to a dictionary that is not there');
  const codes = new Int32Array(count);
  if (count > 0) readHybrid(page, page.byte(), codes);
  const out: unknown[] = [];
  for (const code of codes) {
    if (code < 0 || code >= dictionary.length) throw new Error(`Parquet page refers to entry ${code} of a dictionary of ${dictionary.length}`);
    out.push(dictionary[code]);
  }
  return out;
}

export function readPlain(page: ByteReader, type: PhysicalType, count: number): unknown[] {
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
      if (4 * count > page.left) throw new Error('Parquet page says more texts than it has bytes');
      for (let i = 0; i < count; i++) out.push(text(page.slice(page.uint32())));
      return out;
    default:
      throw new Error(`Parquet type ${type} is not supported`);
  }
}

const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

function text(bytes: Uint8Array): string {
  try {
    return decoder.decode(bytes);
  } catch {
    throw new Error('Parquet page holds a text that is not UTF-8');
  }
}

/** First bytes of all values, then second bytes …: put together again. */
function joined(bytes: Uint8Array, width: number): Uint8Array {
  const count = bytes.length / width;
  const out = new Uint8Array(bytes.length);
  for (let i = 0, at = 0; i < count; i++) for (let b = 0; b < width; b++) out[at++] = bytes[b * count + i];
  return out;
}

/** Hands over, for each value after the first, the block's least delta and where the packed rest of this one lies. */
function visitDeltas<Delta>(
  page: ByteReader,
  count: number,
  readLeast: () => Delta,
  visit: (least: Delta, bytes: Uint8Array, bit: number, width: number) => void,
  readFirst: (blockSize: number, miniblocks: number) => void,
): void {
  const [blockSize, miniblocks, total] = [page.varint(), page.varint(), page.varint()];
  const share = blockSize / miniblocks;
  if (total !== count || !(Number.isInteger(share) && share > 0 && share % 8 === 0)) {
    throw new Error(`Parquet page says ${total} deltas in blocks of ${blockSize}, ${miniblocks} parts each, where ${count} are due`);
  }
  readFirst(blockSize, miniblocks);
  for (let i = 1; i < count; ) {
    const least = readLeast();
    const widths = page.slice(miniblocks);
    for (let m = 0; m < miniblocks && i < count; m++) {
      const width = widths[m];
      const due = Math.min(share, count - i);
      if (width > 64) throw new Error(`Parquet deltas are ${width} bits wide`);
      // What follows the last value may be left out.
      const bytes = page.slice(Math.min((share / 8) * width, Math.max(page.left, Math.ceil((due * width) / 8))));
      for (let k = 0; k < due; k++) visit(least, bytes, k * width, width);
      i += due;
    }
  }
}

function readDeltas32(page: ByteReader, count: number): number[] {
  const out: number[] = [];
  const signed = () => zigzag(page.varint());
  visitDeltas(
    page,
    count,
    signed,
    (least, bytes, bit, width) => out.push((out[out.length - 1] + least + bitsAt(bytes, bit, Math.min(width, 32))) | 0),
    () => out.push(signed()),
  );
  return out.slice(0, count);
}

function readDeltas64(page: ByteReader, count: number): bigint[] {
  const out: bigint[] = [];
  const signed = () => {
    const n = page.bigVarint();
    return (n >> 1n) ^ -(n & 1n);
  };
  visitDeltas(
    page,
    count,
    signed,
    (least, bytes, bit, width) => {
      const low = BigInt(bitsAt(bytes, bit, Math.min(width, 32)) >>> 0);
      const high = width > 32 ? BigInt(bitsAt(bytes, bit + 32, width - 32) >>> 0) << 32n : 0n;
      out.push(BigInt.asIntN(64, out[out.length - 1] + least + high + low));
    },
    () => out.push(BigInt.asIntN(64, signed())),
  );
  return out.slice(0, count);
}

/** Texts behind their lengths. */
function readLengths(page: ByteReader, count: number): Uint8Array[] {
  return readDeltas32(page, count).map((length) => page.slice(length));
}

/** Texts less what each has in common with the one before it. */
function readPrefixed(page: ByteReader, count: number): Uint8Array[] {
  let budget = mostUnpacked(page.left);
  const prefixes = readDeltas32(page, count);
  let last = new Uint8Array();
  return readLengths(page, count).map((suffix, i) => {
    const prefix = prefixes[i];
    budget -= prefix;
    if (!(prefix >= 0 && prefix <= last.length) || budget < 0) throw new Error('Parquet page has texts that do not fit together');
    const whole = new Uint8Array(prefix + suffix.length);
    whole.set(last.subarray(0, prefix));
    whole.set(suffix, prefix);
    last = whole;
    return whole;
  });
}
