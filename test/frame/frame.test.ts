import { afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { type Column, col, expr, lit } from '#dist/frame/column.js';
import type { Frame } from '#dist/frame/frame.js';
import { avg, count, explode, max, rowNumber, sum } from '#dist/frame/functions.js';
import { Window } from '#dist/frame/window.js';
import { Vectors } from '#dist/linalg/vectors.js';
import { refuses, session } from '../engine/harness.ts';

const open = session(1);
const FOUR: [number, string | null, number | null][] = [
  [1, 'a', 10],
  [2, 'b', null],
  [3, 'a', 30],
  [4, null, Number.NaN],
];

let df: Frame;
let other: Frame;
beforeAll(() => {
  df = open().createFrame(FOUR, { id: 'int', k: 'string', x: 'double' });
  other = open().createFrame(
    [
      ['a', 'first'],
      ['c', 'third'],
      [null, 'none'],
    ],
    { k: 'string', name: 'string' },
  );
});
afterEach(() => vi.restoreAllMocks());

const rows = async (frame: Frame) => {
  const names = await frame.columns();
  return (await frame.toDF(...names.map((_, j) => `c${j}`)).collect()).map((row) => Object.values(row));
};
const ids = (...wanted: number[]) => wanted.map((id) => FOUR[id - 1]);

/** A method, what it gives, and the names of its columns where they are others. */
const METHODS: [string, (f: Frame) => Frame, unknown[][], string[]?][] = [
  [
    'select',
    (f) => f.select('k', [col('id').plus(1).alias('next')]),
    [
      ['a', 2],
      ['b', 3],
      ['a', 4],
      [null, 5],
    ],
    ['k', 'next'],
  ],
  ['select *', (f) => f.select('*', lit(1).alias('one')).limit(1), [[1, 'a', 10, 1]], ['id', 'k', 'x', 'one']],
  ['selectExpr', (f) => f.selectExpr('id * 2 AS twice', 'upper(k) AS k').limit(1), [[2, 'A']], ['twice', 'k']],
  ['withColumn', (f) => f.withColumn('y', col('x').times(2)).limit(1), [[1, 'a', 10, 20]], ['id', 'k', 'x', 'y']],
  ['withColumn over another', (f) => f.withColumn('k', col('id').cast('string')).limit(1), [[1, '1', 10]], ['id', 'k', 'x']],
  ['withColumns', (f) => f.withColumns({ id: col('x'), y: col('id') }).limit(1), [[10, 'a', 10, 1]], ['id', 'k', 'x', 'y']],
  ['withMetadata', (f) => f.withMetadata('x', { comment: 'c' }).limit(1), [[1, 'a', 10]]],
  ['withColumnRenamed', (f) => f.withColumnRenamed('x', 'y').withColumnRenamed('nope', 'z').limit(1), [[1, 'a', 10]], ['id', 'k', 'y']],
  ['withColumnsRenamed', (f) => f.withColumnsRenamed({ id: 'x', x: 'id' }).limit(1), [[1, 'a', 10]], ['x', 'k', 'id']],
  ['drop', (f) => f.drop('x', 'nope').limit(1), [[1, 'a']], ['id', 'k']],
  ['toDF', (f) => f.toDF('a', 'b', 'c').limit(1), [[1, 'a', 10]], ['a', 'b', 'c']],
  ['alias', (f) => f.alias('l').filter(col('l.id').eq(3)).select('l.*'), ids(3)],
  ['filter', (f) => f.filter(col('k').neq('a')), ids(2)],
  ['filter by text', (f) => f.where("k = 'a' AND x > 10"), ids(3)],
  ['filter on NaN, which is the greatest number', (f) => f.filter(col('x').gt(1e300)), ids(4)],
  ['limit', (f) => f.limit(2), ids(1, 2)],
  ['limit 0', (f) => f.limit(0), []],
  ['offset', (f) => f.offset(3), ids(4)],
  ['orderBy', (f) => f.orderBy('k', col('id').desc()), ids(4, 3, 1, 2)],
  ['orderBy with options', (f) => f.orderBy('k', 'id', { ascending: [false, true] }), ids(2, 1, 3, 4)],
  ['sort, NaN as the greatest', (f) => f.sort(col('x').desc()), ids(4, 3, 1, 2)],
  ['orderBy keeps equal rows in their order', (f) => f.orderBy(lit(1).eq(1)), ids(1, 2, 3, 4)],
  ['distinct', (f) => f.select('k').distinct().orderBy('k'), [[null], ['a'], ['b']], ['k']],
  ['dropDuplicates', (f) => f.dropDuplicates(['k']).orderBy('id'), ids(1, 2, 4)],
  ['union', (f) => f.union(f.limit(1)), ids(1, 2, 3, 4, 1)],
  ['unionAll', (f) => f.limit(1).unionAll(f.limit(1)), ids(1, 1)],
  ['unionByName', (f) => f.limit(1).unionByName(f.limit(1).select('x', 'k', 'id')), ids(1, 1)],
  [
    'unionByName with missing columns',
    (f) => f.limit(1).unionByName(f.limit(1).select('id'), { allowMissingColumns: true }),
    [...ids(1), [1, null, null]],
  ],
  ['intersect', (f) => f.select('k').intersect(other.select('k')).orderBy('k'), [[null], ['a']], ['k']],
  ['intersectAll', (f) => f.select('k').intersectAll(f.select('k')).orderBy('k'), [[null], ['a'], ['a'], ['b']], ['k']],
  ['subtract', (f) => f.select('k').subtract(other.select('k')), [['b']], ['k']],
  ['exceptAll', (f) => f.select('k').exceptAll(other.select('k')).orderBy('k'), [['a'], ['b']], ['k']],
  [
    'join',
    (f) => f.join(other, 'k').orderBy('id'),
    [
      ['a', 1, 10, 'first'],
      ['a', 3, 30, 'first'],
    ],
    ['k', 'id', 'x', 'name'],
  ],
  [
    'left join',
    (f) => f.join(other, ['k'], 'left').select('id', 'name').orderBy('id'),
    [
      [1, 'first'],
      [2, null],
      [3, 'first'],
      [4, null],
    ],
    ['id', 'name'],
  ],
  [
    'right join',
    (f) => f.join(other, 'k', 'right').select('k', 'id').orderBy('k', 'id'),
    [
      [null, null],
      ['a', 1],
      ['a', 3],
      ['c', null],
    ],
    ['k', 'id'],
  ],
  [
    'full join',
    (f) => f.join(other, 'k', 'outer').select('k', 'id').orderBy('k', 'id'),
    [
      [null, null],
      [null, 4],
      ['a', 1],
      ['a', 3],
      ['b', 2],
      ['c', null],
    ],
    ['k', 'id'],
  ],
  [
    'semi join',
    (f) => f.join(other, 'k', 'left_semi').orderBy('id'),
    [
      ['a', 1, 10],
      ['a', 3, 30],
    ],
    ['k', 'id', 'x'],
  ],
  ['anti join', (f) => f.join(other, 'k', 'anti').select('id').orderBy('id'), [[2], [4]], ['id']],
  [
    'join by a condition',
    (f) =>
      f
        .join(other, f.col('k').eqNullSafe(other.col('k')))
        .select(f.col('id'), other.col('k'))
        .orderBy('id'),
    [
      [1, 'a'],
      [3, 'a'],
      [4, null],
    ],
    ['id', 'k'],
  ],
  [
    'join by several conditions',
    (f) =>
      f
        .alias('a')
        .join(f.alias('b'), [col('a.k').eq(col('b.k')), col('a.id').lt(col('b.id'))])
        .select('a.id', col('b.id').alias('to')),
    [[1, 3]],
    ['id', 'to'],
  ],
  ['crossJoin', (f) => f.select('id').crossJoin(other.select('name')).agg(count('*').alias('n')), [[12n]], ['n']],
  ['agg', (f) => f.agg(sum('id').alias('s'), max('k').alias('m')), [[10n, 'b']], ['s', 'm']],
  ['agg by an object', (f) => f.agg({ id: 'sum', '*': 'count' }), [[10n, 4n]], ['sum(id)', 'count(1)']],
  [
    'groupBy',
    (f) => f.groupBy('k').agg(avg('id').alias('mean')).orderBy('k'),
    [
      [null, 4],
      ['a', 2],
      ['b', 2],
    ],
    ['k', 'mean'],
  ],
  [
    'groupBy an expression',
    (f) => f.groupBy(col('id').mod(2).alias('odd')).count().orderBy('odd'),
    [
      [0, 2n],
      [1, 2n],
    ],
    ['odd', 'count'],
  ],
  [
    'groupBy … sum',
    (f) => f.groupBy('k').sum('id').orderBy('k'),
    [
      [null, 4n],
      ['a', 4n],
      ['b', 2n],
    ],
    ['k', 'sum(id)'],
  ],
  ['groupBy … min and max', (f) => f.groupBy().max('x', 'id'), [[Number.NaN, 4]], ['max(x)', 'max(id)']],
  [
    'groupBy … pivot',
    (f) => f.groupBy('k').pivot('id', [1, 2]).agg(max('x')).orderBy('k'),
    [
      [null, null, null],
      ['a', 10, null],
      ['b', null, null],
    ],
    ['k', '1', '2'],
  ],
  [
    'fillna',
    (f) => f.fillna(0).filter('id IN (2, 4)'),
    [
      [2, 'b', 0],
      [4, null, 0],
    ],
  ],
  [
    'fillna by column',
    (f) => f.na.fill({ k: '?', x: -1 }).filter('id > 1'),
    [
      [2, 'b', -1],
      [3, 'a', 30],
      [4, '?', -1],
    ],
  ],
  ['fillna in a subset', (f) => f.fillna('?', ['k']).filter('id = 4'), [[4, '?', Number.NaN]]],
  ['dropna', (f) => f.dropna(), ids(1, 3)],
  ['dropna of all', (f) => f.na.drop({ how: 'all', subset: ['k', 'x'] }), ids(1, 2, 3)],
  ['dropna with a threshold', (f) => f.dropna({ thresh: 2 }), ids(1, 2, 3)],
  ['replace', (f) => f.replace('a', 'A').limit(1), [[1, 'A', 10]]],
  ['replace by a Map', (f) => f.na.replace(new Map([[10, 11]])).limit(1), [[1, 'a', 11]]],
  ['replace in a subset', (f) => f.replace([1, 10], [7, null], 'x').limit(1), [[1, 'a', null]]],
  ['repartition', (f) => f.repartition(3).coalesce(1), ids(1, 2, 3, 4)],
  ['transform', (f) => f.transform((g) => g.limit(1)), ids(1)],
  [
    'describe',
    (f) => f.describe('id'),
    [
      ['count', '4'],
      ['mean', '2.5'],
      ['stddev', '1.2909944487358056'],
      ['min', '1'],
      ['max', '4'],
    ],
    ['summary', 'id'],
  ],
  [
    'summary',
    (f) => f.select('k').summary('count', 'max', 'count_distinct'),
    [
      ['count', '3'],
      ['max', 'b'],
      ['count_distinct', '2'],
    ],
    ['summary', 'k'],
  ],
  [
    'explode',
    (f) => f.select('id', explode(expr('[id, 10]')).alias('e')).filter('id < 3'),
    [
      [1, 1],
      [1, 10],
      [2, 2],
      [2, 10],
    ],
    ['id', 'e'],
  ],
  [
    'a window',
    (f) =>
      f
        .select(
          'id',
          rowNumber()
            .over(Window.partitionBy('k').orderBy(col('id').desc()))
            .alias('n'),
        )
        .orderBy('id'),
    [
      [1, 2],
      [2, 1],
      [3, 1],
      [4, 1],
    ],
    ['id', 'n'],
  ],
  [
    'a running sum',
    (f) => f.select(sum('id').over(Window.orderBy('id').rowsBetween(-1, Window.currentRow)).alias('s')),
    [[1n], [3n], [5n], [7n]],
    ['s'],
  ],
];

it.each(METHODS)('%s gives the rows it should, and leaves its frame as it was', async (_, method, wanted, names = ['id', 'k', 'x']) => {
  const found = method(df);
  expect(await found.columns()).toEqual(names);
  expect(await rows(found)).toEqual(wanted);
  expect(await rows(df)).toEqual(FOUR);
});

const ACTIONS: [string, (f: Frame) => unknown, unknown][] = [
  ['count', (f) => f.count(), 4],
  ['columns', (f) => f.columns(), ['id', 'k', 'x']],
  [
    'dtypes',
    (f) => f.dtypes(),
    [
      ['id', 'int'],
      ['k', 'string'],
      ['x', 'double'],
    ],
  ],
  ['take', (f) => f.take(1), [{ id: 1, k: 'a', x: 10 }]],
  ['first', (f) => f.select('id').first(), { id: 1 }],
  ['first of none', (f) => f.limit(0).first(), null],
  ['head', (f) => f.select('id').head(), { id: 1 }],
  ['head of two', (f) => f.select('id').head(2), [{ id: 1 }, { id: 2 }]],
  ['tail', (f) => f.select('id').tail(2), [{ id: 3 }, { id: 4 }]],
  ['tail of more than there are', (f) => f.select('id').limit(1).tail(9), [{ id: 1 }]],
  ['isEmpty', (f) => f.isEmpty(), false],
  ['isEmpty of none', (f) => f.filter('id > 9').isEmpty(), true],
  ['approxQuantile', (f) => f.approxQuantile('x', [0, 0.5, 1]), [10, 10, 30]],
  ['approxQuantile of several', (f) => f.approxQuantile(['id', 'x'], [1]), [[4], [30]]],
  ['corr', (f) => f.filter('x IS NOT NULL').limit(2).corr('id', 'x'), 1],
  ['corr of one row', (f) => f.limit(1).corr('id', 'x'), null],
  ['cov', (f) => f.select('id', col('id').alias('j')).cov('id', 'j'), 5 / 3],
  ['showString', (f) => f.showString(1, 3), '+---+---+---+\n| id|  k|  x|\n+---+---+---+\n|  1|  a|10.|\n+---+---+---+\nonly showing top 1 row\n'],
];

it.each(ACTIONS)('%s gives what it should', async (_, action, wanted) => expect(await action(df)).toEqual(wanted));

it('prints rows and the schema', async () => {
  const log = vi.spyOn(console, 'log').mockImplementation(() => {});
  await df.show(1);
  await df.printSchema();
  expect(log.mock.calls.map(([text]) => String(text).split('\n')[0])).toEqual(['+---+---+----+', 'root']);
});

it('explains how the engine will run it', async () => expect(await df.filter('id > 1').explain()).toMatch(/\S/));

it('counts case in names, and takes dots for plain characters', async () => {
  const frame = open().createFrame([[1, 2, 3]], { a: 'int', A: 'int', 'a.b': 'int' });
  expect(await frame.select('A', 'a.b').collect()).toEqual([{ A: 2, 'a.b': 3 }]);
});

it('tells the columns of one name apart after a join', async () => {
  const [a, b] = [open().range(3), open().range(2).withColumn('id', col('id').plus(1))];
  const joined = a.join(b, a.col('id').eq(b.col('id').plus(0)), 'left');
  expect(await joined.columns()).toEqual(['id', 'id']);
  await refuses(() => joined.select('id').collect(), 'COLUMN_AMBIGUOUS', { column: 'id' });
  expect(await rows(joined.select(a.col('id'), b.col('id')).orderBy(a.col('id')))).toEqual([
    [0n, null],
    [1n, 1n],
    [2n, 2n],
  ]);
  expect(await joined.drop('id').columns()).toEqual([]);
  await refuses(() => joined.drop(col('id').plus(1)), 'EXPRESSION_INVALID', {}, 'names or columns');
});

describe('a mistake shows before any data is read', () => {
  it.each<[string, (f: Frame) => unknown, Parameters<typeof refuses>[1]]>([
    ['select of a missing column', (f) => f.select('nope').schema(), 'COLUMN_NOT_FOUND'],
    ['filter by a missing column', (f) => f.filter(col('nope').eq(1)).schema(), 'COLUMN_NOT_FOUND'],
    ['filter by a number', (f) => f.filter(col('id')).schema(), 'EXPRESSION_INVALID'],
    ['bad SQL text', (f) => f.filter('id >').schema(), 'EXPRESSION_INVALID'],
    ['a constant for a column', (f) => f.withColumn('y', 1 as never), 'EXPRESSION_INVALID'],
    ['select of a number', (f) => f.select(1 as never), 'EXPRESSION_INVALID'],
    ['toDF of too few names', (f) => f.toDF('a').schema(), 'SCHEMA_INVALID'],
    ['limit below 0', (f) => f.limit(-1), 'PARAM_INVALID'],
    ['a fraction of rows', (f) => f.offset(0.5), 'PARAM_INVALID'],
    ['repartition to 0', (f) => f.repartition(0), 'PARAM_INVALID'],
    ['orderBy of nothing', (f) => f.orderBy(), 'EXPRESSION_INVALID'],
    ['agg of nothing', (f) => f.agg(), 'EXPRESSION_INVALID'],
    ['pivot without values', (f) => f.groupBy('k').pivot('id', []), 'PARAM_INVALID'],
    ['join of an unknown kind', (f) => f.join(other, 'k', 'sideways' as never), 'PARAM_INVALID'],
    ['join by a column that one side lacks', (f) => f.join(other, 'name').schema(), 'COLUMN_NOT_FOUND'],
    ['union of other widths', (f) => f.union(other).schema(), 'SCHEMA_INVALID'],
    ['unionByName of other names', (f) => f.select('k', 'id').unionByName(other).schema(), 'COLUMN_NOT_FOUND'],
    ['fillna with null', (f) => f.fillna(null as never), 'VALUE_INVALID'],
    ['fillna with a Date', (f) => f.fillna(new Date(0) as never), 'VALUE_INVALID'],
    ['a seed of 65 bits', (f) => f.sample(0.5, 2n ** 64n), 'PARAM_INVALID'],
    ['an aggregate as a column', (f) => f.withColumn('n', count('*')).schema(), 'EXPRESSION_INVALID'],
    ['dropna how', (f) => f.dropna({ how: 'some' as 'any' }), 'PARAM_INVALID'],
    ['replace with lists of two lengths', (f) => f.replace([1, 2], [1]), 'VALUE_INVALID'],
    ['approxQuantile of text', (f) => f.approxQuantile('k', [0.5]), 'COLUMN_TYPE'],
    ['approxQuantile beyond 1', (f) => f.approxQuantile('id', [1.5]), 'PARAM_INVALID'],
    ['an unknown type', (f) => f.select(col('id').cast('strin' as string)), 'SCHEMA_INVALID'],
    [
      'arithmetic on a vector',
      (f) =>
        f
          .withColumn('v', lit(Vectors.dense([1])))
          .select(col('v').plus(1))
          .schema(),
      'EXPRESSION_INVALID',
    ],
  ])('%s', (_, build, code) => refuses(() => build(df), code));

  it('with a stack that points at the line which built the step', async () => {
    const wrong = df.select('nope');
    const error = await wrong.count().catch((e: Error) => e);
    expect((error as Error).stack).toContain('frame.test.ts');
  });
});

it('is aborted by a signal, before and while it runs', async () => {
  await refuses(() => df.collect({ signal: AbortSignal.abort() }), 'ABORTED');
  const abort = new AbortController();
  setTimeout(() => abort.abort(), 100);
  await refuses(() => open().range(1e12).selectExpr('sum(sin(id)) AS x').collect({ signal: abort.signal }), 'ABORTED');
  expect(await df.count()).toBe(4);
});

it('an expression of thousands of operators is an error of ours where it is built', async () => {
  const chain = (n: number) => Array.from({ length: n }).reduce<Column>((sum) => sum.plus(1), col('id'));
  expect((await df.select(chain(300).alias('r')).first())?.r).toBe(301);
  expect((await df.select(chain(790).alias('r')).schema()).names).toEqual(['r']);
  await refuses(() => chain(801), 'EXPRESSION_INVALID');
});
