import { describe, expect, it } from 'vitest';
import { Bucketizer, Imputer, OneHotEncoder, StringIndexer } from '#dist/feature/index.js';
import { thrown } from './table.ts';

describe.each([
  ['StringIndexer', StringIndexer],
  ['OneHotEncoder', OneHotEncoder],
  ['Imputer', Imputer],
  ['Bucketizer', Bucketizer],
] as const)('%s', (name, Class) => {
  it.each([
    [{ inputCol: 'a', inputCols: ['b'] }, 'exactly one of inputCol and inputCols must be set, both are'],
    [{ inputCol: 'a', outputCols: ['b'] }, 'inputCol goes with outputCol, not with outputCols'],
    [{ inputCols: ['a'], outputCols: ['x', 'y'] }, 'inputCols and outputCols must be of one length, got 1 and 2'],
    [{ inputCols: ['a', 'b'], outputCols: ['x', 'x'] }, 'outputCols must name each column once, "x" stands twice, got ["x","x"]'],
  ])('refuses %j', (params, message) => {
    expect(thrown(() => new Class(params))).toMatchObject({ code: 'PARAM_INVALID', message: `${name}: ${message}` });
  });

  it('asks for its columns when it meets a schema, not before', () => {
    expect(thrown(() => new Class().transformSchema({ a: 'double' })).message).toContain('inputCol or inputCols must be set');
    expect(thrown(() => new Class({ inputCols: ['a'] }).transformSchema({ a: 'double' })).message).toContain('outputCols must be set');
  });

  it('refuses a column that is missing, of the wrong type or already there', () => {
    const splits = name === 'Bucketizer' ? { splits: [0, 1, 2] } : {};
    const stage = new Class({ inputCol: 'a', outputCol: 'o', ...splits } as never);
    expect(thrown(() => stage.transformSchema({ b: 'double' }))).toMatchObject({ code: 'COLUMN_NOT_FOUND', details: { column: 'a' } });
    expect(thrown(() => stage.transformSchema({ a: 'boolean' }))).toMatchObject({ code: 'COLUMN_TYPE', details: { column: 'a' } });
    expect(thrown(() => stage.transformSchema({ a: 'double', o: 'int' }))).toMatchObject({ code: 'COLUMN_EXISTS', details: { column: 'o' } });
  });

  it('changes from one column to several by one copy', () => {
    const one = new Class({ inputCol: 'a', outputCol: 'x' });
    expect(one.copy({ inputCol: undefined, outputCol: undefined, inputCols: ['a'], outputCols: ['x'] } as never).uid).toBe(one.uid);
  });
});
