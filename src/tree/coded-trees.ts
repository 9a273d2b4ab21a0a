import type { CodePart, DensePart, NumberPart, SparsePart, VectorColumn } from '../block/column.ts';
import { BUCKETS, type CodeBuckets, codeBuckets, codeCategory, codeNumber } from '../kernels/js/trees.ts';
import { instantiate, type Kernels } from '../kernels/kernels.ts';
import { PAGE, type SharedMemory, sharedMemory } from '../kernels/memory.ts';
import type { CodeColumn, CodePlan } from './code-plan.ts';
import { type Trees, treeCount } from './trees.ts';

/** Rows that are coded at a time, and rows whose codes stay in the first cache while all trees look at them. */
const TILE = 2048;
const RUN = 512;
/** Rows of which features are picked at a time. */
const PICKED = 128;
const SLOT = 64;
const CONSTANT_SLOTS = 256;
/** Leaves of a tree at most for all splits to be tried at once: their numbers are bytes. Larger ones are walked from the root. */
const MAX_LEAVES = 256;

interface CodedTree {
  /** Whether all splits are tried. */
  readonly whole: boolean;
  readonly splits: number;
  readonly nodes: number;
  readonly values: number;
  /** Node number of each leaf. */
  readonly leafNodes: Int32Array;
}

/** A column of codes with the addresses of its codes, its edges and, behind these, where their buckets begin; `buckets` null for categories. */
interface PlacedColumn extends CodeColumn {
  readonly codes: number;
  readonly edgesAt: number;
  readonly startsAt: number;
  readonly buckets: CodeBuckets | null;
}

/**
 * An ensemble in a memory of its own, for the kernels: features become codes of one byte, the same comparisons decide, and the same sums come out as
 * in the plain scorer, to the bit.
 */
export class CodedTrees {
  readonly count: number;
  readonly #kernels: Kernels;
  readonly #memory: SharedMemory;
  /** As long as it was at first: all but the sums lies in it. */
  readonly #buffer: SharedArrayBuffer;
  readonly #end: number;
  readonly #trees: CodedTree[] = [];
  /** By feature, those that trees split. */
  readonly #columns = new Map<number, PlacedColumn[]>();
  /** Those features, ascending. */
  readonly #features: Int32Array;
  readonly #prepare: (values: Float64Array, feature: number) => void;
  readonly #values: Float64Array;
  readonly #slots: number;
  readonly #codes: number;
  readonly #tables: number;
  readonly #leaves: number;

