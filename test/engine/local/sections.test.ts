import { beforeAll, describe, expect, it } from 'vitest';
import { rowWiseLeaf } from '#dist/engine/local/training/row-wise.js';
import { StandardScaler, VectorAssembler } from '#dist/feature/index.js';
import { col, expr, type Frame, hashUnit, when } from '#dist/index.js';
import { folder, session } from '../harness.ts';

const open = session(1);

const byRow: [string, (frame: Frame) => Frame][] = [
  ['a comparison', (f) => f.filter(col('x').gt(1).and(col('y').isNotNull()))],
  ['SQL text', (f) => f.filter('NOT (abs(CAST(floor(x * 1000) AS BIGINT)) % 5 = 0) AND y IN (1, 2)')],
  ['a hash of a key', (f) => f.filter(hashUnit('id', 7).lt(0.8))],
  ['a choice', (f) => f.withColumn('z', when(col('x').gt(0), 1).otherwise(expr('coalesce(y, 0)')))],
];

const notByRow: [string, (frame: Frame) => Frame][] = [
  ['an aggregate in SQL text', (f) => f.select(expr('max(x)').alias('m'))],
  ['an aggregate under a quoted name', (f) => f.select(expr('"max"(x)').alias('m'))],
  ['an aggregate behind a comment', (f) => f.select(expr('max/**/(x)').alias('m'))],
  ['a window in SQL text', (f) => f.withColumn('n', expr('row_number() OVER ()'))],
  ['a query in SQL text', (f) => f.filter('x = (SELECT 1)')],
  ['random numbers', (f) => f.filter('random() < 0.5')],
  ['a choice by an aggregate', (f) => f.select(when(expr('count(*)').gt(0), 1).otherwise(0).alias('m'))],
  ['a limit', (f) => f.limit(3)],
];

describe('Parquet is read in sections', () => {
  it.each(byRow)('under %s', (_, step) => {
    const read = open().read.parquet('some.parquet');
    expect(rowWiseLeaf(step(read).plan)).toBe(read.plan);
  });

  it.each(notByRow)('not under %s', (_, step) => {
    expect(rowWiseLeaf(step(open().read.parquet('some.parquet')).plan)).toBeNull();
  });
});

describe('files whose columns stand in another order', () => {
  const at = folder();
  const paths = ['a', 'b', 'c', 'd'].map((name) => at(name));
  const columns = [
    ['CAST(id AS DOUBLE) AS x', 'CAST(-id AS DOUBLE) AS y'],
    ['CAST(-id AS DOUBLE) AS y', 'CAST(id AS DOUBLE) AS x'],
    ["'more' AS more", 'CAST(-id AS DOUBLE) AS y', 'CAST(id AS FLOAT) AS x'],
    ['CAST(id AS DOUBLE) AS x', '-id AS y', 'id AS more'],
  ];
  beforeAll(async () => {
    for (const [k, some] of columns.entries())
      await open()
        .range(100 * k, 100 * k + 100)
        .selectExpr(...some)
        .write.parquet(paths[k] as string);
  });
  const fitted = async (frame: Frame) => {
    const vectors = new VectorAssembler({ inputCols: ['x', 'y'], outputCol: 'v' }).transform(frame);
    const { mean } = await new StandardScaler({ inputCol: 'v', outputCol: 's', withMean: true }).fit(vectors);
    return [...mean.toArray()].map((x) => Number(x.toFixed(9)));
  };

  it('are read by names and types of the first one, by fits and writes too', async () => {
    const frame = open().read.parquet(paths);
    const ids = Array.from({ length: 400 }, (_, id) => [id, 0 - id]);
    const rowsOf = async (read: Frame) => (await read.collect()).map((row) => [row.x, Number(row.y)]);
    expect(await rowsOf(frame)).toEqual(ids);
    expect(await fitted(frame)).toEqual([199.5, -199.5]);
    for (const parts of [1, 3]) {
      const out = at(`out-${parts}`);
      await frame.repartition(parts).write.parquet(out);
      expect(await rowsOf(open().read.parquet(out))).toEqual(ids);
    }
  });

  it('count as often as they are given', async () => {
    const [a, b] = paths as [string, string];
    const twice = open().read.parquet([a, b, b, a, a]);
    expect(await twice.count()).toBe(500);
    expect(await fitted(twice)).toEqual([89.5, -89.5]);
    await twice.repartition(2).write.parquet(at('twice'));
    expect(await fitted(open().read.parquet(at('twice')))).toEqual([89.5, -89.5]);
  });

  it.each(['file_row_number', 'source file'])('may have a column %s, which DuckDB adds to others', async (name) => {
    const files = ['a', 'b', 'c', 'd'].map((one) => at(name, one));
    for (const file of files) await open().range(100).selectExpr('CAST(id AS DOUBLE) AS x', `CAST(-id AS DOUBLE) AS "${name}"`).write.parquet(file);
    expect(await fitted(open().read.parquet(files).withColumnRenamed(name, 'y'))).toEqual([49.5, -49.5]);
  });
});

describe('many small files', () => {
  const at = folder();

  it('are read as one file with their rows is', async () => {
    const rows = open().range(3000).selectExpr('CAST(id AS DOUBLE) AS x', 'CAST((id * 7919) % 1000 AS DOUBLE) AS y');
    await rows.write.parquet(at('one'));
    await rows.repartition(60).write.parquet(at('many'));
    const [one, many] = ['one', 'many'].map((name) => open().read.parquet(at(name)));
    expect(await many.collect()).toEqual(await one.collect());
    const stage = new StandardScaler({ inputCol: 'v', outputCol: 's' });
    const vectors = new VectorAssembler({ inputCols: ['x', 'y'], outputCol: 'v' });
    const std = async (frame: Frame) => (await stage.fit(vectors.transform(frame))).std.toArray();
    expect(await std(many)).toEqual(await std(one));
    await many.write.parquet(at('again'));
    expect(await open().read.parquet(at('again')).collect()).toEqual(await one.collect());
  });
});
