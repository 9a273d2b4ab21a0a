import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { LogisticRegression, type LogisticRegressionModel, RandomForestClassifier } from '#dist/classification/index.js';
import { OneHotEncoder, StringIndexer, VectorAssembler } from '#dist/feature/index.js';
import { type Frame, load, Matrices, Session, type Vector, Vectors } from '#dist/index.js';
import { saved } from '../persistence/files.ts';
import { dataset, frameOf, silent } from './goldens.ts';

const sessions = new Map<number, Session>();
let session: Session;
beforeAll(async () => {
  for (const workers of [1, 2, 4]) sessions.set(workers, await Session.local({ workers, logger: silent }));
  session = sessions.get(1)!;
});
afterAll(async () => {
  for (const each of sessions.values()) await each.close();
});

const { features, label, weight } = dataset('binary');
const rows = label.map((y, i) => ({ x: features[i], y, w: weight[i] }));
const exact = { tol: 1e-12, maxIter: 500 };

function frame(data: readonly { x: readonly number[]; y: number | null; w?: number | null }[], on = session): Frame {
  return on.createFrame(
    data.map(({ x, y, w = 1 }) => ({ features: Vectors.dense(x), label: y, weight: w })),
    { features: 'vector', label: 'double', weight: 'double' },
  );
}

const found = (model: LogisticRegressionModel) => [...model.coefficientMatrix.toArray(), ...model.interceptVector.toArray()];

function expectNear(a: readonly number[], b: readonly number[], tolerance: number): void {
  expect(a).toHaveLength(b.length);
  a.forEach((v, i) => void expect(Math.abs(v - b[i]), `${i}: ${v} and ${b[i]}`).toBeLessThanOrEqual(tolerance * Math.max(1, Math.abs(b[i]))));
}

it('starts a class without rows behind the last one at intercept 0 (the objective is Spark 4.3’s)', async () => {
  const rows = Array.from({ length: 40 }, (_, i) => ({ features: Vectors.dense(Math.sin(i)), label: Number(i < 12) }));
  const label = { type: 'double', attributes: { type: 'nominal', vals: ['no', 'yes', '__unknown'] } };
  const model = await new LogisticRegression({ maxIter: 0 }).fit(session.createFrame(rows, { features: 'vector', label }));
  expect(model.summary.objectiveHistory[0]).toBeCloseTo(0.9910864424549036, 14);
});

describe('the bits of a fit', () => {
  /** Several partitions' worth, so that the workers share them. */
  const many = Array.from({ length: 40_000 }, (_, i) => {
    const x = [Math.sin(i * 1.7), ((i * 7919) % 1000) / 100, i % 3];
    return { x, y: Number(Math.sin(i * 1.7) + Math.cos(i * 12.9898) > 0.3), w: 1 + (i % 4) };
  });

  it.each([{ regParam: 0.01 }, { regParam: 0.01, elasticNetParam: 0.5, weightCol: 'weight' }, { family: 'multinomial' as const, regParam: 0.1 }])(
    'are those of one worker on two and four: %o',
    async (params) => {
      const models = [];
      for (const on of sessions.values()) models.push(await new LogisticRegression(params).fit(frame(many, on)));
      const [one, ...others] = models;
      for (const other of others) {
        expect(found(other)).toEqual(found(one));
        expect(other.summary.objectiveHistory).toEqual(one.summary.objectiveHistory);
        expect(other.summary.areaUnderROC).toBe(one.summary.areaUnderROC);
      }
    },
  );

  it('are the same when fitted again', async () => {
    const lr = new LogisticRegression({ regParam: 0.1 });
    expect(found(await lr.fit(frame(rows)))).toEqual(found(await lr.fit(frame(rows))));
  });
});

