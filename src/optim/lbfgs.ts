import { addScaled, along, dot, norm, subtract } from './arrays.ts';
import { type Probe, SearchFailure, strongWolfe } from './line-search.ts';
import type { Iterate, Method, Point } from './minimize.ts';

/** How many past steps the curvature model keeps. */
export const MEMORY = 10;

/** The inverse Hessian as the last steps show it (Nocedal 1980), applied by the two-loop recursion. */
export class InverseHessian {
  /** Newest first. */
  #steps: Float64Array[] = [];
  #changes: Float64Array[] = [];

  /** A step and the change of the gradient along it. */
  push(step: Float64Array, change: Float64Array): void {
    this.#steps = [step, ...this.#steps].slice(0, MEMORY);
    this.#changes = [change, ...this.#changes].slice(0, MEMORY);
  }

  clear(): void {
    this.#steps = [];
    this.#changes = [];
  }

  /** -H · gradient; -gradient while the memory is empty. A memory without curvature is a {@link SearchFailure}. */
  direction(gradient: Float64Array): Float64Array {
    const steps = this.#steps;
    const changes = this.#changes;
    const out = gradient.slice();
    let scale = 1;
    if (steps.length > 0) {
      const curvature = dot(steps[0], changes[0]);
      if (!(curvature >= 0)) throw new SearchFailure(`the curvature along the last step is ${curvature}`);
      scale = curvature / dot(changes[0], changes[0]);
    }
    const alpha = new Float64Array(steps.length);
    const curvatures = new Float64Array(steps.length);
    for (let i = 0; i < steps.length; i++) {
      curvatures[i] = dot(steps[i], changes[i]);
      alpha[i] = dot(steps[i], out) / curvatures[i];
      if (Number.isNaN(alpha[i])) throw new SearchFailure('a past step has no curvature');
      addScaled(out, -alpha[i], changes[i]);
    }
    for (let j = 0; j < out.length; j++) out[j] *= scale;
    for (let i = steps.length - 1; i >= 0; i--) addScaled(out, alpha[i] - dot(changes[i], out) / curvatures[i], steps[i]);
    for (let j = 0; j < out.length; j++) out[j] = -out[j];
    return out;
  }
}

/** L-BFGS with a strong-Wolfe search; the first step tried is 1/‖direction‖, later ones 1. */
export class Lbfgs implements Method {
  readonly #evaluate: (x: Float64Array) => Point;
  readonly #memory = new InverseHessian();

  constructor(evaluate: (x: Float64Array) => Point) {
    this.#evaluate = evaluate;
  }

  complete({ value, gradient }: Point) {
    return { total: value, subgradient: gradient };
  }

  step(from: Iterate): Point {
    const direction = this.#memory.direction(from.gradient);
    const probe = (t: number): Probe<Point> => {
      const point = this.#evaluate(along(from.x, t, direction));
      return { t, value: point.value, slope: dot(point.gradient, direction), point };
    };
    const start = { t: 0, value: from.value, slope: dot(from.gradient, direction), point: from };
    const first = from.iteration === 0 ? 1 / norm(direction) : 1;
    const { t, point } = strongWolfe<Point>(probe, start, { first, maxSearch: 10, maxZoom: 10 });
    if (t * norm(from.gradient) < 1e-10) throw new SearchFailure(`the step ${t} is too short`);
    return point;
  }

  remember(from: Iterate, to: Point): void {
    this.#memory.push(subtract(to.x, from.x), subtract(to.gradient, from.gradient));
  }

  forget(): void {
    this.#memory.clear();
  }
}
