import { describe, expect, it } from 'vitest';
import { Imputer, ImputerModel } from '#dist/feature/index.js';
import { sessionClosed, sessionOpened } from '#dist/frame/open-sessions.js';
import { fitStages } from './mini-engine.ts';
import { columnAfter, table, thrown } from './table.ts';

describe('Imputer', () => {
  it('names the column that has nothing to fill from', async () => {
    const imputer = new Imputer({ inputCols: ['a', 'b'], outputCols: ['x', 'y'] });
    await expect(fitStages([imputer], table({ a: 'double', b: 'double' }, [1, null], [2, Number.NaN]))).rejects.toMatchObject({
      code: 'VALUE_INVALID',
      details: { stage: imputer.uid, column: 'b' },
    });
  });

  it('means do not depend on other columns, overflow to Infinity, and are refused where they are none', async () => {
    const imputer = new Imputer({ inputCols: ['a', 'b'], outputCols: ['x', 'y'] });
    const means = async (...b: number[]) => {
      const [model] = await fitStages([imputer], table({ a: 'short', b: 'double' }, [1, b[0]], [2, b[1]], [4, b[2]]));
      return [...(model as ImputerModel).surrogates.values()];
    };
    expect(await means(1e308, 1e308, 1e308)).toEqual([7 / 3, Number.POSITIVE_INFINITY]);
    expect(await means(0, Number.NEGATIVE_INFINITY, 1)).toEqual([7 / 3, Number.NEGATIVE_INFINITY]);
    await expect(means(Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 1)).rejects.toMatchObject({
      code: 'VALUE_INVALID',
      details: { column: 'b' },
    });
  });

  it('says that an output may be null where Spark does: unless the input is a double or float without null', () => {
    const field = (type: string, nullable: boolean) => ({ type, nullable });
    const from = { a: field('double', true), b: field('float', false), c: field('int', false), d: field('decimal(10,2)', false) };
    const { fields } = new Imputer({ inputCols: ['a', 'b', 'c', 'd'], outputCols: ['w', 'x', 'y', 'z'] }).transformSchema(from as never);
    expect(fields.slice(4).map((f) => f.nullable)).toEqual([true, false, true, true]);
  });

  it('may take the place of its own input, but of no other column', () => {
    const schema = { a: 'double', b: 'int' };
    expect(new Imputer({ inputCol: 'a', outputCol: 'a' }).transformSchema(schema).names).toEqual(['a', 'b']);
    expect(thrown(() => new Imputer({ inputCol: 'a', outputCol: 'b' }).transformSchema(schema))).toMatchObject({ code: 'COLUMN_EXISTS' });
  });

  it('keeps the type of its input', () => {
    const schema = new Imputer({ inputCols: ['a', 'b'], outputCols: ['x', 'y'] }).transformSchema({ a: 'float', b: 'long' });
    expect(schema.fields.slice(2).map((f) => f.type.kind)).toEqual(['float', 'long']);
  });
});

describe('ImputerModel', () => {
  const values = Float64Array.of(2.75, -2.75);

  it('casts what it fills in as SQL does', () => {
    const model = new ImputerModel({ inputCols: ['a', 'b'], outputCols: ['x', 'y'] }, { values: Float64Array.of(-2.75, 0.1) });
    const input = table({ a: 'int', b: 'float' }, [null, null]);
    expect([columnAfter([model], input, 'x'), columnAfter([model], input, 'y')]).toEqual([[-2], [Math.fround(0.1)]]);
  });

  it('leaves NaN alone when another number stands for missing ones', () => {
    const model = new ImputerModel({ inputCol: 'a', outputCol: 'x', missingValue: -1 }, { values: Float64Array.of(5) });
    expect(columnAfter([model], table({ a: 'double' }, [Number.NaN], [-1], [null], [3]), 'x')).toEqual([Number.NaN, 5, 5, 3]);
  });

  it('finds its numbers by column name', () => {
    const model = new ImputerModel({ inputCols: ['a', '__proto__'], outputCols: ['x', 'y'] }, { values });
    expect([...model.surrogates]).toEqual([
      ['a', 2.75],
      ['__proto__', -2.75],
    ]);
    const one = model.copy({ inputCols: ['__proto__'], outputCols: ['y'] });
    expect([...one.surrogates]).toEqual([['__proto__', -2.75]]);
    expect(thrown(() => model.copy({ inputCols: ['other'], outputCols: ['x'] }))).toMatchObject({ code: 'PARAM_INVALID' });
  });

  it('makes Spark’s frame of one row on the session opened last', () => {
    const model = new ImputerModel({ inputCols: ['a', '__proto__'], outputCols: ['x', 'y'] }, { values });
    expect(thrown(() => model.surrogate)).toMatchObject({ code: 'SESSION_CLOSED' });
    const made: unknown[] = [];
    const session = { createFrame: (...args: unknown[]) => made.push(...args) as never };
    sessionOpened(session);
    void model.surrogate;
    sessionClosed(session);
    expect(Object.entries((made[0] as object[])[0])).toEqual([
      ['a', 2.75],
      ['__proto__', -2.75],
    ]);
    expect(Object.keys(made[1] as object)).toEqual(['a', '__proto__']);
  });
});
