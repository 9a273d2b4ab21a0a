import { beforeAll, describe, expect, it } from 'vitest';
import { LogisticRegression } from '#dist/classification/index.js';
import { Binarizer, OneHotEncoder, StringIndexer, StringIndexerModel, VectorAssembler } from '#dist/feature/index.js';
import { col } from '#dist/frame/column.js';
import type { Frame } from '#dist/frame/frame.js';
import { avg, count, sum } from '#dist/frame/functions.js';
import { isVector } from '#dist/linalg/vectors.js';
import { Pipeline, type PipelineModel } from '#dist/pipeline/index.js';
import { refuses, session } from '../harness.ts';

const open = session(2);
const ROWS = 5000;
const CITIES = ['Rome', 'Oslo', 'Bern', 'Cork'];
const rows = Array.from({ length: ROWS }, (_, i) => ({
  id: i,
  city: CITIES[(i * 7 + (i % 13)) % 4],
  age: ((i * 37) % 90) + 0.25,
  height: 1 + ((i * 53) % 100) / 100,
  label: (i * 7 + (i % 13)) % 4 > 1 || i % 11 === 0 ? 1 : 0,
}));

let frame: Frame;
let model: PipelineModel;
let scored: Frame;

beforeAll(async () => {
  frame = open().createFrame(rows, { id: 'int', city: 'string', age: 'double', height: 'double', label: 'double' });
  model = await new Pipeline({
    stages: [
      new StringIndexer({ inputCol: 'city', outputCol: 'city_ix' }),
      new OneHotEncoder({ inputCol: 'city_ix', outputCol: 'city_v' }),
      new VectorAssembler({ inputCols: ['age', 'city_v', 'height'], outputCol: 'features' }),
      new LogisticRegression({ regParam: 0.01 }),
    ],
  }).fit(frame);
  scored = model.transform(frame);
});

const OUTPUTS = ['city_ix', 'city_v', 'features', 'rawPrediction', 'probability', 'prediction'];
const plain = (v: unknown) => (isVector(v) ? [...v.toArray()] : v);

describe('the columns of a transform', () => {
  it('hold the same bits as a row scorer gives, whatever is asked for together', async () => {
    const score = model.rowScorer();
    const whole = await scored.orderBy('id').collect();
    expect(whole).toHaveLength(ROWS);
    for (const row of whole) {
      const expected = score({ city: row.city, age: row.age, height: row.height });
      for (const name of ['probability', 'prediction', 'rawPrediction', 'features']) expect(plain(row[name])).toEqual(plain(expected[name]));
    }
    for (const name of OUTPUTS) {
      const alone = await scored.select('id', name).orderBy('id').collect();
      expect(alone.map((r) => plain(r[name]))).toEqual(whole.map((r) => plain(r[name])));
    }
  });

  it('filter and sort a selection that has left them out', async () => {
    const kept = await scored.filter(col('prediction').eq(1)).orderBy(col('city_ix').desc(), 'id').select('id').collect();
    expect(await scored.select('id', 'age').select('id').filter(col('prediction').eq(1)).orderBy(col('city_ix').desc(), 'id').collect()).toEqual(
      kept,
    );
    expect(await scored.select('id').filter(col('prediction').eq(1)).count()).toBe(kept.length);
  });

  it('stand behind those of the frame, whose rows keep their order', async () => {
    expect(await scored.columns()).toEqual(['id', 'city', 'age', 'height', 'label', ...OUTPUTS]);
    expect((await scored.select('id').collect()).map((r) => r.id)).toEqual(rows.map((r) => r.id));
  });

  it('filter as any column, beside and inside of expressions', async () => {
    const all = await scored.select('id', 'prediction', 'city_ix').collect();
    const wanted = all.filter((r) => r.prediction === 1 && (r.id as number) % 2 === 0).map((r) => r.id);
    const found = await scored
      .filter(col('prediction').eq(1).and(col('id').mod(2).eq(0)))
      .select('id')
      .orderBy('id')
      .collect();
    expect(found.map((r) => r.id)).toEqual(wanted);
    expect(await scored.filter(col('city_ix').plus(col('prediction')).gt(3)).count()).toBe(
      all.filter((r) => (r.city_ix as number) + (r.prediction as number) > 3).length,
    );
  });

  it('are keys and values of groups', async () => {
    const all = await scored.select('city', 'city_ix', 'prediction').collect();
    const found = await scored.groupBy('city').agg(sum('prediction').alias('ones'), count('*').alias('n')).orderBy('city').collect();
    expect(found).toEqual(
      [...CITIES].sort().map((city) => {
        const of = all.filter((r) => r.city === city);
        return { city, ones: of.filter((r) => r.prediction === 1).length, n: BigInt(of.length) };
      }),
    );
    expect(await scored.agg(avg('city_ix').alias('mean')).first()).toEqual({
      mean: all.reduce((total, r) => total + (r.city_ix as number), 0) / ROWS,
    });
    expect(await scored.groupBy('prediction').count().count()).toBe(2);
  });

  it('join with other frames, on either side, and with themselves', async () => {
    const names = open().createFrame([
      { prediction: 0, verdict: 'stays' },
      { prediction: 1, verdict: 'leaves' },
    ]);
    const one = await scored.join(names, 'prediction').orderBy('id').select('id', 'prediction', 'verdict', 'probability').collect();
    expect(one).toHaveLength(ROWS);
    expect(one.every((r) => r.verdict === (r.prediction === 1 ? 'leaves' : 'stays'))).toBe(true);
    expect(await names.join(scored, 'prediction', 'left').count()).toBe(ROWS);
    const twice = scored.select('id', 'prediction').join(scored.select('id', col('prediction').alias('again')), 'id');
    expect(await twice.filter('prediction <> again').count()).toBe(0);
  });

  it('come from the row that stands there after sorts, limits, unions and caches', async () => {
    const score = model.rowScorer();
    const check = async (input: Frame) => {
      for (const row of await model.transform(input).select('city', 'age', 'height', 'probability').collect()) {
        expect(plain(row.probability)).toEqual(plain(score({ city: row.city, age: row.age, height: row.height }).probability));
      }
    };
    await check(frame.orderBy(col('age').desc(), 'id').limit(3000));
    await check(frame.filter('id > 4000').union(frame.filter('id < 100')));
    await check(frame.sample(0.1, 3).cache());
  });

  it('are transformed again by a second model, under other names', async () => {
    const again = new Binarizer({ inputCol: 'age', outputCol: 'old', threshold: 45 }).transform(scored);
    expect(await again.filter('old = 1').count()).toBe(rows.filter((r) => r.age > 45).length);
  });
});

