import { MlError } from '../error.ts';
import { norm } from './arrays.ts';
import { Lbfgs } from './lbfgs.ts';
import { LbfgsB } from './lbfgs-b.ts';
import { SearchFailure } from './line-search.ts';
import { OwlQn } from './owl-qn.ts';

/** Writes the gradient at `x` to `gradient`, returns the value; the same `x` must give the same bits. It may keep neither array. */
export type Objective = (x: Float64Array, gradient: Float64Array) => number;

/** A point with the smooth objective there. */
export interface Point {
  readonly x: Float64Array;
  readonly value: number;
  readonly gradient: Float64Array;
}

/** A point of the iteration; `total` and `subgradient` include the L1 penalty where there is one, and are `value` and `gradient` where not. */
export interface Iterate extends Point {
  readonly iteration: number;
  readonly total: number;
  readonly subgradient: Float64Array;
}

/** One family of methods: how to step from an iterate, and what to remember. */
export interface Method {
  /** The objective with the method's penalty at a point. */
  complete(point: Point): { total: number; subgradient: Float64Array };
  /** The next point; throws {@link SearchFailure} where there is none. */
  step(from: Iterate): Point;
  remember(from: Iterate, to: Point): void;
  forget(): void;
  /** A stopping rule of the method's own, asked before the common ones. */
  isOptimal?(at: Iterate): boolean;
}

export interface MinimizeOptions {
  /** Most iterations; 0 evaluates the start only. */
  maxIter: number;
  /** Relative tolerance on values and gradient norm. */
  tol: number;
  /** Strength of the L1 penalty, one for all or one a coordinate: OWL-QN. */
  l1?: Float64Array | number;
  /** Box bounds, ±Infinity where there is none: L-BFGS-B. */
  lower?: Float64Array;
  upper?: Float64Array;
  /** Called with each entry of the history as it is made; what it throws ends the search. */
  onIteration?: (iteration: number, value: number) => void;
}

export type StopReason = 'value' | 'gradient' | 'projectedGradient' | 'maxIter' | 'searchFailed';

export interface Minimum {
  x: Float64Array;
  /** The objective at `x`, penalty included. */
  value: number;
  /** Gradient of the smooth part at `x`. */
  gradient: Float64Array;
  /** One less than the history has entries, as Spark counts. */
  iterations: number;
  /** The objective, penalty included, at the start and after each iteration; a step that failed repeats the value. */
  history: number[];
  /** True when a tolerance was met. */
  converged: boolean;
  reason: StopReason;
}

/**
 * How many of the latest values the value rule looks back on; the start counts as an infinite one, so the rule waits until it has left the window.
 */
const VALUE_WINDOW = 20;
/** A gradient as short as this is zero, whatever `tol`. */
const ZERO_GRADIENT = 1e-8;

/**
 * Minimises a smooth function by L-BFGS (memory 10), with an L1 penalty by OWL-QN (Andrew & Gao 2007), in a box by L-BFGS-B (Byrd, Lu,
 * Nocedal & Zhu 1995). Steps and stopping rules are those of the breeze library under Spark ML, so that histories agree. It stops when
 *
 *     |f - max(f of the last 20)| <= tol · |f(start)|     value
 *     ‖gradient‖ <= max(tol · |f|, 1e-8)                  gradient
 *     ‖P(x - gradient) - x‖∞ < 1e-5                       projectedGradient (in a box; P projects on it)
 *
 * or after `maxIter` iterations, or when two searches in a row fail, the second with an empty memory.
 * An objective that is not finite has not converged, whatever the rules would say.
 */
export function minimize(objective: Objective, start: Float64Array, options: MinimizeOptions): Minimum {
  const { maxIter, tol, onIteration } = options;
  const evaluate = (x: Float64Array): Point => {
    const gradient = new Float64Array(x.length);
    return { x, value: objective(x, gradient), gradient };
  };
  const { method, x } = chooseMethod(start, options, evaluate);

  const first = evaluate(x);
  let here: Iterate = { ...first, ...method.complete(first), iteration: 0 };
  const scale = Number.isFinite(here.total) ? Math.abs(here.total) : 0;
  const history: number[] = [];
  const recent = [Number.POSITIVE_INFINITY];
  let failures = 0;
  for (;;) {
    history.push(here.total);
    onIteration?.(history.length - 1, here.total);
    const reason = stopReason();
    if (reason) {
      const converged = reason !== 'maxIter' && reason !== 'searchFailed';
      return { x: here.x, value: here.total, gradient: here.gradient, iterations: history.length - 1, history, converged, reason };
    }
    try {
      const next = method.step(here);
      method.remember(here, next);
      here = { ...next, ...method.complete(next), iteration: here.iteration + 1 };
      recent.push(here.total);
      if (recent.length > VALUE_WINDOW) recent.shift();
      failures = 0;
    } catch (error) {
      if (!(error instanceof SearchFailure)) throw error;
      failures++;
      method.forget();
    }
  }

  function stopReason(): StopReason | undefined {
    if (method.isOptimal?.(here)) return 'projectedGradient';
    if (recent.length >= 2 && Math.abs(here.total - Math.max(...recent)) <= tol * scale) return 'value';
    if (Number.isFinite(here.total) && norm(here.subgradient) <= Math.max(tol * Math.abs(here.total), ZERO_GRADIENT)) return 'gradient';
    if (here.iteration >= maxIter) return 'maxIter';
    return failures > 1 ? 'searchFailed' : undefined;
  }
}

function chooseMethod(
  start: Float64Array,
  { l1, lower, upper }: MinimizeOptions,
  evaluate: (x: Float64Array) => Point,
): { method: Method; x: Float64Array } {
  const d = start.length;
  const weights = typeof l1 === 'number' ? new Float64Array(d).fill(l1) : l1;
  checkLength('l1', weights, d);
  checkLength('lower', lower, d);
  checkLength('upper', upper, d);
  const bounded = lower !== undefined || upper !== undefined;
  if (bounded && weights) throw new MlError('PARAM_INVALID', 'minimize: bounds and an L1 penalty cannot be combined');
  if (weights) return { method: new OwlQn(weights, evaluate), x: start.slice() };
  if (!bounded) return { method: new Lbfgs(evaluate), x: start.slice() };
  const low = lower ?? new Float64Array(d).fill(Number.NEGATIVE_INFINITY);
  const high = upper ?? new Float64Array(d).fill(Number.POSITIVE_INFINITY);
  return { method: new LbfgsB(low, high, evaluate), x: start.map((v, i) => Math.min(Math.max(v, low[i]), high[i])) };
}

function checkLength(name: string, values: Float64Array | undefined, d: number): void {
  if (values && values.length !== d) {
    throw new MlError('PARAM_INVALID', `minimize: ${name} must have one entry a coordinate, that is ${d}, has ${values.length}`);
  }
}
