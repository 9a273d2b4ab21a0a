import { cpSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { MlError } from '#dist/error.js';
import { Binarizer } from '#dist/feature/index.js';
import { DenseMatrix, Vectors } from '#dist/linalg/index.js';
import { parseColumnType } from '#dist/persistence/column-type.js';
import { load } from '#dist/persistence/load.js';
import { writeParquet } from '#dist/persistence/parquet-write.js';
import { churnModel } from '../scoring/churn-model.ts';
import { FIXTURES, fileMap, fixtureNames, folders, saved, withFile } from './files.ts';

const fresh = folders();

const BINARIZER = saved(new Binarizer({ inputCol: 'a' }, 'b'));
const METADATA = 'metadata/part-00000.txt';
const text = (files: ReadonlyMap<string, Uint8Array>, name = METADATA) => new TextDecoder().decode(files.get(name)).trim();
/** The saved Binarizer with its metadata changed. */
const binarizer = (change: Record<string, unknown>) => withFile(BINARIZER, METADATA, JSON.stringify({ ...JSON.parse(text(BINARIZER)), ...change }));

/** How `load` fails: an error of ours, always. */
async function failure(source: Parameters<typeof load>[0]): Promise<MlError> {
  const error = await load(source).then(
    () => null,
    (reason) => reason,
  );
  expect(error).toBeInstanceOf(MlError);
  return error;
}

/** A fixed sequence of numbers in [0, n). */
function sequence(seed: number): (n: number) => number {
  let state = seed >>> 0;
  return (n) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * n);
  };
}

describe('the class in metadata', () => {
  const unknown = [
    ...[
      '../../x',
      './x.js',
      'constructor',
      '__proto__',
      'toString',
      'hasOwnProperty',
      'fs',
      'node:fs',
      'node:child_process',
      'data:text/javascript,0',
    ],
    ...[
      'file:///etc/passwd',
      'https://example.org/x.mjs',
      'require',
      'import',
      'eval',
      '',
      ' ',
      'a'.repeat(100_000),
      'org.apache.spark.ml.feature.binarizer',
    ],
    ...['org.apache.spark.ml.feature.Binarizer ', 'ORG.APACHE.SPARK.ML.FEATURE.BINARIZER', 'org.apache.spark.ml.feature.Binarizer\0', 'Binarizer'],
    ...['org.apache.spark.ml.feature.../../Binarizer', 'millstream.Binarizer', 'java.lang.Runtime', 'feature/binarizer.ts', '[object Object]', 'é'],
  ];
  it.each(unknown)('%j runs nothing and is refused', async (name) => {
    const error = await failure(binarizer({ class: name }));
    expect(error.code).toBe('MODEL_FORMAT');
    expect(error.message.length).toBeLessThan(1000);
  });

  it('of Spark or Python that is not here is said to be so', async () => {
    for (const name of [
      'org.apache.spark.ml.clustering.LDA',
      'org.apache.spark.ml.feature.RFormula',
      'pyspark.ml.connect.classification.LogisticRegression',
    ]) {
      expect(await failure(binarizer({ class: name }))).toMatchObject({ code: 'NOT_SUPPORTED', message: expect.stringContaining(name) });
    }
  });
});

