import type { Binder } from '../block/binder.ts';
import { type Block, type Column, type NumberColumn, type VectorColumn, writeDenseRow } from '../block/column.ts';
import { MlError, show } from '../error.ts';
import { attributeMetadata, groupMetadata, groupOf } from '../frame/attributes.ts';
import type { ActionOptions } from '../frame/executor.ts';
import type { Frame } from '../frame/frame.ts';
import type { Schema } from '../frame/schema.ts';
import { DenseMatrix, isMatrix, type Matrix } from '../linalg/matrices.ts';
import { DenseVector, isVector, SparseVector, type Vector } from '../linalg/vectors.ts';
import type { ParamSchema } from '../param/param.ts';
import type { Codec } from '../persistence/codec.ts';
import { loadAs, Model, type PipelineStage } from '../pipeline/stage.ts';
import { scoreFrame } from './logistic-evaluation.ts';
import { checkThresholds, LogisticRegressionParams } from './logistic-params.ts';
import { LogisticRegressionSummary, type LogisticRegressionTrainingSummary, type SummaryColumns } from './logistic-regression-summary.ts';
import { binaryDecision, bindLogistic, type Decision, type LogisticScoring, scoreLogistic } from './logistic-scoring.ts';

/** `coefficientMatrix` is (1, d) of a binomial model, (numClasses, d) of a multinomial one; `interceptVector` has as many entries as it has rows. */
export interface LogisticState {
  readonly numClasses: number;
  readonly isMultinomial: boolean;
  readonly coefficientMatrix: Matrix;
  readonly interceptVector: Vector;
  /** Not saved: Spark's files have no room for it. */
  readonly featureNames?: readonly string[];
  readonly summary?: LogisticRegressionTrainingSummary;
}

export type BlockScorer = ReturnType<typeof scoreLogistic>;

const codec: Codec<LogisticState> = {
  columns: { numClasses: 'int!', numFeatures: 'int!', interceptVector: 'vector', coefficientMatrix: 'matrix', isMultinomial: 'boolean!' },
  encode: ({ numClasses, isMultinomial, coefficientMatrix, interceptVector }) => [
    [numClasses, coefficientMatrix.numCols, interceptVector, coefficientMatrix, isMultinomial],
  ],
  decode(rows) {
    if (rows.length !== 1) throw format(`one row of data must be there, got ${rows.length}`);
    const [numClasses, numFeatures, interceptVector, coefficientMatrix, isMultinomial] = rows[0];
    if (!isVector(interceptVector) || !isMatrix(coefficientMatrix)) throw format('interceptVector and coefficientMatrix must not be null');
    if (typeof numClasses !== 'number' || numClasses < 1 || typeof isMultinomial !== 'boolean') throw format('numClasses must be at least 1');
    if (!isMultinomial && numClasses > 2) throw format(`a binomial model must have at most 2 classes, has ${numClasses}`);
    const sets = isMultinomial ? numClasses : 1;
    if (coefficientMatrix.numRows !== sets || coefficientMatrix.numCols !== numFeatures || interceptVector.size !== sets) {
      throw format(
        `coefficients must be (${sets}, ${numFeatures}) with ${sets} intercepts, are (${coefficientMatrix.numRows}, ${coefficientMatrix.numCols}) with ${interceptVector.size}`,
      );
    }
    return { numClasses, isMultinomial, coefficientMatrix, interceptVector };
  },
};

function format(problem: string): MlError {
  return new MlError('MODEL_FORMAT', `LogisticRegressionModel: ${problem}`);
}

/**
 * Fitted by `LogisticRegression`. For features x, binomial models score `z = coefficients · x + intercept` and give
 * `rawPrediction = [-z, z]`, `probability = [1 / (1 + e^z), 1 - that]`, and prediction 1 where the probability of 1 exceeds `threshold`;
 * multinomial ones score a margin a class, probabilities by softmax, and predict the class of the largest margin, or of the largest
 * probability / threshold where `thresholds` are set.
 */
export class LogisticRegressionModel extends Model<typeof LogisticRegressionParams, LogisticState> {
  static readonly type: string = 'org.apache.spark.ml.classification.LogisticRegressionModel';
  static readonly paramSchema = LogisticRegressionParams;
  static readonly codec = codec;

  static load(path: string): Promise<LogisticRegressionModel> {
    return loadAs(LogisticRegressionModel, path);
  }

  readonly #scoring: LogisticScoring;
  readonly #score: BlockScorer;

