import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { isMainThread } from 'node:worker_threads';
import { MlError, show, systemReason } from '../error.ts';

const HOST = createHash('sha256').update(hostname()).digest('hex').slice(0, 8);
/** What names of temporary folders say of who made them: the machine (containers share disks, not process ids) and the process. */
export const OWN_PROCESS = `${HOST}-${process.pid}`;
export const PROCESS = '[0-9a-f]{8}-[0-9]+';
const FOLDER = new RegExp(`^millstream-(${PROCESS})-[A-Za-z0-9]{6}$`);
/** Folders that must not outlive the process. */
const live = new Set<{ readonly path: string }>();
let listening = false;

/** A folder for what a session spills or sends, named with the process; removed on close, at exit and on Ctrl-C. */
export class TempFolder {
  readonly path: string;

  /** `what` names the parent in messages. */
  constructor(what: string, parent: string = tmpdir()) {
    try {
      mkdirSync(parent, { recursive: true });
      removeStale(parent);
      this.path = mkdtempSync(join(parent, `millstream-${OWN_PROCESS}-`));
    } catch (cause) {
      const message = `${what} must be a folder that can be written to, ${show(parent)} is not: ${systemReason(cause)}`;
      throw new MlError('IO_FAILED', message, { path: parent }, { cause });
    }
    removeAtEnd(this);
  }

  remove(): void {
    keepAtEnd(this);
    rmSync(this.path, { recursive: true, force: true });
  }
}

/** Has a folder removed at the end of the process and on Ctrl-C, unless {@link keepAtEnd} comes first. */
export function removeAtEnd(folder: { readonly path: string }): void {
  live.add(folder);
  listen();
}

export function keepAtEnd(folder: { readonly path: string }): void {
  live.delete(folder);
}

/** Whether a process of this machine, as {@link OWN_PROCESS} names it, is no more. */
export function processIsGone(owner: string): boolean {
  const [host, pid] = owner.split('-');
  if (host !== HOST) return false;
  try {
    process.kill(Number(pid), 0);
    return false;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ESRCH';
  }
}

/** Removes the folders of processes that are no more. */
function removeStale(parent: string): void {
  for (const name of readdirSync(parent)) {
    const [, owner] = FOLDER.exec(name) ?? [];
    if (owner === undefined || !processIsGone(owner)) continue;
    try {
      rmSync(join(parent, name), { recursive: true, force: true });
    } catch {
      // another user's folder
    }
  }
}

function listen(): void {
  if (listening) return;
  listening = true;
  process.on('exit', removeAll);
  if (!isMainThread) return;
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    const handler = () => {
      removeAll();
      process.off(signal, handler);
      // Without this listener the signal does again what it does by default, unless the program has a listener of its own.
      if (process.listenerCount(signal) === 0) process.kill(process.pid, signal);
      else process.on(signal, handler);
    };
    process.on(signal, handler);
  }
}

function removeAll(): void {
  for (const folder of live) {
    try {
      if (existsSync(folder.path)) rmSync(folder.path, { recursive: true, force: true, maxRetries: 3 });
    } catch {
      // a thread still writes there: whoever writes in that place next removes it
    }
  }
}
