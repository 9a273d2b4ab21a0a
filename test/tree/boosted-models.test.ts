import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { HistGradientBoostingClassificationModel } from '#dist/classification/index.js';
import { Session } from '#dist/engine/session.js';
import { MlError } from '#dist/error.js';
import { VectorAssembler } from '#dist/feature/index.js';
import { type Vector, Vectors } from '#dist/linalg/vectors.js';
import { loadScorer } from '#dist/load-scorer.js';
import { parseColumnType } from '#dist/persistence/column-type.js';
import { load } from '#dist/persistence/load.js';
import { writeParquet } from '#dist/persistence/parquet-write.js';
import { HistGradientBoostingRegressionModel } from '#dist/regression/index.js';
import { saved, withFile } from '../persistence/files.ts';
import { arbitraryTree, evaluate, featureValue } from './arbitrary-trees.ts';
import { binary, multiclass, poisson, ROOTS, state } from './boosted-models.ts';

let session: Session;
beforeAll(async () => {
  session = await Session.local({ workers: 2 });
});
afterAll(() => session?.close());

const VALUES = [
  [0, 1, 0],
  [1, 1, -2],
  [1, 2, 5],
  [1, 33, -1],
  [1, 39, -0.5],
  [1, 64, 7],
  [1, 1.5, 7],
  [Number.NaN, Number.NaN, Number.NaN],
  [Number.POSITIVE_INFINITY, -1, Number.NEGATIVE_INFINITY],
];
const scores = (x: readonly number[]) => ROOTS.map((root) => evaluate(root, x));
const sum = (start: number, values: readonly number[]) => values.reduce((a, b) => a + b, start);