  constructor(params: LogisticRegressionParams, state: LogisticState, uid?: string, parent: PipelineStage<ParamSchema> | null = null) {
    super(params, state, uid, parent);
    checkThresholds(this);
    const { thresholds } = this.params;
    if (thresholds && thresholds.length !== state.numClasses) {
      throw new MlError(
        'PARAM_INVALID',
        `${this.owner}: thresholds must have one entry a class, that is ${state.numClasses}, got ${show(thresholds)}`,
        {
          stage: this.uid,
          param: 'thresholds',
          value: thresholds,
        },
      );
    }
    this.#scoring = this.#makeScoring();
    this.#score = this.blockScorer();
  }

  get numClasses(): number {
    return this.state.numClasses;
  }

  get numFeatures(): number {
    return this.state.coefficientMatrix.numCols;
  }

  get coefficientMatrix(): Matrix {
    return this.state.coefficientMatrix;
  }

  get interceptVector(): Vector {
    return this.state.interceptVector;
  }

  /** One a feature; of binomial models only. */
  get coefficients(): Vector {
    this.#refuseMultinomial('coefficients', 'coefficientMatrix');
    const { coefficientMatrix } = this.state;
    const row = coefficientMatrix.row(0);
    return coefficientMatrix instanceof DenseMatrix ? row : row.toSparse();
  }

  get intercept(): number {
    this.#refuseMultinomial('intercept', 'interceptVector');
    return this.state.interceptVector.toArray()[0];
  }

  /** The features' names, from the attributes of the fitted column; `<featuresCol>_<index>` where they are not known. */
  get featureNames(): readonly string[] {
    return this.state.featureNames ?? Array.from({ length: this.numFeatures }, (_, j) => `${this.params.featuresCol}_${j}`);
  }

  /** The coefficients with their features' names, in feature order; of binomial models only. */
  get namedCoefficients(): readonly { readonly name: string; readonly value: number }[] {
    const values = this.coefficients.toArray();
    return this.featureNames.map((name, j) => ({ name, value: values[j] }));
  }

  /** The same model with names for its features. */
  withFeatureNames(featureNames: readonly string[]): LogisticRegressionModel {
    return this.#with({ featureNames });
  }

  /** The same model with another training summary. */
  withSummary(summary: LogisticRegressionTrainingSummary): LogisticRegressionModel {
    return this.#with({ summary });
  }

  /** True after `fit`, false after `load`. */
  get hasSummary(): boolean {
    return this.state.summary !== undefined;
  }

  get summary(): LogisticRegressionTrainingSummary {
    const { summary } = this.state;
    if (!summary) throw new MlError('NOT_SUPPORTED', `${this.owner}: no training summary is at hand; a loaded model has none`, { stage: this.uid });
    return summary;
  }

