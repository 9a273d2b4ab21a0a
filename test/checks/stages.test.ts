import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Session } from '#dist/engine/session.js';
import { MlError } from '#dist/error.js';
import { Evaluator } from '#dist/evaluation/index.js';
import type { Frame } from '#dist/frame/frame.js';
import { isVector } from '#dist/linalg/vectors.js';
import { loadStage } from '#dist/persistence/load.js';
import { Estimator } from '#dist/pipeline/estimator.js';
import { Transformer } from '#dist/pipeline/transformer.js';
import { bindProgram } from '#dist/scoring/bind.js';
import { type AnyStage, type Invalid, REGISTRY, type Row, row, SCHEMA, type StageEntry } from './registry.ts';

type AnyTransformer = Transformer<never>;
const ROWS = Array.from({ length: 60 }, (_, i) => row(i));
const folder = mkdtempSync(join(tmpdir(), 'millstream-checks-'));
let session: Session;

beforeAll(async () => {
  const silent = () => undefined;
  session = await Session.local({ workers: 2, logger: { debug: silent, info: silent, warn: silent, error: silent } });
});

afterAll(async () => {
  await session?.close();
  rmSync(folder, { recursive: true, force: true });
});

const frameOf = (rows: readonly Row[], partitions = 1): Frame => session.createFrame([...rows], SCHEMA, { partitions });

async function fitted(stage: AnyStage, frame: Frame): Promise<AnyTransformer> {
  return (stage instanceof Estimator ? await stage.fit(frame) : stage) as AnyTransformer;
}

/** The values of the columns that the stage adds (or replaces), row by row, by `id`. */
async function outputs(stage: AnyTransformer, frame: Frame): Promise<unknown[][]> {
  const scored = stage.transform(frame);
  const input = new Set((await frame.schema()).names);
  const made = (await scored.schema()).names.filter((name) => !input.has(name));
  return (await scored.collect()).sort((a, b) => Number(a.id) - Number(b.id)).map((r) => [r.id, ...made.map((name) => plain(r[name]))]);
}

function plain(value: unknown): unknown {
  if (isVector(value)) return [...value.toArray()].map((x) => x + 0);
  return value;
}

function expectClose(ours: unknown, theirs: unknown, tolerance: number): void {
  if (tolerance === 0 || typeof theirs !== 'object' || theirs === null) {
    if (tolerance === 0 || typeof theirs !== 'number' || !Number.isFinite(theirs)) return void expect(ours).toEqual(theirs);
    return void expect(Math.abs((ours as number) - theirs)).toBeLessThanOrEqual(tolerance * Math.max(1, Math.abs(theirs)));
  }
  const [a, b] = [Object.values(ours as object), Object.values(theirs)];
  expect(a.length).toBe(b.length);
  for (const [i, value] of b.entries()) expectClose(a[i], value, tolerance);
}

const entries = [...REGISTRY].filter((e): e is [string, StageEntry & { make: () => AnyStage }] => typeof e[1].make === 'function');
const judges = entries.filter(([, { make }]) => make() instanceof Evaluator);
const steps = entries.filter(([, { make }]) => !(make() instanceof Evaluator));
const estimators = steps.filter(([, { make }]) => make() instanceof Estimator);
const weighted = estimators.filter(([, { make }]) => make().paramDefinitions.some(({ name }) => name === 'weightCol'));

/** A law, unless the entry says why its stage breaks it. */
function law(entry: StageEntry, title: string, check: () => Promise<void>): void {
  const reason = entry.except?.get(title);
  if (reason === undefined) it(title, check);
  else it.skip(`${title} (not here: ${reason})`, check);
}

