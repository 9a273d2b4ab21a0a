import { readFileSync, writeFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { MlError } from '#dist/error.js';
import { parseType, typeName } from '#dist/frame/types.js';
import { folder, session } from '../harness.ts';

interface Case {
  readonly name: string;
  readonly text: string;
  readonly options: Record<string, unknown>;
  readonly schema?: string;
  readonly output?: { readonly columns: readonly { readonly name: string; readonly type: string }[]; readonly rows: readonly (readonly unknown[])[] };
  readonly error?: string;
}

/** Made by Spark 4.3.0, see `goldens/make.py`. */
const { cases }: { cases: readonly Case[] } = JSON.parse(readFileSync(new URL('../../goldens/csv.json', import.meta.url), 'utf8'));

/** Cases that differ from Spark on purpose, with the reason. */
const DIFFERENT: ReadonlyMap<string, string> = new Map([
  ['header names differing in case', 'names count case, so that they are different here'],
  ['samplingRatio does not change few rows', 'refused: types are inferred from all rows'],
]);

const open = session(1);
const path = folder();

function wanted(value: unknown, type: string): unknown {
  if (value === null) return null;
  if (type === 'timestamp') return new Date(`${(value as string).slice(0, 23)}Z`);
  if (type === 'bigint') return BigInt(value as string);
  return type === 'double' && typeof value === 'string' ? Number(value) : value;
}

it('knows every case that differs', () => {
  const names = new Set(cases.map((c) => c.name));
  expect([...DIFFERENT.keys()].filter((name) => !names.has(name))).toEqual([]);
});

describe('a CSV file reads as Spark reads it', () => {
  it.each(cases.filter((c) => !DIFFERENT.has(c.name)).map((c, k) => [c.name, k, c] as const))(
    '%s',
    async (_, k, { text, options, schema, output, error }) => {
      const file = path(`${k}.csv`);
      writeFileSync(file, text);
      const reader = open().read.options(options);
      const read = async () => {
        const frame = (schema ? reader.schema(schema) : reader).csv(file);
        const { fields } = await frame.schema();
        return { fields, rows: await frame.toDF(...fields.map((_, j) => `c${j}`)).collect() };
      };
      if (error) {
        const found = await read().catch((e: unknown) => e);
        expect(found).toBeInstanceOf(MlError);
        expect((found as MlError).code).not.toBe('INTERNAL');
        return;
      }
      const { columns, rows } = output as NonNullable<Case['output']>;
      const found = await read();
      expect(found.fields.map((f) => [f.name, typeName(f.type)])).toEqual(columns.map((c) => [c.name, typeName(parseType(c.type))]));
      expect(found.rows.map((row) => Object.values(row))).toEqual(rows.map((row) => row.map((v, j) => wanted(v, columns[j].type))));
    },
  );
});

it.each([
  ['windows-1252', Buffer.from([0x61, 0x0a, 0x80, 0xe9, 0x0a])],
  ['UTF-16LE', Buffer.from('\ufeffa\n€é\n', 'utf16le')],
])('reads texts in %s', async (encoding, bytes) => {
  const file = path(`${encoding}.csv`);
  writeFileSync(file, bytes);
  expect(await open().read.csv(file, { header: true, encoding }).collect()).toEqual([{ a: '€é' }]);
});

it.each([
  ['encoding', 'no-such', 'NOT_SUPPORTED'],
  ['locale', 'not a tag', 'PARAM_INVALID'],
])('refuses the %s %s', async (option, value, code) => {
  const file = path('refused.csv');
  writeFileSync(file, 'a\n1\n');
  const found = await open()
    .read.csv(file, { [option]: value })
    .columns()
    .catch((e: unknown) => e);
  expect(found).toMatchObject({ code, details: { param: option } });
});

it.each([
  ['\\t', 'a\tb'],
  ['\\\\', 'a\\b'],
  ['_/-\\\\_', 'a_/-\\_b'],
  ['\\\\|', 'a\\|b'],
])('takes the separator %s as Spark spells it', async (sep, text) => {
  const file = path('separated.csv');
  writeFileSync(file, `${text}\n`);
  expect(await open().read.csv(file, { sep }).collect()).toEqual([{ _c0: 'a', _c1: 'b' }]);
});

it.each(['\\', '\\x', 'a\\|'])('refuses the separator %s', async (sep) => {
  const file = path('refused.csv');
  writeFileSync(file, 'a\n');
  await expect(open().read.csv(file, { sep }).columns()).rejects.toMatchObject({ code: 'PARAM_INVALID', details: { param: 'sep' } });
});

it('takes columns that must not be null for such as may, and an option of null for none', async () => {
  const file = path('nulls.csv');
  writeFileSync(file, '1,\n');
  const frame = open().read.schema('a int not null, b int not null').option('mode', null).csv(file);
  expect((await frame.schema()).fields.map((field) => field.nullable)).toEqual([true, true]);
  expect(await frame.collect()).toEqual([{ a: 1, b: null }]);
});

it.each(['csv', 'json'] as const)('refuses a column of corrupt %s records that is no text', async (format) => {
  const file = path(`corrupt.${format}`);
  writeFileSync(file, 'x\n');
  const found = await open()
    .read.format(format)
    .schema('a int, _corrupt_record int')
    .load(file)
    .collect()
    .catch((e: unknown) => e);
  expect(found).toMatchObject({ code: 'SCHEMA_INVALID', details: { column: '_corrupt_record' } });
});

it('holds the header of each file against the schema, with enforceSchema false', async () => {
  for (const [name, text] of [
    ['x', 'a,b\n1,2\n'],
    ['y', 'b,a\n3,4\n'],
  ])
    writeFileSync(path(`headers-${name}.csv`), text);
  const found = await open()
    .read.schema('a int, b int')
    .csv(path('headers-*.csv'), { header: true, enforceSchema: false })
    .collect()
    .catch((e: unknown) => e);
  expect(found).toMatchObject({ code: 'SCHEMA_INVALID', details: { path: path('headers-y.csv'), column: 'a' } });
});

it('finds the types of a hundred columns as of a few', async () => {
  const texts = [
    ['1', '2.5', 'true', '2024-01-31', '', 'x', '1', ''],
    ['-3', '4', 'False', '2024-02-29', '', '1', 'y', '7'],
  ];
  const types = ['int', 'double', 'boolean', 'date', 'string', 'string', 'string', 'int'];
  const file = path('wide.csv');
  writeFileSync(file, texts.map((line) => new Array<string[]>(14).fill(line).flat().join(',')).join('\n'));
  const found = await open().read.csv(file, { inferSchema: true }).dtypes();
  expect(found.map(([, type]) => type)).toEqual(new Array<string[]>(14).fill(types).flat());
});

it('reads moments with blanks before their offsets, short offsets and hours alone, as Spark does', async () => {
  const file = path('moments.csv');
  writeFileSync(file, '2020-01-02T03:04:05 +01:00\n2020-01-02T03:04:05+1\n2020-01-02 3\n');
  const moments = ['2020-01-02T02:04:05.000Z', '2020-01-02T02:04:05.000Z', '2020-01-02T03:00:00.000Z'].map((t) => ({ _c0: new Date(t) }));
  expect(await open().read.csv(file, { inferSchema: true }).collect()).toEqual(moments);
  expect(await open().read.schema('_c0 timestamp').csv(file).collect()).toEqual(moments);
});
