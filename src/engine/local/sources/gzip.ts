import { createReadStream, statSync } from 'node:fs';
import { Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip, gunzipSync, type ZlibOptions } from 'node:zlib';
import { MlError, show, throwIfAborted } from '../../../error.ts';
import type { QueryOptions } from '../duck/database.ts';

/** The bytes that gzip packed; of the file at `path`. */
export function unzip(owner: string, path: string, bytes: Uint8Array, options: ZlibOptions = {}): Buffer {
  if (bytes.length === 0) return Buffer.alloc(0);
  try {
    return gunzipSync(bytes, options);
  } catch (error) {
    throw badGzip(owner, path, error);
  }
}

/** Looks through gzip files as wholes: DuckDB takes one that is cut off for one that ends there. */
export class GzipCheck {
  readonly #sound = new Map<string, string>();

  async check(paths: readonly string[], { owner, signal }: QueryOptions): Promise<void> {
    for (const path of paths) {
      if (!/\.gz$/i.test(path)) continue;
      const { size, mtimeMs } = statSync(path);
      const version = `${size} ${mtimeMs}`;
      if (size === 0 || this.#sound.get(path) === version) continue;
      try {
        await pipeline(createReadStream(path, { highWaterMark: 1 << 20 }), createGunzip({ chunkSize: 1 << 20 }), nowhere(), { signal });
      } catch (error) {
        throwIfAborted(signal, owner);
        throw badGzip(owner, path, error);
      }
      this.#sound.set(path, version);
    }
  }
}

function nowhere(): Writable {
  return new Writable({ highWaterMark: 1 << 22, write: (_chunk, _encoding, done) => done() });
}

function badGzip(owner: string, path: string, cause: unknown): MlError {
  const { message } = cause as Error;
  return new MlError(
    'VALUE_INVALID',
    `${owner}: a .gz file must be gzip data from beginning to end, ${show(path)} is not: ${message}`,
    { path },
    { cause },
  );
}
