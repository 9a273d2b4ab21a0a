import { ByteReader } from './thrift.ts';
import {
  BackwardBits,
  constantTable,
  damaged,
  type HuffmanTable,
  readHuffmanTable,
  readStateTable,
  type StateTable,
  stateTable,
} from './zstd-tables.ts';

const MAGIC = 0xfd2fb528;
const MAX_BLOCK = 1 << 17;

/** What a code of lengths stands for: `base[code]` and as many bits more as `bits[code]` says. */
interface Codes {
  readonly base: readonly number[];
  readonly bits: readonly number[];
  readonly maxLog: number;
  readonly standard: StateTable;
}

const zeros = (count: number): number[] => new Array(count).fill(0);

function codes(first: number, bits: readonly number[], maxLog: number, log: number, counts: readonly number[]): Codes {
  let next = first;
  const base = bits.map((width) => {
    next += 2 ** width;
    return next - 2 ** width;
  });
  return { base, bits, maxLog, standard: stateTable(counts, log) };
}

// RFC 8878, 3.1.1.3.2: how lengths and offsets are coded, and the tables of those who bring none.
const LITERALS = codes(
  0,
  [...zeros(16), 1, 1, 1, 1, 2, 2, 3, 3, 4, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16],
  9,
  6,
  [4, 3, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 1, 1, 1, 2, 2, 2, 2, 2, 2, 2, 2, 2, 3, 2, 1, 1, 1, 1, 1, -1, -1, -1, -1],
);
const OFFSETS = codes(
  1,
  Array.from({ length: 32 }, (_, i) => i),
  8,
  5,
  [1, 1, 1, 1, 1, 1, 2, 2, 2, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, -1, -1, -1, -1, -1],
);
const MATCHES = codes(3, [...zeros(32), 1, 1, 1, 1, 2, 2, 3, 3, 4, 4, 5, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16], 9, 6, [
  ...[1, 4, 3, 2, 2, 2, 2, 2, 2, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1],
  ...[1, 1, 1, 1, 1, 1, 1, 1, 1, 1, -1, -1, -1, -1, -1, -1, -1],
]);
const KINDS = [LITERALS, OFFSETS, MATCHES];

/** What one frame's blocks hand on to the next. */
interface FrameState {
  huffman: HuffmanTable | null;
  tables: (StateTable | null)[];
  /** The last three offsets. */
  offsets: [number, number, number];
}

/** Bytes that grow up to a limit. */
class Output {
  readonly #max: number;
  bytes: Uint8Array;
  length = 0;

  constructor(size: number, max: number) {
    this.bytes = new Uint8Array(size);
    this.#max = max;
  }

