import { isUtf8 } from 'node:buffer';
import { readFileSync, statSync } from 'node:fs';
import { MlError, type MlErrorCode, show } from '../../../error.ts';

const KINDS: readonly (readonly [RegExp, MlErrorCode])[] = [
  [/^IO Error: (No files found|Cannot open file .*No such file|.*does not exist)/, 'NOT_FOUND'],
  [/^(IO|HTTP) Error/, 'IO_FAILED'],
  [/^(Conversion|Out of Range|Constraint|Division by Zero) Error/, 'VALUE_INVALID'],
  [/^Invalid Input Error/, 'VALUE_INVALID'],
  [/^(Parser|Binder|Catalog|Not implemented|Syntax|Mismatch Type|Invalid type|Permission) Error/, 'SQL_FAILED'],
];

/** A DuckDB error as one of ours: its first sentence, without the query's text, internal names replaced by `names`. */
export function duckError(error: unknown, owner: string, names: ReadonlyMap<string, string> = new Map()): MlError {
  if (error instanceof MlError) return error;
  const raw = error instanceof Error ? error.message : String(error);
  const unicode = /^Invalid Input Error: CSV Error on Line: (\d+).*Invalid unicode.*\n\s*file = ([^\n]*)/s.exec(raw);
  if (unicode) return encodingError(owner, unicode[2], Number(unicode[1]), error);
  if (raw.includes('Failure in decode')) {
    return new MlError('VALUE_INVALID', `${owner}: bytes that become text must be UTF-8, one value is not`, {}, { cause: error });
  }
  if (raw.startsWith('Out of Memory Error')) return memoryError(owner, raw, error);
  if (/^[A-Za-z ]+Error: (max expression depth limit|memory exhausted)/i.test(raw)) {
    const message = `${owner}: a plan must not be more than some hundred steps deep; cache() a frame on the way, or join the parts of a long chain in pairs`;
    return new MlError('NOT_SUPPORTED', message, {}, { cause: error });
  }
  if (isDamaged(error)) {
    return new MlError(
      'VALUE_INVALID',
      `${owner}: a file must be whole and of its format, one is damaged: ${sentence(raw, names)}`,
      {},
      { cause: error },
    );
  }
  const unlike = /[Ss]chema mismatch in glob: column "(.*)" was read from the original file .* not be found in file "(.*)"/.exec(raw);
  if (unlike) return columnError(owner, unlike[1], unlike[2], error);
  const code = KINDS.find(([pattern]) => pattern.test(raw))?.[1] ?? 'SQL_FAILED';
  return new MlError(code, `${owner}: ${sentence(raw, names)}`, {}, { cause: error });
}

/** What DuckDB says of files that are none of their format, or whose bytes have changed. */
const DAMAGED =
  /no magic bytes|too small to be a Parquet|TProtocolException|don't know what type|(Snappy|ZSTD|GZIP|LZ4|brotli) .*(decompress|stream|block)|decompress (GZIP|ZSTD|LZ4)|dictionary offset out of range|out of buffer|payload value bigger|likely corrupted/i;

/** Whether DuckDB could not make sense of a file. */
export function isDamaged(error: unknown): boolean {
  return error instanceof Error && DAMAGED.test(error.message);
}

/** DuckDB spills what does not fit into memory, and fails where it cannot, or where there is no more room for it. */
function memoryError(owner: string, raw: string, cause: unknown): MlError {
  if (raw.includes('max_temp_directory_size')) {
    const remedy = 'free space there, set tempDirectory to a larger disk, or raise memoryLimit';
    return new MlError(
      'IO_FAILED',
      `${owner}: rows beyond memoryLimit must be written in the temporary folder, the disk is full; ${remedy}`,
      {},
      { cause },
    );
  }
  const [, limit] = /\/([\d.]+ \w+) used\)/.exec(raw) ?? [];
  const message = `${owner}: what a query cannot spill must fit into memoryLimit${limit ? `, that is ${limit}` : ''}; raise it, or keep fewer columns and rows`;
  return new MlError('MEMORY_LIMIT', message, {}, { cause });
}

/** A file without a column that the first one has. */
function columnError(owner: string, column: string, path: string, cause: unknown): MlError {
  const message = `${owner}: every file must have column ${show(column)}, ${show(path)} has none; set option mergeSchema to read it as null there`;
  return new MlError('VALUE_INVALID', message, { path, column }, { cause });
}

/** A file that holds bytes which are no UTF-8. */
function encodingError(owner: string, path: string, counted: number, cause: unknown): MlError {
  const line = badLine(path) ?? counted;
  const message = `${owner}: a file must be UTF-8, ${show(path)} is not at line ${line}; set option encoding where it is CSV, convert it where it is JSON`;
  return new MlError('VALUE_INVALID', message, { path, line }, { cause });
}

/** Files up to this size are read again to count lines: DuckDB takes CRLF for two line breaks where a file may hold lone CRs. */
const COUNTED_BYTES = 1 << 28;

function badLine(path: string): number | null {
  try {
    if (/\.gz$/i.test(path) || statSync(path).size > COUNTED_BYTES) return null;
    const bytes = readFileSync(path);
    for (let from = 0, line = 1; from < bytes.length; line++) {
      let to = from;
      while (to < bytes.length && bytes[to] !== 10 && bytes[to] !== 13) to++;
      if (!isUtf8(bytes.subarray(from, to))) return line;
      from = to + (bytes[to] === 13 && bytes[to + 1] === 10 ? 2 : 1);
    }
  } catch {
    // the file is gone: DuckDB's count will do
  }
  return null;
}

/** Spark's names of DuckDB's. */
const WHOLE_TYPES = new Map([
  ['INT8', 'byte'],
  ['INT16', 'short'],
  ['INT32', 'int'],
  ['INT64', 'long'],
]);

function sentence(raw: string, names: ReadonlyMap<string, string>): string {
  const [head = ''] = raw.split(/\n\s*\n|\nLINE \d+:|\nCandidate|\nPossible solutions|\nDid you mean/);
  return head
    .replace(/^[A-Za-z ]+Error: /, '')
    .replace(/\s*\n\s*/g, ' ')
    .replace(
      /^Type \w+ with value (\S+) can't be cast because the value is out of range for the destination type (\w+)( when .*)?$/,
      'a value must fit into $2, got $1',
    )
    .replace(/\bU?INT(8|16|32|64|128)\b/g, (type) => WHOLE_TYPES.get(type) ?? type)
    .replace(/"([^"]+)"/g, (quoted, name: string) => (names.has(name) ? JSON.stringify(names.get(name)) : quoted))
    .trim()
    .replace(/^[A-Z](?=[a-z])/, (c) => c.toLowerCase())
    .replace(/[.!]$/, '');
}