describe.each(steps)('%s', (name, entry) => {
  const { make } = entry;

  law(entry, 'tells its schema without an engine', async () => {
    const frame = frameOf(ROWS);
    const schema = await frame.schema();
    const stage = await fitted(make(), frame);
    const told = stage.transformSchema(schema);
    const real = await stage.transform(frame).schema();
    expect(told.fields.map((f) => [f.name, f.type, f.metadata])).toEqual(real.fields.map((f) => [f.name, f.type, f.metadata]));
    expect(real.fields.slice(0, schema.fields.length)).toEqual(schema.fields);
    expect(make().transformSchema(schema).names).toEqual(told.names);
  });

  law(entry, 'leaves other columns and the order of rows alone', async () => {
    const frame = frameOf(ROWS);
    const scored = await (await fitted(make(), frame)).transform(frame).collect();
    for (const [i, r] of scored.entries()) for (const column of Object.keys(SCHEMA)) expect(plain(r[column])).toEqual(plain(ROWS[i][column]));
  });

  law(entry, 'fits and transforms twice alike', async () => {
    const frame = frameOf(ROWS);
    const stage = make();
    const params = structuredCloneOf(stage);
    const [first, second] = [await fitted(stage, frame), await fitted(stage, frame)];
    expect(await outputs(second, frame)).toEqual(await outputs(first, frame));
    expect(await outputs(first, frame)).toEqual(await outputs(first, frame));
    expect(structuredCloneOf(stage)).toEqual(params);
  });

  law(entry, 'does not depend on partitions', async () => {
    const whole = frameOf(ROWS);
    const expected = await outputs(await fitted(make(), whole), whole);
    for (const partitions of [2, 7]) {
      const frame = frameOf(ROWS, partitions);
      expectClose(await outputs(await fitted(make(), frame), frame), expected, entry.tolerance ?? 0);
    }
  });

  law(entry, 'scores one row as a batch, to the bit', async () => {
    const frame = frameOf(ROWS);
    const stage = await fitted(make(), frame);
    const score = stage.rowScorer();
    for (const [i, [, ...batch]] of (await outputs(stage, frame)).entries()) {
      const one = score(ROWS[i]) as Row;
      const names = stage.transformSchema(await frame.schema()).names.slice(Object.keys(SCHEMA).length);
      expect(names.map((column) => plain(one[column]))).toEqual(batch);
    }
  });

  law(entry, 'binds functions that their modules export', async () => {
    const frame = frameOf(ROWS);
    const stage = await fitted(make(), frame);
    const { program } = bindProgram([stage as never], await frame.schema());
    for (const { module, name, op } of program.steps) expect((await import(/* @vite-ignore */ module))[name], `${name} of ${module}`).toBe(op);
  });

  law(entry, 'transforms no rows to no rows', async () => {
    const stage = await fitted(make(), frameOf(ROWS));
    const scored = stage.transform(frameOf([]));
    expect(await scored.collect()).toEqual([]);
    expect((await scored.schema()).names).toEqual((await stage.transform(frameOf(ROWS)).schema()).names);
  });

  law(entry, 'transforms one row as it does among others', async () => {
    const stage = await fitted(make(), frameOf(ROWS));
    const [all, [alone]] = [await outputs(stage, frameOf(ROWS)), await outputs(stage, frameOf([ROWS[3]]))];
    expect(alone).toEqual(all[3]);
  });

  law(entry, 'is the same after save and load', async () => {
    const frame = frameOf(ROWS);
    const stage = make();
    const model = await fitted(stage, frame);
    for (const [i, saved] of [stage, model as unknown as AnyStage].entries()) {
      const path = join(folder, `${name}-${i}`);
      await saved.save(path);
      const again = (await loadStage(path)) as AnyStage;
      expect([again.constructor, again.uid]).toEqual([saved.constructor, saved.uid]);
      expect([...again.setParams().keys()].sort()).toEqual([...saved.setParams().keys()].sort());
      if (again instanceof Transformer) expect(await outputs(again as AnyTransformer, frame)).toEqual(await outputs(model, frame));
      await expect(saved.save(path)).rejects.toMatchObject({ code: 'ALREADY_EXISTS' });
    }
  });

  for (const invalid of entry.invalid) {
    const { column, value, becomes, at, params } = invalid;
    const under = params ? ` under ${JSON.stringify(params)}` : '';
    it(`makes ${becomes} of ${column} = ${String(value)} in ${at}${under}`, () => checkInvalid(make().copy(params ?? {}), invalid));
  }
});

function structuredCloneOf(stage: AnyStage): string {
  return JSON.stringify([...stage.setParams()].map(([name, value]) => [name, String(value)]));
}

async function checkInvalid(stage: AnyStage, { column, value, becomes, at }: Invalid): Promise<void> {
  const strange = ROWS.map((r, i) => (i === 5 ? { ...r, [column]: value } : r));
  const run = async () => {
    const model = await fitted(stage, frameOf(at === 'fit' ? strange : ROWS));
    return at === 'fit' ? [] : await model.transform(frameOf(strange)).collect();
  };
  if (becomes !== 'error') {
    const rows = await run();
    if (at === 'transform') expect(rows.length).toBe(becomes === 'a row' ? ROWS.length : ROWS.length - 1);
    return;
  }
  const error = await run().then(
    () => undefined,
    (e: unknown) => e,
  );
  expect(error).toBeInstanceOf(MlError);
  const { code, details, message } = error as MlError;
  expect([code, details.column ?? column], message).toEqual(['VALUE_INVALID', column]);
  expect(message).toContain(column);
}

