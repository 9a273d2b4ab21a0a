import type { BoostingSpec } from './contract.ts';
import { hasLogLink, predictionOf } from './losses.ts';
import type { BoostingMemory } from './memory.ts';

/** The metric of the rows held out after each iteration, and whether it still gets better. */
export class Validation {
  readonly history: number[] = [];
  readonly #memory: BoostingMemory;
  readonly #spec: BoostingSpec;
  #best = 0;
  #weight: number | undefined;

  constructor(memory: BoostingMemory, spec: BoostingSpec) {
    this.#memory = memory;
    this.#spec = spec;
  }

  /** Iterations up to the best one; undefined when all are kept. */
  get best(): number | undefined {
    return this.#spec.patience === undefined || this.history.length === 0 ? undefined : this.#best + 1;
  }

  get isOver(): boolean {
    const { patience } = this.#spec;
    return patience !== undefined && this.history.length > 0 && this.history.length - 1 - this.#best >= patience;
  }

  /** Takes down the next iteration; `loss` is summed over the rows held out. */
  record(loss: number): number | undefined {
    if (!this.#memory.dims.held) return undefined;
    this.#weight ??= this.#rows().weights.reduce((sum, w) => sum + w, 0);
    if (!(this.#weight > 0)) return undefined;
    const { metric = 'loss', tol = 0 } = this.#spec;
    const value = metric === 'loss' ? loss / this.#weight : this.#measure(metric);
    const before = this.history[this.#best];
    const gained = metric === 'loss' || metric === 'rmse' || metric === 'mae' ? before - value : value - before;
    if (this.history.length === 0 || gained > tol) this.#best = this.history.length;
    this.history.push(value);
    return value;
  }

  /** Labels, weights and scores (one after the other) of the rows held out, in row order. */
  #rows(): { labels: number[]; weights: number[]; scores: number[][] } {
    const { partitions, dims } = this.#memory;
    const labels: number[] = [];
    const weights: number[] = [];
    const scores: number[][] = Array.from({ length: dims.scores }, () => []);
    for (const { handle, f64, places, labels: all } of partitions) {
      for (let i = 0; i < handle.rows; i++) {
        const w = f64[places.heldWeights / 8 + i];
        if (w === 0) continue;
        labels.push(all[i]);
        weights.push(w);
        for (let c = 0; c < dims.scores; c++) scores[c].push(f64[places.scores / 8 + c * handle.rows + i]);
      }
    }
    return { labels, weights, scores };
  }

  #measure(metric: 'areaUnderROC' | 'accuracy' | 'rmse' | 'mae' | 'r2'): number {
    const { labels, weights, scores } = this.#rows();
    const { name } = this.#spec.loss;
    const total = weights.reduce((sum, w) => sum + w, 0);
    const mean = (of: (i: number) => number) => labels.reduce((sum, _, i) => sum + weights[i] * of(i), 0) / total;
    if (metric === 'areaUnderROC') return areaUnderRoc(scores[0], labels, weights);
    if (metric === 'accuracy') {
      const classOf = (i: number) =>
        scores.length === 1 ? (scores[0][i] > 0 ? 1 : 0) : scores.reduce((best, own, c) => (own[i] > scores[best][i] ? c : best), 0);
      return mean((i) => (classOf(i) === labels[i] ? 1 : 0));
    }
    const predicted = hasLogLink(name) ? scores[0].map((score) => predictionOf(name, score)) : scores[0];
    if (metric === 'mae') return mean((i) => Math.abs(labels[i] - predicted[i]));
    const squares = mean((i) => (labels[i] - predicted[i]) ** 2);
    if (metric === 'rmse') return Math.sqrt(squares);
    const centre = mean((i) => labels[i]);
    return 1 - squares / mean((i) => (labels[i] - centre) ** 2);
  }
}

/** The chance that a row of class 1 scores higher than one of class 0, ties counting half; 0.5 where a class is missing. */
function areaUnderRoc(scores: readonly number[], labels: readonly number[], weights: readonly number[]): number {
  const order = Uint32Array.from(scores.keys()).sort((a, b) => scores[a] - scores[b] || a - b);
  let below = 0;
  let pairs = 0;
  let positives = 0;
  for (let i = 0; i < order.length; ) {
    let [zeros, ones] = [0, 0];
    const score = scores[order[i]];
    for (; i < order.length && scores[order[i]] === score; i++) {
      if (labels[order[i]] === 1) ones += weights[order[i]];
      else zeros += weights[order[i]];
    }
    pairs += ones * (below + zeros / 2);
    below += zeros;
    positives += ones;
  }
  return below > 0 && positives > 0 ? pairs / (below * positives) : 0.5;
}
