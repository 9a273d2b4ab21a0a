import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { Session } from '#dist/engine/session.js';
import type { SparkEngine } from '#dist/engine/spark/engine.js';
import { load } from '#dist/persistence/load.js';
import { Evaluator, Transformer } from '#dist/pipeline/index.js';
import { folder } from '../engine/harness.ts';
import { FIXTURES, fixtureNames, saved } from '../persistence/files.ts';
import { expectClose, fixture, frameOf } from './tables.ts';

const path = folder();

/** What is saved of a stage, but for the times of saving. */
const lines = (stage: unknown) =>
  [...saved(stage)].filter(([file]) => file.includes('metadata/part')).map(([file, bytes]) => [file, new TextDecoder().decode(bytes)]);

/** Scores, or judges, the fixture's rows. */
async function expectSame(session: Session, name: string, stage: unknown): Promise<void> {
  const frame = frameOf(session, fixture(name, 'input.json'));
  if (stage instanceof Evaluator) {
    const { metrics } = JSON.parse(readFileSync(join(FIXTURES, name, 'expected.json'), 'utf8')) as { metrics: Record<string, number> };
    for (const [metricName, value] of Object.entries(metrics))
      expectClose(await stage.copy({ metricName } as never).evaluate(frame), value, metricName);
    return;
  }
  if (!(stage instanceof Transformer)) expect.fail(`${name} must have no expected.json`);
  const { columns, rows } = fixture(name, 'expected.json');
  const scored = stage.transform(frame);
  const added = (await scored.schema()).fields.slice(name === 'SQLTransformer' ? -columns.length : (await frame.columns()).length);
  // What was expected of OneVsRest was made by Python's own class, which gives no attributes; ours does as the JVM's.
  const told = ({ name: column, metadata }: { name: string; metadata?: unknown }) => [column, name === 'OneVsRestModel' ? null : metadata];
  expect(added.map(told)).toEqual(columns.map(told));
  const found = await scored.collect();
  expect(found).toHaveLength(rows.length);
  for (const [i, row] of rows.entries()) for (const { name: column } of columns) expectClose(found[i][column], row[column], `row ${i}, ${column}`);
  await stage.close();
}

describe('a stage saved by Spark, loaded here', { timeout: 240_000 }, () => {
  let session: Session;
  beforeAll(async () => {
    session = await Session.connect(inject('sparkAddress'));
  });
  afterAll(() => session?.close());

  // Side by side: each waits for the server most of the time.
  it.concurrent.each(fixtureNames)('gives on a cluster what it gave in Spark, and is saved there and loaded from there: %s', async (name) => {
    const stage = await load(join(FIXTURES, name));
    if (existsSync(join(FIXTURES, name, 'expected.json'))) await expectSame(session, name, stage);
    const there = `file:${path(name)}`;
    await stage.save(there);
    expect(readdirSync(path(name, 'metadata'))).toContain('_SUCCESS');
    const again = await load(there);
    expect(again.constructor).toBe(stage.constructor);
    expect(lines(again)).toEqual(lines(stage));
    if ('state' in stage && !/Validat|Pipeline/.test(name)) expect((again as { state?: unknown }).state).toEqual(stage.state);
  });

  it('leaves nothing there once it is closed', async () => {
    const { stages } = session.range(1).executor as SparkEngine;
    expect(await stages.kept()).toEqual([]);
  });
});
