import { along, dot, norm, subtract } from './arrays.ts';
import { MEMORY } from './lbfgs.ts';
import { type Probe, SearchFailure, strongWolfe } from './line-search.ts';
import type { Iterate, Method, Point } from './minimize.ts';
import { invert, multiply } from './small-matrix.ts';

/** The box is met when the projected gradient step moves no coordinate further than this. */
const PROJECTED_GRADIENT = 1e-5;

/** B = theta I - W M Wᵀ, with W = [Y, theta S] (Byrd, Lu, Nocedal & Zhu 1995, formula 3.2); `w` holds W's columns. */
interface Curvature {
  theta: number;
  w: Float64Array[];
  /** Row-major, as wide as `w` is long. */
  m: Float64Array;
}

/** L-BFGS in a box: a path of projected steepest descent to the Cauchy point, then a subspace minimum of the free coordinates. */
export class LbfgsB implements Method {
  readonly #lower: Float64Array;
  readonly #upper: Float64Array;
  readonly #evaluate: (x: Float64Array) => Point;
  /** Oldest first. */
  #steps: Float64Array[] = [];
  #changes: Float64Array[] = [];
  #curvature: Curvature = { theta: 1, w: [], m: new Float64Array(0) };

  constructor(lower: Float64Array, upper: Float64Array, evaluate: (x: Float64Array) => Point) {
    this.#lower = lower;
    this.#upper = upper;
    this.#evaluate = evaluate;
  }

  complete({ value, gradient }: Point) {
    return { total: value, subgradient: gradient };
  }