describe('handleInvalid', () => {
  const BAD = 3000;
  const bad = () =>
    open().createFrame(
      rows.map(({ id, city }) => ({ id, city: id === BAD || id === 4500 ? 'Atlantis' : city })),
      { id: 'int', city: 'string' },
    );
  const indexer = (handleInvalid: 'error' | 'skip' | 'keep') =>
    new StringIndexerModel({ inputCol: 'city', outputCol: 'ix', handleInvalid }, { labelsArray: [CITIES] });

  it('error names the first such row, also beyond the first chunk, and its value', async () => {
    const actions: ((f: Frame) => unknown)[] = [(f) => f.collect(), (f) => f.filter('ix > 1').count(), (f) => f.agg(sum('ix')).collect()];
    for (const action of actions) {
      await refuses(() => action(indexer('error').transform(bad())), 'VALUE_INVALID', { row: BAD, column: 'city', value: 'Atlantis' });
    }
  });

  it('skip leaves the rows out of all that follows', async () => {
    const kept = indexer('skip').transform(bad());
    expect(await kept.count()).toBe(ROWS - 2);
    expect(await kept.filter(`id IN (${BAD}, 4500)`).collect()).toEqual([]);
    expect((await kept.select('id').collect()).map((r) => r.id)).toEqual(rows.map((r) => r.id).filter((id) => id !== BAD && id !== 4500));
    expect(await kept.groupBy('ix').count().agg(sum('count').alias('n')).first()).toEqual({ n: BigInt(ROWS - 2) });
  });

  it('keep gives them the index behind the labels', async () => {
    const kept = await indexer('keep')
      .transform(bad())
      .filter(`id IN (${BAD - 1}, ${BAD}, 4500)`)
      .orderBy('id')
      .collect();
    expect(kept.map((r) => r.ix)).toEqual([CITIES.indexOf(rows[BAD - 1].city), 4, 4]);
  });
});

it('refuses an input column that is missing, of another type, or an output that is there, before any data is read', async () => {
  const stage = new Binarizer({ inputCol: 'age', outputCol: 'old' });
  await refuses(() => stage.transform(frame.drop('age')).schema(), 'COLUMN_NOT_FOUND', { column: 'age' });
  await refuses(() => stage.transform(frame.withColumn('age', col('city'))).count(), 'COLUMN_TYPE', { column: 'age' });
  await refuses(() => stage.transform(frame.withColumnRenamed('height', 'old')).schema(), 'COLUMN_EXISTS', { column: 'old' });
});
