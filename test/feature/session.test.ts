import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type DecisionTreeClassificationModel, DecisionTreeClassifier } from '#dist/classification/index.js';
import { Session } from '#dist/engine/session.js';
import { MlError } from '#dist/error.js';
import { Binarizer, Imputer, SQLTransformer, VectorAssembler } from '#dist/feature/index.js';
import { groupOf } from '#dist/frame/attributes.js';
import type { Frame } from '#dist/frame/frame.js';
import { col, struct } from '#dist/frame/functions.js';
import { isVector, Vectors } from '#dist/linalg/vectors.js';
import { Estimator } from '#dist/pipeline/estimator.js';
import { Pipeline } from '#dist/pipeline/pipeline.js';
import type { Transformer } from '#dist/pipeline/transformer.js';
import { type GoldenCase, goldens, stageOf, tableOf } from './goldens.ts';
import { DIFFERENT } from './goldens-different.ts';
import type { AnyTransformer, Table } from './mini-engine.ts';

let session: Session;
beforeAll(async () => {
  session = await Session.local({ workers: 1 });
});
afterAll(() => session?.close());

function frameOf({ schema, rows }: Table): Frame {
  const { names, fields } = schema;
  const value = (v: unknown, j: number) => (fields[j].type.kind === 'long' && v !== null ? BigInt(v as number) : v);
  return session.createFrame(
    rows.map((row) => Object.fromEntries(row.map((v, j) => [names[j], value(v, j)]))),
    schema,
  );
}

async function run(golden: GoldenCase): Promise<Frame> {
  const train = frameOf(tableOf(golden.train));
  const fitted: AnyTransformer[] = [];
  const after = (frame: Frame) => fitted.reduce((current, stage) => stage.transform(current), frame);
  for (const stage of golden.stages.map(stageOf)) {
    fitted.push((stage instanceof Estimator ? await stage.fit(after(train)) : (stage as Transformer<never>)) as AnyTransformer);
  }
  return after(golden.input ? frameOf(tableOf(golden.input)) : train);
}

function plain(value: unknown): unknown {
  if (typeof value === 'bigint') return Number(value);
  return isVector(value) ? [...value.toArray()].map((x) => x + 0) : value;
}

const fixture = (file: string) => new URL(`../fixtures/spark-4.3.0/SQLTransformer/${file}`, import.meta.url);

it('runs an SQLTransformer that Spark saved', async () => {
  const stage = await SQLTransformer.load(fileURLToPath(fixture('.')));
  const { columns, rows } = JSON.parse(readFileSync(fixture('input.json'), 'utf8'));
  const types = Object.fromEntries(columns.map(({ name, type }: { name: string; type: string }) => [name, type]));
  const scored = await stage.transform(session.createFrame(rows, types)).select('sum', 'big').collect();
  expect(scored).toEqual(JSON.parse(readFileSync(fixture('expected.json'), 'utf8')).rows);
});

// What Spark 4.3.0 gives of the same rows.
it('imputes decimals half up and the greatest long as it is', async () => {
  const rows = [
    { d: '1.00', e: '12345678901234567.89', l: 2n ** 63n - 1n },
    { d: '1.01', e: '0.01', l: -(2n ** 63n) },
    { d: '1.00', e: null, l: null },
    { d: null, e: '0.02', l: 2n ** 63n - 1n },
    { d: '1.01', e: '0.02', l: 2n ** 63n - 1n },
  ];
  const frame = session.createFrame(rows, 'd decimal(10,2), e decimal(22,2), l bigint');
  const model = await new Imputer({ inputCols: ['d', 'e', 'l'], outputCols: ['x', 'y', 'z'] }).fit(frame);
  expect(await model.transform(frame).select('x', 'y', 'z').collect()).toEqual([
    { x: '1.00', y: '12345678901234568.00', z: 2n ** 63n - 1n },
    { x: '1.01', y: '0.01', z: -(2n ** 63n) },
    { x: '1.00', y: '3086419725308642.00', z: 4611686018427387904n },
    { x: '1.01', y: '0.02', z: 2n ** 63n - 1n },
    { x: '1.01', y: '0.02', z: 2n ** 63n - 1n },
  ]);
});

it('gives the surrogates of an ImputerModel as a frame', async () => {
  const frame = session.createFrame(
    [
      { a: 1, b: 4 },
      { a: 3, b: null },
    ],
    { a: 'double', b: 'int' },
  );
  const model = await new Imputer({ inputCols: ['a', 'b'], outputCols: ['x', 'y'] }).fit(frame);
  expect(await model.surrogate.collect()).toEqual([{ a: 2, b: 4 }]);
});

