import type { Frame } from 'millstream';
import { HistGradientBoostingClassifier } from 'millstream/classification';
import { BinaryClassificationEvaluator } from 'millstream/evaluation';
import { type Result, timed } from './harness.ts';

/** The job of both sides: 100 trees of 31 leaves, learning rate 0.1, 255 bins, at least 20 rows a leaf. */
export const booster = new HistGradientBoostingClassifier({ maxIter: 100, maxLeafNodes: 31, learningRate: 0.1, maxBins: 255, minSamplesLeaf: 20 });

/** One fit; the score is the area under the ROC of the rows held out. */
export async function boost(train: Frame, test: Frame, folder?: string): Promise<Result> {
  const { result: model, seconds } = await timed(async () => {
    const fitted = await booster.fit(train);
    if (folder) await fitted.save(folder);
    return fitted;
  });
  return { seconds, score: await new BinaryClassificationEvaluator().evaluate(model.transform(test)) };
}
