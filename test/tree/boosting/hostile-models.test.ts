import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { HistGradientBoostingClassificationModel } from '#dist/classification/index.js';
import { MlError } from '#dist/error.js';
import { Vectors } from '#dist/linalg/vectors.js';

const text = (file: string) => readFileSync(new URL(`../../goldens/boosting/${file}`, import.meta.url), 'utf8');
const fromLightGBM = (model: string) => HistGradientBoostingClassificationModel.fromLightGBM(model);
const fromXGBoost = (model: string) => HistGradientBoostingClassificationModel.fromXGBoost(model);

/** A model that is read must score, explain and show itself; one that is not must be refused by name. */
function isModelOrRefused(read: () => HistGradientBoostingClassificationModel): void {
  try {
    const model = read();
    const v = Vectors.dense(new Array<number>(model.numFeatures).fill(1));
    expect(model.predict(v)).toBeGreaterThanOrEqual(0);
    model.predictContributions(v);
    expect(model.toDebugString).toContain('Predict');
  } catch (error) {
    expect(error).toBeInstanceOf(MlError);
    expect((error as MlError).message.length).toBeLessThan(1000);
  }
}

it('trees behind the end of trees are told', () => {
  const [header, ...trees] = text('lightgbm-binary.txt').split('Tree=');
  const early = [header.replace(/^tree_sizes.*$/m, 'end of trees'), ...trees].join('Tree=');
  expect(() => fromLightGBM(early)).toThrow(/trees behind the line "end of trees"/);
});

describe.each(['lightgbm-binary.txt', 'lightgbm-multiclass.txt', 'lightgbm-ova.txt'])('%s with other words and lines', (file) => {
  const lines = text(file).split('\n');
  const word = fc.constantFrom(
    ...['NaN', '-inf', '1e999', '-1', '0', '99', '2147483648', '4294967296', '0.5', '', '__proto__', '\u0000', '9'.repeat(400)],
  );
  const change = fc.record({
    line: fc.nat(lines.length - 1),
    at: fc.nat(),
    word,
    how: fc.constantFrom('word', 'word', 'word', 'lose', 'twice', 'replace'),
  });
  it('is another model or refused', () => {
    fc.assert(
      fc.property(fc.array(change, { minLength: 1, maxLength: 3 }), (changes) => {
        const changed = [...lines];
        for (const { line, at, word, how } of changes) {
          const [key, values] = changed[line]?.split('=') ?? [];
          if (how === 'lose') changed.splice(line, 1);
          else if (how === 'twice') changed.splice(line, 0, changed[at % changed.length]);
          else if (how === 'replace' || values === undefined) changed[line] = word;
          else
            changed[line] = `${key}=${values
              .split(' ')
              .with(at % values.split(' ').length, word)
              .join(' ')}`;
        }
        isModelOrRefused(() => fromLightGBM(changed.join('\n')));
      }),
      { numRuns: 300 },
    );
  });
});

describe.each(['xgboost-logistic.json', 'xgboost-softprob.json', 'xgboost-dart.json', 'xgboost-hinge.json'])('%s with other values', (file) => {
  const value = fc.constantFrom<unknown>(
    ...[-1, 0, 0.5, 99, 1e9, 2 ** 31, 1e308, null, true, {}, [], [[]], '', 'x', '-1', '1000000000', '__proto__', { toString: 1 }],
  );
  const change = fc.record({ path: fc.array(fc.nat(), { minLength: 1, maxLength: 9 }), value, isLost: fc.boolean() });
  it('is another model or refused', () => {
    fc.assert(
      fc.property(fc.array(change, { minLength: 1, maxLength: 3 }), (changes) => {
        const json = JSON.parse(text(file));
        for (const { path, value, isLost } of changes) {
          let [parent, key] = [{ json } as Record<string, unknown>, 'json'];
          for (const step of path) {
            const below = parent[key];
            const keys = typeof below === 'object' && below !== null ? Object.keys(below) : [];
            if (keys.length === 0) break;
            [parent, key] = [below as Record<string, unknown>, keys[step % keys.length]];
          }
          if (isLost) delete parent[key];
          else parent[key] = structuredClone(value);
        }
        isModelOrRefused(() => fromXGBoost(JSON.stringify(json)));
      }),
      { numRuns: 300 },
    );
  });
});
