import { describe, expect, it } from 'vitest';
import { LogisticRegression } from '#dist/classification/index.js';
import { BinaryClassificationEvaluator, MulticlassClassificationEvaluator, RegressionEvaluator } from '#dist/evaluation/index.js';
import {
  Bucketizer,
  Imputer,
  IndexToString,
  MinMaxScaler,
  OneHotEncoder,
  StandardScaler,
  StringIndexer,
  VectorAssembler,
} from '#dist/feature/index.js';
import { col, lit, Pipeline, Vectors } from '#dist/index.js';
import { folder, refuses, session } from '../engine/harness.ts';
import { frameOf, rowsOf, SCHEMA } from './rows.ts';

const s = session();
const path = folder();
const assembler = new VectorAssembler({ inputCols: ['a', 'b'], outputCol: 'features' });
const keeping = assembler.copy({ handleInvalid: 'keep' });
const regression = new LogisticRegression({ maxIter: 3 });
const weighted = regression.copy({ weightCol: 'w' });
const indexer = () => new StringIndexer({ inputCol: 'c', outputCol: 'ci' }).fit(frameOf(s(), 10));
const vectors = (...all: (number[] | null)[]) =>
  s().createFrame(
    all.map((v, i) => ({ features: v && Vectors.dense(v), label: i % 2 })),
    { features: 'vector', label: 'double' },
  );

