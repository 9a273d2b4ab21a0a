import { beforeEach, describe, expect, it } from 'vitest';
import { RegressionEvaluator } from '#dist/evaluation/index.js';
import type { ProgressEvent } from '#dist/frame/executor.js';
import { Pipeline, type PipelineModel } from '#dist/pipeline/index.js';
import { CrossValidator, ParamGridBuilder, ParamMap, TrainValidationSplit } from '#dist/tuning/index.js';
import { MemoryEngine } from '../pipeline/memory-engine.ts';
import { Adder, Centerer, type CentererModel, watch } from '../pipeline/stages.ts';

const rows = Array.from({ length: 30 }, (_, i) => ({ x: (i * 7) % 11, label: ((i * 7) % 11) - 5 + (i % 3), fold: i % 3, w: 1 }));
const types = { x: 'double', label: 'double', fold: 'int', w: 'double' };
let engine = new MemoryEngine();
let frame = engine.frame(types, rows);

const centerer = new Centerer();
const shifts = [4, -1, 0, 2, -1];
const grid = new ParamGridBuilder().addGrid(centerer, 'shift', shifts).build();
const evaluator = new RegressionEvaluator();
const base = { estimator: centerer, estimatorParamMaps: grid, evaluator };

beforeEach(() => {
  engine = new MemoryEngine();
  frame = engine.frame(types, rows);
  Object.assign(watch, { fits: 0, running: 0, most: 0, onFit: async () => {} });
});

/** The metric by hand: rmse on fold k of a centerer fitted to the other folds. */
function rmse(k: number, shift: number): number {
  const train = rows.filter(({ fold }) => fold !== k);
  const mean = train.reduce((sum, { x }) => sum + x, 0) / train.length;
  const judged = rows.filter(({ fold }) => fold === k);
  return Math.sqrt(judged.reduce((sum, { x, label }) => sum + (label - (x - mean - shift)) ** 2, 0) / judged.length);
}

describe('CrossValidator over foldCol', () => {
  it('judges each fold by models of the others, and fits the first of the best points to all rows', async () => {
    const model = await new CrossValidator({ ...base, foldCol: 'fold' }).fit(frame);
    shifts.forEach((shift, p) => {
      const byFold = [0, 1, 2].map((k) => rmse(k, shift));
      const mean = byFold.reduce((a, b) => a + b) / 3;
      expect(model.avgMetrics[p]).toBeCloseTo(mean, 13);
      expect(model.stdMetrics[p]).toBeCloseTo(Math.sqrt(byFold.reduce((sum, v) => sum + (v - mean) ** 2, 0) / 3), 13);
    });
    expect(model.bestIndex).toBe(1);
    const best = model.bestModel as CentererModel;
    expect([best.params.shift, best.state.mean]).toEqual([-1, rows.reduce((sum, { x }) => sum + x, 0) / 30]);
    expect(await model.transform(frame).collect()).toEqual(await best.transform(frame).collect());
    expect(watch.fits).toBe(3 * shifts.length + 1);
  });

  it('takes the largest where larger is better', async () => {
    const model = await new CrossValidator({ ...base, foldCol: 'fold', evaluator: evaluator.copy({ metricName: 'r2' }) }).fit(frame);
    expect(model.avgMetrics[model.bestIndex]).toBe(Math.max(...model.avgMetrics));
  });

  it.each([
    ['a fold below 0', rows.with(4, { ...rows[4], fold: -1 }), { code: 'VALUE_INVALID', details: { column: 'fold', row: 4 } }],
    ['a fold from numFolds on', rows.with(5, { ...rows[5], fold: 3 }), { code: 'VALUE_INVALID', details: { column: 'fold', row: 5 } }],
    ['a null fold', rows.with(6, { ...rows[6], fold: null as unknown as number }), { code: 'VALUE_INVALID', details: { column: 'fold', row: 6 } }],
    ['a fold without rows', rows.filter(({ fold }) => fold !== 1), { code: 'EMPTY_DATASET' }],
    ['rows of one fold only', rows.filter(({ fold }) => fold === 0), { code: 'EMPTY_DATASET' }],
    ['no rows', [], { code: 'EMPTY_DATASET' }],
  ])('refuses %s before any fit', async (_, data, error) => {
    await expect(new CrossValidator({ ...base, foldCol: 'fold' }).fit(engine.frame(types, data))).rejects.toMatchObject(error);
    expect(watch.fits).toBe(0);
    expect(engine.cached.size).toBe(0);
  });

  it.each([
    ['is missing', 'nope', 'COLUMN_NOT_FOUND'],
    ['is no int', 'x', 'COLUMN_TYPE'],
  ])('refuses a foldCol that %s before reading', async (_, foldCol, code) => {
    await expect(new CrossValidator({ ...base, foldCol }).fit(frame)).rejects.toMatchObject({ code });
    expect(engine.reads).toBe(0);
  });
});

const searches = [
  ['CrossValidator', (params: object = {}) => new CrossValidator({ ...base, seed: 5, ...params })],
  ['TrainValidationSplit', (params: object = {}) => new TrainValidationSplit({ ...base, seed: 5, ...params })],
] as const;

