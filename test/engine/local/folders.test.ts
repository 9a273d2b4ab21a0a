import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { folder, session } from '../harness.ts';

const open = session(1);
const path = folder();

describe.each(['parquet', 'csv', 'json'] as const)('columns that folders say, of %s files', (format) => {
  it('have the values of their own folder, whatever their order', async () => {
    const names = { v: 'string', year: 'int', month: 'int', k10: 'string', k2: 'int' } as const;
    const rows = [
      { v: 'a', year: 2024, month: 5, k10: '/[]?=:', k2: 7 },
      { v: 'b', year: 2023, month: 12, k10: 'x', k2: 8 },
    ];
    const to = path(`order-${format}`);
    await open().createFrame(rows, names).write.format(format).partitionBy('year', 'month', 'k10', 'k2').save(to);
    const back = open().read.format(format).schema('v string').load(to);
    expect(await back.orderBy('v').collect()).toEqual(rows);
  });

  it('may have any name', async () => {
    for (const name of ['a=b', '"', '%', 'é', 'a b', '__proto__']) {
      const to = path(`name-${format}`);
      const row = Object.fromEntries([
        ['x', '1'],
        [name, 'q=%2F'],
      ]);
      const frame = open().createFrame([row], Object.fromEntries(Object.keys(row).map((key) => [key, 'string'])));
      await frame.write.format(format).mode('overwrite').partitionBy(name).save(to);
      expect(await open().read.format(format).schema('x string').load(to).collect()).toEqual([row]);
    }
  });

  it('go before columns of the file, and stay at their place', async () => {
    const to = path(`both-${format}`);
    mkdirSync(to);
    const options = format === 'csv' ? { header: true } : {};
    const frame = open().createFrame([{ a: 'x', b: 'no', c: 'y' }]);
    await frame.write.format(format).options(options).save(join(to, 'b=7'));
    const reader = open().read.format(format).options(options);
    expect(await reader.load(to).dtypes()).toEqual([
      ['a', 'string'],
      ['b', 'int'],
      ['c', 'string'],
    ]);
    expect(await reader.load(to).collect()).toEqual([{ a: 'x', b: 7, c: 'y' }]);
    const given = reader.schema(format === 'csv' ? 'a string, no string, c string' : 'c string').load(to);
    expect(await given.select('c', 'b').collect()).toEqual([{ c: 'y', b: 7 }]);
  });
});

it('puts rows of the empty text into the folder of null', async () => {
  await open()
    .createFrame([{ i: 1, s: '' }])
    .write.partitionBy('s')
    .parquet(path('empty'));
  expect(await open().read.schema('s string').parquet(path('empty')).collect()).toEqual([{ s: null }]);
});

/** Of Spark 4.3.0, which asks each value for its type and then for one that takes all. */
it.each([
  ['int', ['10', '-0', '+5', '010', '__HIVE_DEFAULT_PARTITION__']],
  ['long', ['1', '3000000000']],
  ['decimal(20,0)', ['11111111111111111111']],
  ['decimal(22,0)', ['0', '9223372036854775807111']],
  ['double', ['1.5', '1', 'NaN', 'Infinity']],
  ['double', ['99999999999999999999999999999999999999999']],
  ['string', ['3000000000', '1.5']],
  ['string', ['1.5', '11111111111111111111']],
  ['date', ['1990-02-24']],
  ['timestamp', ['2014-01-01', '2015-01-01 00:01:00']],
  ['string', ['2020-02-30']],
  ['string', ['2015-01-01 00:00:00', 'blah']],
  ['string', ['1', '2020-01-01']],
  ['string', ['true']],
])('finds %s in folders called %j', async (type, values) => {
  const root = path(`types-${values.join(' ')}`);
  for (const value of values) {
    const to = join(root, `k=${encodeURIComponent(value)}`);
    mkdirSync(to, { recursive: true });
    writeFileSync(join(to, 'a.csv'), 'x\n');
  }
  const frame = open().read.csv(root).select('k');
  expect(await frame.dtypes()).toEqual([['k', type]]);
  expect(await frame.count()).toBe(values.length);
  await frame.collect();
});
