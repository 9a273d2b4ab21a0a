import { describe, expect, it } from 'vitest';
import { type MinimizeOptions, minimize, type Objective } from '#dist/optim/minimize.js';

const of = (...values: number[]) => Float64Array.from(values);
const exact: MinimizeOptions = { maxIter: 500, tol: 1e-14 };

/** Σ 100 (x[i+1] - x[i]²)² + (1 - x[i])²; least at (1, …, 1). */
const rosenbrock: Objective = (x, g) => {
  g.fill(0);
  let sum = 0;
  for (let i = 0; i + 1 < x.length; i++) {
    const a = x[i + 1] - x[i] * x[i];
    const b = 1 - x[i];
    sum += 100 * a * a + b * b;
    g[i] += -400 * a * x[i] - 2 * b;
    g[i + 1] += 200 * a;
  }
  return sum;
};

/** Σ scale[i] (x[i] - center[i])² / 2. */
const bowl =
  (center: readonly number[], scale: readonly number[]): Objective =>
  (x, g) =>
    x.reduce((sum, v, i) => {
      g[i] = scale[i] * (v - center[i]);
      return sum + (g[i] * (v - center[i])) / 2;
    }, 0);

/** xᵀ A x / 2 - bᵀ x with A = [[3, 1], [1, 2]], b = [1, 2]; least at (0, 1). */
const coupled: Objective = (x, g) => {
  g[0] = 3 * x[0] + x[1] - 1;
  g[1] = x[0] + 2 * x[1] - 2;
  return (3 * x[0] * x[0] + 2 * x[0] * x[1] + 2 * x[1] * x[1]) / 2 - x[0] - 2 * x[1];
};

/** One value and one slope everywhere. */
const constant =
  (value: number, slope: number): Objective =>
  (_, g) => {
    g.fill(slope);
    return value;
  };

function expectAt(found: Float64Array, expected: readonly number[], digits = 5): void {
  expect(found).toHaveLength(expected.length);
  expected.forEach((v, i) => void expect(found[i], `coordinate ${i}`).toBeCloseTo(v, digits));
}

