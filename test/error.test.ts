import { describe, expect, it } from 'vitest';
import { LogisticRegression } from '#dist/classification/index.js';
import { show } from '#dist/error.js';
import { Vectors } from '#dist/index.js';
import { ParamGridBuilder } from '#dist/tuning/index.js';

describe('values in messages', () => {
  const lr = new LogisticRegression({}, 'lr');

  it.each<[unknown, string]>([
    ['text', '"text"'],
    [-0, '-0'],
    [2n, '2'],
    [() => 1, 'function'],
    [Math.max, 'function max'],
    [lr, 'lr'],
    [[lr], '[lr]'],
    [[0, Number.NaN, Number.POSITIVE_INFINITY, 'a', [2n]], '[0,NaN,Infinity,"a",[2]]'],
    [new ParamGridBuilder().addGrid(lr, 'maxIter', [1, 2]).build(), '[{lr.maxIter=1},{lr.maxIter=2}]'],
    [Vectors.dense(1, 2), '[1.0,2.0]'],
    [new Date(0), '"1970-01-01T00:00:00.000Z"'],
    [new Float64Array([1, 2]), '[1,2]'],
    [{ toString: 'own', a: [1n] }, '{"toString":"own","a":["1"]}'],
    [Object.create(null), '{}'],
  ])('print as their class says, else as JSON: case %#', (value, text) => {
    expect(show(value)).toBe(text);
  });

  it('are cut to 200 characters', () => {
    expect(show('a'.repeat(300))).toMatch(/^"a{198}…$/);
  });
});
