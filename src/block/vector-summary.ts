import { DenseVector } from '../linalg/vectors.ts';
import type { VectorPart } from './column.ts';

export const SUMMARY_METRICS = ['mean', 'sum', 'variance', 'std', 'count', 'numNonZeros', 'max', 'min', 'normL1', 'normL2'] as const;
/** What Summarizer can tell of each slot. */
export type SummaryMetric = (typeof SUMMARY_METRICS)[number];

/** Calls `visit` with the slots of row i that are not 0, ascending. */
export function eachNonZero(parts: readonly VectorPart[], i: number, visit: (slot: number, value: number) => void): void {
  let offset = 0;
  for (const part of parts) {
    if (part.kind === 'numbers') {
      if (part.values[i] !== 0) visit(offset, part.values[i]);
    } else if (part.kind === 'dense') {
      for (let j = 0, p = i * part.size; j < part.size; j++, p++) if (part.values[p] !== 0) visit(offset + j, part.values[p]);
    } else if (part.kind === 'codes') {
      const code = part.codes[i];
      const value = part.table ? part.table[code] : 1;
      if (code < part.size && value !== 0) visit(offset + code, value);
    } else {
      for (let p = part.starts[i]; p < part.starts[i + 1]; p++) if (part.values[p] !== 0) visit(offset + part.indices[p], part.values[p]);
    }
    offset += part.size;
  }
}

/**
 * Weighted statistics of each slot of vectors, row by row, as Spark's Summarizer makes them: means and squared deviations are updated with each value
 * that is not 0 (B. P. Welford, 1962), zeros are reckoned at the end. Rows of weight 0 do not count.
 */
export class VectorSummary {
  readonly size: number;
  rows = 0;
  #weightSum = 0;
  #weightSquares = 0;
  readonly #weights: Float64Array;
  readonly #means: Float64Array;
  readonly #deviations: Float64Array;
  readonly #absolutes: Float64Array;
  readonly #squares: Float64Array;
  readonly #nonZeros: Float64Array;
  readonly #most: Float64Array;
  readonly #least: Float64Array;

  constructor(size: number) {
    this.size = size;
    const zeros = () => new Float64Array(size);
    this.#weights = zeros();
    this.#means = zeros();
    this.#deviations = zeros();
    this.#absolutes = zeros();
    this.#squares = zeros();
    this.#nonZeros = zeros();
    this.#most = zeros().fill(Number.NEGATIVE_INFINITY);
    this.#least = zeros().fill(Number.POSITIVE_INFINITY);
  }

  add(parts: readonly VectorPart[], i: number, weight: number): void {
    if (weight === 0) return;
    this.rows++;
    this.#weightSum += weight;
    this.#weightSquares += weight * weight;
    eachNonZero(parts, i, (slot, x) => {
      const before = x - this.#means[slot];
      this.#weights[slot] += weight;
      this.#means[slot] += (weight * before) / this.#weights[slot];
      this.#deviations[slot] += weight * (x - this.#means[slot]) * before;
      this.#absolutes[slot] += weight * Math.abs(x);
      this.#squares[slot] += weight * x * x;
      this.#nonZeros[slot]++;
      if (x > this.#most[slot]) this.#most[slot] = x;
      if (x < this.#least[slot]) this.#least[slot] = x;
    });
  }

  /** A number for `count`, a vector for the others; of at least one row. */
  metric(name: SummaryMetric): bigint | DenseVector {
    const total = this.#weightSum;
    const each = (of: (slot: number) => number) => new DenseVector(Float64Array.from({ length: this.size }, (_, slot) => of(slot)));
    switch (name) {
      case 'count':
        return BigInt(this.rows);
      case 'mean':
        return each((slot) => this.#means[slot] * (this.#weights[slot] / total));
      case 'sum':
        return each((slot) => this.#means[slot] * this.#weights[slot]);
      case 'variance':
        return each((slot) => this.#variance(slot));
      case 'std':
        return each((slot) => Math.sqrt(this.#variance(slot)));
      case 'numNonZeros':
        return new DenseVector(this.#nonZeros.slice());
      case 'max':
        return each((slot) => (this.#nonZeros[slot] < this.rows ? Math.max(this.#most[slot], 0) : this.#most[slot]));
      case 'min':
        return each((slot) => (this.#nonZeros[slot] < this.rows ? Math.min(this.#least[slot], 0) : this.#least[slot]));
      case 'normL1':
        return new DenseVector(this.#absolutes.slice());
      case 'normL2':
        return each((slot) => Math.sqrt(this.#squares[slot]));
    }
  }

  /** `Σ w (x - mean)² / (Σ w - Σ w² / Σ w)`, never below 0; 0 where there is nothing to divide by. */
  #variance(slot: number): number {
    const total = this.#weightSum;
    const freedom = total - this.#weightSquares / total;
    if (!(freedom > 0)) return 0;
    const own = this.#weights[slot];
    const mean = this.#means[slot];
    return Math.max((this.#deviations[slot] + (mean * mean * own * (total - own)) / total) / freedom, 0);
  }
}