  /** Where `count` bytes more go. */
  reserve(count: number): number {
    const start = this.length;
    this.length += count;
    if (this.length > this.#max) throw new Error(`zstd data unpack to more than ${this.#max} bytes`);
    if (this.length > this.bytes.length) {
      const grown = new Uint8Array(Math.min(this.#max, Math.max(this.length, 2 * this.bytes.length)));
      grown.set(this.bytes.subarray(0, start));
      this.bytes = grown;
    }
    return start;
  }

  append(bytes: Uint8Array): void {
    const start = this.reserve(bytes.length);
    this.bytes.set(bytes, start);
  }
}

/**
 * Unpacks zstd (RFC 8878) to at most `max` bytes; `size` of them are taken at once. Frames with dictionaries are refused, checksums passed over.
 * Whatever the bytes, its time and memory are bounded by theirs and by `max`, which the decoders on npm do not promise.
 */
export function unzstd(input: Uint8Array, max: number, size = Math.min(max, 1 << 16)): Uint8Array {
  const reader = new ByteReader(input);
  const out = new Output(size, max);
  while (reader.left > 0) {
    const magic = reader.uint32();
    if (magic >>> 4 === 0x184d2a5) reader.slice(reader.uint32());
    else if (magic === MAGIC) readFrame(reader, out);
    else damaged('a frame does not start as one');
  }
  return out.bytes.subarray(0, out.length);
}

function readFrame(reader: ByteReader, out: Output): void {
  const start = out.length;
  const flags = reader.byte();
  const isSingle = (flags & 32) !== 0;
  if (flags & 8) damaged('a frame has an unknown flag');
  if (!isSingle) reader.byte();
  if (littleEndian(reader.slice([0, 1, 2, 4][flags & 3])) !== 0) throw new Error('zstd data need a dictionary, which is not there');
  const sizeBytes = flags >> 6 === 0 ? Number(isSingle) : 1 << (flags >> 6);
  const size = littleEndian(reader.slice(sizeBytes)) + (sizeBytes === 2 ? 256 : 0);
  const state: FrameState = { huffman: null, tables: [null, null, null], offsets: [1, 4, 8] };
  for (let isLast = false; !isLast; ) {
    const head = littleEndian(reader.slice(3));
    isLast = (head & 1) === 1;
    const length = head >> 3;
    if (length > MAX_BLOCK) damaged('a block is too long');
    const kind = (head >> 1) & 3;
    if (kind === 0) out.append(reader.slice(length));
    else if (kind === 1) {
      const byte = reader.byte();
      const at = out.reserve(length);
      out.bytes.fill(byte, at, at + length);
    } else if (kind === 2) readBlock(new ByteReader(reader.slice(length)), state, out, start);
    else damaged('a block is of an unknown kind');
  }
  if (flags & 4) reader.slice(4);
  if (sizeBytes > 0 && out.length - start !== size) damaged('a frame has another size than it says');
}

/** A packed block: literals, and sequences of "copy so many literals, then so many bytes from so far back". */
function readBlock(block: ByteReader, state: FrameState, out: Output, start: number): void {
  const literals = readLiterals(block, state);
  const head = block.byte();
  const count = head < 128 ? head : head < 255 ? ((head - 128) << 8) + block.byte() : littleEndian(block.slice(2)) + 0x7f00;
  let used = 0;
  if (count > 0) {
    const [lengths, offsets, matches] = readTables(block, state);
    const bits = new BackwardBits(block.slice(block.left));
    let [a, b, c] = [bits.read(lengths.log), bits.read(offsets.log), bits.read(matches.log)];
    const limit = out.length + MAX_BLOCK;
    for (let i = 0; i < count; i++) {
      const far = lengthOf(OFFSETS, offsets.symbols[b], bits);
      const match = lengthOf(MATCHES, matches.symbols[c], bits);
      const plain = lengthOf(LITERALS, lengths.symbols[a], bits);
      if (i + 1 < count) {
        a = lengths.base[a] + bits.read(lengths.bits[a]);
        c = matches.base[c] + bits.read(matches.bits[c]);
        b = offsets.base[b] + bits.read(offsets.bits[b]);
      }
      if (used + plain > literals.length || out.length + plain + match > limit) damaged('a block holds more than it may');
      out.append(literals.subarray(used, used + plain));
      used += plain;
      copyBack(out, offsetOf(far, plain, state.offsets), match, start);
    }
    if (bits.left !== 0) damaged('a stream of bits is too long');
  }
  out.append(literals.subarray(used));
}

const lengthOf = ({ base, bits }: Codes, code: number, stream: BackwardBits): number => base[code] + stream.read(bits[code]);

/** The distance that a value means: 1 to 3 stand for those used last. */
function offsetOf(value: number, literals: number, last: [number, number, number]): number {
  const index = value - 1 + (literals === 0 ? 1 : 0);
  const offset = value > 3 ? value - 3 : index < 3 ? last[index] : last[0] - 1;
  if (value > 3 || index > 1) last[2] = last[1];
  if (value > 3 || index > 0) last[1] = last[0];
  last[0] = offset;
  return offset;
}

function copyBack(out: Output, offset: number, count: number, start: number): void {
  const at = out.reserve(count);
  const from = at - offset;
  if (offset < 1 || from < start) damaged('it refers to bytes before its start');
  const { bytes } = out;
  if (offset >= count) bytes.copyWithin(at, from, from + count);
  else for (let i = 0; i < count; i++) bytes[at + i] = bytes[from + i];
}

/** The tables of literals' lengths, of offsets and of matches' lengths. */
function readTables(block: ByteReader, state: FrameState): StateTable[] {
  const modes = block.byte();
  state.tables = KINDS.map(({ bits, maxLog, standard }, k) => {
    const mode = (modes >> (6 - 2 * k)) & 3;
    if (mode === 0) return standard;
    if (mode === 3) return state.tables[k] ?? damaged('a table that it refers to is missing');
    if (mode === 1) {
      const symbol = block.byte();
      return symbol < bits.length ? constantTable(symbol) : damaged('a table has an unknown symbol');
    }
    const { table, used } = readStateTable(block.bytes.subarray(block.at), maxLog, bits.length - 1);
    block.take(used);
    return table;
  });
  return state.tables as StateTable[];
}

function readLiterals(block: ByteReader, state: FrameState): Uint8Array {
  const first = block.bytes[block.at] ?? damaged('a block is empty');
  const [kind, format] = [first & 3, (first >> 2) & 3];
  if (kind < 2) {
    const head = littleEndian(block.slice(format === 1 ? 2 : format === 3 ? 3 : 1));
    const size = head >> (format % 2 === 0 ? 3 : 4);
    if (size > MAX_BLOCK) damaged('a block has too many literals');
    return kind === 0 ? block.slice(size) : new Uint8Array(size).fill(block.byte());
  }
  const width = [10, 10, 14, 18][format];
  const head = littleEndian(block.slice((4 + 2 * width) / 8));
  const size = Math.floor(head / 16) % 2 ** width;
  if (size > MAX_BLOCK) damaged('a block has too many literals');
  const packed = new ByteReader(block.slice(Math.floor(head / 2 ** (4 + width))));
  if (kind === 2) {
    const { table, used } = readHuffmanTable(packed.bytes);
    packed.take(used);
    state.huffman = table;
  }
  const { huffman } = state;
  if (!huffman) return damaged('a Huffman table that it refers to is missing');
  const out = new Uint8Array(size);
  if (format === 0) decode(packed.slice(packed.left), huffman, out);
  else {
    const lengths = [0, 1, 2].map(() => packed.byte() | (packed.byte() << 8));
    const share = (size + 3) >> 2;
    for (const [k, length] of [...lengths, -1].entries()) {
      decode(packed.slice(length < 0 ? packed.left : length), huffman, out.subarray(k * share, k < 3 ? (k + 1) * share : size));
    }
  }
  return out;
}

function decode(bytes: Uint8Array, { log, symbols, bits }: HuffmanTable, out: Uint8Array): void {
  const stream = new BackwardBits(bytes);
  for (let i = 0; i < out.length; i++) {
    const entry = stream.peek(log);
    out[i] = symbols[entry];
    stream.skip(bits[entry]);
  }
  if (stream.left !== 0) damaged('a stream of bits is too long');
}

function littleEndian(bytes: Uint8Array): number {
  let value = 0;
  for (let i = bytes.length - 1; i >= 0; i--) value = value * 256 + bytes[i];
  return value;
}
