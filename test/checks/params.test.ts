import { readFileSync } from 'node:fs';
import { inspect } from 'node:util';
import { describe, expect, it } from 'vitest';
import { LogisticRegression } from '#dist/classification/index.js';
import { MlError } from '#dist/error.js';
import { Bucketizer } from '#dist/feature/index.js';
import { Matrices, Vectors } from '#dist/linalg/index.js';
import { paramShapes, type SparkParamType } from '#dist/param/param.js';
import { Model } from '#dist/pipeline/model.js';
import { Pipeline } from '#dist/pipeline/pipeline.js';
import { exportedStages } from './classes.ts';
import { type AnyStage, REGISTRY } from './registry.ts';

type SparkClass = { class: string; kind: string; params: Record<string, [string, unknown]> };
const spark: Record<string, SparkClass> = JSON.parse(readFileSync(new URL('../fixtures/spark-4.3.0/params.json', import.meta.url), 'utf8'));

const classes = await exportedStages();
const own = [...classes].filter(([, Class]) => !(Class.prototype instanceof Model));

it('explains values as Spark prints them (ParamsSuite)', () => {
  const bucketizer = new Bucketizer({ splits: [-Infinity, 0, Infinity], inputCol: 'x' });
  expect(bucketizer.explainParam('splits')).toMatch(/ \(current: \[-Infinity, 0\.0, Infinity\]\)$/);
  expect(bucketizer.explainParam('handleInvalid')).toMatch(/ \(default: error\)$/);
  expect(bucketizer.explainParam('inputCol')).toMatch(/ \(current: x\)$/);
  const lr = new LogisticRegression({
    maxIter: 5,
    upperBoundsOnIntercepts: Vectors.dense(1),
    lowerBoundsOnCoefficients: Matrices.dense(2, 1, [1, 2]),
  });
  expect(lr.explainParam('maxIter')).toMatch(/ \(default: 100, current: 5\)$/);
  expect(lr.explainParam('tol')).toMatch(/ \(default: 1\.0E-6\)$/);
  expect(lr.explainParam('upperBoundsOnIntercepts')).toMatch(/ \(current: \[1\.0\]\)$/);
  expect(lr.explainParam('lowerBoundsOnCoefficients')).toMatch(/ \(current: 1\.0; 2\.0\)$/);
  expect(new Pipeline({ stages: [lr] }).explainParam('stages')).toContain(` (current: [${lr.uid}])`);
});

it('takes typed arrays for lists (ParamTypeConversionTests)', () => {
  const { params } = new Bucketizer({ splits: new Float64Array([1, 4, 5]) as never });
  expect(params.splits).toEqual([1, 4, 5]);
});

it('knows every exported stage, and no other', () => {
  expect([...REGISTRY.keys()].sort()).toEqual([...classes.keys()].sort());
});

/** Values that no param of the type takes. */
const ILLEGAL: Readonly<Record<SparkParamType, readonly unknown[]>> = {
  boolean: ['true', 1, null],
  int: [1.5, '1', Number.NaN, null, 2 ** 31, [1]],
  long: [1.5, '1', 2n ** 63n, null],
  double: ['1', null, [1], true],
  string: [1, null, ['a'], { a: 1 }],
  'string[]': ['a', [1], null],
  'int[]': [1, ['a'], null],
  'double[]': [1, ['a'], null],
  'double[][]': [[1], [['a']], null],
  vector: [1, [1], null],
  matrix: [1, [[1]], null],
  json: [0.5, true, null],
  stage: [1, 'stage', null, {}],
  stages: [1, [1], null],
  paramMaps: [1, [1], null],
};

describe.each([...classes])('%s', (name, Class) => {
  const shapes = paramShapes(Class.paramSchema);

  it('has the name, the params and the defaults of Spark', () => {
    const known = spark[name];
    if (!known) return;
    // The list was made by Python, where pipelines lie in a module of their own.
    expect(Class.type).toBe(known.class.replace('.ml.pipeline.', '.ml.'));
    expect([...shapes.keys()]).toEqual(Object.keys(known.params).sort());
    for (const [param, [, value]] of Object.entries(known.params)) expectDefault(param, shapes.get(param)!.default, value);
  });

  it('explains every param', () => {
    for (const [param, { doc }] of shapes) expect(doc, param).not.toBe('');
  });

  it('loads by its own name', () => {
    expect(Class.load).toBeTypeOf('function');
  });
});

