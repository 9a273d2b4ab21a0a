import { spawn } from 'node:child_process';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { Binarizer } from '#dist/feature/index.js';
import { load } from '#dist/persistence/load.js';
import { type FileSystem, nodeFileSystem, replaceFolder } from '#dist/persistence/replace-folder.js';
import { PipelineModel } from '#dist/pipeline/index.js';
import { folders, saved } from './files.ts';

const fresh = folders();

const model = (version: number) =>
  new PipelineModel({}, { stages: [0, 1].map((i) => new Binarizer({ inputCol: 'a', threshold: version }, `binarizer_${i}`)) as never }, 'model');
const FILES = new Map([1, 2].map((version) => [version, saved(model(version))]));
/** The version at a path: all of its parts must be of one. */
async function versionAt(path: string): Promise<number | undefined> {
  const stage = (await load(path).catch((error) => {
    expect(error).toMatchObject({ code: 'NOT_FOUND' });
  })) as unknown as PipelineModel | undefined;
  const versions = new Set(stage?.stages.map((part) => (part.params as { threshold?: number }).threshold));
  expect(versions.size).toBe(stage ? 1 : 0);
  return [...versions][0];
}

/** A file system whose calls run `before` first, with a number and a name. */
function counted(before: (call: number, name: string) => void): FileSystem {
  const fs = nodeFileSystem();
  let calls = 0;
  const wrapped = Object.entries(fs).map(([name, call]) => [
    name,
    async (...args: never[]) => {
      before(++calls, name);
      return (call as (...args: never[]) => Promise<unknown>)(...args);
    },
  ]);
  return Object.fromEntries(wrapped);
}

const write = (path: string, version: number, overwrite: boolean, fs = nodeFileSystem(), signal?: AbortSignal) =>
  replaceFolder(fs, path, FILES.get(version)!, { overwrite, signal });

/** Saves with a failure at call 1, 2, 3 … until one goes through; `check` looks at what each left. */
async function failAtEach(make: () => Promise<string>, overwrite: boolean, failure: string, check: (path: string, call: number) => Promise<void>) {
  for (let failing = 1; ; failing++) {
    const path = await make();
    let failed = false;
    const fs = counted((call) => {
      if (call < failing || (failure === 'EIO' && call > failing)) return;
      failed = true;
      throw Object.assign(new Error(`${failure}: made to fail`), { code: failure });
    });
    const outcome = await write(path, 2, overwrite, fs).then(
      () => 'saved',
      (error) => error,
    );
    if (outcome !== 'saved') expect(outcome, `call ${failing}`).toMatchObject({ code: 'IO_FAILED', details: { path, errno: failure } });
    await check(path, failing);
    if (!failed) return failing;
  }
}

describe('a save whose file system fails at any call', () => {
  const existing = async () => {
    const path = join(fresh(), 'model');
    await write(path, 1, false);
    return path;
  };

  it.each(['EIO', 'ENOSPC'])('leaves the old version or the new one loadable, once or from then on: %s', async (failure) => {
    const calls = await failAtEach(existing, true, failure, async (path, call) => {
      expect([1, 2], `call ${call}`).toContain(await versionAt(path));
      await write(path, 1, true);
      expect(await versionAt(path)).toBe(1);
    });
    expect(calls).toBeGreaterThan(20);
  });

  it('of a new path leaves nothing or all of it, and the next save goes through', async () => {
    await failAtEach(
      async () => join(fresh(), 'new', 'model'),
      false,
      'EIO',
      async (path, call) => {
        const version = await versionAt(path);
        expect([undefined, 2], `call ${call}`).toContain(version);
        if (version === undefined) await write(path, 1, false);
        expect([1, 2]).toContain(await versionAt(path));
      },
    );
  });

  it('leaves nothing else behind when the failure passes', async () => {
    await failAtEach(existing, true, 'EIO', async (path) => {
      await write(path, 1, true);
      const left = readdirSync(join(path, '..')).filter((name) => name !== 'model');
      expect(left.filter((name) => !name.startsWith('.model.'))).toEqual([]);
    });
  });
});

describe('a save that is aborted', () => {
  it('at any call leaves the old version or the new one, and no temporary folder', async () => {
    for (let at = 1; ; at++) {
      const path = join(fresh(), 'model');
      await write(path, 1, false);
      const controller = new AbortController();
      let calls = 0;
      const fs = counted((call) => {
        calls = call;
        if (call === at) controller.abort(new Error('enough'));
      });
      const error = await write(path, 2, true, fs, controller.signal).then(
        () => null,
        (reason) => reason,
      );
      if (error) expect(error).toMatchObject({ code: 'ABORTED', name: 'AbortError' });
      expect(await versionAt(path)).toBe(error ? 1 : 2);
      expect(readdirSync(join(path, '..'))).toEqual(['model']);
      if (at > calls) break;
    }
  });
});

const DIST = new URL('../../dist/', import.meta.url).href;

/** A process that saves versions 1 and 2 in turns while a condition holds, and tells each as it begins. */
function spawnSaver(path: string, goesOn = 'true') {
  const source = `
  const { Binarizer } = await import(new URL('feature/index.js', ${JSON.stringify(DIST)}));
  const { PipelineModel } = await import(new URL('pipeline/index.js', ${JSON.stringify(DIST)}));
  for (let i = 0; ${goesOn}; i++) {
    const stages = [0, 1].map((s) => new Binarizer({ inputCol: 'a', threshold: 1 + (i % 2) }, 'binarizer_' + s));
    console.log('saving');
    await new PipelineModel({}, { stages }, 'model').save(${JSON.stringify(path)}, { overwrite: true });
  }`;
  return spawn(process.execPath, ['--input-type=module', '-e', source], { stdio: ['ignore', 'pipe', 'inherit'] });
}

