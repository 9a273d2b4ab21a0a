import { numberAt } from '../block/column.ts';
import type { Engine } from '../engine/engine.ts';
import { MlError, show } from '../error.ts';
import { type Attribute, attributeMetadata, attributeOf, categories } from '../frame/attributes.ts';
import { col, lit } from '../frame/column.ts';
import type { Frame } from '../frame/frame.ts';
import { count, countDistinct, max } from '../frame/functions/aggregate.ts';
import { when } from '../frame/functions/conditional.ts';
import type { Field, Schema } from '../frame/schema.ts';
import { ParamMap } from '../param/param-map.ts';
import { parallelism } from '../param/shared.ts';
import * as z from '../param/zod.ts';
import { requireThere } from '../pipeline/children.ts';
import { Estimator } from '../pipeline/estimator.ts';
import { STAY, type StayOptions } from '../pipeline/fitted-there.ts';
import type { AnyEstimator, AnyTransformer } from '../pipeline/pipeline.ts';
import { runInOrder, unpersist } from '../pipeline/several-fits.ts';
import type { Changes } from '../pipeline/stage.ts';
import { addClassColumns, requireTrainingColumns } from '../predictor/score-columns.ts';
import { ClassIndicator } from './class-indicator.ts';
import { isStray, MAX_CLASSES } from './class-labels.ts';
import { OneVsRestModel, oneVsRestParams, scoreCol, scoresOnly } from './one-vs-rest-model.ts';

/** Params of OneVsRest. */
export const OneVsRestParams = z.strictObject({ ...oneVsRestParams, parallelism });
export type OneVsRestParams = z.input<typeof OneVsRestParams>;

/**
 * Tells many classes apart by a classifier of two: one copy of `classifier` is fitted a class, to that class (1) against all others (0),
 * `parallelism` at once. The class whose model gives its class 1 the largest raw prediction is predicted. Labels must be
 * 0 … numClasses-1, numClasses being the label column's categories or the largest label + 1.
 *
 * The classifier's own features, label, weight and prediction columns do not count: this stage's do. A weight column is passed over, with
 * a warning, where the classifier takes none.
 */
export class OneVsRest extends Estimator<typeof OneVsRestParams, OneVsRestModel> {
  static readonly type: string = 'org.apache.spark.ml.classification.OneVsRest';
  static readonly paramSchema = OneVsRestParams;

  /** The fitted models. Events tell `done` of `total` classes under this stage's uid, and what the classifier reports. */
  override async fit(frame: Frame, options: StayOptions = {}): Promise<OneVsRestModel> {
    await this.checkFit(frame, options);
    const { labelCol, featuresCol, weightCol } = this.params;
    // Rows that the classifier holds out are told by a column of its own.
    const { validationIndicatorCol } = this.getOrDefault('classifier').params as { validationIndicatorCol?: string };
    const columns = [...new Set([labelCol, featuresCol, weightCol, validationIndicatorCol])].filter((name): name is string => Boolean(name));
    requireThere(this, frame);
    const label = (await frame.schema()).require(this.owner, labelCol, 'numeric');
    const cached = frame.cache();
    const models: AnyTransformer[] = [];
    try {
      const total = await this.#numClasses(cached, label, options);
      let done = 0;
      await runInOrder(total, this.params.parallelism, this.owner, options.signal, async (c, signal) => {
        const binary = new ClassIndicator(columns, labelCol, c, classCol(c)).transform(cached);
        models[c] = await this.#classifierOf(c, frame, options).fit(binary, { ...options, signal });
        options.onProgress?.({ stage: this.uid, done: ++done, total });
      });
      const labelMetadata = attributeMetadata(labelAttribute(label, total));
      return this.model(OneVsRestModel, { models, labelMetadata });
    } catch (error) {
      for (const model of models) await model?.close();
      throw error;
    } finally {
      if (cached !== frame) await unpersist([cached]);
    }
  }

  protected outputSchema(schema: Schema): Schema {
    this.getOrDefault('classifier');
    requireTrainingColumns(this.owner, schema, this.params);
    const { rawPredictionCol, predictionCol } = this.params;
    return addClassColumns(this.owner, schema, { rawPredictionCol, probabilityCol: '', predictionCol });
  }

