import { describe, expect, it } from 'vitest';
import { LogisticRegression } from '#dist/classification/index.js';
import { aggregate, Column, col, filter, Matrices, MlError, parseType, Schema, transform, Vectors } from '#dist/index.js';
import { failure, session as testSession } from '../engine/harness.ts';
import { frameOf } from './rows.ts';

const session = testSession();

/** Calls as only a program without types makes them. */
// biome-ignore lint/suspicious/noExplicitAny: what a type checker would refuse is the point
type Anything = any;

const JUNK: readonly Anything[] = [
  undefined,
  null,
  5,
  Number.NaN,
  'x',
  true,
  Symbol('s'),
  10n,
  {},
  [null],
  Object.create(null),
  () => 1,
  { signal: 5 },
];

/** Every call with junk in the last place either works or fails with an MlError. */
async function survives(calls: readonly ((junk: Anything) => unknown)[]): Promise<void> {
  for (const call of calls) {
    for (const junk of JUNK) {
      try {
        await call(junk);
      } catch (error) {
        expect(error, `${call} of ${String(Object.getPrototypeOf(Object(junk)) ? junk : {})}`).toBeInstanceOf(MlError);
      }
    }
  }
}

describe('an argument of a wrong kind', () => {
  it('of a frame is refused by name', async () => {
    const frame: Anything = frameOf(session(), 3);
    await survives([
      (x) => frame.select(x).collect(),
      (x) => frame.selectExpr(x).collect(),
      (x) => frame.withColumn('q', x),
      (x) => frame.withColumns(x),
      (x) => frame.withColumnsRenamed(x),
      (x) => frame.drop(x),
      (x) => frame.filter(x).count(),
      (x) => frame.join(x),
      (x) => frame.unionByName(frame, x),
      (x) => frame.dropDuplicates(x),
      (x) => frame.randomSplit(x),
      (x) => frame.sample(x),
      (x) => frame.sampleBy('c', x),
      (x) => frame.fillna(x),
      (x) => frame.dropna(x),
      (x) => frame.approxQuantile('a', x),
      (x) => frame.approxQuantile(x, [0.5]),
      (x) => frame.transform(x),
      (x) => frame.mapBatches('x', 'y', x),
      (x) => frame.mapBatches(x, 'y', { schema: { a: 'double' } }),
      (x) => frame.withBatchColumn('q', x, 'file:///none.js', 'y'),
      (x) => frame.collect(x),
      (x) => frame.count(x),
      (x) => frame.toArrow(x),
      (x) => frame.schema(x),
      (x) => frame.take(1, x),
    ]);
  });

  it('of a session, reader or writer is refused by name', async () => {
    const open: Anything = session();
    const frame: Anything = frameOf(open, 3);
    await survives([
      (x) => open.createFrame(x),
      (x) => open.createFrame([{ a: 1 }], x),
      (x) => open.createFrame([{ a: 1 }], { a: 'double' }, x),
      (x) => open.sql('SELECT 1', x),
      (x) => open.range(x),
      (x) => open.read.csv(x).count(),
      (x) => open.read.csv('none.csv', x).count(),
      (x) => open.read.options(x),
      (x) => frame.write.parquet('', x),
      (x) => frame.write.options(x),
    ]);
  });

  it('of a stage is refused by name', async () => {
    const Stage: Anything = LogisticRegression;
    const stage = new Stage();
    await survives([
      (x) => new Stage(x),
      (x) => new Stage({}, x),
      (x) => stage.copy(x),
      (x) => stage.getParam(x),
      (x) => stage.getOrDefault(x),
      (x) => stage.explainParam(x),
      (x) => stage.fit(x),
      (x) => stage.transformSchema(x),
    ]);
  });

  it('of a plan is refused, and leaves no rejection behind that nobody handles', async () => {
    const frame: Anything = frameOf(session(), 3);
    await survives([
      (x) => frame.next(x).collect(),
      (x) => frame.next({ op: 'distinct', input: x, columns: null }).collect(),
      (x) => frame.next({ op: 'union', left: frame.plan, right: x, byName: false, allowMissing: false }).schema(),
    ]);
  });

  it('of vectors, matrices, schemas and functions of columns is refused', async () => {
    const vectors: Anything = Vectors;
    const matrices: Anything = Matrices;
    const column: Anything = col('a');
    await survives([
      (x) => vectors.dense(x),
      (x) => vectors.sparse(3, x),
      (x) => vectors.sparse(3, x, x),
      (x) => vectors.dense(1, 2).norm(x),
      (x) => matrices.dense(1, 1, x),
      (x) => matrices.sparse(1, 1, x, x, x),
      (x) => matrices.dense(1, 1, [1]).multiply(x),
      (x) => Schema.from(x),
      (x) => parseType(x),
      (x) => filter('a', x),
      (x) => transform('a', x),
      (x) => aggregate('a', 0, x),
      (x) => column.over(x),
      (x) => column.alias('q', x),
    ]);
    expect((await failure(() => vectors.dense({}))).code).toBe('VALUE_INVALID');
    expect((await failure(() => frameOf(session(), 3).collect({ signal: 5 } as Anything))).details).toMatchObject({ param: 'signal' });
    expect(column).toBeInstanceOf(Column);
  });
});
