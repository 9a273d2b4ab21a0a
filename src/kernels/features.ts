import { type Bundle, type BundleSlots, bundleSlots, bundleTable, planBundles, spreadBundle } from './bundles.ts';
import type { ColumnHandle, FeaturePart, LinearArgs, PartitionHandle, Region } from './contract.ts';
import { instantiate, type Kernels } from './kernels.ts';

/** Rows that are worked on at a time: their columns stay in the second-level cache between margins and gradient. */
export const TILE_ROWS = 512;

type CodesPart = Extract<FeaturePart, { kind: 'codes' }>;
type CsrPart = Extract<FeaturePart, { kind: 'csr' }>;
const LINE = 64;

/** Hands out addresses one after the other, each at the start of a cache line. */
class Addresses {
  top: number;

  constructor(from: number) {
    this.top = from;
  }

  take(bytes: number): number {
    const at = this.top;
    this.top += Math.ceil(bytes / LINE) * LINE;
    return at;
  }
}

/** What the features of a partition are made of, and where one thread's scratch lies. */
interface Layout {
  dense: { column: number; slot: number }[];
  bundles: Bundle[];
  wide: { part: CodesPart; table: number; sums: number }[];
  csr: { part: CsrPart; weights: number; sums: number }[];
  /** u32 addresses of the dense columns, and of the bundles' codes. */
  densePointers: number;
  bundlePointers: number;
  /** By class: dense weights and sums, tables (2048 bytes a bundle) and sums of bundles (4096 bytes). */
  denseWeights: number;
  denseSums: number;
  tables: number;
  bundleSums: number;
  /** By class, TILE_ROWS apart. */
  margins: number;
  labels: number;
  end: number;
}

function layOut(partition: PartitionHandle, args: LinearArgs, classes: number, from: number): Layout {
  const dense = args.parts.flatMap((part) => (part.kind === 'dense' ? part.columns.map((column, i) => ({ column, slot: part.offset + i })) : []));
  const bundles = planBundles(args.parts, partition.columns);
  const to = new Addresses(from);
  const margins = to.take(8 * TILE_ROWS * classes);
  const labels = to.take(8 * TILE_ROWS);
  const wide = args.parts
    .filter((part): part is CodesPart => part.kind === 'codes' && partition.columns[part.column]?.type !== 'u8')
    .map((part) => ({ part, table: to.take(8 * classes * (part.size + 1)), sums: to.take(8 * classes * (part.size + 1)) }));
  const csr = args.parts
    .filter((part): part is CsrPart => part.kind === 'csr')
    .map((part) => ({ part, weights: to.take(8 * classes * part.size), sums: to.take(8 * classes * part.size) }));
  const densePointers = to.take(4 * dense.length);
  const bundlePointers = to.take(4 * bundles.length);
  const denseWeights = to.take(8 * dense.length * classes);
  const denseSums = to.take(8 * dense.length * classes);
  const tables = to.take(2048 * bundles.length * classes);
  const bundleSums = to.take(4096 * bundles.length * classes);
  return { dense, bundles, wide, csr, densePointers, bundlePointers, denseWeights, denseSums, tables, bundleSums, margins, labels, end: to.top };
}

export function scratchBytes(partition: PartitionHandle, args: LinearArgs, classes: number): number {
  return layOut(partition, args, classes, 0).end;
}

/** Bytes of the bundled code columns of a partition. */
export function preparedBytes(partition: PartitionHandle, args: LinearArgs): number {
  const bundled = planBundles(args.parts, partition.columns).filter(({ members }) => members.length > 1);
  return bundled.length * stride(partition);
}

/** Writes the bundled codes of rows `[lo, hi)`. */
export function prepareBundles(partition: PartitionHandle, prepared: Region, args: LinearArgs, lo: number, hi: number): void {
  const kernels = instantiate(partition.memory);
  let at = prepared.ptr;
  for (const { members } of planBundles(args.parts, partition.columns)) {
    if (members.length === 1) continue;
    new Uint8Array(partition.memory.buffer, at + lo, hi - lo).fill(0);
    for (const { part, levels, factor } of members) {
      kernels.pack_codes(at + lo, partition.columns[part.column].ptr + lo, factor, levels - 1, hi - lo);
    }
    at += stride(partition);
  }
}

function stride(partition: PartitionHandle): number {
  return Math.ceil(partition.rows / LINE) * LINE;
}

