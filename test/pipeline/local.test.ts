import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { BinaryClassificationEvaluator, RegressionEvaluator } from '#dist/evaluation/index.js';
import { SQLTransformer } from '#dist/feature/index.js';
import { type Frame, Session } from '#dist/index.js';
import { Pipeline } from '#dist/pipeline/index.js';
import { CrossValidator, ParamGridBuilder } from '#dist/tuning/index.js';
import { Adder, Centerer } from './stages.ts';

describe('on the local engine', () => {
  let session: Session;
  let frame: Frame;

  beforeAll(async () => {
    session = await Session.local({ workers: 2 });
    frame = session.createFrame(
      Array.from({ length: 40 }, (_, i) => ({ x: i % 8, y: (i % 5) - 2, fold: i % 2 })),
      { x: 'double', y: 'double', fold: 'int' },
    );
  });
  afterAll(() => session?.close());

  it('runs a user’s own stages, estimators and transformers', async () => {
    const pipeline = new Pipeline({ stages: [new Adder({ inputCol: 'x', outputCol: 'x1' }), new Centerer({ inputCol: 'x1', outputCol: 'c' })] });
    const model = await pipeline.fit(frame);
    const [first] = await model.transform(frame).filter('x = 6').limit(1).collect();
    expect(first).toEqual({ x: 6, y: -1, fold: 0, x1: 7, c: 2.5 });
    expect(await frame.apply(model).collect()).toEqual(await model.transform(frame).collect());
  });

  it('scores one row as it scores a frame', async () => {
    const model = await new Pipeline({
      stages: [new Adder({ inputCol: 'x', outputCol: 'x1' }), new Centerer({ inputCol: 'x1', outputCol: 'c' })],
    }).fit(frame);
    expect(model.rowScorer()({ x: 6 })).toEqual({ x1: 7, c: 2.5 });
  });

  it('folds the schema through SQL before any data is read', async () => {
    const sql = new SQLTransformer({ statement: 'SELECT *, x + y AS z FROM __THIS__' });
    const model = await new Pipeline({ stages: [sql, new Centerer({ inputCol: 'z', outputCol: 'c' })] }).fit(frame);
    expect((await model.transform(frame).schema()).names).toEqual(['x', 'y', 'fold', 'z', 'c']);
    const wrong = new Pipeline({ stages: [sql, new Centerer({ inputCol: 'nowhere', outputCol: 'c' })] });
    await expect(wrong.fit(frame)).rejects.toMatchObject({ code: 'COLUMN_NOT_FOUND', details: { column: 'nowhere' } });
  });

  it('searches over a pipeline that starts with SQL', async () => {
    const sql = new SQLTransformer({ statement: 'SELECT *, x + y AS z FROM __THIS__' });
    const centerer = new Centerer({ inputCol: 'z' });
    const search = new CrossValidator({
      estimator: new Pipeline({ stages: [sql, centerer] }),
      evaluator: new RegressionEvaluator({ labelCol: 'y' }),
      estimatorParamMaps: new ParamGridBuilder().addGrid(centerer, 'shift', [0, 3]).build(),
      foldCol: 'fold',
      numFolds: 2,
    });
    const model = await search.fit(frame);
    expect(model.bestIndex).toBe(0);
    expect(model.avgMetrics[0]).toBeLessThan(model.avgMetrics[1]);
  });

  it('refuses a null label by row', async () => {
    const rows = session.createFrame(
      [
        { label: 1, rawPrediction: 0.5 },
        { label: null, rawPrediction: 0.1 },
      ],
      { label: 'double', rawPrediction: 'double' },
    );
    await expect(new BinaryClassificationEvaluator().evaluate(rows)).rejects.toMatchObject({
      code: 'VALUE_INVALID',
      details: { column: 'label', row: 1 },
    });
  });
});
