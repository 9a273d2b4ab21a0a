import { readFileSync, writeFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { MlError } from '#dist/error.js';
import { parseType, typeName } from '#dist/frame/types.js';
import { folder, refuses, session } from '../harness.ts';

interface Case {
  readonly text: string;
  readonly options: Record<string, unknown>;
  readonly schema?: string;
  readonly output?: { readonly columns: readonly { readonly name: string; readonly type: string }[]; readonly rows: readonly (readonly unknown[])[] };
  readonly error?: string;
}

/** Made by Spark 4.3.0, see `goldens/make.py`. */
const { cases }: { cases: readonly Case[] } = JSON.parse(readFileSync(new URL('../../goldens/json.json', import.meta.url), 'utf8'));

/** Texts that read otherwise on purpose, with the reason. */
const DIFFERENT: ReadonlyMap<string, string> = new Map([
  ['{"a":1,}\n{"a":2}\n', 'the engine takes a comma behind the last field'],
  ['{"a":1,"a":2}\n', 'of fields of one name the first counts'],
  ["{'a':[1,'x',{\"b\":'c'}]}\n", 'an object that is wanted as text has double quotes'],
]);

const open = session(1);
const path = folder();

/** Values as the golden file has them. */
function plain(value: unknown): unknown {
  if (value instanceof Date) return `${value.toISOString().slice(0, -1)}000Z`;
  if (value instanceof Map) return Object.fromEntries([...value].map(([k, v]) => [k, plain(v)]));
  if (typeof value === 'bigint') return Number(value);
  if (typeof value === 'number' && !Number.isFinite(value)) return String(value);
  if (typeof value !== 'object' || value === null) return value;
  return Object.values(value).map(plain);
}

describe('a JSON file reads as Spark reads it', () => {
  it.each(
    cases.filter(({ text }) => !DIFFERENT.has(text)).map((c, k) => [`${c.text} ${JSON.stringify(c.options)} ${c.schema ?? ''}`, k, c] as const),
  )('%s', async (_, k, { text, options, schema, output, error }) => {
    const file = path(`${k}.json`);
    writeFileSync(file, text);
    const reader = open().read.options(options);
    const read = async () => {
      const frame = (schema ? reader.schema(schema) : reader).json(file);
      const { fields } = await frame.schema();
      const rows = await frame.toDF(...fields.map((_, j) => `c${j}`)).collect();
      return { fields: fields.map((f) => [f.name, typeName(f.type)]), rows: rows.map((row) => Object.values(row).map(plain)) };
    };
    if (error) {
      const found = await read().catch((e: unknown) => e);
      expect(found).toBeInstanceOf(MlError);
      expect((found as MlError).code).not.toBe('INTERNAL');
      return;
    }
    const { columns, rows } = output as NonNullable<Case['output']>;
    expect(await read()).toEqual({ fields: columns.map((c) => [c.name, typeName(parseType(c.type))]), rows });
  });
});

it('a lone carriage return ends a line', async () => {
  const file = path('breaks.json');
  writeFileSync(file, '{"a":1}\r\n{"a":2}\r{"a":3}');
  expect(await open().read.json(file).collect()).toEqual([{ a: 1n }, { a: 2n }, { a: 3n }]);
});

it('half of a character is a question mark, and makes a line malformed where it stands in a name, as in Spark', async () => {
  const lines = [
    '{"a":"\\ud800","b":1}',
    '{"a":"p\\udC00q\\n","b":2}',
    '{"a":"\\ud83d\\uDE00","b":3}',
    '{"\\ud800k":1,"b":4}',
    '{"a":"\\udc00\\ud83d","b":5}',
  ];
  const file = path('halves.json');
  writeFileSync(file, lines.join('\n'));
  expect(await open().read.json(file).collect()).toEqual([
    { _corrupt_record: null, a: '?', b: 1n },
    { _corrupt_record: null, a: 'p?q\n', b: 2n },
    { _corrupt_record: null, a: '😀', b: 3n },
    { _corrupt_record: lines[3], a: null, b: null },
    { _corrupt_record: null, a: '??', b: 5n },
  ]);
  expect(await open().read.schema('b int').json(file, { mode: 'DROPMALFORMED' }).count()).toBe(4);
  await refuses(() => open().read.schema('b int').json(file, { mode: 'FAILFAST' }).collect(), 'VALUE_INVALID', { line: 4 }, 'an object');
});

it('whole numbers of either sign are longs up to the last of them', async () => {
  const file = path('longs.json');
  writeFileSync(file, '{"a":9223372036854775807,"b":[-9223372036854775808,1]}\n{"a":-1,"b":[]}\n');
  const frame = open().read.json(file);
  expect(await frame.dtypes()).toEqual([
    ['a', 'long'],
    ['b', 'array<long>'],
  ]);
  expect(await frame.collect()).toEqual([
    { a: 9223372036854775807n, b: [-9223372036854775808n, 1n] },
    { a: -1n, b: [] },
  ]);
});

it('a number beyond floats is infinite', async () => {
  const file = path('floats.json');
  writeFileSync(file, '{"f":1e300,"g":[-1e39]}\n');
  expect(await open().read.schema('f float, g array<float>').json(file).collect()).toEqual([
    { f: Number.POSITIVE_INFINITY, g: [Number.NEGATIVE_INFINITY] },
  ]);
});

it('fields whose names are empty make no columns, at any depth and beside broken lines', async () => {
  const file = path('nameless.json');
  for (const [more, columns] of [
    ['', ['C1', 's']],
    ['{broken\n', ['C1', '_corrupt_record', 's']],
  ] as const) {
    writeFileSync(file, `{"":1,"C1":5,"s":{"":2,"b":3}}\n${more}`);
    const frame = open().read.json(file);
    expect(await frame.columns()).toEqual(columns);
    expect(await frame.select('C1', 's').first()).toEqual({ C1: 5n, s: { b: 3n } });
  }
});

it('an encoding other than UTF-8 is refused', async () => {
  const file = path('encoded.json');
  writeFileSync(file, '{"a":1}\n');
  expect(await open().read.option('encoding', 'UTF-8').json(file).count()).toBe(1);
  await refuses(() => open().read.option('encoding', 'ISO-8859-1').json(file).count(), 'NOT_SUPPORTED', { param: 'encoding' });
});

it('a file of empty objects has no columns', async () => {
  const file = path('empty.json');
  writeFileSync(file, '{}\n');
  expect(await open().read.json(file).columns()).toEqual([]);
});

it.each([
  ['a line of anything else, FAILFAST', 'nope\n', { mode: 'FAILFAST' }, undefined],
  ['a document that is no object', '[1, 2]', { multiLine: true }, undefined],
  ['a value of another kind, FAILFAST', '{"a":"x"}\n', { mode: 'FAILFAST' }, 'a int'],
])('refuses %s', async (_, text, options, schema) => {
  const file = path('refused.json');
  writeFileSync(file, text);
  const reader = open().read.options(options);
  const found = await (schema ? reader.schema(schema) : reader)
    .json(file)
    .collect()
    .catch((e: unknown) => e);
  expect(found).toMatchObject({ code: 'VALUE_INVALID' });
});
