import { execFileSync } from 'node:child_process';
import { pathToFileURL } from 'node:url';
import { expect, it } from 'vitest';

/** Writes down every module that the program loads. */
const HOOKS = `data:text/javascript,${encodeURIComponent(`
  import { appendFileSync } from 'node:fs';
  export async function resolve(specifier, context, next) {
    const found = await next(specifier, context);
    appendFileSync(1, found.url + '\\n');
    return found;
  }`)}`;

const dist = (file: string) => pathToFileURL(`${import.meta.dirname}/../../../dist/${file}`).href;

function loaded(program: string): string[] {
  const register = `data:text/javascript,${encodeURIComponent(`import { register } from 'node:module'; register(${JSON.stringify(HOOKS)});`)}`;
  return execFileSync(process.execPath, ['--import', register, '--input-type=module', '-e', program], { encoding: 'utf8' }).split('\n');
}

const cluster = (modules: string[]) => modules.filter((m) => /engine\/spark\/|@connectrpc|@bufbuild/.test(m));

it('a local session and the row scorer load nothing of the cluster engine', () => {
  const modules = loaded(`
    const { Session } = await import(${JSON.stringify(dist('index.js'))});
    await import(${JSON.stringify(dist('load-scorer.js'))});
    const session = await Session.local({ workers: 1 });
    await session.range(3).collect();
    await session.close();`);
  expect(modules.some((m) => m.includes('duckdb'))).toBe(true);
  expect(cluster(modules)).toEqual([]);
});

it('Session.connect loads it', () => {
  const modules = loaded(`
    const { Session } = await import(${JSON.stringify(dist('index.js'))});
    await Session.connect('sc://127.0.0.1:1').catch(() => {});`);
  expect(cluster(modules).length).toBeGreaterThan(10);
});
