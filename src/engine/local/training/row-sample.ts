import type { FeaturePart, PartitionHandle } from '../../../kernels/contract.ts';
import { columnView, sparseView } from '../../../kernels/partition-view.ts';
import { hash32 } from '../../../random.ts';
import type { FeatureSample } from '../../../tree/bins.ts';
import type { Loaded } from './load.ts';

/** The sampled values of one part of the vector, by place in the sample. */
interface PartSample {
  readonly part: FeaturePart;
  /** Of dense parts, one array a slot. */
  readonly columns: Float64Array[];
  /** Of codes. */
  codes: Uint32Array;
  /** Of sparse parts. */
  readonly rows: { indices: Uint32Array; values: Float64Array }[];
}

/** Rows of some partitions, ascending and counted from the first of those, and where they go in the sample. */
interface Chosen {
  readonly rows: Uint32Array;
  readonly places: Uint32Array;
}

/**
 * Draws `size` rows out of all that are added, in row order: those whose hash of seed and row number is least (all rows while there are no more).
 * One pass; places of rows that turn out not to belong are used again.
 */
export class RowSample {
  readonly #size: number;
  readonly #seed: number;
  #seen = 0;
  /** The weights, where there are any, then further columns. */
  #others: { readonly column: number; values: Float64Array }[] = [];
  #parts: PartSample[] = [];
  /** Places in the order of their rows. */
  #order = new Uint32Array(0);
  /** By place. */
  #hashOf = new Uint32Array(1024);
  /** No row with a larger hash belongs, as far as is known. */
  #most = 0xffffffff;
  #numFeatures = 0;
  #weighted = false;

  constructor(size: number, seed: number) {
    this.#size = size;
    this.#seed = seed;
  }

