import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { parquetReadObjects } from 'hyparquet';
import { describe, expect, it } from 'vitest';
import { DenseMatrix, SparseMatrix, Vectors } from '#dist/linalg/index.js';
import { type ColumnField, type ColumnType, parseColumnType, sparkStruct } from '#dist/persistence/column-type.js';
import { readParquet } from '#dist/persistence/parquet-read.js';
import { writeParquet } from '#dist/persistence/parquet-write.js';
import { FIXTURES } from './files.ts';

const field = (name: string, type: string): ColumnField => [name, parseColumnType(type)];
const float = (x: number) => Math.fround(x);

/** Any value of a column type. */
function anyOf(type: ColumnType): fc.Arbitrary<unknown> {
  const there = (): fc.Arbitrary<unknown> => {
    switch (type.kind) {
      case 'array':
        return fc.array(anyOf(type.element), { maxLength: 4 });
      case 'map':
        return fc.array(fc.tuple(anyOf(type.key), anyOf(type.value)), { maxLength: 3 }).map((entries) => new Map(entries as [unknown, unknown][]));
      case 'struct':
        return fc.tuple(...type.fields.map(([, inner]) => anyOf(inner)));
      default:
        return {
          boolean: fc.boolean(),
          byte: fc.integer({ min: -128, max: 127 }),
          int: fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }),
          long: fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
          float: fc.double().map(float),
          double: fc.double(),
          string: fc.string({ unit: 'grapheme' }),
        }[type.name];
    }
  };
  return type.nullable ? fc.option(there(), { freq: 4 }) : there();
}

const TYPES = [
  'boolean!',
  'boolean',
  'byte!',
  'int',
  'long!',
  'long',
  'float',
  'double!',
  'double',
  'string!',
  'string',
  'array<double!>',
  'array<array<string>>',
  'map<string, double!>',
  'map<int, map<double, int!>>',
  'struct<id: int!, stats: array<double!>, deep: struct<name: string, list: array<long!>>>',
  'array<struct<k: string!, v: array<int>>>',
];

describe('writeParquet', () => {
  it.each(TYPES)('is read back as it was: %s', async (type) => {
    const columns = [field('before', 'int!'), field('x', type)];
    const rows = fc.array(fc.tuple(fc.integer({ min: 0, max: 9 }), anyOf(columns[1][1])), { maxLength: 20 });
    await fc.assert(
      fc.asyncProperty(rows, async (table) => {
        expect(await readParquet(writeParquet(columns, table, '4.3.0'), columns)).toEqual(table);
      }),
      { seed: 1, numRuns: 60 },
    );
  });

  it('keeps vectors and matrices, sparse or not', async () => {
    const columns = ['vector', 'matrix', 'oldVector', 'oldMatrix'].map((type) => field(type, type));
    const [dense, sparse] = [Vectors.dense(1, -0, Number.NaN), Vectors.sparse(100_000, [3, 99_999], [1e-300, Infinity])];
    const [full, few] = [new DenseMatrix(2, 3, [1, 2, 3, 4, 5, 6], true), new SparseMatrix(3, 2, [0, 1, 2], [2, 0], [7, -7], false)];
    const rows = [
      [dense, full, sparse, few],
      [sparse, few, dense, full],
      [null, null, null, null],
    ];
    expect(await readParquet(writeParquet(columns, rows, '4.3.0'), columns)).toEqual(rows);
  });

  it('gives the same bytes for the same rows', () => {
    const columns = [field('x', 'array<double!>')];
    expect(writeParquet(columns, [[[1, 2]]], '4.3.0')).toEqual(writeParquet(columns, [[[1, 2]]], '4.3.0'));
  });

  it('is read alike by hyparquet', async () => {
    const columns = [
      field('i', 'int!'),
      field('d', 'double'),
      field('s', 'string'),
      field('l', 'long!'),
      field('xs', 'array<double!>'),
      field('v', 'vector'),
    ];
    const rows = Array.from({ length: 300 }, (_, i) => [
      i,
      i % 3 ? i / 7 : null,
      i % 5 ? `né 😀 ${i % 11}` : null,
      2n ** 62n + BigInt(i),
      Array.from({ length: i % 4 }, (__, j) => j + 0.5),
      Vectors.dense(i, -i),
    ]);
    const bytes = writeParquet(columns, rows, '4.3.0');
    const theirs = await parquetReadObjects({ file: bytes.slice().buffer });
    expect(theirs.map(({ i, d, s, l, xs, v }) => [i, d ?? null, s ?? null, l, xs, v.values])).toEqual(
      rows.map(([i, d, s, l, xs]) => [i, d, s, l, xs, [i, -(i as number)]]),
    );
  });

  it('names Spark’s types in the footer', () => {
    expect(sparkStruct([field('v', 'vector'), field('n', 'int!')])).toMatchObject({
      type: 'struct',
      fields: [
        { name: 'v', nullable: true, type: { type: 'udt', class: 'org.apache.spark.ml.linalg.VectorUDT', pyClass: 'pyspark.ml.linalg.VectorUDT' } },
        { name: 'n', nullable: false, type: 'integer' },
      ],
    });
  });

  it('refuses rows of another width', () => {
    expect(() => writeParquet([field('x', 'int')], [[1, 2]], '4.3.0')).toThrow(/row 0 must have 1 values, got 2/);
  });
});