/** Defaults made of the uid, or of a hash that differs from run to run in Python, are not compared. */
function expectDefault(param: string, ours: unknown, theirs: unknown): void {
  if (param === 'seed' || (typeof theirs === 'string' && theirs.endsWith('__output'))) return;
  const plain = ours === undefined ? null : typeof ours === 'number' && !Number.isFinite(ours) ? String(ours) : ours;
  expect(plain, param).toEqual(theirs);
}

describe.each(own)('new %s', (name, Class) => {
  const needs = REGISTRY.get(name)?.needs?.() ?? {};

  it('has legal defaults', () => {
    const stage = new Class(needs);
    const defaults = Object.fromEntries(stage.defaultParams());
    expect(new Class({ ...defaults, ...needs }).params).toMatchObject(stage.params);
  });

  it('refuses a param that it does not have, with a hint', () => {
    for (const unknown of ['nonsense', '__proto__', 'constructor', 'toString']) {
      const params = JSON.parse(`{"${unknown}": 1}`);
      expect(caught(() => new Class(params))).toMatchObject({ code: 'PARAM_UNKNOWN', details: { param: unknown } });
    }
    const [known] = paramShapes(Class.paramSchema).keys();
    expect(caught(() => new Class({ [`${known}s`]: 1 })).message).toContain(known);
  });

  it('refuses what is no object of params', () => {
    for (const value of [null, 1, 'x', []]) expect(caught(() => new Class(value as never)).code).toBe('PARAM_INVALID');
  });

  it('refuses values of the wrong type and names class, param and value', () => {
    for (const [param, { type }] of paramShapes(Class.paramSchema)) {
      for (const value of ILLEGAL[type]) {
        const error = caught(() => new Class({ ...needs, [param]: value }), `${param} = ${inspect(value)}`);
        expect(error, `${param} = ${inspect(value)}`).toMatchObject({ code: 'PARAM_INVALID', details: { stage: name, param, value } });
        expect(error.message).toContain(`${name}: ${param} must be`);
      }
    }
  });

  const made = REGISTRY.get(name)?.make;
  if (typeof made !== 'function') return;

  it('copies to the same uid and params, and leaves the original alone', () => {
    const stage = made();
    const copy = stage.copy();
    expect([copy.constructor, copy.uid, copy.params]).toEqual([stage.constructor, stage.uid, stage.params]);
    expect(copy.setParams()).toEqual(stage.setParams());
    const before = { ...stage.params };
    const param = [...stage.setParams().keys()].find((set) => !Object.hasOwn(needs, set));
    if (param === undefined) return;
    const cleared = stage.copy({ [param]: undefined });
    expect([stage.isSet(param), cleared.isSet(param)]).toEqual([true, false]);
    expect(stage.params).toEqual(before);
    expect(caught(() => stage.copy({ nonsense: 1 }))).toMatchObject({ code: 'PARAM_UNKNOWN' });
  });

  it('cannot be changed', () => {
    const stage = made();
    expect(Object.isFrozen(stage.params)).toBe(true);
    for (const value of Object.values(stage.params)) if (Array.isArray(value)) expect(Object.isFrozen(value)).toBe(true);
  });

  it('lists and explains its params by name', () => {
    const stage = made();
    const names = stage.paramDefinitions.map((definition) => definition.name);
    expect(names).toEqual([...names].sort());
    for (const definition of stage.paramDefinitions) {
      expect([definition.parent, String(definition)]).toEqual([stage.uid, `${stage.uid}__${definition.name}`]);
      expect(stage.explainParams()).toContain(stage.explainParam(definition.name));
    }
    expect(caught(() => stage.getParam('nonsense'))).toMatchObject({ code: 'PARAM_UNKNOWN' });
  });

  it('prints, whatever its params', () => {
    const stage = made();
    expect(String(stage)).toContain(stage.uid);
    expect(inspect(stage)).toBeTypeOf('string');
    expect(new RegExp(`^${name}_[0-9a-f]{12}$`).test(new Class(needs).uid)).toBe(true);
  });
});

function caught(action: () => AnyStage | unknown, what = ''): MlError {
  try {
    action();
  } catch (error) {
    expect(error, what).toBeInstanceOf(MlError);
    return error as MlError;
  }
  throw new Error(`nothing was thrown ${what}`);
}
