import {
  DecisionTreeClassifier,
  GBTClassifier,
  HistGradientBoostingClassifier,
  LogisticRegression,
  OneVsRest,
  RandomForestClassifier,
} from '#dist/classification/index.js';
import { BinaryClassificationEvaluator, MulticlassClassificationEvaluator, RegressionEvaluator } from '#dist/evaluation/index.js';
import {
  Binarizer,
  Bucketizer,
  Imputer,
  IndexToString,
  MinMaxScaler,
  OneHotEncoder,
  SQLTransformer,
  StandardScaler,
  StringIndexer,
  VectorAssembler,
} from '#dist/feature/index.js';
import { Vectors } from '#dist/linalg/vectors.js';
import type { ParamSchema } from '#dist/param/param.js';
import { Pipeline, type PipelineStage } from '#dist/pipeline/index.js';
import { DecisionTreeRegressor, GBTRegressor, HistGradientBoostingRegressor, RandomForestRegressor } from '#dist/regression/index.js';
import { CrossValidator, ParamGridBuilder, TrainValidationSplit } from '#dist/tuning/index.js';

export type AnyStage = PipelineStage<ParamSchema>;
export type Row = Record<string, unknown>;

/** What becomes of a row with `value` in `column`: an error, no row, or a row like any other. */
export interface Invalid {
  readonly column: string;
  readonly value: unknown;
  readonly becomes: 'error' | 'no row' | 'a row';
  /** Whether the row is met in fitting or only afterwards. */
  readonly at: 'fit' | 'transform';
  /** Changes to the stage's params for this case. */
  readonly params?: Record<string, unknown>;
}

/** A stage's declaration: how to build it as a script would, on which rows, and what it makes of what is wrong with them. */
export interface StageEntry {
  /** An estimator, transformer or evaluator on the table of this file. For a model: the class that fits it. */
  readonly make: (() => AnyStage) | string;
  /** Params without which the class cannot be made. */
  readonly needs?: () => Record<string, unknown>;
  readonly invalid: readonly Invalid[];
  /** What a fit on no rows gives. */
  readonly noRows?: 'a model' | 'an error';
  /** What a fit on one row gives. */
  readonly oneRow?: 'a model' | 'an error';
  /** Relative tolerance between fits on 1, 2 and 7 partitions; none: the same bits. */
  readonly tolerance?: number;
  /** Params under which the laws of weights hold. */
  readonly weighted?: Record<string, unknown>;
  /** Relative tolerance of the laws of weights, 1e-6 unless told. */
  readonly weightTolerance?: number;
  /** Laws that it is known to break, and why. */
  readonly except?: ReadonlyMap<string, string>;
}

/** Columns of the checks' table. */
export const SCHEMA = {
  id: 'int',
  city: 'string',
  code: { type: 'double', attributes: { type: 'nominal', name: 'code', vals: ['x', 'y', 'z'] } },
  x: 'double',
  y: 'double',
  n: 'int',
  constant: 'double',
  features: { type: 'vector', attributes: { num_attrs: 3 } },
  label: 'double',
  guess: 'double',
  weight: 'double',
} as const;

const CITIES = ['Oslo', '__proto__', 'São Paulo', '😀', '10'];

/** A row of the checks' table; all of it follows from the number. */
export function row(i: number): Row {
  const x = Math.round(1000 * Math.sin(i * 12.9898)) / 100;
  const y = ((i * 7919) % 101) / 10;
  const noise = ((i * 104729) % 17) - 8;
  return {
    id: i,
    city: CITIES[(i * i + (i % 3)) % CITIES.length],
    code: i % 3,
    x,
    y,
    n: (i * 31) % 11,
    constant: 4,
    features: Vectors.dense([x, y, i % 5 === 0 ? 0 : 1 / (1 + (i % 7))]),
    label: x + y + noise > 5 ? 1 : 0,
    guess: x + y > 5 ? 1 : 0,
    weight: 1 + (i % 3) / 2,
  };
}

const rows = (
  becomes: Invalid['becomes'],
  at: Invalid['at'],
  column: string,
  values: readonly unknown[],
  params?: Record<string, unknown>,
): Invalid[] => values.map((value) => ({ column, value, becomes, at, ...(params && { params }) }));

