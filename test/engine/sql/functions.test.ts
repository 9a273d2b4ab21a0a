import { describe, expect, it } from 'vitest';
import { type Column, col, lit } from '#dist/frame/column.js';
import type { Frame } from '#dist/frame/frame.js';
import * as F from '#dist/frame/functions.js';
import { Vectors } from '#dist/linalg/vectors.js';
import { refuses, session } from '../harness.ts';

const open = session(1);
const frame = () =>
  open().createFrame([{ i: 5, a: [1, null, 3], s: 'x', v: Vectors.sparse(3, [1], [2]), m: new Map([['k', 1]]) }], {
    i: 'int',
    a: 'array<int>',
    s: 'string',
    v: 'vector',
    m: 'map<string,int>',
  });

const VALUES: [string, () => Column, unknown][] = [
  ['transform', () => F.transform('a', (x) => x.plus(1)), [2, null, 4]],
  ['transform with the index', () => F.transform('a', (x, i) => x.times(i)), [0, null, 6]],
  ['filter', () => F.filter('a', (x) => x.gt(1)), [3]],
  ['a function within a function', () => F.transform('a', (x) => F.size(F.filter('a', (y) => y.leq(x)))), [1, 0, 2]],
  ['vectorToArray', () => F.vectorToArray('v'), [0, 2, 0]],
  ['vectorToArray of floats', () => F.vectorToArray('v', 'float32').cast('string'), '[0.0, 2.0, 0.0]'],
  ['arrayToVector', () => F.arrayToVector(F.array(lit(1), lit(2.5))), Vectors.dense([1, 2.5])],
  ['createMap', () => F.createMap(lit('a'), col('i')), new Map([['a', 5]])],
  ['getItem of a map', () => col('m').getItem('k'), 1],
  ['getField', () => F.struct('i', 's').getField('s'), 'x'],
  ['getJsonObject', () => F.getJsonObject(lit('{"a":{"b":[1,2]}}'), '$.a.b[1]'), '2'],
  ['translate', () => F.translate(lit('abc'), 'ab', 'x'), 'xc'],
  ['when … otherwise', () => F.when(col('i').gt(9), 'large').otherwise('small'), 'small'],
];

it.each(VALUES)('%s', async (_, column, wanted) => expect((await frame().select(column().alias('r')).first())?.r).toEqual(wanted));

describe('hashUnit and rand', () => {
  const ids = () => open().range(4000).withColumn('s', col('id').cast('string'));

  it('lie in [0, 1) evenly, and are the same at every run', async () => {
    for (const make of [() => F.hashUnit('s', 7), () => F.rand(7)]) {
      const values = async () => (await ids().select(make().alias('r')).collect()).map((row) => row.r as number);
      const found = await values();
      expect(await values()).toEqual(found);
      expect(found.every((x) => x >= 0 && x < 1)).toBe(true);
      expect(Math.abs(found.reduce((total, x) => total + x, 0) / 4000 - 0.5)).toBeLessThan(0.03);
    }
  });

  it('hashUnit depends on the text and the seed alone', async () => {
    const of = async (s: string, seed: number) => (await open().createFrame([{ s }]).select(F.hashUnit('s', seed).alias('r')).first())?.r;
    expect(await of('a', 1)).toBe(await of('a', 1));
    expect(await of('a', 1)).not.toBe(await of('a', 2));
    expect(await of('a', 1)).not.toBe(await of('b', 1));
  });
});

it.each<[string, () => unknown]>([
  ['otherwise twice', () => F.when(col('i').gt(1), 1).otherwise(2).otherwise(3)],
  ['when after otherwise', () => F.when(col('i').gt(1), 1).otherwise(2).when(col('i').gt(2), 3)],
  ['when after no when', () => col('i').when(col('i').gt(1), 1)],
  ['a constant of no known kind', () => lit({} as never)],
  ['an invalid Date', () => lit(new Date(Number.NaN))],
  ['a window of a frame backwards', () => F.Window.orderBy('i').rowsBetween(1, 0)],
  ['a name that is no text', () => col(1 as never)],
])('refuses %s at once', (_, build) => refuses(build, 'EXPRESSION_INVALID'));

const { unboundedPreceding, currentRow } = F.Window;
it.each<[string, () => Column]>([
  ['a rank without an order', () => F.rowNumber().over(F.Window.partitionBy('i'))],
  ['lag without an order', () => F.lag('i', 1).over(F.Window.partitionBy('i'))],
  ['nthValue without an order', () => F.nthValue('i', 1).over(F.Window.partitionBy('i'))],
  ['a rank over a frame', () => F.rank().over(F.Window.orderBy('i').rowsBetween(-1, 0))],
  ['lead over any frame', () => F.lead('i', 1).over(F.Window.orderBy('i').rowsBetween(unboundedPreceding, currentRow))],
  ['cumeDist over rows', () => F.cumeDist().over(F.Window.orderBy('i').rowsBetween(unboundedPreceding, currentRow))],
  ['a range without an order', () => F.sum('i').over(F.Window.partitionBy('i').rangeBetween(unboundedPreceding, currentRow))],
  ['a range of numbers over two columns', () => F.sum('i').over(F.Window.orderBy('i', 's').rangeBetween(-1, 0))],
  ['a range of numbers over texts', () => F.sum('i').over(F.Window.orderBy('s').rangeBetween(-1, 0))],
])('refuses %s, as Spark does', (_, build) => refuses(() => frame().select(build()).columns(), 'EXPRESSION_INVALID', {}, 'must'));