describe('a boosted classification model', () => {
  it('scores two classes by one raw score', () => {
    for (const x of VALUES) {
      const f = sum(0.1, scores(x));
      const v = Vectors.dense(x);
      expect([...binary().predictRaw(v).values]).toEqual([-f, f]);
      const [p0, p1] = binary().predictProbability(v).values;
      expect(p1).toBeCloseTo(1 / (1 + Math.exp(-f)), 14);
      expect(p0 + p1).toBeCloseTo(1, 15);
      expect(binary().predict(v)).toBe(f > 0 ? 1 : 0);
      expect(binary({ thresholds: [0.2, 0.8] }).predict(v)).toBe(p1 / 0.8 > p0 / 0.2 ? 1 : 0);
    }
  });

  it('scores several classes by a raw score each', () => {
    for (const x of VALUES) {
      const raw = [0.1, 0.2, -0.3].map((start, c) => start + scores(x)[c]);
      expect([...multiclass().predictRaw(Vectors.dense(x)).values]).toEqual(raw);
      const total = raw.reduce((a, f) => a + Math.exp(f), 0);
      multiclass()
        .predictProbability(Vectors.dense(x))
        .values.forEach((p, c) => {
          expect(p).toBeCloseTo(Math.exp(raw[c]) / total, 14);
        });
      expect(multiclass().predict(Vectors.dense(x))).toBe(raw.indexOf(Math.max(...raw)));
    }
  });

  it('tells its trees, importances and names with Spark’s words', () => {
    const model = binary();
    expect([model.numTrees, model.numIterations, model.totalNumNodes, model.numFeatures, model.numClasses]).toEqual([3, 3, 11, 3, 2]);
    expect(multiclass().numIterations).toBe(1);
    const [first] = model.trees;
    expect([first.numNodes, first.numLeaves, first.depth]).toEqual([5, 3, 2]);
    expect(first.rootNode.split).toEqual({ featureIndex: 0, threshold: 0.5 });
    expect(first.rootNode.rightChild?.split).toEqual({ featureIndex: 1, leftCategories: [1, 33], numCategories: 40 });
    expect([first.rootNode.missingLeft, first.rootNode.rightChild?.leftChild?.prediction, first.rootNode.leftChild?.split]).toEqual([
      true,
      0.7,
      undefined,
    ]);
    expect([...model.featureImportances.values]).toEqual([9 / 14.5, 3 / 14.5, 2.5 / 14.5]);
    expect([...model.featureImportancesOf('gain').values]).toEqual([9, 3, 2.5]);
    expect([...model.featureImportancesOf('split').values]).toEqual([2, 1, 1]);
    expect(model.namedFeatureImportances.map(({ name }) => name)).toEqual(['__proto__', 'city', '😀']);
    expect(() => model.featureImportancesOf('cover' as never)).toThrow(/must be asked for "gain" or "split"/);
    expect(model.toDebugString).toBe(`HistGradientBoostingClassificationModel: uid=hgb, numTrees=3, numClasses=2, numFeatures=3
  Tree 0 (weight 1.0):
    If (feature 0 <= 0.5)
     Predict: -0.4
    Else (feature 0 > 0.5)
     If (feature 1 in {1.0,33.0})
      Predict: 0.7
     Else (feature 1 not in {1.0,33.0})
      Predict: 0.1
  Tree 1 (weight 1.0):
    If (feature 2 <= -1.0)
     Predict: 0.25
    Else (feature 2 > -1.0)
     Predict: -0.125
  Tree 2 (weight 1.0):
    If (feature 0 <= 0.5)
     Predict: -0.1
    Else (feature 0 > 0.5)
     Predict: 0.2
`);
  });

  it('stages its predictions, and is what it was after some iterations', () => {
    const v = Vectors.dense(1, 1, -2);
    expect(binary().stagedProbabilities(v)).toEqual([1, 2, 3].map((n) => binary().firstIterations(n).predictProbability(v).values));
    for (const params of [{}, { thresholds: [0.9, 0.1] }]) {
      const model = binary(params);
      expect([...model.stagedPredictions(v)]).toEqual([1, 2, 3].map((n) => model.firstIterations(n).predict(v)));
    }
    expect([...poisson().stagedPredictions(v)]).toEqual([1, 2, 3].map((n) => poisson().firstIterations(n).predict(v)));
    expect(multiclass().stagedProbabilities(v)).toEqual([multiclass().predictProbability(v).values]);
    const none = multiclass().firstIterations(0);
    expect([none.numTrees, none.predict(v), [...none.featureImportances.values]]).toEqual([0, 1, [0, 0, 0]]);
    for (const n of [-1, 4, 1.5]) expect(() => binary().firstIterations(n)).toThrow(/iterations must be a whole number from 0 to 3/);
  });

  it('refuses vectors and columns of another size, naming both', async () => {
    expect(() => binary().predict(Vectors.dense(1, 2))).toThrow(/must be a vector of 3 slots, got 2/);
    expect(() => binary().predictLeaf([1, 2, 3] as unknown as Vector)).toThrow(/features must be a vector/);
    const frame = session.createFrame([{ features: Vectors.dense(1, 2) }], { features: 'vector' });
    await expect(binary().transform(frame).collect()).rejects.toMatchObject({
      code: 'VALUE_INVALID',
      message: expect.stringMatching(/the 3 features of the fit, row 0 has 2/),
    });
    const sized = session.createFrame([{ features: Vectors.dense(1, 2) }], { features: { type: 'vector', attributes: { num_attrs: 2 } } });
    await expect(binary().transform(sized).collect()).rejects.toMatchObject({ code: 'SCHEMA_INVALID' });
    await expect(
      binary()
        .transform(session.createFrame([{ features: null }], { features: 'vector' }))
        .collect(),
    ).rejects.toThrow(/must not be null/);
  });

  it('is no model of a loss that does not classify', () => {
    expect(() => new HistGradientBoostingClassificationModel({}, state({ loss: { name: 'squared' }, numClasses: 1 }))).toThrow(/has no classes/);
    expect(() => new HistGradientBoostingRegressionModel({}, state())).toThrow(/classifies/);
    expect(() => binary({ thresholds: [1, 2, 3] })).toThrow(/thresholds must have one entry a class, that is 2/);
  });
});

