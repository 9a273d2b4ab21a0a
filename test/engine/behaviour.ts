import { Dictionary, Int32, Table, tableFromArrays, tableToIPC, Utf8, vectorFromArray } from 'apache-arrow';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import type { Session } from '#dist/engine/session.js';
import { MlError, type MlErrorCode, type MlErrorDetails } from '#dist/error.js';
import { col, lit } from '#dist/frame/column.js';
import type { Frame } from '#dist/frame/frame.js';
import * as F from '#dist/frame/functions.js';
import type { JoinHow } from '#dist/frame/join.js';
import { Schema } from '#dist/frame/schema.js';
import { Matrices } from '#dist/linalg/matrices.js';
import { Vectors } from '#dist/linalg/vectors.js';
import { refuses } from './harness.ts';
import { testIntervals } from './intervals.ts';

export interface EngineUnderTest {
  open(): Promise<Session>;
  /** A path for the engine below a fresh folder. */
  path(name: string): string;
}

const values = async (frame: Frame, column: string) => (await frame.collect()).map((r) => r[column]);

/** What a frame does on every engine: what differs on purpose is in docs/engines.md, and tested with the engine. */
export function testBehaviour({ open, path }: EngineUnderTest): void {
  let session: Session;
  beforeAll(async () => {
    session = await open();
  });
  afterAll(() => session?.close());
  const ids = async (frame: Frame) => (await frame.select('id').collect()).map((r) => Number(r.id));

  testIntervals(() => session, path);

  it('drops and fills missing values, and keeps the metadata that a column is given', async () => {
    const rows = [
      { id: 1, x: null },
      { id: 2, x: 2 },
    ];
    const frame = session.createFrame(rows, { id: 'int', x: 'double' });
    expect(await ids(frame.dropna())).toEqual([2]);
    expect(await values(frame.fillna(0), 'x')).toEqual([0, 2]);
    expect((await frame.withMetadata('x', { comment: 'c' }).schema()).find('x')?.metadata).toEqual({ comment: 'c' });
  });

  describe('createFrame', () => {
    it('keeps values of every type', async () => {
      const schema = {
        b: 'boolean',
        y: 'byte',
        h: 'short',
        i: 'int',
        l: 'long',
        f: 'float',
        d: 'double',
        m: 'decimal(20,3)',
        s: 'string',
        x: 'binary',
        day: 'date',
        at: 'timestamp',
        a: 'array<array<string>>',
        p: 'map<string,double>',
        r: 'struct<u:int,v:array<string>>',
        v: 'vector',
        q: 'matrix',
      };
      const row = {
        b: true,
        y: -128,
        h: 32767,
        i: -5,
        l: 9007199254740993n,
        f: 0.5,
        d: Number.NaN,
        m: '-12345678901234567.125',
        s: 'ß 😀',
        x: Uint8Array.of(0, 255),
        day: '1969-12-31',
        at: new Date('2024-02-29T12:34:56.789Z'),
        a: [['x', null], null, []],
        p: new Map([['k', Number.NEGATIVE_INFINITY]]),
        r: { u: 1, v: ['w'] },
        v: Vectors.sparse(3, [1], [2]),
        q: Matrices.dense(1, 2, [1, 2]),
      };
      const empty = Object.fromEntries(Object.keys(schema).map((name) => [name, null]));
      const frame = session.createFrame([row, empty, { ...row, v: Vectors.dense([1, 0]) }], schema);
      expect((await frame.schema()).toLiteral()).toEqual(Schema.from(schema).toLiteral());
      expect(await frame.collect()).toEqual([row, empty, { ...row, v: Vectors.dense([1, 0]) }]);
    });

    it('keeps metadata, nullability and the order of columns', async () => {
      const literal = {
        z: { type: 'double', nullable: false },
        a: { type: 'vector', attributes: { attrs: { numeric: [{ idx: 0, name: 'n' }] }, num_attrs: 1 } },
      };
      const frame = session.createFrame([{ z: 1, a: Vectors.dense([1]) }], literal);
      expect((await frame.schema()).toLiteral()).toEqual(Schema.from(literal).toLiteral());
      expect((await frame.select('a').schema()).find('a')?.metadata).toEqual({ ml_attr: literal.a.attributes });
    });

    it('of no rows has the schema', async () => {
      const frame = session.createFrame([], { x: 'int', v: 'vector' });
      expect(await frame.collect()).toEqual([]);
      expect([await frame.count(), await frame.isEmpty(), (await frame.toArrow()).numRows]).toEqual([0, true, 0]);
      expect((await frame.toArrow()).schema.names).toEqual(['x', 'v']);
    });

    it('takes Arrow tables, dictionaries and shared buffers too', async () => {
      const words = vectorFromArray(['p', 'q', 'p', null], new Dictionary(new Utf8(), new Int32()));
      const numbers = vectorFromArray([1, 2, 3, 4], new Int32());
      const frame = session.createFrame(new Table({ words, numbers, again: numbers }));
      expect(await frame.collect()).toEqual(['p', 'q', 'p', null].map((w, i) => ({ words: w, numbers: i + 1, again: i + 1 })));
    });

    it('of more rows than go into one message', async () => {
      const n = 60_000;
      const table = tableFromArrays({ id: Int32Array.from({ length: n }, (_, i) => i), x: Float64Array.from({ length: n }, (_, i) => i / 7) });
      const frame = session.createFrame(table).withColumn('y', col('x').times(2));
      expect(await frame.agg(F.sum('id').alias('s'), F.max('y').alias('m')).collect()).toEqual([{ s: 1799970000n, m: (2 * (n - 1)) / 7 }]);
      expect(tableToIPC(await frame.toArrow()).byteLength).toBeGreaterThan(1_000_000);
    });
  });

  describe('a name', () => {
    const NAMES = ['__proto__', 'constructor', 'a.b', 'a`b', 'a"b', "it's", '😀 é', ' ', 'A', 'a', 'select', '$1', 'x;--', '\\', '%s', 'line\nbreak'];
    it.each(NAMES)('%j is a column’s as any other', async (name) => {
      const schema = new Schema([
        { name: 'id', type: { kind: 'int' }, nullable: true },
        { name, type: { kind: 'string' }, nullable: true },
      ]);
      const rows = ['k', 'l', 'k'].map((v, i) => [i + 1, v]);
      const given = session.createFrame(rows, schema);
      expect(await given.columns()).toEqual(['id', name]);
      expect((await given.orderBy('id').collect()).map((r) => Object.getOwnPropertyDescriptor(r, name)?.value)).toEqual(['k', 'l', 'k']);
      expect(await ids(given.filter(col(name).eq('k')).orderBy(col(name), 'id'))).toEqual([1, 3]);
      expect(await given.groupBy(name).count().columns()).toEqual([name, 'count']);
      expect(await given.join(given.select(name).distinct(), name).count()).toBe(3);
      expect(await given.withColumnRenamed(name, 'plain').columns()).toEqual(['id', 'plain']);
      expect(await given.drop(name).columns()).toEqual(['id']);
      expect(await given.dropDuplicates([name]).count()).toBe(2);
      expect(await given.na.fill('z', [name]).na.replace('k', 'm', [name]).filter(col(name).eq('m')).count()).toBe(2);
    });

    it('of an alias, a struct’s field and a column with a dot are told apart', async () => {
      const schema = { id: 'int', 's.x': 'int', s: 'struct<x:int>' };
      const frame = session.createFrame([{ id: 1, 's.x': 2, s: { x: 3 } }], schema);
      expect(await frame.select(col('s.x').alias('r')).collect()).toEqual([{ r: 2 }]);
      expect(await frame.drop('s.x').select(col('s.x').alias('r')).collect()).toEqual([{ r: 3 }]);
      expect(await frame.alias('t').select(col('t.id').alias('r'), col('t.s.x').alias('q')).collect()).toEqual([{ r: 1, q: 2 }]);
    });

    it('counts case', async () => {
      const frame = session.createFrame([{ a: 1, A: 2 }]);
      expect(await frame.select('A').collect()).toEqual([{ A: 2 }]);
      await refuses(() => frame.drop('A').select('A').collect(), 'COLUMN_NOT_FOUND', { column: 'A' }, 'the frame has a');
    });
  });

  describe('joins', () => {
    const left = () =>
      session.createFrame(
        [
          { id: 1, x: 'a' },
          { id: 2, x: 'b' },
          { id: 3, x: null },
        ],
        { id: 'int', x: 'string' },
      );
    const right = () =>
      session.createFrame(
        [
          { id: 2, y: 1 },
          { id: 3, y: 2 },
          { id: 4, y: 3 },
        ],
        { id: 'int', y: 'int' },
      );

    it.each<[JoinHow, number[]]>([
      ['inner', [2, 3]],
      ['left', [1, 2, 3]],
      ['right', [2, 3, 4]],
      ['full', [1, 2, 3, 4]],
      ['semi', [2, 3]],
      ['anti', [1]],
    ])('%s, by name', async (how, wanted) => {
      expect(await ids(left().join(right(), 'id', how).orderBy('id'))).toEqual(wanted);
    });

    it('by a condition; the frames’ own columns are told apart', async () => {
      const [l, r] = [left(), right()];
      const joined = l.join(r, l.col('id').eq(r.col('id')));
      expect(await joined.select(l.col('id').alias('a'), r.col('id').plus(1).alias('b')).orderBy('a').collect()).toEqual([
        { a: 2, b: 3 },
        { a: 3, b: 4 },
      ]);
      await refuses(() => joined.select('id').collect(), 'COLUMN_AMBIGUOUS', { column: 'id' });
    });

    it('of a frame with itself, by aliases', async () => {
      const [a, b] = [left().alias('a'), left().alias('b')];
      const joined = a.join(b, col('a.id').eq(col('b.id').plus(1)));
      expect(await joined.select(col('a.id').alias('x'), col('b.id').alias('y')).orderBy('x').collect()).toEqual([
        { x: 2, y: 1 },
        { x: 3, y: 2 },
      ]);
    });

    it('cross, union, intersect, subtract', async () => {
      expect(await left().crossJoin(right()).count()).toBe(9);
      const [a, b] = [left().select('id'), right().select('id')];
      expect(await ids(a.union(b).orderBy('id'))).toEqual([1, 2, 2, 3, 3, 4]);
      expect(await ids(a.intersect(b).orderBy('id'))).toEqual([2, 3]);
      expect(await ids(a.union(a).exceptAll(b).orderBy('id'))).toEqual([1, 1, 2, 3]);
      expect(await ids(a.subtract(b))).toEqual([1]);
      const mixed = left().unionByName(right(), { allowMissingColumns: true }).orderBy('id', 'x', 'y');
      expect((await mixed.collect())[0]).toEqual({ id: 1, x: 'a', y: null });
    });
  });

  describe('rows', () => {
    it('are batches of Arrow, objects one by one, and a table', async () => {
      const frame = session.range(10).withColumn('v', col('id').times(2)).orderBy('id');
      let rows = 0;
      for await (const batch of frame) rows += batch.numRows;
      expect(rows).toBe(10);
      const seen = [];
      for await (const row of frame.toLocalIterator()) seen.push(row.v);
      expect(seen).toEqual(Array.from({ length: 10 }, (_, i) => BigInt(2 * i)));
      const table = await frame.toArrow();
      expect([table.numRows, ...table.schema.fields.map((f) => `${f.name}: ${f.type}`)]).toEqual([10, 'id: Int64', 'v: Int64']);
    });

    it('that are not all wanted are left alone', async () => {
      for await (const batch of session.range(5_000_000)) {
        expect(batch.numRows).toBeGreaterThan(0);
        break;
      }
      expect(await session.range(3).count()).toBe(3);
    });

    it('first, take, head, tail, limit, offset', async () => {
      const frame = session.range(5).orderBy('id');
      expect(await frame.first()).toEqual({ id: 0n });
      expect((await frame.take(2)).map((r) => r.id)).toEqual([0n, 1n]);
      expect(await frame.head()).toEqual({ id: 0n });
      expect((await frame.tail(2)).map((r) => r.id)).toEqual([3n, 4n]);
      expect(await ids(frame.offset(1).limit(2))).toEqual([1, 2]);
      expect(await session.range(0).first()).toBe(null);
    });

    it('show as Spark shows them', async () => {
      const frame = session
        .createFrame([
          { s: 'a long text of more than twenty', d: 1e7 },
          { s: null, d: Number.NaN },
        ])
        .orderBy('s');
      expect(await frame.showString(1)).toBe('+----+---+\n|   s|  d|\n+----+---+\n|NULL|NaN|\n+----+---+\nonly showing top 1 row\n');
    });

    it('describe, summary, quantiles and correlation', async () => {
      const frame = session.createFrame([1, 2, 3, 4].map((x) => ({ x, y: 2 * x, s: String.fromCharCode(96 + x) })));
      expect(await frame.describe('x', 's').collect()).toMatchObject([
        { summary: 'count', x: '4', s: '4' },
        { summary: 'mean', x: '2.5', s: null },
        { summary: 'stddev' },
        { summary: 'min', x: '1.0', s: 'a' },
        { summary: 'max', x: '4.0', s: 'd' },
      ]);
      expect((await frame.summary('50%', 'max').collect())[0]).toMatchObject({ summary: '50%', x: '2.0', y: '4.0' });
      expect(await frame.select('s').describe().collect()).toMatchObject([{ summary: 'count', s: '4' }, {}, {}, { s: 'a' }, { s: 'd' }]);
      expect(await frame.approxQuantile(['x', 'y'], [0, 0.5, 1])).toEqual([
        [1, 2, 4],
        [2, 4, 8],
      ]);
      expect(await frame.corr('x', 'y')).toBeCloseTo(1, 12);
      await refuses(() => frame.approxQuantile('s', [0.5]), 'COLUMN_TYPE', { column: 's' });
    });
  });

  describe('frames and columns', () => {
    it('tell their schema and their plan, and are dealt out anew', async () => {
      const frame = session.createFrame([{ a: 1, v: Vectors.dense([1]) }], { a: 'int', v: 'vector' });
      const printed = vi.spyOn(console, 'log').mockImplementation(() => {});
      await frame.printSchema();
      await frame.select('a').show();
      const said = printed.mock.calls.join('\n');
      printed.mockRestore();
      expect(said).toBe('root\n |-- a: integer (nullable = true)\n |-- v: vector (nullable = true)\n+---+\n|  a|\n+---+\n|  1|\n+---+\n');
      expect(await frame.filter(col('a').gt(0)).explain()).toMatch(/scan/i);
      for (const dealt of [session.range(9).repartition(3), session.range(9).coalesce(1)]) expect((await ids(dealt.orderBy('id'))).at(-1)).toBe(8);
      const kept = frame.persist();
      expect(await kept.count()).toBe(1);
      await kept.unpersist();
      await refuses(() => frame.repartition(0), 'PARAM_INVALID');
    });

    it('go by name where a number is wanted', async () => {
      const frame = session.createFrame([{ x: 3, n: 2, d: '2024-01-31', a: [5, 6, 7] }], { x: 'int', n: 'int', d: 'date', a: 'array<int>' });
      const made = [
        F.pow('x', 'n'),
        F.pmod('x', 2),
        F.tryDivide('x', 'n'),
        F.sequence('n', 'x'),
        F.dateAdd('d', 'n'),
        F.addMonths('d', 'n'),
        F.get('a', 'n'),
      ];
      const [row] = await frame.select(made.map((column, i) => column.as(`c${i}`))).collect();
      expect(Object.values(row)).toEqual([9, 1, 1.5, [2, 3], '2024-02-02', '2024-03-31', 7]);
    });

    it('hold decimals as wide as Spark makes them', async () => {
      const frame = session.createFrame([{ a: '99999999.99', b: '9999999999999999.99', i: 99999 }], {
        a: 'decimal(10,2)',
        b: 'decimal(18,2)',
        i: 'int',
      });
      const [a, b] = [col('a'), col('b')];
      const made = frame.select(
        a.times(a).as('aa'),
        b.times(b).as('bb'),
        b.times(col('i')).as('bi'),
        b.plus(b).as('sum'),
        b.minus(b.negate()).as('less'),
      );
      expect((await made.dtypes()).map(([, type]) => type)).toEqual([
        'decimal(21,4)',
        'decimal(37,4)',
        'decimal(29,2)',
        'decimal(19,2)',
        'decimal(19,2)',
      ]);
      expect(await made.first()).toEqual({
        aa: '9999999998000000.0001',
        bb: '99999999999999999800000000000000.0001',
        bi: '999989999999999999000.01',
        sum: '19999999999999999.98',
        less: '19999999999999999.98',
      });
    });

    it('go by all names of an operator', async () => {
      const [a, s] = [col('a'), col('s')];
      const frame = session.createFrame([{ a: 6, s: 'ab' }], { a: 'double', s: 'string' });
      const [row] = await frame
        .select(
          a.minus(1).as('minus'),
          a.divide(4).alias('divide'),
          a.equalTo(6).alias('equalTo'),
          a.neq(6).alias('neq'),
          a.notEqual(5).alias('notEqual'),
          a.leq(6).and(a.geq(7)).alias('both'),
          a.astype('string').alias('astype'),
          s.tryCast('int').alias('tryCast'),
          s.startsWith('a').and(s.endsWith('b')).alias('ends'),
        )
        .collect();
      expect(row).toEqual({
        minus: 5,
        divide: 1.5,
        equalTo: true,
        neq: false,
        notEqual: true,
        both: false,
        astype: '6.0',
        tryCast: null,
        ends: true,
      });
      const sorted = session.createFrame(
        [2, null, 1].map((x) => ({ x })),
        { x: 'double' },
      );
      expect(await values(sorted.orderBy(col('x').asc()), 'x')).toEqual([null, 1, 2]);
      expect(await values(sorted.orderBy(col('x').ascNullsFirst()), 'x')).toEqual([null, 1, 2]);
      expect(await values(sorted.orderBy(F.asc('x')), 'x')).toEqual([null, 1, 2]);
      expect(await values(sorted.orderBy(F.ascNullsLast('x')), 'x')).toEqual([1, 2, null]);
      expect(await values(sorted.orderBy(F.desc(col('x'))), 'x')).toEqual([2, 1, null]);
      expect(await values(sorted.orderBy(F.descNullsFirst('x')), 'x')).toEqual([null, 2, 1]);
      expect(a.plus(1).toString()).toContain('a');
    });

    it('hold what functions of several columns and texts give', async () => {
      const frame = session.createFrame([1, 2, 3, 4].map((x) => ({ x, y: 2 * x + 1, s: `t${x}` })));
      const [row] = await frame
        .agg(
          F.regrSlope('y', 'x').alias('slope'),
          F.regrIntercept('y', 'x').alias('intercept'),
          F.regrR2('y', 'x').alias('r2'),
          F.regrCount('y', 'x').alias('n'),
          F.regrAvgx('y', 'x').alias('x'),
          F.regrAvgy('y', 'x').alias('y'),
          F.regrSxx('y', 'x').alias('sxx'),
          F.regrSyy('y', 'x').alias('syy'),
          F.regrSxy('y', 'x').alias('sxy'),
          F.size(F.split(F.listagg('s', ','), ',')).alias('listed'),
          F.length(F.stringAgg('s')).alias('long'),
          F.listaggDistinct(F.substring('s', 1, 1), ',').alias('letters'),
          F.stringAggDistinct(F.substring('s', 1, 1)).alias('letter'),
        )
        .collect();
      const squares = { n: 4n, x: 2.5, y: 6, sxx: 5, syy: 20, sxy: 10 };
      const texts = { listed: 4, long: 8, letters: 't', letter: 't' };
      expect(row).toEqual({ slope: 2, intercept: 1, r2: expect.closeTo(1, 12), ...squares, ...texts });
      const one = session.createFrame([{ list: [7], none: null }], { list: 'array<int>', none: 'array<int>' });
      expect(await one.select(F.ceiling(F.pi()).alias('four'), F.concat(F.lit('a'), F.space(F.lit(2))).alias('s')).collect()).toEqual([
        { four: 4n, s: 'a  ' },
      ]);
      expect(await one.select(F.posexplodeOuter('none')).collect()).toEqual([{ pos: null, col: null }]);
    });

    it.each([
      ['array<array<string>>', [['a'], [], [null], null]],
      ['array<array<string>>', [[], ['a']]],
      ['array<array<double>>', [[], [1], [2.5]]],
      ['array<boolean>', [true, null]],
      ['array<timestamp>', [new Date(0), null]],
      ['array<long>', [1n, 3_000_000_000n]],
    ])('hold constant lists: %s', async (type, list) => {
      const frame = session.range(1).select(lit(list).as('x'));
      expect(await frame.dtypes()).toEqual([['x', type]]);
      expect(await frame.collect()).toEqual([{ x: list }]);
    });

    it('hold what functions without a fixed value give', async () => {
      const [row] = await session
        .range(1)
        .coalesce(1)
        .select(
          F.rand(3).alias('r'),
          F.randn(3).alias('n'),
          F.currentDate().alias('day'),
          F.currentTimestamp().alias('at'),
          F.monotonicallyIncreasingId().alias('id'),
        )
        .collect();
      expect([(row.r as number) >= 0 && (row.r as number) < 1, Math.abs(row.n as number) < 10, row.id]).toEqual([true, true, 0n]);
      expect(Math.abs((row.at as Date).getTime() - Date.now())).toBeLessThan(3_600_000);
      expect(row.day).toBe((row.at as Date).toISOString().slice(0, 10));
      const vectors = session.createFrame([{ v: Vectors.sparse(2, [1], [3]) }]);
      expect(await vectors.select(F.vectorToArray('v').alias('a')).select(F.arrayToVector('a').alias('v'), 'a').collect()).toEqual([
        { v: Vectors.dense([0, 3]), a: [0, 3] },
      ]);
      expect((await vectors.select(F.vectorToArray('v', 'float32').alias('a')).schema()).find('a')?.type).toEqual({
        kind: 'array',
        element: { kind: 'float' },
      });
    });

    it('turn vectors into arrays and back, but no null (FunctionsSuite)', async () => {
      const holes = session.createFrame([{ v: null, a: null, b: [1, null] }], { v: 'vector', a: 'array<double>', b: 'array<double>' });
      await expect(holes.select(F.vectorToArray('v')).collect()).rejects.toBeInstanceOf(MlError);
      await expect(holes.select(F.arrayToVector('a')).collect()).rejects.toBeInstanceOf(MlError);
      await expect(holes.select(F.arrayToVector('b')).collect()).rejects.toBeInstanceOf(MlError);
      const typed = session.createFrame([{ s: ['1'], f: [1.5, 2.5], i: [1, 2] }], { s: 'array<string>', f: 'array<float>', i: 'array<int>' });
      await expect(typed.select(F.arrayToVector('s')).collect()).rejects.toBeInstanceOf(MlError);
      expect(await typed.select(F.arrayToVector('f').alias('f'), F.arrayToVector('i').alias('i')).first()).toEqual({
        f: Vectors.dense(1.5, 2.5),
        i: Vectors.dense(1, 2),
      });
    });
  });

  describe('splits', () => {
    it('are disjoint, hold every row, and are the same at every run', async () => {
      const parts = session.range(2000).randomSplit([6, 3, 1], 42);
      const found = await Promise.all(parts.map(ids));
      expect(found.flat().sort((a, b) => a - b)).toEqual(Array.from({ length: 2000 }, (_, i) => i));
      expect(found.map((part, k) => Math.abs(part.length - [1200, 600, 200][k]) < 120)).toEqual([true, true, true]);
      expect(new Set(await ids(parts[0]))).toEqual(new Set(found[0]));
    });

    it('by hashUnit are the same rows on every engine', async () => {
      const frame = session.range(1000).select(col('id').cast('string').alias('s'), F.hashUnit('id', 7).alias('h'));
      const found = await frame.filter(col('h').lt(0.01)).orderBy('s').collect();
      expect(found).toEqual(HASHED);
      expect(await frame.agg(F.avg('h').alias('m')).first()).toEqual({ m: expect.closeTo(0.5, 1) });
    });

    it('sample by strata keeps the named values only', async () => {
      const frame = session.range(3000).withColumn('k', col('id').mod(3));
      const fractions = new Map([
        [0, 1],
        [1, 0.1],
      ]);
      const counts = await frame.sampleBy('k', fractions, 3).groupBy('k').count().orderBy('k').collect();
      expect(counts[0]).toEqual({ k: 0n, count: 1000n });
      expect(Math.abs(Number(counts[1].count) - 100)).toBeLessThan(50);
      expect(counts).toHaveLength(2);
      expect(Math.abs((await frame.sample(0.3, 5).count()) - 900)).toBeLessThan(150);
    });
  });

  describe('files', () => {
    it('are written and read again: Parquet with vectors and metadata', async () => {
      const frame = session.createFrame(
        [
          { id: 1, v: Vectors.dense([1, 2]) },
          { id: 2, v: Vectors.sparse(2, [], []) },
        ],
        {
          id: 'int',
          v: { type: 'vector', attributes: { num_attrs: 2 } },
        },
      );
      await frame.write.parquet(path('vectors'));
      const again = session.read.parquet(path('vectors')).orderBy('id');
      expect(await again.collect()).toEqual(await frame.collect());
      expect((await again.schema()).find('v')?.metadata).toEqual({ ml_attr: { num_attrs: 2 } });
      await refuses(() => frame.write.parquet(path('vectors')), 'ALREADY_EXISTS');
      await frame.write.parquet(path('vectors'), { mode: 'append' });
      expect(await session.read.parquet(path('vectors')).count()).toBe(4);
      await frame.limit(1).write.parquet(path('vectors'), { mode: 'ignore' });
      await frame.limit(1).write.parquet(path('other'), { mode: 'overwrite' });
      expect([await session.read.parquet(path('vectors')).count(), await session.read.parquet(path('other')).count()]).toEqual([4, 1]);
    });

    it('CSV and JSON with options, schemas and inference; partitions by column', async () => {
      const frame = session.createFrame(
        [
          { k: 'a', n: 1, at: new Date('2024-01-02T03:04:05Z') },
          { k: 'b', n: null, at: null },
        ],
        {
          k: 'string',
          n: 'int',
          at: 'timestamp',
        },
      );
      await frame.write.csv(path('csv'), { header: true, sep: ';' });
      const read = session.read.csv(path('csv'), { header: true, sep: ';', inferSchema: true }).orderBy('k');
      expect(await read.dtypes()).toEqual([
        ['k', 'string'],
        ['n', 'int'],
        ['at', 'timestamp'],
      ]);
      expect(await read.collect()).toEqual(await frame.collect());
      const typed = session.read.csv(path('csv'), { header: true, sep: ';', schema: 'k string, n double, at string' });
      expect(await values(typed.orderBy('k'), 'n')).toEqual([1, null]);
      expect(await session.read.format('csv').option('header', true).option('sep', ';').load(path('csv')).count()).toBe(2);
      await frame.write.format('csv').option('sep', '|').mode('overwrite').save(path('bars'));
      expect(await values(session.read.csv(path('bars'), { sep: '|' }).orderBy('_c0'), '_c0')).toEqual(['a', 'b']);
      await frame.write.partitionBy('k').json(path('json'));
      expect(await session.read.json(path('json')).filter(col('k').eq('b')).count()).toBe(1);
    });

    it('that are not there are an error that names them', async () => {
      await refuses(() => session.read.csv(path('nowhere.csv')).schema(), 'NOT_FOUND', {}, 'nowhere.csv');
    });
  });

  describe('cache', () => {
    it('keeps the rows as they were first computed, until unpersist', async () => {
      const name = path('cached');
      await session.range(3).write.parquet(name);
      const cached = session.read.parquet(name).withColumn('r', F.expr('random()')).cache();
      const first = await cached.orderBy('id').collect();
      expect(await cached.orderBy('id').collect()).toEqual(first);
      expect(await cached.filter(col('id').eq(1)).collect()).toEqual([first[1]]);
      expect(await cached.unpersist()).toBe(cached);
      expect(await cached.count()).toBe(3);
    });
  });

  describe('SQL', () => {
    it('text over frames, and expressions', async () => {
      const frame = session.createFrame([
        { k: 'a', x: 1 },
        { k: 'b', x: 2 },
      ]);
      expect(await session.sql('SELECT sum(t.x * u.x) AS s FROM t JOIN u ON t.k = u.k', { t: frame, u: frame }).collect()).toEqual([{ s: 5 }]);
      expect(await frame.selectExpr('x + 1 AS y', '*').orderBy('y').first()).toEqual({ y: 2, k: 'a', x: 1 });
      expect(await frame.filter("k = 'b'").count()).toBe(1);
      await refuses(() => session.sql('SELEKT 1').collect(), 'SQL_FAILED', {}, /syntax error/i);
    });
  });

  describe('a mistake', () => {
    const frame = () => session.range(3).withColumn('s', col('id').cast('string'));
    it.each<[string, () => Promise<unknown>, MlErrorCode, MlErrorDetails]>([
      ['a column that is missing', () => frame().filter('id > 0').select('nope').limit(3).collect(), 'COLUMN_NOT_FOUND', { column: 'nope' }],
      ['the same below other steps', () => frame().filter(col('nope').gt(1)).withColumn('z', lit(1)).count(), 'COLUMN_NOT_FOUND', { column: 'nope' }],
      [
        'operands of wrong types',
        () =>
          frame()
            .select(col('s').and(col('id').gt(0)).plus(lit(true)))
            .collect(),
        'EXPRESSION_INVALID',
        {},
      ],
      [
        'a list of values of several types',
        () =>
          frame()
            .select(lit(['a', 1]))
            .collect(),
        'EXPRESSION_INVALID',
        {},
      ],
      ['a value that cannot be cast', () => frame().select(lit('x').cast('int')).collect(), 'VALUE_INVALID', {}],
      ['toDF with too few names', () => frame().toDF('one').collect(), 'SCHEMA_INVALID', {}],
      ['a join without a condition', () => frame().join(frame(), null, 'left').collect(), 'PARAM_INVALID', {}],
      ['union of unlike frames', () => frame().union(frame().drop('s')).collect(), 'SCHEMA_INVALID', {}],
    ])('is told: %s', (_, run, code, details) => refuses(run, code, details));

    it('shows at the first await, with the line that built the step', async () => {
      const wrong = session.range(3).select('nope');
      const later = wrong.limit(1).withColumn('x', lit(1));
      const error = await later.collect().catch((e: unknown) => e);
      expect(error).toBeInstanceOf(MlError);
      expect((error as MlError).stack).toMatch(/behaviour\.ts/);
      expect((error as MlError).message).toBe('select: column "nope" does not exist; the frame has id');
    });

    it('in one frame leaves the others sound', async () => {
      await session
        .range(3)
        .select('nope')
        .collect()
        .catch(() => {});
      expect(await session.range(3).count()).toBe(3);
    });
  });

  it('a raised signal ends an action', async () => {
    const reason = new Error('enough');
    const gone = AbortSignal.abort(reason);
    const error = await session
      .range(3)
      .collect({ signal: gone })
      .catch((e: unknown) => e);
    expect(error).toMatchObject({ code: 'ABORTED', name: 'AbortError', cause: reason });
    const controller = new AbortController();
    const slow = session.range(1e13).agg(F.sum(F.sqrt('id')).alias('s'));
    const work = slow.collect({ signal: controller.signal }).catch((e: unknown) => e);
    setTimeout(() => controller.abort(reason), 300);
    expect(await work).toMatchObject({ code: 'ABORTED', cause: reason });
    expect(await session.range(3).count()).toBe(3);
  });

  it('finds the values that a share of the rows have', async () => {
    const frame = session.createFrame(
      ['p', 'q', 'p', 'q', 'p', 'r', null, 'p'].map((k, i) => ({ k, i: i % 2 })),
      { k: 'string', i: 'int' },
    );
    expect(await frame.freqItems(['k', 'i'], 0.25).collect()).toEqual([{ k_freqItems: ['p', 'q'], i_freqItems: [0, 1] }]);
  });

  it('fields of JSON texts become columns, and moments of now are of today', async () => {
    const frame = session.createFrame([{ j: '{"a": 1, "b.c": "x"}' }, { j: 'nope' }, { j: null }], { j: 'string' });
    expect(await frame.select(F.jsonTuple('j', 'a', 'b.c', 'z')).collect()).toEqual([
      { c0: '1', c1: 'x', c2: null },
      { c0: null, c1: null, c2: null },
      { c0: null, c1: null, c2: null },
    ]);
    const [{ same }] = await session.range(1).select(F.now().cast('date').eq(F.curdate()).alias('same')).collect();
    expect(same).toBe(true);
  });

  it('a closed session says so', async () => {
    const other = await open();
    const frame = other.range(3);
    await Promise.all([other.close(), other.close()]);
    await refuses(() => frame.count(), 'SESSION_CLOSED');
    await refuses(() => other.range(3), 'SESSION_CLOSED');
  });
}

/** Found by both engines; fixed here so that neither changes. */
const HASHED = [
  { s: '159', h: 0.0018237125424562795 },
  { s: '175', h: 0.0029085761702538626 },
  { s: '273', h: 0.0009889844419854743 },
  { s: '279', h: 0.005278527650722786 },
  { s: '551', h: 0.008201574810223544 },
  { s: '963', h: 0.006965397575393384 },
];
