import { closeSync, openSync, readFileSync, readSync } from 'node:fs';
import { constants } from 'node:zlib';
import { MlError, show } from '../../../../error.ts';
import { unzip } from '../gzip.ts';
import type { CsvFormat } from './options.ts';

type Encoded = Pick<CsvFormat, 'encoding'>;

/** What windows-1252 has where Latin-1 has control characters. */
const WINDOWS = '€\u0081‚ƒ„…†‡ˆ‰Š‹Œ\u008dŽ\u008f\u0090‘’“”•–—˜™š›œ\u009džŸ';

const HEAD_BYTES = 1 << 20;

/** The whole text of a file, gunzipped when its name ends in `.gz`. */
export function readText(path: string, format: Encoded): string {
  const bytes = readFileSync(path);
  return decode(/\.gz$/i.test(path) ? unzip('read.csv', path, bytes) : bytes, path, format, true);
}

/** First lines of a file: enough to find its header. */
function readHead(path: string, format: CsvFormat, bytes: number): { text: string; whole: boolean; plain: Buffer } {
  const file = openSync(path, 'r');
  try {
    const buffer = Buffer.alloc(bytes);
    const size = readSync(file, buffer, 0, bytes, 0);
    const found = buffer.subarray(0, size);
    const plain = /\.gz$/i.test(path) ? unzip('read.csv', path, found, { finishFlush: constants.Z_SYNC_FLUSH }) : found;
    return { text: decode(plain, path, format, false), whole: size < bytes, plain };
  } finally {
    closeSync(file);
  }
}

function decode(bytes: Uint8Array, path: string, format: Encoded, strict: boolean): string {
  try {
    if (format.encoding === 'latin-1') return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1');
    const text = new TextDecoder(format.encoding, { fatal: strict }).decode(bytes);
    // Some versions of Node leave these bytes as they are.
    return format.encoding === 'windows-1252' ? text.replace(/[\u0080-\u009f]/g, (c) => WINDOWS[c.charCodeAt(0) - 0x80]) : text;
  } catch (error) {
    throw badEncoding(path, null, format, error);
  }
}

function badEncoding(path: string, line: number | null, { encoding }: Encoded, cause?: unknown): MlError {
  const where = line === null ? '' : ` at line ${line}`;
  const details = { path, ...(line !== null && { line }) };
  return new MlError(
    'VALUE_INVALID',
    `read.csv: a file must be ${encoding.toUpperCase()}, ${show(path)} is not${where}; set option encoding`,
    details,
    { cause },
  );
}

/** Where a file's rows begin. */
export interface Header {
  /** The first line that is neither blank nor a comment. */
  readonly line: string;
  /** How many lines end with it; where there are carriage returns, each of these and each line feed ends one. */
  readonly skip: number;
  /** Whether there are carriage returns at the file's beginning. */
  readonly carriage: boolean;
}

/** Lines with what ends them, the last one only if it is all there. */
function* lines(text: string, whole: boolean): Generator<{ line: string; end: string }> {
  const ends = /\r\n|\n|\r/g;
  for (let from = 0; ; from = ends.lastIndex) {
    const [end] = ends.exec(text) ?? [];
    if (end !== undefined) yield { line: text.slice(from, ends.lastIndex - end.length), end };
    else {
      if (whole) yield { line: text.slice(from), end: '\n' };
      return;
    }
  }
}

/** The header of a file; null when all its lines are blank or comments. */
export function readHeader(path: string, format: CsvFormat): Header | null {
  for (let bytes = HEAD_BYTES; ; bytes *= 16) {
    const { text, whole, plain } = readHead(path, format, bytes);
    const carriage = text.includes('\r');
    let number = 0;
    let breaks = 0;
    for (const { line, end } of lines(text, whole)) {
      number++;
      breaks += end.length;
      if (line.trim() === '' || (format.comment !== '' && line.startsWith(format.comment))) continue;
      // A character that stands for bad bytes does not come back as them.
      if (line.includes('\ufffd') && format.encoding === 'utf-8' && !plain.includes(line)) throw badEncoding(path, number, format);
      return { line, skip: carriage ? breaks : number, carriage };
    }
    if (whole) return null;
  }
}

/** Number of the first line of these files that is `line`: for messages. */
export function findLine(paths: readonly string[], line: string, format: Encoded): { path: string; line: number } | null {
  for (const path of paths) {
    const at = readText(path, format)
      .split(/\r\n|\n|\r/)
      .indexOf(line);
    if (at >= 0) return { path, line: at + 1 };
  }
  return null;
}
