import { MlError, show } from '../../error.ts';
import { categories, featureNames, groupOf } from '../../frame/attributes.ts';
import type { Field } from '../../frame/schema.ts';
import type { FeatureBins, FeatureSample } from '../bins.ts';
import { sampledThresholds } from './candidates.ts';

/**
 * How a feature is split: by a threshold; by categories in the order of their centroids; by any subset of the categories (few of them, three classes
 * or more); not at all.
 */
export type SplitKind = 'continuous' | 'ordered' | 'unordered' | 'none';

/** Which features are categorical: the number of categories of each, 0 for a continuous one. */
function categoryCounts(owner: string, field: Field, numFeatures: number): Int32Array {
  const { attributes } = groupOf(field);
  return Int32Array.from({ length: numFeatures }, (_, j) => {
    const attribute = attributes?.[j];
    const count = categories(attribute);
    if (attribute?.type === 'nominal' && count === undefined) {
      const feature = featureNames(field, numFeatures)[j];
      throw new MlError(
        'VALUE_INVALID',
        `${owner}: column ${show(field.name)} must tell how many categories its nominal features have, ${show(feature)} does not; index it with StringIndexer or VectorIndexer`,
        { column: field.name, feature },
      );
    }
    return count ?? 0;
  });
}

/** As many as two bytes tell apart. */
const MOST_BINS = 65_535;

/** Who asks for bins, for messages. */
interface BinsOwner {
  readonly owner: string;
  readonly field: Field;
}

/** Bins of all features from a sample: thresholds of continuous ones, the categories themselves of the others. */
export function chooseBins(asked: BinsOwner, sample: FeatureSample, maxBins: number): FeatureBins[] {
  const { owner, field } = asked;
  const counts = categoryCounts(owner, field, sample.numFeatures);
  const most = Math.min(maxBins, sample.rows);
  const widest = counts.indexOf(Math.max(...counts));
  const count = counts[widest];
  if (count > most) {
    const feature = featureNames(field, sample.numFeatures)[widest];
    const got = `feature ${show(feature)} (number ${widest}) has ${count}`;
    const details = { column: field.name, feature, param: 'maxBins', value: count };
    throw new MlError(
      'PARAM_INVALID',
      maxBins < count
        ? `${owner}: maxBins (${maxBins}) must be at least the number of categories of every categorical feature, ${got}; set maxBins to ${count} or more, or drop the feature`
        : `${owner}: there must be at least as many rows (${sample.rows}) as a categorical feature has categories, ${got}; add rows or drop the feature`,
      details,
    );
  }
  return Array.from(counts, (categories, j) =>
    categories > 0 ? { kind: 'categories', categories } : { kind: 'numeric', edges: sampledThresholds(sample, j, Math.min(most, MOST_BINS)) },
  );
}

/** `maxBins` as chosen, and the classes there are (0 in regression), decide which features are split by subsets. */
export function splitKinds(bins: readonly FeatureBins[], numClasses: number, maxBins: number, rows: number): SplitKind[] {
  const most = Math.floor(Math.log(Math.floor(Math.min(maxBins, rows) / 2) + 1) / Math.log(2) + 1);
  return bins.map((one) => {
    if (one.kind === 'numeric') return one.edges.length === 0 ? 'none' : 'continuous';
    if (one.categories <= 1) return 'none';
    return numClasses > 2 && one.categories <= most ? 'unordered' : 'ordered';
  });
}

/** How many features a node looks at, out of d. `auto`: all for one tree, else the root of d when classifying, a third of d in regression. */
export function featuresPerNode(strategy: string, d: number, numTrees: number, classification: boolean): number {
  const name = strategy.toLowerCase() === 'auto' ? (numTrees === 1 ? 'all' : classification ? 'sqrt' : 'onethird') : strategy.toLowerCase();
  if (name === 'all') return d;
  if (name === 'sqrt') return Math.ceil(Math.sqrt(d));
  if (name === 'log2') return Math.max(1, Math.ceil(Math.log2(d)));
  if (name === 'onethird') return Math.ceil(d / 3);
  const value = Number(name);
  if (/^\+?\d+$/.test(name) && value > 0) return Math.min(value, d);
  if (value > 0 && value <= 1) return Math.ceil(value * d);
  throw new MlError(
    'PARAM_INVALID',
    `featureSubsetStrategy must be one of auto, all, onethird, sqrt, log2, a share in (0.0, 1.0] or a whole number from 1 on, got ${show(strategy)}`,
    { param: 'featureSubsetStrategy', value: strategy },
  );
}
