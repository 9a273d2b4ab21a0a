/** What a line search along a direction sees at step `t`: the value and the slope there, and the point itself for its caller. */
export interface Probe<P> {
  readonly t: number;
  readonly value: number;
  readonly slope: number;
  readonly point: P;
}

/** A search that found no acceptable step. {@link minimize} answers with a fresh memory once, then gives up. */
export class SearchFailure extends Error {}

/** Sufficient decrease: the value at `t` must lie below `value(0) + SUFFICIENT · t · slope(0)`. */
const SUFFICIENT = 1e-4;
/** Curvature: |slope(t)| must not exceed `CURVATURE · |slope(0)|`. */
const CURVATURE = 0.9;

interface WolfeOptions {
  /** First step tried. */
  first: number;
  /** No step goes beyond; a step that lands on it needs sufficient decrease only. */
  bound?: number;
  maxSearch: number;
  maxZoom: number;
}

/**
 * A step that meets the strong Wolfe conditions, by bracketing and cubic interpolation (Nocedal & Wright, Numerical Optimization,
 * algorithms 3.5 and 3.6), with breeze's constants: growth 1.5, halving after a value that is not finite, interpolated steps kept
 * a tenth of the bracket away from its ends. The probe returned is the last one made.
 */
export function strongWolfe<P>(
  probe: (t: number) => Probe<P>,
  start: Probe<P>,
  { first, bound = Number.POSITIVE_INFINITY, maxSearch, maxZoom }: WolfeOptions,
): Probe<P> {
  if (start.slope > 0) throw new SearchFailure(`the direction goes uphill, its slope is ${start.slope}`);
  const tooHigh = (p: Probe<P>) => p.value > start.value + SUFFICIENT * p.t * start.slope;
  const flatEnough = (p: Probe<P>) => Math.abs(p.slope) <= CURVATURE * Math.abs(start.slope);

  let low = start;
  let t = Math.min(first, bound);
  for (let i = 0; i < maxSearch; i++) {
    const here = probe(t);
    if (!Number.isFinite(here.value)) {
      t /= 2;
      continue;
    }
    if (tooHigh(here) || (here.value >= low.value && i > 0)) return zoom(low, here);
    if (flatEnough(here)) return here;
    if (here.slope >= 0) return zoom(here, low);
    if (t === bound) return here;
    low = here;
    t = Math.min(t * 1.5, bound);
  }
  throw new SearchFailure(`no step found in ${maxSearch} trials`);

  /** Narrows a bracket that holds a good step: `best` is its lowest end with sufficient decrease, and slopes down towards `other`. */
  function zoom(best: Probe<P>, other: Probe<P>): Probe<P> {
    for (let i = 0; i < maxZoom; i++) {
      const next = best.t > other.t ? interpolate(other, best) : interpolate(best, other);
      if (Number.isNaN(next)) break;
      const here = probe(next);
      if (tooHigh(here) || here.value >= best.value) {
        other = here;
      } else {
        if (flatEnough(here)) return here;
        if (here.slope * (other.t - best.t) >= 0) other = best;
        best = here;
      }
    }
    throw new SearchFailure('no step found within the bracket');
  }
}

/** The minimiser of the cubic through both ends' values and slopes (`left.t < right.t`), kept off the ends. */
function interpolate(left: Probe<unknown>, right: Probe<unknown>): number {
  const width = right.t - left.t;
  const d1 = left.slope + right.slope - (3 * (left.value - right.value)) / (left.t - right.t);
  const d2 = Math.sqrt(d1 * d1 - left.slope * right.slope);
  const t = right.t - (width * (right.slope + d2 - d1)) / (right.slope - left.slope + 2 * d2);
  if (t < left.t + 0.1 * width) return left.t + 0.1 * width;
  if (t > left.t + 0.9 * width) return left.t + 0.9 * width;
  return t;
}

const GROW = 2.1;
const MAX_BACKTRACKS = 20;
const SMALLEST = 1e-10;
const LARGEST = 1e10;

/**
 * A step by multiplying: by `shrink` after too high a value or too flat an ascent, by 2.1 where it still goes down steeply, as in breeze.
 * There the first trial is judged by `firstValue` in place of the value at that step; iterations equal Spark's only if we do so too.
 */
export function backtrack<P>(
  probe: (t: number) => Probe<P>,
  start: { value: number; slope: number },
  first: number,
  firstValue: number,
  shrink: number,
): Probe<P> {
  let t = first;
  let value = firstValue;
  let here: Probe<P> | undefined;
  for (let trial = 0; ; trial++) {
    let factor = 1;
    if (value > start.value + t * start.slope * SUFFICIENT) {
      factor = shrink;
    } else {
      here ??= probe(t);
      if (here.slope < CURVATURE * start.slope) factor = GROW;
      else if (here.slope > -CURVATURE * start.slope) factor = shrink;
    }
    const next = t * factor;
    if (factor === 1 || trial === MAX_BACKTRACKS - 1) {
      if (factor !== 1) checkStep(next);
      return here ?? probe(t);
    }
    checkStep(next);
    t = next;
    here = probe(t);
    value = here.value;
  }
}

function checkStep(t: number): void {
  if (t < SMALLEST || t > LARGEST) throw new SearchFailure(`the step ${t} leaves [${SMALLEST}, ${LARGEST}]`);
}