describe('an assembler over vectors whose size no attribute tells (VectorAssemblerSuite, "ML attributes" and "Handle Invalid")', () => {
  const frame = () =>
    session.createFrame(
      Array.from({ length: 40 }, (_, i) => ({ kind: [2, 0, 1, 3][i % 4], v: Vectors.dense(i % 7, i % 3), label: i % 4 < 2 ? 1 : 0 })),
      { kind: { type: 'double', attributes: { type: 'nominal', vals: ['p', 'q', 'r', 's'] } }, v: 'vector', label: 'double' },
    );
  const assembler = (handleInvalid: 'error' | 'skip' | 'keep' = 'error') =>
    new VectorAssembler({ inputCols: ['kind', 'v'], outputCol: 'features', handleInvalid });

  it('takes the size of the first vector, so that the other columns keep their attributes', async () => {
    const schema = await assembler().transform(frame()).schema();
    expect(schema.find('features')?.metadata).toEqual({
      ml_attr: {
        num_attrs: 3,
        attrs: {
          nominal: [{ idx: 0, name: 'kind', vals: ['p', 'q', 'r', 's'] }],
          numeric: [
            { idx: 1, name: 'v_0' },
            { idx: 2, name: 'v_1' },
          ],
        },
      },
    });
    expect(schema.toLiteral().v).toBe('vector');
  });

  it('lets trees split a nominal column beside them by category', async () => {
    const pipeline = new Pipeline({ stages: [assembler(), new DecisionTreeClassifier({ maxDepth: 3 })] });
    const tree = (await pipeline.fit(frame())).stages.at(-1) as DecisionTreeClassificationModel;
    expect(tree.toDebugString).toContain('If (feature 0 in {1.0,3.0})');
    expect(tree.featureNames).toEqual(['kind', 'v_0', 'v_1']);
  });

  it('keeps null vectors as NaN, and looks for the size behind a filter', async () => {
    const holes = session.createFrame(
      [
        { kind: 9, v: Vectors.dense(1, 2, 3) },
        { kind: 0, v: null },
        { kind: null, v: Vectors.dense(1, 2) },
      ],
      { kind: 'double', v: 'vector' },
    );
    const kept = assembler('keep').transform(holes.filter(col('kind').isNull().or(col('kind').lt(9))));
    expect((await kept.collect()).map(({ features }) => String(features))).toEqual(['[0.0,NaN,NaN]', '[NaN,1.0,2.0]']);
    expect(groupOf((await kept.schema()).find('features')!).size).toBe(3);
  });

  it.each(['skip', 'keep'] as const)('tells what to do where all are null: %s', async (mode) => {
    const nulls = session.createFrame([{ kind: 0, v: null }], { kind: 'double', v: 'vector' });
    await expect(assembler(mode).transform(nulls).collect()).rejects.toThrow(/VectorSizeHint/);
    expect(await assembler(mode).transform(nulls.limit(0)).collect()).toEqual([]);
  });

  it.each(['skip', 'keep'] as const)('goes through thousands of nulls before and behind the vectors: %s', async (handleInvalid) => {
    const rows = Array.from({ length: 9000 }, (_, i) => ({ x: i, v: i >= 4000 && i < 5000 ? Vectors.dense(1, 2) : null }));
    const frame = session.createFrame(rows, { x: 'double', v: 'vector' });
    const nested = frame.select(struct('x', 'v').alias('n'));
    const binarized = new Binarizer({ inputCol: 'v', outputCol: 'w' }).transform(frame);
    const sized = async (input: Frame, ...inputCols: string[]) => {
      const scored = await new VectorAssembler({ inputCols, outputCol: 'o', handleInvalid }).transform(input).select('o').collect();
      return [scored.length, ...new Set(scored.map(({ o }) => (isVector(o) ? o.size : null)))];
    };
    const expected = [handleInvalid === 'keep' ? 9000 : 1000, 3];
    expect(await sized(frame, 'x', 'v')).toEqual(expected);
    expect(await sized(nested, 'n.x', 'n.v')).toEqual(expected);
    expect(await sized(binarized, 'x', 'w')).toEqual(expected);
  });
});

const cases = goldens.filter(({ name }) => !DIFFERENT.has(name));

describe('on the local engine as on Spark 4.3', () => {
  it.each(cases.filter((c) => c.error === undefined).map((c) => [c.name, c] as const))('%s', async (_, golden) => {
    const frame = await run(golden);
    const expected = tableOf(golden.output!);
    expect(await frame.columns()).toEqual(expected.schema.names);
    const rows = await frame.collect();
    expect(rows.map((row) => expected.schema.names.map((name) => plain(row[name])))).toEqual(
      expected.rows.map((row) => row.map((v, j) => (expected.schema.fields[j].type.kind === 'long' && v !== null ? Number(v) : plain(v)))),
    );
    const schema = await frame.schema();
    for (const field of expected.schema.fields.filter((f) => f.metadata !== undefined && f.type.kind !== 'vector')) {
      expect(schema.find(field.name)!.metadata).toEqual(field.metadata);
    }
  });

  it.each(cases.filter((c) => c.error !== undefined).map((c) => [c.name, c] as const))('%s: an error', async (_, golden) => {
    await expect(run(golden).then((frame) => frame.collect())).rejects.toBeInstanceOf(MlError);
  });
});
