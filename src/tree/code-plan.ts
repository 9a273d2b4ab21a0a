import { codeNumber } from '../kernels/js/trees.ts';
import type { Trees } from './trees.ts';

/**
 * A column of one-byte codes of a feature. Numeric: how many of `edges` (at most 255) are below the value, `missing` for NaN; categories (`edges`
 * null): the value itself, or 255.
 */
export interface CodeColumn {
  readonly feature: number;
  readonly edges: Float64Array | null;
  readonly missing: number;
}

/** Splits as tests of codes; see `kernels/js/trees.ts`. */
export interface CodePlan {
  readonly columns: readonly CodeColumn[];
  /** Of each inner node, its column and its test. */
  readonly column: Int32Array;
  readonly test: Uint32Array;
  /** Tables of 32 bytes for splits by category. */
  readonly tables: Uint8Array;
}

const EDGES = 255;
const MAX_CHUNKS = 1 << 24;
const CATEGORIES = 256;

/**
 * How the features of `trees` become codes. A feature of more than 255 thresholds gets a column for each 255 of them; one whose missing values go
 * both ways gets two, since they are coded as the least value or as the greatest. Null where a split knows more than 255 categories: such trees are
 * scored on the values themselves.
 */
export function planCodes(trees: Trees, numFeatures: number): CodePlan | null {
  const { feature, threshold, missingLeft, categoryStarts } = trees;
  const nodes = feature.length;
  const thresholds = sortedThresholds(trees, numFeatures);
  const columns: CodeColumn[] = [];
  const known = new Map<number, number>();
  const columnOf = (key: number, make: () => CodeColumn): number => {
    const at = known.get(key);
    if (at !== undefined) return at;
    known.set(key, columns.length);
    return columns.push(make()) - 1;
  };
  const column = new Int32Array(nodes).fill(-1);
  const test = new Uint32Array(nodes);
  const tables: Uint8Array[] = [];
  for (let i = 0; i < nodes; i++) {
    const j = feature[i];
    if (j < 0) continue;
    if (categoryStarts[i + 1] > categoryStarts[i]) {
      const table = categoryTable(trees, i);
      if (!table) return null;
      column[i] = columnOf(-1 - j, () => ({ feature: j, edges: null, missing: 255 }));
      test[i] = 256 + tables.length * table.length;
      tables.push(table);
      continue;
    }
    const edges = thresholds[j] as Float64Array;
    const k = codeNumber(threshold[i], edges, edges.length, 0);
    const chunk = Math.floor(k / EDGES);
    column[i] = columnOf((2 * j + missingLeft[i]) * MAX_CHUNKS + chunk, () => ({
      feature: j,
      edges: edges.subarray(chunk * EDGES, (chunk + 1) * EDGES),
      missing: missingLeft[i] === 1 ? 0 : 255,
    }));
    test[i] = k - chunk * EDGES;
  }
  const bytes = new Uint8Array(32 * tables.length);
  tables.forEach((table, t) => {
    bytes.set(table, 32 * t);
  });
  return { columns, column, test, tables: bytes };
}

/** Each feature's thresholds, ascending, each once. */
function sortedThresholds({ feature, threshold, categoryStarts }: Trees, numFeatures: number): (Float64Array | undefined)[] {
  const values: number[][] = [];
  for (let i = 0; i < feature.length; i++) {
    if (feature[i] >= 0 && categoryStarts[i + 1] === categoryStarts[i]) (values[feature[i]] ??= []).push(threshold[i]);
  }
  return Array.from(
    { length: numFeatures },
    (_, j) =>
      values[j] &&
      Float64Array.from(values[j])
        .sort()
        .filter((x, k, all) => k === 0 || x !== all[k - 1]),
  );
}

/** 256 bits, those beyond the node's words as missing values go; null where 255 is a category of its own. */
function categoryTable({ categoryStarts, categories, missingLeft }: Trees, node: number): Uint8Array | null {
  const from = categoryStarts[node];
  const bits = (categoryStarts[node + 1] - from) * 32;
  if (bits > CATEGORIES) return null;
  const table = new Uint8Array(CATEGORIES / 8).fill(missingLeft[node] === 1 ? 255 : 0);
  for (let byte = 0; byte < bits / 8; byte++) table[byte] = categories[from + (byte >> 2)] >>> (8 * (byte & 3));
  return bits === CATEGORIES && table[31] >> 7 !== missingLeft[node] ? null : table;
}
