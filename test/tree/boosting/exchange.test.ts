import { readdirSync, readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { HistGradientBoostingClassificationModel } from '#dist/classification/index.js';
import { MlError } from '#dist/error.js';
import { Vectors } from '#dist/linalg/vectors.js';
import { load } from '#dist/persistence/load.js';
import { HistGradientBoostingRegressionModel } from '#dist/regression/index.js';
import { linkOf } from '#dist/tree/boosting/link.js';
import { saved } from '../../persistence/files.ts';
import { arbitraryTree, featureValue } from '../arbitrary-trees.ts';
import { binary, multiclass, poisson, state } from '../boosted-models.ts';

const FOLDER = new URL('../../goldens/boosting/', import.meta.url);
type Value = number | string;
interface Golden {
  readonly rows: Value[][];
  readonly raw: Value[] | Value[][];
  readonly prediction: Value[] | Value[][];
  readonly contributions: Value[][];
}
type Model = HistGradientBoostingClassificationModel | HistGradientBoostingRegressionModel;

const names = readdirSync(FOLDER)
  .filter((file) => file.endsWith('.golden.json'))
  .map((file) => file.replace('.golden.json', ''));
const text = (name: string) => readFileSync(new URL(`${name}.${name.startsWith('lightgbm') ? 'txt' : 'json'}`, FOLDER), 'utf8');
const CLASSIFIES = /binary|multiclass|ova|forest|dart|logistic|onehot|softprob|hinge|logitraw/;

/** LightGBM's sigmoid of another slope is in the leaves here, and so is a forest's mean of 4 trees. */
const SLOPES: ReadonlyMap<string, number> = new Map([
  ['lightgbm-binary-no-missing', 1.7],
  ['lightgbm-ova', 1.3],
  ['lightgbm-forest', 1 / 4],
]);

function read(name: string): Model {
  const Class = CLASSIFIES.test(name) ? HistGradientBoostingClassificationModel : HistGradientBoostingRegressionModel;
  return name.startsWith('lightgbm') ? Class.fromLightGBM(text(name)) : Class.fromXGBoost(text(name));
}

/** Raw scores and predictions as the peers shape them: the score of class 1, or one a class. */
function scores(model: Model, row: readonly number[]): { raw: number[]; prediction: number[] } {
  const v = Vectors.dense(row);
  if (model instanceof HistGradientBoostingRegressionModel) {
    return { raw: [model.predictContributions(v).values.reduce((a, b) => a + b, 0)], prediction: [model.predict(v)] };
  }
  const [raw, prediction] = [[...model.predictRaw(v).values], [...model.predictProbability(v).values]];
  return model.numClasses === 2 ? { raw: raw.slice(1), prediction: prediction.slice(1) } : { raw, prediction };
}

function expectClose(ours: readonly number[], theirs: Value | Value[], what: string): void {
  const values = (Array.isArray(theirs) ? theirs : [theirs]).map(Number);
  expect(ours.length, what).toBe(values.length);
  values.forEach((value, c) => {
    expect(Math.abs(ours[c] - value), `${what}: ${ours[c]} against ${value}`).toBeLessThanOrEqual(1e-6 * Math.max(1, Math.abs(value)));
  });
}

describe.each(names)('%s', (name) => {
  const golden: Golden = JSON.parse(readFileSync(new URL(`${name}.golden.json`, FOLDER), 'utf8'));
  const model = read(name);
  const rows = golden.rows.map((row) => row.map(Number));
  const slope = SLOPES.get(name) ?? 1;

  it('scores as its maker does', () => {
    rows.forEach((row, i) => {
      const { raw, prediction } = scores(model, row);
      expectClose(
        raw.map((f) => f / slope),
        golden.raw[i],
        `raw score of row ${i} ${row}`,
      );
      // This objective of XGBoost's predicts the raw score.
      expectClose(name.endsWith('logitraw') ? raw : prediction, golden.prediction[i], `prediction of row ${i} ${row}`);
    });
  });

  it('explains as its maker does', () => {
    golden.contributions.forEach((theirs, i) => {
      const ours = model.predictContributions(Vectors.dense(rows[i])).values;
      // XGBoost sums in 32-bit floats.
      const tolerance = name.startsWith('xgboost') ? 2e-5 : 1e-9;
      expect(ours.length).toBe(theirs.length);
      theirs.forEach((value, j) => {
        expect(Math.abs(ours[j] / slope - Number(value)), `${j} of row ${i}: ${ours[j]} against ${value}`).toBeLessThan(
          tolerance * Math.max(1, Math.abs(Number(value))),
        );
      });
    });
  });

  it('is the same model after an export to LightGBM’s text', () => {
    const Class = model.constructor as typeof HistGradientBoostingClassificationModel;
    if (name.endsWith('hinge')) {
      expect(caught(() => model.toLightGBM())).toMatchObject({ code: 'NOT_SUPPORTED', message: expect.stringContaining('binary:hinge') });
      return;
    }
    const again = Class.fromLightGBM(model.toLightGBM());
    expect(linkOf(again.state.loss)).toBe(linkOf(model.state.loss));
    if (name.startsWith('lightgbm')) expect(again.state.loss).toEqual(model.state.loss);
    expect(again.featureNames).toEqual(model.featureNames);
    // LightGBM takes what is next to 0 for 0, and categories beyond twice those that XGBoost knew for missing.
    const isLost = (x: number, j: number) => (x !== 0 && Math.abs(x) < 1e-30) || ([1, 4].includes(j) && x >= 300);
    rows.forEach((row, i) => {
      if (name.startsWith('xgboost') && row.some(isLost)) return;
      const [ours, theirs] = [scores(again, row), scores(model, row)];
      expectClose(ours.raw, theirs.raw, `raw score of row ${i}`);
      expectClose(ours.prediction, theirs.prediction, `prediction of row ${i}`);
    });
  });

  it('is the same model once saved and loaded', async () => {
    const again = (await load(saved(model))) as Model;
    expect(again.state).toEqual(model.state);
    expect(scores(again, rows[0])).toEqual(scores(model, rows[0]));
  });

  it('cut off or damaged anywhere is refused by name', () => {
    const whole = text(name);
    let random = 3;
    const next = (n: number) => {
      random = (Math.imul(random, 1664525) + 1013904223) >>> 0;
      return Math.floor((random / 2 ** 32) * n);
    };
    const Class = model.constructor as typeof HistGradientBoostingClassificationModel;
    const from = (damaged: string) => (name.startsWith('lightgbm') ? Class.fromLightGBM(damaged) : Class.fromXGBoost(damaged));
    for (let i = 0; i < 60; i++) {
      const cut = whole.slice(0, next(name.startsWith('lightgbm') ? whole.indexOf('end of trees') : whole.length));
      expect(caught(() => from(cut)).code).toBe('MODEL_FORMAT');
      const at = next(whole.length);
      const changed = whole.slice(0, at) + String.fromCharCode(32 + next(95)) + whole.slice(at + 1);
      try {
        from(changed);
      } catch (error) {
        expect(error, `${name} with ${JSON.stringify(changed.slice(at - 20, at + 20))}`).toBeInstanceOf(MlError);
      }
    }
  });
});

function caught(work: () => unknown): MlError {
  try {
    work();
  } catch (error) {
    if (error instanceof MlError) return error;
    throw error;
  }
  throw new Error('nothing was thrown');
}

describe('a model of LightGBM', () => {
  const whole = text('lightgbm-binary');
  const change = (from: string | RegExp, to: string) => {
    expect(whole).toMatch(from);
    return caught(() => HistGradientBoostingClassificationModel.fromLightGBM(whole.replace(from, to)));
  };

  it.each<[string, string | RegExp, string, RegExp]>([
    ['a cycle', /left_child=\S+/, 'left_child=0', /Tree=0: node 0 is reached twice/],
    ['a child out of range', /right_child=\S+/, 'right_child=99', /Tree=0: it has 13 nodes, but a child 99/],
    ['a leaf twice', /left_child=(\S+) \S+/, 'left_child=$1 -1', /reached twice|never reached/],
    ['a feature out of range', /split_feature=\S+/, 'split_feature=5', /must be of one of 5 features, is of 5/],
    ['a threshold that is NaN', /threshold=\S+/, 'threshold=nan', /threshold must be numbers, has "nan"/],
    ['a value that is NaN', /leaf_value=\S+/, 'leaf_value=NaN', /leaf_value must be numbers, has "NaN"/],
    ['an infinite value', /leaf_value=\S+/, 'leaf_value=inf', /must have a finite value/],
    ['a value too few', /leaf_value=\S+ /, 'leaf_value=', /leaf_value must have 7 numbers, has 6/],
    ['10^9 leaves', 'num_leaves=7', 'num_leaves=1000000000', /num_leaves must be a whole number/],
    ['10^8 leaves', 'num_leaves=7', 'num_leaves=100000000', /must have 100000000 numbers, has 7/],
    ['10^9 features', 'max_feature_idx=4', 'max_feature_idx=1000000000', /max_feature_idx must be/],
    ['more trees declared', /tree_sizes=/, 'tree_sizes=1 ', /tells of 5 trees, there are 4/],
    ['a tree of another number', 'Tree=2', 'Tree=7', /tree 2 must be called Tree=2/],
    ['sets of categories out of range', /cat_boundaries=0 \d+/, 'cat_boundaries=0 99', /cat_threshold must have|must have words|cat_boundaries/],
    ['words beyond 32 bits', /cat_threshold=\d+/, 'cat_threshold=4294967296', /must have words of 32 bits/],
    ['another file', /^tree\n/, 'forest\n', /must begin with the line "tree"/],
    ['names of other features', 'feature_names=age ', 'feature_names=', /feature_names must have 5 names, has 4/],
    ['classes that do not go with the objective', 'num_tree_per_iteration=1', 'num_tree_per_iteration=3', /num_tree_per_iteration must be 1, is 3/],
  ])('is refused with %s', (_, from, to, message) => {
    expect(change(from, to)).toMatchObject({ code: 'MODEL_FORMAT', message: expect.stringMatching(message) });
  });

  it.each<[string, string | RegExp, string, RegExp]>([
    ['linear trees', 'is_linear=0', 'is_linear=1', /linear trees are not supported/],
    ['an objective that is not known', 'objective=binary sigmoid:1', 'objective=ranked', /objective "ranked" is not supported; supported are/],
    ['the trainer’s own objective', 'objective=binary sigmoid:1', 'x=1', /objective "".*use HistGradientBoostingRegressionModel.fromLightGBM/],
    ['an objective of the other class', 'objective=binary sigmoid:1', 'objective=poisson', /use HistGradientBoostingRegressionModel.fromLightGBM/],
  ])('is not supported with %s', (_, from, to, message) => {
    expect(change(from, to)).toMatchObject({ code: 'NOT_SUPPORTED', message: expect.stringMatching(message) });
  });

  it('must be a text', () => {
    for (const value of [undefined, null, 7, new Uint8Array(3), '']) {
      expect(caught(() => HistGradientBoostingClassificationModel.fromLightGBM(value as never)).code).toBe('MODEL_FORMAT');
    }
  });

  it('sets the params of the loss, and takes others', () => {
    const model = HistGradientBoostingRegressionModel.fromLightGBM(text('lightgbm-quantile'), { predictionCol: 'q30' });
    expect(model.params).toMatchObject({ loss: 'quantile', alpha: 0.3, predictionCol: 'q30' });
    expect(HistGradientBoostingRegressionModel.fromLightGBM(text('lightgbm-tweedie')).params.power).toBe(1.3);
    expect(caught(() => HistGradientBoostingRegressionModel.fromLightGBM(whole)).message).toMatch(
      /use HistGradientBoostingClassificationModel.fromLightGBM/,
    );
  });
});

describe('a model of XGBoost', () => {
  type Json = Record<string, unknown>;
  const change = (
    work: (learner: Json, model: { trees: Json[]; tree_info: number[]; gbtree_model_param: Json }) => void,
    name = 'xgboost-logistic',
  ) => {
    const json = JSON.parse(text(name));
    work(json.learner, json.learner.gradient_booster.model);
    return caught(() => HistGradientBoostingClassificationModel.fromXGBoost(JSON.stringify(json)));
  };
  const set =
    (path: string, value: unknown) =>
    (_: Json, { trees }: { trees: Json[] }) => {
      const [key, index] = path.split('.');
      if (index === undefined) trees[0][key] = value;
      else (trees[0][key] as unknown[])[Number(index)] = value;
    };

  it.each<[string, Parameters<typeof change>[0], RegExp]>([
    ['a cycle', set('left_children.0', 0), /tree 0: node 0 is reached twice/],
    ['a child out of range', set('right_children.0', 1e9), /tree 0: it has \d+ nodes, but a child 1000000000/],
    ['a child that is no whole number', set('left_children.0', 1.5), /but a child 1.5/],
    ['a feature out of range', set('split_indices.0', 5), /splits 5|categories/],
    ['a missing array', set('left_children', undefined), /left_children/],
    ['a short array', set('split_conditions', [1]), /split_conditions must have an entry for each/],
    ['a threshold that is text', set('split_conditions.0', 'NaN'), /split_conditions/],
    ['10^9 nodes', set('tree_param', { num_nodes: '1000000000', size_leaf_vector: '1' }), /num_nodes/],
    ['10^8 nodes', set('tree_param', { num_nodes: '100000000', size_leaf_vector: '1' }), /must have an entry for each of its 100000000 nodes/],
    ['categories that are missing', set('categories', []), /categories of node \d+ are missing/],
    ['categories out of range', set('categories.0', 2 ** 31), /categories must be whole numbers/],
    ['10^9 trees declared', (_, model) => (model.gbtree_model_param.num_trees = '100000000'), /100000000 trees must be there/],
    ['classes of trees out of range', (_, model) => (model.tree_info[0] = 4), /tree_info must be a class from 0 to 0, is 4/],
    ['a base score out of range', (learner) => ((learner.learner_model_param as Json).base_score = '2E0'), /base_score must be/],
    ['10^9 features', (learner) => ((learner.learner_model_param as Json).num_feature = '999999999'), /num_feature must be at most/],
    ['no learner', (learner) => delete learner.learner_model_param, /learner.learner_model_param/],
  ])('is refused with %s', (_, work, message) => {
    expect(change(work)).toMatchObject({ code: 'MODEL_FORMAT', message: expect.stringMatching(message) });
  });

  it.each<[string, Parameters<typeof change>[0], RegExp]>([
    ['a linear booster', (learner) => ((learner.gradient_booster as Json).name = 'gblinear'), /booster "gblinear" is not supported/],
    [
      'an objective that is not known',
      (learner) => (learner.objective = { name: 'rank:own' }),
      /objective "rank:own" is not supported; supported are/,
    ],
    [
      'a parameter that is no number',
      (learner) => (learner.objective = { name: 'reg:tweedie', tweedie_regression_param: { tweedie_variance_power: { toString: 1 } } }),
      /tweedie_variance_power .* is not supported/,
    ],
    ['leaves of several values', set('tree_param', { num_nodes: '13', size_leaf_vector: '3' }), /leaves of several values/],
    [
      'an objective of the other class',
      (learner) => (learner.objective = { name: 'reg:squarederror' }),
      /use HistGradientBoostingRegressionModel.fromXGBoost/,
    ],
  ])('is not supported with %s', (_, work, message) => {
    expect(change(work)).toMatchObject({ code: 'NOT_SUPPORTED', message: expect.stringMatching(message) });
  });

  it.each(['xgboost-logistic', 'xgboost-dart'])('is the same in bytes of UBJSON as in JSON: %s', (name) => {
    const bytes = readFileSync(new URL(`${name}.ubj`, FOLDER));
    const [binary, plain] = [bytes, text(name)].map((model) => HistGradientBoostingClassificationModel.fromXGBoost(model));
    for (const row of JSON.parse(readFileSync(new URL(`${name}.golden.json`, FOLDER), 'utf8')).rows) {
      const v = Vectors.dense(row.map(Number));
      expect(binary.predictRaw(v).values).toEqual(plain.predictRaw(v).values);
    }
    const asBytes = HistGradientBoostingClassificationModel.fromXGBoost(new TextEncoder().encode(text(name)));
    expect(asBytes.state).toEqual(plain.state);
  });

  it('in damaged bytes of UBJSON is refused or another model, never anything else', () => {
    const bytes = readFileSync(new URL('xgboost-logistic.ubj', FOLDER));
    const damage = fc.record({ at: fc.nat(bytes.length - 1), value: fc.integer({ min: 0, max: 255 }) });
    fc.assert(
      fc.property(fc.array(damage, { minLength: 1, maxLength: 3 }), fc.nat(bytes.length), fc.boolean(), (changes, end, isCut) => {
        const damaged = new Uint8Array(isCut ? bytes.subarray(0, end) : bytes);
        if (!isCut) for (const { at, value } of changes) damaged[at] = value;
        try {
          HistGradientBoostingClassificationModel.fromXGBoost(damaged);
        } catch (error) {
          expect(error).toBeInstanceOf(MlError);
        }
      }),
      { numRuns: 500 },
    );
  });

  it('must be JSON', () => {
    for (const value of [undefined, '', '{', '[]', 'null', '[['.repeat(100_000), 'binf\u0000']) {
      expect(caught(() => HistGradientBoostingClassificationModel.fromXGBoost(value as never)).code).toBe('MODEL_FORMAT');
    }
  });
});

describe('an export to LightGBM’s text', () => {
  it('scores alike, whatever the trees', () => {
    fc.assert(
      fc.property(
        fc.array(arbitraryTree(3), { maxLength: 4 }),
        fc.array(
          fc.array(
            featureValue.filter((x) => !(x !== 0 && Math.abs(x) < 1e-30) && !(Math.abs(x) % 1 > 0) && Math.abs(x) !== Number.POSITIVE_INFINITY),
            { minLength: 3, maxLength: 3 },
          ),
          { maxLength: 20 },
        ),
        (roots, rows) => {
          const model = new HistGradientBoostingRegressionModel({}, state({ loss: { name: 'squared' }, numClasses: 1 }, roots));
          const again = HistGradientBoostingRegressionModel.fromLightGBM(model.toLightGBM());
          for (const row of rows) expect(again.predict(Vectors.dense(row))).toBeCloseTo(model.predict(Vectors.dense(row)), 9);
        },
      ),
    );
  });

  it('has names that LightGBM takes, and a tree even where there is none', () => {
    const odd = new HistGradientBoostingRegressionModel(
      {},
      state({ loss: { name: 'huber', alpha: 2 }, numClasses: 1, featureNames: ['a b', 'a_b', ''], start: [3] }, []),
    );
    expect(odd.toLightGBM()).toContain('feature_names=a_b a_b_2 Column_2\n');
    const again = HistGradientBoostingRegressionModel.fromLightGBM(odd.toLightGBM());
    expect([again.predict(Vectors.dense(1, 2, 3)), again.params.alpha]).toEqual([3, 2]);
    for (const model of [binary(), multiclass(), poisson()]) expect(model.toLightGBM()).toContain('feature_names=__proto__ city 😀\n');
  });
});
