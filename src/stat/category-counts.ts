import { eachNonZero } from '../block/vector-summary.ts';
import { MlError, show } from '../error.ts';
import { badValue } from './number-column.ts';
import type { VectorRows } from './vector-rows.ts';

/** A column with more distinct values is no category, as in Spark. */
export const MOST_CATEGORIES = 10_000;

/** `counts[v][l]`: rows with the v-th value and the l-th label. */
export interface ContingencyTable {
  readonly values: number;
  readonly labels: number;
  readonly counts: readonly (readonly number[])[];
}

/** How often each value of each feature stands beside each label. Zeros are what is left of the rows. */
export class CategoryCounts {
  readonly #owner: string;
  readonly #features: string;
  readonly #label: string;
  readonly #labels = new Map<number, number>();
  /** By label, its rows. */
  readonly #rows: number[] = [];
  /** By feature, by value that is not 0, by label. */
  #slots: Map<number, number[]>[] = [];

  constructor(owner: string, features: string, label: string) {
    this.#owner = owner;
    this.#features = features;
    this.#label = label;
  }

  add({ rows, firstRow, vectors, numbers }: VectorRows): void {
    if (this.#slots.length === 0) this.#slots = Array.from({ length: vectors.size }, () => new Map());
    for (let i = 0; i < rows; i++) {
      const label = this.#labelOf(numbers[i], firstRow + i);
      this.#rows[label] = (this.#rows[label] ?? 0) + 1;
      eachNonZero(vectors.parts, i, (slot, value) => {
        if (Number.isNaN(value)) throw badValue(this.#owner, this.#features, 'hold no NaN', firstRow + i, value);
        let counts = this.#slots[slot].get(value);
        if (!counts) {
          if (this.#slots[slot].size === MOST_CATEGORIES) throw this.#tooMany(`slot ${slot} of column ${show(this.#features)}`, this.#features);
          counts = [];
          this.#slots[slot].set(value, counts);
        }
        counts[label] = (counts[label] ?? 0) + 1;
      });
    }
  }

  /** One a feature. */
  tables(): ContingencyTable[] {
    const labels = this.#rows.length;
    return this.#slots.map((slot) => {
      const counts = [...slot.values()].map((of) => Array.from({ length: labels }, (_, l) => of[l] ?? 0));
      const zeros = this.#rows.map((all, l) => counts.reduce((left, of) => left - of[l], all));
      if (zeros.some((n) => n > 0)) counts.push(zeros);
      return { values: counts.length, labels, counts };
    });
  }

  #labelOf(value: number, row: number): number {
    let label = this.#labels.get(value);
    if (label !== undefined) return label;
    if (Number.isNaN(value)) throw badValue(this.#owner, this.#label, 'hold labels', row, value);
    if (this.#labels.size === MOST_CATEGORIES) throw this.#tooMany(`column ${show(this.#label)}`, this.#label);
    label = this.#labels.size;
    this.#labels.set(value, label);
    return label;
  }

  #tooMany(what: string, column: string): MlError {
    const message = `${this.#owner}: ${what} must have at most ${MOST_CATEGORIES} distinct values, has more; it is no category`;
    return new MlError('VALUE_INVALID', message, { stage: this.#owner, column });
  }
}
