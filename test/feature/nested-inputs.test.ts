import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Session } from '#dist/engine/session.js';
import { Binarizer, Bucketizer, Imputer, OneHotEncoder, StringIndexer, VectorAssembler } from '#dist/feature/index.js';
import { col } from '#dist/frame/column.js';
import type { Frame } from '#dist/frame/frame.js';
import { struct } from '#dist/frame/functions.js';
import type { DenseVector } from '#dist/linalg/vectors.js';
import { Pipeline } from '#dist/pipeline/index.js';

/** A struct of numbers, a text and a struct of its own; a column whose name has a dot stands beside it. */
let session: Session;
let frame: Frame;
beforeAll(async () => {
  session = await Session.local({ workers: 1 });
  const rows = [
    { x: 1, k: 'a', 'in.x': 10 },
    { x: null, k: 'b', 'in.x': 20 },
    { x: 4, k: 'a', 'in.x': 30 },
  ];
  const flat = session.createFrame(rows, { x: 'double', k: { type: 'string', attributes: { type: 'nominal', vals: ['a', 'b'] } }, 'in.x': 'double' });
  frame = flat.select('in.x', struct('x', 'k', struct(col('x').plus(1).alias('y')).alias('deep')).alias('s'));
});
afterAll(() => session?.close());

const numbers = (vector: unknown) => [...(vector as DenseVector).toArray()];
const values = async (made: Frame, column: string) => (await made.collect()).map((row) => row[column]);

describe('a stage takes the fields of structs by their paths', () => {
  it('to fit and to transform', async () => {
    const indexed = (await new StringIndexer({ inputCol: 's.k', outputCol: 'o' }).fit(frame)).transform(frame);
    expect(await values(indexed, 'o')).toEqual([0, 1, 0]);
    for (const strategy of ['mean', 'median', 'mode'] as const) {
      const filled = (await new Imputer({ inputCol: 's.x', outputCol: 'o', strategy }).fit(frame)).transform(frame);
      expect(await values(filled, 'o')).toEqual([1, strategy === 'mean' ? 2.5 : 1, 4]);
    }
    const buckets = new Bucketizer({ inputCol: 's.deep.y', outputCol: 'o', splits: [0, 3, 9] }).transform(frame);
    expect(await values(buckets, 'o')).toEqual([0, null, 1]);
    expect(await values(new Binarizer({ inputCol: 's.x', outputCol: 'o', threshold: 2 }).transform(frame), 'o')).toEqual([0, 0, 1]);
  });

  it('with the attributes that they carry', async () => {
    const nominal = { type: 'double', attributes: { type: 'nominal', vals: ['p', 'q', 'r'] } };
    const codes = session.createFrame([{ c: 0 }, { c: 2 }], { c: nominal }).select(struct('c').alias('s'));
    const encoded = (await new OneHotEncoder({ inputCol: 's.c', outputCol: 'o' }).fit(codes)).transform(codes);
    expect((await encoded.schema()).find('o')?.metadata?.ml_attr).toMatchObject({ attrs: { binary: [{ name: 'p' }, { name: 'q' }] } });
  });

  it('unless a column has that very name', async () => {
    const clash = frame.withColumnRenamed('in.x', 's.x');
    expect(await values(new Binarizer({ inputCol: 's.x', outputCol: 'o', threshold: 15 }).transform(clash), 'o')).toEqual([0, 1, 1]);
  });

  it('in a pipeline, from cached rows, and from a row alone', async () => {
    const stages = [
      new Imputer({ inputCol: 's.x', outputCol: 'x' }),
      new StringIndexer({ inputCol: 's.k', outputCol: 'k' }),
      new VectorAssembler({ inputCols: ['x', 'k', 'in.x'], outputCol: 'v' }),
    ];
    const want = [
      [1, 0, 10],
      [2.5, 1, 20],
      [4, 0, 30],
    ];
    for (const rows of [frame, frame.cache()]) {
      const model = await new Pipeline({ stages }).fit(rows);
      const found = await values(model.transform(rows), 'v');
      expect(found.map(numbers)).toEqual(want);
      const score = model.rowScorer();
      const scored = (await rows.collect()).map((row) => numbers(score(row)?.v));
      expect(scored).toEqual(want);
    }
  });

  it('and names a path that leads nowhere', async () => {
    for (const inputCol of ['s.nope', 's.x.y', 'nope.x', 's.']) {
      await expect(new StringIndexer({ inputCol, outputCol: 'o' }).fit(frame)).rejects.toMatchObject({
        code: 'COLUMN_NOT_FOUND',
        details: { column: inputCol },
      });
    }
  });
});