describe('readParquet', () => {
  const columns = [field('id', 'int!'), field('x', 'double'), field('name', 'string')];
  const rows = [
    [1, 1.5, 'a'],
    [2, null, null],
  ];
  const bytes = writeParquet(columns, rows, '4.3.0');

  it('finds columns by name, whatever their order, and passes over others', async () => {
    expect(await readParquet(bytes, [columns[2], columns[0]])).toEqual(rows.map(([id, , name]) => [name, id]));
  });

  it.each([
    ['a column that is missing', [field('y', 'int')], /column "y" is missing; the table has id, x, name/],
    ['another type', [field('id', 'long')], /column "id" must be long, is int32/],
    ['a list where a number is due', [field('x', 'array<double!>')], /column "x" must be array, is double/],
    ['null where none may be', [field('x', 'double!')], /column "x" must not be null/],
  ])('refuses %s', async (_, wanted, reason) => {
    await expect(readParquet(bytes, wanted)).rejects.toThrow(reason);
  });

  it.each([
    ['', /the file is empty/],
    ['PAR1', /not a Parquet file, or it is cut off/],
    ['PAR1\0\0\0\0\xff\xff\xff\x7fPAR1', /footer is longer than the file/],
  ])('refuses %j', async (text, reason) => {
    await expect(
      readParquet(
        Uint8Array.from(text, (c) => c.charCodeAt(0)),
        columns,
      ),
    ).rejects.toThrow(reason);
  });

  it('refuses types that no codec may name', () => {
    for (const type of ['', 'integer', 'array<int', 'map<int>', 'int!!', 'struct<a>', 'vector>', '__proto__']) {
      expect(() => parseColumnType(type), type).toThrow(/column type must be such as/);
    }
  });

  const tables = readdirSync(FIXTURES, { recursive: true, encoding: 'utf8' }).filter((file) => /data.part-.*\.parquet$/.test(file));
  it('reads what Spark wrote as hyparquet does', async () => {
    expect(tables.length).toBeGreaterThan(15);
    for (const table of tables) {
      const file = new Uint8Array(readFileSync(join(FIXTURES, table)));
      const theirs = await parquetReadObjects({ file: file.slice().buffer });
      const plain: ColumnField[] = Object.entries(theirs[0])
        .filter(([, value]) => typeof value === 'number' && !Number.isInteger(value))
        .map(([name]) => field(name, 'double'));
      expect(await readParquet(file, plain), table).toEqual(theirs.map((row) => plain.map(([name]) => row[name])));
    }
  });
});
