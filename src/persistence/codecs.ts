import type * as Zlib from 'node:zlib';
import { snappyUncompress } from 'hyparquet/src/snappy.js';
import { MlError } from '../error.ts';
import { concatenated, mostUnpacked } from './bytes.ts';
import { builtinModule } from './files.ts';

const CODECS = ['none', 'snappy', 'gzip', 'lzo', 'brotli', 'lz4', 'zstd', 'lz4_raw'];
const REMEDY = 'write the model again with Spark’s spark.sql.parquet.compression.codec set to snappy, gzip, zstd, lz4 or none';

/** Unpacks a page of Parquet's, which says that it has `size` bytes; those that are no more and no less. */
export async function unpackPage(body: Uint8Array, size: number, codec: number): Promise<Uint8Array> {
  if (size > mostUnpacked(body.length)) throw tooMuch(body, size);
  const out = await unpack(body, size, CODECS[codec] ?? String(codec));
  if (out.length !== size) throw new Error(`Parquet page unpacks to ${out.length} bytes, its header says ${size}`);
  return out;
}

const tooMuch = (body: Uint8Array, size: number) => new Error(`Parquet page of ${body.length} bytes says that it unpacks to ${size}`);

async function unpack(body: Uint8Array, size: number, codec: string): Promise<Uint8Array> {
  switch (codec) {
    case 'none':
      return body;
    case 'snappy':
      // No element of snappy's makes more than 64 bytes out of two.
      if (size > 32 * body.length + 64) throw tooMuch(body, size);
      return unSnappy(body, size);
    case 'gzip':
      return throughStream('gzip', body, size);
    case 'brotli':
      return unBrotli(body, size);
    // The decoders below are loaded where they are met.
    case 'zstd':
      return (await import('./zstd.ts')).unzstd(body, size, size);
    case 'lz4': {
      const { unHadoop, unLz4 } = await import('./lz4.ts');
      return unHadoop(body, size) ?? unLz4(body, size);
    }
    case 'lz4_raw':
      return (await import('./lz4.ts')).unLz4(body, size);
    default:
      throw new MlError('NOT_SUPPORTED', `Parquet codec ${codec} cannot be read here; ${REMEDY}`, { value: codec });
  }
}

function unSnappy(body: Uint8Array, size: number): Uint8Array {
  const out = new Uint8Array(size);
  try {
    snappyUncompress(body, out);
  } catch (error) {
    throw new Error('snappy data are damaged', { cause: error });
  }
  return out;
}

/** Node has brotli; of browsers the newer ones. */
async function unBrotli(body: Uint8Array, size: number): Promise<Uint8Array> {
  const zlib = builtinModule<typeof Zlib>('node:zlib');
  if (!zlib) return throughStream('brotli', body, size);
  try {
    return zlib.brotliDecompressSync(body, { maxOutputLength: Math.max(1, size) });
  } catch (error) {
    throw new Error('brotli data are damaged', { cause: error });
  }
}

/** The platform's own decoder, stopped as soon as it gives more than `max` bytes. */
async function throughStream(format: string, body: Uint8Array, max: number): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let total = 0;
  try {
    const decoder = decoderOf(format);
    const stream = new Blob([body]).stream().pipeThrough(decoder);
    for await (const chunk of stream as AsyncIterable<Uint8Array>) {
      chunks.push(chunk);
      total += chunk.length;
      if (total > max) throw new Error('too long');
    }
  } catch (error) {
    if (error instanceof MlError) throw error;
    throw new Error(total > max ? `${format} data unpack to more than ${max} bytes` : `${format} data are damaged`, { cause: error });
  }
  return concatenated(chunks);
}

function decoderOf(format: string): DecompressionStream {
  try {
    return new DecompressionStream(format as 'gzip');
  } catch (error) {
    const message = `this platform has no decoder of ${format} data; ${REMEDY}`;
    throw new MlError('NOT_SUPPORTED', message, { value: format }, { cause: error });
  }
}

const starts = (bytes: Uint8Array, ...magic: number[]): boolean => magic.every((byte, i) => bytes[i] === byte);

/** The text of a metadata file, which Hadoop packs when it is told to compress outputs: by its first bytes or its name's end; at most `max` bytes. */
export async function unpackText(name: string, bytes: Uint8Array, max: number): Promise<Uint8Array> {
  if (starts(bytes, 0x1f, 0x8b)) return throughStream('gzip', bytes, max);
  if (starts(bytes, 0x28, 0xb5, 0x2f, 0xfd)) return (await import('./zstd.ts')).unzstd(bytes, max);
  if (name.endsWith('.deflate')) return throughStream('deflate', bytes, max);
  if (/\.(lz4|snappy)$/.test(name)) {
    const { unHadoop } = await import('./lz4.ts');
    const out = name.endsWith('.lz4') ? unHadoop(bytes, max) : unHadoop(bytes, max, snappyChunk);
    if (out) return out;
    throw new Error('it must be packed as Hadoop packs, or it is damaged');
  }
  if (starts(bytes, 0x42, 0x5a, 0x68)) {
    throw new MlError(
      'NOT_SUPPORTED',
      'bzip2 cannot be read here; unpack the file (bunzip2), or save the model with mapreduce.output.fileoutputformat.compress off',
    );
  }
  return bytes;
}

/** A chunk of snappy starts with its unpacked length. */
function snappyChunk(chunk: Uint8Array, out: Uint8Array, at: number): number {
  let size = 0;
  for (let i = 0, scale = 1; i < 5; i++, scale *= 128) {
    size += (chunk[i] & 0x7f) * scale;
    if (chunk[i] < 0x80) break;
  }
  if (!(size <= out.length - at)) throw new Error('snappy data are damaged');
  out.set(unSnappy(chunk, size), at);
  return at + size;
}
