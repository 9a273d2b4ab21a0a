import fc from 'fast-check';
import { expect, it } from 'vitest';
import { type Attribute, attributeMetadata, attributeOf, categories, featureNames, groupMetadata, groupOf } from '#dist/frame/attributes.js';
import type { Field, Metadata } from '#dist/frame/schema.js';

const field = (metadata?: Metadata): Field => ({ name: 'v', type: { kind: 'vector' }, nullable: true, metadata });

const text = fc.string({ unit: 'grapheme', maxLength: 5 });
const nominal = fc.oneof(fc.record({ values: fc.array(text, { maxLength: 3 }) }), fc.record({ numValues: fc.nat(9) }), fc.constant({}));
const named = fc.oneof(fc.constant({}), fc.record({ name: text }));
const attribute = fc
  .tuple(fc.constantFrom<Attribute['type']>('numeric', 'nominal', 'binary'), named, nominal)
  .map(([type, name, rest]): Attribute => ({ type, ...name, ...(type === 'nominal' ? rest : {}) }));

it('an attribute reads back from its metadata, also as JSON', () => {
  fc.assert(
    fc.property(attribute, (a) => {
      expect(attributeOf(field(JSON.parse(JSON.stringify(attributeMetadata(a)))))).toEqual(a);
    }),
  );
});

it('a group reads back from its metadata, each attribute at its place', () => {
  fc.assert(
    fc.property(fc.array(attribute, { minLength: 1, maxLength: 8 }), (attributes) => {
      expect(groupOf(field(JSON.parse(JSON.stringify(groupMetadata({ attributes })))))).toEqual({ size: attributes.length, attributes });
    }),
  );
});

it('writes ml_attr as Spark does: by type, with the places, and the number of all', () => {
  const attributes: Attribute[] = [
    { type: 'numeric', name: 'age' },
    { type: 'binary', name: 'city_Rome' },
    { type: 'numeric' },
    { type: 'nominal', name: 'ix', values: ['a', 'b'] },
  ];
  expect(groupMetadata({ attributes })).toEqual({
    ml_attr: {
      num_attrs: 4,
      attrs: {
        numeric: [{ idx: 0, name: 'age' }, { idx: 2 }],
        binary: [{ idx: 1, name: 'city_Rome' }],
        nominal: [{ idx: 3, name: 'ix', vals: ['a', 'b'] }],
      },
    },
  });
  expect(attributeMetadata({ type: 'nominal', name: 'x', values: ['a'] })).toEqual({ ml_attr: { type: 'nominal', name: 'x', vals: ['a'] } });
  expect(groupMetadata({ size: 3 })).toEqual({ ml_attr: { num_attrs: 3 } });
  expect(groupMetadata({})).toEqual({ ml_attr: {} });
});

it('keeps what Spark knows beside, such as min and ord', () => {
  const ml = { type: 'nominal', vals: ['a'], ord: true, min: 0 };
  const found = attributeOf(field({ ml_attr: ml })) as Attribute;
  expect(found).toEqual({ type: 'nominal', values: ['a'], extra: { ord: true, min: 0 } });
  expect(attributeMetadata(found)).toEqual({ ml_attr: ml });
});

it('takes an attribute without a type for numeric, as Spark leaves that out', () => {
  expect(attributeOf(field({ ml_attr: { min: 0, max: 24 } }))).toEqual({ type: 'numeric', extra: { min: 0, max: 24 } });
  expect(attributeOf(field({ ml_attr: {} }))).toEqual({ type: 'numeric' });
  expect(attributeOf(field({ ml_attr: { num_attrs: 2 } }))).toBeUndefined();
});

it.each<[string, Metadata | undefined]>([
  ['no metadata', undefined],
  ['none of ML', { comment: 'x' }],
  ['null', { ml_attr: null }],
  ['a text', { ml_attr: 'numeric' }],
])('knows nothing of a column with %s', (_, metadata) => {
  expect(attributeOf(field(metadata))).toBeUndefined();
  expect(groupOf(field(metadata))).toEqual({});
});

it('takes slots that are not listed for numeric, and ignores places beyond the size', () => {
  const attrs = { binary: [{ idx: 1, name: 'b' }, { idx: 7 }, { idx: -1 }] };
  expect(groupOf(field({ ml_attr: { num_attrs: 3, attrs } })).attributes).toEqual([
    { type: 'numeric' },
    { type: 'binary', name: 'b' },
    { type: 'numeric' },
  ]);
});

it('names slots by what they came with, their attributes, or the column and the place', () => {
  const group = groupMetadata({ attributes: [{ type: 'numeric', name: 'age' }, { type: 'numeric' }] });
  expect(featureNames(field(group), 3)).toEqual(['age', 'v_1', 'v_2']);
  expect(featureNames({ ...field(group), slotNames: ['first'] }, 2)).toEqual(['first', 'v_1']);
});

it.each<[Attribute | undefined, number | undefined]>([
  [undefined, undefined],
  [{ type: 'numeric' }, undefined],
  [{ type: 'binary' }, 2],
  [{ type: 'nominal', values: ['a', 'b', 'c'] }, 3],
  [{ type: 'nominal', numValues: 5 }, 5],
  [{ type: 'nominal' }, undefined],
])('%j has %j categories', (of, count) => expect(categories(of)).toBe(count));