/** Once so many saves of a process have begun. */
function savesBegun({ stdout }: ReturnType<typeof spawnSaver>, count: number): Promise<void> {
  let begun = 0;
  return new Promise((resolve) => {
    stdout.on('data', (text) => {
      begun += String(text).split('saving').length - 1;
      if (begun >= count) resolve();
    });
  });
}

describe('a process that is killed while it saves', () => {
  it('leaves a version that can be loaded and replaced', async () => {
    const path = join(fresh(), 'model');
    for (let round = 0; round < 6; round++) {
      const child = spawnSaver(path);
      const ended = new Promise((resolve) => child.once('exit', resolve));
      await savesBegun(child, 4 + round);
      await new Promise((resolve) => setTimeout(resolve, (round * 7) % 5));
      child.kill('SIGKILL');
      await ended;
      expect([1, 2], `round ${round}`).toContain(await versionAt(path));
    }
    await model(2).save(path, { overwrite: true });
    expect(await versionAt(path)).toBe(2);
  });
});

it.each(['SIGINT', 'SIGTERM'] as const)('a process that %s ends while it saves leaves nothing half-written', async (signal) => {
  for (const overwrite of [true, false]) {
    const path = join(fresh(), 'model');
    if (overwrite) await write(path, 1, false);
    // At the second file the process says so, and waits.
    const source = `
      const { nodeFileSystem, replaceFolder } = await import(new URL('persistence/replace-folder.js', ${JSON.stringify(DIST)}));
      const fs = nodeFileSystem();
      const files = new Map(['a', 'b'].map((name) => [name, new Uint8Array(9)]));
      const write = (file, bytes) => file.endsWith('b') ? new Promise((resolve) => { console.log('waiting'); setTimeout(resolve, 60_000); }) : fs.write(file, bytes);
      await replaceFolder({ ...fs, write }, ${JSON.stringify(path)}, files, { overwrite: ${overwrite} });`;
    const child = spawn(process.execPath, ['--input-type=module', '-e', source], { stdio: ['ignore', 'pipe', 'inherit'] });
    const ended = new Promise((resolve) => child.once('exit', (_, by) => resolve(by)));
    await new Promise((resolve) => child.stdout.once('data', resolve));
    expect(readdirSync(join(path, '..')).filter((name) => name.startsWith('.model.saving-'))).toHaveLength(1);
    child.kill(signal);
    expect(await ended).toBe(signal);
    expect(readdirSync(join(path, '..'))).toEqual(overwrite ? ['model'] : []);
    if (overwrite) expect(await versionAt(path)).toBe(1);
  }
});

it('a save goes on where the program has a listener of its own for the signal', async () => {
  const path = join(fresh(), 'model');
  const source = `
    const { nodeFileSystem, replaceFolder } = await import(new URL('persistence/replace-folder.js', ${JSON.stringify(DIST)}));
    const fs = nodeFileSystem();
    const told = new Promise((resolve) => process.once('SIGTERM', resolve));
    const write = async (file, bytes) => { console.log('waiting'); await told; await fs.write(file, bytes); };
    const alive = setInterval(() => {}, 1000);
    await replaceFolder({ ...fs, write }, ${JSON.stringify(path)}, new Map([['a', new Uint8Array(9)]]), { overwrite: false });
    clearInterval(alive);`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', source], { stdio: ['ignore', 'pipe', 'inherit'] });
  const ended = new Promise((resolve) => child.once('exit', resolve));
  await new Promise((resolve) => child.stdout.once('data', resolve));
  child.kill('SIGTERM');
  expect(await ended).toBe(0);
  expect(readdirSync(path)).toEqual(['a']);
});

describe('two savers of one path', () => {
  it('without overwrite: one wins, the others are told that the path is taken', async () => {
    for (let round = 0; round < 10; round++) {
      const path = join(fresh(), 'model');
      const outcomes = await Promise.allSettled([1, 2, 1, 2].map((version) => model(version).save(path)));
      expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
      for (const outcome of outcomes) if (outcome.status === 'rejected') expect(outcome.reason.code).toBe('ALREADY_EXISTS');
      expect([1, 2]).toContain(await versionAt(path));
      expect(readdirSync(join(path, '..'))).toEqual(['model']);
    }
  });

  it('with overwrite, in two processes, with a reader: one version is there at any moment, whole', async () => {
    const path = join(fresh(), 'model');
    await model(1).save(path);
    const enough = join(fresh(), 'enough');
    const children = [1, 2].map(() => spawnSaver(path, `!(await import('node:fs')).existsSync(${JSON.stringify(enough)})`));
    const ended = Promise.all(children.map((child) => new Promise((resolve) => child.once('exit', resolve))));
    await Promise.all(children.map((child) => savesBegun(child, 2)));
    for (let reads = 0; reads < 100; reads++) expect([1, 2]).toContain(await versionAt(path));
    writeFileSync(enough, '');
    expect(await ended).toEqual([0, 0]);
    expect(readdirSync(join(path, '..'))).toEqual(['model']);
    expect(readFileSync(join(path, 'metadata/part-00000.txt'), 'utf8')).toContain('"uid":"model"');
  });
});
