import { copyFileSync, readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Consumer } from './consumer.ts';

const folder = fileURLToPath(new URL('programs', import.meta.url));
const programs = readdirSync(folder).filter((name) => name.endsWith('.ts'));

describe('a program of a user', () => {
  const consumer = new Consumer();
  let compiled: { code: number; stdout: string };

  beforeAll(async () => {
    for (const name of programs) copyFileSync(`${folder}/${name}`, consumer.path(name));
    copyFileSync(fileURLToPath(new URL('../../examples/data/telco-churn.csv', import.meta.url)), consumer.path('telco-churn.csv'));
    compiled = await consumer.compile(programs);
  });
  afterAll(() => consumer[Symbol.dispose]());

  it('compiles under the strictest settings, and misspelt params, wrong types and unknown options do not', () => {
    expect(compiled).toMatchObject({ code: 0, stdout: '' });
  });

  it.each(programs)('runs: %s', async (name) => {
    const said = await consumer.node([`built/${name.replace(/ts$/, 'js')}`]);
    expect(said.code, said.stderr).toBe(0);
    expect(said.stdout).toMatch(/^ok$/m);
  });
});
