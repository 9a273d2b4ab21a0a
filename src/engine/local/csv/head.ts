import { closeSync, openSync, readFileSync, readSync } from 'node:fs';
import { constants, gunzipSync } from 'node:zlib';
import { MlError, show } from '../../../error.ts';
import type { CsvFormat } from './options.ts';

const HEAD_BYTES = 1 << 20;

/** The whole text of a file, gunzipped when its name ends in `.gz`. */
export function readText(path: string, format: CsvFormat): string {
  const bytes = readFileSync(path);
  return decode(/\.gz$/i.test(path) ? gunzipSync(bytes) : bytes, path, format, true);
}

/** First lines of a file: enough to find its header. */
function readHead(path: string, format: CsvFormat, bytes: number): { text: string; whole: boolean } {
  const file = openSync(path, 'r');
  try {
    const buffer = Buffer.alloc(bytes);
    const size = readSync(file, buffer, 0, bytes, 0);
    const found = buffer.subarray(0, size);
    const plain = /\.gz$/i.test(path) ? gunzipSync(found, { finishFlush: constants.Z_SYNC_FLUSH }) : found;
    return { text: decode(plain, path, format, false), whole: size < bytes };
  } finally {
    closeSync(file);
  }
}

function decode(bytes: Uint8Array, path: string, format: CsvFormat, strict: boolean): string {
  try {
    return new TextDecoder(format.encoding === 'latin-1' ? 'latin1' : 'utf-8', { fatal: strict }).decode(bytes);
  } catch (error) {
    throw new MlError('VALUE_INVALID', `read.csv: a file must be UTF-8, ${show(path)} is not; set option encoding`, { path }, { cause: error });
  }
}

/** The header of a file: its first line that is neither blank nor a comment, and how many lines end with it. Null when there is none. */
export function readHeader(path: string, format: CsvFormat): { line: string; skip: number } | null {
  for (let bytes = HEAD_BYTES; ; bytes *= 16) {
    const { text, whole } = readHead(path, format, bytes);
    const lines = text.split(/\r\n|\n|\r/);
    const complete = whole ? lines.length : lines.length - 1;
    for (let i = 0; i < complete; i++) {
      const line = lines[i] as string;
      if (line.trim() !== '' && !(format.comment !== '' && line.startsWith(format.comment))) return { line, skip: i + 1 };
    }
    if (whole) return null;
  }
}

/** Number of the first line of these files that is `line`: for messages. */
export function findLine(paths: readonly string[], line: string, format: CsvFormat): { path: string; line: number } | null {
  for (const path of paths) {
    const at = readText(path, format)
      .split(/\r\n|\n|\r/)
      .indexOf(line);
    if (at >= 0) return { path, line: at + 1 };
  }
  return null;
}