describe('a value that a stage refuses', () => {
  for (const [at, rows, partitions] of [
    [3, 10, undefined],
    [3000, 5000, undefined],
    [3000, 5000, 4],
  ] as const) {
    const where = `row ${at} of ${rows}${partitions ? ` in ${partitions} partitions` : ''}`;
    const bad = (change: Record<string, unknown>) => frameOf(s(), rows, { [at]: change }, partitions);

    it(`is told with its column and row: ${where}`, async () => {
      for (const value of [null, Number.NaN])
        await refuses(() => assembler.transform(bad({ a: value })).collect(), 'VALUE_INVALID', { column: 'a', row: at });
      for (const value of [Number.NaN, Infinity, -Infinity]) {
        await refuses(() => regression.fit(keeping.transform(bad({ a: value }))), 'VALUE_INVALID', { column: 'features', row: at, value }, '"a"');
      }
      for (const value of [null, Number.NaN, Infinity, -Infinity]) {
        await refuses(() => regression.fit(assembler.transform(bad({ label: value }))), 'VALUE_INVALID', { column: 'label', row: at, value });
        await refuses(() => weighted.fit(assembler.transform(bad({ w: value }))), 'VALUE_INVALID', { column: 'w', row: at, value });
      }
      await refuses(() => weighted.fit(assembler.transform(bad({ w: -1 }))), 'VALUE_INVALID', { column: 'w', row: at, value: -1 });
      for (const value of [-1, 0.5, 2 ** 31]) {
        await refuses(() => regression.fit(assembler.transform(bad({ label: value }))), 'VALUE_INVALID', { column: 'label', row: at, value });
      }
    });

    it(`is told with its text when it is no label of an indexer: ${where}`, async () => {
      const model = await indexer();
      for (const value of ['unseen', '', null]) {
        const details = { column: 'c', row: at, value };
        const got = value === null ? 'null' : JSON.stringify(value);
        await refuses(() => model.transform(bad({ c: value })).collect(), 'VALUE_INVALID', details, `got ${got} at row ${at};`);
        await refuses(() => model.transform(bad({ c: value })).toArrow(), 'VALUE_INVALID', details, got);
        await refuses(() => model.transform(bad({ c: value })).write.parquet(path('never')), 'VALUE_INVALID', details, got);
        const fit = new LogisticRegression({ labelCol: 'ci', maxIter: 1 });
        await refuses(() => fit.fit(assembler.transform(model.transform(bad({ c: value })))), 'VALUE_INVALID', details, got);
      }
    });
  }

  it('is told by the row of the frame that was transformed, whatever comes before and after', async () => {
    const model = await indexer();
    const frame = frameOf(s(), 5000, { 10: { c: 'first' }, 4000: { c: 'second' } });
    const first = { column: 'c', row: 10, value: 'first' };
    await refuses(() => model.transform(frame).select('ci').collect(), 'VALUE_INVALID', first);
    await refuses(() => model.transform(frame).filter(col('ci').gt(0)).count(), 'VALUE_INVALID', first);
    await refuses(() => model.transform(frame).groupBy('ci').count().collect(), 'VALUE_INVALID', first);
    await refuses(() => model.transform(frame).union(model.transform(frame)).collect(), 'VALUE_INVALID', first);
    await refuses(() => assembler.transform(model.transform(frame).filter(col('ci').gt(0))).collect(), 'VALUE_INVALID', first);
    await refuses(() => regression.fit(assembler.transform(model.transform(frame).filter(col('ci').gt(0)))), 'VALUE_INVALID', first);
    const later = frame.withColumn('n', col('b')).filter("c <> 'first'");
    await refuses(() => model.transform(later).collect(), 'VALUE_INVALID', { column: 'c', row: 3999, value: 'second' });
  });

  it('is told with its value by every action', async () => {
    const model = await indexer();
    const coded = model.transform(frameOf(s(), 20, { 7: { c: 'other' } }));
    const actions: (() => Promise<unknown>)[] = [
      () => coded.describe('ci').collect(),
      () => coded.approxQuantile(['ci'], [0.5], 0),
      () => coded.cache().collect(),
      () => coded.join(s().createFrame([{ ci: 1 }]), 'ci').collect(),
      () => s().sql('SELECT ci FROM f', { f: coded }).collect(),
      () => coded.mapBatches(new URL('./functions/batches.mjs', import.meta.url), 'id', { schema: { ci: 'double' } }).collect(),
      () => new StringIndexer({ inputCol: 'ci', outputCol: 'again' }).fit(coded),
      () => new Imputer({ inputCols: ['ci'], outputCols: ['o'] }).fit(coded),
      () => new RegressionEvaluator({ predictionCol: 'ci' }).evaluate(coded),
      async () => {
        for await (const batch of coded) void batch;
      },
    ];
    for (const action of actions) await refuses(action, 'VALUE_INVALID', { column: 'c', row: 7, value: 'other' }, '"other"');
  });

  it('is told with its value over files too, and for long label lists', async () => {
    const many = Array.from({ length: 400 }, (_, i) => ({ c: `v${i}` }));
    const model = await new StringIndexer({ inputCol: 'c', outputCol: 'ci' }).fit(s().createFrame(many));
    await s()
      .createFrame([...many, { c: 'other' }], { c: 'string' })
      .write.parquet(path('many'));
    await refuses(() => model.transform(s().read.parquet(path('many'))).collect(), 'VALUE_INVALID', { row: 400, value: 'other' }, '"other"');
  });

  it('is told with its value for numbers as labels, whole ones beyond 2^53 exactly', async () => {
    const longs = (...a: bigint[]) =>
      s().createFrame(
        a.map((x) => ({ a: x })),
        { a: 'long' },
      );
    const model = await new StringIndexer({ inputCol: 'a', outputCol: 'o' }).fit(longs(1n, 2n ** 53n + 1n));
    await refuses(
      () => model.transform(longs(1n, 2n ** 53n)).collect(),
      'VALUE_INVALID',
      { column: 'a', row: 1, value: 2n ** 53n },
      '9007199254740992',
    );
    expect((await model.transform(longs(2n ** 53n + 1n, 1n)).collect()).map((r) => r.o)).toEqual([1, 0]);
  });

  it('is told with its value where an earlier stage of the pipeline made it', async () => {
    const frame = frameOf(s(), 9);
    const first = await indexer();
    const back = new IndexToString({ inputCol: 'ci', outputCol: 'again', labels: ['p', 'q', 'r'] });
    const second = await new StringIndexer({ inputCol: 'again', outputCol: 'o' }).fit(s().createFrame([{ again: 'p' }, { again: 'q' }]));
    await refuses(
      () => second.transform(back.transform(first.transform(frame))).collect(),
      'VALUE_INVALID',
      { column: 'again', row: 2, value: 'r' },
      '"r"',
    );
  });

  it('counts the rows of what a skipping stage left', async () => {
    const frame = frameOf(s(), 20, { 1: { a: Number.NaN }, 5: { label: -1 } });
    const skipping = assembler.copy({ handleInvalid: 'skip' });
    await refuses(() => regression.fit(skipping.transform(frame)), 'VALUE_INVALID', { column: 'label', value: -1 });
    expect(await skipping.transform(frame).count()).toBe(19);
  });
});

