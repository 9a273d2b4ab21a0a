import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { doubleJson, type Json, parseJson, valueJson } from '#dist/persistence/json.js';

/** JSON as `JSON.parse` sees it. */
function plain(json: Json): unknown {
  if (json instanceof Map) {
    const object = Object.create(null);
    for (const [key, value] of json) Object.defineProperty(object, key, { value: plain(value), enumerable: true });
    return object;
  }
  return Array.isArray(json) ? json.map(plain) : json;
}

const text = fc.string({ unit: 'binary' });
const { tree } = fc.letrec<{ tree: unknown }>((tie) => ({
  tree: fc.oneof(
    { maxDepth: 4 },
    fc.constantFrom(null, true, false),
    fc.maxSafeInteger(),
    fc.double({ noNaN: true, noDefaultInfinity: true }).filter((x) => !Number.isInteger(x)),
    text,
    fc.array(tie('tree'), { maxLength: 4 }),
    fc.dictionary(fc.oneof(text, fc.constantFrom('__proto__', 'constructor', 'toString', '')), tie('tree'), { maxKeys: 4 }),
  ),
}));

describe('parseJson', () => {
  it('reads what JSON.stringify writes, with whatever space between', () => {
    fc.assert(
      fc.property(tree, fc.constantFrom(undefined, 1, '\t'), (value, space) => {
        const written = JSON.stringify(value, null, space);
        expect(plain(parseJson(written))).toEqual(JSON.parse(written));
      }),
      { seed: 1, numRuns: 300 },
    );
  });

  it('keeps whole numbers beyond 2^53 exact', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }), (n) => {
        expect(BigInt(parseJson(String(n)) as number)).toBe(n);
      }),
      { seed: 1 },
    );
    expect(parseJson('9007199254740993')).toBe(9007199254740993n);
    expect(parseJson('9007199254740991')).toBe(9007199254740991);
  });

  it.each([
    ['{"a":1,"a":2}', /key "a" twice/],
    ['{"__proto__":1,"__proto__":2}', /twice/],
    [`${'['.repeat(70)}${']'.repeat(70)}`, /nested deeper than 64/],
    ['['.repeat(1_000_000), /nested deeper than 64/],
    [`1${'0'.repeat(1000)}`, /unexpected/],
    ['', /ends too early/],
    ['{"a":', /ends too early/],
    ['{"a" 1}', /unexpected "1"/],
    ['[1,]', /unexpected/],
    ['{a:1}', /unexpected/],
    ['01', /unexpected/],
    ["'a'", /unexpected/],
    ['"a\n"', /unexpected/],
    ['"\\u12"', /unexpected/],
    ['1 2', /unexpected "2" at 2/],
    ['undefined', /unexpected/],
  ])('refuses %#', (json, reason) => {
    expect(() => parseJson(json)).toThrow(reason);
  });

  it('lets no key reach a prototype', () => {
    const map = parseJson('{"__proto__":{"polluted":true},"constructor":1}') as ReadonlyMap<string, Json>;
    expect([...map.keys()]).toEqual(['__proto__', 'constructor']);
    expect(({} as Record<string, unknown>).polluted).toBeUndefined();
  });
});

describe('doubleJson', () => {
  it('is read back as the same double and never as an integer', () => {
    fc.assert(
      fc.property(fc.double(), (x) => {
        const json = doubleJson(x);
        if (Number.isFinite(x)) {
          expect(json).toMatch(/^-?\d+\.\d+(E-?\d+)?$/);
          expect(Object.is(parseJson(json), x)).toBe(true);
        } else expect(json).toBe(Number.isNaN(x) ? '"NaN"' : x > 0 ? '"Inf"' : '"-Inf"');
      }),
      { seed: 1, numRuns: 1000 },
    );
    expect([1, -0, 1e-7, 1e21, 123456789].map(doubleJson)).toEqual(['1.0', '-0.0', '1.0E-7', '1.0E21', '1.23456789E8']);
  });
});

it('valueJson writes whole numbers as integers and Float64Arrays as doubles', () => {
  expect(valueJson({ a: 1, b: 1.5, c: 2n ** 60n, d: new Float64Array([1, Number.NaN]), e: ['x', null, true], f: new Map([['k', 1e21]]) })).toBe(
    '{"a":1,"b":1.5,"c":1152921504606846976,"d":[1.0,"NaN"],"e":["x",null,true],"f":{"k":1000000000000000000000}}',
  );
});
