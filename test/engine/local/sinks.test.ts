import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { parquetMetadataAsync } from 'hyparquet';
import { describe, expect, it } from 'vitest';
import { OWN_PROCESS } from '#dist/engine/temp-files.js';
import { col } from '#dist/frame/column.js';
import type { Frame } from '#dist/frame/frame.js';
import { Vectors } from '#dist/linalg/vectors.js';
import { filesIn, folder, refuses, session } from '../harness.ts';

const open = session(2);
const path = folder();

const numbers = (...xs: number[]) => open().createFrame(xs.map((x) => ({ x })));
const xs = async (at: string) => (await open().read.parquet(at).orderBy('x').collect()).map((r) => r.x);
/** A frame whose last row cannot be computed. */
const broken = () =>
  open()
    .createFrame([['1'], ['2'], ['no']], { x: 'string' })
    .select(col('x').cast('double'));

describe('mode', () => {
  it('error refuses a path that is taken, and is the default', async () => {
    await numbers(1).write.parquet(path('error'));
    for (const write of [numbers(2).write, numbers(2).write.mode('error'), numbers(2).write.mode('errorifexists')]) {
      await refuses(() => write.parquet(path('error')), 'ALREADY_EXISTS');
    }
    expect(await xs(path('error'))).toEqual([1]);
  });

  it.each([
    ['ignore', [1]],
    ['append', [1, 2]],
    ['overwrite', [2]],
  ] as const)('%s over a data set leaves %j', async (mode, rows) => {
    await numbers(1).write.parquet(path(mode), { mode });
    await numbers(2).write.parquet(path(mode), { mode });
    expect(await xs(path(mode))).toEqual(rows);
    expect(filesIn(path(mode)).filter((name) => name === '_SUCCESS')).toHaveLength(1);
  });

  it('overwrite may replace what is being read', async () => {
    await numbers(1, 2).write.parquet(path('self'));
    await open().read.parquet(path('self')).select(col('x').plus(1).alias('x')).write.parquet(path('self'), { mode: 'overwrite' });
    expect(await xs(path('self'))).toEqual([2, 3]);
  });

  it('overwrite leaves a folder with other things, and a file', async () => {
    mkdirSync(path('project', 'src'), { recursive: true });
    writeFileSync(path('project', 'src', 'main.ts'), '');
    writeFileSync(path('file'), 'kept');
    for (const name of ['project', 'file']) {
      await refuses(() => numbers(1).write.parquet(path(name), { mode: 'overwrite' }), 'ALREADY_EXISTS');
    }
    expect(filesIn(path('project'))).toEqual(['src/main.ts']);
    expect(readFileSync(path('file'), 'utf8')).toBe('kept');
  });

  it('refuses a mode, an option and a path that do not exist', async () => {
    await refuses(() => numbers(1).write.parquet(path('x'), { mode: 'replace' as 'error' }), 'PARAM_INVALID', { param: 'mode' });
    await refuses(() => numbers(1).write.parquet(path('x'), { color: 'red' } as object), 'PARAM_UNKNOWN', { param: 'color' });
    await refuses(() => numbers(1).write.parquet(''), 'PARAM_INVALID');
    expect(existsSync(path('x'))).toBe(false);
  });
});

describe('a write that does not finish', () => {
  const attempts: [string, (frame: Frame, at: string) => Promise<void>][] = [
    ['parquet', (frame, at) => frame.write.parquet(at, { mode: 'overwrite' })],
    ['csv', (frame, at) => frame.write.csv(at, { mode: 'overwrite' })],
    ['json', (frame, at) => frame.write.json(at, { mode: 'overwrite' })],
    ['parquet, appended', (frame, at) => frame.write.parquet(at, { mode: 'append' })],
  ];

  it.each(attempts)('because a value fails leaves the old data and nothing else: %s', async (name, write) => {
    const [home, at] = [path('failing', name), path('failing', name, 'data')];
    await numbers(1).write.parquet(at);
    const before = filesIn(home);
    await refuses(() => write(broken(), at), 'VALUE_INVALID');
    expect(filesIn(home)).toEqual(before);
    expect(await xs(at)).toEqual([1]);
  });

  it('because its signal aborts leaves the old data and nothing else', async () => {
    const [home, at] = [path('aborted'), path('aborted', 'data')];
    await numbers(1).write.parquet(at);
    const before = filesIn(home);
    const frame = open().range(1e12).selectExpr('sin(id) AS x');
    const abort = new AbortController();
    const aborted = refuses(() => frame.write.parquet(at, { mode: 'overwrite', signal: abort.signal }), 'ABORTED');
    while (filesIn(home).length === before.length) await new Promise((resolve) => setTimeout(resolve, 5));
    abort.abort();
    await aborted;
    await refuses(() => frame.write.parquet(at, { mode: 'overwrite', signal: AbortSignal.abort() }), 'ABORTED');
    expect(filesIn(home)).toEqual(before);
    expect(await xs(at)).toEqual([1]);
  });
});

