import { describe, expect, it } from 'vitest';
import { LogisticRegressionModel } from '#dist/classification/index.js';
import { Bucketizer, ImputerModel, SQLTransformer, StandardScalerModel, StringIndexerModel, VectorAssembler } from '#dist/feature/index.js';
import { DenseMatrix, type DenseVector, SparseVector, Vectors } from '#dist/linalg/index.js';
import { PipelineModel, type Transformer } from '#dist/pipeline/index.js';
import { CATEGORIES, churnModel, churnRow, NUMBERS, textColumn } from './churn-model.ts';

const pipeline = (...stages: unknown[]) => new PipelineModel({}, { stages: stages as Transformer<never>[] });

describe('a row scorer', () => {
  it('returns the columns the stages add, and probabilities by label', () => {
    const score = churnModel().rowScorer();
    const row = churnRow(5);
    const scored = score(row)!;
    const added = [
      ...CATEGORIES.map((_, c) => `${textColumn(c)} index`),
      ...CATEGORIES.map((_, c) => `${textColumn(c)} one-hot`),
      'features',
      'rawPrediction',
      'probability',
      'prediction',
      'probabilities',
    ];
    expect(Object.keys(scored)).toEqual(added);
    const [no, yes] = (scored.probability as DenseVector).toArray();
    expect([...(scored.probabilities as Map<string, number>)]).toEqual([
      ['No', no],
      ['Yes', yes],
    ]);
    expect(no + yes).toBeCloseTo(1, 15);
    expect(scored.prediction).toBe(yes > 0.5 ? 1 : 0);
    expect(scored['text 0 index']).toBe(1);
    expect(scored['text 1 one-hot']).toBeInstanceOf(SparseVector);
    expect(scored.features).toBeInstanceOf(SparseVector);
    expect((scored.features as SparseVector).toArray().slice(-3)).toEqual(Float64Array.from(NUMBERS, (name) => row[name] as number));
  });

  it('works with and without the label, and tells its index when it is there', () => {
    const score = churnModel().rowScorer();
    const alone = score(churnRow(1))!;
    const labelled = score({ ...churnRow(1), Churn: 'Yes' })!;
    expect(labelled.churn_ix).toBe(1);
    expect('churn_ix' in alone).toBe(false);
    expect(score(churnRow(1))).toEqual(alone);
    const { churn_ix: _, ...rest } = labelled;
    expect(rest).toEqual(alone);
  });

  it('leaves no result changed by the rows after it', () => {
    const score = churnModel().rowScorer();
    const first = score(churnRow(1))!;
    const [features, probability] = [first.features, first.probability].map((vector) => (vector as DenseVector).toArray());
    const { prediction, 'text 0 index': index } = first;
    for (let i = 2; i < 200; i++) score(churnRow(i));
    expect((first.features as SparseVector).toArray()).toEqual(features);
    expect((first.probability as DenseVector).toArray()).toEqual(probability);
    expect(first.prediction).toBe(prediction);
    expect(first['text 0 index']).toBe(index);
  });

  it('leaves the row alone', () => {
    const row = Object.freeze(churnRow(3));
    expect(churnModel().rowScorer()(row)).not.toBeNull();
  });

  it('names a key that is missing, not the column that came of it', () => {
    const score = churnModel().rowScorer();
    for (const name of [textColumn(3), 'tenure']) {
      const { [name]: _, ...row } = churnRow(1);
      expect(() => score(row)).toThrow(expect.objectContaining({ code: 'COLUMN_NOT_FOUND', message: expect.stringContaining(`key "${name}"`) }));
      expect(score(churnRow(1))).not.toBeNull();
      expect(() => score({ ...row, [name]: undefined })).toThrow(/must have the key/);
    }
    expect(() => churnModel().rowScorer()({})).toThrow(/^StringIndexerModel: the row must have the key "text 0"; use null/);
  });

  it('names the column, value and remedy of an unseen label', () => {
    const row = { ...churnRow(1), [textColumn(2)]: 'new' };
    expect(() => churnModel().rowScorer()(row)).toThrow(
      expect.objectContaining({
        code: 'VALUE_INVALID',
        message: expect.stringMatching(/"text 2".*"new".*handleInvalid/),
        details: expect.objectContaining({ value: 'new' }),
      }),
    );
  });

  it('returns null for a row that skip drops, and gives unseen and null the last index under keep', () => {
    const unseen = { ...churnRow(1), [textColumn(2)]: 'new' };
    expect(churnModel('skip').rowScorer()(unseen)).toBeNull();
    expect(churnModel('skip').rowScorer()(churnRow(1))).not.toBeNull();
    const keep = churnModel('keep').rowScorer();
    expect(keep(unseen)?.['text 2 index']).toBe(CATEGORIES[2]);
    expect(keep({ ...unseen, [textColumn(2)]: null })?.['text 2 index']).toBe(CATEGORIES[2]);
    expect(() => keep({ ...unseen, tenure: null })).toThrow(/"tenure"/);
  });

  it('takes bigints and booleans as numbers, and never parses text', () => {
    const score = churnModel().rowScorer();
    const plain = score({ ...churnRow(1), tenure: 1 })!;
    expect(score({ ...churnRow(1), tenure: 1n })?.probability).toEqual(plain.probability);
    expect(score({ ...churnRow(1), tenure: true })?.probability).toEqual(plain.probability);
    expect(() => score({ ...churnRow(1), tenure: '1' })).toThrow(
      expect.objectContaining({ code: 'COLUMN_TYPE', message: expect.stringMatching(/"tenure".*string/) }),
    );
    expect(() => score({ ...churnRow(1), tenure: Symbol('1') })).toThrow(/"tenure"/);
    expect(() => score({ ...churnRow(1), [textColumn(0)]: {} })).toThrow(/"text 0"/);
    expect(score({ ...churnRow(1), tenure: 1 })?.probability).toEqual(plain.probability);
  });

  it.each([null, undefined, 7, 'row', [1]])('refuses %j for a row', (row) => {
    expect(() => churnModel().rowScorer()(row as never)).toThrow();
  });

  it('indexes numbers by their text: as Spark prints a double, or a whole number', () => {
    const doubles = new StringIndexerModel({ inputCol: 'x', outputCol: 'ix' }, { labelsArray: [['1.0', '2.5', '1.0E7']] }).rowScorer();
    expect([1, 2.5, 1e7].map((x) => doubles({ x })?.ix)).toEqual([0, 1, 2]);
    const ints = new StringIndexerModel({ inputCol: 'x', outputCol: 'ix' }, { labelsArray: [['1', '20000000']] }).rowScorer();
    expect([1, 20000000n, 2e7].map((x) => ints({ x })?.ix)).toEqual([0, 1, 1]);
  });

  it.each(['__proto__', 'constructor', 'toString', 'hasOwnProperty', 'then', 'length', 'a.b', '', ' ', '0', '😀', 'probabilities'])(
    'takes and gives columns named %j',
    (name) => {
      const indexed = new StringIndexerModel({ inputCol: name || 'x', outputCol: `${name}2` }, { labelsArray: [['u', 'v']] }).rowScorer();
      const row = JSON.parse(`{${JSON.stringify(name || 'x')}:"v"}`);
      expect(indexed(row)).toEqual({ [`${name}2`]: 1 });
      if (name === '') return;
      const named = new StringIndexerModel({ inputCol: 'x', outputCol: name }, { labelsArray: [['u', 'v']] }).rowScorer();
      const scored = named({ x: 'v' })!;
      expect(Object.keys(scored)).toEqual([name]);
      expect(Object.getOwnPropertyDescriptor(scored, name)?.value).toBe(1);
      expect(Object.getPrototypeOf(scored)).toBe(Object.prototype);
    },
  );

  it('takes labels named __proto__ and constructor', () => {
    const score = new StringIndexerModel({ inputCol: 'x', outputCol: 'ix' }, { labelsArray: [['__proto__', 'constructor', '']] }).rowScorer();
    expect(['__proto__', 'constructor', ''].map((x) => score({ x })?.ix)).toEqual([0, 1, 2]);
    expect(() => score({ x: 'toString' })).toThrow(/toString/);
  });

  it('does not take what a row inherits for a value', () => {
    const score = new StringIndexerModel({ inputCol: 'constructor', outputCol: 'ix' }, { labelsArray: [['u']] });
    // As in Spark, an indexer passes over a column that is not there.
    expect(score.rowScorer()({ other: 1 })).toEqual({});
    expect(() => new Bucketizer({ inputCol: 'valueOf', outputCol: 'b', splits: [0, 1, 2] }).rowScorer()({})).toThrow(/"valueOf"/);
  });

  it('takes vectors of both forms, and null where a stage says what it is', () => {
    const scaler = new StandardScalerModel({ inputCol: 'v', outputCol: 's' }, { std: Float64Array.of(2, 4), mean: Float64Array.of(0, 0) });
    const score = scaler.rowScorer();
    expect((score({ v: Vectors.dense(2, 4) })!.s as DenseVector).toArray()).toEqual(Float64Array.of(1, 1));
    const sparse = score({ v: Vectors.sparse(2, [1], [8]) })?.s;
    expect(sparse).toBeInstanceOf(SparseVector);
    expect((sparse as SparseVector).toArray()).toEqual(Float64Array.of(0, 2));
    expect(() => score({ v: null })).toThrow(/"v"/);
    expect(() => score({ v: Vectors.dense(1, 2, 3) })).toThrow(/2 features, got 3/);
    expect(() => score({ v: [1, 2] })).toThrow(expect.objectContaining({ code: 'COLUMN_TYPE' }));
  });

  it('binds anew for a row of other types', () => {
    const score = new VectorAssembler({ inputCols: ['a', 'b'], outputCol: 'f' }).rowScorer();
    const values = (row: Record<string, unknown>) => [...(score(row)!.f as DenseVector).toArray()];
    expect(() => score({ a: 1, b: null })).toThrow(/"b"/);
    expect(values({ a: 1, b: 2 })).toEqual([1, 2]);
    expect(values({ a: 1, b: Vectors.dense(2, 3) })).toEqual([1, 2, 3]);
    expect(values({ a: Vectors.dense(0), b: Vectors.dense(2, 3) })).toEqual([0, 2, 3]);
    expect(values({ a: 1, b: 2 })).toEqual([1, 2]);
  });

  it('gives null for null where a stage lets it pass, and fills holes', () => {
    expect(new Bucketizer({ inputCol: 'x', outputCol: 'b', splits: [0, 1, 2] }).rowScorer()({ x: null })).toEqual({ b: null });
    const imputer = new ImputerModel({ inputCols: ['x', 'y'], outputCols: ['x', 'y2'] }, { values: Float64Array.of(7, 8) });
    expect(imputer.rowScorer()({ x: null, y: Number.NaN })).toEqual({ x: 7, y2: 8 });
  });

  it('names classes by number where no label column tells their labels', () => {
    const model = new LogisticRegressionModel(
      {},
      {
        numClasses: 3,
        coefficientMatrix: new DenseMatrix(3, 1, [1, 0, -1], true),
        interceptVector: Vectors.dense(0, 0, 0),
        isMultinomial: true,
      },
    );
    const scored = model.rowScorer()({ features: Vectors.dense(1) })!;
    expect([...(scored.probabilities as Map<string, number>).keys()]).toEqual(['0', '1', '2']);
  });

  it('refuses SQLTransformer by name, when it is made', () => {
    const sql = new SQLTransformer({ statement: 'SELECT * FROM __THIS__' });
    expect(() => pipeline(sql).rowScorer()).toThrow(
      expect.objectContaining({ code: 'NOT_SUPPORTED', message: expect.stringContaining('SQLTransformer') }),
    );
  });
});
