import { mkdirSync, mkdtempSync, readdirSync, readFileSync, realpathSync, renameSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';
import { LogisticRegression } from '#dist/classification/index.js';
import { BinaryClassificationEvaluator } from '#dist/evaluation/index.js';
import { Binarizer, StandardScaler, StringIndexerModel, VectorAssembler } from '#dist/feature/index.js';
import { double, name } from '#dist/param/param.js';
import * as z from '#dist/param/zod.js';
import { load } from '#dist/persistence/load.js';
import { Model, Pipeline, PipelineModel, registerStage, Transformer } from '#dist/pipeline/index.js';
import { CrossValidator, CrossValidatorModel, ParamGridBuilder } from '#dist/tuning/index.js';
import { type AnyStage, REGISTRY } from '../checks/registry.ts';
import { churnModel, churnRow } from '../scoring/churn-model.ts';
import { fileMap, saved } from './files.ts';

const root = realpathSync(mkdtempSync(join(tmpdir(), 'millstream-save-')));
afterAll(() => rmSync(root, { recursive: true, force: true }));
let folders = 0;
const fresh = () => join(root, `model-${++folders}`);

const made = [...REGISTRY].flatMap(([type, { make }]): [string, () => AnyStage][] => (typeof make === 'function' ? [[type, make]] : []));

describe('save and load', () => {
  it('nest as deep as load goes, and no deeper', async () => {
    const nested = (levels: number) =>
      Array.from({ length: levels }).reduce<PipelineModel>(
        (inner, _, i) => new PipelineModel({}, { stages: [inner] }, `level_${i}`),
        new PipelineModel({}, { stages: [] }, 'core'),
      );
    const path = fresh();
    await nested(16).save(path);
    expect((await PipelineModel.load(path)).uid).toBe('level_15');
    await expect(nested(17).save(path, { overwrite: true })).rejects.toMatchObject({ code: 'NOT_SUPPORTED' });
    expect((await PipelineModel.load(path)).uid).toBe('level_15');
  });

  it.each(made)('%s comes back with class, uid and params', async (_, make) => {
    const stage = make();
    const path = fresh();
    await stage.save(path);
    const again = await load(path);
    expect([again.constructor, again.uid, [...again.setParams().keys()].sort()]).toEqual([
      stage.constructor,
      stage.uid,
      [...stage.setParams().keys()].sort(),
    ]);
    expect(saved(again)).toEqual(saved(stage));
    expect((await load(pathToFileURL(path))).uid).toBe(stage.uid);
  });

  it('is Spark’s layout: metadata, data and stages, with _SUCCESS and no checksums', async () => {
    const path = fresh();
    await churnModel().save(path);
    const files = [...fileMap(path).keys()].sort();
    expect(files.filter((file) => /^(metadata|stages.0_)/.test(file))).toEqual([
      'metadata/_SUCCESS',
      'metadata/part-00000.txt',
      'stages/0_indexer/data/_SUCCESS',
      'stages/0_indexer/data/part-00000.parquet',
      'stages/0_indexer/metadata/_SUCCESS',
      'stages/0_indexer/metadata/part-00000.txt',
    ]);
    expect(readdirSync(join(path, 'stages'))).toEqual(['0_indexer', '1_labels', '2_encoder', '3_assembler', '4_lr']);
    const text = readFileSync(join(path, 'metadata/part-00000.txt'), 'utf8');
    expect(text.endsWith('\n') && text.indexOf('\n') === text.length - 1).toBe(true);
    expect(JSON.parse(text)).toMatchObject({ class: 'org.apache.spark.ml.PipelineModel', sparkVersion: '4.3.0', uid: 'churn' });
  });

  it('scores the same after a round trip, also from a folder that was moved, in a map, and within eleven stages', async () => {
    const model = churnModel();
    const path = fresh();
    await model.save(path);
    const moved = join(fresh(), '..', 'moved');
    renameSync(path, moved);
    const expected = model.rowScorer()(churnRow(7));
    for (const source of [moved, fileMap(moved)])
      expect(((await load(source)) as unknown as PipelineModel).rowScorer()(churnRow(7))).toEqual(expected);

    const binarizers = Array.from({ length: 11 }, (_, i) => new Binarizer({ inputCol: 'a', outputCol: `b${i}`, threshold: i }, `binarizer_${i}`));
    const eleven = new PipelineModel({}, { stages: [...binarizers, new PipelineModel({}, { stages: binarizers.slice(0, 0) })] as never }, 'eleven');
    const files = saved(eleven);
    expect([...files.keys()].some((file) => file.startsWith('stages/00_binarizer_0/'))).toBe(true);
    const again = (await load(files)) as unknown as PipelineModel;
    expect(again.stages.map(({ uid }) => uid)).toEqual(eleven.stages.map(({ uid }) => uid));
  });

  it('keeps nested estimators, grids over them, and evaluators', async () => {
    const scaler = new StandardScaler({ inputCol: 'raw', outputCol: 'features' }, 'scaler');
    const lr = new LogisticRegression({ maxIter: 3 }, 'lr');
    const inner = new Pipeline({ stages: [scaler] as never }, 'inner');
    const estimator = new Pipeline({ stages: [new VectorAssembler({ inputCols: ['a'], outputCol: 'raw' }, 'va'), inner, lr] as never }, 'outer');
    const grid = new ParamGridBuilder().addGrid(lr, 'regParam', [0, 1, Number.MIN_VALUE]).addGrid(scaler, 'withMean', [true, false]).build();
    const search = new CrossValidator(
      { estimator, evaluator: new BinaryClassificationEvaluator({}, 'auc'), estimatorParamMaps: grid, seed: 2n ** 62n } as never,
      'cv',
    );
    const path = fresh();
    await search.save(path);
    const again = (await load(path)) as unknown as CrossValidator;
    expect(again.params.estimatorParamMaps?.map((map) => map.entries)).toEqual(grid.map((map) => map.entries));
    expect([again.params.estimator?.uid, again.params.evaluator?.uid, again.params.seed]).toEqual(['outer', 'auc', 2n ** 62n]);
    expect(saved(again)).toEqual(saved(search));
  });

  it('writes sub-models when asked, and not otherwise', async () => {
    const lr = new LogisticRegression({}, 'lr');
    const grid = new ParamGridBuilder().addGrid(lr, 'regParam', [0, 1]).build();
    const best = churnModel().stages[4];
    const state = {
      bestModel: best,
      avgMetrics: [0.5, 0.25],
      stdMetrics: [0.125, 0],
      subModels: [
        [best, best],
        [best, best],
      ],
    };
    const params = { estimator: lr, evaluator: new BinaryClassificationEvaluator({}, 'auc'), estimatorParamMaps: grid };
    const model = new CrossValidatorModel(params as never, state as never, 'cv');
    for (const [options, has] of [
      [{}, true],
      [{ persistSubModels: true }, true],
      [{ persistSubModels: false }, false],
    ] as const) {
      const path = fresh();
      await model.save(path, options);
      const again = (await load(path)) as unknown as CrossValidatorModel;
      expect([again.hasSubModels, again.avgMetrics, again.stdMetrics]).toEqual([has, state.avgMetrics, state.stdMetrics]);
    }
  });

  it('keeps names and labels of every kind', async () => {
    const labels = ['', ' ', '__proto__', 'constructor', 'a.b', '"', '\\', '\n', '😀', 'né', 'x'.repeat(10_000)];
    const model = new StringIndexerModel({ inputCol: '__proto__', outputCol: 'then' }, { labelsArray: [labels] }, 'indexer: é & __proto__');
    const path = join(fresh(), 'sub folder é %41 ..x');
    await model.save(path);
    const again = (await load(path)) as unknown as StringIndexerModel;
    expect([again.uid, again.params.inputCol, again.labelsArray]).toEqual([model.uid, '__proto__', [labels]]);
  });

  it('writes below the current directory when the path is relative', async () => {
    const path = fresh();
    await new Binarizer({ inputCol: 'a' }).save(relative(process.cwd(), path));
    expect(readdirSync(path)).toEqual(['metadata']);
  });

  it('refuses a uid that would lead out of its folder, before anything is written', async () => {
    const path = fresh();
    mkdirSync(join(path, '..'), { recursive: true });
    for (const uid of ['../out', 'a/b', '..']) {
      const pipeline = new PipelineModel({}, { stages: [new Binarizer({ inputCol: 'a' }, uid)] as never }, 'p');
      await expect(pipeline.save(path)).rejects.toMatchObject({ code: 'PARAM_INVALID', message: expect.stringMatching(/uid must be a plain name/) });
    }
    expect(readdirSync(root)).not.toContain(relative(root, path));
  });
});

const schema = z.strictObject({ inputCol: name().default('in'), factor: double().default(2) });

class Scaled extends Transformer<typeof schema> {
  static readonly type: string = 'acme.persistence.Scaled';
  static readonly paramSchema = schema;
  bind(): void {}
  protected outputSchema<T>(value: T): T {
    return value;
  }
}

class Offsets extends Model<typeof schema, { offsets: number[] }> {
  static readonly type: string = 'acme.persistence.Offsets';
  static readonly paramSchema = schema;
  static readonly codec = {
    columns: { offset: 'double!' },
    encode: ({ offsets }: { offsets: number[] }) => offsets.map((x) => [x]),
    decode: (rows: readonly (readonly unknown[])[]) => ({ offsets: rows.map(([x]) => x as number) }),
  };
  bind(): void {}
  protected outputSchema<T>(value: T): T {
    return value;
  }
}

describe('a stage of one’s own', () => {
  it('is saved and loaded once it is registered', async () => {
    const path = fresh();
    const warned = new Promise<Error>((resolve) => process.once('warning', resolve));
    await expect(new Scaled({ factor: 3 }).save(path)).rejects.toMatchObject({
      code: 'NOT_SUPPORTED',
      message: expect.stringMatching(/registerStage\(Scaled\)/),
    });
    expect(registerStage(Scaled)).toBe(Scaled);
    registerStage(Offsets);
    await new Scaled({ factor: 3 }, 'scaled').save(path);
    expect((await warned).message).toMatch(/Spark has no class acme\.persistence\.Scaled/);
    const again = await load(path);
    expect([again.constructor, again.uid, again.params]).toEqual([Scaled, 'scaled', { inputCol: 'in', factor: 3 }]);
    const model = new PipelineModel({}, { stages: [new Offsets({}, { offsets: [1, -0, 1e300] }, 'o')] as never }, 'p');
    const loaded = (await load(saved(model))) as unknown as PipelineModel;
    expect((loaded.stages[0] as unknown as Offsets).state).toEqual({ offsets: [1, -0, 1e300] });
  });

  it('may have its table in several part files, read in the order of their names', async () => {
    const files = new Map(saved(new Offsets({}, { offsets: [1, 2] }, 'o')));
    files.set('data/part-00001.parquet', saved(new Offsets({}, { offsets: [3] }, 'o')).get('data/part-00000.parquet')!);
    files.set('data/.part-00001.parquet.crc', new Uint8Array());
    expect(((await load(files)) as unknown as Offsets).state).toEqual({ offsets: [1, 2, 3] });
  });

  it.each([
    ['org.apache.spark.ml.Mine', 'PARAM_INVALID'],
    ['pyspark.Mine', 'PARAM_INVALID'],
    ['millstream.Mine', 'PARAM_INVALID'],
    ['../mine', 'PARAM_INVALID'],
    ['', 'PARAM_INVALID'],
    ['acme.persistence.Scaled', 'ALREADY_EXISTS'],
  ])('may not be called %j', (type, code) => {
    class Mine extends Scaled {
      static override readonly type = type;
    }
    expect(() => registerStage(Mine)).toThrow(expect.objectContaining({ code }));
  });

  it('must be a class of stages', () => {
    for (const value of [null, {}, class {}, () => 1])
      expect(() => registerStage(value as never)).toThrow(expect.objectContaining({ code: 'PARAM_INVALID' }));
  });
});
