import { MlError, show } from './error.ts';
import type { LoadableClass } from './persistence/layout.ts';
import { registeredStage } from './pipeline/registry.ts';

/**
 * Which class a saved name stands for: the only way from a file to code. Each class is imported when it is first asked for, so that
 * loading one model costs no more than its own stages.
 */
const STAGES: ReadonlyMap<string, () => Promise<unknown>> = new Map([
  ['org.apache.spark.ml.Pipeline', () => import('./pipeline/pipeline.ts').then((m) => m.Pipeline)],
  ['org.apache.spark.ml.PipelineModel', () => import('./pipeline/pipeline-model.ts').then((m) => m.PipelineModel)],

  ['org.apache.spark.ml.feature.Binarizer', () => import('./feature/binarizer.ts').then((m) => m.Binarizer)],
  ['org.apache.spark.ml.feature.Bucketizer', () => import('./feature/bucketizer.ts').then((m) => m.Bucketizer)],
  ['org.apache.spark.ml.feature.Imputer', () => import('./feature/imputer.ts').then((m) => m.Imputer)],
  ['org.apache.spark.ml.feature.ImputerModel', () => import('./feature/imputer.ts').then((m) => m.ImputerModel)],
  ['org.apache.spark.ml.feature.IndexToString', () => import('./feature/index-to-string.ts').then((m) => m.IndexToString)],
  ['org.apache.spark.ml.feature.MinMaxScaler', () => import('./feature/min-max-scaler.ts').then((m) => m.MinMaxScaler)],
  ['org.apache.spark.ml.feature.MinMaxScalerModel', () => import('./feature/min-max-scaler.ts').then((m) => m.MinMaxScalerModel)],
  ['org.apache.spark.ml.feature.OneHotEncoder', () => import('./feature/one-hot-encoder.ts').then((m) => m.OneHotEncoder)],
  ['org.apache.spark.ml.feature.OneHotEncoderModel', () => import('./feature/one-hot-encoder.ts').then((m) => m.OneHotEncoderModel)],
  ['org.apache.spark.ml.feature.SQLTransformer', () => import('./feature/sql-transformer.ts').then((m) => m.SQLTransformer)],
  ['org.apache.spark.ml.feature.StandardScaler', () => import('./feature/standard-scaler.ts').then((m) => m.StandardScaler)],
  ['org.apache.spark.ml.feature.StandardScalerModel', () => import('./feature/standard-scaler.ts').then((m) => m.StandardScalerModel)],
  ['org.apache.spark.ml.feature.StringIndexer', () => import('./feature/string-indexer.ts').then((m) => m.StringIndexer)],
  ['org.apache.spark.ml.feature.StringIndexerModel', () => import('./feature/string-indexer.ts').then((m) => m.StringIndexerModel)],
  ['org.apache.spark.ml.feature.VectorAssembler', () => import('./feature/vector-assembler.ts').then((m) => m.VectorAssembler)],

  [
    'org.apache.spark.ml.classification.LogisticRegression',
    () => import('./classification/logistic-regression.ts').then((m) => m.LogisticRegression),
  ],
  [
    'org.apache.spark.ml.classification.LogisticRegressionModel',
    () => import('./classification/logistic-regression-model.ts').then((m) => m.LogisticRegressionModel),
  ],
  [
    'millstream.classification.HistGradientBoostingClassifier',
    () => import('./classification/hist-gradient-boosting-classifier.ts').then((m) => m.HistGradientBoostingClassifier),
  ],
  [
    'millstream.classification.HistGradientBoostingClassificationModel',
    () => import('./classification/hist-gradient-boosting-classification-model.ts').then((m) => m.HistGradientBoostingClassificationModel),
  ],

  [
    'millstream.regression.HistGradientBoostingRegressor',
    () => import('./regression/hist-gradient-boosting-regressor.ts').then((m) => m.HistGradientBoostingRegressor),
  ],
  [
    'millstream.regression.HistGradientBoostingRegressionModel',
    () => import('./regression/hist-gradient-boosting-regression-model.ts').then((m) => m.HistGradientBoostingRegressionModel),
  ],

  [
    'org.apache.spark.ml.classification.DecisionTreeClassifier',
    () => import('./classification/decision-tree-classifier.ts').then((m) => m.DecisionTreeClassifier),
  ],
  [
    'org.apache.spark.ml.classification.DecisionTreeClassificationModel',
    () => import('./classification/decision-tree-classifier.ts').then((m) => m.DecisionTreeClassificationModel),
  ],
  ['org.apache.spark.ml.classification.GBTClassifier', () => import('./classification/gbt-classifier.ts').then((m) => m.GBTClassifier)],
  [
    'org.apache.spark.ml.classification.GBTClassificationModel',
    () => import('./classification/gbt-classifier.ts').then((m) => m.GBTClassificationModel),
  ],
  ['org.apache.spark.ml.classification.OneVsRest', () => import('./classification/one-vs-rest.ts').then((m) => m.OneVsRest)],
  ['org.apache.spark.ml.classification.OneVsRestModel', () => import('./classification/one-vs-rest-model.ts').then((m) => m.OneVsRestModel)],
  [
    'org.apache.spark.ml.classification.RandomForestClassifier',
    () => import('./classification/random-forest-classifier.ts').then((m) => m.RandomForestClassifier),
  ],
  [
    'org.apache.spark.ml.classification.RandomForestClassificationModel',
    () => import('./classification/random-forest-classifier.ts').then((m) => m.RandomForestClassificationModel),
  ],
  [
    'org.apache.spark.ml.regression.DecisionTreeRegressor',
    () => import('./regression/decision-tree-regressor.ts').then((m) => m.DecisionTreeRegressor),
  ],
  [
    'org.apache.spark.ml.regression.DecisionTreeRegressionModel',
    () => import('./regression/decision-tree-regressor.ts').then((m) => m.DecisionTreeRegressionModel),
  ],
  ['org.apache.spark.ml.regression.GBTRegressor', () => import('./regression/gbt-regressor.ts').then((m) => m.GBTRegressor)],
  ['org.apache.spark.ml.regression.GBTRegressionModel', () => import('./regression/gbt-regressor.ts').then((m) => m.GBTRegressionModel)],
  [
    'org.apache.spark.ml.regression.RandomForestRegressor',
    () => import('./regression/random-forest-regressor.ts').then((m) => m.RandomForestRegressor),
  ],
  [
    'org.apache.spark.ml.regression.RandomForestRegressionModel',
    () => import('./regression/random-forest-regressor.ts').then((m) => m.RandomForestRegressionModel),
  ],

  [
    'org.apache.spark.ml.evaluation.BinaryClassificationEvaluator',
    () => import('./evaluation/binary-classification-evaluator.ts').then((m) => m.BinaryClassificationEvaluator),
  ],
  [
    'org.apache.spark.ml.evaluation.MulticlassClassificationEvaluator',
    () => import('./evaluation/multiclass-classification-evaluator.ts').then((m) => m.MulticlassClassificationEvaluator),
  ],
  ['org.apache.spark.ml.evaluation.RegressionEvaluator', () => import('./evaluation/regression-evaluator.ts').then((m) => m.RegressionEvaluator)],

  ['org.apache.spark.ml.tuning.CrossValidator', () => import('./tuning/cross-validator.ts').then((m) => m.CrossValidator)],
  ['org.apache.spark.ml.tuning.CrossValidatorModel', () => import('./tuning/cross-validator-model.ts').then((m) => m.CrossValidatorModel)],
  ['org.apache.spark.ml.tuning.TrainValidationSplit', () => import('./tuning/train-validation-split.ts').then((m) => m.TrainValidationSplit)],
  [
    'org.apache.spark.ml.tuning.TrainValidationSplitModel',
    () => import('./tuning/train-validation-split-model.ts').then((m) => m.TrainValidationSplitModel),
  ],
]);

