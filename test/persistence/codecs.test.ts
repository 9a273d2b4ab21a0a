import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { DuckDBInstance } from '@duckdb/node-api';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseColumnType } from '#dist/persistence/column-type.js';
import { load } from '#dist/persistence/load.js';
import { unHadoop, unLz4 } from '#dist/persistence/lz4.js';
import { readParquet } from '#dist/persistence/parquet-read.js';
import { unzstd } from '#dist/persistence/zstd.js';
import { fileMap, folders, withFile } from './files.ts';
import { expectLoaded, expectScored } from './fixture-tables.ts';

const ROOT = fileURLToPath(new URL('../fixtures/codecs/', import.meta.url));
const variants = readdirSync(ROOT).filter((name) => !name.includes('.'));
const NONE = fileMap(join(ROOT, 'none'));
const fresh = folders();

describe('what Spark saved under other settings', () => {
  it('is one pipeline in each codec, encoding and layout', () => {
    expect(variants.length).toBe(19);
  });

  it.each(variants.filter((name) => name !== 'metadata-bzip2'))('loads and scores as it did there: %s', async (name) => {
    await expectLoaded(join(ROOT, name), join(ROOT, 'none'));
    await expectScored(join(ROOT, name), ROOT);
  });

  it('is refused with the codec, the file and the remedy where it cannot be read', async () => {
    await expect(load(join(ROOT, 'metadata-bzip2'))).rejects.toMatchObject({
      code: 'NOT_SUPPORTED',
      message: expect.stringMatching(/metadata-bzip2\/metadata\/part-.*bz2": bzip2 cannot be read here; unpack the file/),
      details: { path: expect.stringMatching(/bz2$/) },
    });
    const file = [...NONE.keys()].find((entry) => /^stages\/2.*data\/part-/.test(entry))!;
    const bytes = NONE.get(file)!.slice();
    // In the footer a column's codec (field 4, none) stands behind its path and before its number of values.
    const footer = bytes.length - 8 - new DataView(bytes.buffer).getUint32(bytes.length - 8, true);
    for (let at = footer; at < bytes.length - 8; at++) if (bytes[at] === 0x15 && bytes[at + 1] === 0 && bytes[at + 2] === 0x16) bytes[at + 1] = 6;
    await expect(load(withFile(NONE, file, bytes))).rejects.toMatchObject({
      code: 'NOT_SUPPORTED',
      message: expect.stringMatching(/data\/part-.*Parquet codec lzo cannot be read here; write the model again with .* set to snappy/),
    });
    await expect(load(withFile(NONE, file, 'PARE1234PARE'))).rejects.toMatchObject({ message: expect.stringMatching(/is encrypted/) });
  });
});

describe('files beside those of the model', () => {
  const moved = (change: (name: string) => string) => new Map([...NONE].map(([name, bytes]) => [change(name), bytes]));
  const junk = new TextEncoder().encode('junk');

  it.each([
    ['in folders within data/', moved((name) => name.replace(/(^|\/)data\/part/, '$1data/a b/ü=1/part'))],
    ['checksums, hidden or not', new Map([...NONE].flatMap(([name, bytes]) => [[name, bytes] as const, [`${name}.crc`, junk] as const]))],
    ['hidden files and folders', new Map([...NONE, ['data/.DS_Store', junk], ['metadata/.part.crc', junk], ['metadata/_temporary/0/part-0', junk]])],
    ['no _SUCCESS', new Map([...NONE].filter(([name]) => !name.endsWith('_SUCCESS')))],
    ['an empty part of the metadata', withFile(NONE, 'metadata/part-00001', '')],
    ['other names of parts', moved((name) => name.replace(/part-.*(\.parquet|\.txt)$/, 'part$1'))],
  ])('are no hindrance: %s', async (_, files) => {
    expect((await load(files)).uid).toBe((await load(NONE)).uid);
  });
});

describe('readParquet', () => {
  const TYPES = {
    id: 'int',
    wild: 'long',
    x: 'double',
    y: 'double',
    flag: 'boolean',
    name: 'string',
    noise: 'string',
    list: 'array<double>',
    f: 'float',
  };
  const columns = Object.entries(TYPES).map(([name, type]) => [name, parseColumnType(type)] as const);

  it('reads the same values from each codec and both versions of pages that DuckDB writes', async () => {
    const folder = fresh();
    const duck = await (await DuckDBInstance.create(':memory:')).connect();
    await duck.run(`CREATE TABLE t AS SELECT i::INT * (CASE WHEN i % 7 = 0 THEN -9999 ELSE 3 END) AS id, (hash(i) // 2)::BIGINT * (1 - 2 * (i % 2)) AS wild,
      sin(i) AS x, CASE WHEN i % 5 = 0 THEN NULL ELSE round(i / 3) END AS y, i % 3 = 0 AS flag, 'town ' || (i % 40) || repeat('é', (i % 9)::INT) AS name,
      md5(i::VARCHAR) AS noise, [i, i / 2, 3.5]::DOUBLE[] AS list, cos(i)::FLOAT AS f FROM range(5000) r(i)`);
    let first: unknown[][] | undefined;
    const encodings = new Set<unknown>();
    for (const version of ['V1', 'V2']) {
      for (const codec of [
        'uncompressed',
        'snappy',
        'gzip',
        'lz4_raw',
        'brotli',
        'zstd',
        'zstd, COMPRESSION_LEVEL 1',
        'zstd, COMPRESSION_LEVEL 19',
      ]) {
        const file = join(folder, `${version}-${codec}.parquet`);
        await duck.run(`COPY t TO '${file}' (FORMAT parquet, PARQUET_VERSION ${version}, CODEC ${codec})`);
        const rows = await readParquet(new Uint8Array(readFileSync(file)), columns);
        first ??= rows;
        expect(rows.length).toBe(5000);
        expect(Buffer.from(JSON.stringify(rows, big)).equals(Buffer.from(JSON.stringify(first, big))), `${version} ${codec}`).toBe(true);
        for (const [encoding] of await (await duck.runAndReadAll(`SELECT encodings FROM parquet_metadata('${file}')`)).getRows())
          encodings.add(encoding);
      }
    }
    expect([...encodings].join()).toMatch(/DELTA_BINARY_PACKED/);
    expect([...encodings].join()).toMatch(/BYTE_STREAM_SPLIT/);
    duck.closeSync();
  });
});

const big = (_: string, value: unknown) => (typeof value === 'bigint' ? String(value) : value);

describe('damaged packed data', () => {
  const file = [...fileMap(join(ROOT, 'metadata-zstd'))].find(([name]) => name.endsWith('.zst'))!;
  const packed = file[1];
  const plain = unzstd(packed, 1 << 20);

  it('is the text that was packed, or an error soon', () => {
    expect(new TextDecoder().decode(plain)).toMatch(/^\{"class":"org.apache.spark/);
    const change = fc.tuple(fc.nat(packed.length - 1), fc.nat(255));
    fc.assert(
      fc.property(fc.array(change, { minLength: 1, maxLength: 4 }), fc.nat(packed.length), (changes, end) => {
        const bytes = packed.slice(0, changes.length === 4 ? end : packed.length);
        for (const [at, byte] of changes) bytes[at] = byte;
        try {
          expect(unzstd(bytes, 1 << 20).length).toBeLessThanOrEqual(1 << 20);
        } catch (error) {
          expect((error as Error).message).toMatch(/zstd data|data ends too early/);
        }
      }),
      { seed: 1, numRuns: 5000 },
    );
  });

  it('gives no more than its limit, however often it repeats itself', () => {
    // 98,303 copies of the longest kind, out of tables that take no bits: 18 bytes that keep other decoders busy for minutes.
    const body = [0x00, 255, 0xff, 0xff, 0b01010100, 35, 1, 52, 0x80];
    const frame = [0x28, 0xb5, 0x2f, 0xfd, 0x00, 0x58, ((body.length << 3) & 0xff) | 5, body.length >> 5, 0, ...body];
    expect(() => unzstd(Uint8Array.from(frame), 1 << 20)).toThrow(/damaged/);
    const zeros = [0x28, 0xb5, 0x2f, 0xfd, 0x00, 0x58, ...Array.from({ length: 100 }, () => [0x02, 0x00, 0x10, 0]).flat()];
    expect(() => unzstd(Uint8Array.from(zeros), 1 << 20)).toThrow(/unpack to more than 1048576 bytes/);
  });

  it('in LZ4 is an error, or bytes as many as are due', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 60 }), (bytes) => {
        try {
          expect(unLz4(bytes, 100).length).toBe(100);
        } catch (error) {
          expect((error as Error).message).toMatch(/LZ4 data/);
        }
      }),
      { seed: 1, numRuns: 2000 },
    );
    expect(unHadoop(Uint8Array.of(0xff, 0xff, 0xff, 0xff, 0, 0, 0, 1, 0), 1000)).toBeNull();
  });
});