describe('vectors', () => {
  it('that are null, of another length or not finite are refused with their row', async () => {
    await refuses(() => regression.fit(vectors([1], null)), 'VALUE_INVALID', { column: 'features', row: 1, value: null });
    await refuses(() => regression.fit(vectors([1, 2], [1, 2, 3])), 'VALUE_INVALID', { column: 'features' });
    await refuses(() => regression.fit(vectors([1, 2], [1, Number.NaN])), 'VALUE_INVALID', { column: 'features', row: 1, value: Number.NaN });
    const sparse = s().createFrame([
      { features: Vectors.sparse(3, [1], [Infinity]), label: 0 },
      { features: Vectors.dense([1, 2, 3]), label: 1 },
    ]);
    await refuses(() => regression.fit(sparse), 'VALUE_INVALID', { column: 'features', row: 0, value: Infinity });
  });

  it('that are null are refused with their row in scoring and scaling', async () => {
    const model = await regression.fit(vectors([1, 2], [2, 3], [3, 5], [1, 0]));
    await refuses(() => model.transform(vectors([1, 2], null)).collect(), 'VALUE_INVALID', { column: 'features', row: 1 });
    await refuses(() => new StandardScaler({ inputCol: 'features', outputCol: 'o' }).fit(vectors([1], null)), 'VALUE_INVALID', {
      column: 'features',
      row: 1,
    });
    await refuses(() => new MinMaxScaler({ inputCol: 'features', outputCol: 'o' }).fit(vectors([1], null)), 'VALUE_INVALID', {
      column: 'features',
      row: 1,
    });
  });

  it('are what predict takes, and nothing else', async () => {
    const model = await regression.fit(vectors([1, 2], [2, 3], [3, 5], [1, 0]));
    for (const wrong of [[1, 2], null, undefined, 5, { values: [1, 2] }]) {
      await refuses(() => model.predict(wrong as never), 'VALUE_INVALID', {}, 'Vectors.dense');
      await refuses(() => model.predictRaw(wrong as never), 'VALUE_INVALID', {}, 'Vectors.dense');
      await refuses(() => model.predictProbability(wrong as never), 'VALUE_INVALID', {}, 'Vectors.dense');
    }
    await refuses(() => model.predict(Vectors.dense([1, 2, 3])), 'VALUE_INVALID', {}, '3');
  });
});

describe('frames', () => {
  it('are what stages and evaluators take, and nothing else', async () => {
    const model = await regression.fit(vectors([1, 2], [2, 3], [3, 5], [1, 0]));
    for (const wrong of [undefined, null, {}, [{ a: 1 }], 'frame']) {
      for (const stage of [assembler, model, await indexer()]) await refuses(() => stage.transform(wrong as never), 'VALUE_INVALID', {}, 'Frame');
      for (const stage of [regression, new Pipeline({ stages: [regression] }), new Imputer({ inputCols: ['a'], outputCols: ['o'] })]) {
        await refuses(() => stage.fit(wrong as never), 'VALUE_INVALID', {}, 'Frame');
      }
      for (const evaluator of [new BinaryClassificationEvaluator(), new MulticlassClassificationEvaluator(), new RegressionEvaluator()]) {
        await refuses(() => evaluator.evaluate(wrong as never), 'VALUE_INVALID', {}, 'Frame');
      }
      await refuses(() => model.evaluate(wrong as never), 'VALUE_INVALID', {}, 'Frame');
    }
  });
});