  /** The next rows, in row order. */
  add({ store, layout, numbers }: Loaded): void {
    if (this.#parts.length === 0) {
      this.#parts = layout.parts.map((part) => ({
        part,
        columns: part.kind === 'dense' ? part.columns.map(() => new Float64Array(0)) : [],
        codes: new Uint32Array(0),
        rows: [],
      }));
      this.#numFeatures = layout.numFeatures;
      this.#weighted = layout.weight !== undefined;
      this.#others = [layout.weight ?? [], numbers].flat().map((column) => ({ column, values: new Float64Array(0) }));
    }
    const { rows, places } = this.#choose(store.rows);
    let from = 0;
    for (const partition of store.partitions) {
      const end = partition.firstRow + partition.rows;
      let to = from;
      while (to < rows.length && (rows[to] as number) < end) to++;
      this.#take(partition, { rows: rows.subarray(from, to).map((row) => row - partition.firstRow), places: places.subarray(from, to) });
      from = to;
    }
  }

  /** The sample, when all rows were added. */
  finish(): Omit<FeatureSample, 'summary'> {
    const order = this.#order;
    const sparse = new Map<PartSample, Transposed>();
    const others = this.#others.map(({ values }) => gather(values, order));
    return {
      rows: this.#seen,
      sampled: order.length,
      numFeatures: this.#numFeatures,
      weights: this.#weighted ? others[0] : null,
      numbers: this.#weighted ? others.slice(1) : others,
      column: (j) => {
        const found = this.#parts.findLast(({ part }) => part.offset <= j) as PartSample;
        const slot = j - found.part.offset;
        if (found.part.kind === 'dense') return gather(found.columns[slot], order);
        const out = new Float64Array(order.length);
        if (found.part.kind === 'codes') {
          const value = found.part.values ? found.part.values[slot] : 1;
          for (let i = 0; i < out.length; i++) if (found.codes[order[i]] === slot) out[i] = value;
          return out;
        }
        let transposed = sparse.get(found);
        if (!transposed) sparse.set(found, (transposed = transpose(found, order)));
        for (let p = transposed.starts[slot]; p < transposed.starts[slot + 1]; p++) {
          out[transposed.rows[p]] = transposed.values[p];
        }
        return out;
      },
    };
  }

  /** Chooses those of the next `count` rows that belong; rows of the sample that no longer do leave their places to them. */
  #choose(count: number): Chosen {
    const seed = this.#seed;
    const first = this.#seen;
    const most = this.#most;
    const before = this.#order;
    const hashes = new Uint32Array(before.length + count);
    const rows = new Uint32Array(count);
    let found = 0;
    for (const place of before) hashes[found++] = this.#hashOf[place];
    for (let i = 0; i < count; i++) {
      const hash = hash32(seed, first + i);
      if (hash > most) continue;
      rows[found - before.length] = i;
      hashes[found++] = hash;
    }
    this.#seen += count;
    let last = most;
    let ties = Number.POSITIVE_INFINITY;
    if (found > this.#size) ({ value: last, equal: ties } = ranked(hashes.subarray(0, found), this.#size));
    this.#most = last;
    const order = new Uint32Array(Math.min(found, this.#size));
    if (order.length > this.#hashOf.length) this.#hashOf = grown(this.#hashOf, Math.min(this.#size, 2 * order.length));
    const free: number[] = [];
    let kept = 0;
    let fresh = before.length;
    let taken = 0;
    for (let k = 0; k < found; k++) {
      const hash = hashes[k] as number;
      const belongs = hash < last || (hash === last && ties-- > 0);
      if (k < before.length) {
        const place = before[k] as number;
        if (belongs) order[kept++] = place;
        else free.push(place);
      } else if (belongs) {
        const place = free.pop() ?? fresh++;
        this.#hashOf[place] = hash;
        rows[taken] = rows[k - before.length] as number;
        order[kept + taken++] = place;
      }
    }
    this.#order = order;
    return { rows: rows.subarray(0, taken), places: order.subarray(kept) };
  }

  /** Copies values of the chosen rows of a partition. */
  #take(partition: PartitionHandle, { rows, places }: Chosen): void {
    const taken = rows.length;
    if (taken === 0) return;
    const capacity = this.#hashOf.length;
    for (const sample of this.#parts) {
      const { part } = sample;
      if (part.kind === 'dense') {
        part.columns.forEach((column, j) => {
          const values = columnView(partition, column);
          const into = grown(sample.columns[j], capacity);
          sample.columns[j] = into;
          for (let k = 0; k < taken; k++) into[places[k]] = values[rows[k]];
        });
      } else if (part.kind === 'codes') {
        const codes = columnView(partition, part.column);
        sample.codes = grown(sample.codes, capacity);
        for (let k = 0; k < taken; k++) sample.codes[places[k]] = codes[rows[k]];
      } else {
        const { starts, indices, values } = sparseView(partition, part.column);
        for (let k = 0; k < taken; k++) {
          const row = rows[k];
          const lo = starts[row];
          const hi = starts[row + 1];
          sample.rows[places[k]] = { indices: indices.slice(lo, hi), values: values.slice(lo, hi) };
        }
      }
    }
    for (const other of this.#others) {
      const values = columnView(partition, other.column);
      other.values = grown(other.values, capacity);
      for (let k = 0; k < taken; k++) other.values[places[k]] = values[rows[k] as number];
    }
  }
}

/** Sparse rows by column: slot s holds `values[p]` in sampled row `rows[p]` for p in `starts[s] … starts[s + 1] - 1`. */
interface Transposed {
  readonly starts: Uint32Array;
  readonly rows: Uint32Array;
  readonly values: Float64Array;
}

function transpose({ part, rows }: PartSample, order: Uint32Array): Transposed {
  const size = part.kind === 'csr' ? part.size : 0;
  const starts = new Uint32Array(size + 2);
  for (const place of order) for (const slot of rows[place]?.indices ?? []) starts[slot + 2] += 1;
  for (let s = 2; s < starts.length; s++) starts[s] += starts[s - 1];
  const count = starts[size + 1];
  const transposed = { starts, rows: new Uint32Array(count), values: new Float64Array(count) };
  order.forEach((place, i) => {
    const row = rows[place];
    row?.indices.forEach((slot, p) => {
      const at = starts[slot + 1];
      starts[slot + 1] = at + 1;
      transposed.rows[at] = i;
      transposed.values[at] = row.values[p];
    });
  });
  return transposed;
}

/** The `count`-th least of more numbers than that, and how many of those equal to it are among the `count` least. */
function ranked(values: Uint32Array, count: number): { value: number; equal: number } {
  let value = 0;
  let rest = count;
  // By bytes, the highest first: of the values that begin as the one sought does.
  for (let shift = 24; shift >= 0; shift -= 8) {
    const sizes = new Uint32Array(256);
    for (let i = 0; i < values.length; i++) {
      const begun = (values[i] as number) >>> shift;
      if (shift === 24 || begun >>> 8 === value) sizes[begun & 255]++;
    }
    let byte = 0;
    while ((sizes[byte] as number) < rest) rest -= sizes[byte++] as number;
    value = value * 256 + byte;
  }
  return { value, equal: rest };
}

function gather(values: Float64Array, order: Uint32Array): Float64Array {
  const out = new Float64Array(order.length);
  for (let i = 0; i < out.length; i++) out[i] = values[order[i]];
  return out;
}

function grown<T extends Float64Array | Uint32Array>(values: T, length: number): T {
  if (values.length >= length) return values;
  const out = new (values.constructor as new (length: number) => T)(length);
  out.set(values);
  return out;
}