describe('parquet', () => {
  const attributes = {
    num_attrs: 2,
    attrs: {
      numeric: [
        { idx: 0, name: 'age' },
        { idx: 1, name: 'höhe' },
      ],
    },
  };
  const rows = [
    { id: 1, v: Vectors.dense([1, 2]) },
    { id: 2, v: Vectors.sparse(2, [1], [5]) },
    { id: 3, v: null },
  ];

  it('keeps vectors, their form, and ML attributes', async () => {
    await open()
      .createFrame(rows, { id: { type: 'int', nullable: false, metadata: { comment: 'key' } }, v: { type: 'vector', attributes } })
      .write.parquet(path('vectors'));
    const back = open().read.parquet(path('vectors'));
    expect(await back.collect()).toEqual(rows);
    const [id, v] = (await back.schema()).fields;
    expect(id).toMatchObject({ type: { kind: 'int' }, metadata: { comment: 'key' } });
    expect(v).toMatchObject({ type: { kind: 'vector' }, metadata: { ml_attr: attributes } });
  });

  it('says so in the footer as Spark does', async () => {
    const file = filesIn(path('vectors')).find((name) => name.endsWith('.snappy.parquet')) as string;
    const bytes = readFileSync(path('vectors', file));
    const { key_value_metadata: pairs } = await parquetMetadataAsync(
      bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length) as ArrayBuffer,
    );
    const schema = JSON.parse(pairs?.find((p) => p.key === 'org.apache.spark.sql.parquet.row.metadata')?.value ?? 'null');
    expect(schema.fields.map((f: { name: string }) => f.name)).toEqual(['id', 'v']);
    expect(schema.fields[1]).toMatchObject({
      type: { type: 'udt', class: 'org.apache.spark.ml.linalg.VectorUDT' },
      metadata: { ml_attr: attributes },
    });
  });

  it.each(['snappy', 'zstd', 'gzip', 'none'])('is compressed as asked: %s', async (compression) => {
    await numbers(1, 2, 3).write.parquet(path(`codec-${compression}`), { compression });
    expect(await xs(path(`codec-${compression}`))).toEqual([1, 2, 3]);
  });
});

describe('partitionBy', () => {
  it('makes a folder of each value, and reading gives the column back', async () => {
    const rows = [
      { k: 'a/b', x: 1 },
      { k: 'c=d', x: 2 },
      { k: 'ü 1', x: 3 },
      { k: 'a/b', x: 4 },
    ];
    await open().createFrame(rows).write.parquet(path('parts'), { partitionBy: 'k' });
    expect(readdirSync(path('parts')).sort()).toEqual(['_SUCCESS', 'k=a%2Fb', 'k=c%3Dd', 'k=ü 1']);
    expect(await open().read.parquet(path('parts')).orderBy('x').select('k', 'x').collect()).toEqual(rows);
  });

  it('appends beside the folders that are there', async () => {
    await open()
      .createFrame([
        { k: 'c=d', x: 5 },
        { k: 'new', x: 6 },
      ])
      .write.parquet(path('parts'), { partitionBy: ['k'], mode: 'append' });
    expect(await open().read.parquet(path('parts')).groupBy('k').count().orderBy('k').collect()).toEqual([
      { k: 'a/b', count: 2n },
      { k: 'c=d', count: 2n },
      { k: 'new', count: 1n },
      { k: 'ü 1', count: 1n },
    ]);
  });

  it('refuses columns that do not exist, vectors, and all columns', async () => {
    const frame = open().createFrame([{ k: 'a', v: Vectors.dense([1]) }]);
    await refuses(() => frame.write.partitionBy('nope').parquet(path('p1')), 'COLUMN_NOT_FOUND', { column: 'nope' });
    await refuses(() => frame.write.partitionBy('v').parquet(path('p1')), 'COLUMN_TYPE', { column: 'v' });
    await refuses(() => frame.select('k').write.partitionBy('k').parquet(path('p1')), 'SCHEMA_INVALID');
    expect(existsSync(path('p1'))).toBe(false);
  });
});

