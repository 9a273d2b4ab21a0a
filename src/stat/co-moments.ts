/** Rows of one block of sums. */
const BLOCK = 1024;

/**
 * Sums of products of deviations from the means, Σ (x_i - mean_i)(x_j - mean_j), of rows of `size` numbers: in two passes within blocks of 1024 rows,
 * merged in their order (T. Chan, G. Golub, R. LeVeque, 1983).
 */
export class CoMoments {
  readonly size: number;
  #merged = 0;
  readonly #means: Float64Array;
  /** Of slots i <= j at `j (j + 1) / 2 + i`. */
  readonly #sums: Float64Array;
  readonly #block: Float64Array;
  #filled = 0;

  constructor(size: number) {
    this.size = size;
    this.#means = new Float64Array(size);
    this.#sums = new Float64Array((size * (size + 1)) / 2);
    this.#block = new Float64Array(BLOCK * size);
  }

  get rows(): number {
    return this.#merged + this.#filled;
  }

  /** Adds a row, which `write` puts into an array at a position. */
  add(write: (out: Float64Array, at: number) => void): void {
    write(this.#block, this.#filled * this.size);
    if (++this.#filled === BLOCK) this.#merge();
  }

  mean(i: number): number {
    this.#merge();
    return this.#means[i];
  }

  sum(i: number, j: number): number {
    this.#merge();
    return i <= j ? this.#sums[(j * (j + 1)) / 2 + i] : this.#sums[(i * (i + 1)) / 2 + j];
  }

  #merge(): void {
    const n = this.#filled;
    if (n === 0) return;
    const d = this.size;
    const block = this.#block;
    const means = new Float64Array(d);
    // Around the first row: exact for a constant slot.
    for (let r = 1; r < n; r++) for (let j = 0, p = r * d; j < d; j++, p++) means[j] += block[p] - block[j];
    for (let j = 0; j < d; j++) means[j] = block[j] + means[j] / n;
    for (let r = 0; r < n; r++) for (let j = 0, p = r * d; j < d; j++, p++) block[p] -= means[j];
    const before = this.#merged;
    const all = before + n;
    const sums = this.#sums;
    for (let r = 0; r < n; r++) {
      const at = r * d;
      for (let j = 0, p = 0; j < d; j++) {
        const x = block[at + j];
        for (let i = 0; i <= j; i++, p++) sums[p] += x * block[at + i];
      }
    }
    const delta = means.map((mean, j) => mean - this.#means[j]);
    if (before > 0) {
      const share = (before * n) / all;
      for (let j = 0, p = 0; j < d; j++) for (let i = 0; i <= j; i++, p++) sums[p] += delta[i] * delta[j] * share;
    }
    for (let j = 0; j < d; j++) this.#means[j] = before === 0 ? means[j] : this.#means[j] + (delta[j] * n) / all;
    this.#merged = all;
    this.#filled = 0;
  }
}