describe('metadata that is wrong', () => {
  const pipeline = saved(churnModel());
  const uids = (stageUids: unknown) => {
    const json = JSON.parse(text(pipeline));
    return withFile(pipeline, METADATA, JSON.stringify({ ...json, paramMap: { ...json.paramMap, stageUids } }));
  };

  it.each([
    ['uids that lead out', uids(['../../etc']), /stageUids must hold plain names/],
    ['uids with a NUL', uids(['a\0b']), /stageUids must hold plain names/],
    ['a uid of 10 kB', uids(['x'.repeat(10_000)]), /stageUids must hold plain names/],
    ['uids of stages that are not there', uids(['nowhere']), /it has no folder metadata/],
    ['uids that are no list', uids({}), /stageUids must be a list of uids/],
    [
      'another stage’s uid',
      withFile(pipeline, 'stages/0_indexer/metadata/part-00000.txt', text(BINARIZER)),
      /stage 0 must have the uid "indexer", has "b"/,
    ],
    ['a param that the class lacks', binarizer({ paramMap: { nonsense: 1 } }), /has no param "nonsense"/],
    ['a param of another type', binarizer({ paramMap: { threshold: 'high' } }), /param threshold must be a number/],
    ['a param out of range', withFile(BINARIZER, METADATA, text(BINARIZER).replace('"inputCol":"a"', '"inputCol":""')), /inputCol must be/],
    ['two keys of one name', withFile(BINARIZER, METADATA, text(BINARIZER).replace('"uid"', '"uid":"x","uid"')), /has the key "uid" twice/],
    ['arrays in arrays', withFile(BINARIZER, METADATA, '['.repeat(1_000_000)), /nested deeper/],
    ['an empty file', withFile(BINARIZER, METADATA, ''), /JSON ends too early/],
    ['bytes that are no text', withFile(BINARIZER, METADATA, Uint8Array.of(0xff, 0xfe)), /must be UTF-8 text/],
    ['17 MB', withFile(BINARIZER, METADATA, new Uint8Array(17 << 20).fill(32)), /must have at most 16777216 bytes/],
    ['two part files', withFile(BINARIZER, 'metadata/part-00001', '{}'), /must hold one part file, holds 2/],
    ['no files', new Map<string, Uint8Array>(), /it has no folder metadata/],
  ])('is refused: %s', async (_, files, reason) => {
    expect(await failure(files)).toMatchObject({
      code: 'MODEL_FORMAT',
      message: expect.stringMatching(reason),
      details: { path: expect.any(String) },
    });
  });

  it('leaves prototypes alone', async () => {
    const paramMap = '"paramMap":{"__proto__":{"polluted":1}}';
    expect((await failure(withFile(BINARIZER, METADATA, text(BINARIZER).replace(/"paramMap":\{[^}]*\}/, paramMap)))).message).toMatch(
      /has no param "__proto__"/,
    );
    expect(({} as Record<string, unknown>).polluted).toBeUndefined();
  });

  it('of a model that holds itself ends', async () => {
    const folder = fresh();
    const line = text(pipeline)
      .replace(/"stageUids":\[[^\]]*\]/, '"stageUids":["loop"]')
      .replace('"uid":"churn"', '"uid":"loop"');
    mkdirSync(join(folder, 'metadata'));
    mkdirSync(join(folder, 'stages'));
    writeFileSync(join(folder, 'metadata/part-00000'), line);
    symlinkSync(folder, join(folder, 'stages/0_loop'));
    expect((await failure(folder)).message).toMatch(/nested deeper than 16 levels/);
  });
});

describe('a folder', () => {
  it('that is missing, a file, empty, or of another scheme is told apart', async () => {
    const folder = fresh();
    writeFileSync(join(folder, 'file'), 'x');
    expect(await failure(join(folder, 'nowhere'))).toMatchObject({ code: 'NOT_FOUND' });
    expect((await failure(join(folder, 'file'))).message).toMatch(/a saved stage is a folder, this is a file/);
    expect((await failure(folder)).message).toMatch(/it has no folder metadata/);
    expect(await failure('s3://bucket/model')).toMatchObject({ code: 'NOT_SUPPORTED' });
    expect((await failure({ metadata: 1 } as never)).message).toBe(
      'load: source must be a path, a URL or a Map from file name to bytes, got {"metadata":1}',
    );
    for (const path of ['', 'a\0b', 5, null, undefined, {}])
      expect(await failure(path as never), String(path)).toMatchObject({ code: 'PARAM_INVALID' });
  });

  it.each(['metadata', 'data'])('may not lead out by a link: %s', async (name) => {
    const [folder, outside] = [fresh(), fresh()];
    const source = join(FIXTURES, 'StringIndexerModel');
    for (const part of ['metadata', 'data']) cpSync(join(source, part), join(part === name ? outside : folder, part), { recursive: true });
    symlinkSync(join(outside, name), join(folder, name));
    expect(await failure(folder)).toMatchObject({ code: 'MODEL_FORMAT', message: expect.stringMatching(/is a link that leads out of it/) });
    const through = join(fresh(), 'link');
    symlinkSync(source, through);
    expect((await load(through)).constructor.name).toBe('StringIndexerModel');
  });
});

describe('tables that are wrong', () => {
  const LR = saved(churnModel().stages[4]);
  const DATA = 'data/part-00000.parquet';
  const COLUMNS = ['numClasses: int', 'numFeatures: int', 'interceptVector: vector', 'coefficientMatrix: matrix', 'isMultinomial: boolean'];
  const table = (rows: readonly (readonly unknown[])[], columns = COLUMNS) => {
    const fields = columns.map((column) => column.split(': ')).map(([name, type]) => [name, parseColumnType(type)] as const);
    return withFile(LR, DATA, writeParquet(fields, rows, '4.3.0'));
  };

  it.each([
    ['no rows', table([])],
    ['nulls', table([[null, null, null, null, null]])],
    ['a missing column', table([[2]], ['numClasses: int'])],
    ['a column of another type', table([[2n]], ['numClasses: long'])],
    ['sizes that disagree', table([[2, 3, Vectors.dense(0), new DenseMatrix(1, 2, [1, 2], true), false]])],
    ['another intercept', table([[2, 2, Vectors.dense(0, 0, 0), new DenseMatrix(1, 2, [1, 2], true), false]])],
    ['classes without end', table([[2 ** 31 - 1, 2, Vectors.dense(0), new DenseMatrix(1, 2, [1, 2], true), true]])],
    ['no classes', table([[-1, 2, Vectors.dense(0), new DenseMatrix(1, 2, [1, 2], true), false]])],
    ['two rows', table([0, 1].map(() => [2, 2, Vectors.dense(0), new DenseMatrix(1, 2, [1, 2], true), false]))],
    ['no file', new Map([...LR].filter(([file]) => file !== DATA))],
    ['an empty file', withFile(LR, DATA, '')],
    ['text', withFile(LR, DATA, 'PAR1 not PAR1')],
  ])('are refused: %s', async (_, files) => {
    expect(await failure(files)).toMatchObject({ code: 'MODEL_FORMAT', message: expect.stringMatching(/data/) });
  });
});