  /** Never called: the classifier trains, class by class. */
  protected train(): Promise<OneVsRestModel> {
    throw new MlError('NOT_SUPPORTED', `${this.owner}: the classifier is trained by fit, class by class`, { stage: this.uid });
  }

  /** A grid's map reaches the classifier. */
  protected override changedParams(changes: Changes<typeof OneVsRestParams>): Record<string, unknown> {
    const params = super.changedParams(changes) as { classifier?: AnyEstimator };
    return changes instanceof ParamMap && params.classifier ? { ...params, classifier: params.classifier.copy(changes) } : params;
  }

  /** The classifier that tells class c from the others. */
  #classifierOf(c: number, frame: Frame, options: StayOptions): AnyEstimator {
    const classifier = this.getOrDefault('classifier');
    const { featuresCol, predictionCol, weightCol } = this.params;
    const takesWeights = classifier.hasParam('weightCol');
    if (weightCol && !takesWeights && c === 0) frame.executor.logger.warn(`${this.owner}: weightCol is passed over, ${classifier.uid} takes none`);
    return classifier.copy({
      featuresCol,
      labelCol: classCol(c),
      predictionCol,
      ...(weightCol && takesWeights && { weightCol }),
      // What stays on a cluster cannot be changed after the fit.
      ...(options[STAY] && scoresOnly(classifier, scoreCol(this.uid, c))),
    });
  }

  /** How many classes there are, once all labels are known to be classes. */
  async #numClasses(frame: Frame, label: Field, options: StayOptions): Promise<number> {
    const { labelCol } = this.params;
    const known = categories(attributeOf(label));
    const y = col(labelCol).cast('double');
    const isClass = y
      .geq(0)
      .and(y.lt(known ?? MAX_CLASSES))
      .and(y.mod(1).equalTo(0));
    const wanted = { rows: count(lit(1)), classes: count(when(isClass, 1)), largest: max(y), occurring: countDistinct(y) };
    const [row] = await frame.agg(...Object.entries(wanted).map(([name, column]) => column.alias(name))).collect({ signal: options.signal });
    const found = row as Record<keyof typeof wanted, number>;
    if (found.rows === 0) {
      throw new MlError('EMPTY_DATASET', `${this.owner}: there must be at least one row to fit, got none`, { stage: this.uid });
    }
    if (found.classes < found.rows) {
      const rule = known === undefined ? 'a class number 0, 1, 2 …' : `a class number 0 … ${known - 1}`;
      throw await this.#refused(frame, rule, (value) => value >= 0 && value < (known ?? MAX_CLASSES) && Number.isInteger(value), options);
    }
    if (known !== undefined) return known;
    if (isStray(found.largest + 1, found.rows, found.occurring)) {
      const rule = 'a class number 0, 1, 2 … without large gaps; index the labels with StringIndexer';
      throw await this.#refused(frame, rule, (value) => value < found.largest, options);
    }
    return found.largest + 1;
  }

  /** The error of the first row whose label is not accepted. */
  async #refused(frame: Frame, rule: string, accepts: (label: number) => boolean, { signal }: StayOptions): Promise<MlError> {
    const column = this.params.labelCol;
    let bad: { row: number; value: number | null } | undefined;
    await (frame.executor as Engine).train(frame.plan, this, { signal }, (context) =>
      context.scan([column], ({ rows, firstRow, columns: [read] }) => {
        for (let i = 0; i < rows && !bad; i++) {
          const value = numberAt(read, i);
          if (value === null || !accepts(value)) bad = { row: firstRow + i, value };
        }
      }),
    );
    return new MlError('VALUE_INVALID', `${this.owner}: column ${show(column)} must be ${rule}, row ${bad?.row} has ${show(bad?.value)}`, {
      stage: this.uid,
      column,
      ...bad,
    });
  }
}

function classCol(c: number): string {
  return `mc2b$${c}`;
}

/** What the prediction says of its classes. */
function labelAttribute(label: Field, numClasses: number): Attribute {
  const known = attributeOf(label);
  return known && known.type !== 'numeric' ? known : { type: 'nominal', name: 'label', numValues: numClasses };
}
