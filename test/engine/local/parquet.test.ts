import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { folder, refuses, session, written } from '../harness.ts';

const open = session(1);
const path = folder();

/** A decimal(50,2), as pyarrow's write_table stores it (store_schema, use_dictionary and write_statistics False). */
const LONG_DECIMAL =
  'UEFSMRUAFTYVNiwVAhUAFQYVBhwAAAACAAAAAgEAAAAAAAAAAAAAAAAAAAAAAAAAAJYVBBksNQAYBnNjaGVtYRUCABUOFSoVAhgBeCUKFQQVZCxcFQQVZAAAABYCGRwZHCYAHBUOGSUGABkYAXgVABYCFlwWXCYISRwVABUAFQIAPCkGGSYAAgAAABZcFgImCBZcACggcGFycXVldC1jcHAtYXJyb3cgdmVyc2lvbiAyNi4wLjEZHBwAAACKAAAAUEFSMQ==';

async function files(name: string, ...tables: readonly (readonly [string, readonly Record<string, unknown>[]])[]): Promise<string[]> {
  const paths = tables.map((_, k) => path(`${name}-${k}`));
  for (const [k, [schema, rows]] of tables.entries())
    await open()
      .createFrame(rows, schema)
      .write.parquet(paths[k] as string);
  return paths;
}

describe('a schema over Parquet files', () => {
  it('finds columns that only some of the files have', async () => {
    const paths = await files('columns', ['a int', [{ a: 1 }]], ['a int, b string', [{ a: 2, b: 'x' }]], ['b string', [{ b: 'y' }]]);
    expect(await open().read.schema('b string, a int').parquet(paths).collect()).toEqual([
      { b: null, a: 1 },
      { b: 'x', a: 2 },
      { b: 'y', a: null },
    ]);
  });

  it('is the type of columns that are narrower in some of the files', async () => {
    const paths = await files('types', ['a int', [{ a: 1 }]], ['a long', [{ a: 3_000_000_000n }]]);
    expect(await open().read.schema('a long').parquet(paths).collect()).toEqual([{ a: 1n }, { a: 3_000_000_000n }]);
  });

  it('reads bytes as the text that they spell, and text as its bytes', async () => {
    const [file] = await files('bytes', ['b binary, s string', [{ b: new TextEncoder().encode('é\0\\'), s: 'é\0\\' }, {}]]);
    expect(
      await open()
        .read.schema('b string, s binary')
        .parquet(file as string)
        .collect(),
    ).toEqual([
      { b: 'é\0\\', s: new TextEncoder().encode('é\0\\') },
      { b: null, s: null },
    ]);
  });

  it('reaches into lists, maps and structs, some of which share no field with it', async () => {
    const row = { s: { b: new Uint8Array([97]) }, l: [new Uint8Array([255 - 128])], m: new Map([['k', new Uint8Array([92])]]), o: { a: 1, b: 2 } };
    const [file] = await files('nested', ['s struct<b:binary>, l array<binary>, m map<string,binary>, o struct<a:int,b:int>', [row]]);
    const wanted = 's struct<z:int,b:string>, l array<string>, m map<string,string>, o struct<z:int>';
    expect(
      await open()
        .read.schema(wanted)
        .parquet(file as string)
        .collect(),
    ).toEqual([{ s: { z: null, b: 'a' }, l: ['\x7f'], m: new Map([['k', '\\']]), o: { z: null } }]);
  });

  it('refuses bytes that spell no text', async () => {
    const [file] = await files('no-text', ['b binary', [{ b: new Uint8Array([0xff]) }]]);
    await refuses(() => open().read.schema('b string').parquet(file).collect(), 'VALUE_INVALID', {}, 'must be UTF-8, one value is not');
  });
});

const fixture = (name: string) => fileURLToPath(new URL(`fixtures/${name}.parquet`, import.meta.url));

describe('files that Spark wrote', () => {
  const whole = [{ a: 1 }, { a: 2 }];
  const lists = [
    {
      id: 1,
      whole,
      holes: [{ a: null }, { a: 3 }],
      three: [null, { a: 4 }],
      numbers: [[1], [2, 3]],
      nested: [[{ a: 1 }], [{ a: 2 }, { a: 3 }]],
      within: { l: [{ a: 5 }] },
      map: new Map([['k', [{ a: 7 }]]]),
    },
    { id: 2, whole: [], holes: [], three: [], numbers: [[], [5]], nested: [[]], within: { l: [] }, map: new Map() },
    { id: 3, whole: null, holes: null, three: null, numbers: null, nested: null, within: null, map: null },
  ];

  it('hold lists of structs of one field by the older rules', async () => {
    const file = fixture('legacy-lists');
    expect(await open().read.parquet(file).collect()).toEqual(lists);
    expect(await open().read.schema('whole array<struct<a:long,b:int>>').parquet(file).limit(1).collect()).toEqual([
      {
        whole: [
          { a: 1n, b: null },
          { a: 2n, b: null },
        ],
      },
    ]);
  });

  it('hold variants, which are the texts that a cast makes of them', async () => {
    const rows = await open().read.parquet(fixture('variant')).orderBy('id').collect();
    expect(rows.map(({ v }) => v)).toEqual(['{"a":1,"b":[1,2.5,"x",null]}', 'xA', '12345678901234567890.5', null, null]);
  });

  it('may be without a byte, beside others or under a schema', async () => {
    const [full] = await files('full', ['a int', [{ a: 1 }]]);
    const empty = written(path('empty.parquet'), '');
    expect(
      await open()
        .read.parquet([empty, full as string])
        .collect(),
    ).toEqual([{ a: 1 }]);
    expect(await open().read.schema('a int').parquet(empty).collect()).toEqual([]);
    await refuses(() => open().read.parquet(empty).collect(), 'VALUE_INVALID', { path: empty }, 'damaged');
  });
});

it.each(['s struct<a:int,A:int>', 's array<map<string,struct<a:int,A:int>>>'])('refuses fields that differ in case only: %s', async (schema) => {
  const file = written(path('fields.json'), '{"s":{"a":1,"A":2}}\n');
  await refuses(() => open().read.schema(schema).json(file).collect(), 'NOT_SUPPORTED', { column: 's' }, 'has "a" and "A"');
});

it('refuses decimals of more than 38 digits', async () => {
  const file = written(path('long.parquet'), Buffer.from(LONG_DECIMAL, 'base64'));
  await refuses(() => open().read.parquet(file).collect(), 'NOT_SUPPORTED', { column: 'x', path: file }, 'column "x"', 'has 50');
});
