import type { ColumnHandle, FeaturePart } from './contract.ts';

type CodesPart = Extract<FeaturePart, { kind: 'codes' }>;

/** Code columns that share one u8 code: Σ min(code_m, levels_m - 1) · factor_m. A single column keeps its own codes. */
export interface Bundle {
  members: { part: CodesPart; levels: number; factor: number }[];
  /** Product of the levels; of a single column 256. */
  combinations: number;
}

/**
 * Packs the u8 code columns into as few bundles as first fit in falling order of levels finds: one table look-up then serves
 * several features, and the sums of each are recovered from the bundle's sums.
 */
export function planBundles(parts: readonly FeaturePart[], columns: readonly ColumnHandle[]): Bundle[] {
  const members = parts
    .filter((part): part is CodesPart => part.kind === 'codes' && columns[part.column]?.type === 'u8')
    .map((part) => ({ part, levels: Math.min(256, part.levels ?? part.size + 1) }))
    .sort((a, b) => b.levels - a.levels);
  const bundles: Bundle[] = [];
  for (const { part, levels } of members) {
    const home = bundles.find((bundle) => bundle.combinations * levels <= 256);
    if (home) {
      home.members.push({ part, levels, factor: home.combinations });
      home.combinations *= levels;
    } else bundles.push({ members: [{ part, levels, factor: 1 }], combinations: levels });
  }
  for (const bundle of bundles) if (bundle.members.length === 1) bundle.combinations = 256;
  return bundles;
}

/** What each combination stands for, once for each member that has a slot for it: look-ups and sums go through these lists in order. */
export interface BundleSlots {
  readonly combinations: Uint8Array;
  readonly slots: Uint32Array;
  readonly values: Float64Array;
}

export function bundleSlots({ members, combinations }: Bundle): BundleSlots {
  const most = members.length * combinations;
  const found = { combinations: new Uint8Array(most), slots: new Uint32Array(most), values: new Float64Array(most) };
  let count = 0;
  for (const { part, levels, factor } of members) {
    const { offset, size, values } = part;
    const alone = members.length === 1;
    for (let combination = 0; combination < combinations; combination++) {
      const code = alone ? combination : Math.floor(combination / factor) % levels;
      if (code >= size) continue;
      found.combinations[count] = combination;
      found.slots[count] = offset + code;
      found.values[count++] = values ? values[code] : 1;
    }
  }
  return {
    combinations: found.combinations.subarray(0, count),
    slots: found.slots.subarray(0, count),
    values: found.values.subarray(0, count),
  };
}

/** table[combination] = Σ_m weights[slot of m's code] · value, for look-ups by the bundle's code. */
export function bundleTable({ combinations, slots, values }: BundleSlots, weights: Float64Array, table: Float64Array): void {
  table.fill(0);
  for (let k = 0; k < slots.length; k++) {
    const at = combinations[k];
    table[at] += weights[slots[k]] * values[k];
  }
}

/** sums[slot] += Σ tables[combination] · value: what each feature has of the bundle's sums (even and odd rows). */
export function spreadBundle({ combinations, slots, values }: BundleSlots, even: Float64Array, odd: Float64Array, sums: Float64Array): void {
  for (let k = 0; k < slots.length; k++) {
    const at = combinations[k];
    const slot = slots[k];
    sums[slot] += (even[at] + odd[at]) * values[k];
  }
}
