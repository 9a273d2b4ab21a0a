import { describe, expect, it } from 'vitest';
import { LogisticRegression } from '#dist/classification/index.js';
import { MlError } from '#dist/index.js';
import { ParamGridBuilder, type ParamMap } from '#dist/tuning/index.js';

const lr = new LogisticRegression();
const points = (maps: readonly ParamMap[]) => maps.map(({ entries }) => entries.map(({ name, value }) => [name, value]));

describe('ParamGridBuilder', () => {
  it('lets the axis added first vary slowest, as PySpark', () => {
    const grid = new ParamGridBuilder().addGrid(lr, 'regParam', [1, 2]).addGrid(lr, 'maxIter', [3, 4, 5]).build();
    expect(points(grid)).toEqual(
      [
        [1, 3],
        [1, 4],
        [1, 5],
        [2, 3],
        [2, 4],
        [2, 5],
      ].map(([regParam, maxIter]) => [
        ['regParam', regParam],
        ['maxIter', maxIter],
      ]),
    );
    expect(grid.every(({ entries }) => entries.every(({ parent }) => parent === lr.uid))).toBe(true);
  });

  it('replaces the values of a param named again, in its first place', () => {
    const grid = new ParamGridBuilder().addGrid(lr, 'regParam', [1, 2]).addGrid(lr, 'maxIter', [3, 4]).addGrid(lr, 'regParam', [7]).build();
    expect(points(grid)).toEqual([3, 4].map((maxIter) => [['regParam', 7], ['maxIter', maxIter]])); // biome-ignore format: one line says it
  });

  it('tells stages of one class apart', () => {
    const other = new LogisticRegression();
    expect(new ParamGridBuilder().addGrid(lr, 'regParam', [1, 2]).addGrid(other, 'regParam', [3, 4]).build()).toHaveLength(4);
  });

  it('fixes a param at every point with baseOn', () => {
    const grid = new ParamGridBuilder().baseOn(lr, 'tol', 0.01).addGrid(lr, 'maxIter', [1, 2]).build();
    expect(points(grid).map(([first]) => first)).toEqual([['tol', 0.01], ['tol', 0.01]]); // biome-ignore format: one line says it
  });

  it('builds one empty point without axes, and the same points again', () => {
    expect(points(new ParamGridBuilder().build())).toEqual([[]]);
    const builder = new ParamGridBuilder().addGrid(lr, 'regParam', [1, 2]);
    expect(points(builder.build())).toEqual(points(builder.build()));
  });

  it('keeps its values when the caller’s array changes', () => {
    const values = [1, 2];
    const builder = new ParamGridBuilder().addGrid(lr, 'regParam', values);
    values.push(3);
    expect(builder.build()).toHaveLength(2);
  });

  const any = () => new ParamGridBuilder() as unknown as { addGrid(...args: unknown[]): ParamGridBuilder };
  it.each([
    ['a stage that is none', () => any().addGrid({}, 'regParam', [1])],
    ['a param that the stage lacks', () => any().addGrid(lr, 'nope', [1])],
    ['a param named __proto__', () => any().addGrid(lr, '__proto__', [1])],
    ['a value that the param refuses', () => any().addGrid(lr, 'regParam', [0, -1])],
    ['a value that is missing', () => any().addGrid(lr, 'regParam', [undefined])],
    ['no values', () => any().addGrid(lr, 'regParam', [])],
    ['a value in place of an array', () => any().addGrid(lr, 'regParam', 1)],
    [
      'points whose params contradict each other',
      () =>
        any()
          .addGrid(lr, 'threshold', [0.3])
          .addGrid(lr, 'thresholds', [[0.9, 0.1]])
          .build(),
    ],
  ])('refuses %s', (_, action) => {
    expect(action).toThrow(MlError);
    expect(action).toThrow(expect.objectContaining({ code: expect.stringMatching(/^PARAM_/) }));
  });
});