describe('texts', () => {
  const rows = [
    { s: 'a,"b"\nc', n: 1.5, l: 9007199254740993n, b: true, t: new Date('2024-01-02T03:04:05.678Z') },
    { s: 'back\\slash', n: Number.NaN, l: -1n, b: false, t: new Date(0) },
    { s: 'ü😀', n: null, l: null, b: null, t: null },
  ];
  const schema = { s: 'string', n: 'double', l: 'long', b: 'boolean', t: 'timestamp' };
  const frame = () => open().createFrame(rows, schema);

  it('a CSV file reads back', async () => {
    await frame().write.csv(path('csv'), { header: true });
    expect(await open().read.csv(path('csv'), { header: true, multiLine: true, schema }).collect()).toEqual(rows);
  });

  it('a JSON file reads back', async () => {
    await frame().write.json(path('json'));
    expect(await open().read.json(path('json'), { schema }).collect()).toEqual(rows);
  });

  it.each(['vector', 'array<int>', 'struct<a:int>', 'binary'])('%s is refused in CSV before anything is written', async (type) => {
    const empty = open().createFrame([], { x: type });
    await refuses(() => empty.write.csv(path('no-csv')), 'COLUMN_TYPE', { column: 'x' });
    expect(existsSync(path('no-csv'))).toBe(false);
  });
});

it('writes a frame of no rows that reads back with its schema', async () => {
  await open().createFrame([], { a: 'int', v: 'vector' }).write.parquet(path('empty'));
  expect(await open().read.parquet(path('empty')).dtypes()).toEqual([
    ['a', 'int'],
    ['v', 'vector'],
  ]);
});

describe('what a process that was killed in the middle of a write leaves', () => {
  const gone = OWN_PROCESS.replace(/\d+$/, String(spawnSync(process.execPath, ['-e', '']).pid));
  const elsewhere = gone.replace(/^./, (digit) => (digit === '0' ? '1' : '0'));
  /** As an overwrite of `name` leaves the folder when it ends between its two renames. */
  const interrupted = async (name: string, owner: string) => {
    const at = (kind: string) => path(name, `.millstream-${kind}-${owner}-0123abcd-data`);
    await numbers(1, 2).write.parquet(path(name, 'data'));
    renameSync(path(name, 'data'), at('replaced'));
    await numbers(3).write.parquet(at('writing'));
    return path(name, 'data');
  };

  it.each([
    ['this machine', gone],
    ['another', elsewhere],
  ])('on %s can be read in the old version, and replaced', async (where, owner) => {
    const data = await interrupted(`read ${where}`, owner);
    expect(await xs(data)).toEqual([1, 2]);
    await numbers(4).write.parquet(data, { mode: 'overwrite' });
    expect(await xs(data)).toEqual([4]);
  });

  it('is put back before the next write', async () => {
    const data = await interrupted('put back', gone);
    await refuses(() => numbers(4).write.parquet(data), 'ALREADY_EXISTS');
    await numbers(4).write.parquet(data, { mode: 'append' });
    expect(await xs(data)).toEqual([1, 2, 4]);
    expect(readdirSync(path('put back'))).toEqual(['data']);
  });

  it('is removed by a write beside it, but for the only version of something', async () => {
    const data = await interrupted('beside', gone);
    const foreign = await interrupted('foreign', elsewhere);
    for (const folder of ['beside', 'foreign']) await numbers(4).write.parquet(path(folder, 'other'));
    expect(readdirSync(path('beside')).filter((name) => name.startsWith('.')).length).toBe(1);
    expect(readdirSync(path('foreign')).filter((name) => name.startsWith('.')).length).toBe(2);
    expect([await xs(data), await xs(foreign)]).toEqual([
      [1, 2],
      [1, 2],
    ]);
  });
});
