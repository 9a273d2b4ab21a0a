import { MlError, show } from '../../error.ts';
import type { FeatureReading } from '../reading.ts';
import type { Trees } from '../trees.ts';
import type { FeaturePlan } from './features.ts';
import type { BoostingState } from './model-state.ts';
import type { RuledStage } from './stage-rules.ts';

/** Refuses a model that this fit cannot go on from: of other features, or with trees that ask what this fit's codes do not tell. */
export function requireAlike(stage: RuledStage, initial: BoostingState, plan: FeaturePlan): void {
  const fail = (rule: string): never => {
    throw new MlError('PARAM_INVALID', `${stage.owner}: initialModel ${rule}`, { stage: stage.uid, param: 'initialModel' });
  };
  const d = plan.names.length;
  if (initial.numFeatures !== d)
    fail(`must be a model of the ${d} features of column ${show(stage.params.featuresCol)}, it has ${initial.numFeatures}`);
  if ((initial.reading?.zeroMissing ?? []).length > 0) fail('must not take zeros as missing');
  const { feature, categoryStarts } = initial.trees;
  for (let i = 0; i < feature.length; i++) {
    const [j, isCategorical] = [feature[i], categoryStarts[i + 1] > categoryStarts[i]];
    if (j < 0 || isCategorical === (plan.categories[j] !== 0)) continue;
    const [own, its] = isCategorical ? ['as a number', 'by category'] : ['by category', 'as a number'];
    fail(`must split ${show(plan.names[j])} ${own}, as this fit does; it splits it ${its}`);
  }
}

/**
 * The model to go on from, for rows of `sizes` categories a feature. Trees that part unknown categories from missing ones (XGBoost's) keep doing so:
 * one category beyond all of the model's and of the rows' stands for them, in the trees and in the reading of the new model, and those between have
 * the model's answer for unknown ones.
 */
export function widened(initial: BoostingState, sizes: readonly number[]): BoostingState {
  const { otherCategory = [] } = initial.reading ?? {};
  const knows = featuresThatKnow(initial.trees, otherCategory);
  if (knows.size === 0) return { ...initial, reading: undefined };
  const others = sizes.map((size, j) => (knows.has(j) ? Math.max(size, otherCategory[j]) : 0));
  const reading: FeatureReading = { otherCategory: others };
  return { ...initial, trees: withOthers(initial.trees, otherCategory, others), reading };
}

/** Features whose splits have a bit for unknown categories. */
function featuresThatKnow({ feature, categoryStarts }: Trees, otherCategory: readonly number[]): ReadonlySet<number> {
  const known = new Set<number>();
  for (let i = 0; i < feature.length; i++) {
    const other = feature[i] < 0 ? 0 : otherCategory[feature[i]];
    if (other > 0 && 32 * (categoryStarts[i + 1] - categoryStarts[i]) > other) known.add(feature[i]);
  }
  return known;
}

/** The trees with words up to the bits `to`, those from bit `from` on being what that bit is. */
function withOthers(trees: Trees, from: readonly number[], to: readonly number[]): Trees {
  const { feature, missingLeft, categoryStarts, categories } = trees;
  const starts = new Int32Array(categoryStarts.length);
  const words: number[] = [];
  for (let i = 0; i < feature.length; i++) {
    const own = categories.subarray(categoryStarts[i], categoryStarts[i + 1]);
    const isLeft = (c: number) => (c < 32 * own.length ? ((own[c >> 5] >>> (c & 31)) & 1) === 1 : missingLeft[i] === 1);
    const j = feature[i];
    if (own.length === 0 || to[j] === 0) words.push(...own);
    else {
      const wide = new Uint32Array((to[j] >> 5) + 1);
      for (let c = 0; c < 32 * wide.length; c++) if (isLeft(Math.min(c, from[j]))) wide[c >> 5] |= 1 << (c & 31);
      words.push(...wide);
    }
    starts[i + 1] = words.length;
  }
  return { ...trees, categoryStarts: starts, categories: Uint32Array.from(words) };
}
