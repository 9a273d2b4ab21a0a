import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync } from 'node:fs';
import { basename } from 'node:path';
import { expect, it } from 'vitest';
import { TempFolder } from '#dist/engine/temp-files.js';
import { folder } from './harness.ts';

const path = folder();
const MODULE = new URL('../../dist/engine/temp-files.js', import.meta.url).href;

it('a new folder removes what a killed process has left beside it, and nothing of those that run', async () => {
  const parent = path('beside');
  const ours = new TempFolder('Test: parent', parent);
  const script = `import(process.argv[1]).then(({ TempFolder }) => {
    console.log(new TempFolder('Test: parent', process.argv[2]).path);
    setInterval(() => {}, 1000);
  });`;
  const child = spawn(process.execPath, ['-e', script, MODULE, parent], { stdio: ['ignore', 'pipe', 'inherit'] });
  const [told] = await once(child.stdout, 'data');
  const left = String(told).trim();
  const another = new TempFolder('Test: parent', parent);
  expect(existsSync(left)).toBe(true);
  child.kill('SIGKILL');
  await once(child, 'exit');
  const last = new TempFolder('Test: parent', parent);
  const names = [ours, another, last].map((made) => basename(made.path));
  expect(readdirSync(parent).sort()).toEqual(names.sort());
  for (const made of [ours, another, last]) made.remove();
  expect(readdirSync(parent)).toEqual([]);
});
