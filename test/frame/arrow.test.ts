import * as arrow from 'apache-arrow';
import { describe, expect, it } from 'vitest';
import { schemaFromArrow } from '#dist/frame/arrow-schema.js';
import { tableFromArrow } from '#dist/frame/arrow-table.js';
import { Schema } from '#dist/frame/schema.js';
import { typeName } from '#dist/frame/types.js';
import { col } from '#dist/index.js';
import { Matrices } from '#dist/linalg/matrices.js';
import { Vectors } from '#dist/linalg/vectors.js';
import { refuses, session } from '../engine/harness.ts';

const open = session(1);

const VALUES: [string, unknown[]][] = [
  ['boolean', [true, false, null]],
  ['byte', [-128, 127, null]],
  ['short', [-32768, 32767, null]],
  ['int', [-2147483648, 2147483647, null]],
  ['long', [-9223372036854775808n, 9007199254740993n, null]],
  ['float', [Math.fround(0.1), Number.NaN, null]],
  ['double', [-0, 5e-324, Number.NaN, Number.POSITIVE_INFINITY, null]],
  ['decimal(20,3)', ['-12345678901234567.891', '0.000', null]],
  ['string', ['', 'ü😀', 'a\u0000b', null]],
  ['binary', [Uint8Array.of(), Uint8Array.of(0, 255), null]],
  ['date', ['2024-02-29', '1969-12-31', '+010000-01-01', null]],
  ['timestamp', [new Date('2024-02-29T12:34:56.789Z'), new Date(-1), null]],
  ['array<string>', [[], ['a', null], null]],
  ['array<array<int>>', [[[1], null, []], null]],
  [
    'map<string,double>',
    [
      new Map([
        ['a', 1],
        ['b', null],
      ]),
      null,
    ],
  ],
  ['struct<a:int,b:string>', [{ a: 1, b: null }, null]],
  ['vector', [Vectors.dense([1, Number.NaN]), Vectors.sparse(3, [2], [-0]), Vectors.dense([]), null]],
  ['matrix', [Matrices.dense(2, 1, [1, 2]), null]],
];

describe('values survive the way into Arrow and back', () => {
  it.each(VALUES)('%s', async (type, values) => {
    const frame = open().createFrame(
      values.map((x) => [x]),
      { x: type },
    );
    const table = await frame.toArrow();
    expect(table.numRows).toBe(values.length);
    const back = open().createFrame(table);
    expect((await back.schema()).fields).toEqual((await frame.schema()).fields);
    expect(await back.collect()).toEqual(values.map((x) => ({ x })));
    expect(
      await open()
        .createFrame(arrow.tableFromIPC(arrow.tableToIPC(table)))
        .collect(),
    ).toEqual(values.map((x) => ({ x })));
  });
});

it('keeps metadata and whether null may be', async () => {
  const schema = Schema.from({ v: { type: 'vector', attributes: { num_attrs: 1 } }, id: { type: 'int', nullable: false } });
  const table = await open()
    .createFrame([{ v: Vectors.dense([1]), id: 1 }], schema)
    .toArrow();
  expect(schemaFromArrow(table.schema).fields).toEqual(schema.fields);
});

it('reads an empty table, and one with rows in several batches', async () => {
  const empty = await open().createFrame([], { x: 'int' }).toArrow();
  expect(empty.numRows).toBe(0);
  expect(await open().createFrame(empty).dtypes()).toEqual([['x', 'int']]);
  const one = arrow.tableFromArrays({ x: Float64Array.of(1, 2) });
  const several = new arrow.Table([...one.batches, ...arrow.tableFromArrays({ x: Float64Array.of(3) }).batches]);
  expect((await open().createFrame(several).collect()).map((r) => r.x)).toEqual([1, 2, 3]);
  expect((await open().createFrame(several.slice(1, 3)).collect()).map((r) => r.x)).toEqual([2, 3]);
});