describe('evaluators', () => {
  const scored = (change: Record<string, unknown>) =>
    s().createFrame(
      [
        { label: 0, prediction: 1, rawPrediction: 0.3, w: 1 },
        { label: 1, prediction: 1, rawPrediction: 0.3, w: 1, ...change },
      ],
      {
        label: 'double',
        prediction: 'double',
        rawPrediction: 'double',
        w: 'double',
      },
    );

  it('refuse nulls, NaN and bad weights with column, row and value', async () => {
    const binary = new BinaryClassificationEvaluator({ weightCol: 'w' });
    const multiclass = new MulticlassClassificationEvaluator({ weightCol: 'w' });
    const errors = new RegressionEvaluator({ weightCol: 'w' });
    for (const value of [null, Number.NaN, -1, Infinity]) {
      for (const evaluator of [binary, multiclass, errors]) {
        await refuses(() => evaluator.evaluate(scored({ w: value })), 'VALUE_INVALID', { column: 'w', row: 1, value });
      }
    }
    for (const value of [null, Number.NaN]) {
      await refuses(() => multiclass.evaluate(scored({ label: value })), 'VALUE_INVALID', { column: 'label', row: 1, value });
      await refuses(() => binary.evaluate(scored({ label: value })), 'VALUE_INVALID', { column: 'label', row: 1, value });
    }
    for (const evaluator of [binary, multiclass, errors]) await refuses(() => evaluator.evaluate(scored({}).filter('w > 5')), 'EMPTY_DATASET');
  });
});

describe('labels and weights', () => {
  it('of one class give a model that predicts it', async () => {
    for (const label of [0, 1]) {
      const frame = assembler.transform(
        s().createFrame(
          rowsOf(10).map((r) => ({ ...r, label })),
          SCHEMA,
        ),
      );
      const model = await regression.fit(frame);
      const scores = await model.transform(frame).collect();
      expect(scores.every((r) => r.prediction === label)).toBe(true);
      expect(scores.every((r) => (r.probability as { values: Float64Array }).values[label] === 1)).toBe(true);
    }
  });

  it('of weight 0 throughout are refused', async () => {
    const frame = assembler.transform(
      s().createFrame(
        rowsOf(10).map((r) => ({ ...r, w: 0 })),
        SCHEMA,
      ),
    );
    await refuses(() => weighted.fit(frame), 'VALUE_INVALID', { column: 'w' });
  });
});

describe('rows', () => {
  it('may be missing: a fit is refused, a transform gives none', async () => {
    const none = s().createFrame([], SCHEMA);
    for (const stage of [regression, weighted]) await refuses(() => stage.fit(assembler.transform(none)), 'EMPTY_DATASET');
    expect(await assembler.transform(none).collect()).toEqual([]);
    await assembler.transform(none).write.parquet(path('none'));
    expect(await s().read.parquet(path('none')).columns()).toEqual(['a', 'b', 'label', 'w', 'c', 'features']);
  });

  it('may leave partitions empty', async () => {
    const frame = frameOf(s(), 3, {}, 8);
    const whole = await regression.fit(assembler.transform(frameOf(s(), 3)));
    for (const parts of [frame, frame.repartition(64)]) {
      expect(String((await regression.fit(assembler.transform(parts))).coefficients)).toBe(String(whole.coefficients));
    }
  });
});

