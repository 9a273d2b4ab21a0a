import { LogisticRegression } from 'millstream/classification';
import { BinaryClassificationEvaluator } from 'millstream/evaluation';
import { CrossValidator, ParamGridBuilder } from 'millstream/tuning';
import { churnPipeline } from './churn.ts';

/** The search that both sides run: 3 folds by the fold column, 3 points for each share of L1, two at once. */
export function churnSearch(elastic: readonly number[]): CrossValidator {
  const lr = new LogisticRegression();
  return new CrossValidator({
    estimator: churnPipeline(lr),
    estimatorParamMaps: new ParamGridBuilder().addGrid(lr, 'regParam', [0.001, 0.01, 0.1]).addGrid(lr, 'elasticNetParam', elastic).build(),
    evaluator: new BinaryClassificationEvaluator(),
    numFolds: 3,
    foldCol: 'fold',
    parallelism: 2,
  });
}