describe('weights', () => {
  const solve = async (data: Parameters<typeof frame>[0], params = {}) =>
    found(await new LogisticRegression({ weightCol: 'weight', regParam: 0.05, ...exact, ...params }).fit(frame(data)));
  const settings = [{}, { elasticNetParam: 0.6 }, { family: 'multinomial' as const }, { standardization: false }];

  it.each(settings)('of 0 are rows left out: %o', async (params) => {
    const wild = rows.map((row, i) => (row.w === 0 ? { ...row, x: row.x.map((v) => 1000 * v + i) } : row));
    const kept = await solve(
      rows.filter((row) => row.w > 0),
      params,
    );
    expectNear(await solve(wild, params), kept, 1e-7);
  });

  it('of 0 hide what makes a feature change', async () => {
    const data = rows.map((row) => ({ ...row, x: [row.x[0], row.w === 0 ? row.x[1] : 5] }));
    const [, constant] = await solve(data);
    expect(constant).toBe(0);
  });

  it('of 0 make no class', async () => {
    const model = await new LogisticRegression({ weightCol: 'weight', regParam: 0.1 }).fit(frame([...rows, { x: [0, 0, 0, 0], y: 7, w: 0 }]));
    expect(model.numClasses).toBe(2);
  });

  it.each([{ standardization: false }, { regParam: 0, standardization: false }, { standardization: false, elasticNetParam: 0.5 }])(
    'of 2 are rows that stand there twice: %o',
    async (params) => {
      const { features: x, label: y } = dataset('weighted');
      const base = y.map((label, i) => ({ x: x[i], y: label, w: 1 + (i % 2) }));
      const twice = base.flatMap((row) => Array.from({ length: row.w }, () => ({ ...row, w: 1 })));
      expectNear(await solve(base, params), await solve(twice, params), 1e-5);
    },
  );

  it.each(settings)('all scaled by 8 change nothing: %o', async (params) => {
    const scaled = rows.map((row) => ({ ...row, w: 8 * row.w }));
    // A multinomial start depends on log(1 + weight), and stops elsewhere.
    expectNear(await solve(scaled, params), await solve(rows, params), 'family' in params ? 1e-5 : 1e-9);
  });
});

describe('the form of the features', () => {
  it('does not matter: dense or sparse', async () => {
    for (const name of ['onehot', 'binary']) {
      for (const params of [{ regParam: 0.01 }, { regParam: 0.02, elasticNetParam: 0.5 }, { family: 'multinomial' as const, regParam: 0.1 }]) {
        const [dense, sparse] = await Promise.all(
          (['dense', 'sparse'] as const).map((form) => new LogisticRegression({ ...params, ...exact }).fit(frameOf(session, dataset(name), form))),
        );
        expectNear(found(sparse), found(dense), 1e-7);
        expectNear(sparse.summary.objectiveHistory.slice(0, 6), dense.summary.objectiveHistory.slice(0, 6), 1e-10);
      }
    }
  });

  it('does not matter: one-hot columns or the vectors they stand for', async () => {
    const levels = ['a', 'b', 'c', '__proto__'];
    const raw = session.createFrame(
      Array.from({ length: 120 }, (_, i) => ({ c: levels[((i * i) % 7) % 4], n: ((i * 37) % 50) / 10, label: (i * 13) % 5 < 2 ? 1 : 0 })),
      { c: 'string', n: 'double', label: 'double' },
    );
    const indexer = await new StringIndexer({ inputCol: 'c', outputCol: 'ci', stringOrderType: 'alphabetAsc' }).fit(raw);
    const encoder = await new OneHotEncoder({ inputCol: 'ci', outputCol: 'v' }).fit(indexer.transform(raw));
    const assembler = new VectorAssembler({ inputCols: ['n', 'v'], outputCol: 'features' });
    const encoded = assembler.transform(encoder.transform(indexer.transform(raw)));
    const plain = session.createFrame(
      (await encoded.collect()).map(({ features: v, label: y }) => ({ features: Vectors.dense([...(v as Vector).toArray()]), label: y })),
      { features: 'vector', label: 'double' },
    );
    const lr = new LogisticRegression({ regParam: 0.01, ...exact });
    const [fitted, expected] = [await lr.fit(encoded), await lr.fit(plain)];
    expectNear(found(fitted), found(expected), 1e-8);
    expect(fitted.namedCoefficients.map(({ name }) => name)).toEqual(['n', ...indexer.labels.slice(0, -1).map((level) => `v_${level}`)]);
    expect(expected.namedCoefficients[1].name).toBe('features_1');
    expect(fitted.summary.areaUnderROC).toBeCloseTo(expected.summary.areaUnderROC, 12);
  });

  it('leaves labels and weights of any number type alone', async () => {
    const typed = session.createFrame(
      rows.map(({ x, y, w }) => ({ features: Vectors.dense(x), label: y, weight: w })),
      { features: 'vector', label: 'int', weight: 'float' },
    );
    const lr = new LogisticRegression({ weightCol: 'weight' });
    expect(found(await lr.fit(typed))).toEqual(found(await lr.fit(frame(rows))));
  });
});

