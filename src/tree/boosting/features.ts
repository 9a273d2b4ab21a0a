import type { StageName } from '../../engine/stage-name.ts';
import { MlError, show } from '../../error.ts';
import { categories, featureNames, groupOf } from '../../frame/attributes.ts';
import type { Field } from '../../frame/schema.ts';
import type { BoostingParams, FeatureKey } from '../../param/boosting.ts';
import type { FeatureBins, FeatureSample } from '../bins.ts';
import type { Trees } from '../trees.ts';
import { ONE_VERSUS_REST } from './split.ts';

/** Who asks, for messages, and what it says of features. */
export interface FeatureRules extends StageName {
  readonly params: Pick<BoostingParams, 'maxBins' | 'categoricalFeatures' | 'monotoneConstraints' | 'interactionConstraints'>;
}

/** The rules of a stage, said of feature numbers. */
export interface FeaturePlan {
  readonly names: readonly string[];
  /** Categories of each feature; 0: numeric; null: split by category, but how many there are is not known. */
  readonly categories: readonly (number | null)[];
  readonly monotone?: readonly number[];
  readonly interactions?: readonly (readonly number[])[];
}

/** As the param has it. */
const MOST_BINS = 65_535;
/** Categories that codes of one byte tell apart. */
const BYTE_CODES = 255;
/** Names in a message: the first few of many. */
const MOST_NAMES = 30;

/** Reads the rules for a features column of so many slots. Fails for a feature that is not there, and for a constraint on a categorical one. */
export function planFeatures(rules: FeatureRules, field: Field, numFeatures: number): FeaturePlan {
  const { categoricalFeatures, monotoneConstraints, interactionConstraints } = rules.params;
  const { attributes } = groupOf(field);
  const names = featureNames(field, numFeatures);
  const fail = (param: string, rule: string, value: unknown): never => {
    throw new MlError('PARAM_INVALID', `${rules.owner}: ${param} ${rule}`, { stage: rules.uid, param, value, column: field.name });
  };
  const indexOf = (param: string, key: FeatureKey): number => {
    const index = typeof key === 'number' ? key : names.indexOf(key);
    if (index >= 0 && index < numFeatures) return index;
    const known = names.length > MOST_NAMES ? `${names.slice(0, MOST_NAMES).join(', ')} and ${names.length - MOST_NAMES} more` : names.join(', ');
    return fail(param, `must be about features of column ${show(field.name)} (${known}), got ${show(key)}`, key);
  };
  const chosen = typeof categoricalFeatures === 'string' ? null : new Set(categoricalFeatures.map((key) => indexOf('categoricalFeatures', key)));
  const isCategorical = (j: number) =>
    chosen ? chosen.has(j) : categoricalFeatures === 'auto' && attributes?.[j] !== undefined && attributes[j].type === 'nominal';
  const counts = Array.from({ length: numFeatures }, (_, j) => (isCategorical(j) ? (categories(attributes?.[j]) ?? null) : 0));
  let monotone: number[] | undefined;
  for (const [name, sign] of Object.entries(monotoneConstraints ?? {})) {
    const j = indexOf('monotoneConstraints', name);
    if (sign !== 0 && counts[j] !== 0) fail('monotoneConstraints', `must be about numeric features, ${show(name)} is split by category`, name);
    monotone ??= new Array<number>(numFeatures).fill(0);
    monotone[j] = sign;
  }
  const sets = interactionConstraints?.map((set) => [...new Set(set.map((key) => indexOf('interactionConstraints', key)))].sort((a, b) => a - b));
  return { names, categories: counts, monotone, interactions: sets && withRest(sets, numFeatures) };
}

/** Features that stand in no set form one more, as in scikit-learn. */
function withRest(sets: readonly (readonly number[])[], numFeatures: number): (readonly number[])[] {
  const listed = new Set(sets.flat());
  const rest = Array.from({ length: numFeatures }, (_, j) => j).filter((j) => !listed.has(j));
  return rest.length > 0 ? [...sets, rest] : [...sets];
}

/**
 * Bins of all features: the categories themselves, edges of the others, which `sample.summary` has. Categories that the attributes do not count are
 * counted in the sample; where that has not all rows there may be more (but of few), as many as a byte tells apart. The thresholds of `known`
 * trees, which the fit is to go on from, become edges too, so that codes tell all that these trees ask.
 */
export function chooseBins(rules: FeatureRules, plan: FeaturePlan, sample: FeatureSample, known?: Trees): FeatureBins[] {
  const { maxBins } = rules.params;
  const thresholds = known && thresholdsOf(known, sample.numFeatures);
  return plan.categories.map((declared, j) => {
    if (declared === 0) {
      const edges = sample.summary(j) as Float64Array;
      return { kind: 'numeric', edges: thresholds ? united(edges, thresholds[j]) : edges };
    }
    const count = declared ?? countCategories(rules, plan.names[j], sample.column(j));
    const hasMore = declared === null && sample.sampled < sample.rows && count > ONE_VERSUS_REST;
    if (count <= maxBins) return { kind: 'categories', categories: Math.max(count, 1, hasMore ? Math.min(maxBins, BYTE_CODES) : 0) };
    throw new MlError(
      'PARAM_INVALID',
      `${rules.owner}: maxBins must be at least the number of categories of every categorical feature, ${show(plan.names[j])} has ${count}, maxBins is ${maxBins}; ${count > MOST_BINS ? 'merge rare categories' : `raise maxBins to ${count} or more`}, or drop the feature`,
      { stage: rules.uid, param: 'maxBins', feature: plan.names[j], value: count },
    );
  });
}

function countCategories({ owner, uid }: FeatureRules, feature: string, values: Float64Array): number {
  let count = 0;
  for (const value of values) {
    if (Number.isNaN(value)) continue;
    if (!(Number.isInteger(value) && value >= 0)) {
      throw new MlError(
        'VALUE_INVALID',
        `${owner}: feature ${show(feature)} must hold categories 0, 1, 2 …, as StringIndexer makes them, got ${show(value)}`,
        { stage: uid, feature, value },
      );
    }
    if (value >= count) count = value + 1;
  }
  return count;
}

/** Thresholds of numeric splits by feature, but for infinite ones, which only tell missing from the rest. */
function thresholdsOf({ feature, threshold }: Trees, numFeatures: number): Set<number>[] {
  const found = Array.from({ length: numFeatures }, () => new Set<number>());
  for (let i = 0; i < feature.length; i++) if (feature[i] >= 0 && Number.isFinite(threshold[i])) found[feature[i]].add(threshold[i] + 0);
  return found;
}

function united(edges: Float64Array, more: Iterable<number>): Float64Array {
  return Float64Array.from(new Set([...edges, ...more])).sort();
}
