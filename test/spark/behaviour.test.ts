import { writeFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { Session } from '#dist/engine/session.js';
import { col } from '#dist/frame/column.js';
import type { ProgressEvent } from '#dist/frame/executor.js';
import * as F from '#dist/frame/functions.js';
import { testBehaviour } from '../engine/behaviour.ts';
import { folder, refuses } from '../engine/harness.ts';

const path = folder();
testBehaviour({ open: () => Session.connect(inject('sparkAddress')), path: (name) => `file://${path(name)}` });

describe('paths', () => {
  let session: Session;
  beforeAll(async () => {
    session = await Session.connect(inject('sparkAddress'));
  });
  afterAll(() => session?.close());

  it('without a scheme are of this machine: files are read here and sent to the server', async () => {
    const lines = Array.from({ length: 40_000 }, (_, i) => `${i},row number ${i},${i % 2 ? '' : i / 4}`);
    writeFileSync(path('here.csv'), ['id,text,x', ...lines].join('\n'));
    const frame = session.read.csv(path('here.csv'), { header: true, inferSchema: true });
    expect(await frame.dtypes()).toEqual([
      ['id', 'int'],
      ['text', 'string'],
      ['x', 'double'],
    ]);
    expect(await frame.count()).toBe(40_000);
    expect(await frame.filter(col('id').eq(39_998)).first()).toEqual({ id: 39_998, text: 'row number 39998', x: 9999.5 });
    await refuses(() => session.read.csv(path('nowhere.csv')).schema(), 'NOT_FOUND', { path: path('nowhere.csv') });
    await refuses(() => session.read.csv([path('here.csv'), `file://${path('here.csv')}`]).schema(), 'PARAM_INVALID', { param: 'path' });
  });

  it('without a scheme are not written', () =>
    refuses(() => session.range(3).write.parquet(path('out')), 'NOT_SUPPORTED', { path: path('out') }, 'file:///'));
});

it('mapBatches is refused, and another way named', async () => {
  const session = await Session.connect(inject('sparkAddress'));
  const frame = session.range(3).mapBatches('./functions.mjs', 'double', { schema: { id: 'long' } });
  await refuses(() => frame.schema(), 'NOT_SUPPORTED', {}, 'Session.local()');
  await session.close();
});

it('progress is told while an action runs', async () => {
  const events: ProgressEvent[] = [];
  const session = await Session.connect(inject('sparkAddress'), { onProgress: (event) => events.push(event) });
  await session
    .range(300_000_000)
    .agg(F.sum(F.sqrt('id')).alias('s'))
    .collect();
  await session.close();
  expect(events.length).toBeGreaterThan(0);
  for (const { stage, done, total } of events) expect([stage, (done as number) <= (total as number)]).toEqual(['collect', true]);
});
