import { execFile } from 'node:child_process';
import { mkdirSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join, parse } from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { foreignEntry, isSideFile } from '#dist/engine/replaceable.js';
import { VectorAssembler } from '#dist/feature/index.js';
import { Session } from '#dist/index.js';
import { load } from '#dist/persistence/load.js';
import { folders } from './files.ts';

const DIST = new URL('../../dist/', import.meta.url).href;
const fresh = folders();

const stage = new VectorAssembler({ inputCols: ['a', 'b'] }, 'assembler');
const saveTo = (path: unknown, options: Record<string, unknown> = { overwrite: true }) =>
  stage.save(path as string, options).then(
    () => 'saved',
    (error) => `${error.code} ${error.message}`,
  );

/** Saves to each path in a process that runs in `cwd`; what came of each. */
async function saveFrom(cwd: string, paths: readonly string[], env: Record<string, string> = {}): Promise<string[]> {
  return outcomesFrom(
    cwd,
    paths,
    `const { VectorAssembler } = await import(dist('feature/index.js'));
    const stage = new VectorAssembler({ inputCols: ['a', 'b'] });
    const save = (path) => stage.save(path, { overwrite: true });`,
    env,
  );
}

/** What came of `save` (which `setup` makes) with each path, in a process that runs in `cwd`. */
async function outcomesFrom(cwd: string, paths: readonly string[], setup: string, env: Record<string, string> = {}): Promise<string[]> {
  const script = `
    const dist = (file) => new URL(file, ${JSON.stringify(DIST)}).href;
    ${setup}
    const outcomes = [];
    for (const path of ${JSON.stringify(paths)}) {
      outcomes.push(await save(path).then(() => 'saved', (error) => error.code + ' ' + error.message));
    }
    console.log(JSON.stringify(outcomes));
    await globalThis.session?.close();`;
  const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', script], { cwd, env: { ...process.env, ...env } });
  return JSON.parse(stdout);
}

const METADATA = '{"class":"org.example.Unknown","uid":"x"}';

/** Writes files below a new folder, and a link to the folder around it. */
function put(path: string, files: Record<string, string>, link?: string): void {
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(path, name)), { recursive: true });
    writeFileSync(join(path, name), text);
  }
  if (link) symlinkSync(dirname(path), join(path, link));
}

/** A project folder with a file of its own, two folders down. */
function project(): { top: string; cwd: string } {
  const top = fresh();
  const cwd = join(top, 'project');
  mkdirSync(join(cwd, 'src'), { recursive: true });
  writeFileSync(join(cwd, 'src/index.ts'), 'precious');
  return { top, cwd };
}

