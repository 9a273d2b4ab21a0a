import type { VectorColumn } from '../block/column.ts';
import { vectorColumn } from '../block/one-row.ts';
import { MlError, show } from '../error.ts';
import { isVector, type Vector } from '../linalg/vectors.ts';
import type { ParamSchema } from '../param/param.ts';
import { Model } from '../pipeline/model.ts';

/** A value and the feature it belongs to. */
export interface NamedValue {
  /** The feature's name. */
  readonly name: string;
  /** Its value: a coefficient, an importance. */
  readonly value: number;
}

/** State of a model that may know its features' names; they are not saved: Spark's files have no room for them. */
export interface NamedFeatures {
  readonly featureNames?: readonly string[];
}

/** A model that predicts from one column of feature vectors. */
export abstract class PredictionModel<P extends ParamSchema, State extends NamedFeatures> extends Model<P, State> {
  /** Size of the feature vectors it was fitted on. */
  abstract get numFeatures(): number;

  /** What the model predicts for one feature vector. */
  abstract predict(features: Vector): number;

  /** The features' names, from the attributes of the fitted column; `<featuresCol>_<index>` where they are not known. */
  get featureNames(): readonly string[] {
    const { featuresCol } = this.params as unknown as { readonly featuresCol: string };
    return this.state.featureNames ?? Array.from({ length: this.numFeatures }, (_, j) => `${featuresCol}_${j}`);
  }

  /** The same model with names for its features. */
  withFeatureNames(featureNames: readonly string[]): this {
    return this.withState({ ...this.state, featureNames: Object.freeze([...featureNames]) });
  }

  /** The same model with another state. */
  protected withState(state: State): this {
    const Class = this.constructor as new (params: object, state: State, uid: string, parent: Model<P, State>['parent']) => this;
    return new Class(Object.fromEntries(this.setParams()), state, this.uid, this.parent);
  }

  /** Values with their features' names, in feature order. */
  protected named(values: ArrayLike<number>): readonly NamedValue[] {
    return this.featureNames.map((name, j) => ({ name, value: values[j] }));
  }

  /** One vector as the column of a block of one row. */
  protected oneRow(features: Vector): VectorColumn {
    if (isVector(features)) return vectorColumn(features);
    throw new MlError('VALUE_INVALID', `${this.owner}: features must be a vector (Vectors.dense(…)), got ${show(features)}`, {
      stage: this.uid,
      value: features,
    });
  }
}
