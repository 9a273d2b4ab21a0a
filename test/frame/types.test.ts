import fc from 'fast-check';
import { expect, it } from 'vitest';
import { type DataType, isNumeric, parseType, sameType, typeName } from '#dist/frame/types.js';
import { refuses } from '../engine/harness.ts';

const SIMPLE = 'boolean byte short int long float double string binary date timestamp vector matrix void'.split(' ');
const simple = fc.constantFrom(...SIMPLE).map(parseType);
const decimal = fc
  .integer({ min: 1, max: 38 })
  .chain((precision) => fc.integer({ min: 0, max: precision }).map((scale): DataType => ({ kind: 'decimal', precision, scale })));
const name = fc.stringMatching(/^[A-Za-z_][A-Za-z0-9_. é]{0,8}[a-z]$/);
const { type } = fc.letrec<{ type: DataType }>((tie) => ({
  type: fc.oneof(
    { maxDepth: 4 },
    simple,
    decimal,
    tie('type').map((element): DataType => ({ kind: 'array', element })),
    fc.tuple(tie('type'), tie('type')).map(([key, value]): DataType => ({ kind: 'map', key, value })),
    fc.array(fc.record({ name, type: tie('type') }), { minLength: 1, maxLength: 3 }).map((fields): DataType => ({ kind: 'struct', fields })),
  ),
}));

it('a type reads back from its name', () => {
  fc.assert(
    fc.property(type, (t) => {
      expect(parseType(typeName(t))).toEqual(t);
    }),
  );
});

it('two types are the same when their names are', () => {
  fc.assert(fc.property(type, type, (a, b) => sameType(a, a) && sameType(a, b) === (typeName(a) === typeName(b))));
});

it.each([
  ['integer', 'int'],
  ['BIGINT', 'long'],
  ['smallint', 'short'],
  ['tinyint', 'byte'],
  ['bool', 'boolean'],
  ['timestamp_ntz', 'timestamp'],
  ['decimal', 'decimal(10,0)'],
  ['numeric(5)', 'decimal(5,0)'],
  [' array < integer > ', 'array<int>'],
  ['map<string, array<double>>', 'map<string,array<double>>'],
  ['struct<a: int, `b:c`: string>', 'struct<a:int,b:c:string>'],
])('understands Spark’s spelling %s', (text, spelled) => expect(typeName(parseType(text))).toBe(spelled));

it.each([
  '',
  'strin',
  'array',
  'array<>',
  'array<int',
  'map<int>',
  'decimal(0,0)',
  'decimal(39,0)',
  'decimal(5,6)',
  'struct<a>',
  'int int',
  '__proto__',
  'constructor',
])('refuses %j and says what there is', (text) => refuses(() => parseType(text), 'SCHEMA_INVALID', { value: text }));

it('numbers are byte, short, int, long, float, double and decimal', () => {
  const numeric = SIMPLE.filter((kind) => isNumeric(parseType(kind)));
  expect(numeric).toEqual(['byte', 'short', 'int', 'long', 'float', 'double']);
  expect(isNumeric(parseType('decimal(3,1)'))).toBe(true);
});
