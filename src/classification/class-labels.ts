import type { TrainingContext } from '../engine/engine.ts';
import type { StageName } from '../engine/stage-name.ts';
import { attributeOf, categories } from '../frame/attributes.ts';
import type { Schema } from '../frame/schema.ts';
import { checkThresholdCount } from '../predictor/score-columns.ts';

interface Classifier extends StageName {
  readonly params: { readonly labelCol: string; readonly thresholds?: readonly number[] };
}

/** The number of classes that the label column declares, or undefined. */
export function labelCategories({ owner, params }: Classifier, schema: Schema): number | undefined {
  return categories(attributeOf(schema.require(owner, params.labelCol, 'numeric')));
}

/** {@link labelCategories}; `thresholds` must have one entry a class, declared or (by the largest label) met. */
export async function declaredClasses(classifier: Classifier, context: TrainingContext): Promise<number | undefined> {
  const { labelCol, thresholds } = classifier.params;
  const declared = labelCategories(classifier, context.schema);
  if (!thresholds) return declared;
  const met = async () => (await context.aggregate([{ column: labelCol, of: 'max' }]))[0];
  const count = declared ?? Math.floor((await met()) ?? thresholds.length - 1) + 1;
  checkThresholdCount(classifier, thresholds, count);
  return declared;
}

/** Beyond this a label is a mistake, not a class. */
export const MAX_CLASSES = 1 << 20;

/** So many classes may have gaps, as in Spark any number may. */
const FEW_CLASSES = 100;

/**
 * Whether the largest label must be a stray one, such as an identifier, of which every number below would make a class: there are more classes than
 * rows, or ten times those that occur.
 */
export function isStray(classes: number, rows: number, occurring: number): boolean {
  return classes > FEW_CLASSES && (classes > rows || classes > 10 * occurring);
}