describe('L-BFGS', () => {
  it.each([
    ['Rosenbrock in 2', rosenbrock, [-1.2, 1], [1, 1]],
    ['Rosenbrock in 10', rosenbrock, new Array(10).fill(0), new Array(10).fill(1)],
    ['a bowl', bowl([3, -4, 0.5], [1, 1, 1]), [0, 0, 0], [3, -4, 0.5]],
    ['a bowl of scales 1 to 10000', bowl([1, -2, 3], [1, 100, 10_000]), [10, 10, 10], [1, -2, 3]],
    ['a quadratic that couples its coordinates', coupled, [5, -7], [0, 1]],
  ] as const)('finds the minimum of %s', (_, objective, start, minimum) => {
    const found = minimize(objective, of(...(start as number[])), exact);
    expectAt(found.x, minimum as number[]);
    expect(found.converged).toBe(true);
    expect(found.value).toBe(objective(found.x, new Float64Array(start.length)));
  });

  it('keeps the start, tells each entry of a history that never rises, and counts as Spark', () => {
    const start = of(-1.2, 1);
    const told: number[] = [];
    const found = minimize(rosenbrock, start, { ...exact, onIteration: (i, value) => void (told[i] = value) });
    expect([...start]).toEqual([-1.2, 1]);
    expect(told).toEqual(found.history);
    expect(found.iterations).toBe(found.history.length - 1);
    expect(found.history).toEqual([...found.history].sort((a, b) => b - a));
    expect(found.value).toBe(found.history.at(-1));
  });

  it('gives the same bits again', () => {
    expect(minimize(rosenbrock, of(3, 4, 5), exact)).toEqual(minimize(rosenbrock, of(3, 4, 5), exact));
  });

  it('stops after maxIter', () => {
    for (const maxIter of [1, 3]) {
      expect(minimize(rosenbrock, of(-1.2, 1), { maxIter, tol: 0 })).toMatchObject({ iterations: maxIter, converged: false, reason: 'maxIter' });
    }
  });

  it('only evaluates the start with maxIter 0', () => {
    let calls = 0;
    const counted: Objective = (x, g) => {
      calls++;
      return rosenbrock(x, g);
    };
    const found = minimize(counted, of(-1.2, 1), { maxIter: 0, tol: 1e-6 });
    expect(found).toMatchObject({ iterations: 0, reason: 'maxIter', history: [found.value] });
    expect([calls, ...found.x]).toEqual([1, -1.2, 1]);
  });

  it('is done at once where nothing changes, or no coordinate is there', () => {
    expect(minimize(constant(7, 0), of(1, 2), exact)).toMatchObject({ iterations: 0, value: 7, converged: true, reason: 'gradient' });
    expect(minimize(constant(7, 0), of(), exact)).toMatchObject({ iterations: 0, converged: true });
  });

  it('steps back from values that are not finite', () => {
    const barrier: Objective = ([x], g) => {
      g[0] = 1 - 1 / x;
      return x > 0 ? x - Math.log(x) : Number.POSITIVE_INFINITY;
    };
    expectAt(minimize(barrier, of(0.001), exact).x, [1]);
  });

  it.each([Number.NaN, Number.POSITIVE_INFINITY])('gives up, unconverged, where every value is %d', (value) => {
    const found = minimize(constant(value, 1), of(1), exact);
    expect(found).toMatchObject({ converged: false, reason: 'searchFailed' });
    expect(found.history.length).toBeLessThan(5);
  });

  it('gives up on a gradient that points uphill, with the value it has', () => {
    const liar: Objective = ([x], g) => {
      g[0] = -2 * x;
      return x * x;
    };
    expect(minimize(liar, of(3), exact)).toMatchObject({ value: 9, converged: false, reason: 'searchFailed' });
  });

  it('passes on what the objective or the listener throws', () => {
    const stop = () => {
      throw new Error('stop');
    };
    expect(() => minimize(stop, of(1), exact)).toThrow('stop');
    expect(() => minimize(rosenbrock, of(0, 0), { ...exact, onIteration: stop })).toThrow('stop');
  });
});

describe('OWL-QN', () => {
  /** Least point of scale (x - c)² / 2 + l1 |x|. */
  const shrunk = (c: number, scale: number, l1: number) => Math.sign(c) * Math.max(Math.abs(c) - l1 / scale, 0);

  it.each([0.1, 1, 2.5])('shrinks a bowl’s minimum by %d over its scale, small ones to exactly 0', (l1) => {
    const [center, scale] = [
      [3, -2, 0.05, 0, -0.8],
      [1, 2, 1, 1, 3],
    ];
    const found = minimize(bowl(center, scale), new Float64Array(5), { ...exact, l1 });
    const expected = center.map((c, i) => shrunk(c, scale[i], l1));
    expectAt(found.x, expected);
    expected.forEach((v, i) => void (v === 0 && expect(found.x[i]).toBe(0)));
    expect(found.value).toBeCloseTo(bowl(center, scale)(found.x, new Float64Array(5)) + l1 * found.x.reduce((s, v) => s + Math.abs(v), 0), 12);
  });

  it('takes one penalty a coordinate, and none of them penalties of 0', () => {
    const found = minimize(bowl([3, 3, 3], [1, 1, 1]), of(0, 0, 0), { ...exact, l1: of(0, 1, 5) });
    expectAt(found.x, [3, 2, 0]);
    expectAt(minimize(coupled, of(5, 5), { ...exact, l1: 0 }).x, [0, 1]);
  });

  it('meets the subgradient condition where coordinates are coupled', () => {
    const { x, gradient } = minimize(rosenbrock, of(-1, 2, 0), { ...exact, l1: 0.3 });
    x.forEach((v, i) => {
      if (v === 0) expect(Math.abs(gradient[i])).toBeLessThanOrEqual(0.3 + 1e-6);
      else expect(gradient[i]).toBeCloseTo(-0.3 * Math.sign(v), 3);
    });
  });

  it('stays at 0 where the penalty outweighs every slope', () => {
    const found = minimize(coupled, of(0, 0), { ...exact, l1: 2 });
    expect(found).toMatchObject({ iterations: 0, converged: true, reason: 'gradient', value: 0 });
  });

  it('gives up, unconverged, where every value is NaN', () => {
    expect(minimize(constant(Number.NaN, 1), of(1), { ...exact, l1: 0.1 }).converged).toBe(false);
  });
});