describe.each(estimators)('%s', (_, entry) => {
  const { make } = entry;

  law(entry, 'gives a model that has its uid, its set params and itself as parent', async () => {
    const stage = make();
    const model = (await fitted(stage, frameOf(ROWS))) as unknown as AnyStage & { parent: unknown };
    expect([model.uid, model.parent]).toEqual([stage.uid, stage]);
    for (const [param, value] of model.setParams()) expect(value).toEqual(stage.setParams().get(param));
    expect(Object.isFrozen(model.params)).toBe(true);
  });

  if (entry.noRows) {
    law(entry, `makes ${entry.noRows} of no rows`, async () => {
      const fit = fitted(make(), frameOf([]));
      if (entry.noRows === 'a model') return void (await fit);
      await expect(fit).rejects.toBeInstanceOf(MlError);
    });
  }

  if (entry.oneRow) {
    law(entry, `makes ${entry.oneRow} of one row`, async () => {
      const fit = fitted(make(), frameOf([ROWS[0]]));
      if (entry.oneRow === 'a model') return void (await fit);
      await expect(fit).rejects.toBeInstanceOf(MlError);
    });
  }

  law(entry, 'names a column that is missing before it reads data', async () => {
    const frame = session.createFrame([{ other: 1 }], { other: 'double' });
    await expect(fitted(make(), frame)).rejects.toMatchObject({ code: 'COLUMN_NOT_FOUND' });
  });
});

describe.each(weighted)('%s', (_, entry) => {
  const fitOn = (rows: readonly Row[]) => fitted(entry.make().copy({ ...entry.weighted, weightCol: 'weight' }), frameOf(rows));
  const expectSame = async (a: readonly Row[], b: readonly Row[]) => {
    const frame = frameOf(ROWS);
    expectClose(await outputs(await fitOn(a), frame), await outputs(await fitOn(b), frame), entry.weightTolerance ?? 1e-6);
  };
  const twos = ROWS.map((r, i) => ({ ...r, weight: 1 + (i % 2) }));

  law(entry, 'takes weight 2 as a row twice', () =>
    expectSame(
      twos,
      twos.flatMap((r) => Array.from({ length: r.weight }, () => ({ ...r, weight: 1 }))),
    ),
  );
  law(entry, 'ignores rows of weight 0', () =>
    expectSame(
      ROWS.map((r, i) => (i % 4 === 0 ? { ...r, weight: 0 } : r)),
      ROWS.filter((_r, i) => i % 4 !== 0),
    ),
  );
  law(entry, 'depends on the ratio of weights alone', () =>
    expectSame(
      ROWS,
      ROWS.map((r) => ({ ...r, weight: Number(r.weight) * 1024 })),
    ),
  );
  law(entry, 'refuses weights that are all 0', async () => {
    await expect(fitOn(ROWS.map((r) => ({ ...r, weight: 0 })))).rejects.toBeInstanceOf(MlError);
  });
});

describe.each(judges)('%s', (name, { make }) => {
  const evaluate = (stage: AnyStage, frame: Frame) => (stage as unknown as Evaluator<never>).evaluate(frame);

  it('gives a number that does not depend on partitions', async () => {
    const expected = await evaluate(make(), frameOf(ROWS));
    expect(Number.isFinite(expected)).toBe(true);
    for (const partitions of [2, 7]) expectClose(await evaluate(make(), frameOf(ROWS, partitions)), expected, 1e-12);
  });

  it('takes weight 2 as a row twice and ignores weight 0', async () => {
    const stage = make().copy({ weightCol: 'weight' });
    const weights = ROWS.map((r, i) => ({ ...r, weight: i % 3 }));
    const repeated = weights.flatMap((r) => Array.from({ length: r.weight }, () => ({ ...r, weight: 1 })));
    expectClose(await evaluate(stage, frameOf(weights)), await evaluate(stage, frameOf(repeated)), 1e-12);
  });

  it('is the same after save and load', async () => {
    const stage = make();
    await stage.save(join(folder, name));
    const again = (await loadStage(join(folder, name))) as AnyStage;
    expect([again.constructor, again.uid, again.params]).toEqual([stage.constructor, stage.uid, stage.params]);
    expect(await evaluate(again, frameOf(ROWS))).toBe(await evaluate(stage, frameOf(ROWS)));
  });
});
