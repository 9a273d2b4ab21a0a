import { MlError } from '../error.ts';
import type { Frame } from './frame.ts';
import type { SchemaLiteral } from './schema.ts';

/** What can make a frame of rows; a session. */
export interface FrameMaker {
  createFrame(rows: readonly Record<string, unknown>[], schema: SchemaLiteral): Frame;
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