/**
 * The features of one partition as seen by one thread: margins from weights, and sums of multiplier · feature. `classes` weight vectors at once.
 * A margin is intercept, then dense columns, then bundles of codes, then wide codes, then sparse parts, each in the order of the parts.
 */
export class Features {
  readonly kernels: Kernels;
  /** Address of the margins of a tile, class c at + 8 · TILE_ROWS · c; multipliers take their place. */
  readonly margins: number;
  readonly #partition: PartitionHandle;
  readonly #classes: number;
  readonly #numFeatures: number;
  readonly #layout: Layout;
  /** By bundle. */
  readonly #slots: readonly BundleSlots[];
  readonly #labelColumn: ColumnHandle;
  readonly #weightColumn: ColumnHandle | undefined;
  #intercepts = new Float64Array(0);

  constructor(partition: PartitionHandle, scratch: Region, prepared: Region | undefined, args: LinearArgs, classes: number) {
    this.#partition = partition;
    this.#classes = classes;
    this.#numFeatures = args.numFeatures;
    this.kernels = instantiate(partition.memory);
    this.#layout = layOut(partition, args, classes, scratch.ptr);
    this.margins = this.#layout.margins;
    this.#labelColumn = partition.columns[args.label];
    this.#weightColumn = args.weight === undefined ? undefined : partition.columns[args.weight];
    const { dense, bundles, densePointers, bundlePointers } = this.#layout;
    this.#words(densePointers, dense.length).set(dense.map(({ column }) => this.#column(column).ptr));
    let packed = prepared?.ptr ?? 0;
    const pointers = bundles.map(({ members }) => {
      if (members.length === 1) return this.#column(members[0].part.column).ptr;
      packed += stride(partition);
      return packed - stride(partition);
    });
    this.#words(bundlePointers, bundles.length).set(pointers);
    this.#slots = bundles.map(bundleSlots);
  }