describe('a single class', () => {
  const single = (y: number) => frame(rows.map((row) => ({ ...row, y })));

  it.each([
    [0, Number.NEGATIVE_INFINITY],
    [1, Number.POSITIVE_INFINITY],
  ])('%d is predicted for sure', async (y, intercept) => {
    const model = await new LogisticRegression().fit(single(y));
    expect(model.binarySummary).toBe(model.summary);
    expect(found(model)).toEqual([0, 0, 0, 0, intercept]);
    expect(model.predictProbability(Vectors.dense([1, 2, 3, 4])).toArray()[y]).toBe(1);
    expect(model.summary).toMatchObject({ totalIterations: 0, objectiveHistory: [0], converged: true, reason: 'constantLabel', accuracy: 1 });
  });

  it('gives a multinomial model sparse intercepts, however few, and a binomial one dense ones', async () => {
    for (const [family, form] of [
      ['multinomial', '(2,[1],[Infinity])'],
      ['binomial', '[Infinity]'],
    ] as const) {
      const model = await new LogisticRegression({ family }).fit(single(1));
      expect(String(model.interceptVector)).toBe(form);
    }
  });

  it('beyond 1 makes a class of each number below, none of which is ever predicted', async () => {
    const model = await new LogisticRegression().fit(single(2));
    expect(() => model.binarySummary).toThrow(expect.objectContaining({ code: 'NOT_SUPPORTED' }));
    expect([...model.interceptVector.toArray()]).toEqual([0, 0, Number.POSITIVE_INFINITY]);
    expect([...model.predictProbability(Vectors.dense([1, 2, 3, 4])).toArray()]).toEqual([0, 0, 1]);
  });
});

describe('bounds', () => {
  const bounded = { regParam: 0.01, ...exact };

  it('hold, and leave alone what they do not touch', async () => {
    const free = await new LogisticRegression(bounded).fit(frame(rows));
    const wide = { lowerBoundsOnCoefficients: Matrices.dense(1, 4, [-1e6, -1e6, -1e6, -1e6]) };
    expectNear(found(await new LogisticRegression({ ...bounded, ...wide }).fit(frame(rows))), found(free), 1e-4);
    const tight = { lowerBoundsOnCoefficients: Matrices.dense(1, 4, [0, 0, 0, 0]), upperBoundsOnIntercepts: Vectors.dense([-0.25]) };
    const model = await new LogisticRegression({ ...bounded, ...tight }).fit(frame(rows));
    expect(Math.min(...model.coefficients.toArray())).toBe(0);
    expect(model.intercept).toBeLessThanOrEqual(-0.25);
  });

  it.each([
    ['with an L1 share', { lowerBoundsOnCoefficients: Matrices.dense(1, 4, [0, 0, 0, 0]), elasticNetParam: 0.5 }, 'elasticNetParam'],
    ['on intercepts without intercepts', { lowerBoundsOnIntercepts: Vectors.dense([0]), fitIntercept: false }, 'lowerBoundsOnIntercepts'],
    [
      'that cross',
      { lowerBoundsOnCoefficients: Matrices.dense(1, 4, [0, 0, 2, 0]), upperBoundsOnCoefficients: Matrices.dense(1, 4, [1, 1, 1, 1]) },
      'lowerBoundsOnCoefficients',
    ],
    [
      'on intercepts that cross',
      { lowerBoundsOnIntercepts: Vectors.dense([1]), upperBoundsOnIntercepts: Vectors.sparse(1, [], []) },
      'lowerBoundsOnIntercepts',
    ],
    [
      'of two shapes',
      { lowerBoundsOnCoefficients: Matrices.dense(3, 2, [0, 1, 4, 5, 9, 10]), upperBoundsOnCoefficients: Matrices.sparse(1, 1, [0, 1], [0], [2]) },
      'lowerBoundsOnCoefficients',
    ],
    ['of another shape than the coefficients', { upperBoundsOnCoefficients: Matrices.dense(1, 3, [1, 1, 1]) }, 'upperBoundsOnCoefficients'],
  ] as const)('%s are saved and loaded as Spark does, and refused by fit', async (_, params, param) => {
    const lr = new LogisticRegression(params);
    const again = (await load(saved(lr))) as unknown as LogisticRegression;
    expect(again.params).toEqual(lr.params);
    await expect(again.fit(frame(rows))).rejects.toMatchObject({ code: 'PARAM_INVALID', details: { param } });
  });

  it('that leave one value fix the coefficient', async () => {
    const box = Matrices.dense(1, 4, [0.5, 0.01, -3, 0]);
    const model = await new LogisticRegression({ ...bounded, lowerBoundsOnCoefficients: box, upperBoundsOnCoefficients: box }).fit(frame(rows));
    expectNear([...model.coefficients.toArray()], [0.5, 0.01, -3, 0], 1e-12);
  });

  it.each([
    ['at least 2', { lowerBoundsOnIntercepts: Vectors.dense([2]) }],
    ['at most 2', { upperBoundsOnIntercepts: Vectors.dense([2]) }],
    ['coefficients at least 0', { lowerBoundsOnCoefficients: Matrices.dense(1, 4, [0, 0, 0, 0]) }],
  ])('make a search of a single class, with finite numbers: %s', async (_, bound) => {
    for (const y of [0, 1]) {
      const model = await new LogisticRegression({ regParam: 0.1, ...bound }).fit(frame(rows.map((row) => ({ ...row, y }))));
      expect([...found(model), ...model.summary.objectiveHistory].every(Number.isFinite)).toBe(true);
      expect(model.summary.converged).toBe(true);
    }
  });
});