describe('save with overwrite', () => {
  it('spares the current directory and all above it, even where a stage is saved in it or it is empty', async () => {
    const { top, cwd } = project();
    const outcomes = await saveFrom(cwd, ['.', '..', `${cwd}/src/..`, '../../..', parse(cwd).root, './', top]);
    for (const outcome of outcomes)
      expect(outcome).toMatch(/^ALREADY_EXISTS save: ".*" must be free, .* but is (the current directory|a folder above)/);
    expect(readdirSync(cwd)).toEqual(['src']);
    const saved = fresh();
    await stage.save(join(saved, 'model'));
    expect(await saveFrom(join(saved, 'model'), ['.'])).toEqual([expect.stringMatching(/the current directory/)]);
    expect(await saveFrom(join(saved, 'model', 'metadata'), ['..'])).toEqual([expect.stringMatching(/above the current directory/)]);
    const empty = fresh();
    expect(await saveFrom(empty, ['.'])).toEqual([expect.stringMatching(/the current directory/)]);
    await load(join(saved, 'model'));
  });

  it('spares the home folder and that of temporary files', async () => {
    const [cwd, home, temporary] = [fresh(), fresh(), fresh()];
    expect(await saveFrom(cwd, [home, temporary], { HOME: home, USERPROFILE: home, TMPDIR: temporary, TEMP: temporary })).toEqual([
      expect.stringMatching(/the home folder/),
      expect.stringMatching(/the folder of temporary files/),
    ]);
  });

  const others: [string, (path: string) => void, RegExp][] = [
    ['a file', (path) => writeFileSync(path, 'x'), /but is a file/],
    ['a folder of other things', (path) => put(path, { 'notes.txt': 'x' }), /a folder with "notes\.txt" in it/],
    ['a project with a folder metadata', (path) => put(path, { 'metadata/part-00000': METADATA, '.git/HEAD': 'x' }), /with "\.git"/],
    ['a data set', (path) => put(path, { 'part-00000.csv': 'x' }), /without the metadata of a saved stage/],
    ['metadata that is no JSON', (path) => put(path, { 'metadata/part-00000': 'x' }), /without the metadata/],
    ['a folder with a link in it', (path) => put(path, { 'metadata/part-00000': METADATA }, 'part-0'), /with "part-0" in it/],
    ['a link that leads nowhere', (path) => symlinkSync(join(dirname(path), 'nowhere'), path), /a link that leads nowhere/],
  ];
  it.each(others)('spares %s', async (_, make, reason) => {
    const path = join(fresh(), 'target');
    make(path);
    expect(await saveTo(path)).toMatch(/^ALREADY_EXISTS /);
    expect(await saveTo(path)).toMatch(reason);
    expect(await saveTo(path, {})).toMatch(reason);
    expect(readdirSync(join(path, '..'))).toEqual(['target']);
  });

  it('spares a saved stage to which somebody added a file', async () => {
    const path = join(fresh(), 'model');
    await stage.save(path);
    writeFileSync(join(path, 'metadata', 'README.md'), 'x');
    expect(await saveTo(path)).toMatch(/a folder with "metadata.README\.md" in it/);
  });

  it('replaces a saved stage of any class, one that Spark wrote, a link to one, and an empty folder', async () => {
    const path = join(fresh(), 'model');
    mkdirSync(path);
    expect(await saveTo(path)).toBe('saved');
    writeFileSync(join(path, 'metadata/.part-00000.crc'), 'x');
    writeFileSync(join(path, '_SUCCESS'), '');
    writeFileSync(join(path, 'metadata/part-00000.txt'), '{"class":"org.example.Unknown","uid":"x"}');
    expect(await saveTo(path)).toBe('saved');
    symlinkSync(path, `${path}-link`);
    expect(await saveTo(`${path}-link`)).toBe('saved');
    for (const saved of [path, `${path}-link`, pathToFileURL(path)]) expect((await load(saved)).uid).toBe('assembler');
  });

  it('is the only way to replace one', async () => {
    const path = join(fresh(), 'model');
    expect(await saveTo(path, {})).toBe('saved');
    expect(await saveTo(path, {})).toMatch(/^ALREADY_EXISTS .*pass \{ overwrite: true \}/);
    expect(await saveTo(path, { overwrite: false })).toMatch(/^ALREADY_EXISTS/);
  });
});

describe('save', () => {
  it('refuses what is no path', async () => {
    for (const path of ['', null, undefined, 5, {}, 'a\0b', 'file:///a%2Fb']) expect(await saveTo(path)).toMatch(/^PARAM_INVALID save: path must be/);
    expect(await saveTo('s3://bucket/model')).toMatch(/^NOT_SUPPORTED save: path must be on this machine/);
  });

  it('refuses options that it does not have, and wrong values', async () => {
    const path = join(fresh(), 'model');
    expect(await saveTo(path, { overwritten: true })).toMatch(/^PARAM_UNKNOWN save: unknown option overwritten; did you mean overwrite\?/);
    expect(await saveTo(path, { mode: 'overwrite' })).toMatch(/^PARAM_UNKNOWN .*it has overwrite, persistSubModels, signal/);
    expect(await saveTo(path, JSON.parse('{"__proto__": true}'))).toMatch(/^PARAM_UNKNOWN/);
    expect(await saveTo(path, { overwrite: 'yes' })).toMatch(/^PARAM_INVALID save: option overwrite must be true or false, got "yes"/);
    expect(await saveTo(path, { signal: {} })).toMatch(/^PARAM_INVALID/);
    expect(await saveTo(path, null as never)).toMatch(/^PARAM_INVALID save: options must be an object/);
    expect(readdirSync(join(path, '..'))).toEqual([]);
  });

  it('does nothing when its signal is aborted already', async () => {
    const path = join(fresh(), 'new', 'model');
    expect(await saveTo(path, { signal: AbortSignal.abort() })).toMatch(/^ABORTED/);
    expect(readdirSync(join(path, '../..'))).toEqual([]);
  });

  it.runIf(process.platform === 'linux')(
    'fails at once where the system makes no folders',
    async () => {
      for (const path of ['/proc/model', '/proc/a/b/model']) expect(await saveTo(path)).toMatch(/^IO_FAILED save: .*ENOENT/);
    },
    2_000,
  );
});

