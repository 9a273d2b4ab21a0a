import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { load } from '#dist/persistence/load.js';
import { Transformer } from '#dist/pipeline/index.js';
import { CrossValidatorModel, TrainValidationSplitModel } from '#dist/tuning/index.js';
import { FIXTURES, fileMap, fixtureNames, saved } from './files.ts';
import { expectLoaded, expectScored, scoredFixtures } from './fixture-tables.ts';

/** The rows of a SQL statement come from an engine. */
const scored = scoredFixtures(FIXTURES, fixtureNames);

const TEXTS: Readonly<Record<string, string>> = JSON.parse(readFileSync(join(FIXTURES, 'to-string.json'), 'utf8'));

describe('what Spark 4.3 saved', () => {
  it.each(fixtureNames)('%s loads with its class, its uid and the params that were set', (name) => expectLoaded(join(FIXTURES, name)));

  it.each(scored)('%s scores each row as Spark did', async (name) => {
    await expectScored(join(FIXTURES, name));
  });

  it('is enough: every kind of stage is among the fixtures, and most of them score', () => {
    expect([fixtureNames.length, scored.length]).toEqual([76, expect.any(Number)]);
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
    const files = new Map(fileMap(join(FIXTURES, 'CrossValidator-pipeline')));
    for (const [name, bytes] of files) {
      const text = new TextDecoder().decode(bytes);
      if (text.includes('DecisionTreeRegressor'))
        files.set(name, new TextEncoder().encode(text.replaceAll('.DecisionTreeRegressor"', '.FMRegressor"')));
    }
    await expect(load(files)).rejects.toMatchObject({ code: 'NOT_SUPPORTED', message: expect.stringMatching(/FMRegressor/) });
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
