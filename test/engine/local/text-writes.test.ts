import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { struct } from '#dist/frame/functions.js';
import { col, lit, Vectors } from '#dist/index.js';
import { folder, session } from '../harness.ts';

const open = session(1);
const path = folder();

let folders = 0;
/** A path of its own for each write, and the text of what was written there. */
async function written(write: (to: string) => Promise<void>): Promise<string> {
  const to = path(`written-${folders++}`);
  await write(to);
  const parts = readdirSync(to).filter((name) => name.startsWith('part-'));
  return parts.map((name) => readFileSync(join(to, name), 'utf8')).join('');
}

/** What Spark 4.3.0 writes, with its ignoreLeadingWhiteSpace and ignoreTrailingWhiteSpace set as here. */
describe('CSV is written as Spark writes it', () => {
  const texts = () =>
    open().createFrame(
      [
        { i: 1, s: '', z: ' x ' },
        { i: 2, s: '-', z: '"q"' },
        { i: 3, s: null, z: 'a,b' },
        { i: 4, s: 'N', z: 'x\\' },
      ],
      { i: 'int', s: 'string', z: 'string' },
    );

  it.each([
    [{}, '1,"", x \n2,-,"\\"q\\""\n3,,"a,b"\n4,N,x\\\n'],
    [{ nullValue: '-' }, '1,"", x \n2,-,"\\"q\\""\n3,-,"a,b"\n4,N,x\\\n'],
    [{ nullValue: 'N', emptyValue: 'E' }, '1,E, x \n2,-,"\\"q\\""\n3,N,"a,b"\n4,N,x\\\n'],
    [{ emptyValue: '' }, '1,, x \n2,-,"\\"q\\""\n3,,"a,b"\n4,N,x\\\n'],
    [{ quoteAll: true }, '"1",""," x "\n"2","-","\\"q\\""\n"3","","a,b"\n"4","N","x\\\\"\n'],
    [{ ignoreLeadingWhiteSpace: true }, '1,"",x \n2,-,"\\"q\\""\n3,,"a,b"\n4,N,x\\\n'],
    [{ ignoreTrailingWhiteSpace: true, escape: '"' }, '1,"", x\n2,-,"""q"""\n3,,"a,b"\n4,N,x\\\n'],
    [{ sep: '||', header: true }, 'i||s||z\n1||""|| x \n2||-||"\\"q\\""\n3||||a,b\n4||N||x\\\n'],
    [{ sep: '||', quoteAll: true, nullValue: 'N' }, '"1"||""||" x "\n"2"||"-"||"\\"q\\""\n"3"||"N"||"a,b"\n"4"||"N"||"x\\\\"\n'],
    [{ sep: '\\t' }, '1\t""\t x \n2\t-\t"\\"q\\""\n3\t\ta,b\n4\tN\tx\\\n'],
  ])('with %j', async (options, text) => {
    expect(await written((to) => texts().write.csv(to, options))).toBe(text);
  });

  it('with patterns of dates and moments', async () => {
    const frame = open().range(1).select(lit('2020-01-02 03:04:05.123456').cast('timestamp').as('t'), lit('9999-12-31').cast('date').as('d'));
    const options = { timestampFormat: 'yyyy-MM-dd HH:mm:ss.SSSSSS', dateFormat: 'dd.MM.yyyy' };
    expect(await written((to) => frame.write.csv(to, options))).toBe('2020-01-02 03:04:05.123456,31.12.9999\n');
    expect(await written((to) => frame.select('t').write.csv(to, { timestampFormat: 'd MMM yyyy hh:mm a XXX' }))).toBe('2 Jan 2020 03:04 AM Z\n');
  });
});

