import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { HistGradientBoostingClassifier } from '#dist/classification/index.js';
import { Session } from '#dist/engine/session.js';
import { HistGradientBoostingRegressor } from '#dist/regression/index.js';
import { filesIn, folder, SILENT } from '../../engine/harness.ts';
import { examples, frameOf } from './synthetic.ts';

const path = folder();
const rows = examples(30_000, 4, 1, ([a, b, c], noise) => 3 * a * b + c + noise);

it('models saved by 1, 2 and 4 workers hold the same bytes', async () => {
  const params = { maxIter: 5, subsamplingRate: 0.7, featureFraction: 0.8, validationFraction: 0.2 };
  const saved = new Map<number, string[]>();
  for (const workers of [1, 2, 4]) {
    const session = await Session.local({ workers, logger: SILENT });
    const regressor = await new HistGradientBoostingRegressor({ ...params, loss: 'absolute' }, 'r').fit(frameOf(session, rows));
    const classes = rows.map(({ x, label }) => ({ x, label: Math.max(0, Math.min(Math.floor(label), 2)) }));
    const classifier = await new HistGradientBoostingClassifier(params, 'c').fit(frameOf(session, classes));
    await regressor.save(path(`${workers}`, 'regressor'));
    await classifier.save(path(`${workers}`, 'classifier'));
    await session.close();
    const files = filesIn(path(`${workers}`)).filter((file) => !file.includes('metadata'));
    saved.set(
      workers,
      files.map((file) => `${file}: ${readFileSync(path(`${workers}`, file)).toString('base64')}`),
    );
  }
  expect(saved.get(1)?.length).toBeGreaterThan(2);
  expect(saved.get(2)).toEqual(saved.get(1));
  expect(saved.get(4)).toEqual(saved.get(1));
});
