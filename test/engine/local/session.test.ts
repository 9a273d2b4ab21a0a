import { execFile } from 'node:child_process';
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { Session } from '#dist/engine/session.js';
import { col } from '#dist/frame/column.js';
import { folder, refuses, SILENT, session } from '../harness.ts';

const path = folder();
const open = session(1);
const LIBRARY = new URL('../../../dist/index.js', import.meta.url).href;
const FIT = new URL('../../../dist/classification/index.js', import.meta.url).href;

const local = () => Session.local({ workers: 1, logger: SILENT });

describe('after close', () => {
  it.each<[string, (s: Session) => unknown]>([
    ['read', (s) => s.read],
    ['createFrame', (s) => s.createFrame([{ x: 1 }])],
    ['range', (s) => s.range(3)],
    ['sql', (s) => s.sql('SELECT 1')],
  ])('%s answers with SESSION_CLOSED', async (_, use) => {
    const session = await local();
    await session.close();
    await refuses(() => use(session), 'SESSION_CLOSED');
  });

  it('frames made before answer with SESSION_CLOSED', async () => {
    const session = await local();
    const frame = session.range(3);
    expect(await frame.count()).toBe(3);
    await session.close();
    for (const action of [() => frame.count(), () => frame.collect(), () => frame.schema(), () => frame.write.parquet(path('no'))]) {
      await refuses(action, 'SESSION_CLOSED');
    }
  });

  it('a query that runs ends with SESSION_CLOSED, and closing twice is closing once', async () => {
    const session = await local();
    const running = session.range(1e12).selectExpr('sum(sin(id)) AS x').collect();
    const ended = refuses(() => running, 'SESSION_CLOSED');
    await new Promise((resolve) => setTimeout(resolve, 100));
    await Promise.all([session.close(), session.close()]);
    await session.close();
    await ended;
  });

  it('the folder for what spills is gone', async () => {
    const parent = path('spill');
    const session = await Session.local({ workers: 1, tempDirectory: parent, memoryLimit: '200MB', logger: SILENT });
    await session.range(1000).orderBy(col('id').desc()).collect();
    await session.close();
    expect(readdirSync(parent)).toEqual([]);
  });
});

it('leaves other sessions alone when one closes', async () => {
  const other = await local();
  await other.range(1).count();
  await other.close();
  expect(await open().range(5).count()).toBe(5);
});

describe('a program', () => {
  const run = (name: string, source: string) => {
    mkdirSync(path(name), { recursive: true });
    const file = path(name, 'program.mjs');
    writeFileSync(file, source);
    return promisify(execFile)(process.execPath, [file], { cwd: path(name), timeout: 25_000 });
  };

  it('that forgets to close ends by itself, also after a fit on the workers', async () => {
    const { stdout } = await run(
      'forgotten',
      `import { Session, Vectors } from '${LIBRARY}';
       import { LogisticRegression } from '${FIT}';
       const session = await Session.local({ workers: 2, tempDirectory: ${JSON.stringify(path('forgotten', 'temp'))} });
       const frame = session.createFrame([0, 1, 2, 3].map((x) => ({ features: Vectors.dense([x]), label: x > 1 ? 1 : 0 })));
       await new LogisticRegression({ regParam: 0.1 }).fit(frame);
       console.log(await frame.count());`,
    );
    expect(stdout).toBe('4\n');
    expect(readdirSync(path('forgotten', 'temp'))).toEqual([]);
  });

  it('may use a session inside of a worker thread', async () => {
    const { stdout } = await run(
      'thread',
      `import { isMainThread, parentPort, Worker } from 'node:worker_threads';
       if (isMainThread) new Worker(new URL(import.meta.url)).on('message', (m) => console.log(m));
       else {
         const { Session } = await import('${LIBRARY}');
         const session = await Session.local({ workers: 1 });
         const [row] = await session.range(5).selectExpr('sum(id) AS x').collect();
         await session.close();
         parentPort.postMessage(String(row.x));
       }`,
    );
    expect(stdout).toBe('10\n');
  });
});

it.each([
  ['workers', { workers: 0 }, 'PARAM_INVALID'],
  ['workers', { workers: 1.5 }, 'PARAM_INVALID'],
  ['memoryLimit', { memoryLimit: 'much' }, 'PARAM_INVALID'],
  ['logger', { logger: 5 }, 'PARAM_INVALID'],
  ['logger', { logger: { warn() {} } }, 'PARAM_INVALID'],
  ['thread', { thread: 1 }, 'PARAM_UNKNOWN'],
] as const)('refuses a bad option: %s %j', (param, options, code) => refuses(() => Session.local(options as object), code, { param }));

describe('range', () => {
  it.each([
    [[4], [0, 1, 2, 3]],
    [
      [2, 5],
      [2, 3, 4],
    ],
    [
      [5, 0, -2],
      [5, 3, 1],
    ],
    [[3, 3], []],
    [
      [0, 10, 4],
      [0, 4, 8],
    ],
  ] as [[number, number?, number?], number[]][])('of %j', async (args, ids) => {
    expect(
      (
        await open()
          .range(...args)
          .collect()
      ).map((r) => Number(r.id)),
    ).toEqual(ids);
  });

  it('refuses a step of 0 and fractions', async () => {
    await refuses(() => open().range(0, 5, 0), 'PARAM_INVALID', { param: 'step' });
    await refuses(() => open().range(1.5), 'PARAM_INVALID', { param: 'end' });
  });
});

describe('sql', () => {
  it('names the frames it is given', async () => {
    const frames = { a: open().range(5), 'b c': open().createFrame([{ id: 2n, y: 'two' }]) };
    expect(await open().sql('SELECT a.id, y FROM a JOIN "b c" USING (id)', frames).collect()).toEqual([{ id: 2n, y: 'two' }]);
  });

  it('refuses what is no query, and frames of another session', async () => {
    await refuses(() => open().sql(' '), 'PARAM_INVALID');
    await refuses(() => open().sql('SELECT * FROM nowhere').collect(), 'SQL_FAILED');
    const other = await local();
    await refuses(() => open().sql('SELECT 1', { t: other.range(1) }), 'PARAM_INVALID', { param: 't' });
    await refuses(() => open().range(1).union(other.range(1)), 'VALUE_INVALID');
    await other.close();
  });
});

it('writes nothing into the system’s temporary folder but below a name of its own', async () => {
  const before = new Set(readdirSync(tmpdir()));
  const session = await local();
  await session.range(10).collect();
  const made = readdirSync(tmpdir()).filter((name) => !before.has(name) && name.includes(`-${process.pid}-`));
  expect(made.every((name) => name.startsWith('millstream-'))).toBe(true);
  await session.close();
  expect(readdirSync(tmpdir()).filter((name) => made.includes(name))).toEqual([]);
});