describe('columns of boosted models', () => {
  const columns = { leafCol: 'leaf', contributionsCol: 'shap' };
  const make = [binary(columns), multiclass(columns), poisson(columns)] as const;
  const rows = VALUES.map((x, id) => ({ id, features: Vectors.dense(x) }));

  it.each(make.map((model) => [model.state.loss.name, model] as const))('of %s hold what single vectors get', async (_, model) => {
    const frame = model.transform(session.createFrame(rows, { id: 'int', features: 'vector' }));
    const told = model.transformSchema(
      session.createFrame(rows, { id: 'int', features: 'vector' }) && (await session.createFrame(rows, { id: 'int', features: 'vector' }).schema()),
    );
    expect((await frame.schema()).fields).toEqual(told.fields);
    const scored = await frame.collect();
    const width = model.state.start.length;
    const scorer = model.rowScorer();
    const loaded = await loadScorer(saved(model));
    for (const row of scored) {
      const v = Vectors.dense(VALUES[row.id as number]);
      expect(row.prediction).toBe(model.predict(v));
      expect((row.leaf as Vector).toArray()).toEqual(model.predictLeaf(v).values);
      expect((row.shap as Vector).toArray()).toEqual(model.predictContributions(v).values);
      const shap = (row.shap as Vector).toArray();
      expect(shap.length).toBe(4 * width);
      for (let c = 0; c < width; c++) {
        const f = scores(VALUES[row.id as number]).reduce((a, s, t) => (t % width === c ? a + s : a), model.state.start[c]);
        expect(shap.subarray(4 * c, 4 * c + 4).reduce((a, b) => a + b, 0)).toBeCloseTo(f, 12);
      }
      const one = scorer({ features: v });
      for (const [name, value] of Object.entries(loaded({ features: v }))) expect(value, name).toEqual(one[name]);
      for (const name of Object.keys(row)) if (name in one && name !== 'features') expect(one[name], name).toEqual(row[name]);
    }
  });

  it('are made only where they are asked for', async () => {
    const frame = session.createFrame(rows, { id: 'int', features: 'vector' });
    const none = { rawPredictionCol: '', probabilityCol: '', predictionCol: '' };
    expect((await binary(none).transform(frame).schema()).names).toEqual(['id', 'features']);
    const alone = await binary({ ...none, predictionCol: 'p' })
      .transform(frame)
      .collect();
    expect(alone.map((row) => row.p)).toEqual(VALUES.map((x) => binary().predict(Vectors.dense(x))));
    const raw = await binary({ ...none, predictionCol: 'p', thresholds: [0.3, 0.7] })
      .transform(frame)
      .collect();
    expect(raw.map((row) => row.p)).toEqual(VALUES.map((x) => binary({ thresholds: [0.3, 0.7] }).predict(Vectors.dense(x))));
  });

  it('take what an assembler keeps of nulls for missing', async () => {
    const assembler = new VectorAssembler({ inputCols: ['a', 'b', 'c'], outputCol: 'features', handleInvalid: 'keep' });
    const frame = session.createFrame([{ a: null, b: null, c: null }], { a: 'double', b: 'double', c: 'double' });
    const [row] = await poisson().transform(assembler.transform(frame)).collect();
    expect(row.prediction).toBe(poisson().predict(Vectors.dense(Number.NaN, Number.NaN, Number.NaN)));
  });
});

