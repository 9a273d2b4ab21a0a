import type { Engine, RemoteSummary, TrainingContext, TrainingSet } from '../engine/engine.ts';
import { MlError, show, throwIfAborted } from '../error.ts';
import { featureNames } from '../frame/attributes.ts';
import type { FitOptions } from '../frame/executor.ts';
import type { Frame } from '../frame/frame.ts';
import type { Schema } from '../frame/schema.ts';
import { DenseMatrix, type Matrix, SparseMatrix } from '../linalg/matrices.ts';
import { DenseVector, SparseVector, type Vector } from '../linalg/vectors.ts';
import { Estimator } from '../pipeline/estimator.ts';
import type { Changes } from '../pipeline/stage.ts';
import { addClassColumns, checkThresholdCount, requireTrainingColumns } from '../predictor/score-columns.ts';
import { labelCategories } from './class-labels.ts';
import { metricsThere } from './cluster-summary.ts';
import { checkBounds, checkThresholds, clearOtherThreshold, fillThreshold, LogisticRegressionParams, thresholdsSet } from './logistic-params.ts';
import { isBounded, type LogisticSettings } from './logistic-problem.ts';
import { LogisticRegressionModel, type LogisticState } from './logistic-regression-model.ts';
import { LogisticRegressionTrainingSummary, type TrainingHistory } from './logistic-regression-summary.ts';
import { type ClassLabels, constantFeatures, readLabels } from './logistic-training.ts';
import { summaryColumns, withAllColumns } from './summary-columns.ts';

/**
 * Logistic regression, binomial (two classes, one coefficient set) or multinomial (softmax, a set a class). With p the probability
 * of a row's own class, it minimises
 *
 *     - Σ weight · log p / Σ weight + regParam · ((1 - elasticNetParam) / 2 · ‖coefficients‖² + elasticNetParam · ‖coefficients‖₁)
 *
 * where the penalty sees the coefficients of features divided by their standard deviations when `standardization` is on, and never the
 * intercepts. L-BFGS, with an L1 share OWL-QN, with bounds L-BFGS-B (L2 only). Coefficients are always those of the features as they are;
 * a constant feature gets 0. Labels must be 0 … numClasses-1, numClasses being the label column's categories or the largest label + 1.
 * A single label gives coefficients 0 and an infinite intercept.
 */
export class LogisticRegression extends Estimator<typeof LogisticRegressionParams, LogisticRegressionModel> {
  static readonly type: string = 'org.apache.spark.ml.classification.LogisticRegression';
  static readonly paramSchema = LogisticRegressionParams;

  constructor(params: LogisticRegressionParams = {}, uid?: string) {
    super(params, uid);
    checkThresholds(this);
  }

  protected override fillIn(values: Record<string, unknown>, set: ReadonlyMap<string, unknown>): void {
    fillThreshold(values, set);
  }

  protected override changedParams(changes: Changes<typeof LogisticRegressionParams>): Record<string, unknown> {
    return clearOtherThreshold(changes, super.changedParams(changes));
  }

  override async fit(frame: Frame, options: FitOptions = {}): Promise<LogisticRegressionModel> {
    const model = await super.fit(frame, options);
    if ((frame.executor as Engine).stages) return model;
    return model.withSummary(model.summary.withPredictions(() => withAllColumns(model).transform(frame)));
  }

  protected override async summarised(
    model: LogisticRegressionModel,
    frame: Frame,
    summary: RemoteSummary,
    options: FitOptions,
  ): Promise<LogisticRegressionModel> {
    const objectiveHistory = (await summary.value('objectiveHistory', options)) as number[];
    const converged = objectiveHistory.length - 1 < this.params.maxIter;
    const columns = summaryColumns(model);
    const predictions = () => withAllColumns(summed).transform(frame);
    const metrics = metricsThere(columns, predictions, model.numClasses, summary);
    const history = { objectiveHistory, converged, reason: converged ? null : 'maxIter' } as const;
    const summed = model.withSummary(new LogisticRegressionTrainingSummary(columns, metrics, history, predictions));
    return summed;
  }

  /** Bounds are held against each other here, not where they are set: Spark saves stages of whatever bounds. */
  protected override outputSchema(schema: Schema): Schema {
    checkBounds(this);
    requireTrainingColumns(this.owner, schema, this.params);
    return addClassColumns(this.owner, schema, this.params);
  }

