import { MlError, show } from '../error.ts';
import { unpackText } from './codecs.ts';
import { formatError, type ModelFiles } from './files.ts';

const MAX_METADATA_BYTES = 1 << 24;
const MAX_METADATA_PARTS = 1000;
const MAX_FILES = 10_000;
const MAX_DEPTH = 16;

export const join = (...names: string[]): string => names.filter((name) => name !== '').join('/');

/** Names that Spark passes over are passed over, and checksums whose names lost their dot. */
const isVisible = (name: string): boolean => !name.startsWith('_') && !name.startsWith('.') && !name.endsWith('.crc');

/** The line of `metadata/` that describes a stage, and its file; empty parts may stand beside it. */
export async function readMetadataLine(files: ModelFiles, folder: string): Promise<{ file: string; line: string }> {
  const parent = join(folder, 'metadata');
  const names = await files.list(parent);
  if (!names) throw formatError(files.root, folder, 'it is no saved stage: it has no folder metadata');
  const found: { file: string; line: string }[] = [];
  const parts = names.filter(isVisible);
  for (const name of parts.slice(0, MAX_METADATA_PARTS)) {
    const file = join(parent, name);
    const packed = await files.read(file, MAX_METADATA_BYTES);
    const line = await within(files, file, async () => firstLine(await unpackText(name, packed, MAX_METADATA_BYTES)));
    if (line !== '' || parts.length === 1) found.push({ file, line });
  }
  if (found.length !== 1) throw formatError(files.root, parent, `it must hold one part file, holds ${parts.length}`);
  return found[0];
}

/** The files of a table in the order of their names, those in folders within it too. */
export async function dataFiles(files: ModelFiles, top: string): Promise<string[]> {
  const found: string[] = [];
  let seen = 0;
  const visit = async (folder: string, depth: number): Promise<void> => {
    for (const name of (await files.list(folder))?.filter(isVisible) ?? []) {
      if (++seen > MAX_FILES || depth > MAX_DEPTH) {
        throw formatError(files.root, top, `it must hold at most ${MAX_FILES} files, in folders nested no deeper than ${MAX_DEPTH} levels`);
      }
      const entry = join(folder, name);
      if (await files.isFolder(entry)) await visit(entry, depth + 1);
      else found.push(entry);
    }
  };
  await visit(top, 0);
  return found;
}

/** Codes that stay what they are; any other mistake in a file is MODEL_FORMAT. */
const KEPT: ReadonlySet<string> = new Set(['UNSUPPORTED_VERSION', 'NOT_SUPPORTED', 'IO_FAILED', 'MEMORY_LIMIT']);

/** Runs `work`; what it throws becomes an error that names `file`. */
export async function within<T>(files: ModelFiles, file: string, work: () => T | Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof MlError && error.details.path !== undefined) throw error;
    const { message } = error as Error;
    const code = error instanceof MlError && KEPT.has(error.code) ? error.code : 'MODEL_FORMAT';
    const path = file === '' ? files.root : `${files.root}/${file}`;
    throw new MlError(code, `load: ${show(path)}: ${message}`, { path }, { cause: error });
  }
}

const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

function firstLine(bytes: Uint8Array): string {
  const end = bytes.indexOf(10);
  try {
    return decoder.decode(end < 0 ? bytes : bytes.subarray(0, end));
  } catch {
    throw new Error('it must be UTF-8 text');
  }
}
