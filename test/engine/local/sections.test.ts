import { describe, expect, it } from 'vitest';
import { rowWiseLeaf } from '#dist/engine/local/training/row-wise.js';
import { col, expr, type Frame, hashUnit, when } from '#dist/index.js';
import { session } from '../harness.ts';

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