describe('JSON is written as Spark writes it', () => {
  const schema = {
    a: 'array<struct<x:int,y:double>>',
    m: 'map<string,timestamp>',
    f: 'float',
    c: 'decimal(38,2)',
    d: 'double',
    'q"\n': 'date',
  };
  const row = {
    a: [{ x: null, y: Number.NaN }],
    m: new Map([
      ['k', null],
      ['l', new Date('2020-01-02T03:04:05.123Z')],
    ]),
    f: 1.1,
    c: '123456789012345678901234567890123456.10',
    d: 1e300,
    'q"\n': null,
  };

  it.each([
    [{}, '{"a":[{"y":"NaN"}],"m":{"k":null,"l":"2020-01-02T03:04:05.123Z"},"f":1.1,"c":123456789012345678901234567890123456.10,"d":1.0E300}\n'],
    [
      { ignoreNullFields: false },
      '{"a":[{"x":null,"y":"NaN"}],"m":{"k":null,"l":"2020-01-02T03:04:05.123Z"},"f":1.1,"c":123456789012345678901234567890123456.10,"d":1.0E300,"q\\"\\n":null}\n',
    ],
  ])('with %j', async (options, text) => {
    expect(await written((to) => open().createFrame([row], schema).write.json(to, options))).toBe(text);
  });

  it('with a zero before the point of a decimal that has no digit there', async () => {
    const frame = () => open().createFrame([{ d: '0.50' }, { d: '-0.05' }], { d: 'decimal(2,2)' });
    expect(await written((to) => frame().write.json(to))).toBe('{"d":0.50}\n{"d":-0.05}\n');
    expect(await written((to) => frame().write.csv(to))).toBe('0.50\n-0.05\n');
    expect(await frame().select(col('d').cast('string').as('d')).collect()).toEqual([{ d: '0.50' }, { d: '-0.05' }]);
  });

  it('with nested values as those that stand alone', async () => {
    const schema =
      's struct<f:float,d:double,t:string,p:decimal(2,2),b:binary,e:struct<x:int>>, l array<float>, m map<float,array<string>>, n array<array<double>>';
    const s = { f: 0.1, d: 1e-5, t: 'a\x1f\x7f\u2028/"\\é😀', p: '0.25', b: new Uint8Array([255]), e: { x: null } };
    const row = { s, l: [0.1, 3.4e38, null, -0], m: new Map([[0.1, ['', null]]]), n: [[1, Number.POSITIVE_INFINITY], []] };
    const fields = ['"f":0.1', '"d":1.0E-5', '"t":"a\\u001F\x7f\u2028/\\"\\\\é😀"', '"p":0.25', '"b":"/w=="', '"e":{}'];
    expect(await written((to) => open().createFrame([row, {}], schema).write.json(to))).toBe(
      `{"s":{${fields.join()}},"l":[0.1,3.4E38,null,-0.0],"m":{"0.1":["",null]},"n":[[1.0,"Infinity"],[]]}\n{}\n`,
    );
    const interval = open()
      .range(1)
      .select(lit('2020-01-10').cast('date').minus(lit('2020-01-01').cast('date')).as('i'))
      .select(struct('i').as('s'));
    expect(await written((to) => interval.write.json(to))).toBe(`{"s":{"i":"INTERVAL '9' DAY"}}\n`);
  });

  it('with vectors as structs', async () => {
    const frame = open().createFrame([{ v: Vectors.dense([1, 1e20]) }, { v: Vectors.sparse(3, [1], [1e-7]) }, { v: null }], { v: 'vector' });
    const sparse = '{"v":{"type":0,"size":3,"indices":[1],"values":[1.0E-7]}}';
    expect(await written((to) => frame.write.json(to))).toBe(`{"v":{"type":1,"values":[1.0,1.0E20]}}\n${sparse}\n{}\n`);
    expect(await written((to) => frame.write.json(to, { ignoreNullFields: false }))).toBe(
      `{"v":{"type":1,"size":null,"indices":null,"values":[1.0,1.0E20]}}\n${sparse}\n{"v":null}\n`,
    );
  });

  it('of rows of nulls', async () => {
    const frame = open().range(1).select(lit(null).cast('int').as('n'));
    expect(await written((to) => frame.write.json(to))).toBe('{}\n');
    expect(await written((to) => frame.filter(col('n').isNull()).write.json(to, { ignoreNullFields: false }))).toBe('{"n":null}\n');
  });
});
