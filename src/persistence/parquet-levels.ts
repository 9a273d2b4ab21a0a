import type { ByteReader } from './thrift.ts';

/**
 * Fills `out` from Parquet's hybrid of runs and bit-packed groups of numbers `width` bits wide. A run that says more than is due is cut at
 * the end of `out`; data that ends before `out` is full is an error.
 */
export function readHybrid(reader: ByteReader, width: number, out: Int32Array): void {
  if (width > 32) throw new Error(`Parquet levels or codes are ${width} bits wide`);
  for (let i = 0; i < out.length; ) {
    const header = reader.varint();
    if (header % 2 === 0) {
      const count = header / 2;
      let value = 0;
      for (let shift = 0; shift < width; shift += 8) value |= reader.byte() << shift;
      const end = Math.min(i + count, out.length);
      if (end > i) out.fill(value, i, end);
      i = end;
    } else {
      const count = Math.min(((header - 1) / 2) * 8, out.length - i);
      const bytes = reader.slice(Math.min(((header - 1) / 2) * width, reader.left));
      if (bytes.length * 8 < count * width) throw new Error('Parquet data ends within packed numbers');
      unpack(bytes, width, out, i, count);
      i += count;
    }
  }
}

function unpack(bytes: Uint8Array, width: number, out: Int32Array, at: number, count: number): void {
  for (let k = 0; k < count; k++) out[at + k] = bitsAt(bytes, k * width, width);
}

/** The number of `width` <= 32 bits from a bit on, as a signed one. */
export function bitsAt(bytes: Uint8Array, from: number, width: number): number {
  let value = 0;
  for (let got = 0, bit = from; got < width; ) {
    const free = 8 - (bit & 7);
    const step = Math.min(free, width - got);
    value |= ((bytes[bit >> 3] >> (bit & 7)) & ((1 << step) - 1)) << got;
    got += step;
    bit += step;
  }
  return value;
}

/** Bits that a level up to `max` takes. */
export const bitsFor = (max: number): number => 32 - Math.clz32(max);
