import { readdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { VectorAssembler } from '#dist/feature/index.js';
import { failure, folder, refuses, session, written } from '../engine/harness.ts';

const s = session();
const path = folder();
const file = (name: string, content: string | Uint8Array) => written(path(name), content);
const HEADER = { header: true, inferSchema: true } as const;
const read = (name: string, content: string | Uint8Array, options: object = HEADER) => s().read.csv(file(name, content), options).collect();

describe('a CSV file', () => {
  it('that is missing, or a folder without files, is told by its path', async () => {
    await refuses(() => s().read.csv(path('none.csv')).count(), 'NOT_FOUND', { path: path('none.csv') }, 'none.csv');
    await refuses(() => s().read.csv(path('none*.csv')).count(), 'NOT_FOUND', { path: path('none*.csv') });
    await refuses(() => s().read.csv('s3://x/y').count(), 'NOT_SUPPORTED', { path: 's3://x/y' });
    for (const wrong of ['', 5, undefined])
      await refuses(
        () =>
          s()
            .read.csv(wrong as never)
            .count(),
        'PARAM_INVALID',
        { param: 'path' },
      );
    for (const format of ['csv', 'json', 'parquet'] as const)
      await refuses(() => s().read[format]('a\0b').count(), 'PARAM_INVALID', { param: 'path' }, 'NUL');
    await refuses(() => s().range(2).write.parquet(path('a\0b')), 'PARAM_INVALID', { param: 'path' }, 'NUL');
    symlinkSync(path('round'), path('round'));
    await refuses(() => s().read.csv(path('round')).count(), 'IO_FAILED', { path: path('round'), errno: 'ELOOP' });
    const long = path('x'.repeat(5000));
    for (const action of [() => s().read.csv(long).count(), () => s().range(2).write.parquet(long)])
      expect((await failure(action)).message.length).toBeLessThan(300);
  });

  it('that is gone since its frame was made is told by its path', async () => {
    const frame = s().read.csv(file('gone.csv', 'a\n1\n'), HEADER);
    await frame.count();
    rmSync(path('gone.csv'));
    await refuses(() => frame.collect(), 'NOT_FOUND', {}, 'gone.csv');
  });

  it('may be empty, or a header alone', async () => {
    expect(await s().read.csv(file('empty.csv', ''), HEADER).columns()).toEqual([]);
    expect(await s().read.csv(file('head.csv', 'a,b\n'), HEADER).columns()).toEqual(['a', 'b']);
    expect(await read('head.csv', 'a,b\r\n')).toEqual([]);
    expect(await read('head.csv', 'a,b')).toEqual([]);
  });

  it('may begin with a byte order mark', async () => {
    expect(await read('bom.csv', '\ufeffa,b\n1,2\n')).toEqual([{ a: 1, b: 2 }]);
    expect(await read('bom.csv', '\ufeff"a","b"\r\n1,2\r\n')).toEqual([{ a: 1, b: 2 }]);
  });

  it('may be ragged: filled with nulls, dropped or refused by mode', async () => {
    const text = 'a,b\n1,2\n3\n4,5,6\n7,8\n';
    for (const multiLine of [false, true]) {
      expect((await read('ragged.csv', text, { ...HEADER, multiLine })).map((r) => r.b)).toEqual([2, null, 5, 8]);
      expect((await read('ragged.csv', text, { ...HEADER, multiLine, mode: 'DROPMALFORMED' })).map((r) => r.b)).toEqual([2, 8]);
      await refuses(() => read('ragged.csv', text, { ...HEADER, multiLine, mode: 'FAILFAST' }), 'VALUE_INVALID', { value: '3' }, '2 fields, has 1');
    }
    await refuses(() => read('ragged.csv', text, { ...HEADER, mode: 'FAILFAST' }), 'VALUE_INVALID', { path: path('ragged.csv'), line: 3 });
  });

  it('may hold bad numbers: null, dropped or refused by mode', async () => {
    const schema = { a: 'int', b: 'double' } as const;
    const text = 'a,b\n1,2\n3,x\n2147483648,4\n';
    expect(await read('bad.csv', text, { header: true, schema })).toEqual([
      { a: 1, b: 2 },
      { a: 3, b: null },
      { a: null, b: 4 },
    ]);
    const kept = { header: true, schema: { ...schema, why: 'string' }, columnNameOfCorruptRecord: 'why' } as const;
    expect((await read('bad.csv', text, kept)).map(({ why }) => why)).toEqual([null, '3,x', '2147483648,4']);
    expect(await read('bad.csv', text, { header: true, schema, mode: 'DROPMALFORMED' })).toEqual([{ a: 1, b: 2 }]);
    await refuses(() => read('bad.csv', text, { header: true, schema, mode: 'FAILFAST' }), 'VALUE_INVALID', { line: 3, column: 'b', value: 'x' });
    const broken = 'a,b\n1,2\n"3\n#",4\n';
    const whole = { header: true, schema: { a: 'int', b: 'int' }, multiLine: true, mode: 'FAILFAST' } as const;
    await refuses(() => read('broken.csv', broken, whole), 'VALUE_INVALID', { column: 'a', value: '3\n#' }, 'must be int');
  });

  it('that is no UTF-8 is refused with path and line, in the header too', async () => {
    const bad = (...bytes: number[]) => Buffer.from(bytes);
    for (const mode of ['PERMISSIVE', 'DROPMALFORMED', 'FAILFAST']) {
      const details = { path: path('utf.csv') };
      const inRow = bad(0x61, 0x0a, 0x78, 0xff, 0xfe, 0x0a, 0x79, 0x0a);
      await refuses(() => read('utf.csv', inRow, { header: true, mode }), 'VALUE_INVALID', { ...details, line: 2 }, 'UTF-8');
      await refuses(() => read('utf.csv', inRow, { header: true, mode, multiLine: true }), 'VALUE_INVALID', details, 'UTF-8');
      await refuses(
        () => read('utf.csv', bad(0x0a, 0x61, 0xff, 0x0a, 0x78, 0x0a), { header: true, mode }),
        'VALUE_INVALID',
        { ...details, line: 2 },
        'UTF-8',
      );
    }
    const mixed = Buffer.concat([Buffer.from('a\r\nx\r\ny\rz\r\n'), bad(0xff), Buffer.from('\r\n')]);
    await refuses(() => read('utf.csv', mixed, { header: true }), 'VALUE_INVALID', { path: path('utf.csv'), line: 5 }, 'line 5');
    expect(await read('utf.csv', 'a\ufffd\n1\n')).toEqual([{ 'a\ufffd': 1 }]);
    expect(await read('utf.csv', bad(0x61, 0xe9, 0x0a, 0x78, 0x0a), { header: true, encoding: 'ISO-8859-1' })).toEqual([{ aé: 'x' }]);
  });

  it('may mix line breaks, and no character is lost', async () => {
    const rows = [1, 3, 5, 7].map((a) => ({ a, b: a + 1 }));
    for (const text of [
      'a,b\r\n1,2\n3,4\r5,6\r\n7,8',
      '\r\n\r\na,b\n1,2\r\n3,4\r\n5,6\r7,8\r',
      'a,b\r1,2\r3,4\r5,6\r7,8\r',
      '\n\na,b\r\n1,2\r\n\r\n3,4\r\n5,6\r\n7,8\r\n',
    ]) {
      expect(await read('breaks.csv', text), JSON.stringify(text)).toEqual(rows);
      expect((await read('breaks.csv', text, { inferSchema: true })).length).toBe(5);
    }
    // With multiLine the first line break of a file is its only one, as in Spark.
    for (const lineBreak of ['\n', '\r\n', '\r']) {
      const text = ['a,b', '1,2', '3,4', '5,6', '7,8', ''].join(lineBreak);
      expect(await read('breaks.csv', text, { ...HEADER, multiLine: true }), JSON.stringify(lineBreak)).toEqual(rows);
    }
  });

  it('keeps long whole numbers, and the characters NUL and quote', async () => {
    expect(await read('long.csv', 'a\n9007199254740993\n')).toEqual([{ a: 9007199254740993n }]);
    expect(await read('nul.csv', 'a,b\n1,x\0y\n2,"p""q"\n', { ...HEADER, escape: '"' })).toEqual([
      { a: 1, b: 'x\0y' },
      { a: 2, b: 'p"q' },
    ]);
  });

  it('is read with known options of the right type only', async () => {
    for (const options of [{ headr: true }, { __proto__x: 1 }]) await refuses(() => read('o.csv', 'a\n', options), 'PARAM_UNKNOWN');
    for (const options of [{ header: 'yes' }, { mode: 'X' }, { sep: '' }, { quote: 'ab' }])
      await refuses(() => read('o.csv', 'a\n', options), 'PARAM_INVALID');
  });
});

describe('a gzip file', () => {
  const csv = `a,b\n${'1,2\n'.repeat(10000)}`;
  const json = '{"a":1}\n'.repeat(10000);

  it('that is cut off is refused instead of losing rows', async () => {
    for (const cut of [1, 8, 20]) {
      const csvFile = file('cut.csv.gz', gzipSync(csv).subarray(0, -cut));
      for (const options of [HEADER, { ...HEADER, multiLine: true }])
        await refuses(() => s().read.csv(csvFile, options).count(), 'VALUE_INVALID', { path: csvFile }, 'gzip');
      const jsonFile = file('cut.json.gz', gzipSync(json).subarray(0, -cut));
      await refuses(() => s().read.json(jsonFile).count(), 'VALUE_INVALID', { path: jsonFile }, 'gzip');
    }
  });

  it('that is none is refused', async () => {
    for (const name of ['plain.csv.gz', 'plain.json.gz']) {
      const plain = file(name, 'a,b\n1,2\n');
      await refuses(
        () => (name.includes('csv') ? s().read.csv(plain, HEADER) : s().read.json(plain)).count(),
        'VALUE_INVALID',
        { path: plain },
        'gzip',
      );
    }
    const flipped = gzipSync(csv);
    flipped[flipped.length - 6]! ^= 1;
    await refuses(() => s().read.csv(file('flip.csv.gz', flipped), HEADER).count(), 'VALUE_INVALID', {}, 'gzip');
  });

  it('that is whole, or of several members, reads', async () => {
    expect(
      await s()
        .read.csv(file('whole.csv.gz', gzipSync(csv)), HEADER)
        .count(),
    ).toBe(10000);
    const members = Buffer.concat([gzipSync('a\n1\n'), gzipSync('2\n')]);
    expect(await s().read.csv(file('members.csv.gz', members), HEADER).collect()).toEqual([{ a: 1 }, { a: 2 }]);
    expect(
      await s()
        .read.json(file('whole.json.gz', gzipSync(json)))
        .count(),
    ).toBe(10000);
  });
});

describe('a JSON file', () => {
  it('may have names that differ in case only', async () => {
    const lines = file('case.json', '{"x":1,"X":"q"}\n{"x":2}\n{"X":"r"}\n');
    const rows = [
      { x: 1n, X: 'q' },
      { x: 2n, X: null },
      { x: null, X: 'r' },
    ];
    expect(await s().read.json(lines).select('x', 'X').collect()).toEqual(rows);
    expect(
      await s()
        .read.json(lines, { schema: { x: 'long', X: 'string' } })
        .collect(),
    ).toEqual(rows);
  });

  it('with numbers and texts among its objects loses none of its lines', async () => {
    const lines = file('mixed.json', '1\n{"a":1}\n"x"\n{"a":2,"b":[1,-2]}\n');
    const bad = (line: string) => ({ _corrupt_record: line, a: null, b: null });
    expect(await s().read.json(lines).collect()).toEqual([
      bad('1'),
      { _corrupt_record: null, a: 1n, b: null },
      bad('"x"'),
      { _corrupt_record: null, a: 2n, b: [1n, -2n] },
    ]);
    const given = await s()
      .read.json(lines, { schema: { a: 'int' } })
      .collect();
    expect(given.map(({ a }) => a)).toEqual([null, 1, null, 2]);
  });

  it('gives null where a value is of another kind than the schema says', async () => {
    const lines = file(
      'kinds.json',
      '{"i":1.5,"l":"1","d":"2.5","b":"true"}\n{"i":3000000000,"l":-7,"d":2,"b":true}\n{"i":2,"l":3.0,"d":"NaN","b":1}\n',
    );
    const schema = { i: 'int', l: 'long', d: 'double', b: 'boolean' };
    expect(await s().read.json(lines, { schema }).collect()).toEqual([
      { i: null, l: null, d: null, b: null },
      { i: null, l: -7n, d: 2, b: true },
      { i: 2, l: null, d: Number.NaN, b: null },
    ]);
  });

  it('holds whole numbers of both signs as longs, and as decimals where 64 bits are too few', async () => {
    const types = async (text: string) => (await s().read.json(file('signs.json', text)).dtypes()).map(([, type]) => type);
    expect(await types('{"a":[1,-2],"b":{"c":[-1,1]}}\n')).toEqual(['array<long>', 'struct<c:array<long>>']);
    expect(await types('{"a":[9223372036854775808,-2]}\n')).not.toEqual(['array<long>']);
  });

  it('with a bad line gives nulls and its text, leaves it out or is refused, by mode', async () => {
    const lines = file('bad.json', '{"a":1}\n\n{"a":\n');
    const json = (path: string, options = {}) => s().read.json(path, options).collect();
    const bad = { _corrupt_record: '{"a":', a: null };
    expect(await json(lines)).toEqual([{ _corrupt_record: null, a: 1n }, bad]);
    expect(await json(lines, { schema: { a: 'int' } })).toEqual([{ a: 1 }, { a: null }]);
    expect(await json(lines, { schema: { a: 'int', _corrupt_record: 'string' } })).toEqual([{ a: 1, _corrupt_record: null }, bad]);
    expect(await json(file('none.json', '[1]\n{a:1}\n'), { schema: { _corrupt_record: 'string' } })).toEqual([
      { _corrupt_record: '[1]' },
      { _corrupt_record: '{a:1}' },
    ]);
    expect(await json(lines, { columnNameOfCorruptRecord: 'bad' })).toEqual([
      { a: 1n, bad: null },
      { a: null, bad: '{"a":' },
    ]);
    expect(await json(lines, { mode: 'DROPMALFORMED' })).toEqual([{ a: 1n }]);
    expect(await s().read.json(lines, { mode: 'DROPMALFORMED' }).count()).toBe(1);
    await refuses(() => s().read.json(lines, { mode: 'FAILFAST' }).collect(), 'VALUE_INVALID', {}, 'bad.json');
  });
});

describe('a Parquet file', () => {
  it('that is none, empty or cut off is refused with its path', async () => {
    for (const content of ['hello world, no Parquet', '', 'PAR1PAR1']) {
      await refuses(() => s().read.parquet(file('no.parquet', content)).count(), 'VALUE_INVALID', { path: path('no.parquet') }, 'no.parquet');
    }
  });

  it('whose footer has changed is refused with its path', async () => {
    await s()
      .createFrame([{ a: 1, c: 'x' }])
      .write.parquet(path('whole'));
    const [part] = readdirSync(path('whole')).filter((name) => name.endsWith('.parquet'));
    const bytes = readFileSync(path('whole', part as string));
    const footer = bytes.readUInt32LE(bytes.length - 8);
    const flipped = file('flipped.parquet', bytes.fill(0xff, bytes.length - 8 - footer, bytes.length - 8 - footer / 2));
    await refuses(() => s().read.parquet(flipped).count(), 'VALUE_INVALID', { path: flipped }, 'damaged', 'flipped.parquet');
  });
});

describe('Parquet files of a folder', () => {
  it('without a column of the first one are refused with path and remedy', async () => {
    const rows = s().createFrame([{ a: 1, c: 'x' }]);
    await rows.write.parquet(path('grown', 'n=1'));
    await rows.select('a').write.parquet(path('grown', 'n=2'));
    const grown = [path('grown', 'n=1'), path('grown', 'n=2')];
    await refuses(() => s().read.parquet(grown).collect(), 'VALUE_INVALID', { column: 'c' }, 'mergeSchema', 'n=2');
    expect(await s().read.parquet(grown, { mergeSchema: true }).orderBy('c').select('a', 'c').collect()).toEqual([
      { a: 1, c: null },
      { a: 1, c: 'x' },
    ]);
  });
});

describe('rows of this process', () => {
  it('are objects by column name: anything else is refused with its row', async () => {
    const schema = { a: 'double' } as const;
    for (const row of [new Map([['a', 1]]), new Set([1]), new Date(0), new Float64Array(1), 5, null, 'x', () => 1]) {
      await refuses(() => s().createFrame([{ a: 1 }, row as never]), 'VALUE_INVALID', { row: 1 }, 'row 1');
      await refuses(() => s().createFrame([{ a: 1 }, row as never], schema), 'VALUE_INVALID', { row: 1 }, 'row 1');
    }
    for (const rows of [5, null, new Map(), 'rows']) await refuses(() => s().createFrame(rows as never), 'VALUE_INVALID');
    const [list, object]: [unknown[], Record<string, unknown>] = [[], {}];
    list.push(list);
    object.self = object;
    for (const a of [list, object, new Map([[1, list]])]) await refuses(() => s().createFrame([{ a }]), 'VALUE_INVALID', {}, 'hold itself');
  });

  it('hold values of their schema: others are refused with column, row and value', async () => {
    const long = 2n ** 63n;
    for (const [type, value] of [
      ['double', 'x'],
      ['int', 1.5],
      ['int', 2 ** 31],
      ['long', 2 ** 53],
      ['long', long],
      ['string', 5],
      ['boolean', 1],
      ['vector', [1, 2]],
      ['date', '2024-13-01'],
      ['string', '\ud800'],
    ] as const) {
      await refuses(
        () =>
          s()
            .createFrame([{ a: null }, { a: value }], { a: type })
            .collect(),
        'VALUE_INVALID',
        { column: 'a', row: 1, value },
      );
    }
    await refuses(() => s().createFrame([{ a: 1 }, { a: 'x' }]), 'VALUE_INVALID', { column: 'a', row: 1, value: 'x' });
    await refuses(() => s().createFrame([{ a: 1 }], { a: 'dubble' as never }), 'SCHEMA_INVALID', {}, 'dubble');
    for (const a of [2n ** 53n + 1n, 2n ** 63n - 1n, -(2n ** 63n)]) expect(await s().createFrame([{ a }]).collect()).toEqual([{ a }]);
  });
});

describe('a CSV sink', () => {
  it('refuses a vector with its column', async () => {
    const frame = new VectorAssembler({ inputCols: ['a'], outputCol: 'v' }).transform(s().createFrame([{ a: 1 }]));
    await refuses(() => frame.write.csv(path('v')), 'COLUMN_TYPE', { column: 'v' }, '"v"');
  });
});
