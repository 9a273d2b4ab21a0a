import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DenseMatrix, SparseMatrix, Vectors } from '#dist/linalg/index.js';
import { isVector } from '#dist/linalg/vectors.js';
import { anyDouble, int, long, names, param, text } from '#dist/param/param.js';
import * as z from '#dist/param/zod.js';
import { parseJson } from '#dist/persistence/json.js';
import { isPlainName, metadataLine, parseMetadata, setParamsOf } from '#dist/persistence/metadata.js';
import { type PlainParamType, paramJson, paramValue, sameParam } from '#dist/persistence/param-json.js';

const double = fc.double();
const int32 = fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 });
const string = fc.string({ unit: 'binary' });
const sparse = fc.tuple(fc.uniqueArray(fc.nat(50), { maxLength: 6 }), fc.nat(10), fc.infiniteStream(double)).map(([indices, more, values]) => {
  const sorted = indices.sort((a, b) => a - b);
  return Vectors.sparse(
    (sorted.at(-1) ?? 0) + 1 + more,
    sorted,
    sorted.map(() => values.next().value!),
  );
});
const matrix = fc.tuple(fc.integer({ min: 1, max: 4 }), fc.integer({ min: 1, max: 4 }), fc.boolean(), fc.infiniteStream(double)).map(
  ([rows, cols, transposed, values]) =>
    new DenseMatrix(
      rows,
      cols,
      Array.from({ length: rows * cols }, () => values.next().value!),
      transposed,
    ),
);

const ARBITRARIES: Record<PlainParamType, fc.Arbitrary<unknown>> = {
  boolean: fc.boolean(),
  int: int32,
  long: fc.oneof(fc.maxSafeInteger(), fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n })),
  double,
  string,
  'string[]': fc.array(string),
  'int[]': fc.array(int32),
  'double[]': fc.array(double),
  'double[][]': fc.array(fc.array(double)),
  vector: fc.oneof(
    fc.array(double).map((values) => Vectors.dense(values)),
    sparse,
  ),
  matrix: fc.oneof(matrix, fc.constant(new SparseMatrix(2, 3, [0, 1, 1, 2], [0, 1], [1, -0], false))),
  json: fc.dictionary(string, fc.oneof(int32, string, fc.boolean(), fc.constant(null), fc.array(fc.array(string)))),
};

describe('a param', () => {
  it.each(Object.keys(ARBITRARIES) as PlainParamType[])('of type %s is read back as it was', (type) => {
    fc.assert(
      fc.property(ARBITRARIES[type], (value) => {
        const again = paramValue(type, parseJson(paramJson(type, value)));
        if (isVector(value) || type === 'json') expect(again).toEqual(value);
        else expect(sameParam(again, value) || again).toBe(true);
      }),
      { seed: 1, numRuns: 200 },
    );
  });

  it('that is a double shows it, wherever it stands', () => {
    const written = [
      paramJson('double', 1),
      paramJson('double[]', [1, Number.NaN]),
      paramJson('double[][]', [[-Infinity, 2]]),
      paramJson('vector', Vectors.dense(1, 2)),
      paramJson('vector', Vectors.sparse(3, [1], [5])),
      paramJson('matrix', new DenseMatrix(1, 2, [1, 2], true)),
    ];
    expect(written).toEqual([
      '1.0',
      '[1.0,"NaN"]',
      '[["-Inf",2.0]]',
      '{"type":1,"values":[1.0,2.0]}',
      '{"type":0,"size":3,"indices":[1],"values":[5.0]}',
      '{"class":"matrix","type":1,"numRows":1,"numCols":2,"values":[1.0,2.0],"isTransposed":true}',
    ]);
  });

  const wrong: [PlainParamType, string[]][] = [
    ['boolean', ['1', '"true"', 'null', '{}']],
    ['int', ['1.5', '2147483648', '"1"', 'null', '[1]', '9007199254740993']],
    ['long', ['1.5', '9223372036854775808', '"1"', 'null']],
    ['double', ['"1"', '"infinity"', 'null', '[]', 'true']],
    ['string', ['1', 'null', '["a"]', '{"__proto__":1}']],
    ['string[]', ['"a"', '[1]', '[null]']],
    ['int[]', ['1', '[1.5]', '["1"]']],
    ['double[]', ['1', '["a"]', '[[1]]']],
    ['double[][]', ['[1]', '[["a"]]']],
    [
      'vector',
      [
        '[1]',
        '{"type":2,"values":[1.0]}',
        '{"type":1}',
        '{"type":0,"size":3,"values":[1.0]}',
        '{"type":0,"size":3000000000,"indices":[],"values":[]}',
      ],
    ],
    ['matrix', ['{}', '{"type":1,"numRows":1,"numCols":1,"values":[1.0]}', '{"type":0,"numRows":1,"numCols":1,"values":[],"isTransposed":false}']],
  ];
  it.each(wrong)('of type %s refuses JSON of other types', (type, values) => {
    for (const json of values) expect(() => paramValue(type, parseJson(json)), json).toThrow(/^must be .*, got /);
  });
});

const schema = z.strictObject({
  scale: anyDouble().default(1),
  depth: int().default(5),
  seed: long().optional(),
  inputCols: names().optional(),
  label: text().default('label'),
  own: anyDouble().default(0),
  held: param('stage', 'a stage', () => true).optional(),
});

