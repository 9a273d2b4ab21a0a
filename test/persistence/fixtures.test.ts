import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { Vectors } from '#dist/linalg/index.js';
import { isVector } from '#dist/linalg/vectors.js';
import { loadScorer } from '#dist/load-scorer.js';
import { load } from '#dist/persistence/load.js';
import { parseMetadata } from '#dist/persistence/metadata.js';
import { Transformer } from '#dist/pipeline/index.js';
import { canonicalName } from '#dist/stages.js';
import { CrossValidatorModel, TrainValidationSplitModel } from '#dist/tuning/index.js';
import { FIXTURES, fileMap, fixtureNames, saved } from './files.ts';

interface FixtureTable {
  readonly columns: readonly { readonly name: string; readonly type: string }[];
  readonly rows: readonly Record<string, unknown>[];
}

const read = (name: string, file: string): FixtureTable => JSON.parse(readFileSync(join(FIXTURES, name, file), 'utf8'));

function metadataOf(folder: string) {
  const [file] = readdirSync(join(folder, 'metadata')).filter((name) => name.startsWith('part-'));
  return parseMetadata(readFileSync(join(folder, 'metadata', file), 'utf8').split('\n')[0]);
}

const number = (value: unknown) => (value === 'NaN' || value === 'Infinity' || value === '-Infinity' ? Number(value) : value);

function rowsOf({ columns, rows }: FixtureTable): Record<string, unknown>[] {
  const value = (cell: unknown, type: string) => {
    if (type === 'string' || cell === null) return cell;
    return type === 'vector' ? Vectors.dense((cell as unknown[]).map(number) as number[]) : number(cell);
  };
  return rows.map((row) => Object.fromEntries(columns.map(({ name, type }) => [name, value(row[name], type)])));
}

function expectClose(ours: unknown, theirs: unknown, what: string): void {
  if (isVector(ours)) expectClose([...ours.toArray()], theirs, what);
  else if (Array.isArray(theirs)) {
    expect(ours, what).toHaveLength(theirs.length);
    for (const [i, value] of theirs.entries()) expectClose((ours as unknown[])[i], value, `${what}[${i}]`);
  } else if (typeof ours === 'number' && typeof number(theirs) === 'number') {
    const x = number(theirs) as number;
    const same = Object.is(ours, x) || ours === x || Math.abs(ours - x) <= 1e-12 * Math.max(1, Math.abs(x));
    expect(same, `${what}: ${ours} is ${x} within 1e-12`).toBe(true);
  } else expect(ours, what).toEqual(theirs);
}

/** The rows of a SQL statement come from an engine. */
const scored = fixtureNames.filter((name) => {
  if (!existsSync(join(FIXTURES, name, 'expected.json')) || name === 'SQLTransformer') return false;
  return read(name, 'expected.json').columns !== undefined;
});

const TEXTS: Readonly<Record<string, string>> = JSON.parse(readFileSync(join(FIXTURES, 'to-string.json'), 'utf8'));

describe('what Spark 4.3 saved', () => {
  it.each(fixtureNames)('%s loads with its class, its uid and the params that were set', async (name) => {
    const stage = await load(join(FIXTURES, name));
    const metadata = metadataOf(join(FIXTURES, name));
    expect([(stage.constructor as { type?: string }).type, stage.uid]).toEqual([canonicalName(metadata.className), metadata.uid]);
    const params = [...metadata.paramMap.keys()].filter((param) => !['stageUids', 'estimatorParamMaps', 'language'].includes(param));
    expect([...stage.setParams().keys()]).toEqual(expect.arrayContaining(params));
  });

  it.each(scored)('%s scores each row as Spark did', async (name) => {
    const score = await loadScorer(join(FIXTURES, name));
    const expected = read(name, 'expected.json');
    for (const [i, row] of rowsOf(read(name, 'input.json')).entries()) {
      const result = score(row);
      for (const column of expected.columns) expectClose(result?.[column.name], expected.rows[i][column.name], `row ${i}, ${column.name}`);
    }
  });

  it('is enough: every kind of stage is among the fixtures, and most of them score', () => {
    expect([fixtureNames.length, scored.length]).toEqual([54, expect.any(Number)]);
    expect(scored.length).toBeGreaterThan(25);
  });

  it.each(fixtureNames)('%s is the same when saved and loaded again, from a map of files as from a folder', async (name) => {
    const stage = await load(fileMap(join(FIXTURES, name)));
    const files = saved(stage, { persistSubModels: name.endsWith('-submodels') });
    const again = await load(files);
    expect([again.constructor, again.uid, again.params]).toEqual([stage.constructor, stage.uid, stage.params]);
    expect(saved(again, { persistSubModels: name.endsWith('-submodels') })).toEqual(files);
    if (stage instanceof Transformer && 'state' in stage) expect((again as unknown as typeof stage).state).toEqual(stage.state);
  });

  it.each(fixtureNames.filter((name) => Object.hasOwn(TEXTS, name)))('prints as in the JVM: %s', async (name) => {
    expect(String(await load(join(FIXTURES, name)))).toBe(TEXTS[name]);
  });

  it('keeps grids, metrics and sub-models of searches', async () => {
    const model = (await load(join(FIXTURES, 'CrossValidatorModel-submodels'))) as unknown as CrossValidatorModel;
    expect(model).toBeInstanceOf(CrossValidatorModel);
    expect([model.hasSubModels, model.subModels.map((fold) => fold.length), model.avgMetrics.length]).toEqual([true, [4, 4], 4]);
    const split = (await load(join(FIXTURES, 'TrainValidationSplitModel'))) as unknown as TrainValidationSplitModel;
    expect(split).toBeInstanceOf(TrainValidationSplitModel);
    expect([split.hasSubModels, split.validationMetrics.length > 1]).toEqual([false, true]);
  });

  it('that holds a stage which is not here fails by the name of its class', async () => {
    for (const name of ['CrossValidator-pipeline', 'CrossValidatorModel-pipeline']) {
      await expect(load(join(FIXTURES, name)), name).rejects.toMatchObject({
        code: 'NOT_SUPPORTED',
        message: expect.stringMatching(/DecisionTree/),
      });
    }
  });

  it('is refused by the class of another stage', async () => {
    await expect(CrossValidatorModel.load(join(FIXTURES, 'Binarizer'))).rejects.toMatchObject({
      code: 'MODEL_FORMAT',
      message: expect.stringMatching(
        /expected org\.apache\.spark\.ml\.tuning\.CrossValidatorModel, found org\.apache\.spark\.ml\.feature\.Binarizer/,
      ),
    });
  });
});