it('looks for foreign entries at every depth', () => {
  const folder = fresh();
  mkdirSync(join(folder, 'k=1/l=2'), { recursive: true });
  const own = { file: isSideFile, folder: (name: string) => name.includes('=') };
  const modules = { fs: { readdirSync }, path: { join } } as never;
  for (const name of ['_SUCCESS', '.part-0.crc']) writeFileSync(join(folder, 'k=1/l=2', name), '');
  expect(foreignEntry(modules, folder, own)).toBeNull();
  writeFileSync(join(folder, 'k=1/l=2/.env'), '');
  expect(foreignEntry(modules, folder, own)).toMatch(/\.env/);
});

describe('write with mode overwrite', () => {
  let session: Session;
  beforeAll(async () => {
    session = await Session.local({ workers: 1 });
  });
  afterAll(() => session.close());
  const writeTo = (path: string) =>
    session
      .range(3)
      .write.parquet(path, { mode: 'overwrite' })
      .then(
        () => 'written',
        (error) => `${error.code} ${error.message}`,
      );

  it('spares the current directory and all above it', async () => {
    const { top, cwd } = project();
    const setup = `const { Session } = await import(dist('index.js'));
      globalThis.session = await Session.local({ workers: 1 });
      const save = (path) => session.range(3).write.csv(path, { mode: 'overwrite' });`;
    const outcomes = await outcomesFrom(cwd, ['.', '..', '../../..', parse(cwd).root, top], setup);
    for (const outcome of outcomes)
      expect(outcome).toMatch(/^ALREADY_EXISTS write\.csv: ".*" must be free, .* but is (the current directory|a folder above)/);
    expect(readdirSync(cwd)).toEqual(['src']);
    expect(readdirSync(top)).toEqual(['project']);
  });

  const others: [string, (path: string) => void, RegExp][] = [
    ['a file', (path) => writeFileSync(path, 'x'), /but is a file/],
    ['a folder of other things', (path) => put(path, { 'notes.txt': 'x' }), /with "notes\.txt" in it/],
    ['a folder of hidden files', (path) => put(path, { '.env': 'x' }), /with "\.env" in it/],
    ['a data set with a note in a partition', (path) => put(path, { _SUCCESS: '', 'k=1/part-0.csv': '', 'k=1/note': '' }), /with "k=1.note" in it/],
    ['files of other writers', (path) => put(path, { 'sales.csv': 'x' }), /with "sales\.csv" in it/],
    ['a saved stage', (path) => put(path, { 'metadata/part-00000': METADATA }), /with "metadata" in it/],
  ];
  it.each(others)('spares %s', async (_, make, reason) => {
    const path = join(fresh(), 'target');
    make(path);
    expect(await writeTo(path)).toMatch(/^ALREADY_EXISTS write\.parquet: /);
    expect(await writeTo(path)).toMatch(reason);
    expect(readdirSync(dirname(path))).toEqual(['target']);
  });

  it('replaces a data set, partitioned or not, and an empty folder', async () => {
    const path = join(fresh(), 'target');
    mkdirSync(path);
    for (const partitionBy of [undefined, 'id', undefined]) {
      if (partitionBy) await session.range(3).selectExpr('id', 'id * 2 AS x').write.parquet(path, { mode: 'overwrite', partitionBy });
      else expect(await writeTo(path)).toBe('written');
      expect(await session.read.parquet(path).count()).toBe(3);
    }
    expect(readdirSync(dirname(path))).toEqual(['target']);
  });
});