  /** Takes the weights (class c at `numFeatures · c`), then the intercepts. */
  load(input: Float64Array): void {
    const classes = this.#classes;
    const numFeatures = this.#numFeatures;
    const layout = this.#layout;
    this.#intercepts = input.slice(classes * numFeatures);
    for (let c = 0; c < classes; c++) {
      const weights = input.subarray(c * numFeatures, (c + 1) * numFeatures);
      const dense = this.#doubles(layout.denseWeights + 8 * c * layout.dense.length, layout.dense.length);
      layout.dense.forEach(({ slot }, j) => {
        dense[j] = weights[slot];
      });
      this.#slots.forEach((slots, b) => {
        bundleTable(slots, weights, this.#doubles(layout.tables + 2048 * (c * layout.bundles.length + b), 256));
      });
      for (const { part, table } of layout.wide) {
        const entries = this.#doubles(table + 8 * c * (part.size + 1), part.size + 1);
        for (let code = 0; code < part.size; code++) entries[code] = weights[part.offset + code] * (part.values?.[code] ?? 1);
        entries[part.size] = 0;
      }
      for (const { part, weights: at } of layout.csr) {
        this.#doubles(at + 8 * c * part.size, part.size).set(weights.subarray(part.offset, part.offset + part.size));
      }
    }
  }

  /** Forgets the sums. */
  clear(): void {
    const classes = this.#classes;
    const layout = this.#layout;
    this.#doubles(layout.denseSums, classes * layout.dense.length).fill(0);
    this.#doubles(layout.bundleSums, 512 * classes * layout.bundles.length).fill(0);
    for (const { part, sums } of layout.wide) this.#doubles(sums, classes * (part.size + 1)).fill(0);
    for (const { part, sums } of layout.csr) this.#doubles(sums, classes * part.size).fill(0);
  }

  /** Address of the labels of rows `[lo, lo + n)` as doubles. */
  labels(lo: number, n: number): number {
    const { type, ptr } = this.#labelColumn;
    if (type === 'f64') return ptr + 8 * lo;
    const width = type === 'u8' ? 1 : type === 'u16' ? 2 : 4;
    this.kernels.widen_codes(this.#layout.labels, ptr + width * lo, width, n);
    return this.#layout.labels;
  }

  /** Address of the weights from row `lo` on; 0 when there are none. */
  weights(lo: number): number {
    return this.#weightColumn ? this.#weightColumn.ptr + 8 * lo : 0;
  }

  /** Writes the margins of rows `[lo, lo + n)`, n <= TILE_ROWS. */
  computeMargins(lo: number, n: number): void {
    const layout = this.#layout;
    const { kernels } = this;
    const { dense, bundles, wide, csr } = layout;
    for (let c = 0; c < this.#classes; c++) {
      const z = this.margins + 8 * TILE_ROWS * c;
      kernels.fill_f64(z, this.#intercepts[c], n);
      if (dense.length > 0) kernels.axpy_columns_f64(z, layout.densePointers, layout.denseWeights + 8 * c * dense.length, dense.length, lo, n);
      if (bundles.length > 0) {
        kernels.lookup_columns_u8(z, layout.bundlePointers, layout.tables + 2048 * c * bundles.length, bundles.length, lo, n);
      }
      for (const { part, table } of wide) {
        const { type, ptr } = this.#column(part.column);
        const at = table + 8 * c * (part.size + 1);
        if (type === 'u16') kernels.lookup_u16(z, ptr + 2 * lo, at, part.size, n);
        else kernels.lookup_u32(z, ptr + 4 * lo, at, part.size, n);
      }
      for (const { part, weights } of csr) {
        const { ptr, indices = 0, values = 0 } = this.#column(part.column);
        kernels.csr_axpy(z, ptr, indices, values, weights + 8 * c * part.size, lo, n);
      }
    }
  }

  /** Adds multiplier · feature of rows `[lo, lo + n)` to the sums; the multipliers stand where the margins were. */
  addGradient(lo: number, n: number): void {
    const layout = this.#layout;
    const { kernels } = this;
    const { dense, bundles, wide, csr } = layout;
    for (let c = 0; c < this.#classes; c++) {
      const m = this.margins + 8 * TILE_ROWS * c;
      if (dense.length > 0) kernels.dot_columns_f64(layout.denseSums + 8 * c * dense.length, layout.densePointers, m, dense.length, lo, n);
      if (bundles.length > 0) {
        kernels.scatter_columns_u8(layout.bundleSums + 4096 * c * bundles.length, layout.bundlePointers, m, bundles.length, lo, n);
      }
      for (const { part, sums } of wide) {
        const { type, ptr } = this.#column(part.column);
        const at = sums + 8 * c * (part.size + 1);
        if (type === 'u16') kernels.scatter_u16(at, ptr + 2 * lo, m, part.size, n);
        else kernels.scatter_u32(at, ptr + 4 * lo, m, part.size, n);
      }
      for (const { part, sums } of csr) {
        const { ptr, indices = 0, values = 0 } = this.#column(part.column);
        kernels.csr_scatter(sums + 8 * c * part.size, ptr, indices, values, m, lo, n);
      }
    }
  }

  /** Writes the sums into `out` (zeroed), class c at `numFeatures · c`. */
  store(out: Float64Array): void {
    const classes = this.#classes;
    const numFeatures = this.#numFeatures;
    const layout = this.#layout;
    for (let c = 0; c < classes; c++) {
      const gradient = out.subarray(c * numFeatures, (c + 1) * numFeatures);
      const dense = this.#doubles(layout.denseSums + 8 * c * layout.dense.length, layout.dense.length);
      layout.dense.forEach(({ slot }, j) => {
        gradient[slot] = dense[j];
      });
      this.#slots.forEach((slots, b) => {
        const at = layout.bundleSums + 4096 * (c * layout.bundles.length + b);
        spreadBundle(slots, this.#doubles(at, 256), this.#doubles(at + 2048, 256), gradient);
      });
      for (const { part, sums } of layout.wide) {
        const entries = this.#doubles(sums + 8 * c * (part.size + 1), part.size);
        for (let code = 0; code < part.size; code++) gradient[part.offset + code] = entries[code] * (part.values?.[code] ?? 1);
      }
      for (const { part, sums } of layout.csr) gradient.set(this.#doubles(sums + 8 * c * part.size, part.size), part.offset);
    }
  }

  #column(index: number): ColumnHandle {
    return this.#partition.columns[index];
  }

  #doubles(ptr: number, length: number): Float64Array {
    return new Float64Array(this.#partition.memory.buffer, ptr, length);
  }

  #words(ptr: number, length: number): Uint32Array {
    return new Uint32Array(this.#partition.memory.buffer, ptr, length);
  }
}
