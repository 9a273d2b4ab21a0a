import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import { describe, expect, it } from 'vitest';
import { LogisticRegression } from '#dist/classification/index.js';
import { OWN_PROCESS } from '#dist/engine/temp-files.js';
import { VectorAssembler } from '#dist/feature/index.js';
import type { Frame } from '#dist/frame/frame.js';
import { Session } from '#dist/index.js';
import { failure, folder, refuses, SILENT } from '../engine/harness.ts';
import { frameOf } from './rows.ts';

const path = folder();
const CHILD = fileURLToPath(new URL('./functions/child.mjs', import.meta.url));
const assembler = new VectorAssembler({ inputCols: ['a', 'b'], outputCol: 'features' });
const open = (workers = 1) => Session.local({ workers, logger: SILENT });

function child(env: Record<string, string> = {}, ...args: string[]): ChildProcess {
  return spawn(process.execPath, [CHILD, ...args], { env: { ...process.env, ...env }, stdio: ['ignore', 'pipe', 'inherit'] });
}

/** What a process prints to its end. */
async function output(of: ChildProcess): Promise<string> {
  let text = '';
  for await (const part of of.stdout ?? []) text += part;
  return text;
}

describe('a closed session', () => {
  it('answers SESSION_CLOSED to everything, and closes twice', async () => {
    const session = await open();
    const frame = frameOf(session, 10);
    const model = await new LogisticRegression({ maxIter: 2 }).fit(assembler.transform(frame));
    const scorer = model.rowScorer();
    await session.close();
    await session.close();
    const actions: (() => unknown)[] = [
      () => frame.collect(),
      () => frame.count(),
      () => frame.toArrow(),
      () => frame.schema(),
      () => frame.cache().count(),
      () => frame.write.parquet(path('closed')),
      () => model.transform(assembler.transform(frame)).collect(),
      () => new LogisticRegression().fit(assembler.transform(frame)),
      () => session.read.csv('x'),
      () => session.sql('SELECT 1'),
      () => session.range(1),
      () => session.createFrame([{ a: 1 }]),
    ];
    for (const action of actions) await refuses(action, 'SESSION_CLOSED');
    expect(scorer({ features: (await import('#dist/index.js')).Vectors.dense([1, 2]) })?.prediction).toBeTypeOf('number');
  });

  it('ends what runs in it', async () => {
    const session = await open(2);
    const input = session.range(300_000).selectExpr('sin(id) AS a', 'cos(id) AS b', 'CAST(sin(id * 7) > 0 AS DOUBLE) AS label');
    const fit = new LogisticRegression({ maxIter: 100000, tol: 0, elasticNetParam: 0.5, regParam: 1e-9 }).fit(assembler.transform(input));
    const sort = session.range(1e12).orderBy('id').collect();
    const [first, second] = [failure(() => fit).catch(() => null), failure(() => sort)];
    await new Promise((resolve) => setTimeout(resolve, 200));
    await session.close();
    expect((await second).code).toBe('SESSION_CLOSED');
    const error = await first;
    if (error) expect(['SESSION_CLOSED', 'WORKER_LOST']).toContain(error.code);
  });

  it('was made with known options only', async () => {
    await refuses(() => Session.local({ worker: 2 } as never), 'PARAM_UNKNOWN', { param: 'worker' });
    for (const options of [{ workers: 0 }, { workers: '2' }, { workers: 100_000 }, { memoryLimit: 'much' }])
      await refuses(() => Session.local(options as never), 'PARAM_INVALID');
  });
});

describe('two sessions', () => {
  it('work at once and give the same', async () => {
    const [one, two] = [await open(1), await open(2)];
    const learn = (session: Session) => new LogisticRegression({ maxIter: 20 }).fit(assembler.transform(frameOf(session, 500)));
    const [a, b] = await Promise.all([learn(one), learn(two)]);
    expect([...a.coefficients.toArray(), a.intercept]).toEqual([...b.coefficients.toArray(), b.intercept]);
    await one.close();
    expect(await frameOf(two, 3).count()).toBe(3);
    await two.close();
  });

  it('do not mix their frames', async () => {
    const [one, two] = [await open(), await open()];
    const mixed: ((a: Frame, b: Frame) => Frame)[] = [
      (a, b) => a.join(b, 'id'),
      (a, b) => a.union(b),
      (_, b) => one.sql('SELECT * FROM t', { t: b }),
    ];
    for (const mix of mixed) {
      const error = await failure(() => mix(one.range(1), two.range(1)).count());
      expect(error.message).toMatch(/session/);
    }
    await Promise.all([one.close(), two.close()]);
  });
});

describe('a process', () => {
  it('removes what a killed one has left among the temporary files, and nothing else', async () => {
    const temp = path('temp-stale');
    const gone = OWN_PROCESS.replace(/\d+$/, String(spawnSync(process.execPath, ['-e', '']).pid));
    const elsewhere = gone.replace(/^./, (digit) => (digit === '0' ? '1' : '0'));
    const others = [`millstream-${elsewhere}-abcdef`, `millstream-${OWN_PROCESS}-abcdef`, 'millstream-2024-models'];
    for (const name of [`millstream-${gone}-abcdef`, ...others]) mkdirSync(join(temp, name), { recursive: true });
    const session = await Session.local({ workers: 1, tempDirectory: temp, logger: SILENT });
    await session.range(3).count();
    await session.close();
    expect(readdirSync(temp).sort()).toEqual(others.sort());
  });

  it('gives the same whatever its time zone and language, and in a worker thread', async () => {
    const runs = [
      output(child({ TZ: 'UTC', LANG: 'C', LC_ALL: 'C' })),
      output(child({ TZ: 'Asia/Kathmandu', LANG: 'tr_TR.UTF-8', LC_ALL: 'tr_TR.UTF-8' })),
      new Promise<string>((resolve, reject) => new Worker(CHILD).on('message', (text) => resolve(`${text}\n`)).on('error', reject)),
    ];
    const [first, second, third] = await Promise.all(runs);
    expect(first).toMatch(/^\[\[/);
    expect(second).toBe(first);
    expect(third).toBe(first);
  });

  it('that is interrupted or ended at work leaves no temporary files, and nothing half-written', async () => {
    for (const [signal, work] of [
      ['SIGINT', 'wait'],
      ['SIGTERM', 'wait'],
      ['SIGINT', 'write'],
      ['SIGTERM', 'write'],
    ] as const) {
      const [temp, target] = [path(`temp-${signal}-${work}`), path(`target-${signal}-${work}`)] as const;
      mkdirSync(temp);
      mkdirSync(target);
      const busy = child({ FAULTS_TEMP: temp, FAULTS_TARGET: target }, work);
      await new Promise((resolve) => busy.stdout?.once('data', resolve).once('end', resolve));
      expect([readdirSync(temp).length, readdirSync(target).length]).toEqual([1, work === 'write' ? 1 : 0]);
      const ended = new Promise<[number | null, string | null]>((resolve) => busy.once('exit', (code, by) => resolve([code, by])));
      busy.kill(signal);
      const [code, by] = await ended;
      expect(by ?? code).not.toBe(0);
      expect([...readdirSync(temp), ...readdirSync(target)]).toEqual([]);
    }
  });
});
