import type { FeaturePart, LinearArgs, PartitionHandle } from '../../../kernels/contract.ts';
import { type EdgeTable, edgeTable } from '../../../kernels/edge-table.ts';
import { binCount, codeOf } from '../../../kernels/js/bins.ts';
import { instantiate, type Kernels } from '../../../kernels/kernels.ts';
import { sharedMemory } from '../../../kernels/memory.ts';
import { columnView, sparseView } from '../../../kernels/partition-view.ts';
import type { BinnedLayout } from '../../engine.ts';
import type { SpillHandle } from '../workers/spill.ts';
import { SpillWindow } from '../workers/spilled-partitions.ts';

/** A run of rows to code, as a worker gets it. Plain data. */
export interface CodeRowsArgs {
  /** Rows `[lo, hi)` of this partition or file, of which row 0 is row `firstRow` of the frame. */
  readonly source: PartitionHandle | SpillHandle;
  readonly lo: number;
  readonly hi: number;
  readonly firstRow: number;
  readonly layout: LinearArgs;
  readonly numbers: readonly number[];
  /** Where the codes go: the partitions that hold those rows. */
  readonly targets: readonly PartitionHandle[];
  readonly binned: BinnedLayout;
  /** Whether a value that is no category is refused, or missing. */
  readonly missing: 'refuse' | 'keep';
}

/** The first row that holds a value which its feature's bins refuse. */
export interface RefusedCategory {
  readonly row: number;
  readonly feature: number;
  readonly value: number;
}

type CodeColumn = Uint8Array | Uint16Array;

/** Few enough rows that their codes by row stay in the cache while one feature after the other is written. */
const BLOCK = 2048;

/** Codes the rows, copies label, weight and numbers. Runs in a worker; may run twice. */
export function codeRows(args: CodeRowsArgs): RefusedCategory | null {
  const { source, lo, hi, firstRow } = args;
  if (!('path' in source)) return codePartition({ ...args, source });
  const window = new SpillWindow(source, 'fit');
  try {
    window.load(lo, hi - lo);
    return codePartition({ ...args, source: window.handle, lo: 0, hi: hi - lo, firstRow: firstRow + lo });
  } finally {
    window.close();
  }
}

type PartitionArgs = CodeRowsArgs & { readonly source: PartitionHandle };

function codePartition(args: PartitionArgs): RefusedCategory | null {
  const coder = new Coder(args);
  for (const target of args.targets) {
    const from = Math.max(args.lo, target.firstRow - args.firstRow);
    const to = Math.min(args.hi, target.firstRow + target.rows - args.firstRow);
    for (let lo = from; lo < to; lo += BLOCK) coder.block(target, lo, Math.min(BLOCK, to - lo));
  }
  return coder.refused;
}

class Coder {
  refused: RefusedCategory | null = null;
  readonly #args: PartitionArgs;
  /** Of each feature in sparse parts and parts of codes: the code of 0. */
  readonly #zero = new Map<FeaturePart, number[]>();
  /** By feature. */
  readonly #tables = new Map<number, EdgeTable | null>();

