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

/** table[combination] = Σ_m weights[slot of m's code] · value, for look-ups by the bundle's code. */
export function bundleTable(bundle: Bundle, weights: Float64Array, table: Float64Array): void {
  table.fill(0, 0, bundle.combinations);
  eachSlot(bundle, (combination, slot, value) => {
    table[combination] = (table[combination] as number) + (weights[slot] as number) * value;
  });
}

/** sums[slot] += Σ tables[combination] · value: what each feature has of the bundle's sums (even and odd rows). */
export function spreadBundle(bundle: Bundle, even: Float64Array, odd: Float64Array, sums: Float64Array): void {
  eachSlot(bundle, (combination, slot, value) => {
    sums[slot] = (sums[slot] as number) + ((even[combination] as number) + (odd[combination] as number)) * value;
  });
}

function eachSlot({ members, combinations }: Bundle, visit: (combination: number, slot: number, value: number) => void): void {
  for (const { part, levels, factor } of members) {
    const { offset, size, values } = part;
    const alone = members.length === 1;
    for (let combination = 0; combination < combinations; combination++) {
      const code = alone ? combination : Math.floor(combination / factor) % levels;
      if (code < size) visit(combination, offset + code, values ? (values[code] as number) : 1);
    }
  }
}