function line(set: ReadonlyMap<string, unknown>, className = 'acme.Scaler'): string {
  const defaults = new Map<string, unknown>([
    ['scale', 1],
    ['depth', 5],
    ['label', 'label'],
    ['own', 0],
  ]);
  const parts = { className, uid: 'scaler', schema, set, defaults, ownParams: ['own'], written: [], extra: [['numbers', '[1.0]'] as const] };
  return metadataLine(parts, 7);
}

describe('metadata', () => {
  it('is one line as Spark writes it, with params that Spark lacks under a key of their own', () => {
    expect(
      line(
        new Map<string, unknown>([
          ['seed', 2n ** 60n],
          ['own', 2],
          ['inputCols', ['a"b', 'é\n']],
        ]),
      ),
    ).toBe(
      '{"class":"acme.Scaler","timestamp":7,"sparkVersion":"4.3.0","uid":"scaler","paramMap":{"seed":1152921504606846976,"inputCols":["a\\"b","é\\n"]},' +
        '"defaultParamMap":{"scale":1.0,"depth":5,"label":"label"},"numbers":[1.0],"millstreamParams":{"own":2.0}}',
    );
  });

  it('gives back the params that were set, whatever they are', () => {
    const record = fc.record(
      { scale: double, depth: int32, seed: ARBITRARIES.long, inputCols: fc.array(string), label: string, own: double },
      { requiredKeys: [] },
    );
    fc.assert(
      fc.property(record, (params) => {
        const set = new Map<string, unknown>(Object.entries(params));
        const written = line(set);
        expect(written).not.toContain('\n');
        const read = parseMetadata(written);
        expect([read.className, read.uid, [...read.extra.keys()][0]]).toEqual(['acme.Scaler', 'scaler', 'numbers']);
        const again = setParamsOf(read, schema);
        expect([...again.keys()].sort()).toEqual([...set.keys()].sort());
        for (const [name, value] of set) expect(sameParam(again.get(name), value), name).toBe(true);
      }),
      { seed: 1, numRuns: 200 },
    );
  });

  const good = { class: 'a.B', timestamp: 1, sparkVersion: '4.3.0', uid: 'b', paramMap: {}, defaultParamMap: {} };
  const without = (key: string) => JSON.stringify({ ...good, [key]: undefined });
  const having = (change: Record<string, unknown>) => JSON.stringify({ ...good, ...change });

  it('may start with a byte order mark and may carry keys that nobody knows', () => {
    expect(parseMetadata(`\uFEFF${having({ millstreamVersion: '1' })}`).extra.get('millstreamVersion')).toBe('1');
  });

  it('has no defaults before Spark 2.4, which kept them among the params that are set (DefaultReadWriteSuite)', () => {
    const read = parseMetadata(having({ defaultParamMap: undefined, sparkVersion: '2.3.0', paramMap: { depth: 3 } }));
    expect([setParamsOf(read, schema).get('depth'), read.defaultParamMap.size]).toEqual([3, 0]);
  });

  it.each([
    [without('class'), /key class must be a string/],
    [without('uid'), /key uid must be a string/],
    [without('sparkVersion'), /key sparkVersion must be a string/],
    [without('paramMap'), /key paramMap must be an object/],
    [having({ defaultParamMap: [] }), /key defaultParamMap must be an object/],
    [having({ defaultParamMap: undefined, sparkVersion: '2.4.0' }), /key defaultParamMap must be an object, is missing/],
    [having({ class: 5 }), /key class must be a string, got 5/],
    [having({ sparkVersion: 'millstream' }), /sparkVersion must start like/],
    [having({ sparkVersion: '5.0.0' }), /written by Spark 5\.0\.0/],
    [having({ sparkVersion: '1.6.0' }), /written by Spark 1\.6\.0/],
    ['[]', /must be a JSON object/],
    ['null', /must be a JSON object/],
    ...['../x', '..', '.', 'a/b', 'a\\b', '', 'a\0b', 'x'.repeat(201)].map((uid): [string, RegExp] => [having({ uid }), /uid must be a plain name/]),
  ])('refuses %#', (json, reason) => {
    expect(() => parseMetadata(json)).toThrow(reason);
  });

  it('refuses params that the class lacks, naming class and param', () => {
    for (const name of ['nonsense', '__proto__', 'constructor', 'held']) {
      const read = parseMetadata(`{"class":"a.B","sparkVersion":"4.3.0","uid":"b","paramMap":{"${name}":1},"defaultParamMap":{}}`);
      expect(() => setParamsOf(read, schema)).toThrow(`a.B has no param ${JSON.stringify(name)}`);
    }
    const read = parseMetadata(having({ paramMap: { depth: 'deep' } }));
    expect(() => setParamsOf(read, schema)).toThrow('param depth must be a 32-bit integer, got "deep"');
  });

  it('passes over what Python adds', () => {
    expect(setParamsOf(parseMetadata(having({ paramMap: { language: 'Python', stageUids: ['x'] } })), schema).size).toBe(0);
  });

  it('knows a plain name', () => {
    expect(['a', 'a.b', '…', '__proto__', '-rf'].every(isPlainName)).toBe(true);
  });
});
