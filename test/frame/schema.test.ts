import { describe, expect, it } from 'vitest';
import { Schema } from '#dist/frame/schema.js';
import { parseSchema } from '#dist/frame/schema-text.js';
import { typeName } from '#dist/frame/types.js';
import { refuses } from '../engine/harness.ts';

const schema = Schema.from({
  age: 'double',
  id: { type: 'bigint', nullable: false },
  features: { type: 'vector', attributes: { num_attrs: 2 }, metadata: { comment: 'x' } },
});

it('keeps columns in the order of the literal, nullable unless it says otherwise', () => {
  expect(schema.fields.map((f) => [f.name, typeName(f.type), f.nullable])).toEqual([
    ['age', 'double', true],
    ['id', 'long', false],
    ['features', 'vector', true],
  ]);
  expect(schema.find('features')?.metadata).toEqual({ comment: 'x', ml_attr: { num_attrs: 2 } });
});

it('reads back from its literal, whatever the names', () => {
  expect(Schema.from(schema.toLiteral()).fields).toEqual(schema.fields);
  const odd = new Schema(['__proto__', 'constructor', 'a.b', ''].map((name) => ({ name, type: { kind: 'int' as const }, nullable: true })));
  expect(Schema.from(odd.toLiteral()).names).toEqual(odd.names);
  expect(Schema.from(schema)).toBe(schema);
});

it.each(['nominal', 5, null, ['a']])('refuses attributes that are no object: %s', async (attributes) => {
  await refuses(() => Schema.from({ x: { type: 'double', attributes } }), 'SCHEMA_INVALID', { column: 'x', value: attributes });
});

it('finds columns by their exact names', () => {
  expect(['age', 'Age', 'toString', '__proto__'].map((name) => schema.has(name))).toEqual([true, false, false, false]);
  expect(schema.find('Age')).toBeUndefined();
});

it('does not find a name that stands twice', async () => {
  const twice = new Schema([...schema.fields, ...schema.fields]);
  await refuses(() => twice.find('age'), 'COLUMN_AMBIGUOUS', { column: 'age' });
});

describe('require', () => {
  it('gives the column, of any of the types asked for', () => {
    expect(schema.require('Stage', 'age', 'string', 'numeric').name).toBe('age');
    expect(schema.require('Stage', 'features').name).toBe('features');
  });

  it.each([
    [
      'nope',
      ['vector'],
      'COLUMN_NOT_FOUND',
      /^Stage: column "nope" does not exist; the frame has age, id, features; VectorAssembler makes vectors of number columns$/,
    ],
    ['age', ['vector'], 'COLUMN_TYPE', /must be vector, is double; assemble it with VectorAssembler$/],
    ['features', ['numeric', 'string'], 'COLUMN_TYPE', /must be numeric or string, is vector$/],
  ] as const)('refuses %s as %j', (name, kinds, code, text) =>
    refuses(() => schema.require('Stage', name, ...kinds), code, { stage: 'Stage', column: name }, text),
  );

  it('says how text becomes a number', () =>
    refuses(() => Schema.from({ s: 'string' }).require('Stage', 's', 'numeric'), 'COLUMN_TYPE', { value: 'string' }, /StringIndexer/));
});

it.each<[string, unknown, RegExp]>([
  ['a Map', new Map([['a', 'int']]), /must be an object such as/],
  ['an unknown key', { a: { type: 'int', nullabel: true } }, /column "a" must have no nullabel; did you mean nullable\?/],
  ['a nullable that is a text', { a: { type: 'int', nullable: 'no' } }, /nullable of column "a" must be true or false, got "no"/],
])('refuses a literal that is, or holds, %s', (_, literal, text) => refuses(() => Schema.from(literal as never), 'SCHEMA_INVALID', {}, text));

it('adds columns under free names, and replaces them where they stand', async () => {
  const type = { kind: 'int' } as const;
  expect(schema.add('Stage', 'new', type).names).toEqual(['age', 'id', 'features', 'new']);
  await refuses(() => schema.add('Stage', 'id', type), 'COLUMN_EXISTS', { column: 'id' });
  expect(schema.with({ name: 'age', type, nullable: true }).fields[0].type).toEqual(type);
  expect(schema.with({ name: 'new', type, nullable: true }).names).toEqual(['age', 'id', 'features', 'new']);
  expect(schema.names).toEqual(['age', 'id', 'features']);
});

it('prints the tree that Spark prints', () => {
  const nested = parseSchema('a int not null, b array<struct<c:string,d:decimal(5,2)>>, m map<string,double>');
  expect(nested.treeString()).toBe(
    [
      'root',
      ' |-- a: integer (nullable = false)',
      ' |-- b: array (nullable = true)',
      ' |    |-- element: struct (containsNull = true)',
      ' |    |    |-- c: string (nullable = true)',
      ' |    |    |-- d: decimal(5,2) (nullable = true)',
      ' |-- m: map (nullable = true)',
      ' |    |-- key: string',
      ' |    |-- value: double (valueContainsNull = true)',
    ].join('\n'),
  );
});

describe('Spark’s text of a schema', () => {
  it.each([
    ['a int, b string', ['a:int', 'b:string']],
    ['a: bigint NOT NULL,`b ``c, d` array<struct<x:int,y:string>>', ['a:long', 'b `c, d:array<struct<x:int,y:string>>']],
    ['x decimal(10, 2)', ['x:decimal(10,2)']],
  ])('%s', (text, wanted) => {
    expect(parseSchema(text).fields.map((f) => `${f.name}:${typeName(f.type)}`)).toEqual(wanted);
  });

  it.each(['', 'a', 'a int,', 'a int b', 'a strin'])('refuses %j', (text) => refuses(() => parseSchema(text), 'SCHEMA_INVALID'));
});

it.each([1, null, { kind: 'int' }, ['int']])('refuses %j as a column of a literal', (value) =>
  refuses(() => Schema.from({ x: value as never }), 'SCHEMA_INVALID', { column: 'x' }),
);
