/** How values of features are read before trees look at them: rules of the libraries that models come from. Plain data; NaN stays missing. */
export interface FeatureReading {
  /** Features whose zeros (up to 1e-35 either way) count as missing. */
  readonly zeroMissing?: readonly number[];
  /** By feature 0, or a category c: values are rounded towards zero, and what is then none of 0 … c - 1 counts as c. */
  readonly otherCategory?: readonly number[];
}

/** What LightGBM takes for zero: the float nearest to 1e-35. */
export const ZERO = 1.0000000180025095e-35;

/** Rewrites values as they are to be read, in place. */
export interface FeatureReader {
  row(x: Float64Array): void;
  column(values: Float64Array, feature: number): void;
}

export function featureReader({ zeroMissing = [], otherCategory = [] }: FeatureReading = {}): FeatureReader {
  const zeros = new Set(zeroMissing);
  const read = (x: number, feature: number): number => {
    if (zeros.has(feature) && Math.abs(x) <= ZERO) return Number.NaN;
    const other = otherCategory[feature];
    if (!other || Number.isNaN(x)) return x;
    const category = Math.trunc(x);
    return category >= 0 && category < other ? category : other;
  };
  const concerned = [...new Set([...zeros, ...otherCategory.keys()])].filter((j) => zeros.has(j) || otherCategory[j] > 0);
  const isConcerned = new Set(concerned);
  return {
    row(x) {
      for (const j of concerned) x[j] = read(x[j], j);
    },
    column(values, feature) {
      if (!isConcerned.has(feature)) return;
      for (let i = 0; i < values.length; i++) values[i] = read(values[i], feature);
    },
  };
}