const scalerInvalid = [...rows('error', 'fit', 'features', [null]), ...rows('error', 'transform', 'features', [null, Vectors.dense([1, 2])])];
const regression = () => new LogisticRegression({ maxIter: 8, regParam: 0.1 });
/** A standard deviation takes weights as precisions, not as counts, so the penalty must not lean on it. */
const converged = { standardization: false, maxIter: 200, tol: 1e-12 };
const grid = (stage: LogisticRegression) => new ParamGridBuilder().addGrid(stage, 'regParam', [0.1, 1]).build();
const searchOf = (estimator: LogisticRegression) => ({
  estimator,
  evaluator: new BinaryClassificationEvaluator(),
  estimatorParamMaps: grid(estimator),
  seed: 3,
});
const searched = () => searchOf(regression());
const regressionInvalid = [
  ...rows('error', 'fit', 'features', [null, Vectors.dense([Number.NaN, 1, 2])]),
  ...rows('error', 'fit', 'label', [null, Number.NaN, 0.5, -1]),
  ...rows('error', 'fit', 'weight', [null, Number.NaN, -1], { weightCol: 'weight' }),
];
const treeInvalid = [
  ...rows('error', 'fit', 'features', [null, ...[Number.NaN, Number.POSITIVE_INFINITY].map((x) => Vectors.dense([x, 1, 2]))]),
  ...rows('error', 'transform', 'features', [null, Vectors.dense([1, 2])]),
  ...rows('error', 'fit', 'label', [null, Number.NaN]),
  ...rows('error', 'fit', 'weight', [null, Number.NaN, -1], { weightCol: 'weight' }),
];
const classTreeInvalid = [...treeInvalid, ...rows('error', 'fit', 'label', [0.5, -1])];
/** What a leaf's raw prediction holds are weights. */
const noRaw = { rawPredictionCol: '' };
const still = { bootstrap: false, featureSubsetStrategy: 'all' };
const tree = { noRows: 'an error', oneRow: 'a model', invalid: treeInvalid } as const;
const boosting = { maxIter: 8, minSamplesLeaf: 4, maxLeafNodes: 6 };
/** Rows are counted and hessians bounded whatever the weights; gradients are rounded to 16 bits, up or down by the number of the row. */
const boostingWeights = { weighted: { minSamplesLeaf: 1, minChildWeight: 0 }, weightTolerance: 1e-4 };
const boostingInvalid = [
  ...rows('error', 'fit', 'features', [null]),
  ...rows('a row', 'fit', 'features', [Vectors.dense([Number.NaN, 1, Number.POSITIVE_INFINITY])]),
  ...rows('a row', 'transform', 'features', [Vectors.dense([Number.NaN, 1, Number.NEGATIVE_INFINITY])]),
  ...rows('error', 'transform', 'features', [null, Vectors.dense([1, 2])]),
  ...rows('error', 'fit', 'weight', [null, Number.NaN, -1], { weightCol: 'weight' }),
];
const pipelineStages = () => [
  new StringIndexer({ inputCol: 'city', outputCol: 'cityIndex', handleInvalid: 'keep' }),
  new OneHotEncoder({ inputCols: ['cityIndex'], outputCols: ['cityVector'] }),
  new VectorAssembler({ inputCols: ['x', 'y', 'cityVector'], outputCol: 'assembled' }),
  new StandardScaler({ inputCol: 'assembled', outputCol: 'scaled' }),
];

