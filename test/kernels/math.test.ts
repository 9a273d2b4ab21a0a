import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { exp, expCore, log, log1p, log1pUnit, sigmoid, softmax, softplus } from '#dist/kernels/js/math.js';

/** Doubles between the two; 0 when they are equal or both NaN. */
function ulps(a: number, b: number): number {
  if (Object.is(a, b) || a === b || (Number.isNaN(a) && Number.isNaN(b))) return 0;
  if (Number.isNaN(a) || Number.isNaN(b)) return Number.POSITIVE_INFINITY;
  return Number(abs(position(a) - position(b)));
}

function position(x: number): bigint {
  const bits = new BigInt64Array(Float64Array.of(x).buffer)[0] as bigint;
  return bits < 0n ? -(bits & 0x7fffffffffffffffn) : bits;
}

function abs(x: bigint): bigint {
  return x < 0n ? -x : x;
}

function agrees(name: string, ours: (x: number) => number, theirs: (x: number) => number, x: fc.Arbitrary<number>, most = 2): void {
  it(`${name} is within ${most} units in the last place of the platform's`, () => {
    fc.assert(
      fc.property(x, (value) => {
        expect(ulps(ours(value), theirs(value)), String(value)).toBeLessThanOrEqual(most);
      }),
      { numRuns: 5000 },
    );
  });
}

describe('portable functions', () => {
  agrees('exp', exp, Math.exp, fc.oneof(fc.double(), fc.double({ min: -750, max: 715 }), fc.double({ min: -1, max: 1 })));
  agrees('expCore', expCore, Math.exp, fc.double({ min: -708, max: 708, noNaN: true }));
  agrees('log', log, Math.log, fc.oneof(fc.double(), fc.double({ min: 0, max: 2 }), fc.double({ min: 0.5, max: 1.5 })));
  agrees('log1p', log1p, Math.log1p, fc.oneof(fc.double(), fc.double({ min: -1, max: 2 }), fc.double({ min: -1e-3, max: 1e-3 })));
  agrees('log1pUnit', log1pUnit, Math.log1p, fc.double({ min: 0, max: 1, noNaN: true }));

  it('have the limits of the real functions', () => {
    expect(exp(0)).toBe(1);
    expect(exp(Number.NEGATIVE_INFINITY)).toBe(0);
    expect(exp(Number.POSITIVE_INFINITY)).toBe(Number.POSITIVE_INFINITY);
    expect(exp(-745)).toBe(Number.MIN_VALUE);
    expect(exp(-746)).toBe(0);
    expect(exp(710)).toBe(Number.POSITIVE_INFINITY);
    expect(exp(Number.NaN)).toBeNaN();
    expect(log(1)).toBe(0);
    expect(log(0)).toBe(Number.NEGATIVE_INFINITY);
    expect(log(-0)).toBe(Number.NEGATIVE_INFINITY);
    expect(log(-1)).toBeNaN();
    expect(log(Number.POSITIVE_INFINITY)).toBe(Number.POSITIVE_INFINITY);
    expect(log1p(-1)).toBe(Number.NEGATIVE_INFINITY);
    expect(log1p(-1.5)).toBeNaN();
    expect(log1p(-0)).toBe(-0);
    expect(log1p(5e-324)).toBe(5e-324);
    expect(log1pUnit(0)).toBe(0);
  });

  it('sigmoid lies in [0, 1], grows, and mirrors itself', () => {
    fc.assert(
      fc.property(fc.double({ noNaN: true }), fc.double({ noNaN: true }), (a, b) => {
        const [low, high] = a < b ? [a, b] : [b, a];
        expect(sigmoid(low)).toBeGreaterThanOrEqual(0);
        expect(sigmoid(high)).toBeLessThanOrEqual(1);
        expect(sigmoid(high) - sigmoid(low)).toBeGreaterThan(-1e-15);
        expect(sigmoid(a) + sigmoid(-a)).toBeCloseTo(1, 14);
      }),
    );
    expect(sigmoid(0)).toBe(0.5);
    expect(sigmoid(Number.NaN)).toBeNaN();
  });

  it('softplus is log(1 + e^z) without overflow', () => {
    expect(softplus(1000)).toBe(1000);
    expect(softplus(-1000)).toBe(0);
    expect(softplus(0)).toBeCloseTo(Math.LN2, 15);
    expect(softplus(1)).toBeCloseTo(Math.log1p(Math.E), 15);
  });
});

describe('softmax', () => {
  it('gives shares that sum to 1, in place, and leaves the other numbers alone', () => {
    fc.assert(
      fc.property(fc.array(fc.double({ min: -800, max: 800, noNaN: true }), { minLength: 1, maxLength: 9 }), (z) => {
        const values = Float64Array.of(7, ...z, 8);
        softmax(values, 1, z.length);
        expect(values[0]).toBe(7);
        expect(values[z.length + 1]).toBe(8);
        expect(values.subarray(1, 1 + z.length).reduce((a, b) => a + b)).toBeCloseTo(1, 14);
      }),
    );
  });

  it('does not change when all margins are shifted', () => {
    const a = [0, 1, 2];
    const b = [1024, 1025, 1026];
    softmax(a);
    softmax(b);
    expect(a).toEqual(b);
  });

  it('gives everything to an infinite margin, the first of several', () => {
    const z = [1, Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY];
    softmax(z);
    expect(z).toEqual([0, 1, 0]);
  });
});