  constructor(args: PartitionArgs) {
    this.#args = args;
    for (const part of args.layout.parts) {
      if (part.kind === 'dense') continue;
      this.#zero.set(
        part,
        Array.from({ length: part.size }, (_, slot) => codeOf(args.binned.bins[part.offset + slot], 0)),
      );
    }
  }

  /** Codes rows `[lo, lo + n)` of the source. */
  block(target: PartitionHandle, lo: number, n: number): void {
    const { source, layout, numbers, binned, firstRow } = this.#args;
    const at = firstRow + lo - target.firstRow;
    const columnsOf = (part: FeaturePart, slots: number): CodeColumn[] =>
      Array.from({ length: slots }, (_, slot) => columnView(target, binned.features[part.offset + slot]).subarray(at, at + n) as CodeColumn);
    for (const part of layout.parts) {
      if (part.kind === 'dense') {
        const out = columnsOf(part, part.columns.length);
        part.columns.forEach((column, j) => {
          this.#values(columnView(source, column).subarray(lo, lo + n) as Float64Array, part.offset + j, out[j], lo);
        });
        continue;
      }
      const out = columnsOf(part, part.size);
      out.forEach((column, slot) => {
        column.fill(this.#zero.get(part)?.[slot] as number);
      });
      if (part.kind === 'codes') this.#codes(part, columnView(source, part.column).subarray(lo, lo + n), out, lo);
      else {
        const { starts, indices, values } = sparseView(source, part.column);
        for (let i = 0; i < n; i++) {
          for (let p = starts[lo + i]; p < starts[lo + i + 1]; p++) {
            const slot = indices[p];
            out[slot][i] = this.#code(part.offset + slot, values[p], lo + i);
          }
        }
      }
    }
    const copied: [number | undefined, number | undefined][] = [
      [layout.label, binned.label],
      [layout.weight, binned.weight],
      ...numbers.map((column, k): [number, number | undefined] => [column, binned.numbers[k]]),
    ];
    for (const [from, to] of copied) {
      if (to !== undefined) columnView(target, to).set(columnView(source, from as number).subarray(lo, lo + n), at);
    }
    if (binned.rowMajor) this.#byRow(target, binned.rowMajor, at, n);
  }

  #values(values: Float64Array, feature: number, out: CodeColumn, lo: number): void {
    const bins = this.#args.binned.bins[feature];
    if (bins.kind === 'numeric') {
      let table = this.#tables.get(feature);
      if (table === undefined) this.#tables.set(feature, (table = edgeTable(bins.edges)));
      codeNumbers(values, bins.edges, table, out);
    } else for (let i = 0; i < values.length; i++) out[i] = this.#code(feature, values[i], lo + i);
  }

  #codes(part: Extract<FeaturePart, { kind: 'codes' }>, codes: ArrayLike<number>, out: readonly CodeColumn[], lo: number): void {
    for (let i = 0; i < codes.length; i++) {
      const slot = codes[i];
      if (slot >= part.size) continue;
      out[slot][i] = this.#code(part.offset + slot, part.values ? part.values[slot] : 1, lo + i);
    }
  }

  #code(feature: number, value: number, row: number): number {
    const bins = this.#args.binned.bins[feature];
    const code = codeOf(bins, value);
    if (code >= 0) return code;
    if (this.#args.missing === 'refuse') this.#refuse(this.#args.firstRow + row, feature, value);
    return binCount(bins);
  }

  #refuse(row: number, feature: number, value: number): void {
    if (!this.refused || row < this.refused.row || (row === this.refused.row && feature < this.refused.feature))
      this.refused = { row, feature, value };
  }

  #byRow(target: PartitionHandle, { column, stride }: { column: number; stride: number }, at: number, n: number): void {
    const { binned } = this.#args;
    const rows = columnView(target, column).subarray(at * stride, (at + n) * stride);
    binned.features.forEach((feature, j) => {
      const codes = columnView(target, feature).subarray(at, at + n);
      for (let i = 0, p = j; i < n; i++, p += stride) rows[p] = codes[i];
    });
    for (let j = binned.features.length; j < stride; j++) for (let i = 0, p = j; i < n; i++, p += stride) rows[p] = 0;
  }
}

/** Room for a block's values, the edges of a feature, their table and the codes: the kernel wants all in one memory. One a thread, made when it is needed. */
let room:
  | {
      readonly values: Float64Array;
      readonly edges: Float64Array;
      readonly starts: Uint16Array;
      readonly narrow: Uint8Array;
      readonly wide: Uint16Array;
      readonly kernels: Kernels;
    }
  | undefined;
const MOST_EDGES = 65536;

function codeNumbers(values: Float64Array, edges: Float64Array, table: EdgeTable | null, out: CodeColumn): void {
  if (!room) {
    const memory = sharedMemory(10 * BLOCK + 10 * MOST_EDGES);
    const { buffer } = memory;
    const codes = 8 * (BLOCK + MOST_EDGES);
    room = {
      values: new Float64Array(buffer, 0, BLOCK),
      edges: new Float64Array(buffer, 8 * BLOCK, MOST_EDGES),
      narrow: new Uint8Array(buffer, codes, BLOCK),
      wide: new Uint16Array(buffer, codes, BLOCK),
      starts: new Uint16Array(buffer, codes + 2 * BLOCK, MOST_EDGES),
      kernels: instantiate(memory),
    };
  }
  const { length } = values;
  const width = out.BYTES_PER_ELEMENT;
  const [codes, edgesAt] = [room.narrow.byteOffset, room.edges.byteOffset];
  room.values.set(values);
  room.edges.set(edges);
  if (table) {
    room.edges.fill(Number.POSITIVE_INFINITY, edges.length, edges.length + 2);
    room.starts.set(table.starts);
    const { from, scale, last } = table;
    room.kernels.code_cells_f64(codes, 0, edgesAt, edges.length, room.starts.byteOffset, from, scale, last, width, length);
  } else room.kernels.code_f64(codes, 0, edgesAt, edges.length, width, length);
  out.set((width === 1 ? room.narrow : room.wide).subarray(0, length));
}