describe('numbers out of range', () => {
  const learn = async (change: (x: number, y: number, i: number) => Record<string, number>, params = {}) => {
    const rows = Array.from({ length: 100 }, (_, i) => {
      const [x, y] = [Math.sin(i * 12.9), Math.cos(i * 3.1)];
      return { x, y, label: x + y * 0.5 + 0.4 * Math.sin(i * 77) > 0 ? 1 : 0, ...change(x, y, i) };
    });
    const frame = new VectorAssembler({ inputCols: ['x', 'y'], outputCol: 'features' }).transform(s().createFrame(rows));
    const model = await new LogisticRegression({ maxIter: 30, ...params }).fit(frame);
    const scores = await model.transform(frame).collect();
    expect(scores.some((r) => Number.isNaN(r.prediction) || (r.probability as { values: Float64Array }).values.some(Number.isNaN))).toBe(false);
    expect([...model.coefficients.toArray(), model.intercept].every(Number.isFinite)).toBe(true);
  };

  it('give a LogisticRegression without NaN, or an error that names the feature', async () => {
    for (const scale of [1e-320, 1e-160, 1e15, 1e100]) await learn((x) => ({ x: x * scale }));
    for (const scale of [1e160, 1e308]) {
      for (const params of [{}, { standardization: false, regParam: 0.1 }, { family: 'multinomial' }]) {
        await refuses(() => learn((x) => ({ x: x * scale }), params), 'VALUE_INVALID', { column: 'features', feature: 'x' });
      }
    }
  });

  it('give a weighted LogisticRegression without NaN, or an error that names the weight', async () => {
    for (const w of [1e-200, 1, 1e100]) await learn(() => ({ w }), { weightCol: 'w' });
    await learn((_x, _y, i) => ({ w: i % 2 ? 1e-300 : 1 }), { weightCol: 'w' });
    for (const w of [1e300, 1.7e308, 5e-324])
      await refuses(() => learn(() => ({ w }), { weightCol: 'w' }), 'VALUE_INVALID', { column: 'w', value: w });
  });

  it('give scalers and imputers without NaN, or an error that names the feature', async () => {
    for (const make of [
      () => new StandardScaler({ inputCol: 'features', outputCol: 'o', withMean: true }),
      () => new MinMaxScaler({ inputCol: 'features', outputCol: 'o' }),
    ]) {
      await refuses(() => make().fit(vectors([1.7e308], [-1.7e308], [1.7e308])), 'VALUE_INVALID', { column: 'features', feature: 'features_0' });
    }
    const frame = s().createFrame([{ a: 1e308 }, { a: 1e308 }, { a: null }]);
    // As in Spark, whose sum overflows too.
    const imputed = await (await new Imputer({ inputCols: ['a'], outputCols: ['o'] }).fit(frame)).transform(frame).collect();
    expect(imputed.map((r) => r.o)).toEqual([1e308, 1e308, Number.POSITIVE_INFINITY]);
  });

  it('score the same in a frame and alone', async () => {
    const model = await regression.fit(vectors([1, 2], [2, 3], [3, 5], [1, 0]));
    const scorer = model.rowScorer();
    for (const z of [800, -800, 1e308, -1e308, 1e-320, 0, -0]) {
      const features = Vectors.dense([z, 0]);
      const [row] = await model.transform(s().createFrame([{ features }])).collect();
      expect(row?.probability).toEqual(scorer({ features })?.probability);
    }
  });

  it('are assembled and indexed the same in a frame and alone, signs of zero included', async () => {
    const numbers = [0, -0, 5e-324, -5e-324, 1e-310, 1e308, -1e308, 0.1, 1e7, 2 ** 53].map((a) => ({ a, b: 1 }));
    const frame = s().createFrame(numbers);
    const index = new StringIndexer({ inputCol: 'a', outputCol: 'i', stringOrderType: 'alphabetAsc' });
    const model = await new Pipeline({ stages: [assembler, new VectorAssembler({ inputCols: ['a', 'a'], outputCol: 'twice' }), index] }).fit(frame);
    const scorer = model.rowScorer();
    const rows = await model.transform(frame).select('features', 'twice', 'i').collect();
    expect(numbers.map((row) => scorer(row))).toEqual(rows);
    expect(rows[1]?.features).toEqual(Vectors.dense([0, 1]));
  });
});

