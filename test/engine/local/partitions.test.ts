import { existsSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { borders } from '#dist/engine/local/partitions.js';
import { VectorAssembler } from '#dist/feature/index.js';
import type { Frame } from '#dist/frame/frame.js';
import { avg, col } from '#dist/frame/functions.js';
import { filesIn, folder, refuses, session } from '../harness.ts';

const open = session(2);
const path = folder();
let last = 0;

/** The rows of `x` in each part file of the frame as written, file after file. */
async function parts(frame: Frame, format: 'parquet' | 'csv' | 'json' = 'parquet'): Promise<number[][]> {
  const at = path(`written-${++last}`);
  await frame.write[format](at);
  const files = filesIn(at).filter((name) => name !== '_SUCCESS');
  return Promise.all(files.map(async (name) => (await open().read.schema('x double')[format](`${at}/${name}`).collect()).map((r) => r.x as number)));
}

const numbers = (n: number) => open().createFrame(Array.from({ length: n }, (_, x) => ({ x })));
const upTo = (n: number) => Array.from({ length: n }, (_, x) => x);
const sizes = (found: number[][]) => found.map((rows) => rows.length);

describe('repartition', () => {
  it.each(['parquet', 'csv', 'json'] as const)('makes so many part files of consecutive rows: %s', async (format) => {
    const found = await parts(numbers(10).repartition(4), format);
    expect(sizes(found)).toEqual([2, 3, 2, 3]);
    expect(found.flat()).toEqual(upTo(10));
  });

  it('holds behind steps that take each row by itself, as createFrame says too', async () => {
    const rows = open().createFrame(
      upTo(9).map((x) => ({ x })),
      { x: 'double' },
      { partitions: 3 },
    );
    const assembled = new VectorAssembler({ inputCols: ['x'], outputCol: 'v' }).transform(
      rows.filter(col('x').gt(1)).withColumn('x', col('x').plus(1)),
    );
    expect(await parts(assembled.select('x'))).toEqual([
      [3, 4],
      [5, 6],
      [7, 8, 9],
    ]);
    expect(sizes(await parts(rows.union(rows.repartition(2))))).toHaveLength(5);
  });

  it('ends where rows are brought together', async () => {
    const frame = numbers(6).repartition(3);
    expect(sizes(await parts(frame.orderBy('x')))).toEqual([6]);
    expect(sizes(await parts(frame.limit(4)))).toEqual([4]);
    expect(sizes(await parts(frame.agg(avg('x').as('x'))))).toEqual([1]);
    expect(sizes(await parts(frame.orderBy('x').repartition(2)))).toEqual([3, 3]);
  });

  it('makes no empty files, but one of a frame without rows', async () => {
    expect(await parts(numbers(2).repartition(5))).toEqual([[0], [1]]);
    expect(await parts(numbers(2).filter(col('x').gt(5)).repartition(5))).toEqual([[]]);
  });

  it('shares out the rows of Parquet files, whatever their borders', async () => {
    const at = path('source');
    await numbers(5000).write.parquet(at, { rowGroupSize: 2048 });
    await numbers(3000).write.parquet(at, { mode: 'append' });
    const source = open().read.parquet(at);
    const rows = (await source.collect()).map((r) => r.x);
    for (const frame of [source.repartition(3), source.repartition(3).withColumn('x', col('x')), source.distinct().orderBy('x').repartition(3)]) {
      expect(sizes(await parts(frame))).toHaveLength(3);
    }
    const found = await parts(source.repartition(3));
    expect(sizes(found)).toEqual([2666, 2667, 2667]);
    expect(found.flat()).toEqual(rows);
  });

  it('goes with folders of partitions: a file a partition in each folder', async () => {
    const at = path('folders');
    await open()
      .createFrame(upTo(8).map((x) => ({ x, k: x % 2 })))
      .repartition(2)
      .write.parquet(at, { partitionBy: 'k' });
    expect(filesIn(at).filter((name) => name.startsWith('k='))).toHaveLength(4);
  });

  it('is not worked out when the path is taken', async () => {
    const at = path('taken');
    await numbers(1).write.parquet(at);
    await refuses(() => numbers(3).repartition(2).write.parquet(at), 'ALREADY_EXISTS');
    expect(existsSync(at)).toBe(true);
  });

  it('leaves nothing where a value fails', async () => {
    const bad = open()
      .createFrame([['1'], ['2'], ['no']], { x: 'string' })
      .select(col('x').cast('double'))
      .repartition(3);
    await refuses(() => bad.write.parquet(path('bad', 'data')), 'VALUE_INVALID');
    expect(existsSync(path('bad', 'data'))).toBe(false);
  });

  it('takes a whole number from 1', async () => {
    for (const n of [0, -1, 1.5, Number.NaN]) {
      await refuses(() => numbers(1).repartition(n), 'PARAM_INVALID', { param: 'partitions' }, 'repartition');
      await refuses(() => numbers(1).coalesce(n), 'PARAM_INVALID', { param: 'partitions' }, 'coalesce');
    }
  });
});

describe('coalesce', () => {
  it('makes fewer files, never more', async () => {
    expect(sizes(await parts(numbers(6).repartition(3).coalesce(2)))).toEqual([3, 3]);
    expect(sizes(await parts(numbers(6).repartition(3).coalesce(5)))).toEqual([2, 2, 2]);
    expect(sizes(await parts(numbers(6).coalesce(5)))).toEqual([6]);
    expect(sizes(await parts(numbers(6).coalesce(5).repartition(2)))).toEqual([3, 3]);
  });
});

it('borders share out all rows, evenly and in order', () => {
  fc.assert(
    fc.property(fc.nat(10_000), fc.integer({ min: 1, max: 300 }), (rows, count) => {
      const found = borders(rows, count);
      expect(found).toHaveLength(Math.max(1, Math.min(rows, count)));
      expect(found[0]?.[0]).toBe(0);
      expect(found.at(-1)?.[1]).toBe(rows);
      expect(found.slice(1).map(([from]) => from)).toEqual(found.slice(0, -1).map(([, to]) => to));
      const lengths = found.map(([from, to]) => to - from);
      expect(Math.max(...lengths) - Math.min(...lengths)).toBeLessThanOrEqual(1);
    }),
  );
});