it.each<[string, () => Frame]>([
  ['an aggregate in filter', () => frame().filter(F.sum('i').gt(1))],
  ['an aggregate in orderBy', () => frame().orderBy(F.sum('i').desc())],
  ['an aggregate in the condition of a join', () => frame().join(open().range(2), F.max('i').eq(col('id')))],
  [
    'an aggregate of an aggregate',
    () =>
      frame()
        .groupBy('s')
        .agg(F.sum(F.avg('i'))),
  ],
  ['rows made in filter', () => frame().filter(F.explode(F.array('i')).gt(1))],
  ['rows made in orderBy', () => frame().orderBy(F.explode(F.array('i')))],
  [
    'a window as a key',
    () =>
      frame()
        .groupBy(F.rowNumber().over(F.Window.orderBy('i')))
        .count(),
  ],
])('refuses %s, as Spark does', (_, build) => refuses(() => build().columns(), 'EXPRESSION_INVALID', {}, 'must'));

it('takes windows over aggregates', async () => {
  const ranked = frame()
    .groupBy('s')
    .agg(
      F.rank()
        .over(F.Window.orderBy(F.sum('i')))
        .as('r'),
      F.sum(F.sum('i')).over(F.Window.orderBy('s')).as('t'),
    );
  expect(await ranked.select('r', col('t').cast('int').as('t')).collect()).toEqual([{ r: 1, t: 5 }]);
});

it.each<[string, () => Column, number]>([
  ['a rank over its own frame', () => F.rowNumber().over(F.Window.orderBy('i').rowsBetween(unboundedPreceding, currentRow)), 1],
  ['nthValue over any frame', () => F.nthValue('i', 1).over(F.Window.orderBy('i').rowsBetween(-1, 0)), 5],
  ['an unbounded range over two columns', () => F.sum('i').over(F.Window.orderBy('i', 's').rangeBetween(unboundedPreceding, currentRow)), 5],
])('takes %s', async (_, column, wanted) => expect(Number((await frame().select(column().alias('r')).first())?.r)).toBe(wanted));

it('randn has mean 0 and deviation 1, and is the same at every run', async () => {
  const numbers = () => open().range(4000).select(F.randn(7).alias('r'));
  const [{ mean, deviation }] = await numbers().agg(F.avg('r').alias('mean'), F.stddev('r').alias('deviation')).collect();
  expect(Math.abs(mean as number)).toBeLessThan(0.05);
  expect(Math.abs((deviation as number) - 1)).toBeLessThan(0.05);
  expect(await numbers().collect()).toEqual(await numbers().collect());
});

it('constants aggregate and sort too', async () => {
  const made = open().range(3);
  expect(await made.agg(F.avg(lit(1.5)).as('a'), F.stddev(lit(2.5)).as('s'), F.collectSet(lit(0.5)).as('c')).collect()).toEqual([
    { a: 1.5, s: 0, c: [0.5] },
  ]);
  expect(await made.orderBy(lit(1.5), lit('x'), col('id').desc()).limit(1).collect()).toEqual([{ id: 2n }]);
});

it('listaggDistinct joins each different text once', async () => {
  const made = open().createFrame([{ s: 'b' }, { s: 'a' }, { s: null }, { s: 'b' }], { s: 'string' });
  expect(await made.agg(F.listaggDistinct('s', '-').as('r')).collect()).toEqual([{ r: 'a-b' }]);
});

it('a list of names must stand on a function that makes as many columns', async () => {
  await refuses(
    () =>
      frame()
        .select(F.explode('m').alias(['a', 'b', 'c']))
        .columns(),
    'EXPRESSION_INVALID',
    {},
    '2 names',
  );
  await refuses(
    () =>
      frame()
        .select(col('i').alias(['a', 'b']))
        .columns(),
    'EXPRESSION_INVALID',
    {},
    'list of names',
  );
});

it('two names for one method give the same', async () => {
  const [i, s] = [col('i'), col('s')];
  const pairs: [Column, Column][] = [
    [i.equalTo(5), i.eq(5)],
    [i.notEqual(5), i.neq(5)],
    [i.astype('string'), i.cast('string')],
    [s.as('r'), s.alias('r')],
    [s.name('r'), s.alias('r')],
  ];
  for (const [a, b] of pairs) expect(a.expression).toEqual(b.expression);
});

it("selectExpr takes a column's name as it is, also a word of SQL's", async () => {
  const made = open().createFrame([{ at: 1, select: 2, 'a b': 3 }]);
  expect(await made.selectExpr('at', 'select', ' a b ', '"at" + 1 AS next').collect()).toEqual([{ at: 1, select: 2, 'a b': 3, next: 2 }]);
  await refuses(() => made.selectExpr('at + 1').columns(), 'EXPRESSION_INVALID', {}, 'double quotes');
});