  step(from: Iterate): Point {
    const { x, gradient } = from;
    const { point: cauchy, c } = this.#cauchyPoint(x, gradient);
    this.#clamp(cauchy);
    if (from.iteration > 0) this.#clamp(this.#subspaceMinimum(cauchy, x, c, gradient));
    const direction = subtract(cauchy, x);
    let bound = Number.POSITIVE_INFINITY;
    for (let i = 0; i < x.length; i++) {
      if (direction[i] === 0) continue;
      bound = Math.min(bound, ((direction[i] < 0 ? this.#lower[i] : this.#upper[i]) - x[i]) / direction[i]);
    }
    const probe = (t: number): Probe<Point> => {
      const point = this.#evaluate(this.#clamp(along(x, t, direction)));
      return { t, value: point.value, slope: dot(point.gradient, direction), point };
    };
    const start = { t: 0, value: from.value, slope: dot(gradient, direction), point: from };
    return strongWolfe<Point>(probe, start, { first: 1, bound, maxSearch: 64, maxZoom: 64 }).point;
  }

  /** Takes the step into the model where it shows curvature. */
  remember(from: Iterate, to: Point): void {
    const step = subtract(to.x, from.x);
    const change = subtract(to.gradient, from.gradient);
    const curvature = dot(step, change);
    if (!(Math.abs(curvature) > 2.2e-16 * norm(change))) return;
    this.#steps = [...this.#steps, step].slice(-MEMORY);
    this.#changes = [...this.#changes, change].slice(-MEMORY);
    this.#curvature = this.#model(dot(change, change) / curvature);
  }

  forget(): void {
    this.#steps = [];
    this.#changes = [];
    this.#curvature = { theta: 1, w: [], m: new Float64Array(0) };
  }

  isOptimal({ x, gradient }: Iterate): boolean {
    for (let i = 0; i < x.length; i++) {
      const target = Math.min(Math.max(x[i] - gradient[i], this.#lower[i]), this.#upper[i]);
      if (!(Math.abs(target - x[i]) < PROJECTED_GRADIENT)) return false;
    }
    return true;
  }

  /** M is the inverse of [[-D, Lᵀ], [L, theta SᵀS]], D and L being the diagonal and the strict lower triangle of SᵀY (formula 3.4). */
  #model(theta: number): Curvature {
    const s = this.#steps;
    const y = this.#changes;
    const k = s.length;
    const inverse = new Float64Array(4 * k * k);
    for (let i = 0; i < k; i++) {
      inverse[i * 2 * k + i] = -dot(s[i], y[i]);
      for (let j = 0; j < k; j++) {
        if (j < i) inverse[(k + i) * 2 * k + j] = inverse[j * 2 * k + k + i] = dot(s[i], y[j]);
        inverse[(k + i) * 2 * k + k + j] = dot(s[i], s[j]) * theta;
      }
    }
    const m = invert(inverse, 2 * k);
    if (!m) throw new SearchFailure('the curvature model is singular');
    return { theta, w: [...y, ...s.map((step) => step.map((v) => v * theta))], m };
  }

  #clamp(point: Float64Array): Float64Array {
    for (let i = 0; i < point.length; i++) point[i] = Math.max(Math.min(point[i], this.#upper[i]), this.#lower[i]);
    return point;
  }

  /** The first minimum of the quadratic model along the projected gradient path, and `c = Wᵀ (point - x)` (algorithm CP). */
  #cauchyPoint(x: Float64Array, g: Float64Array): { point: Float64Array; c: Float64Array } {
    const { theta, w, m } = this.#curvature;
    const n = x.length;
    const width = w.length;
    const d = new Float64Array(n);
    const breaks = new Float64Array(n);
    for (let i = 0; i < n; i++) {
      breaks[i] = g[i] === 0 ? Number.MAX_VALUE : (x[i] - (g[i] < 0 ? this.#upper[i] : this.#lower[i])) / g[i];
      if (g[i] !== 0 && breaks[i] !== 0) d[i] = -g[i];
    }
    const point = x.slice();
    const p = Float64Array.from(w, (column) => dot(column, d));
    const c = new Float64Array(width);
    let slope = dot(g, d);
    let bend = -theta * slope - dot(p, multiply(m, p));
    let ahead = -(slope / bend);
    let reached = 0;
    const order = Array.from(breaks.keys()).sort((a, b) => breaks[a] - breaks[b] || 0);
    let i = order.findIndex((j) => breaks[j] !== 0);
    if (i < 0) throw new SearchFailure('every coordinate is held by a bound');
    while (i < n && breaks[order[i]] - reached <= ahead) {
      const b = order[i];
      const dt = breaks[b] - reached;
      point[b] = d[b] > 0 ? this.#upper[b] : this.#lower[b];
      const row = Float64Array.from(w, (column) => column[b]);
      for (let k = 0; k < width; k++) c[k] += p[k] * dt;
      slope += dt * bend + g[b] * g[b] + theta * g[b] * (point[b] - x[b]) - g[b] * dot(row, multiply(m, c));
      bend += -theta * g[b] * g[b] - 2 * g[b] * dot(row, multiply(m, p)) - g[b] * g[b] * dot(row, multiply(m, row));
      for (let k = 0; k < width; k++) p[k] += row[k] * g[b];
      d[b] = 0;
      ahead = -slope / bend;
      reached = breaks[b];
      i++;
    }
    ahead = Math.max(ahead, 0);
    reached += ahead;
    for (; i < n; i++) point[order[i]] = x[order[i]] + reached * d[order[i]];
    for (let k = 0; k < width; k++) c[k] += p[k] * ahead;
    return { point, c };
  }

  /**
   * Moves the coordinates of `cauchy` that no bound holds to the model's minimum, or as far towards it as the box allows (direct primal method). In
   * place.
   */
  #subspaceMinimum(cauchy: Float64Array, x: Float64Array, c: Float64Array, g: Float64Array): Float64Array {
    const { theta, w, m } = this.#curvature;
    const width = w.length;
    const free = Array.from(cauchy.keys()).filter((i) => cauchy[i] !== this.#upper[i] && cauchy[i] !== this.#lower[i]);
    const mc = multiply(m, c);
    const residual = Float64Array.from(free, (i) => g[i] + (cauchy[i] - x[i]) * theta - w.reduce((sum, column, k) => sum + column[i] * mc[k], 0));
    let v = multiply(
      m,
      Float64Array.from(w, (column) => free.reduce((sum, i, f) => sum + column[i] * residual[f], 0)),
    );
    if (width > 0) {
      const inner = new Float64Array(width * width);
      for (let a = 0; a < width; a++) {
        for (let b = 0; b < width; b++) inner[a * width + b] = free.reduce((sum, i) => sum + w[a][i] * w[b][i], 0) / theta;
      }
      const system = new Float64Array(width * width);
      for (let a = 0; a < width; a++) {
        for (let b = 0; b < width; b++) {
          let sum = 0;
          for (let k = 0; k < width; k++) sum += m[a * width + k] * inner[k * width + b];
          system[a * width + b] = (a === b ? 1 : 0) - sum;
        }
      }
      const inverse = invert(system, width);
      if (!inverse) throw new SearchFailure('the subspace problem is singular');
      v = multiply(inverse, v);
    }
    const move = Float64Array.from(
      free,
      (i, f) => -(residual[f] / theta + w.reduce((sum, column, k) => sum + column[i] * v[k], 0) / (theta * theta)),
    );
    let share = 1;
    free.forEach((i, f) => {
      if (move[f] !== 0) share = Math.min(share, ((move[f] > 0 ? this.#upper[i] : this.#lower[i]) - cauchy[i]) / move[f]);
    });
    share = Math.max(share, 0);
    free.forEach((i, f) => {
      cauchy[i] += move[f] * share;
    });
    return cauchy;
  }
}
