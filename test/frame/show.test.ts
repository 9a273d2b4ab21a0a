import { expect, it } from 'vitest';
import { parseSchema } from '#dist/frame/schema-text.js';
import { cellText, showTable } from '#dist/frame/show.js';
import { parseType } from '#dist/frame/types.js';
import { Vectors } from '#dist/linalg/vectors.js';

const schema = parseSchema('id int, name string');
const lines = (...text: string[]) => [...text, ''].join('\n');

it('prints the table that Spark prints: cells to the right, at least three wide', () => {
  const rows = [
    [1, 'a'],
    [20, null],
  ];
  expect(showTable(schema, rows, 20, true)).toBe(lines('+---+----+', '| id|name|', '+---+----+', '|  1|   a|', '| 20|NULL|', '+---+----+'));
});

it('prints cells to the left when nothing is cut', () => {
  expect(showTable(schema, [[1, 'a']], 20, false)).toBe(lines('+---+----+', '|id |name|', '+---+----+', '|1  |a   |', '+---+----+'));
});

it('says when there are more rows', () => {
  const rows = [1, 2, 3].map((i) => [i, 'x']);
  expect(showTable(schema, rows, 2, true)).toContain('|  2|   x|\n+---+----+\nonly showing top 2 rows\n');
  expect(showTable(schema, rows.slice(0, 2), 1, true)).toContain('only showing top 1 row\n');
  expect(showTable(schema, rows.slice(0, 2), 2, true)).not.toContain('only');
});

it.each([
  [true, 'abcdefghijklmnopqrstuvwxyz', 'abcdefghijklmnopq...'],
  [5, 'abcdefg', 'ab...'],
  [3, 'abcdefg', 'abc'],
  [5, '😀😀😀😀😀😀', '😀😀...'],
  [false, 'abcdefghijklmnopqrstuvwxyz', 'abcdefghijklmnopqrstuvwxyz'],
])('with truncate %j cuts %s to %s', (truncate, given, shown) => {
  const [, , , row] = showTable(parseSchema('a string'), [[given]], 20, truncate).split('\n');
  expect(row.replaceAll('|', '').trim()).toBe(shown);
});

it('escapes control characters, and counts wide characters as two', () => {
  const text = showTable(parseSchema('a string'), [['x\ny\t'], ['日本']], 20, true).split('\n');
  expect(text.slice(3, 5)).toEqual(['|x\\ny\\t|', '|  日本|']);
});

it('prints a frame without rows or columns', () => {
  expect(showTable(schema, [], 20, true)).toBe(lines('+---+----+', '| id|name|', '+---+----+', '+---+----+'));
  expect(showTable(parseSchema('a int'), [], 0, true)).toBe(lines('+---+', '|  a|', '+---+', '+---+'));
});

it.each<[string, unknown, string]>([
  ['double', 1, '1.0'],
  ['double', 1e21, '1.0E21'],
  ['double', 1e-4, '1.0E-4'],
  ['double', -0, '-0.0'],
  ['double', Number.NaN, 'NaN'],
  ['double', Number.NEGATIVE_INFINITY, '-Infinity'],
  ['float', Math.fround(0.1), '0.1'],
  ['long', 9007199254740993n, '9007199254740993'],
  ['boolean', true, 'true'],
  ['string', '', ''],
  ['date', '2024-02-29', '2024-02-29'],
  ['timestamp', new Date('2024-02-29T12:34:56.780Z'), '2024-02-29 12:34:56.78'],
  ['timestamp', new Date('2024-02-29T12:34:56Z'), '2024-02-29 12:34:56'],
  ['binary', Uint8Array.of(0, 255), '[00 FF]'],
  ['array<double>', [1, null], '[1.0, NULL]'],
  ['map<string,int>', new Map([['a', 1]]), '{a -> 1}'],
  ['struct<a:int,b:array<string>>', { b: ['x'], a: 1 }, '{1, [x]}'],
  ['vector', Vectors.dense([1, 2.5]), '[1.0,2.5]'],
  ['vector', Vectors.sparse(3, [1], [2]), '(3,[1],[2.0])'],
  ['int', undefined, 'NULL'],
])('a %s prints as Spark’s cast to text: %s', (type, value, text) => expect(cellText(value, parseType(type))).toBe(text));