  /** `values` has what each node adds to a sum; `prepare` may change a feature's values before they are coded. */
  constructor(trees: Trees, plan: CodePlan, values: Float64Array, prepare: (values: Float64Array, feature: number) => void) {
    const places = new Places();
    this.count = treeCount(trees);
    this.#prepare = prepare;
    this.#slots = places.take(SLOT * (CONSTANT_SLOTS + MAX_LEAVES));
    const valuesAt = places.take(8 * TILE);
    this.#leaves = places.take(4 * RUN);
    this.#codes = places.take(TILE * plan.columns.length);
    this.#tables = places.take(plan.tables.length);
    const buckets = plan.columns.map(({ edges }) => edges && codeBuckets(edges));
    const edgesAt = plan.columns.map(({ edges }, v) => places.take(8 * roomFor(edges, buckets[v])));
    const startsAt = buckets.map((found) => places.take(found ? BUCKETS : 0));
    const sizes = Array.from({ length: this.count }, (_, t) => trees.starts[t + 1] - trees.starts[t]);
    const nodesAt = sizes.map((size) => places.take(16 * ((size - 1) >> 1)));
    const leafValuesAt = sizes.map((size) => places.take(8 * ((size + 1) >> 1)));
    const memory = sharedMemory(places.top);
    this.#memory = memory;
    this.#kernels = instantiate(memory);
    this.#buffer = memory.buffer;
    this.#end = places.top;
    this.#values = new Float64Array(memory.buffer, valuesAt, TILE);

    const constants = new Uint8Array(memory.buffer, this.#slots, SLOT * CONSTANT_SLOTS);
    for (let leaf = 0; leaf < CONSTANT_SLOTS; leaf++) constants.fill(leaf, SLOT * leaf, SLOT * (leaf + 1));
    new Uint8Array(memory.buffer, this.#tables, plan.tables.length).set(plan.tables);
    plan.columns.forEach((column, v) => {
      const placed = { ...column, codes: this.#codes + TILE * v, edgesAt: edgesAt[v], startsAt: startsAt[v], buckets: buckets[v] };
      if (column.edges && buckets[v]) {
        const edges = new Float64Array(memory.buffer, placed.edgesAt, roomFor(column.edges, buckets[v])).fill(Number.POSITIVE_INFINITY);
        edges.set(column.edges);
        new Uint8Array(memory.buffer, placed.startsAt, BUCKETS).set(buckets[v].starts);
      }
      const same = this.#columns.get(column.feature);
      if (same) same.push(placed);
      else this.#columns.set(column.feature, [placed]);
    });
    this.#features = Int32Array.from(this.#columns.keys()).sort();
    for (let t = 0; t < this.count; t++) this.#trees.push(this.#place(trees, t, plan, nodesAt[t], leafValuesAt[t], values));
  }

  /** Adds the values of the leaves that rows `[0, rows)` reach: `out[i * width + t mod width] += value`, in tree order. */
  addSums(features: VectorColumn, rows: number, width: number, out: Float64Array): void {
    const sums = this.#sums(width);
    for (let lo = 0; lo < rows; lo += TILE) {
      const n = Math.min(TILE, rows - lo);
      this.#code(features, lo, n);
      sums.set(out.subarray(lo * width, (lo + n) * width));
      for (let from = 0; from < n; from += RUN) {
        const run = Math.min(RUN, n - from);
        for (let t = 0; t < this.count; t++) {
          const tree = this.#trees[t];
          this.#find(tree, from, run);
          const at = sums.byteOffset + 8 * (from * width + (t % width));
          if (tree.whole) this.#kernels.add_leaves_u8(at, width, this.#leaves, tree.values, run);
          else this.#kernels.add_leaves_u32(at, width, this.#leaves, tree.values, run);
        }
      }
      out.set(sums.subarray(0, n * width), lo * width);
    }
  }

  /** The node number of the leaf that row i reaches in tree t, to `out[i * count + t]`. */
  writeLeaves(features: VectorColumn, rows: number, out: Int32Array): void {
    const { count } = this;
    const bytes = new Uint8Array(this.#buffer, this.#leaves, RUN);
    const words = new Uint32Array(this.#buffer, this.#leaves, RUN);
    for (let lo = 0; lo < rows; lo += TILE) {
      const n = Math.min(TILE, rows - lo);
      this.#code(features, lo, n);
      for (let from = 0; from < n; from += RUN) {
        const run = Math.min(RUN, n - from);
        for (let t = 0; t < count; t++) {
          const tree = this.#trees[t];
          this.#find(tree, from, run);
          const { leafNodes, whole } = tree;
          const leaves = whole ? bytes : words;
          for (let i = 0, p = (lo + from) * count + t; i < run; i++, p += count) out[p] = leafNodes[leaves[i]];
        }
      }
    }
  }

  /** Room for the sums of a tile, behind all else. */
  #sums(width: number): Float64Array {
    const pages = Math.ceil((this.#end + 8 * TILE * width - this.#memory.buffer.byteLength) / PAGE);
    if (pages > 0) this.#memory.grow(pages);
    return new Float64Array(this.#memory.buffer, this.#end, TILE * width);
  }

  /** The leaves of rows `[from, from + n)` of the coded tile. */
  #find({ whole, nodes, splits }: CodedTree, from: number, n: number): void {
    if (whole) this.#kernels.tree_leaves_u8(this.#leaves, nodes, splits, this.#codes + from, this.#slots, this.#tables, n);
    else this.#kernels.walk_leaves_u32(this.#leaves, nodes, this.#codes + from, this.#tables, n);
  }

  /** Codes rows `[lo, lo + n)` of all features that trees split. */
  #code({ parts }: VectorColumn, lo: number, n: number): void {
    let offset = 0;
    let next = 0;
    for (const part of parts) {
      const first = next;
      while (next < this.#features.length && this.#features[next] < offset + part.size) next++;
      const features = this.#features.subarray(first, next);
      if (part.kind === 'sparse') this.#codeSparse(part, offset, features, lo, n);
      else if (part.kind === 'dense') this.#codeDense(part, offset, features, lo, n);
      else for (const feature of features) this.#codeFeature(part, feature - offset, feature, lo, n);
      offset += part.size;
    }
  }

  #codeFeature(part: NumberPart | CodePart, slot: number, feature: number, lo: number, n: number): void {
    const columns = this.#columns.get(feature) as PlacedColumn[];
    if (part.kind === 'codes') {
      this.#codeOneHot(part, slot, feature, columns, lo, n);
      return;
    }
    this.#values.set(part.values.subarray(lo, lo + n));
    this.#codeValues(feature, columns, 0, n);
  }

  /** Some rows at a time, which stay in the first cache while feature after feature is picked out of them. */
  #codeDense({ values, size }: DensePart, offset: number, features: Int32Array, lo: number, n: number): void {
    for (let from = 0; from < n; from += PICKED) {
      const count = Math.min(PICKED, n - from);
      for (const feature of features) {
        for (let i = 0, p = (lo + from) * size + feature - offset; i < count; i++, p += size) this.#values[i] = values[p];
        this.#codeValues(feature, this.#columns.get(feature) as PlacedColumn[], from, count);
      }
    }
  }

  /** Codes the first `n` values, for rows that begin with `from` of the tile. */
  #codeValues(feature: number, columns: readonly PlacedColumn[], from: number, n: number): void {
    this.#prepare(this.#values.subarray(0, n), feature);
    const { byteOffset } = this.#values;
    for (const { codes, edgesAt, startsAt, buckets, missing } of columns) {
      if (buckets) {
        const { lowest, scale, top } = buckets;
        this.#kernels.code_numbers_u8(codes + from, byteOffset, edgesAt, startsAt, lowest, scale, top, missing, n);
      } else this.#kernels.code_categories_u8(codes + from, byteOffset, n);
    }
  }

  /** A slot of codes holds one of two values. */
  #codeOneHot({ codes, table }: CodePart, slot: number, feature: number, columns: readonly PlacedColumn[], lo: number, n: number): void {
    const one = this.#prepared(table ? table[slot] : 1, feature);
    const zero = this.#prepared(0, feature);
    for (const column of columns) {
      const out = new Uint8Array(this.#buffer, column.codes, n);
      const [is, isNot] = [codeOf(column, one), codeOf(column, zero)];
      for (let i = 0; i < n; i++) out[i] = codes[lo + i] === slot ? is : isNot;
    }
  }

  #codeSparse({ starts, indices, values }: SparsePart, offset: number, features: Int32Array, lo: number, n: number): void {
    for (const feature of features) {
      const zero = this.#prepared(0, feature);
      for (const column of this.#columns.get(feature) as PlacedColumn[]) new Uint8Array(this.#buffer, column.codes, n).fill(codeOf(column, zero));
    }
    const bytes = new Uint8Array(this.#buffer);
    for (let i = 0; i < n; i++) {
      for (let p = starts[lo + i]; p < starts[lo + i + 1]; p++) {
        const columns = this.#columns.get(offset + indices[p]);
        if (!columns) continue;
        const x = this.#prepared(values[p], offset + indices[p]);
        for (const column of columns) bytes[column.codes + i] = codeOf(column, x);
      }
    }
  }

  #prepared(value: number, feature: number): number {
    this.#values[0] = value;
    this.#prepare(this.#values.subarray(0, 1), feature);
    return this.#values[0];
  }

  #place(
    { starts, feature, left, right }: Trees,
    t: number,
    { column, test }: CodePlan,
    nodes: number,
    values: number,
    value: Float64Array,
  ): CodedTree {
    const first = starts[t];
    const size = starts[t + 1] - first;
    const splits = (size - 1) >> 1;
    const whole = splits < MAX_LEAVES;
    const records = new Uint32Array(this.#buffer, nodes, 4 * splits);
    const leafValues = new Float64Array(this.#buffer, values, splits + 1);
    const leafNodes = new Int32Array(splits + 1);
    // Splits and leaves are numbered apart, both in preorder.
    const number = new Uint32Array(size);
    let [inner, leaf] = [0, 0];
    for (let i = 0; i < size; i++) {
      if (feature[first + i] >= 0) {
        number[i] = inner++;
        continue;
      }
      leafNodes[leaf] = first + i;
      leafValues[leaf] = value[first + i];
      number[i] = leaf++;
    }
    const childOf = (node: number): number => {
      const k = number[node - first];
      if (whole) return SLOT * (feature[node] < 0 ? k : CONSTANT_SLOTS + k);
      return feature[node] < 0 ? 0x80000000 + k : 16 * k;
    };
    for (let i = 0; i < size; i++) {
      const node = first + i;
      if (feature[node] < 0) continue;
      const at = 4 * (whole ? splits - 1 - number[i] : number[i]);
      records[at] = TILE * column[node];
      records[at + 1] = childOf(left[node]);
      records[at + 2] = childOf(right[node]);
      records[at + 3] = test[node];
    }
    return { whole, splits, nodes, values, leafNodes };
  }
}

/** What code a value gets, by the plain definition. */
function codeOf({ edges, missing }: CodeColumn, x: number): number {
  return edges ? codeNumber(x, edges, edges.length, missing) : codeCategory(x);
}

/** The edges and what a search that begins behind the last of them looks at. */
function roomFor(edges: Float64Array | null, buckets: CodeBuckets | null): number {
  return edges && buckets ? edges.length + 2 * buckets.top - 1 : 0;
}

/** Hands out addresses, each at the start of a cache line. */
class Places {
  top = 64;

  take(bytes: number): number {
    const at = this.top;
    this.top += Math.ceil(bytes / 64) * 64;
    return at;
  }
}