describe('L-BFGS-B', () => {
  const none = Number.POSITIVE_INFINITY;
  it.each([
    ['Rosenbrock without bounds', rosenbrock, [-1.2, 1], [-none, -none], [none, none], [1, 1]],
    ['Rosenbrock, bounds that do not bind', rosenbrock, [-1.2, 1], [-5, -5], [5, 5], [1, 1]],
    ['Rosenbrock up to 0.5', rosenbrock, [-1.2, 1], [-none, -none], [0.5, none], [0.5, 0.25]],
    ['Rosenbrock from 1.5', rosenbrock, [3, 3], [1.5, -none], [none, none], [1.5, 2.25]],
    ['a bowl outside the box', bowl([3, -4, 0.5], [1, 5, 2]), [0, 0, 0], [-1, -1, -1], [1, 1, 1], [1, -1, 0.5]],
    ['a coupled quadratic with one bound', coupled, [5, 5], [0.5, -none], [none, none], [0.5, 0.75]],
    ['a box of one point', coupled, [5, 5], [2, 3], [2, 3], [2, 3]],
  ] as const)('finds the minimum in the box: %s', (_, objective, start, lower, upper, minimum) => {
    const [low, high] = [of(...lower), of(...upper)];
    const inside: Objective = (x, g) => {
      x.forEach((v, i) => void expect(v >= low[i] && v <= high[i], `${v} in the box`).toBe(true));
      return objective(x, g);
    };
    const found = minimize(inside, of(...start), { ...exact, lower: low, upper: high });
    expectAt(found.x, [...minimum], 4);
    expect(found.converged).toBe(true);
  });

  it('takes one side only', () => {
    expectAt(minimize(coupled, of(5, 5), { ...exact, lower: of(0.5, -none) }).x, [0.5, 0.75], 4);
    expectAt(minimize(coupled, of(5, 5), { ...exact, upper: of(none, 0.5) }).x, [1 / 6, 0.5], 4);
  });

  it('starts from the nearest point of the box, and stays there with maxIter 0', () => {
    const found = minimize(coupled, of(-9, 9), { maxIter: 0, tol: 1e-6, lower: of(-1, -1), upper: of(1, 1) });
    expect([...found.x]).toEqual([-1, 1]);
  });

  it('is done at once in the corner that the slope points into', () => {
    const found = minimize(bowl([9, 9], [1, 1]), of(1, 1), { ...exact, upper: of(1, 1) });
    expect(found).toMatchObject({ iterations: 0, converged: true, reason: 'projectedGradient' });
  });

  it('ends, unconverged, where every value is NaN', () => {
    expect(minimize(constant(Number.NaN, 1), of(1), { ...exact, lower: of(0) }).converged).toBe(false);
  });
});

describe('minimize refuses', () => {
  it.each([
    ['bounds with an L1 penalty', { lower: of(0, 0), l1: 1 }],
    ['penalties of another length', { l1: of(1) }],
    ['lower bounds of another length', { lower: of(1) }],
    ['upper bounds of another length', { upper: of(1, 2, 3) }],
  ])('%s', (_, options) => {
    expect(() => minimize(coupled, of(0, 0), { ...exact, ...options })).toThrow(expect.objectContaining({ code: 'PARAM_INVALID' }));
  });
});
