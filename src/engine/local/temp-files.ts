import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isMainThread } from 'node:worker_threads';

const PREFIX = 'millstream-';
const live = new Set<TempFolder>();
let listening = false;

/** A folder for what a session spills, named with the process's id; removed on close, at exit and on Ctrl-C. */
export class TempFolder {
  readonly path: string;

  constructor(parent: string = tmpdir()) {
    mkdirSync(parent, { recursive: true });
    removeStale(parent, PREFIX);
    this.path = mkdtempSync(join(parent, `${PREFIX}${process.pid}-`));
    live.add(this);
    listen();
  }

  remove(): void {
    live.delete(this);
    rmSync(this.path, { recursive: true, force: true });
  }
}

/** Removes what processes left that are no more: entries named `<prefix><pid>-…`. */
export function removeStale(parent: string, prefix: string): void {
  for (const name of readdirSync(parent)) {
    const pid = name.startsWith(prefix) ? Number(name.slice(prefix.length).split('-')[0]) : Number.NaN;
    if (!Number.isInteger(pid) || pid <= 0 || pid === process.pid || isAlive(pid)) continue;
    try {
      rmSync(join(parent, name), { recursive: true, force: true });
    } catch {
      // another process's folder that we may not remove
    }
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== 'ESRCH';
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
    if (existsSync(folder.path)) rmSync(folder.path, { recursive: true, force: true });
  }
}
