import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { BinaryClassificationEvaluator, MulticlassClassificationEvaluator, RegressionEvaluator } from '#dist/evaluation/index.js';
import { type Frame, Session } from '#dist/index.js';
import { silent } from '../classification/goldens.ts';
import { estimatorOf, framesOf, goldenQuality } from './tree-goldens.ts';

function judge(metric: string): (frame: Frame) => Promise<number> {
  const evaluator =
    metric === 'areaUnderROC'
      ? new BinaryClassificationEvaluator()
      : metric === 'accuracy'
        ? new MulticlassClassificationEvaluator({ metricName: 'accuracy' })
        : new RegressionEvaluator({ metricName: 'rmse' });
  return (frame) => evaluator.evaluate(frame);
}

const mean = (values: readonly number[]) => values.reduce((a, b) => a + b, 0) / values.length;
const deviation = (values: readonly number[]) => Math.sqrt(mean(values.map((x) => (x - mean(values)) ** 2)) * (values.length / (values.length - 1)));

describe('trees with randomness are as good as those of Spark 4.3', () => {
  let session: Session;
  beforeAll(async () => {
    session = await Session.local({ workers: 2, logger: silent });
  });
  afterAll(() => session?.close());

  it.each(goldenQuality.map((c) => [c.name, c] as const))('%s', async (_, golden) => {
    const { fitted } = await framesOf(session, golden.table);
    const { features, label } = (await fitted.schema()).toLiteral();
    const rows = (await fitted.collect()).map((row) => ({ features: row.features, label: row.label }));
    const [train, test] = [true, false].map((trains) =>
      session.createFrame(
        rows.filter((_, i) => (i % 5 !== 0) === trains),
        { features, label },
      ),
    );
    const values: number[] = [];
    for (let seed = 1; seed <= 5; seed++) values.push(await judge(golden.metric)((await estimatorOf(golden, seed).fit(train)).transform(test)));
    // The difference of two means of five, within three of its standard errors (at least 0.3 % of the value).
    const error = Math.max(Math.sqrt((deviation(values) ** 2 + deviation(golden.values) ** 2) / 5), 0.003 * Math.abs(mean(golden.values)));
    expect(Math.abs(mean(values) - mean(golden.values)), `${values} and Spark's ${golden.values}`).toBeLessThan(3 * error);
    expect(new Set(values).size).toBeGreaterThan(1);
  });
});
