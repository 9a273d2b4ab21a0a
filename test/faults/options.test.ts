import { describe, expect, it } from 'vitest';
import { LogisticRegression } from '#dist/classification/index.js';
import { BinaryClassificationEvaluator } from '#dist/evaluation/index.js';
import { VectorAssembler } from '#dist/feature/index.js';
import { col, Pipeline, Session, Vectors, when } from '#dist/index.js';
import { ParamGridBuilder } from '#dist/tuning/index.js';
import { refuses, session as testSession } from '../engine/harness.ts';

const session = testSession();
const frame = () => session().createFrame([{ a: 1, label: 0 }], { a: 'double', label: 'double' });
const features = () => new VectorAssembler({ inputCols: ['a'], outputCol: 'features' }).transform(frame());
const lr = new LogisticRegression();

describe('what PySpark spells otherwise', () => {
  it.each<[string, () => unknown]>([
    ['onprogress', () => lr.fit(features(), { onprogress: () => {} } as never)],
    ['onprogress', () => new Pipeline({ stages: [lr] }).fit(features(), { onprogress: () => {} } as never)],
    ['metricName', () => new BinaryClassificationEvaluator().evaluate(features(), { metricName: 'areaUnderPR' } as never)],
    ['subsets', () => frame().dropna({ subsets: ['a'] } as never)],
    ['subsets', () => frame().fillna(0, { subsets: ['a'] } as never)],
    ['asc', () => frame().orderBy('a', { asc: false } as never)],
    ['allowMissing', () => frame().unionByName(frame(), { allowMissing: true } as never)],
    ['partition', () => session().createFrame([{ a: 1 }], undefined, { partition: 2 } as never)],
    ['rows', () => frame().show({ rows: 3 } as never)],
    ['worker', () => Session.local({ worker: 2 } as never)],
    ['tokn', () => Session.connect('sc://localhost', { tokn: 'x' } as never)],
  ])('is no option that is passed over: %s', async (param, call) => {
    await refuses(async () => call(), 'PARAM_UNKNOWN', { param });
  });

  it.each<[string, () => unknown, RegExp]>([
    ['params of fit', () => lr.fit(features(), { regParam: 0.1 } as never), /stage\.copy\(\{ regParam: … \}\)\.fit\(frame\)/],
    ['a grid by param', () => new ParamGridBuilder().addGrid(undefined as never, [0.1] as never, [] as never), /addGrid\(lr, 'regParam'/],
    ['an operator', () => (col('a') as never) + 1, /col\('a'\)\.plus\(1\)/],
    ['a comparison', () => (col('a') as never) > 1, /col\('a'\)\.gt\(1\)/],
    ['a filter by JavaScript', () => frame().filter(false as never), /filter: condition must be a Column such as col\('a'\)\.gt\(1\), got false/],
    ['a branch by JavaScript', () => when(true as never, 1), /when: condition must be a Column/],
    ['names for a schema', () => session().createFrame([{ a: 1 }], ['a'] as never), /must be an object such as/],
    ['a map of names', () => frame().withColumnRenamed({ a: 'b' } as never, undefined as never), /withColumnRenamed: names must be strings/],
    ['a frame without features', () => lr.fit(frame()), /VectorAssembler/],
  ])('is told how to write here: %s', async (_, call, sentence) => {
    await expect((async () => call())()).rejects.toThrow(sentence);
  });

  it('is taken where it is the same thing said in one object', async () => {
    const holes = session().createFrame([{ a: null, b: null }], { a: 'double', b: 'double' });
    expect(await holes.fillna(1, { subset: ['a'] }).collect()).toEqual([{ a: 1, b: null }]);
    expect(await holes.showString({ truncate: false })).toBe(await holes.showString(20, false));
    expect(await session().range(3).showString({ n: 1 })).toContain('only showing top 1 row');
    expect(Vectors.sparse(4, { 2: 5, 0: 1 }).equals(Vectors.sparse(4, [0, 2], [1, 5]))).toBe(true);
    expect(() => Vectors.sparse(4, 5 as never)).toThrow(/pairs, got 5/);
    expect(`${col('a')}`).toBe(String(col('a')));
  });
});