describe('what a fit refuses', () => {
  const cases: [string, Parameters<typeof frame>[0], object, object][] = [
    ['no rows', [], {}, { code: 'EMPTY_DATASET' }],
    ['a vector without slots', [{ x: [], y: 1 }], {}, { code: 'VALUE_INVALID', details: { column: 'features' } }],
    ['a null label', [...rows, { x: [1, 2, 3, 4], y: null }], {}, { code: 'VALUE_INVALID', details: { column: 'label', row: 60 } }],
    ['an infinite label', [...rows, { x: [1, 2, 3, 4], y: Infinity }], {}, { code: 'VALUE_INVALID', details: { column: 'label', row: 60 } }],
    ['an infinite feature', [...rows, { x: [1, Infinity, 3, 4], y: 1 }], {}, { code: 'VALUE_INVALID', details: { row: 60 } }],
    ['vectors of two sizes', [...rows, { x: [1], y: 1 }], {}, { code: 'VALUE_INVALID' }],
    [
      'a null weight',
      [...rows, { x: [1, 2, 3, 4], y: 1, w: null }],
      { weightCol: 'weight' },
      { code: 'VALUE_INVALID', details: { column: 'weight', row: 60 } },
    ],
    [
      'features whose squares overflow',
      rows.map((r) => ({ ...r, x: r.x.map((v) => v * 1e160) })),
      {},
      { code: 'VALUE_INVALID', details: { column: 'features' } },
    ],
    [
      'weights whose squares overflow',
      rows.map((r) => ({ ...r, w: 1e300 })),
      { weightCol: 'weight' },
      { code: 'VALUE_INVALID', details: { column: 'weight' } },
    ],
    [
      'weights whose sum overflows',
      rows.map((r) => ({ ...r, w: 1.7e308 })),
      { weightCol: 'weight' },
      { code: 'VALUE_INVALID', details: { column: 'weight' } },
    ],
    [
      'weights too small to divide by',
      rows.map((r) => ({ ...r, w: 1e-320 })),
      { weightCol: 'weight' },
      { code: 'VALUE_INVALID', details: { column: 'weight' } },
    ],
    ['a column that is not there', rows, { featuresCol: 'nope' }, { code: 'COLUMN_NOT_FOUND', details: { column: 'nope' } }],
  ];
  it.each(cases)('%s', async (_, data, params, error) => {
    await expect(new LogisticRegression(params).fit(frame(data))).rejects.toMatchObject(error);
  });

  it.each([
    ['regParam', -1],
    ['elasticNetParam', 1.5],
    ['maxIter', -1],
    ['tol', -1e-3],
    ['threshold', 2],
    ['family', 'poisson'],
    ['thresholds', [0, 0]],
  ])('a %s of %o, before any fit', (name, value) => {
    expect(() => new LogisticRegression({ [name]: value })).toThrow(expect.objectContaining({ code: 'PARAM_INVALID' }));
  });

  it('work that is called off', async () => {
    await expect(new LogisticRegression().fit(frame(rows), { signal: AbortSignal.abort() })).rejects.toMatchObject({ code: 'ABORTED' });
    const stop = new AbortController();
    const stopped = new LogisticRegression({ tol: 0, maxIter: 10_000 }).fit(frame(rows, sessions.get(2)), {
      signal: stop.signal,
      onProgress: () => stop.abort(),
    });
    await expect(stopped).rejects.toMatchObject({ code: 'ABORTED' });
  });
});