describe('a saved boosted model', () => {
  it('comes back bit for bit, whatever its trees', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(arbitraryTree(3), { maxLength: 4 }), fc.array(featureValue, { minLength: 3, maxLength: 3 }), async (roots, x) => {
        const reading = { zeroMissing: [2], otherCategory: [0, 40, 0] };
        const model = new HistGradientBoostingRegressionModel(
          { contributionsCol: 'shap' },
          state({ loss: { name: 'tweedie', power: 1.3 }, numClasses: 1, start: [-0], validationHistory: [Number.NaN, 1e-300, 5], reading }, roots),
          'm',
        );
        const again = (await load(saved(model))) as HistGradientBoostingRegressionModel;
        expect(again.state).toEqual(model.state);
        expect(again.params).toEqual(model.params);
        expect(Object.is(again.predict(Vectors.dense(x)), model.predict(Vectors.dense(x)))).toBe(true);
        expect(saved(again)).toEqual(saved(model));
      }),
      { numRuns: 60 },
    );
  });

  const DATA = 'data/part-00000.parquet';
  const METADATA = 'metadata/part-00000.txt';
  const files = saved(binary());
  const { columns, encode } = HistGradientBoostingClassificationModel.codec;
  const fields = Object.entries(columns as Record<string, string>).map(([name, type]) => [name, parseColumnType(type)] as const);
  type NodeRow = [id: number, ...rest: unknown[]];
  type Row = [tree: number, node: NodeRow];
  const rowsOf = () => structuredClone(encode(binary().state)) as Row[];
  const withRows = (rows: Row[]) => withFile(files, DATA, writeParquet(fields, rows, '4.3.0'));
  const damaged = (change: (rows: Row[]) => void) => {
    const rows = rowsOf();
    change(rows);
    return withRows(rows);
  };
  const metadata = (change: Record<string, unknown>) =>
    withFile(files, METADATA, JSON.stringify({ ...JSON.parse(new TextDecoder().decode(files.get(METADATA))), ...change }));

  it('comes back from rows in any order', async () => {
    const again = (await load(damaged((rows) => rows.reverse()))) as HistGradientBoostingClassificationModel;
    expect(again.state).toEqual(binary().state);
  });

  it.each<[string, ReadonlyMap<string, Uint8Array>, RegExp]>([
    ['a child cycle', damaged((rows) => (rows[2][1][5] = 0)), /children of node 2/],
    ['a child out of range', damaged((rows) => (rows[0][1][5] = 5)), /must be among its 5 nodes/],
    ['children not in preorder', damaged((rows) => ([rows[0][1][4], rows[0][1][5]] = [2, 1])), /must stand in preorder/],
    ['a feature out of range', damaged((rows) => ((rows[0][1][7] as unknown[])[0] = 3)), /splits feature 3/],
    ['a threshold that is NaN', damaged((rows) => ((rows[0][1][7] as unknown[])[1] = [Number.NaN])), /must have a threshold/],
    ['no threshold', damaged((rows) => ((rows[0][1][7] as unknown[])[1] = [])), /must have one threshold, has 0/],
    ['a value that is NaN', damaged((rows) => (rows[1][1][1] = Number.NaN)), /must have a finite value/],
    ['an id twice', damaged((rows) => (rows[1][1][0] = 0)), /each once, got 0/],
    ['an id out of range', damaged((rows) => (rows[1][1][0] = 9)), /each once, got 9/],
    ['a negative tree', damaged((rows) => (rows[0][0] = -1)), /treeID must be 0 … 2, got -1/],
    ['a node missing', damaged((rows) => rows.splice(1, 1)), /ids of tree 0/],
    ['a tree missing', damaged((rows) => rows.splice(5, 3)), /tree 1 must have a node/],
    ['categories out of range', damaged((rows) => ((rows[2][1][7] as unknown[])[1] = [1, 64])), /categories of node 2 must be 0 … 63, got 64/],
    ['categories that are NaN', damaged((rows) => ((rows[2][1][7] as unknown[])[1] = [Number.NaN])), /categories of node 2/],
    ['2^31 categories', damaged((rows) => ((rows[2][1][7] as unknown[])[2] = 2 ** 31 - 32)), /multiple of 32 up to/],
    ['10^9 trees declared', metadata({ numTrees: 1_000_000_000 }), /numTrees must be a whole number up to 11/],
    ['fewer trees declared', metadata({ numTrees: 2 }), /treeID must be 0 … 1, got 2/],
    ['features that are no number', metadata({ numFeatures: '3' }), /numFeatures must be a whole number/],
    ['another number of features', metadata({ numFeatures: 4 }), /featureNames must have 4 entries, has 3/],
    ['names that are no list', metadata({ featureNames: { length: 3 } }), /featureNames must be a list of texts/],
    ['an unknown loss', metadata({ loss: { name: '__proto__' } }), /loss must be one of/],
    ['an unknown link', metadata({ loss: { name: 'foreign', objective: 'fair', link: 'toString' } }), /link of the loss must be one of/],
    ['a link of another model', metadata({ loss: { name: 'foreign', objective: 'x', link: 'softmax' } }), /does not go with 1 start scores/],
    ['an objective that is no text', metadata({ loss: { name: 'foreign', objective: 7, link: 'exp' } }), /objective of the loss must be a text/],
    ['a loss of another model', metadata({ loss: { name: 'squared' }, numClasses: 1 }), /has no classes/],
    ['classes that do not go with the loss', metadata({ numClasses: 7 }), /must have 2 classes, has 7/],
    ['start scores that do not go with the loss', metadata({ start: [1.5, 2.5] }), /does not go with 2 start scores/],
    ['no start score', metadata({ start: [] }), /start scores must be finite numbers/],
    ['an infinite start score', metadata({ start: ['Inf'] }), /start scores must be finite numbers/],
    ['category sizes of other features', metadata({ categorySizes: [1, 2] }), /categorySizes must have 3 entries/],
    ['zeros of features that are not there', metadata({ zeroMissing: [3] }), /zeroMissing must be a list of features/],
    ['unknown categories of other features', metadata({ otherCategory: [1] }), /otherCategory must have 3 entries, has 1/],
    ['an unknown category that is none', metadata({ otherCategory: [0, 1.5, 0] }), /otherCategory must be a list of whole numbers/],
  ])('is refused: %s', async (_, source, message) => {
    const error = await load(source).then(
      () => null,
      (reason) => reason,
    );
    expect(error).toBeInstanceOf(MlError);
    expect(error).toMatchObject({ code: 'MODEL_FORMAT', message: expect.stringMatching(message) });
  });

  it('with bits flipped loads or fails by name', async () => {
    let random = 7;
    const next = (n: number) => {
      random = (Math.imul(random, 1664525) + 1013904223) >>> 0;
      return Math.floor((random / 2 ** 32) * n);
    };
    for (let i = 0; i < 300; i++) {
      const bytes = files.get(DATA)!.slice();
      for (let flips = 1 + next(3); flips > 0; flips--) bytes[next(bytes.length)] ^= 1 << next(8);
      const error = await load(withFile(files, DATA, bytes)).then(
        () => null,
        (reason) => reason,
      );
      if (error !== null) expect(error).toBeInstanceOf(MlError);
    }
  });
});
