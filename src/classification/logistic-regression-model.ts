import type { Binder, Step } from '../block/binder.ts';
import type { Column, NumberColumn, VectorColumn } from '../block/column.ts';
import { firstVector, ONE_ROW } from '../block/one-row.ts';
import { MlError } from '../error.ts';
import type { ActionOptions } from '../frame/executor.ts';
import type { Frame } from '../frame/frame.ts';
import type { Schema } from '../frame/schema.ts';
import { DenseMatrix, isMatrix, type Matrix } from '../linalg/matrices.ts';
import { type DenseVector, isVector, type Vector } from '../linalg/vectors.ts';
import type { ParamSchema } from '../param/param.ts';
import type { Codec } from '../persistence/codec.ts';
import type { Changes, PipelineStage } from '../pipeline/stage.ts';
import { type NamedFeatures, type NamedValue, PredictionModel } from '../predictor/prediction-model.ts';
import { addClassColumns, checkThresholdCount, classOutputs, requireFeatures } from '../predictor/score-columns.ts';
import { binaryDecision, type Decision } from '../scoring/decision.ts';
import { checkThresholds, clearOtherThreshold, fillThreshold, LogisticRegressionParams, thresholdsSet } from './logistic-params.ts';
import type { LogisticRegressionSummary, LogisticRegressionTrainingSummary } from './logistic-regression-summary.ts';
import { bindLogistic, type LogisticScoring, scoreLogistic } from './logistic-scoring.ts';
import { requireSummary, summaryColumns, withAllColumns } from './summary-columns.ts';

/** `coefficientMatrix` is (1, d) of a binomial model, (numClasses, d) of a multinomial one; `interceptVector` has as many entries as it has rows. */
export interface LogisticState extends NamedFeatures {
  readonly numClasses: number;
  readonly isMultinomial: boolean;
  readonly coefficientMatrix: Matrix;
  readonly interceptVector: Vector;
  readonly summary?: LogisticRegressionTrainingSummary;
}

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
export class LogisticRegressionModel extends PredictionModel<typeof LogisticRegressionParams, LogisticState> {
  static readonly type: string = 'org.apache.spark.ml.classification.LogisticRegressionModel';
  static readonly paramSchema = LogisticRegressionParams;
  static readonly codec = codec;

  readonly #scoring: LogisticScoring;
  readonly #score: Step;

  constructor(params: LogisticRegressionParams, state: LogisticState, uid?: string, parent: PipelineStage<ParamSchema> | null = null) {
    super(params, state, uid, parent);
    checkThresholds(this);
    checkThresholdCount(this, thresholdsSet(this), state.numClasses);
    this.#scoring = this.#makeScoring();
    this.#score = scoreLogistic({ ...this.#scoring, outputs: ['rawPrediction', 'probability', 'prediction'] });
  }

  protected override fillIn(values: Record<string, unknown>, set: ReadonlyMap<string, unknown>): void {
    fillThreshold(values, set);
  }

  protected override changedParams(changes: Changes<typeof LogisticRegressionParams>): Record<string, unknown> {
    return clearOtherThreshold(changes, super.changedParams(changes));
  }

  /** Number of classes. */
  get numClasses(): number {
    return this.state.numClasses;
  }

  get numFeatures(): number {
    return this.state.coefficientMatrix.numCols;
  }

  /** Coefficients, (1, features) of binomial models, (classes, features) of multinomial ones. */
  get coefficientMatrix(): Matrix {
    return this.state.coefficientMatrix;
  }

  /** One intercept of binomial models, one a class of multinomial ones. */
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

  /** The intercept; of binomial models only. */
  get intercept(): number {
    this.#refuseMultinomial('intercept', 'interceptVector');
    return this.state.interceptVector.toArray()[0];
  }

  /** The coefficients with their features' names, in feature order; of binomial models only. */
  get namedCoefficients(): readonly NamedValue[] {
    return this.named(this.coefficients.toArray());
  }

  /** The same model with another training summary. */
  withSummary(summary: LogisticRegressionTrainingSummary): LogisticRegressionModel {
    return this.withState({ ...this.state, summary });
  }

  /** True after `fit`, false after `load`. */
  get hasSummary(): boolean {
    return this.state.summary !== undefined;
  }

  /** How the fit went and how the model fares on its rows; an error where `hasSummary` is false. */
  get summary(): LogisticRegressionTrainingSummary {
    return requireSummary(this);
  }

  /** The {@link summary} of a model of at most two classes; an error of more. */
  get binarySummary(): LogisticRegressionTrainingSummary {
    return this.summary.asBinary;
  }

  /** The class predicted for one feature vector. */
  predict(features: Vector): number {
    return (this.#scoreOne(features)[2] as NumberColumn).values[0];
  }

  /** The margins: `[-z, z]`, or one a class. */
  predictRaw(features: Vector): DenseVector {
    return firstVector(this.#scoreOne(features)[0] as VectorColumn);
  }

  /** The probability of each class. */
  predictProbability(features: Vector): DenseVector {
    return firstVector(this.#scoreOne(features)[1] as VectorColumn);
  }

  /** Metrics on the rows of `frame`, which needs the label column (and the weight column, if one is set). */
  async evaluate(frame: Frame, options: ActionOptions = {}): Promise<LogisticRegressionSummary> {
    const [{ LogisticRegressionSummary }, { scoreFrame }] = await Promise.all([
      import('./logistic-regression-summary.ts'),
      import('./scored-frame.ts'),
    ]);
    const rows = await scoreFrame(this, frame, options);
    return new LogisticRegressionSummary(summaryColumns(this), rows, () => withAllColumns(this).transform(frame));
  }

  /** Scores blocks whose one input is the features; gives probabilities and predictions, in columns written anew at each call. */
  summaryScorer(): Step {
    return scoreLogistic({ ...this.#scoring, outputs: ['probability', 'prediction'] });
  }

  /** How rows are scored; plain data, for the workers. */
  get scoring(): LogisticScoring {
    return this.#scoring;
  }

  bind(binder: Binder): void {
    const { names } = classOutputs(this.params);
    if (names.length > 0) bindLogistic(binder, binder.vectors(this.params.featuresCol), this.#scoring, names);
  }

  protected override facts() {
    return { numClasses: this.numClasses, numFeatures: this.numFeatures };
  }

  protected override outputSchema(schema: Schema): Schema {
    requireFeatures(this, schema, this.params.featuresCol, this.numFeatures);
    return addClassColumns(this.owner, schema, this.params, this.state.isMultinomial ? this.numClasses : 2, this.numClasses);
  }

  #makeScoring(): LogisticScoring {
    const { coefficientMatrix, interceptVector, isMultinomial } = this.state;
    const { featuresCol, rawPredictionCol, threshold } = this.params;
    const by = rawPredictionCol !== '' ? 'margin' : 'probability';
    const decision: Decision = isMultinomial ? { by, above: null, thresholds: thresholdsSet(this) ?? null } : binaryDecision(threshold, by);
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
      outputs: classOutputs(this.params).outputs,
    };
  }

  #scoreOne(features: Vector): readonly Column[] {
    return this.#score([this.oneRow(features)], ONE_ROW);
  }

  #refuseMultinomial(what: string, instead: string): void {
    if (!this.state.isMultinomial) return;
    throw new MlError('NOT_SUPPORTED', `${this.owner}: ${what} must be asked of a binomial model; this one is multinomial, use ${instead}`, {
      stage: this.uid,
    });
  }
}
