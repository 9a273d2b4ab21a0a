import { concatenated } from './bytes.ts';

/** Unpacks one LZ4 block into `out` from `at`, and gives where it ends. */
function unpackBlock(input: Uint8Array, out: Uint8Array, at: number): number {
  const damaged = (): never => {
    throw new Error('LZ4 data are damaged');
  };
  let from = 0;
  let to = at;
  const length = (nibble: number): number => {
    let total = nibble;
    for (let byte = nibble === 15 ? 255 : 0; byte === 255; total += byte) {
      if (from >= input.length) damaged();
      byte = input[from++];
    }
    return total;
  };
  while (from < input.length) {
    const token = input[from++];
    const literals = length(token >> 4);
    if (literals > input.length - from || literals > out.length - to) damaged();
    out.set(input.subarray(from, from + literals), to);
    from += literals;
    to += literals;
    if (from === input.length) return to;
    const offset = input[from++] | (input[from++] << 8);
    const match = length(token & 15) + 4;
    if (!(offset > 0 && offset <= to) || match > out.length - to) damaged();
    for (const end = to + match; to < end; to++) out[to] = out[to - offset];
  }
  return to;
}

/** LZ4 as Parquet's `lz4_raw` has it: one block. */
export function unLz4(input: Uint8Array, size: number): Uint8Array {
  const out = new Uint8Array(size);
  if (unpackBlock(input, out, 0) !== size) throw new Error('LZ4 data unpack to less than is said');
  return out;
}

/**
 * What Hadoop's block codecs write: blocks of (size unpacked, then chunks of (size packed, bytes) until it is reached), sizes of four bytes, the
 * highest first. `unpack` puts a chunk into `out` from `at` and gives where it ends. Null when the bytes are not of that form.
 */
export function unHadoop(
  input: Uint8Array,
  max: number,
  unpack: (chunk: Uint8Array, out: Uint8Array, at: number) => number = unpackBlock,
): Uint8Array | null {
  const view = new DataView(input.buffer, input.byteOffset, input.byteLength);
  const blocks: Uint8Array[] = [];
  let total = 0;
  for (let at = 0; at < input.length; ) {
    if (input.length - at < 4) return null;
    const size = view.getUint32(at);
    at += 4;
    if (size > max - total) return null;
    const out = new Uint8Array(size);
    for (let done = 0; done < size; ) {
      if (input.length - at < 4) return null;
      const packed = view.getUint32(at);
      at += 4;
      if (packed === 0 || packed > input.length - at) return null;
      const end = unpack(input.subarray(at, at + packed), out, done);
      if (end <= done) return null;
      done = end;
      at += packed;
    }
    blocks.push(out);
    total += size;
  }
  return concatenated(blocks);
}