/** Python writes these itself when they hold a pipeline or a stage of its own, in the same layout. */
const WRITTEN_BY_PYTHON: ReadonlyMap<string, string> = new Map([
  ['pyspark.ml.pipeline.Pipeline', 'org.apache.spark.ml.Pipeline'],
  ['pyspark.ml.pipeline.PipelineModel', 'org.apache.spark.ml.PipelineModel'],
  ['pyspark.ml.classification.OneVsRest', 'org.apache.spark.ml.classification.OneVsRest'],
  ['pyspark.ml.classification.OneVsRestModel', 'org.apache.spark.ml.classification.OneVsRestModel'],
  ['pyspark.ml.tuning.CrossValidator', 'org.apache.spark.ml.tuning.CrossValidator'],
  ['pyspark.ml.tuning.CrossValidatorModel', 'org.apache.spark.ml.tuning.CrossValidatorModel'],
  ['pyspark.ml.tuning.TrainValidationSplit', 'org.apache.spark.ml.tuning.TrainValidationSplit'],
  ['pyspark.ml.tuning.TrainValidationSplitModel', 'org.apache.spark.ml.tuning.TrainValidationSplitModel'],
]);

/** The name that the class has in the JVM. */
export function canonicalName(name: string): string {
  return WRITTEN_BY_PYTHON.get(name) ?? name;
}

/** The class of a saved name; NOT_SUPPORTED for one of Spark's that is not here, MODEL_FORMAT for one that nobody knows. */
export async function findStage(name: string): Promise<LoadableClass> {
  const found = (await STAGES.get(name)?.()) ?? registeredStage(name);
  if (found) return found as LoadableClass;
  if (/^pyspark\.[\w.]{1,200}$/.test(name)) {
    throw new MlError('NOT_SUPPORTED', `class ${name} is one that only Python has; Millstream reads the stages of Spark's JVM`, { value: name });
  }
  if (/^org\.apache\.spark\.ml(\.[a-z]+)*\.[A-Z]\w{0,200}$/.test(name)) {
    throw new MlError('NOT_SUPPORTED', `class ${name} is one of Spark’s that Millstream does not have yet`, { value: name });
  }
  throw new MlError(
    'MODEL_FORMAT',
    `class ${show(name)} is not known; a stage of one’s own must be made known by registerStage before it is loaded`,
    {
      value: name,
    },
  );
}
