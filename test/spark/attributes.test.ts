import { afterAll, beforeAll, describe, expect, inject, it, vi } from 'vitest';
import { DecisionTreeClassifier, LogisticRegression, type LogisticRegressionModel } from '#dist/classification/index.js';
import { Session } from '#dist/engine/session.js';
import type { SparkEngine } from '#dist/engine/spark/engine.js';
import { Imputer, MinMaxScaler, OneHotEncoder, StandardScaler, StringIndexer, VectorAssembler } from '#dist/feature/index.js';
import type { Frame } from '#dist/frame/frame.js';
import { Pipeline } from '#dist/pipeline/index.js';

const ROWS = Array.from({ length: 60 }, (_, i) => ({
  plan: ['basic', '__proto__', 'plus'][(i * 7) % 3],
  use: i % 11 === 0 ? null : (i * 37) % 101,
  other: i % 5,
  label: (i * 13) % 3,
}));
const SCHEMA = { plan: 'string', use: 'double', other: 'double', label: 'double' };
const head = [
  new StringIndexer({ inputCol: 'plan', outputCol: 'ix' }),
  new OneHotEncoder({ inputCol: 'ix', outputCol: 'vec' }),
  new Imputer({ inputCols: ['use', 'other'], outputCols: ['used', 'ab'] }),
  new VectorAssembler({ inputCols: ['used', 'ab', 'vec'], outputCol: 'raw' }),
  new StandardScaler({ inputCol: 'raw', outputCol: 'scaled' }),
  new MinMaxScaler({ inputCol: 'scaled', outputCol: 'features' }),
];

describe('the state of a model on a cluster', { timeout: 300_000 }, () => {
  let session: Session;
  let frame: Frame;
  /** Statements that make and drop tables. */
  const statements = async (work: () => Promise<unknown>) => {
    const rows = vi.spyOn(frame.executor as SparkEngine, 'rows');
    await work();
    const sent = rows.mock.calls.filter(([relation]) => relation.case === 'sql').length;
    rows.mockRestore();
    return sent;
  };

  beforeAll(async () => {
    session = await Session.connect(inject('sparkAddress'));
    frame = session.createFrame(ROWS, SCHEMA);
  });
  afterAll(() => session?.close());

  it('is asked of the server where it tells all of it: no table is made', async () => {
    const pipeline = new Pipeline({ stages: [...head, new LogisticRegression({ maxIter: 3 })] });
    expect(await statements(() => pipeline.fit(frame))).toBe(0);
  });

  it('is written and read back of trees', async () => {
    const pipeline = new Pipeline({ stages: [...head, new DecisionTreeClassifier({ maxDepth: 1 })] });
    expect(await statements(() => pipeline.fit(frame))).toBe(3);
  });

  it.each([
    ['auto', 2, false],
    ['auto', 3, true],
    ['binomial', 2, false],
    ['multinomial', 2, true],
    ['multinomial', 1, true],
    ['auto', 1, false],
  ] as const)('tells binomial from multinomial: family %s, %i classes', async (family, classes, multinomial) => {
    const rows = ROWS.map((row) => ({ ...row, label: row.label % classes }));
    const there = session.createFrame(rows, SCHEMA);
    const stages = [new VectorAssembler({ inputCols: ['other'], outputCol: 'features' }), new LogisticRegression({ family, maxIter: 3 })];
    const model = (await new Pipeline({ stages }).fit(there)).stages[1] as LogisticRegressionModel;
    expect([model.state.isMultinomial, model.numClasses, model.numFeatures]).toEqual([multinomial, classes, 1]);
    const raw = await model.transform((stages[0] as VectorAssembler).transform(there)).first();
    expect(raw?.prediction).toBe(model.predict((raw as { features: never }).features));
  });
});
