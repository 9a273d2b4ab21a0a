import { dot, norm, subtract } from './arrays.ts';
import { InverseHessian } from './lbfgs.ts';
import { backtrack, type Probe } from './line-search.ts';
import type { Iterate, Method, Point } from './minimize.ts';

/**
 * Orthant-wise L-BFGS (Andrew & Gao 2007) for `f(x) + Σ l1[i] |x[i]|`: the memory holds gradients of `f` alone, directions are cut to
 * coordinates that descend, and a step stays in the orthant that x (or, at 0, the descent) points into.
 */
export class OwlQn implements Method {
  readonly #l1: Float64Array;
  readonly #evaluate: (x: Float64Array) => Point;
  readonly #memory = new InverseHessian();

  constructor(l1: Float64Array, evaluate: (x: Float64Array) => Point) {
    this.#l1 = l1;
    this.#evaluate = evaluate;
  }

  /** The subgradient of least length: at 0 the penalty takes up to `l1` of the slope. */
  complete({ x, value, gradient }: Point) {
    const subgradient = new Float64Array(x.length);
    let total = value;
    for (let i = 0; i < x.length; i++) {
      const g = gradient[i];
      const penalty = this.#l1[i];
      if (penalty === 0) {
        subgradient[i] = g;
      } else {
        total += Math.abs(penalty * x[i]);
        if (x[i] !== 0) subgradient[i] = g + Math.sign(x[i]) * penalty;
        else subgradient[i] = Math.max(g - penalty, 0) + Math.min(g + penalty, 0);
      }
    }
    return { total, subgradient };
  }

  step(from: Iterate): Point {
    const { x, subgradient } = from;
    const direction = this.#memory.direction(subgradient);
    for (let i = 0; i < direction.length; i++) if (!(direction[i] * subgradient[i] < 0)) direction[i] = 0;
    const probe = (t: number): Probe<Point> => {
      const next = new Float64Array(x.length);
      for (let i = 0; i < x.length; i++) {
        const moved = x[i] + direction[i] * t;
        const orthant = x[i] !== 0 ? Math.sign(x[i]) : Math.sign(-subgradient[i]);
        if (Math.sign(moved) === orthant) next[i] = moved;
      }
      const point = this.#evaluate(next);
      const completed = this.complete(point);
      return { t, value: completed.total, slope: dot(completed.subgradient, direction), point };
    };
    const isFirst = from.iteration === 0;
    const start = { value: from.total, slope: dot(subgradient, direction) };
    return backtrack(probe, start, isFirst ? 0.5 / norm(from.gradient) : 1, from.value, isFirst ? 0.1 : 0.5).point;
  }

  remember(from: Iterate, to: Point): void {
    this.#memory.push(subtract(to.x, from.x), subtract(to.gradient, from.gradient));
  }

  forget(): void {
    this.#memory.clear();
  }
}
