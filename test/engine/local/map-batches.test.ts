import { expect, it } from 'vitest';
import { lit } from '#dist/frame/column.js';
import { Vectors } from '#dist/linalg/vectors.js';
import { refuses, session } from '../harness.ts';

const open = session(2);
const MODULE = new URL('fixtures/batches.mjs', import.meta.url);

const numbers = (n: number) => open().range(n).selectExpr('CAST(id AS DOUBLE) AS x');

it('gives the columns of the function, in the order of rows, also over several batches', async () => {
  const made = numbers(150_000).mapBatches(MODULE, 'doubled', { schema: { y: 'double', kind: 'string' } });
  expect((await made.columns()).join()).toBe('y,kind');
  const rows = await made.collect();
  expect(rows.every((row, i) => row.y === 2 * i && row.kind === 'Float64Array')).toBe(true);
  expect(rows).toHaveLength(150_000);
});

it('may give fewer rows than came, and none of none', async () => {
  const evens = numbers(9).mapBatches(MODULE, 'evens', { schema: { x: 'double' } });
  expect((await evens.collect()).map((r) => r.x)).toEqual([0, 2, 4, 6, 8]);
  expect(
    await numbers(0)
      .mapBatches(MODULE, 'evens', { schema: { x: 'double' } })
      .collect(),
  ).toEqual([]);
});

it('adds a column, from the columns asked for', async () => {
  const frame = numbers(3).withColumn('z', lit(1));
  const made = frame.withBatchColumn('y', 'double', MODULE, 'affine', { columns: ['x'], args: { a: 3, b: 1 } });
  expect(await made.collect()).toEqual([0, 1, 2].map((x) => ({ x, z: 1, y: 3 * x + 1 })));
});

it('replaces a column of that name, and goes on as any frame', async () => {
  const made = numbers(4).withBatchColumn('x', 'double', MODULE, 'affine', { args: { a: -1, b: 0 } });
  expect((await made.filter('x < -1').orderBy('x').collect()).map((r) => r.x)).toEqual([-3, -2]);
});

it('hands vectors over as vectors, and nulls as null', async () => {
  const frame = open().createFrame([{ v: Vectors.dense([1, 2]) }, { v: null }, { v: Vectors.sparse(2, [1], [5]) }], { v: 'vector' });
  expect((await frame.withBatchColumn('sum', 'double', MODULE, 'sums').collect()).map((r) => r.sum)).toEqual([3, null, 5]);
});

it.each([
  ['no such export', 'nowhere', 'PARAM_INVALID'],
  ['another number of rows', 'short', 'VALUE_INVALID'],
  ['no columns at all', 'nothing', 'VALUE_INVALID'],
  ['an error of its own', 'fails', 'TASK_FAILED'],
] as const)('refuses %s', (_, name, code) => refuses(() => numbers(5).withBatchColumn('y', 'double', MODULE, name).collect(), code));

it('refuses a column that does not exist before anything runs', () =>
  refuses(
    () =>
      numbers(5)
        .withBatchColumn('y', 'double', MODULE, 'affine', { columns: ['nope'] })
        .schema(),
    'COLUMN_NOT_FOUND',
    { column: 'nope' },
  ));
