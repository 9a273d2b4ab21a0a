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

/**
 * Draws `size` rows out of all that are added, in row order: those whose hash of seed and row number is least (all rows while there are no more).
 * One pass; places of rows that turn out not to belong are used again.
 */
export class RowSample {
  readonly #size: number;
  readonly #seed: number;
  #seen = 0;
  #filled = 0;
  #rowOf = new Float64Array(1024);
  /** The weights, where there are any, then further columns. */
  #others: { readonly column: number; values: Float64Array }[] = [];
  #parts: PartSample[] = [];
  /** A heap of places, the one with the largest hash first; only once the sample is full. */
  #heap: Uint32Array | null = null;
  #hashOf = new Uint32Array(1024);
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
    for (const partition of store.partitions) this.#addPartition(partition);
  }

  /** The sample, when all rows were added. */
  finish(): Omit<FeatureSample, 'summary'> {
    const order = Uint32Array.from({ length: this.#filled }, (_, place) => place);
    const rowOf = this.#rowOf;
    if (this.#heap) order.sort((a, b) => rowOf[a] - rowOf[b]);
    const sparse = new Map<PartSample, Transposed>();
    const others = this.#others.map(({ values }) => gather(values, order));
    return {
      rows: this.#seen,
      sampled: this.#filled,
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

  #addPartition(partition: PartitionHandle): void {
    const rows = new Uint32Array(partition.rows);
    const places = new Uint32Array(partition.rows);
    let taken = 0;
    let bound = this.#bound();
    for (let i = 0; i < partition.rows; i++) {
      const hash = hash32(this.#seed, this.#seen + i);
      if (hash >= bound) continue;
      rows[taken] = i;
      places[taken++] = this.#place(this.#seen + i, hash);
      bound = this.#bound();
    }
    this.#seen += partition.rows;
    if (taken === 0) return;
    const capacity = this.#rowOf.length;
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

  /** Rows with hashes below this belong to the sample, as far as is known. */
  #bound(): number {
    return this.#heap ? this.#hashOf[this.#heap[0]] : 2 ** 32;
  }

  /** Where a row that belongs goes in the sample. */
  #place(row: number, hash: number): number {
    const place = this.#heap ? this.#heap[0] : this.#filled++;
    if (place === this.#rowOf.length) {
      const capacity = Math.min(this.#size, 2 * place);
      this.#rowOf = grown(this.#rowOf, capacity);
      this.#hashOf = grown(this.#hashOf, capacity);
    }
    this.#rowOf[place] = row;
    this.#hashOf[place] = hash;
    if (this.#heap) this.#sink(this.#heap, 0);
    else if (this.#filled === this.#size) this.#heap = this.#heapify();
    return place;
  }

  #heapify(): Uint32Array {
    const heap = Uint32Array.from({ length: this.#filled }, (_, place) => place);
    for (let at = (heap.length >> 1) - 1; at >= 0; at--) this.#sink(heap, at);
    return heap;
  }

  #sink(heap: Uint32Array, from: number): void {
    const hashes = this.#hashOf;
    const moved = heap[from];
    const hash = hashes[moved];
    let at = from;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && hashes[heap[child + 1]] > hashes[heap[child]]) child++;
      if (hashes[heap[child]] <= hash) break;
      heap[at] = heap[child];
      at = child;
    }
    heap[at] = moved;
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