describe.each(searches)('%s', (kind, make) => {
  const splits = kind === 'CrossValidator' ? 3 : 1;

  it('tells which param it lacks', () => {
    expect(() => make({ estimator: undefined })).toThrow(`${kind}: estimator must be set to an estimator`);
    expect(() => make({ estimatorParamMaps: undefined })).toThrow(`${kind}: estimatorParamMaps must be set to a non-empty array of points`);
    expect(() => make({ estimator: 3 })).toThrow(`${kind}: estimator must be an estimator, got 3`);
  });

  const metricsOf = (model: object) => (model as { avgMetrics?: unknown }).avgMetrics ?? (model as { validationMetrics?: unknown }).validationMetrics;

  it('does not depend on how many fits go on at once', async () => {
    const alone = await make({ parallelism: 1 }).fit(frame);
    expect(watch.most).toBe(1);
    watch.onFit = ({ shift }) => new Promise((done) => setTimeout(done, 5 - shift));
    const together = await make({ parallelism: 4 }).fit(frame);
    expect(watch.most).toBeGreaterThan(1);
    expect(watch.most).toBeLessThanOrEqual(4);
    expect(metricsOf(together)).toEqual(metricsOf(alone));
    expect([together.bestIndex, (together.bestModel as CentererModel).state]).toEqual([alone.bestIndex, (alone.bestModel as CentererModel).state]);
  });

  it('splits by seed', async () => {
    const [a, b, c] = [await make().fit(frame), await make().fit(frame), await make({ seed: 6 }).fit(frame)].map(metricsOf);
    expect(a).toEqual(b);
    expect(a).not.toEqual(c);
  });

  it('keeps the model of every fit when asked to', async () => {
    const model = await make({ collectSubModels: true }).fit(frame);
    const subModels = [model.subModels].flat(2) as unknown as CentererModel[];
    expect(model.hasSubModels).toBe(true);
    expect(subModels.map(({ params }) => params.shift)).toEqual(Array.from({ length: splits }, () => shifts).flat());
    const without = await make().fit(frame);
    expect(without.hasSubModels).toBe(false);
    expect(() => without.subModels).toThrow(expect.objectContaining({ code: 'NOT_FOUND' }));
  });

  it('keeps lists that nobody can change, for its copies share them', async () => {
    const model = await new CrossValidator({ ...base, numFolds: 3, collectSubModels: true }).fit(frame);
    const copy = model.copy({ seed: 2 });
    for (const list of [copy.avgMetrics, copy.stdMetrics, copy.subModels, copy.subModels[0]]) expect(Object.isFrozen(list)).toBe(true);
    expect([copy.avgMetrics, copy.bestModel]).toEqual([model.avgMetrics, model.bestModel]);
  });

  it('fits the stages that no point touches once a split, and puts them into sub-models', async () => {
    const first = new Centerer({ outputCol: 'c', shift: 1 });
    const last = new Centerer({ inputCol: 'c' });
    const pipeline = new Pipeline({ stages: [new Adder({ inputCol: 'x', outputCol: 'y', by: 3 }), first, last] });
    const points = new ParamGridBuilder().addGrid(last, 'shift', shifts).build();
    const model = await make({ estimator: pipeline, estimatorParamMaps: points, collectSubModels: true }).fit(frame);
    expect(watch.fits).toBe(splits * (1 + shifts.length) + 2);
    for (const sub of [model.subModels].flat(2) as unknown as PipelineModel[])
      expect(sub.stages.map(({ uid }) => uid)).toEqual(pipeline.getOrDefault('stages').map(({ uid }) => uid));

    const touched = new ParamGridBuilder().addGrid(first, 'shift', [1]).addGrid(last, 'shift', shifts).build();
    watch.fits = 0;
    const whole = await make({ estimator: pipeline, estimatorParamMaps: touched }).fit(frame);
    expect(watch.fits).toBe(splits * 2 * shifts.length + 2);
    expect(metricsOf(whole)).toEqual(metricsOf(model));
  });

  it('tells of every fit and keeps no cache', async () => {
    const events: ProgressEvent[] = [];
    const search = make();
    await search.fit(frame, { onProgress: (event) => void events.push(event) });
    const total = splits * shifts.length + 1;
    expect(events.filter(({ stage }) => stage === search.uid)).toEqual(
      Array.from({ length: total }, (_, i) => ({ stage: search.uid, done: i + 1, total })),
    );
    expect(events.some(({ stage }) => stage === centerer.uid)).toBe(true);
    expect(engine.cached.size).toBe(0);
  });

  it('leaves a frame cached that the caller had cached', async () => {
    const cached = frame.cache();
    await cached.count();
    await make().fit(cached);
    expect(engine.cached.size).toBe(1);
    await cached.unpersist();
  });

  it('ends at the first failure, waits for the fits under way, and keeps no cache', async () => {
    watch.onFit = async ({ shift }) => {
      await new Promise((done) => setTimeout(done, 2));
      if (shift === 0) throw new Error('no such fit');
    };
    await expect(make({ parallelism: 2 }).fit(frame)).rejects.toThrow('no such fit');
    expect(watch.running).toBe(0);
    expect(watch.fits).toBeLessThanOrEqual(4);
    expect(engine.cached.size).toBe(0);
  });

  it('stops when aborted, before or amid the fits, and keeps no cache', async () => {
    await expect(make().fit(frame, { signal: AbortSignal.abort('now') })).rejects.toMatchObject({ code: 'ABORTED', cause: 'now' });
    expect(watch.fits).toBe(0);
    const stop = new AbortController();
    watch.onFit = async (_, signal) => {
      if (watch.fits < 3) return;
      stop.abort('enough');
      expect(signal?.aborted).toBe(true);
    };
    await expect(make().fit(frame, { signal: stop.signal })).rejects.toMatchObject({ code: 'ABORTED', cause: 'enough' });
    expect(watch.fits).toBe(3);
    expect([watch.running, engine.cached.size]).toEqual([0, 0]);
  });

  it('refuses a metric of NaN, by split and point', async () => {
    const nan = engine.frame(types, rows.map((row) => ({ ...row, label: Number.NaN }))); // biome-ignore format: one line says it
    await expect(make({ parallelism: 1 }).fit(nan)).rejects.toMatchObject({ code: 'VALUE_INVALID', details: { point: 0 } });
    expect(engine.cached.size).toBe(0);
  });

  it('checks the schema of every point and of the evaluator before reading', async () => {
    const wrong = [
      [{ evaluator: evaluator.copy({ labelCol: 'nope' }) }, 'nope'],
      [{ estimatorParamMaps: new ParamGridBuilder().addGrid(centerer, 'inputCol', ['x', 'gone']).build() }, 'gone'],
    ] as const;
    for (const [params, column] of wrong)
      await expect(make(params).fit(frame)).rejects.toMatchObject({ code: 'COLUMN_NOT_FOUND', details: { column } });
    expect(engine.reads).toBe(0);
  });

  it.each([
    ['a grid for another stage', { estimatorParamMaps: new ParamGridBuilder().addGrid(new Centerer(), 'shift', [1]).build() }],
    ['a grid for a param that is none', { estimatorParamMaps: [new ParamMap([{ parent: centerer.uid, name: 'nope', value: 1 }])] }],
    ['a grid with a value that the param refuses', { estimatorParamMaps: [new ParamMap([{ parent: centerer.uid, name: 'shift', value: 101 }])] }],
    ['a point against a rule between params', { estimatorParamMaps: [new ParamMap([{ parent: centerer.uid, name: 'low', value: 2 }])] }],
    ['a grid without points', { estimatorParamMaps: [] }],
    ['an estimator that is none', { estimator: evaluator }],
    ['an evaluator that is none', { evaluator: centerer }],
    ['parallelism 0', { parallelism: 0 }],
    kind === 'CrossValidator' ? ['one fold', { numFolds: 1 }] : ['a ratio above 1', { trainRatio: 1.5 }],
  ] as const)('refuses %s when made', (_, params) => {
    expect(() => make(params)).toThrow(expect.objectContaining({ code: expect.stringMatching(/^PARAM_/) }));
  });

  it('accepts a grid of one empty point', async () => {
    const model = await make({ estimatorParamMaps: new ParamGridBuilder().build() }).fit(frame);
    expect([model.bestIndex, (model.bestModel as CentererModel).params.shift]).toEqual([0, 0]);
  });

  it('reaches estimator and evaluator with a map of the grid when copied', () => {
    const map = new ParamMap([
      { parent: centerer.uid, name: 'shift', value: 9 },
      { parent: evaluator.uid, name: 'metricName', value: 'mae' },
    ]);
    const { estimator, evaluator: judge } = make().copy(map).params as unknown as typeof base;
    expect([estimator.params.shift, judge.params.metricName]).toEqual([9, 'mae']);
  });
});

describe('TrainValidationSplit', () => {
  it.each([
    [0, 'training'],
    [1, 'validation'],
  ])('refuses trainRatio %d, which leaves no %s data', async (trainRatio, part) => {
    const fit = new TrainValidationSplit({ ...base, trainRatio }).fit(frame);
    await expect(fit).rejects.toMatchObject({ code: 'EMPTY_DATASET', message: expect.stringContaining(part) });
  });

  it('trains on about its ratio of the rows, each row in one part', async () => {
    const many = engine.frame(types, Array.from({ length: 2000 }, (_, i) => ({ ...rows[i % 30], x: i }))); // biome-ignore format: one line says it
    const model = await new TrainValidationSplit({ ...base, trainRatio: 0.25, collectSubModels: true }).fit(many);
    const judged = model.validationMetrics;
    expect(judged).toHaveLength(shifts.length);
    expect((model.subModels[0] as CentererModel).state.mean).not.toBe((model.bestModel as CentererModel).state.mean);
    expect(model.validationMetrics[model.bestIndex]).toBe(Math.min(...judged));
  });
});