  /** The class predicted for one feature vector. */
  predict(features: Vector): number {
    return (this.#scoreOne(features)[2] as NumberColumn).values[0];
  }

  /** The margins: `[-z, z]`, or one a class. */
  predictRaw(features: Vector): DenseVector {
    return firstRow(this.#scoreOne(features)[0] as VectorColumn);
  }

  predictProbability(features: Vector): DenseVector {
    return firstRow(this.#scoreOne(features)[1] as VectorColumn);
  }

  /** Metrics on the rows of `frame`, which needs the label column (and the weight column, if one is set). */
  async evaluate(frame: Frame, options: ActionOptions = {}): Promise<LogisticRegressionSummary> {
    const rows = await scoreFrame(this, frame, options);
    return new LogisticRegressionSummary(this.summaryColumns(), rows, this.transform(frame));
  }

  /** Scores blocks whose one input is the features; gives raw predictions, probabilities and predictions, in columns written anew at each call. */
  blockScorer(): BlockScorer {
    return scoreLogistic({ ...this.#scoring, outputs: ['rawPrediction', 'probability', 'prediction'] });
  }

  summaryColumns(): SummaryColumns {
    const { featuresCol, labelCol, predictionCol, probabilityCol, weightCol } = this.params;
    return { featuresCol, labelCol, predictionCol, probabilityCol, weightCol };
  }

  bind(binder: Binder): void {
    const { rawPredictionCol, probabilityCol, predictionCol, featuresCol } = this.params;
    const names = [rawPredictionCol, probabilityCol, predictionCol].filter((name) => name !== '');
    if (names.length > 0) bindLogistic(binder, binder.vectors(featuresCol), this.#scoring, names);
  }

  protected override facts() {
    return { numClasses: this.numClasses, numFeatures: this.numFeatures };
  }

  protected override outputSchema(schema: Schema): Schema {
    const { featuresCol } = this.params;
    const field = schema.require(this.owner, featuresCol, 'vector');
    const { size } = groupOf(field);
    if (size !== undefined && size !== this.numFeatures) {
      throw new MlError(
        'SCHEMA_INVALID',
        `${this.owner}: column ${show(featuresCol)} must have the ${this.numFeatures} features of the fit, has ${size}`,
        {
          stage: this.uid,
          column: featuresCol,
          value: size,
        },
      );
    }
    return addScoreColumns(this.owner, schema, this.params, this.state.isMultinomial ? this.numClasses : 2, this.numClasses);
  }

  #makeScoring(): LogisticScoring {
    const { coefficientMatrix, interceptVector, isMultinomial } = this.state;
    const { featuresCol, rawPredictionCol, probabilityCol, predictionCol, threshold, thresholds } = this.params;
    const by = rawPredictionCol !== '' ? 'margin' : 'probability';
    const inForce = thresholds ? 1 / (1 + thresholds[0] / thresholds[1]) : threshold;
    const decision: Decision = isMultinomial ? { by, above: null, thresholds: thresholds ?? null } : binaryDecision(inForce, by);
    const { numRows, numCols } = coefficientMatrix;
    const coefficients = new Float64Array(numRows * numCols);
    for (let c = 0; c < numRows; c++) coefficients.set(coefficientMatrix.row(c).values, c * numCols);
    return {
      owner: this.owner,
      stage: this.uid,
      featuresCol,
      numFeatures: numCols,
      coefficients,
      intercepts: interceptVector.toArray(),
      multinomial: isMultinomial,
      decision,
      outputs: [
        ...(rawPredictionCol ? ['rawPrediction' as const] : []),
        ...(probabilityCol ? ['probability' as const] : []),
        ...(predictionCol ? ['prediction' as const] : []),
      ],
    };
  }

  #scoreOne(features: Vector): readonly Column[] {
    if (!isVector(features)) {
      throw new MlError('VALUE_INVALID', `${this.owner}: features must be a vector (Vectors.dense(…)), got ${show(features)}`, {
        stage: this.uid,
        value: features,
      });
    }
    const part =
      features instanceof SparseVector
        ? ({
            kind: 'sparse',
            size: features.size,
            starts: Uint32Array.of(0, features.indices.length),
            indices: Uint32Array.from(features.indices),
            values: features.values,
          } as const)
        : ({ kind: 'dense', size: features.size, values: features.toArray() } as const);
    const column: VectorColumn = { kind: 'vectors', size: features.size, parts: [part], valid: null };
    const block: Block = { rows: 1, firstRow: 0, columns: [], keep: null };
    return this.#score([column], block);
  }

  #with(changes: Partial<LogisticState>): LogisticRegressionModel {
    return new LogisticRegressionModel(
      Object.fromEntries(this.setParams()) as LogisticRegressionParams,
      { ...this.state, ...changes },
      this.uid,
      this.parent,
    );
  }

  #refuseMultinomial(what: string, instead: string): void {
    if (!this.state.isMultinomial) return;
    throw new MlError('NOT_SUPPORTED', `${this.owner}: ${what} must be asked of a binomial model; this one is multinomial, use ${instead}`, {
      stage: this.uid,
    });
  }
}

/** `schema` with the columns a logistic model adds, those with an empty name left out. */
export function addScoreColumns(
  owner: string,
  schema: Schema,
  { rawPredictionCol, probabilityCol, predictionCol }: { rawPredictionCol: string; probabilityCol: string; predictionCol: string },
  size?: number,
  numClasses?: number,
): Schema {
  const vector = { metadata: size === undefined ? undefined : groupMetadata({ size }) };
  const label = { nullable: false, metadata: numClasses === undefined ? undefined : attributeMetadata({ type: 'nominal', numValues: numClasses }) };
  let out = schema;
  if (rawPredictionCol) out = out.add(owner, rawPredictionCol, { kind: 'vector' }, vector);
  if (probabilityCol) out = out.add(owner, probabilityCol, { kind: 'vector' }, vector);
  if (predictionCol) out = out.add(owner, predictionCol, { kind: 'double' }, label);
  return out;
}

function firstRow(column: VectorColumn): DenseVector {
  const out = new Float64Array(column.size);
  writeDenseRow(column, 0, out);
  return new DenseVector(out);
}
