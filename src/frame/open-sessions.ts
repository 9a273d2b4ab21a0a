import { MlError } from '../error.ts';
import type { Frame } from './frame.ts';
import type { SchemaLiteral } from './schema.ts';

/** Folders on a server, by paths with a scheme; files by their path below the folder. */
export interface ServerFolders {
  read(path: string, options: FolderOptions): Promise<Map<string, Uint8Array>>;
  /** Writes a saved stage; `overwrite` replaces one that is there, and nothing else. */
  write(path: string, files: ReadonlyMap<string, Uint8Array>, options: FolderOptions & { readonly overwrite: boolean }): Promise<void>;
}

export interface FolderOptions {
  /** Who asks, for messages. */
  readonly owner: string;
  readonly signal?: AbortSignal | undefined;
}

/** What can make a frame of rows; a session. */
interface FrameMaker {
  createFrame(rows: readonly Record<string, unknown>[], schema: SchemaLiteral): Frame;
  /** Those of the server that the session is connected to. */
  readonly folders?: ServerFolders | undefined;
}

/** The sessions that are open, in the order they were opened. */
const open = new Set<FrameMaker>();

export function sessionOpened(session: FrameMaker): void {
  open.add(session);
}

export function sessionClosed(session: FrameMaker): void {
  open.delete(session);
}

/** The session opened last of those still open: makes the frames that a model hands out, since a model holds no session. */
export function latestSession(owner: string): FrameMaker {
  const session = [...open].at(-1);
  if (session) return session;
  throw new MlError('SESSION_CLOSED', `${owner}: a session must be open to make a frame; open one with Session.local()`);
}

/**
 * The server's folders, where `path` has a scheme (`hdfs:`, `s3a:`, `file:`) and a session is connected, the latest if there are several; else null:
 * the path is this machine's.
 */
export function foldersOf(path: unknown): ServerFolders | null {
  if (typeof path !== 'string' || !/^[a-z][a-z\d+.-]+:\//i.test(path)) return null;
  return [...open].findLast(({ folders }) => folders)?.folders ?? null;
}