describe('whole numbers beyond 2^53', () => {
  it('stay exact, and an overflow of 64 bits is refused', async () => {
    const longs = (...a: bigint[]) =>
      s().createFrame(
        a.map((x) => ({ a: x })),
        { a: 'long' },
      );
    const max = 2n ** 63n - 1n;
    expect(
      await longs(2n ** 53n + 1n)
        .selectExpr('a + 1 AS b')
        .collect(),
    ).toEqual([{ b: 2n ** 53n + 2n }]);
    await longs(max, -max - 1n).write.parquet(path('longs'));
    expect((await s().read.parquet(path('longs')).collect()).map((r) => r.a)).toEqual([max, -max - 1n]);
    const wide = longs(...Array.from({ length: 5000 }, (_, i) => (i < 4321 ? 1n : max)));
    const refused = { column: 'a', row: 4321, value: max };
    for (const sum of [col('a').plus(1), col('a').times(2), col('a').cast('int')]) {
      await refuses(() => wide.select(sum.alias('b')).collect(), 'VALUE_INVALID', refused, 'in column "a" at row 4321');
      await refuses(() => wide.withColumn('b', sum).orderBy('b').count(), 'VALUE_INVALID', refused);
      await refuses(() => wide.filter(sum.gt(1)).write.parquet(path('never')), 'VALUE_INVALID', refused);
      await refuses(
        () => new Imputer({ inputCol: 'b', outputCol: 'c', strategy: 'median' }).fit(wide.withColumn('b', sum)),
        'VALUE_INVALID',
        refused,
      );
    }
    await refuses(() => wide.select(col('a').plus(col('a').times(2)).plus(lit(1)).alias('b')).collect(), 'VALUE_INVALID', { column: 'a', row: 4321 });
    await refuses(() => longs(max, max).groupBy().agg({ a: 'sum' }).collect(), 'VALUE_INVALID', { column: 'a' });
    await refuses(() => wide.selectExpr('a + 1 AS b').collect(), 'VALUE_INVALID', { column: 'b', row: 4321 });
  });
});

describe('an assembler that skips rows', () => {
  const holes = (types: object, ...all: (number[] | null)[]) =>
    s().createFrame(
      all.map((v, i) => ({ v: v && Vectors.dense(v), a: i })),
      { v: 'vector', a: 'double', ...types },
    );
  const skipping = new VectorAssembler({ inputCols: ['a', 'v'], outputCol: 'o', handleInvalid: 'skip' });

  it('needs a vector in some row where only the rows tell the size, and refuses nulls alone by the column', async () => {
    const told = { v: { type: 'vector', attributes: { num_attrs: 2 } } };
    const refused = ['VALUE_INVALID', { column: 'v', stage: skipping.uid }, 'VectorSizeHint'] as const;
    for (const frame of [holes({}, null, null), holes({}, [1, 2], null).filter('a > 0'), holes({}, null).cache()]) {
      await refuses(() => skipping.transform(frame).collect(), ...refused);
      await refuses(() => new StandardScaler({ inputCol: 'o', outputCol: 'z' }).fit(skipping.transform(frame)), ...refused);
    }
    expect(await skipping.transform(holes({}, null, [1, 2], null)).count()).toBe(1);
    expect(await skipping.transform(holes(told, null, null)).count()).toBe(0);
    expect(await skipping.transform(holes({})).count()).toBe(0);
  });
});

describe('stages of codes and ranges', () => {
  it('refuse what they cannot code, with row and value', async () => {
    const encoder = new OneHotEncoder({ inputCols: ['a'], outputCols: ['o'] });
    const frame = (...a: (number | null)[]) =>
      s().createFrame(
        a.map((x) => ({ a: x })),
        { a: 'double' },
      );
    for (const value of [-1, 0.5, null, Number.NaN, 1e12]) await refuses(() => encoder.fit(frame(0, value)), 'VALUE_INVALID', { column: 'a' });
    const encoded = await encoder.fit(frame(0, 1, 2));
    await refuses(() => encoded.transform(frame(0, 3)).collect(), 'VALUE_INVALID', { column: 'a', row: 1, value: 3 });
    const buckets = new Bucketizer({ inputCol: 'a', outputCol: 'o', splits: [0, 1, 2] });
    await refuses(() => buckets.transform(frame(0, 3)).collect(), 'VALUE_INVALID', { column: 'a', row: 1, value: 3 });
    await refuses(() => buckets.transform(frame(0, Number.NaN)).collect(), 'VALUE_INVALID', { column: 'a', row: 1, value: Number.NaN });
    const names = new IndexToString({ inputCol: 'a', outputCol: 'o', labels: ['p'] });
    await refuses(() => names.transform(frame(0, 5)).collect(), 'VALUE_INVALID', { column: 'a', row: 1, value: 5 });
  });
});