/** Loads or fails with an error of ours: whatever the bytes, nothing else. */
async function survive(files: ReadonlyMap<string, Uint8Array>, what: string): Promise<void> {
  try {
    await load(files);
  } catch (error) {
    if (!(error instanceof MlError)) throw new Error(`${what}: ${String((error as Error).stack)}`);
    expect(['MODEL_FORMAT', 'NOT_SUPPORTED', 'UNSUPPORTED_VERSION', 'MEMORY_LIMIT'], `${what}: ${error.message}`).toContain(error.code);
  }
}

/** Every value within a JSON value, by what holds it and its key. */
function spotsOf(json: unknown): [Record<string, unknown>, string][] {
  if (typeof json !== 'object' || json === null) return [];
  const holder = json as Record<string, unknown>;
  return Object.keys(holder).flatMap((key) => [[holder, key] as [Record<string, unknown>, string], ...spotsOf(holder[key])]);
}

describe('damaged files', () => {
  // One of each class; searches and pipelines hold nothing new.
  const names = fixtureNames.filter((name) => !name.includes('-') && !/Validat|^Pipeline/.test(name));

  it('are of all kinds of stages', () => {
    expect(names.length).toBeGreaterThan(15);
  });

  it('cut off anywhere load or fail by name, soon and with little memory', async () => {
    const next = sequence(1);
    const before = process.memoryUsage().rss;
    for (const name of names) {
      const files = fileMap(join(FIXTURES, name));
      for (const file of [...files.keys()].filter((entry) => /part-/.test(entry))) {
        const bytes = files.get(file)!;
        for (let i = 0; i < 24; i++) await survive(withFile(files, file, bytes.slice(0, next(bytes.length))), `${name}/${file} cut`);
      }
    }
    expect(process.memoryUsage().rss - before).toBeLessThan(256 << 20);
  });

  it('with bits flipped load or fail by name, soon and with little memory', async () => {
    const next = sequence(2);
    const before = process.memoryUsage().rss;
    for (const name of names) {
      const files = fileMap(join(FIXTURES, name));
      for (const file of [...files.keys()].filter((entry) => /part-/.test(entry))) {
        for (let i = 0; i < 60; i++) {
          const bytes = files.get(file)!.slice();
          for (let flips = 1 + next(3); flips > 0; flips--) bytes[next(bytes.length)] ^= 1 << next(8);
          await survive(withFile(files, file, bytes), `${name}/${file} flipped ${i}`);
        }
      }
    }
    expect(process.memoryUsage().rss - before).toBeLessThan(256 << 20);
  });

  it('with values of their metadata replaced load or fail by name', async () => {
    const next = sequence(3);
    const junk = [null, true, -1, 1.5, 2 ** 31, 1e308, '', 'x', '__proto__', [], {}, [null], { type: 0, size: -1, indices: [5], values: [1] }];
    for (const name of fixtureNames) {
      const files = fileMap(join(FIXTURES, name));
      for (const file of [...files.keys()].filter((entry) => /metadata\/part-/.test(entry) && !entry.endsWith('.parquet'))) {
        for (let i = 0; i < 20; i++) {
          const json = JSON.parse(text(files, file));
          const spots = spotsOf(json);
          const [holder, key] = spots[next(spots.length)];
          if (next(8) === 0) delete holder[key];
          else holder[key] = junk[next(junk.length)];
          await survive(withFile(files, file, JSON.stringify(json)), `${name}/${file} with another ${key}`);
        }
      }
    }
  });

  it('whose counts and sizes say 2^31 are not believed', async () => {
    const files = fileMap(join(FIXTURES, 'LogisticRegressionModel'));
    const [file] = [...files.keys()].filter((entry) => /^data\/part-/.test(entry));
    const bytes = files.get(file)!;
    const before = process.memoryUsage().rss;
    // The footer's numbers are varints: one of several bytes in place of one or two.
    for (const big of [
      [0xfe, 0xff, 0xff, 0xff, 0x0f],
      [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01],
    ]) {
      for (let at = 4; at < bytes.length - 8; at += 3) {
        const changed = bytes.slice();
        changed.set(big.slice(0, bytes.length - 8 - at), at);
        await survive(withFile(files, file, changed), `${file} with ${big} at ${at}`);
      }
    }
    expect(process.memoryUsage().rss - before).toBeLessThan(128 << 20);
  });
});
