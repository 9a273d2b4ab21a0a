/** A decoding table of finite state entropy: what each of `2^log` states stands for, and how the next one is found. */
export interface StateTable {
  readonly log: number;
  readonly symbols: Uint8Array;
  readonly bits: Uint8Array;
  readonly base: Uint16Array;
}

/** A Huffman table by the next `log` bits. */
export interface HuffmanTable {
  readonly log: number;
  readonly symbols: Uint8Array;
  readonly bits: Uint8Array;
}

const MAX_HUFFMAN_BITS = 11;

const highBit = (n: number): number => 31 - Math.clz32(n);

export function damaged(what: string): never {
  throw new Error(`zstd data are damaged: ${what}`);
}

/** Bits that are read from the end of `bytes` to their start; the highest one set in the last byte marks the end. */
export class BackwardBits {
  readonly #bytes: Uint8Array;
  /** How many are left. */
  left: number;

  constructor(bytes: Uint8Array) {
    const last = bytes.length === 0 ? 0 : bytes[bytes.length - 1];
    if (last === 0) damaged('a stream of bits has no end');
    this.#bytes = bytes;
    this.left = 8 * (bytes.length - 1) + highBit(last);
  }

  /** The next `count` <= 24 bits, which stay; zeros follow the last one. */
  peek(count: number): number {
    const start = this.left - count;
    if (start < 0) return this.#at(0, this.left) << -start;
    return this.#at(start, count);
  }

  skip(count: number): void {
    this.left -= count;
    if (this.left < 0) damaged('a stream of bits ends too early');
  }

  /** The next `count` <= 32 bits. */
  read(count: number): number {
    if (count > 24) return this.read(count - 16) * 65536 + this.read(16);
    const value = this.peek(count);
    this.skip(count);
    return value;
  }

  #at(bit: number, count: number): number {
    const bytes = this.#bytes;
    const at = bit >> 3;
    return ((bytes[at] | (bytes[at + 1] << 8) | (bytes[at + 2] << 16) | (bytes[at + 3] << 24)) >>> (bit & 7)) & ((1 << count) - 1);
  }
}

/** Reads a table's probabilities (RFC 8878, 4.1.1) from the start of `bytes`; `used` is how many bytes they took. */
export function readStateTable(bytes: Uint8Array, maxLog: number, maxSymbol: number): { table: StateTable; used: number } {
  let bit = 0;
  const peek = (count: number): number => {
    const at = bit >> 3;
    if (at >= bytes.length) damaged('a table of states ends too early');
    return ((bytes[at] | (bytes[at + 1] << 8) | (bytes[at + 2] << 16)) >> (bit & 7)) & ((1 << count) - 1);
  };
  const log = peek(4) + 5;
  bit = 4;
  if (log > maxLog) damaged('a table of states is too large');
  const counts: number[] = [];
  for (let left = 1 << log; left > 0; ) {
    if (counts.length > maxSymbol) damaged('a table of states has too many symbols');
    // Numbers up to left + 1, of which the lower ones take a bit less.
    const width = highBit(left + 1) + 1;
    const short = (1 << width) - 2 - left;
    const value = peek(width);
    const low = value & ((1 << (width - 1)) - 1);
    const isShort = low < short;
    bit += isShort ? width - 1 : width;
    const count = (isShort ? low : value >= 1 << (width - 1) ? value - short : value) - 1;
    counts.push(count);
    left -= Math.abs(count);
    for (let zeros = count === 0 ? 3 : 0; zeros === 3; ) {
      zeros = peek(2);
      bit += 2;
      for (let z = 0; z < zeros; z++) counts.push(0);
      if (counts.length > maxSymbol + 1) damaged('a table of states has too many symbols');
    }
  }
  return { table: stateTable(counts, log), used: (bit + 7) >> 3 };
}

/** The table of symbols that come `counts[s]` times in `2^log`; -1 means less than once. */
export function stateTable(counts: readonly number[], log: number): StateTable {
  const size = 1 << log;
  const symbols = new Uint8Array(size);
  const bits = new Uint8Array(size);
  const base = new Uint16Array(size);
  const next = counts.map(Math.abs);
  let high = size - 1;
  for (let s = 0; s < counts.length; s++) if (counts[s] === -1) symbols[high--] = s;
  const step = (size >> 1) + (size >> 3) + 3;
  let at = 0;
  for (let s = 0; s < counts.length; s++) {
    for (let i = 0; i < counts[s]; i++) {
      symbols[at] = s;
      do at = (at + step) & (size - 1);
      while (at > high);
    }
  }
  for (let state = 0; state < size; state++) {
    const n = next[symbols[state]]++;
    bits[state] = log - highBit(n);
    base[state] = (n << bits[state]) - size;
  }
  return { log, symbols, bits, base };
}

/** The table of one symbol, which takes no bits. */
export function constantTable(symbol: number): StateTable {
  return { log: 0, symbols: Uint8Array.of(symbol), bits: new Uint8Array(1), base: new Uint16Array(1) };
}

/** Reads a Huffman table (4.2.1) from the start of `bytes`. */
export function readHuffmanTable(bytes: Uint8Array): { table: HuffmanTable; used: number } {
  const head = bytes[0] ?? damaged('a Huffman table is missing');
  if (head < 128) return { table: huffmanTable(readWeights(bytes.subarray(1, 1 + head))), used: 1 + head };
  const weights = Array.from({ length: head - 127 }, (_, i) => (bytes[1 + (i >> 1)] >> (i % 2 === 0 ? 4 : 0)) & 15);
  return { table: huffmanTable(weights), used: 1 + ((head - 126) >> 1) };
}

/** Weights that two states give in turn. */
function readWeights(bytes: Uint8Array): number[] {
  const { table, used } = readStateTable(bytes, 6, 255);
  const stream = new BackwardBits(bytes.subarray(used));
  const states = [stream.read(table.log), stream.read(table.log)];
  const weights: number[] = [];
  for (let turn = 0; ; turn = 1 - turn) {
    const state = states[turn];
    weights.push(table.symbols[state]);
    if (weights.length > 254) damaged('a Huffman table has too many weights');
    if (stream.left < table.bits[state]) {
      weights.push(table.symbols[states[1 - turn]]);
      return weights;
    }
    states[turn] = table.base[state] + stream.read(table.bits[state]);
  }
}

/** The last symbol's weight is what is left to a power of 2; a symbol of weight w has `2^(w-1)` entries. */
function huffmanTable(weights: number[]): HuffmanTable {
  const sum = weights.reduce((total, w) => total + (w > 0 ? 2 ** (w - 1) : 0), 0);
  const log = sum === 0 ? MAX_HUFFMAN_BITS + 1 : highBit(sum) + 1;
  if (log > MAX_HUFFMAN_BITS) damaged('a Huffman table is too large, or empty');
  const rest = (1 << log) - sum;
  if ((rest & (rest - 1)) !== 0) damaged('a Huffman table does not add up');
  weights.push(highBit(rest) + 1);
  const symbols = new Uint8Array(1 << log);
  const bits = new Uint8Array(1 << log);
  for (let weight = 1, at = 0; weight <= log; weight++) {
    for (let s = 0; s < weights.length; s++) {
      if (weights[s] !== weight) continue;
      const end = at + (1 << (weight - 1));
      symbols.fill(s, at, end);
      bits.fill(log + 1 - weight, at, end);
      at = end;
    }
  }
  return { log, symbols, bits };
}
