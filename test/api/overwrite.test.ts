import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Session } from 'millstream';
import { VectorAssembler } from 'millstream/feature';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

describe('overwrite', () => {
  const folder = mkdtempSync(join(tmpdir(), 'millstream-overwrite-'));
  const precious = join(folder, 'precious');
  const home = process.cwd();
  const stage = new VectorAssembler({ inputCols: ['a'] });
  let session: Session;

  beforeAll(async () => {
    session = await Session.local({ workers: 1 });
    mkdirSync(precious);
    writeFileSync(join(precious, 'work.ts'), '');
    mkdirSync(join(folder, 'empty'));
    mkdirSync(join(folder, 'empty-too'));
  });
  afterAll(async () => {
    await session.close();
    process.chdir(home);
    rmSync(folder, { recursive: true, force: true });
  });

  const ways: [string, (path: string) => Promise<void>][] = [
    ['a saved stage', (path) => stage.save(path, { overwrite: true })],
    ['a written frame', (path) => session.range(3).write.parquet(path, { mode: 'overwrite' })],
  ];

  it.each(ways)('by %s spares folders of other things, files and the working directory', async (_, write) => {
    for (const path of [precious, join(precious, 'work.ts')]) {
      await expect(write(path)).rejects.toMatchObject({ code: 'ALREADY_EXISTS', details: { path } });
    }
    process.chdir(precious);
    for (const path of ['.', '..']) await expect(write(path)).rejects.toMatchObject({ code: 'ALREADY_EXISTS' });
    expect(readdirSync(folder).sort()).toEqual(expect.arrayContaining(['empty', 'empty-too', 'precious']));
    expect(readdirSync(precious)).toEqual(['work.ts']);
    process.chdir(home);
  });

  it.each(ways)('by %s replaces what it made, and an empty folder', async (what, write) => {
    const target = join(folder, what.replaceAll(' ', '-'));
    await write(target);
    await write(target);
    await write(join(folder, what === ways[0][0] ? 'empty' : 'empty-too'));
    process.chdir(target);
    await expect(write('.')).rejects.toMatchObject({ code: 'ALREADY_EXISTS' });
    process.chdir(home);
  });
});
