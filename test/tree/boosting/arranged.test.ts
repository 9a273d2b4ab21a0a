import { expect, it } from 'vitest';
import { HistGradientBoostingClassifier } from '#dist/classification/index.js';
import type { Engine, TrainingContext } from '#dist/engine/engine.js';
import { MlError } from '#dist/error.js';
import { VectorAssembler } from '#dist/feature/index.js';
import { Frame } from '#dist/frame/frame.js';
import { session } from '../../engine/harness.ts';

const open = session(2);
const FEATURES = 30;
const ROWS = 140_000;

/** Features of 200 values, some of 1000: their codes take two bytes. */
function frame() {
  const values = Array.from({ length: FEATURES }, (_, j) => `(hash(id * ${FEATURES} + ${j}) % ${j < 3 ? 1000 : 200})::DOUBLE AS f${j}`).join(', ');
  const rows = `SELECT ${values}, (hash(-id) % 3 + 1)::DOUBLE AS weight FROM range(${ROWS}) AS r(id)`;
  const labels = 'CASE WHEN f0 * f4 + 50 * f7 > 60000 THEN 1.0 ELSE 0.0 END AS two, floor((f0 + 5 * f5) / 700) AS three';
  const inputCols = Array.from({ length: FEATURES }, (_, j) => `f${j}`);
  return new VectorAssembler({ inputCols, outputCol: 'features' }).transform(open().sql(`SELECT *, ${labels} FROM (${rows})`)).cache();
}

// There are so many rows that a fit of ten iterations puts them in another order after the first one, while a fit of nine leaves them as they are.
it('the order in which rows lie in memory is without effect: a longer fit begins with the trees of a shorter one', { timeout: 120_000 }, async () => {
  const rows = frame();
  const sampled = { weightCol: 'weight', subsamplingRate: 0.5, validationFraction: 0.2 };
  for (const params of [{ labelCol: 'two' }, { labelCol: 'three', ...sampled }]) {
    const fitted = (maxIter: number) => new HistGradientBoostingClassifier({ maxLeafNodes: 4, maxBins: 400, ...params, maxIter }).fit(rows);
    const [shorter, longer] = [await fitted(9), await fitted(10)];
    expect(longer.firstIterations(9).state.trees).toEqual(shorter.state.trees);
    expect(longer.validationHistory.slice(0, 9).map((x) => x.toFixed(9))).toEqual(shorter.validationHistory.map((x) => x.toFixed(9)));
  }
});

/** `target`, but that `key` is another function. */
function replaced<T extends object>(target: T, key: keyof T, value: unknown): T {
  return new Proxy(target, {
    get(_, name) {
      if (name === key) return value;
      const own: unknown = Reflect.get(target, name, target);
      return typeof own === 'function' ? own.bind(target) : own;
    },
  });
}

it('a fit that loses a worker reads its rows anew, once', async () => {
  const rows = open().sql('SELECT sin(id) AS a, cos(id) AS b, (sin(id * 7) > 0)::DOUBLE AS label FROM range(500) AS r(id)');
  const frame = new VectorAssembler({ inputCols: ['a', 'b'], outputCol: 'features' }).transform(rows);
  const booster = new HistGradientBoostingClassifier({ maxIter: 3 });
  const engine = frame.executor as Engine;
  const whole = await booster.fit(frame);
  const lossy = (losses: number) => {
    const sets: unknown[] = [];
    const solve = (context: TrainingContext) => (task: never, set: unknown, args: never) => {
      sets.push(set);
      if (sets.length <= losses) throw new MlError('WORKER_LOST', 'a worker thread died');
      return context.solve(task, set as never, args);
    };
    const train: Engine['train'] = (plan, stage, options, use) =>
      engine.train(plan, stage, options, (context) => use(replaced(context, 'solve', solve(context))));
    return { sets, frame: new Frame(replaced(engine, 'train', train), frame.plan) };
  };
  const once = lossy(1);
  expect((await booster.fit(once.frame)).state).toEqual(whole.state);
  expect(new Set(once.sets).size).toBe(2);
  await expect(booster.fit(lossy(2).frame)).rejects.toMatchObject({ code: 'WORKER_LOST' });
});
