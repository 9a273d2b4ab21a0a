import { existsSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { LogisticRegression } from '#dist/classification/index.js';
import { Session } from '#dist/engine/session.js';
import type { SparkEngine } from '#dist/engine/spark/engine.js';
import { RegressionEvaluator } from '#dist/evaluation/index.js';
import { StringIndexer } from '#dist/feature/index.js';
import { col } from '#dist/frame/column.js';
import type { Frame } from '#dist/frame/frame.js';
import * as F from '#dist/frame/functions.js';
import { Vectors } from '#dist/linalg/index.js';
import { failure, folder, refuses, SILENT } from '../engine/harness.ts';
import { type Cut, FaultProxy } from './proxy.ts';
import { SparkServer } from './server.ts';

const path = folder();
const portOf = (address: string) => Number(address.split(':').at(-1));

describe('a connection that breaks', () => {
  let proxy: FaultProxy;
  let session: Session;
  beforeAll(async () => {
    proxy = await FaultProxy.start(portOf(inject('sparkAddress')));
    session = await Session.connect(proxy.address);
  });
  afterAll(async () => {
    proxy?.breakNext(null);
    await session?.close();
    await proxy?.close();
  });

  const RUNS = ['ExecutePlan', 'ReattachExecute'];
  const cuts = [0, 1, 2, 3, 7].flatMap((after) => (['stream', 'connection', 'end'] as const).map((how): Cut => ({ calls: RUNS, after, how })));
  it.each(cuts)('loses no row and sees none twice: cut after $after messages, $how', async (cut) => {
    const frame = session.range(60_000).select(col('id'), col('id').times(3).alias('x'));
    proxy.breakNext(cut);
    const { s, n, m } = (await frame.agg(F.sum('x').alias('s'), F.count('x').alias('n'), F.max('id').alias('m')).first()) as Record<string, bigint>;
    expect([s, n, m]).toEqual([5399910000n, 60000n, 59999n]);
    proxy.breakNext({ ...cut, times: 2 });
    const rows = await frame.toArrow();
    expect(rows.numRows).toBe(60_000);
    expect(new Set(rows.getChild('id')).size).toBe(60_000);
    expect(proxy.calls('ReattachExecute')).toBeGreaterThan(0);
    // What was answered once is never sent anew.
    if (cut.after > 0) expect(proxy.calls('ExecutePlan')).toBe(1);
  });

  it.each(['stream', 'connection'] as const)('does not write twice when the answer is lost: %s', async (how) => {
    const target = `file://${path(`once-${how}`)}`;
    proxy.breakNext({ calls: ['ExecutePlan'], after: 0, how });
    await session.range(10).write.parquet(target, { mode: 'append' });
    expect(await session.read.parquet(target).count()).toBe(10);
    await refuses(() => session.read.parquet(target).write.parquet(target), 'ALREADY_EXISTS', {}, /^write\.parquet: .*overwrite/);
  });

  it.each(['AnalyzePlan', 'AddArtifacts', 'ArtifactStatus'])('asks again: %s', async (call) => {
    const rows = Array.from({ length: 40_000 }, (_, i) => ({ id: i, text: `${call} and some more text ${i}` }));
    proxy.breakNext({ calls: [call], after: 0, how: 'connection' });
    const frame = session.createFrame(rows);
    expect(await frame.columns()).toEqual(['id', 'text']);
    expect(await frame.count()).toBe(40_000);
  });

  it.each([0, 1, 2])('loses nothing when it goes silent while pings are answered: after %i messages', async (after) => {
    const watchful = await Session.connect(proxy.address, { silentFor: 1, logger: SILENT });
    const frame = watchful.range(60_000).select(col('id').times(3).alias('x'));
    proxy.breakNext({ calls: RUNS, after, how: 'silence', times: 2 });
    expect((await frame.toArrow()).numRows).toBe(60_000);
    expect(proxy.calls('ExecutePlan')).toBe(1);
    expect(proxy.calls('ReattachExecute')).toBeGreaterThanOrEqual(2);
    proxy.breakNext({ calls: ['AnalyzePlan'], after: 0, how: 'connection' });
    expect(await frame.columns()).toEqual(['x']);
    await watchful.close();
  });

  it('that stays silent is given up, and a call that only takes long is not', async () => {
    const watchful = await Session.connect(proxy.address, { silentFor: 1, retryFor: 2, logger: SILENT });
    proxy.breakNext({ calls: [...RUNS, 'AnalyzePlan', 'Config'], after: 0, how: 'silence', times: 1000 });
    await refuses(() => watchful.range(3).count(), 'CONNECTION_LOST', {}, 'silent for 1 s');
    await refuses(() => watchful.range(3).schema(), 'CONNECTION_LOST', {}, 'silent for 1 s');
    proxy.breakNext(null);
    expect(await watchful.range(3).count()).toBe(3);
    await watchful.close();
    // Each time the call has been silent for so long the server is asked whether it is there, and it is.
    const patient = await Session.connect(proxy.address, { silentFor: 2, logger: SILENT });
    proxy.breakNext({ calls: ['AnalyzePlan'], after: 0, how: 'silence' });
    const stop = new AbortController();
    proxy.onCall = (name) => void (name === 'Config' && proxy.calls('Config') === 2 && stop.abort());
    const error = await patient
      .range(4)
      .schema({ signal: stop.signal })
      .catch((e: unknown) => e);
    proxy.onCall = () => {};
    expect([error, proxy.calls('AnalyzePlan')]).toMatchObject([{ code: 'ABORTED' }, 1]);
    proxy.breakNext(null);
    await patient.close();
  });

  it('is given up after the time that is set', async () => {
    const short = await Session.connect(proxy.address, { retryFor: 1, logger: SILENT });
    proxy.breakNext({ calls: ['AnalyzePlan', 'ExecutePlan', 'ReattachExecute'], after: 0, how: 'connection', times: 1000 });
    await refuses(() => short.range(3).count(), 'CONNECTION_LOST', {}, 'cannot be reached');
    await refuses(() => short.range(3).schema(), 'CONNECTION_LOST');
    proxy.breakNext(null);
    expect(await short.range(3).count()).toBe(3);
    await short.close();
  });

  it('is not awaited by one who aborts', async () => {
    proxy.breakNext({ calls: ['ExecutePlan', 'ReattachExecute'], after: 0, how: 'connection', times: 1000 });
    const stop = new AbortController();
    proxy.onCall = () => void (proxy.calls('ReattachExecute') === 3 && stop.abort());
    const error = await session
      .range(3)
      .count({ signal: stop.signal })
      .catch((e: unknown) => e);
    proxy.onCall = () => {};
    expect(error).toMatchObject({ code: 'ABORTED', name: 'AbortError' });
    proxy.breakNext(null);
  });

  it('a slow reader gets every row', async () => {
    let rows = 0;
    let sum = 0n;
    for await (const batch of session.range(300_000)) {
      rows += batch.numRows;
      for (const id of batch.getChild('id') ?? []) sum += id as bigint;
      await new Promise((resolve) => setTimeout(resolve, 40));
    }
    expect([rows, sum]).toEqual([300_000, 44999850000n]);
  });

  it('an error behind many rows is the one that is told', async () => {
    const frame = session.range(1_200_000).select(F.when(col('id').eq(1_000_000), F.lit('x')).otherwise('1').cast('int').alias('v'));
    let rows = 0;
    const read = async () => {
      for await (const batch of frame) rows += batch.numRows;
    };
    await refuses(read, 'VALUE_INVALID', { errorClass: 'CAST_INVALID_INPUT' }, /^batches: .*'x'/);
    expect(rows).toBeLessThan(1_200_000);
  });
});

describe('a mistake', { timeout: 300_000 }, () => {
  let session: Session;
  let good: Frame;
  beforeAll(async () => {
    session = await Session.connect(inject('sparkAddress'));
    good = session.createFrame(
      Array.from({ length: 40 }, (_, i) => ({ features: Vectors.dense([i % 7, i % 5]), label: i % 2, s: `t${i % 3}` })),
      { features: 'vector', label: 'double', s: 'string' },
    );
  });
  afterAll(() => session?.close());

  /** Fails on its millionth row. */
  const failing = () => session.range(1_200_000).select(F.when(col('id').eq(1_000_000), F.lit('x')).otherwise('1').cast('int').alias('v'));

  it('in a row far behind ends fits, judgements and writes with its own error, and leaves nothing', async () => {
    const bad = { errorClass: 'CAST_INVALID_INPUT' };
    await refuses(() => new StringIndexer({ inputCol: 'v', outputCol: 'ix' }).fit(failing()), 'VALUE_INVALID', bad, /^StringIndexer: .*'x'/);
    const judged = failing().select(col('v').cast('double').alias('label'), F.lit(1).cast('double').alias('prediction'));
    await refuses(() => new RegressionEvaluator().evaluate(judged), 'VALUE_INVALID', bad, /'x'/);
    await refuses(() => failing().write.parquet(`file:${path('half')}`), 'VALUE_INVALID', bad, /^write\.parquet: /);
    expect(existsSync(path('half', '_SUCCESS'))).toBe(false);
    await refuses(() => session.read.parquet(`file:${path('half')}`).count(), 'EXPRESSION_INVALID', {}, 'infer schema');
    expect(await (session.range(1).executor as SparkEngine).stages.kept()).toEqual([]);
  });

  it('in a schema is told before or by the server, in one sentence', async () => {
    const lr = new LogisticRegression({ maxIter: 2 });
    await using model = await lr.fit(good);
    await refuses(() => lr.fit(good.drop('label')), 'COLUMN_NOT_FOUND', { column: 'label' });
    await refuses(() => lr.fit(good.withColumn('features', col('s'))), 'COLUMN_TYPE', { column: 'features' });
    const one = (session: Session, features: unknown, type: string) => session.createFrame([{ features }], { features: type });
    for (const [wrong, text] of [
      [good.drop('features'), /features/],
      [one(session, 'x', 'string'), /features/],
      [one(session, Vectors.dense([1, 2, 3]), 'vector'), /3/],
    ] as const) {
      const error = await failure(() => model.transform(wrong).collect());
      expect(error.message).toMatch(text);
      expect(error.message).not.toMatch(/\n|\bat org\.|Exception/);
    }
  });

  it('of a class that the server does not have is told', async () => {
    class Later extends StringIndexer {
      static override readonly type: string = 'org.apache.spark.ml.feature.Later';
    }
    await refuses(() => new Later({ inputCol: 's', outputCol: 'ix' }).fit(good), 'NOT_SUPPORTED', {}, /Later/);
    class Own extends StringIndexer {
      static override readonly type: string = 'com.example.Own';
    }
    await refuses(() => new Own({ inputCol: 's', outputCol: 'ix' }).fit(good), 'NOT_SUPPORTED', { stage: 'Own' }, 'local session');
  });
});

describe('a server', () => {
  it('that is not there is told after three tries', async () => {
    await refuses(() => Session.connect('sc://127.0.0.1:1'), 'CONNECTION_LOST', {}, 'check the address');
    let tries = 0;
    const deaf = createServer((socket) => {
      tries++;
      socket.destroy();
    });
    await new Promise<void>((resolve) => deaf.listen(0, '127.0.0.1', resolve));
    await refuses(() => Session.connect(`sc://127.0.0.1:${(deaf.address() as AddressInfo).port}`), 'CONNECTION_LOST', {}, 'check the address');
    expect(tries).toBe(3);
    deaf.close();
  });

  it('that speaks something else is told', async () => {
    const { createServer } = await import('node:http');
    const other = createServer((_, response) => response.end('hello')).listen(0, '127.0.0.1');
    await new Promise((resolve) => other.once('listening', resolve));
    const { port } = other.address() as { port: number };
    await refuses(() => Session.connect(`sc://127.0.0.1:${port}`), 'CONNECTION_LOST');
    await refuses(() => Session.connect(`sc://127.0.0.1:${port}/;use_ssl=true`), 'CONNECTION_LOST', {}, /^(?!.*undefined)/);
    other.closeAllConnections();
    other.close();
  });

  it('tells where it failed in its own code when it is asked to', async () => {
    const plain = await Session.connect(inject('sparkAddress'));
    const telling = await Session.connect(inject('sparkAddress'), { javaStacks: true });
    const wrong = (session: Session) => failure(() => session.range(3).select(F.lit('x').cast('int')).collect());
    const [quiet, told] = [await wrong(plain), await wrong(telling)];
    expect([quiet.details.javaStack, quiet.message]).toEqual([undefined, told.message]);
    expect(told.details.javaStack).toMatch(/^org\.apache\.spark\.SparkNumberFormatException: .*\n\tat org\.apache\.spark\..*\(\w+\.scala:\d+\)\n/s);
    expect((await failure(() => telling.range(3).select('nope').collect())).details.javaStack).toMatch(/AnalysisException/);
    await plain.close();
    await telling.close();
    await refuses(() => Session.connect(inject('sparkAddress'), { javaStacks: 1 as never }), 'PARAM_INVALID', { param: 'javaStacks' });
  });

  it('gives back what a session kept', async () => {
    const plan = (session: Session) => session.range(12_345).withColumn('y', col('id').times(7));
    const [first, second] = [await Session.connect(inject('sparkAddress')), await Session.connect(inject('sparkAddress'))];
    const cached = plan(first).cache();
    expect(await cached.count()).toBe(12_345);
    expect(await plan(second).explain()).toContain('InMemoryTableScan');
    await first.close();
    expect(await plan(second).explain()).not.toContain('InMemoryTableScan');
    await second.close();
  });
});

describe('a server of its own', { timeout: 240_000 }, () => {
  const token = 'a-token-that-must-not-be-told';
  let server: SparkServer;
  const connect = (given: string | null, options = {}) =>
    Session.connect(`${server.address}/${given === null ? '' : `;token=${given}`}`, { logger: SILENT, ...options });

  beforeAll(async () => {
    server = await SparkServer.start(process.env.SPARK_PYTHON as string, {
      token,
      settings: { 'spark.connect.execute.reattachable.senderMaxStreamDuration': '500ms' },
    });
  }, 150_000);
  afterAll(() => server?.stop());

  it('asks for its token, which no message holds', async () => {
    const session = await connect(token);
    expect(await session.range(3).count()).toBe(3);
    await session.close();
    for (const wrong of [null, 'another-one']) {
      const error = await connect(wrong).catch((e: unknown) => e);
      expect(error).toMatchObject({ code: 'ACCESS_DENIED' });
      expect(String((error as Error).stack) + JSON.stringify(error)).not.toContain(wrong ?? token);
    }
  });

  it('that cuts each stream after half a second is attached to again', async () => {
    const session = await connect(token);
    const slow = session.range(300_000_000).agg(F.sum(F.sqrt('id')).alias('s'));
    expect(Number((await slow.first())?.s)).toBeCloseTo(3.46e12, -11);
    await session.close();
  });

  it('that dies ends what runs; that was started anew has lost the session', async () => {
    const session = await connect(token, { retryFor: 3 });
    const { port } = server;
    const words = (of: Session) => of.createFrame([{ s: 'b' }, { s: 'a' }, { s: 'b' }]);
    const model = await new StringIndexer({ inputCol: 's', outputCol: 'ix' }).fit(words(session));
    const endless = session.range(1e15).select(col('id').mod(1000).cast('string').alias('s'));
    let onProgress = () => {};
    const works = new Promise<void>((resolve) => {
      onProgress = resolve;
    });
    const fit = new StringIndexer({ inputCol: 's', outputCol: 'ix' }).fit(endless, { onProgress }).catch((e: unknown) => e);
    const work = endless
      .agg(F.max('s').alias('s'))
      .collect()
      .catch((e: unknown) => e);
    await works;
    await server.kill();
    for (const ended of [work, fit]) expect(await ended).toMatchObject({ code: 'CONNECTION_LOST' });
    server = await SparkServer.start(process.env.SPARK_PYTHON as string, { token, port });
    await refuses(() => session.range(3).count(), 'SESSION_CLOSED', {}, /connect again/);
    await refuses(() => session.range(4).schema(), 'SESSION_CLOSED');
    await refuses(() => model.transform(words(session)).collect(), 'SESSION_CLOSED');
    await session.close();
    const again = await connect(token);
    expect(await again.range(3).count()).toBe(3);
    // What was fitted before is here, and is sent to the new session.
    expect(await model.transform(words(again)).collect()).toEqual(['b', 'a', 'b'].map((s) => ({ s, ix: s === 'b' ? 0 : 1 })));
    expect(model.rowScorer()({ s: 'a' })).toEqual({ ix: 1 });
    await again.close();
  });
});
