import { log } from './exact.ts';

export type ImpurityKind = 'gini' | 'entropy' | 'variance';

const LOG_2 = log(2);

/**
 * Statistics of some rows, `size + 1` numbers from `at` on in a longer array: the weight of each class, or Σ weight, Σ weight · y, Σ weight · y²
 * (`size` 3), then the number of rows. All arithmetic here is in Spark's order of operations.
 */
export interface Impurity {
  readonly size: number;
  /** Weight of the rows. */
  weight(stats: Float64Array, at: number): number;
  /** gini `1 - Σ p²`, entropy `-Σ p log2 p`, variance `E y² - (E y)²`; 0 of no rows. */
  of(stats: Float64Array, at: number): number;
  /** The class of the most weight, the first of them; the mean. 0 of no rows. */
  predict(stats: Float64Array, at: number): number;
}

export function impurityOf(kind: ImpurityKind, numClasses: number): Impurity {
  return kind === 'variance' ? variance : ofClasses(kind === 'gini' ? gini : entropy, numClasses);
}

const variance: Impurity = {
  size: 3,
  weight: (stats, at) => stats[at],
  of(stats, at) {
    const weight = stats[at];
    if (weight === 0) return 0;
    const sum = stats[at + 1];
    return (stats[at + 2] - (sum * sum) / weight) / weight;
  },
  predict(stats, at) {
    const weight = stats[at];
    return weight === 0 ? 0 : stats[at + 1] / weight;
  },
};

function ofClasses(impurity: (stats: Float64Array, at: number, size: number, weight: number) => number, size: number): Impurity {
  const weight = (stats: Float64Array, at: number) => {
    let sum = 0;
    for (let c = 0; c < size; c++) sum += stats[at + c];
    return sum;
  };
  return {
    size,
    weight,
    of: (stats, at) => {
      const total = weight(stats, at);
      return total === 0 ? 0 : impurity(stats, at, size, total);
    },
    predict(stats, at) {
      let best = 0;
      for (let c = 1; c < size; c++) if (stats[at + c] > stats[at + best]) best = c;
      return best;
    },
  };
}

function gini(stats: Float64Array, at: number, size: number, weight: number): number {
  let impurity = 1;
  for (let c = 0; c < size; c++) {
    const p = stats[at + c] / weight;
    impurity -= p * p;
  }
  return impurity;
}

function entropy(stats: Float64Array, at: number, size: number, weight: number): number {
  let impurity = 0;
  for (let c = 0; c < size; c++) {
    const own = stats[at + c];
    if (own === 0) continue;
    const p = own / weight;
    impurity -= p * (log(p) / LOG_2);
  }
  return impurity;
}
