import type { FeatureBins } from '../bins.ts';
import { binCount } from '../bins.ts';

/**
 * A feature within a code column: its code c adds `steps[c]` to the column's code, where steps are `level · factor`, levels numbering the codes that
 * occur.
 */
export interface BundleMember {
  readonly feature: number;
  readonly factor: number;
  /** The code of each level. */
  readonly codes: Uint8Array;
  readonly steps: Uint8Array;
}

/**
 * A column of the histograms: sums `[offset, offset + size)`. One feature with codes of its own, or (`members`) several of few levels that share a
 * byte: one addition a row then serves them all, and what each has is added up from the combinations.
 */
export interface CodeColumn {
  readonly offset: number;
  readonly size: number;
  readonly feature: number;
  /** Null where the column is one feature's own codes. */
  readonly members: readonly BundleMember[] | null;
}

/** Features of one-byte codes come first, each column with room for 256 sums; then those of two bytes. */
export interface CodeColumns {
  readonly columns: readonly CodeColumn[];
  /** How many of them have one-byte codes: bytes of a row. */
  readonly narrow: number;
  /** Sums of all. */
  readonly sums: number;
}

/** Sums that one-byte columns have room for. */
export const TABLE = 256;
/** Features of more levels than this are not bundled. */
export const MOST_LEVELS = 128;

/** Whether the feature's codes take one byte, the missing one counted. */
export function isNarrow(bins: FeatureBins): boolean {
  return binCount(bins) < TABLE;
}

/** Sums of the columns at most, whatever is bundled. */
export function mostSums(bins: readonly FeatureBins[]): number {
  return bins.reduce((sum, one) => sum + (isNarrow(one) ? TABLE : binCount(one) + 1), 0);
}

/**
 * The columns of the features. `occurs[256 · feature + code]` is 1 where a row has the code: features of few such codes share columns, first fit in
 * falling order of their levels, as long as the products of levels stay within a byte.
 */
export function planColumns(bins: readonly FeatureBins[], occurs: Uint8Array): CodeColumns {
  const bundles: { combinations: number; members: BundleMember[] }[] = [];
  const own: number[] = [];
  const wide: number[] = [];
  const few: { feature: number; codes: Uint8Array }[] = [];
  bins.forEach((one, feature) => {
    if (!isNarrow(one)) wide.push(feature);
    else if (binCount(one) > MOST_LEVELS) own.push(feature);
    else {
      const codes = Uint8Array.from(Array.from({ length: binCount(one) + 1 }, (_, c) => c).filter((c) => occurs[TABLE * feature + c] === 1));
      if (codes.length > MOST_LEVELS) own.push(feature);
      else few.push({ feature, codes });
    }
  });
  few.sort((a, b) => b.codes.length - a.codes.length || a.feature - b.feature);
  for (const { feature, codes } of few) {
    let bundle = bundles.find(({ combinations }) => combinations * codes.length <= TABLE);
    if (!bundle) bundles.push((bundle = { combinations: 1, members: [] }));
    const steps = new Uint8Array(TABLE);
    const factor = bundle.combinations;
    codes.forEach((code, level) => {
      steps[code] = level * factor;
    });
    bundle.members.push({ feature, factor, codes, steps });
    bundle.combinations *= codes.length;
  }
  const columns: CodeColumn[] = own.map((feature, k) => ({ offset: TABLE * k, size: binCount(bins[feature]) + 1, feature, members: null }));
  for (const { members, combinations } of bundles) {
    columns.push({ offset: TABLE * columns.length, size: combinations, feature: members[0].feature, members });
  }
  const narrow = columns.length;
  let sums = TABLE * narrow;
  for (const feature of wide) {
    const size = binCount(bins[feature]) + 1;
    columns.push({ offset: sums, size, feature, members: null });
    sums += size;
  }
  return { columns, narrow, sums };
}
