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

  it('refuses bytes that spell no text', async () => {
    const [file] = await files('no-text', ['b binary', [{ b: new Uint8Array([0xff]) }]]);
    await refuses(() => open().read.schema('b string').parquet(file).collect(), 'VALUE_INVALID', {}, 'must be UTF-8, one value is not');
  });
});

it('refuses decimals of more than 38 digits', async () => {
  const file = written(path('long.parquet'), Buffer.from(LONG_DECIMAL, 'base64'));
  await refuses(() => open().read.parquet(file).collect(), 'NOT_SUPPORTED', { column: 'x', path: file }, 'column "x"', 'has 50');
});
