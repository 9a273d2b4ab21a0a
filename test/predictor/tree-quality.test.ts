import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { BinaryClassificationEvaluator, MulticlassClassificationEvaluator, RegressionEvaluator } from '#dist/evaluation/index.js';
import { type Frame, Session } from '#dist/index.js';
import { silent } from '../classification/goldens.ts';
import { estimatorOf, framesOf, type GoldenQuality, goldenQuality } from './tree-goldens.ts';

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

describe('trees with randomness', () => {
  let session: Session;
  beforeAll(async () => {
    session = await Session.local({ workers: 2, logger: silent });
  });
  afterAll(() => session?.close());

  /** The metric of seeds 1 … 5, each fitted on `copies` of the rows whose number is no multiple of 5 and judged on the others. */
  async function valuesOf(golden: GoldenQuality, copies: number): Promise<number[]> {
    const { fitted } = await framesOf(session, golden.table);
    const { features, label } = (await fitted.schema()).toLiteral();
    const rows = (await fitted.collect()).map((row) => ({ features: row.features, label: row.label }));
    const frameOf = (kept: typeof rows) => session.createFrame(kept, { features, label });
    const train = frameOf(rows.filter((_, i) => i % 5 !== 0).flatMap((row) => new Array<typeof row>(copies).fill(row)));
    const test = frameOf(rows.filter((_, i) => i % 5 === 0));
    const values: number[] = [];
    for (let seed = 1; seed <= 5; seed++) values.push(await judge(golden.metric)((await estimatorOf(golden, seed).fit(train)).transform(test)));
    return values;
  }

  it.each(goldenQuality.map((c) => [c.name, c] as const))('are those of Spark 4.3 on one partition, of few rows: %s', async (_, golden) => {
    (await valuesOf(golden, 1)).forEach((value, i) => {
      expect(Math.abs(value - golden.values[i])).toBeLessThan(1e-12 * Math.abs(golden.values[i]));
    });
  });

  it.each(goldenQuality.filter(({ table }) => table === 'telco').map((c) => [c.name, c] as const))(
    'are as good as those of Spark 4.3, of many rows: %s',
    async (_, golden) => {
      // Every row twice makes more than 10,000.
      const values = await valuesOf(golden, 2);
      // The difference of two means of five, within three of its standard errors (at least 0.3 % of the value).
      const error = Math.max(Math.sqrt((deviation(values) ** 2 + deviation(golden.values) ** 2) / 5), 0.003 * Math.abs(mean(golden.values)));
      expect(Math.abs(mean(values) - mean(golden.values)), `${values} and Spark's ${golden.values}`).toBeLessThan(3 * error);
      expect(new Set(values).size).toBeGreaterThan(1);
    },
  );
});
