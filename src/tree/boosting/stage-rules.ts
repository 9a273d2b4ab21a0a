import { MlError, show } from '../../error.ts';
import { groupOf } from '../../frame/attributes.ts';
import type { Schema } from '../../frame/schema.ts';
import type { BoostingParams } from '../../param/boosting.ts';
import type { LossSpec } from './contract.ts';
import { type FeatureRules, planFeatures } from './features.ts';
import type { BoostingState } from './model-state.ts';

/** What these checks need of an estimator. */
export interface RuledStage extends FeatureRules {
  readonly params: BoostingParams;
}

/** Early stopping needs rows to look at, and they are held out in one way. */
export function checkValidation({ owner, uid, params }: RuledStage): void {
  const { validationIndicatorCol, validationFraction, patience } = params;
  const fail = (param: string, rule: string) => {
    throw new MlError('PARAM_INVALID', `${owner}: ${rule}`, { stage: uid, param });
  };
  if (validationIndicatorCol && validationFraction !== undefined) {
    fail('validationFraction', 'validationFraction and validationIndicatorCol must not both be set; clear one of them');
  }
  if (patience !== undefined && !validationIndicatorCol && validationFraction === undefined) {
    fail('patience', `patience (${patience}) needs rows held out for validation; set validationFraction, such as 0.1, or validationIndicatorCol`);
  }
}

/** Columns that only these estimators read, and what the schema alone tells of features in constraints. */
export function checkBoostingColumns(stage: RuledStage, schema: Schema): void {
  const { featuresCol, validationIndicatorCol } = stage.params;
  if (validationIndicatorCol) {
    const field = schema.require(stage.owner, validationIndicatorCol);
    if (field.type.kind !== 'boolean') schema.require(stage.owner, validationIndicatorCol, 'numeric');
  }
  const field = schema.require(stage.owner, featuresCol, 'vector');
  const size = groupOf(field).size ?? field.slotNames?.length;
  if (size !== undefined) planFeatures(stage, field, size);
}

/** A fit goes on from a model of its own loss only. */
export function requireSameLoss({ owner, uid }: RuledStage, initial: BoostingState | undefined, loss: LossSpec): void {
  if (!initial) return;
  const said = ({ name, numClasses, alpha, power }: LossSpec) => show({ name, numClasses, alpha, power });
  const before = initial.loss.name === 'foreign' ? `${show(initial.loss.objective)}, which is not trained here` : said(initial.loss);
  if (before === said(loss)) return;
  throw new MlError('PARAM_INVALID', `${owner}: initialModel must be a model of the loss of this fit, ${said(loss)}, it is one of ${before}`, {
    stage: uid,
    param: 'initialModel',
  });
}
