import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { MlError, show, systemReason } from '../error.ts';
import { keepAtEnd, removeAtEnd } from './process-end.ts';

const HOST = createHash('sha256').update(hostname()).digest('hex').slice(0, 8);
/** What names of temporary folders say of who made them: the machine (containers share disks, not process ids) and the process. */
export const OWN_PROCESS = `${HOST}-${process.pid}`;
export const PROCESS = '[0-9a-f]{8}-[0-9]+';
const FOLDER = new RegExp(`^millstream-(${PROCESS})-[A-Za-z0-9]{6}$`);

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
    removeAtEnd(this.path);
  }

  remove(): void {
    keepAtEnd(this.path);
    rmSync(this.path, { recursive: true, force: true });
  }
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