describe('a summary', () => {
  it('is that of the fitted rows, and evaluate gives it for any', async () => {
    const data = frame(rows);
    const model = await new LogisticRegression({ regParam: 0.1, weightCol: 'weight' }).fit(data);
    const again = await model.evaluate(data);
    expect([again.areaUnderROC, again.accuracy, again.roc]).toEqual([model.summary.areaUnderROC, model.summary.accuracy, model.summary.roc]);
    expect(await model.summary.predictions.count()).toBe(rows.length);
    await expect(model.evaluate(data.limit(0))).rejects.toMatchObject({ code: 'EMPTY_DATASET' });
  });

  it('shows predictions and probabilities, also those that the model leaves out', async () => {
    for (const estimator of [
      new LogisticRegression({ predictionCol: '', probabilityCol: '' }),
      new RandomForestClassifier({ numTrees: 2, labelCol: 'label', predictionCol: '', probabilityCol: '' }),
    ]) {
      const data = frameOf(session, dataset('binary'));
      const { summary, uid } = await estimator.fit(data);
      const added = ['rawPrediction', `probability_${uid}`, `prediction_${uid}`];
      expect(await summary.predictions.columns()).toEqual([...(await data.columns()), ...added]);
      expect([summary.probabilityCol, summary.predictionCol]).toEqual(added.slice(1));
      expect(summary.accuracy).toBeGreaterThan(0.5);
    }
  });

  it('has no curves with more than two classes', async () => {
    const { summary } = await new LogisticRegression().fit(frameOf(session, dataset('multinomial')));
    expect(() => summary.roc).toThrow(expect.objectContaining({ code: 'NOT_SUPPORTED' }));
  });

  it('tells progress as the history has it', async () => {
    const told: unknown[] = [];
    const lr = new LogisticRegression({ regParam: 0.1 });
    const model = await lr.fit(frame(rows), {
      onProgress: ({ stage, iteration, objective }) => void (stage === lr.uid && told.push([iteration, objective])),
    });
    expect(told).toEqual(model.summary.objectiveHistory.map((value, i) => [i, value]));
  });
});

describe('a stray label', () => {
  const stray = (n: number, last: number) =>
    frame([...Array.from({ length: n }, (_, i) => ({ x: [Math.sin(i), i % 5], y: i % 3 })), { x: [0, 1], y: last }]);

  it('that would make more classes than rows, or far more than occur, is an error that names its row', async () => {
    for (const [n, last] of [
      [60, 200_000],
      [400, 150],
    ] as const) {
      await expect(new LogisticRegression().fit(stray(n, last))).rejects.toMatchObject({
        code: 'VALUE_INVALID',
        details: { column: 'label', row: n, value: last },
        message: expect.stringContaining('StringIndexer'),
      });
    }
  });

  it('makes a class up to 100, as in Spark', async () => {
    expect((await new LogisticRegression({ maxIter: 1 }).fit(stray(40, 60))).numClasses).toBe(61);
  });
});