/** Every exported stage must stand here. */
export const REGISTRY: ReadonlyMap<string, StageEntry> = new Map<string, StageEntry>([
  [
    'StringIndexer',
    {
      make: () => new StringIndexer({ inputCol: 'city', outputCol: 'out' }),
      noRows: 'a model',
      oneRow: 'a model',
      invalid: [
        ...rows('a row', 'fit', 'city', [null]),
        ...rows('error', 'transform', 'city', [null, 'unseen', '']),
        ...rows('no row', 'transform', 'city', [null, 'unseen'], { handleInvalid: 'skip' }),
        ...rows('a row', 'transform', 'city', [null, 'unseen', ''], { handleInvalid: 'keep' }),
      ],
    },
  ],
  ['StringIndexerModel', { make: 'StringIndexer', invalid: [] }],
  [
    'IndexToString',
    {
      make: () => new IndexToString({ inputCol: 'code', outputCol: 'out', labels: ['x', 'y', 'z'] }),
      invalid: rows('error', 'transform', 'code', [null, Number.NaN, 3, -1]),
    },
  ],
  [
    'OneHotEncoder',
    {
      make: () => new OneHotEncoder({ inputCols: ['code', 'n'], outputCols: ['out', 'out2'] }),
      noRows: 'an error',
      oneRow: 'a model',
      invalid: [
        ...rows('error', 'fit', 'n', [null, -1]),
        ...rows('a row', 'transform', 'code', [null]),
        ...rows('error', 'transform', 'code', [Number.NaN, -1, 3, 7]),
        ...rows('a row', 'transform', 'code', [null, Number.NaN, -1, 3, 7], { handleInvalid: 'keep' }),
      ],
    },
  ],
  ['OneHotEncoderModel', { make: 'OneHotEncoder', invalid: [] }],
  [
    'VectorAssembler',
    {
      make: () => new VectorAssembler({ inputCols: ['x', 'n', 'features', 'constant'], outputCol: 'out' }),
      invalid: [
        ...rows('error', 'transform', 'x', [null, Number.NaN]),
        ...rows('error', 'transform', 'features', [null]),
        ...rows('a row', 'transform', 'x', [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]),
        ...rows('a row', 'transform', 'features', [Vectors.dense([Number.NaN, 1, 2])]),
        ...rows('no row', 'transform', 'x', [null, Number.NaN], { handleInvalid: 'skip' }),
        ...rows('a row', 'transform', 'x', [null, Number.NaN], { handleInvalid: 'keep' }),
        ...rows('a row', 'transform', 'features', [null], { handleInvalid: 'keep' }),
      ],
    },
  ],
  [
    'Imputer',
    {
      make: () => new Imputer({ inputCols: ['x', 'n', 'constant'], outputCols: ['out', 'out2', 'out3'] }),
      noRows: 'an error',
      oneRow: 'a model',
      invalid: [
        ...rows('a row', 'fit', 'x', [null, Number.NaN]),
        ...rows('a row', 'transform', 'x', [null, Number.NaN]),
        ...rows('a row', 'transform', 'n', [null]),
      ],
    },
  ],
  ['ImputerModel', { make: 'Imputer', invalid: [] }],
  [
    'StandardScaler',
    { make: () => new StandardScaler({ inputCol: 'features', outputCol: 'out' }), noRows: 'an error', oneRow: 'a model', invalid: scalerInvalid },
  ],
  ['StandardScalerModel', { make: 'StandardScaler', invalid: [] }],
  [
    'MinMaxScaler',
    { make: () => new MinMaxScaler({ inputCol: 'features', outputCol: 'out' }), noRows: 'an error', oneRow: 'a model', invalid: scalerInvalid },
  ],
  ['MinMaxScalerModel', { make: 'MinMaxScaler', invalid: [] }],
  [
    'Binarizer',
    { make: () => new Binarizer({ inputCol: 'x', outputCol: 'out', threshold: 1 }), invalid: rows('a row', 'transform', 'x', [null, Number.NaN]) },
  ],
  [
    'Bucketizer',
    {
      make: () => new Bucketizer({ inputCol: 'x', outputCol: 'out', splits: [-10, 0, 3, 10] }),
      invalid: [
        ...rows('error', 'transform', 'x', [Number.NaN, 10.5, Number.NEGATIVE_INFINITY]),
        ...rows('a row', 'transform', 'x', [null]),
        ...rows('no row', 'transform', 'x', [null, Number.NaN], { handleInvalid: 'skip' }),
        ...rows('a row', 'transform', 'x', [null, Number.NaN], { handleInvalid: 'keep' }),
      ],
    },
  ],
  [
    'SQLTransformer',
    {
      make: () => new SQLTransformer({ statement: 'SELECT *, x + y AS out FROM __THIS__' }),
      invalid: rows('a row', 'transform', 'x', [null, Number.NaN]),
      except: new Map([
        ['tells its schema without an engine', 'only an engine knows what SQL puts out'],
        ['binds functions that their modules export', 'SQL is the engine’s to run, there is no program'],
        ['scores one row as a batch, to the bit', 'a row scorer has no engine'],
      ]),
    },
  ],
  [
    'LogisticRegression',
    { make: regression, weighted: converged, noRows: 'an error', oneRow: 'a model', tolerance: 1e-9, invalid: regressionInvalid },
  ],
  [
    'HistGradientBoostingClassifier',
    {
      make: () => new HistGradientBoostingClassifier(boosting),
      ...boostingWeights,
      noRows: 'an error',
      oneRow: 'a model',
      invalid: [...boostingInvalid, ...rows('error', 'fit', 'label', [null, Number.NaN, 0.5, -1])],
    },
  ],
  ['HistGradientBoostingClassificationModel', { make: 'HistGradientBoostingClassifier', invalid: [] }],
  [
    'HistGradientBoostingRegressor',
    {
      make: () => new HistGradientBoostingRegressor({ ...boosting, labelCol: 'y' }),
      ...boostingWeights,
      noRows: 'an error',
      oneRow: 'a model',
      invalid: [
        ...boostingInvalid,
        ...rows('error', 'fit', 'y', [null, Number.NaN, Number.POSITIVE_INFINITY]),
        ...rows('error', 'fit', 'y', [-1], { loss: 'poisson' }),
        ...rows('error', 'fit', 'y', [0], { loss: 'gamma' }),
      ],
    },
  ],
  ['HistGradientBoostingRegressionModel', { make: 'HistGradientBoostingRegressor', invalid: [] }],
  ['LogisticRegressionModel', { make: 'LogisticRegression', invalid: [] }],
  [
    'OneVsRest',
    {
      make: () => new OneVsRest({ classifier: regression(), labelCol: 'code', parallelism: 2 }),
      weighted: { classifier: regression().copy(converged) },
      noRows: 'an error',
      oneRow: 'a model',
      tolerance: 1e-9,
      invalid: [
        ...rows('error', 'fit', 'features', [null, Vectors.dense([Number.NaN, 1, 2])]),
        ...rows('error', 'transform', 'features', [null, Vectors.dense([1, 2])]),
        ...rows('error', 'fit', 'code', [null, Number.NaN, 0.5, -1, 3]),
        ...rows('error', 'fit', 'weight', [null, Number.NaN, -1], { weightCol: 'weight' }),
      ],
    },
  ],
  ['OneVsRestModel', { make: 'OneVsRest', invalid: [] }],
  [
    'DecisionTreeClassifier',
    {
      ...tree,
      make: () => new DecisionTreeClassifier({ maxDepth: 4, featuresCol: 'features', leafCol: 'leaf' }),
      weighted: noRaw,
      invalid: classTreeInvalid,
    },
  ],
  ['DecisionTreeClassificationModel', { make: 'DecisionTreeClassifier', invalid: [] }],
  [
    'RandomForestClassifier',
    {
      ...tree,
      make: () => new RandomForestClassifier({ numTrees: 3, maxDepth: 4, seed: 5, leafCol: 'leaf' }),
      weighted: { ...noRaw, ...still },
      invalid: classTreeInvalid,
    },
  ],
  ['RandomForestClassificationModel', { make: 'RandomForestClassifier', invalid: [] }],
  [
    'GBTClassifier',
    {
      ...tree,
      make: () => new GBTClassifier({ maxIter: 3, maxDepth: 3, leafCol: 'leaf' }),
      invalid: [...classTreeInvalid, ...rows('error', 'fit', 'label', [2])],
    },
  ],
  ['GBTClassificationModel', { make: 'GBTClassifier', invalid: [] }],
  [
    'DecisionTreeRegressor',
    { ...tree, make: () => new DecisionTreeRegressor({ labelCol: 'label', maxDepth: 4, leafCol: 'leaf', varianceCol: 'variance' }) },
  ],
  ['DecisionTreeRegressionModel', { make: 'DecisionTreeRegressor', invalid: [] }],
  [
    'RandomForestRegressor',
    { ...tree, make: () => new RandomForestRegressor({ numTrees: 3, maxDepth: 4, seed: 5, leafCol: 'leaf' }), weighted: still },
  ],
  ['RandomForestRegressionModel', { make: 'RandomForestRegressor', invalid: [] }],
  [
    'GBTRegressor',
    {
      ...tree,
      make: () => new GBTRegressor({ maxIter: 3, maxDepth: 3, leafCol: 'leaf' }),
      except: new Map([['ignores rows of weight 0', 'thresholds lie between the values of all rows, whatever they weigh, as in Spark']]),
    },
  ],
  ['GBTRegressionModel', { make: 'GBTRegressor', invalid: [] }],
  ['BinaryClassificationEvaluator', { make: () => new BinaryClassificationEvaluator({ rawPredictionCol: 'x' }), invalid: [] }],
  ['MulticlassClassificationEvaluator', { make: () => new MulticlassClassificationEvaluator({ predictionCol: 'guess' }), invalid: [] }],
  ['RegressionEvaluator', { make: () => new RegressionEvaluator({ predictionCol: 'x' }), invalid: [] }],
  [
    'Pipeline',
    {
      make: () => new Pipeline({ stages: pipelineStages() }),
      noRows: 'an error',
      oneRow: 'a model',
      invalid: rows('a row', 'transform', 'city', [null, 'new']),
    },
  ],
  ['PipelineModel', { make: 'Pipeline', invalid: [] }],
  [
    'CrossValidator',
    { make: () => new CrossValidator({ ...searchOf(regression()), numFolds: 2 }), needs: searched, noRows: 'an error', tolerance: 1e-9, invalid: [] },
  ],
  ['CrossValidatorModel', { make: 'CrossValidator', invalid: [] }],
  [
    'TrainValidationSplit',
    { make: () => new TrainValidationSplit(searchOf(regression())), needs: searched, noRows: 'an error', tolerance: 1e-9, invalid: [] },
  ],
  ['TrainValidationSplitModel', { make: 'TrainValidationSplit', invalid: [] }],
]);
