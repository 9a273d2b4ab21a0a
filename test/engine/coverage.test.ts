import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { Column } from '#dist/frame/column.js';
import { Frame } from '#dist/frame/frame.js';
import * as functions from '#dist/frame/functions.js';
import { GroupedFrame } from '#dist/frame/grouped.js';
import { FrameReader } from '#dist/frame/reader.js';
import { FrameWriter } from '#dist/frame/writer.js';

/** What runs on both engines: the suite of frames' behaviour, and the table of expressions, which is written in Python. */
const text = readFileSync(new URL('behaviour.ts', import.meta.url), 'utf8');
const { cases } = JSON.parse(readFileSync(new URL('../goldens/expressions.json', import.meta.url), 'utf8')) as { cases: { expr: string }[] };
const words = new Set([text, ...cases.map((c) => c.expr)].flatMap((of) => of.match(/[A-Za-z_]\w*/g) ?? []).map((word) => plain(word)));

/** Of one name in both languages. */
function plain(name: string): string {
  return name.replaceAll('_', '').toLowerCase();
}

/** Names that stand nowhere there, with the reason. */
const EXCEPT: ReadonlyMap<string, string> = new Map([
  ['apply', 'what transform calls; test/spark/fixtures.test.ts and stages.test.ts'],
  ['mapBatches', 'of this process only'],
  ['withBatchColumn', 'of this process only'],
  ['next', 'of the package’s own use'],
  ['operator', 'of the package’s own use'],
  ['as', 'another name of alias'],
]);

const OPERATORS = /^(constructor|\[.*)$/;
/** Names of a class's members, those of the classes that it extends too. */
function members(of: { prototype: object }): string[] {
  const names: string[] = [];
  for (let at = of.prototype; at !== Object.prototype; at = Object.getPrototypeOf(at)) names.push(...Object.getOwnPropertyNames(at));
  return names.filter((name) => !OPERATORS.test(name));
}

describe('on both engines is tested every', () => {
  it.each([
    ['method of Frame', members(Frame)],
    ['method of Column', members(Column)],
    ['method of groups', members(GroupedFrame)],
    ['reader', members(FrameReader)],
    ['writer', members(FrameWriter)],
    ['function', Object.keys(functions)],
  ])('%s', (_, names) => {
    expect(names.filter((name) => !words.has(plain(name)) && !EXCEPT.has(name))).toEqual([]);
  });
});
