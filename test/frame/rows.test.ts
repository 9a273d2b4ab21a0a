import { describe, expect, it } from 'vitest';
import type { RowsIn } from '#dist/engine/local/rows.js';
import type { MlErrorDetails } from '#dist/error.js';
import { Vectors } from '#dist/linalg/vectors.js';
import { refuses, session } from '../engine/harness.ts';

const open = session(1);

describe('without a schema', () => {
  it.each<[string, unknown[], string]>([
    ['a number', [1, 2.5], 'double'],
    ['a bigint', [1n], 'long'],
    ['a boolean', [true], 'boolean'],
    ['a text', ['1'], 'string'],
    ['a Date', [new Date(0)], 'timestamp'],
    ['bytes', [Uint8Array.of(1)], 'binary'],
    ['a vector', [Vectors.dense([1]), Vectors.sparse(1, [], [])], 'vector'],
    ['an array', [[], ['a', null]], 'array<string>'],
    ['a typed array', [Float32Array.of(1)], 'array<double>'],
    ['a Map', [new Map([['a', 1]])], 'map<string,double>'],
    ['an object', [{ a: 1 }, { b: 'x' }], 'struct<a:double,b:string>'],
    ['an array of objects', [[{ a: null }], [{ a: 1n }]], 'array<struct<a:long>>'],
  ])('the type of a column shows from %s, nulls aside', async (_, values, type) => {
    const frame = open().createFrame([null, ...values, undefined].map((x) => ({ x })));
    expect(await frame.dtypes()).toEqual([['x', type]]);
    expect(await frame.count()).toBe(values.length + 2);
    expect((await frame.first())?.x).toBeNull();
  });

  it('columns are all names that any row has, in the order in which they come', async () => {
    const frame = open().createFrame([{ a: 1 }, { b: 'x', a: 2 }, {}]);
    expect(await frame.collect()).toEqual([
      { a: 1, b: null },
      { a: 2, b: 'x' },
      { a: null, b: null },
    ]);
  });

  it.each<[string, unknown[], 'VALUE_INVALID' | 'SCHEMA_INVALID', MlErrorDetails]>([
    ['two types', [1, 'x'], 'VALUE_INVALID', { column: 'x', row: 1, value: 'x' }],
    ['numbers and bigints', [1, null, 2n], 'VALUE_INVALID', { column: 'x', row: 2 }],
    ['a function', [() => 1], 'VALUE_INVALID', { column: 'x', row: 0 }],
    ['a symbol', [Symbol.iterator], 'VALUE_INVALID', { column: 'x', row: 0 }],
    ['nothing but null', [null, undefined], 'SCHEMA_INVALID', { column: 'x' }],
    ['an array of nothing', [[], [null]], 'SCHEMA_INVALID', { column: 'x' }],
    ['an array of two types', [[1, 'x']], 'VALUE_INVALID', {}],
    ['an empty object', [{}], 'VALUE_INVALID', { column: 'x', row: 0 }],
    ['a Set', [new Set([1])], 'VALUE_INVALID', { column: 'x', row: 0 }],
    ['a number in an object', [null, Object(1)], 'VALUE_INVALID', { column: 'x', row: 1 }],
    ['a promise', [Promise.resolve(1)], 'VALUE_INVALID', { column: 'x', row: 0 }],
  ])('refuses a column of %s', (_, values, code, details) => refuses(() => open().createFrame(values.map((x) => ({ x }))), code, details));
});

describe('with a schema', () => {
  it('rows may be arrays in its order, or objects with more and fewer keys', async () => {
    const rows: RowsIn = [[1, 'a'], { s: 'b', other: true }, { __proto__: { i: 5 } }];
    expect(await open().createFrame(rows, 'i int, s string').collect()).toEqual([
      { i: 1, s: 'a' },
      { i: null, s: 'b' },
      { i: null, s: null },
    ]);
  });

  it.each<[string, unknown]>([
    ['int', 1.5],
    ['int', 2 ** 31],
    ['byte', 128],
    ['long', 2 ** 63],
    ['double', '1'],
    ['string', 1],
    ['boolean', 0],
    ['date', 'yesterday'],
    ['timestamp', new Date(Number.NaN)],
    ['vector', [1, 2]],
    ['array<int>', [1.5]],
    ['decimal(4,2)', 'x'],
    ['decimal(4,2)', [1]],
    ['struct<a:int>', new Date(0)],
    ['struct<a:int>', new Map([['a', 1]])],
    ['map<string,int>', new Date(0)],
  ])('refuses a value that is no %s: %j', async (type, value) => {
    await refuses(
      () =>
        open()
          .createFrame([{ x: null }, { x: value }], { x: type })
          .collect(),
      'VALUE_INVALID',
      { column: 'x' },
      /x/,
    );
  });

  it('refuses null where the schema says that none may be', () =>
    refuses(() => open().createFrame([{ x: 1 }, {}], { x: { type: 'int', nullable: false } }), 'VALUE_INVALID', { column: 'x', row: 1 }));

  it('reads an Arrow table in its order', async () => {
    const table = await open()
      .createFrame([{ a: 1, b: 'x' }])
      .toArrow();
    expect(await open().createFrame(table, { b: 'string', a: 'double' }).columns()).toEqual(['b', 'a']);
    await refuses(() => open().createFrame(table, { c: 'string' }), 'COLUMN_NOT_FOUND', { column: 'c' });
  });
});

it.each<[string, unknown, MlErrorDetails]>([
  ['no array', { a: 1 }, {}],
  ['a row that is no object', [{ a: 1 }, 5], { row: 1 }],
  ['a row that is an array, without a schema', [[1]], { row: 0 }],
  ['a row that is null', [null], { row: 0 }],
])('refuses %s', (_, rows, details) => refuses(() => open().createFrame(rows as RowsIn), 'VALUE_INVALID', details));

it('takes a number of partitions >= 1, which changes no row', async () => {
  expect(
    await open()
      .createFrame([{ x: 1 }, { x: 2 }], 'x double', { partitions: 7 })
      .collect(),
  ).toEqual([{ x: 1 }, { x: 2 }]);
  await refuses(() => open().createFrame([{ x: 1 }], 'x double', { partitions: 0 }), 'PARAM_INVALID', { param: 'partitions' });
});
