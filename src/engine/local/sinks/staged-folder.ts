import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import type { Sink } from '../../../frame/executor.ts';
import { keepAtEnd, removeAtEnd } from '../../process-end.ts';
import { OWN_PROCESS, PROCESS, processIsGone } from '../../temp-files.ts';

/** `.millstream-<kind>-<process>-<8 hex digits>-<name of the target>` */
const NAME = new RegExp(`^\\.millstream-(writing|replaced)-(${PROCESS})-[0-9a-f]{8}-(.*)$`, 's');

/**
 * A folder that is written beside its target and takes its place at the end, by a rename. What it replaces is set aside by a rename first and removed
 * last: where a process ended between the two, the old version is read where it is ({@link setAside}) and put back by the next write.
 */
export class StagedFolder {
  readonly path: string;
  readonly #target: string;
  readonly #aside: string;

  constructor(target: string) {
    const beside = (kind: string, id: string) => join(dirname(target), `.millstream-${kind}-${OWN_PROCESS}-${id}-${basename(target)}`);
    const id = randomBytes(4).toString('hex');
    this.path = beside('writing', id);
    this.#aside = beside('replaced', id);
    this.#target = target;
  }

  /** Makes the folder, and those above it. */
  make(): void {
    makeParents(dirname(this.#target));
    removeStale(dirname(this.#target));
    removeAtEnd(this.path);
    mkdirSync(this.path);
  }

  /** Puts what was written at the target. */
  publish(mode: Sink['mode']): void {
    if (mode === 'append' && existsSync(this.#target)) {
      moveFiles(this.path, this.#target);
      writeFileSync(join(this.#target, '_SUCCESS'), '');
      return;
    }
    writeFileSync(join(this.path, '_SUCCESS'), '');
    if (!existsSync(this.#target)) {
      renameSync(this.path, this.#target);
      return;
    }
    renameSync(this.#target, this.#aside);
    try {
      renameSync(this.path, this.#target);
    } catch (error) {
      renameSync(this.#aside, this.#target);
      throw error;
    }
    rmSync(this.#aside, { recursive: true, force: true });
  }

  /** Removes what was not published. */
  remove(): void {
    keepAtEnd(this.path);
    if (existsSync(this.path)) rmSync(this.path, { recursive: true, force: true });
  }
}

/** The folder that an overwrite of the missing `target` has set aside and not replaced; undefined when there is none. */
export function setAside(target: string): string | undefined {
  const found = leftovers(dirname(target)).filter(({ kind, name }) => kind === 'replaced' && name === basename(target));
  const changed = (path: string) => statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0;
  return found.map(({ path }) => path).sort((a, b) => changed(b) - changed(a))[0];
}

/** Puts back what an overwrite whose process has ended took from the missing `target`. */
export function restore(target: string): void {
  const aside = existsSync(target) ? undefined : setAside(target);
  if (aside !== undefined && processIsGone(NAME.exec(basename(aside))?.[2] as string)) renameSync(aside, target);
}

/** Removes what processes that are no more have left in `folder`, but for the only version of something. */
function removeStale(folder: string): void {
  for (const { path, kind, owner, name } of leftovers(folder)) {
    if (!processIsGone(owner) || (kind === 'replaced' && !existsSync(join(folder, name)))) continue;
    try {
      rmSync(path, { recursive: true, force: true });
    } catch {
      // another user's folder
    }
  }
}

function leftovers(folder: string): { path: string; kind: string; owner: string; name: string }[] {
  return entries(folder).flatMap((entry) => {
    const [, kind, owner, name] = NAME.exec(entry) ?? [];
    return kind ? [{ path: join(folder, entry), kind, owner: owner, name: name }] : [];
  });
}

function entries(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return []; // no folder, or one that may not be read: who wants to read or write in it is told why
  }
}

/** Step by step: Node's own recursive mkdir tries for ever where the system says that a folder does not exist and may not be made. */
function makeParents(folder: string): void {
  if (existsSync(folder)) return;
  makeParents(dirname(folder));
  try {
    mkdirSync(folder);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  }
}

/** Names are unique, so nothing is replaced. */
function moveFiles(from: string, to: string): void {
  for (const entry of readdirSync(from, { withFileTypes: true })) {
    const target = join(to, entry.name);
    if (entry.isDirectory()) {
      mkdirSync(target, { recursive: true });
      moveFiles(join(from, entry.name), target);
    } else renameSync(join(from, entry.name), target);
  }
}
