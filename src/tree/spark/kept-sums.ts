import type { GrowthArgs, GrowthSizes } from './growth-args.ts';

/**
 * Sums by bin of the open nodes of the last level and of this one, in memory that all threads see: `[level mod 2][lane][node][feature][bin]`. A task
 * writes and reads those of its features only, and what it reads was written in an earlier round.
 */
export class KeptSums {
  readonly #values: Float64Array;
  readonly #lanes: number;
  readonly #features: number;
  readonly #nodes: number;
  readonly #length: number;
  readonly #binLength: number;

  constructor({ desk, nodes, kinds }: GrowthArgs, { keptNodes, featureBytes, binLength }: GrowthSizes) {
    this.#values = new Float64Array(desk.kept);
    this.#lanes = nodes.length;
    this.#features = kinds.length;
    this.#nodes = keptNodes;
    this.#length = featureBytes / 8;
    this.#binLength = binLength;
  }

  keep(sums: Float64Array, at: number, level: number, lane: number, node: number, feature: number): void {
    this.#values.set(sums.subarray(at, at + this.#length), this.#place(level, lane, node, feature));
  }

  /** Writes to `at` what the kept node has beyond what is at `sibling`. A bin without rows is 0 throughout. */
  subtract(sums: Float64Array, at: number, sibling: number, level: number, lane: number, node: number, feature: number): void {
    const values = this.#values;
    const length = this.#length;
    const binLength = this.#binLength;
    const from = this.#place(level, lane, node, feature);
    for (let bin = 0; bin < length; bin += binLength) {
      const rows = bin + binLength - 1;
      const some = values[from + rows] !== sums[sibling + rows];
      for (let s = bin; s <= rows; s++) sums[at + s] = some ? values[from + s] - sums[sibling + s] : 0;
    }
  }

  #place(level: number, lane: number, node: number, feature: number): number {
    return ((((level % 2) * this.#lanes + lane) * this.#nodes + node) * this.#features + feature) * this.#length;
  }
}