it('reads dictionary-encoded text as text', () => {
  const table = arrow.tableFromArrays({ s: ['a', 'b', 'a'] });
  expect(arrow.DataType.isDictionary(table.schema.fields[0].type)).toBe(true);
  const { schema, columns } = tableFromArrow(table);
  expect(typeName(schema.fields[0].type)).toBe('string');
  expect(Array.from(columns[0])).toEqual(['a', 'b', 'a']);
});

it.each([
  ['uint8', new arrow.Uint8(), 'short'],
  ['uint16', new arrow.Uint16(), 'int'],
  ['uint32', new arrow.Uint32(), 'long'],
  ['float32', new arrow.Float32(), 'float'],
  ['timestamp in seconds', new arrow.TimestampSecond(), 'timestamp'],
  ['date in milliseconds', new arrow.DateMillisecond(), 'date'],
])('Arrow’s %s becomes %3$s', (_, type, wanted) => {
  expect(typeName(schemaFromArrow(new arrow.Schema([new arrow.Field('x', type as arrow.DataType)])).fields[0].type)).toBe(wanted);
});

it.each([
  ['uint64', new arrow.Uint64()],
  ['an interval', new arrow.IntervalDayTime()],
])('refuses %s', (_, type) =>
  refuses(() => schemaFromArrow(new arrow.Schema([new arrow.Field('x', type as arrow.DataType)])), 'SCHEMA_INVALID', { column: 'x' }),
);

it('gives batches as they are asked for, and rows one after the other', async () => {
  const frame = open().range(150_000);
  let rows = 0;
  for await (const batch of frame) rows += batch.numRows;
  expect(rows).toBe(150_000);
  for await (const batch of frame.batches()) {
    expect(batch.numRows).toBeLessThan(150_000);
    break;
  }
  const first: unknown[] = [];
  for await (const row of frame.toLocalIterator()) {
    first.push(row.id);
    if (first.length === 3) break;
  }
  expect(first).toEqual([0n, 1n, 2n]);
});

it('gives the values that collect gives, over chunks and rows put in another order', async () => {
  const rows = 5000;
  const at = <T>(i: number, value: T) => (i % 7 === 3 ? null : value);
  const frame = open()
    .createFrame(
      Array.from({ length: rows }, (_, i) => ({
        n: i,
        flag: at(i + 1, i % 2 === 0),
        text: at(i + 2, 'é'.repeat(i % 11)),
        money: at(i + 3, `${i % 2 ? '-' : ''}${i}.50`),
        list: at(i + 4, i % 3 === 0 ? [] : [i, null, -i]),
        v: at(i, i % 5 === 0 ? Vectors.sparse(4, [i % 4], [i]) : Vectors.dense([i, 0])),
      })),
      { n: 'int', flag: 'boolean', text: 'string', money: 'decimal(12,2)', list: 'array<int>', v: 'vector' },
    )
    .sort(col('n').mod(1000).desc(), 'n')
    .filter('n % 4 != 1');
  const table = await frame.toArrow();
  expect(await open().createFrame(table).collect()).toEqual(await frame.collect());
});

it('keeps the microseconds of a timestamp', async () => {
  const table = await open().sql("SELECT TIMESTAMP '2024-02-29 12:34:56.789123' AS t").toArrow();
  expect(table.getChild('t')?.data[0]?.values[0]).toBe(1709210096789123n);
});

it('reads the milliseconds of a timestamp far away, sliced or not', () => {
  const at = [253402300799999999n, -62135596800000001n, 0n];
  const vector = arrow.vectorFromArray(at, new arrow.Int64());
  const t = new arrow.Vector(vector.data.map((chunk) => chunk.clone(new arrow.TimestampMicrosecond() as never)));
  const wanted = ['9999-12-31T23:59:59.999Z', '0000-12-31T23:59:59.999Z', '1970-01-01T00:00:00.000Z'].map((text) => new Date(text));
  const table = new arrow.Table({ t });
  expect(tableFromArrow(table).columns[0]).toEqual(wanted);
  expect(tableFromArrow(table.slice(1)).columns[0]).toEqual(wanted.slice(1));
});
