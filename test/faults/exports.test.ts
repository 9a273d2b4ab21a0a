import { describe, expect, it } from 'vitest';
import * as classification from '#dist/classification/index.js';
import * as evaluation from '#dist/evaluation/index.js';
import * as feature from '#dist/feature/index.js';
import * as root from '#dist/index.js';
import * as linalg from '#dist/linalg/index.js';
import * as scoring from '#dist/load-scorer.js';
import * as pipeline from '#dist/pipeline/index.js';
import * as regression from '#dist/regression/index.js';
import * as stat from '#dist/stat/index.js';
import * as tuning from '#dist/tuning/index.js';

const { LogisticRegressionModel } = classification;
const { col, MlError, Vectors, Matrices } = root;

// biome-ignore lint/suspicious/noExplicitAny: calls as only a program without types makes them
type Anything = any;

/** What the package exports, by name; MlError is the platform's Error. */
const EXPORTS = new Map<string, Anything>(
  [root, feature, classification, regression, evaluation, tuning, pipeline, stat, linalg, scoring]
    .flatMap((module) => Object.entries(module))
    .filter(([, value]) => typeof value === 'function' && value !== MlError),
);
const isClass = (value: Anything): boolean => /^class /.test(Function.prototype.toString.call(value));
const [CLASSES, FUNCTIONS] = [true, false].map((wanted) => [...EXPORTS].filter(([, value]) => isClass(value) === wanted));

const pending = Promise.resolve(1);
const JUNK: readonly Anything[] = [
  ...[undefined, null, 5, Number.NaN, 'x', '', true, Symbol('s'), 10n, {}, [], [null], ['x', 5], Object.create(null), () => 1, pending],
  ...[col('x'), Vectors.dense(1, 2), new Map(), new Date(Number.NaN), -1, { signal: 5 }, { columns: ['a'], rows: [], schema: {} }],
];

/** Works, or fails with an MlError. */
async function survives(what: string, call: () => unknown): Promise<void> {
  try {
    await call();
  } catch (error) {
    if (!(error instanceof MlError)) expect.fail(`${what}: ${(error as Error).stack}`);
  }
}

describe('whatever is passed', () => {
  it.each(CLASSES)('new %s makes one, or fails with an MlError', async (name, Class) => {
    await survives(`new ${name}()`, () => new Class());
    for (const [i, junk] of JUNK.entries()) {
      for (const args of [[junk], [{}, junk], [{}, junk, 'uid'], [junk, junk, junk]])
        await survives(`new ${name} of junk ${i}`, () => new Class(...args));
    }
  });

  it('functions give something, or fail with an MlError', async () => {
    expect(FUNCTIONS.length).toBeGreaterThan(200);
    for (const [name, call] of FUNCTIONS) {
      await survives(`${name}()`, () => call());
      for (const [i, junk] of JUNK.entries()) {
        for (const args of [[junk], ['x', junk], [col('x'), junk], [junk, junk, junk]]) await survives(`${name} of junk ${i}`, () => call(...args));
      }
    }
  });
});

describe('a model made by new', () => {
  const state = { numClasses: 2, isMultinomial: false, coefficientMatrix: Matrices.dense(1, 2, [1, 2]), interceptVector: Vectors.dense(0) };

  it('is one where its state is whole', () => {
    expect(new LogisticRegressionModel({}, state).numFeatures).toBe(2);
  });

  it.each([undefined, null, {}, pending, { ...state, coefficientMatrix: undefined }, { ...state, numClasses: undefined }])(
    'is told that %o is no state',
    (part) => {
      const Model: Anything = LogisticRegressionModel;
      expect(() => new Model({}, part)).toThrow(
        /^LogisticRegressionModel: state must be that of a fitted model, got .*; fit makes such models, and load$/,
      );
    },
  );
});

it('getters and setters of params as Spark’s languages have them say how it is done here', () => {
  const lr: Anything = new classification.LogisticRegression();
  expect(() => lr.getRegParam()).toThrow('LogisticRegression: has no getRegParam; read it as params.regParam');
  expect(() => lr.setRegParam(0.1)).toThrow('LogisticRegression: has no setRegParam; stages never change, copy({ regParam: … }) makes a changed one');
  expect(Object.keys(lr)).toEqual(['uid', 'params']);
});

it('a promise that was not awaited is called one', async () => {
  const fit: Anything = new classification.LogisticRegression();
  await expect(fit.fit(pending)).rejects.toThrow('LogisticRegression: must be given a Frame, got a promise (await it first)');
});
