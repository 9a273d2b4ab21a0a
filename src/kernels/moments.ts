import type { Aggregator, AggregatorSpec, ColumnHandle, LinearArgs, PartitionHandle } from './contract.ts';
import { instantiate } from './kernels.ts';

/** What precedes the moments in the output of `moments`. */
const HEAD = 3;

/**
 * Moments of each feature, made in two passes within a block and merged by the formula of Chan, Golub and LeVeque (1983):
 *
 *   output [rows of weight > 0, Σ w, Σ w², mean (d), Σ w (x - mean)² (d)]
 *
 * No input. The unbiased variance that Spark divides by is Σ w (x - mean)² / (Σ w - Σ w² / Σ w).
 */
export const moments: Aggregator<LinearArgs> = {
  inputLength: () => 0,
  outputLength: ({ numFeatures }) => HEAD + 2 * numFeatures,
  scratchBytes: () => 0,
  bind(partition, _scratch, _prepared, args) {
    return { load() {}, block: (lo, hi, output) => blockMoments(partition, args, lo, hi, output) };
  },
  merge(into, part) {
    const d = (into.length - HEAD) / 2;
    const [rows, weight, squares] = part;
    const before = into[1];
    const sum = before + weight;
    if (weight === 0) return;
    for (let mean = HEAD, m2 = HEAD + d; mean < HEAD + d; mean++, m2++) {
      const delta = part[mean] - into[mean];
      into[mean] += (delta * weight) / sum;
      into[m2] = into[m2] + part[m2] + (delta * delta * before * weight) / sum;
    }
    into[0] += rows;
    into[1] = sum;
    into[2] += squares;
  },
};

/** As a fit's `aggregators` takes it. */
export function momentsAggregator(args: LinearArgs): AggregatorSpec<LinearArgs> {
  return { module: import.meta.url, name: 'moments', args, local: moments };
}

function blockMoments(partition: PartitionHandle, { parts, numFeatures: d, weight }: LinearArgs, lo: number, hi: number, output: Float64Array): void {
  const kernels = instantiate(partition.memory);
  const { buffer } = partition.memory;
  const column = (index: number) => partition.columns[index];
  const n = hi - lo;
  const w = weight === undefined ? 0 : column(weight).ptr + 8 * lo;
  const weights = w ? new Float64Array(buffer, w, n) : undefined;
  const total = w ? kernels.sum_f64(w, 0, n) : n;
  output[0] = weights ? weights.reduce((count, x) => count + (x > 0 ? 1 : 0), 0) : n;
  output[1] = total;
  output[2] = w ? kernels.sum_f64(w, w, n) : n;
  if (total === 0) return;
  // Means are taken around the first value that counts: exact for a constant column, whose squares are then exactly 0.
  const first = weights ? weights.findIndex((x) => x > 0) : 0;
  const means = output.subarray(HEAD, HEAD + d);
  const m2 = output.subarray(HEAD + d);

  for (const part of parts) {
    if (part.kind === 'dense') {
      part.columns.forEach((index, i) => {
        const x = column(index).ptr + 8 * lo;
        const shift = new Float64Array(buffer, x, n)[first];
        const mean = shift + kernels.shifted_sum_f64(x, w, shift, n) / total;
        means[part.offset + i] = mean;
        m2[part.offset + i] = kernels.centred_squares_f64(x, w, mean, n);
      });
    } else if (part.kind === 'codes') {
      const { type, ptr } = column(part.column);
      const codes = type === 'u8' ? new Uint8Array(buffer, ptr) : type === 'u16' ? new Uint16Array(buffer, ptr) : new Uint32Array(buffer, ptr);
      const sums = new Float64Array(part.size);
      for (let i = 0; i < n; i++) {
        const code = codes[lo + i];
        if (code < part.size) sums[code] += weights ? weights[i] : 1;
      }
      for (let code = 0; code < part.size; code++) {
        const value = part.values?.[code] ?? 1;
        const share = sums[code] / total;
        means[part.offset + code] = value * share;
        m2[part.offset + code] = value * value * sums[code] * (1 - share);
      }
    } else {
      sparseMoments(partition, column(part.column), part, lo, n, weights, total, means, m2);
    }
  }
}

function sparseMoments(
  { memory: { buffer }, rows }: PartitionHandle,
  { ptr, length, indices = 0, values = 0 }: ColumnHandle,
  { offset, size }: { offset: number; size: number },
  lo: number,
  n: number,
  weights: Float64Array | undefined,
  total: number,
  means: Float64Array,
  m2: Float64Array,
): void {
  const starts = new Uint32Array(buffer, ptr, rows + 1);
  const slots = new Uint32Array(buffer, indices, length);
  const numbers = new Float64Array(buffer, values, length);
  const stored = new Float64Array(size);
  const each = (visit: (slot: number, x: number, w: number) => void) => {
    for (let i = 0; i < n; i++) {
      const w = weights ? weights[i] : 1;
      for (let k = starts[lo + i]; k < starts[lo + i + 1]; k++) visit(slots[k], numbers[k], w);
    }
  };
  each((slot, x, w) => {
    means[offset + slot] += w * x;
    stored[slot] += w;
  });
  for (let slot = 0; slot < size; slot++) {
    const mean = means[offset + slot] / total;
    means[offset + slot] = mean;
    m2[offset + slot] = (total - stored[slot]) * mean * mean;
  }
  each((slot, x, w) => {
    const d = x - means[offset + slot];
    m2[offset + slot] += w * d * d;
  });
}