  protected async train(context: TrainingContext): Promise<LogisticRegressionModel> {
    const { featuresCol, labelCol, weightCol, fitIntercept } = this.params;
    const set = await context.trainingSet({ features: featuresCol, label: labelCol, weight: weightCol || undefined });
    try {
      if (set.rows === 0) throw new MlError('EMPTY_DATASET', `${this.owner}: there must be at least one row to fit, got none`, { stage: this.uid });
      if (set.numFeatures === 0) {
        throw new MlError('VALUE_INVALID', `${this.owner}: column ${show(featuresCol)} must have at least one feature, has none`, {
          stage: this.uid,
          column: featuresCol,
        });
      }
      const labels = readLabels(this, set, labelCategories(this, context.schema));
      const settings = this.#settings(labels.numClasses, set.numFeatures);
      const names = featureNames(context.schema.require(this.owner, featuresCol, 'vector'), set.numFeatures);
      const isConstant = labels.weights.filter((w) => w !== 0).length === 1;
      if (isConstant && fitIntercept && !isBounded(settings)) {
        context.logger.warn(`${this.owner}: all labels are the same, so coefficients are 0 and the intercept is infinite`);
        return await this.#finish(context, set, constantState(labels, settings.multinomial, set.numFeatures, names), {
          objectiveHistory: [0],
          converged: true,
          reason: 'constantLabel',
        });
      }
      if (isConstant && !fitIntercept) {
        context.logger.warn(`${this.owner}: all labels are the same and fitIntercept is false, so the search may not converge`);
      }
      const constant = constantFeatures(set);
      const { fitLogistic } = await import('./logistic-fit.ts'); // the kernels stay out of what only scores
      const solution = await fitLogistic(context, set, {
        settings,
        classWeights: labels.weights,
        constant,
        stage: { owner: this.owner, uid: this.uid, featuresCol },
        featureNames: names,
      });
      throwIfAborted(context.signal, this.owner);
      if (!fitIntercept && constant.includes(1)) {
        context.logger.warn(`${this.owner}: constant features that are not 0 get coefficient 0, also without an intercept`);
      }
      if (!solution.converged) {
        const how = solution.reason === 'maxIter' ? `within ${settings.maxIter} iterations; raise maxIter or tol` : 'further: its line search failed';
        context.logger.warn(`${this.owner}: the search did not converge ${how}`);
      }
      const { coefficients, intercepts, history, converged, reason } = solution;
      if (coefficients.some(Number.isNaN) || intercepts.some(Number.isNaN)) {
        throw new MlError(
          'VALUE_INVALID',
          `${this.owner}: column ${show(featuresCol)} must hold numbers of a size that can be summed; scale them first`,
          {
            stage: this.uid,
            column: featuresCol,
          },
        );
      }
      const matrix = new DenseMatrix(intercepts.length, set.numFeatures, coefficients, true);
      const state = modelState(labels.numClasses, settings.multinomial, matrix, new DenseVector(intercepts).compressed, names);
      return await this.#finish(context, set, state, { objectiveHistory: history, converged, reason });
    } finally {
      set.release();
    }
  }

  async #finish(context: TrainingContext, set: TrainingSet, state: LogisticState, history: TrainingHistory): Promise<LogisticRegressionModel> {
    const model = this.model(LogisticRegressionModel, state);
    const { scoreTrainingRows } = await import('./logistic-row-scores.ts'); // with the kernels
    const rows = await scoreTrainingRows(context, set, model.scoring);
    return model.withSummary(new LogisticRegressionTrainingSummary(summaryColumns(model), rows, history));
  }

  #settings(numClasses: number, numFeatures: number): LogisticSettings {
    const { family, fitIntercept, standardization, regParam, elasticNetParam, maxIter, tol } = this.params;
    const fail = (param: string, rule: string) => {
      throw new MlError('PARAM_INVALID', `${this.owner}: ${rule}`, { stage: this.uid, param });
    };
    const kind = family.toLowerCase();
    if (kind === 'binomial' && numClasses > 2) fail('family', `family binomial needs labels of at most 2 classes, got ${numClasses}`);
    checkThresholdCount(this, thresholdsSet(this), numClasses);
    const multinomial = kind === 'multinomial' || (kind === 'auto' && numClasses > 2);
    const sets = multinomial ? numClasses : 1;
    const ofMatrix = (name: 'lowerBoundsOnCoefficients' | 'upperBoundsOnCoefficients') => {
      const bound: Matrix | undefined = this.params[name];
      if (!bound) return undefined;
      if (bound.numRows !== sets || bound.numCols !== numFeatures) {
        fail(name, `${name} must be (${sets}, ${numFeatures}), is (${bound.numRows}, ${bound.numCols})`);
      }
      return bound.toDense().transpose.toArray();
    };
    const ofVector = (name: 'lowerBoundsOnIntercepts' | 'upperBoundsOnIntercepts') => {
      const bound: Vector | undefined = this.params[name];
      if (bound && bound.size !== sets) fail(name, `${name} must have size ${sets}, has ${bound.size}`);
      return bound?.toArray();
    };
    return {
      multinomial,
      fitIntercept,
      standardization,
      regParam,
      elasticNetParam,
      maxIter,
      tol,
      lowerCoefficients: ofMatrix('lowerBoundsOnCoefficients'),
      upperCoefficients: ofMatrix('upperBoundsOnCoefficients'),
      lowerIntercepts: ofVector('lowerBoundsOnIntercepts'),
      upperIntercepts: ofVector('upperBoundsOnIntercepts'),
    };
  }
}

function constantState({ numClasses, weights }: ClassLabels, isMultinomial: boolean, numFeatures: number, names: readonly string[]): LogisticState {
  const only = weights.findIndex((w) => w !== 0);
  // As Spark keeps them: sparse whatever their size.
  const intercepts = isMultinomial
    ? new SparseVector(numClasses, [only], [Number.POSITIVE_INFINITY])
    : new DenseVector([only === 1 ? Number.POSITIVE_INFINITY : Number.NEGATIVE_INFINITY]);
  const sets = intercepts.size;
  const zeros = new SparseMatrix(sets, numFeatures, new Int32Array(sets + 1), [], [], true);
  return modelState(numClasses, isMultinomial, zeros, intercepts, names);
}

function modelState(numClasses: number, isMultinomial: boolean, matrix: Matrix, intercepts: Vector, featureNames: readonly string[]): LogisticState {
  return {
    numClasses,
    isMultinomial,
    coefficientMatrix: matrix.compressed,
    interceptVector: intercepts,
    featureNames: Object.freeze([...featureNames]),
  };
}
